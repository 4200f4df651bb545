"""Blocks that the simulated mannequin keeps without power, as ``firmware/core/store.c`` does.

Takes the board's storage as a `bytearray`, reads and writes blocks in it; leaves commands
and answers to `mr.sim.firmware`. Unlike the C core it needs no time: a job is done when the
call returns. The bytes it leaves in storage are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from mr.wire import AckCode, BlockId, block_crc

STORAGE_BYTES = 1024
CAPACITIES = {BlockId.IDENTITY: 16, BlockId.ZERO: 16, BlockId.CALIBRATION: 416}
"""Bytes a block may have; in the order in which blocks lie in storage."""
FIRST_ADDRESS = 16
HEADER = 6
"""Mark, generation, length (2), CRC of generation, length and content (2)."""
MARK_SET = 0x5A
MARK_EMPTY = 0xFF


@dataclass(frozen=True, slots=True)
class Kept:
    """The block in force; `content` is empty when nothing valid is stored."""

    slot: int = 0
    generation: int = 0
    content: bytes = b""


class FirmwareStore:
    """Each block in two slots, of which the valid one with the newer generation is in force."""

    def __init__(self, storage: bytearray) -> None:
        self._storage = storage
        self.kept = {block: self._load(block) for block in BlockId}

    def write(self, block: BlockId, offset: int, data: bytes) -> AckCode:
        """Write into the slot that is not in force, which is emptied."""
        at = self._spare_at(block)
        self._storage[at] = MARK_EMPTY
        self._storage[at + HEADER + offset : at + HEADER + offset + len(data)] = data
        return AckCode.DONE

    def commit(self, block: BlockId, length: int, crc: int) -> AckCode:
        """Put what was written in force, when its CRC is this one."""
        at = self._spare_at(block)
        content = bytes(self._storage[at + HEADER : at + HEADER + length])
        if block_crc(content) != crc:
            return AckCode.BAD_CRC
        if block is BlockId.IDENTITY and not _is_name(content):
            return AckCode.OUT_OF_RANGE
        generation = (self.kept[block].generation + 1) & 0xFF
        head = bytes([generation]) + length.to_bytes(2, "little")
        seal = block_crc(head + content).to_bytes(2, "little")
        self._storage[at : at + HEADER] = bytes([MARK_SET]) + head + seal
        self.kept[block] = Kept(int(at != _slot_at(block, 0)), generation, content)
        return AckCode.DONE

    def _spare_at(self, block: BlockId) -> int:
        kept = self.kept[block]
        return _slot_at(block, 1 if kept.content and kept.slot == 0 else 0)

    def _load(self, block: BlockId) -> Kept:
        first, second = self._look_at(block, 0), self._look_at(block, 1)
        second_is_newer = (
            not first.content or 0 < (second.generation - first.generation) % 256 < 128
        )
        return second if second.content and second_is_newer else first

    def _look_at(self, block: BlockId, slot: int) -> Kept:
        at = _slot_at(block, slot)
        mark, generation, *_ = header = bytes(self._storage[at : at + HEADER])
        length = int.from_bytes(header[2:4], "little")
        content = bytes(self._storage[at + HEADER : at + HEADER + length])
        valid = mark == MARK_SET and length <= CAPACITIES[block]
        if not valid or block_crc(header[1:4] + content) != int.from_bytes(header[4:6], "little"):
            return Kept(slot)
        return Kept(slot, generation, content)


def _slot_at(block: BlockId, slot: int) -> int:
    at = FIRST_ADDRESS
    for other, capacity in CAPACITIES.items():
        if other is block:
            return at + slot * (HEADER + capacity)
        at += 2 * (HEADER + capacity)
    raise KeyError(block)


def _is_name(content: bytes) -> bool:
    """Tell whether it is printable text, not empty, with nothing but zeros behind it."""
    text = all(0x20 <= c <= 0x7E for c in content.rstrip(b"\0"))
    return text and content[0] != 0
