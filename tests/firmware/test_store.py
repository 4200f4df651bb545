"""Blocks kept without power: whatever happens, a whole block is in force, old or new."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mr.wire import (
    Ack,
    AckCode,
    Block,
    BlockId,
    CommitBlock,
    Decoder,
    Hello,
    Message,
    MessageType,
    ReadBlock,
    Sample,
    WriteBlock,
    Zero,
    ZeroBlock,
    block_crc,
    encode,
    name_bytes,
)

Lockstep = Callable[..., bytes]
LENGTHS = {BlockId.IDENTITY: 16, BlockId.CALIBRATION: 398, BlockId.ZERO: 16}
SLOT_AT = {
    BlockId.IDENTITY: (16, 38),
    BlockId.ZERO: (60, 82),
    BlockId.CALIBRATION: (104, 526),
}
HEADER, MARK_SET = 6, 0x5A
GARBAGE = (0x00, 0xFF, MARK_SET, 0xA7)


def some_content(rng: random.Random, block: BlockId) -> bytes:
    if block is BlockId.IDENTITY:
        return bytes(rng.randrange(0x20, 0x7F) for _ in range(16))
    return rng.randbytes(LENGTHS[block])


def writing(block: BlockId, content: bytes) -> list[bytes]:
    pieces = [content[at : at + 32] for at in range(0, len(content), 32)]
    return [
        *(
            encode(WriteBlock(1, block, 32 * k, len(piece), piece.ljust(32, b"\0")))
            for k, piece in enumerate(pieces)
        ),
        encode(CommitBlock(2, block, len(content), block_crc(content))),
    ]


def reading(block: BlockId, length: int) -> list[bytes]:
    return [encode(ReadBlock(3, block, at)) for at in range(0, length, 32)]


def rx(commands: list[bytes], at_ticks: int = 0) -> str:
    return "".join(f"rx {at_ticks} {command.hex()}\n" for command in commands)


def in_force(messages: list[Message]) -> tuple[int, bytes] | None:
    """Put together generation and content that were read; None when the block is empty."""
    pieces = [m for m in messages if isinstance(m, Block)]
    if not pieces:
        return None
    assert {(m.generation, m.length) for m in pieces} == {(pieces[0].generation, pieces[0].length)}
    return pieces[0].generation, b"".join(m.bytes for m in pieces)[: pieces[0].length]


def said(messages: list[Message]) -> list[Message]:
    return [m for m in messages if not isinstance(m, Sample)]


def writes_to_lose(length: int) -> list[int]:
    """At which write to lose power: at each, and thrice at those that put in force.

    A block takes about `length` and `HEADER` writes; bytes that are there already take none.
    """
    last = length + HEADER + 4
    return [*range(1, last + 1), *(3 * list(range(length, last + 1)))]


def attempts(
    rng: random.Random, block: BlockId, garbage: int, lose_at: list[int]
) -> tuple[str, list[bytes]]:
    """Script: put new contents in force one by one, power lost somewhere each time."""
    contents = [some_content(rng, block) for _ in lose_at]
    script = ""
    for n, content in zip(lose_at, contents, strict=True):
        script += f"power-loss {n} {garbage:02x}\n{rx(writing(block, content))}power-on\n"
        script += rx(reading(block, len(content)))
    return script, contents


def rounds(messages: list[Message], n_pieces: int) -> Iterator[tuple[list[Message], list[Message]]]:
    """Cut what was sent at the last piece read: what was written, and what was found."""
    heard: list[Message] = []
    for message in messages:
        heard.append(message)
        found = [
            m
            for m in heard
            if isinstance(m, Block)
            or (
                isinstance(m, Ack)
                and (m.command, m.code) == (MessageType.READ_BLOCK, AckCode.EMPTY)
            )
        ]
        if len(found) == n_pieces:
            yield [m for m in heard if m not in found], found
            heard = []
    assert not heard


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("block", [BlockId.IDENTITY, BlockId.CALIBRATION])
def test_power_lost_at_any_byte_leaves_a_whole_block(
    lockstep: Lockstep, block: BlockId, garbage: int
) -> None:
    length = LENGTHS[block]
    lose_at = writes_to_lose(length)
    script, contents = attempts(random.Random(garbage), block, garbage, lose_at)
    messages = said(Decoder().feed(lockstep(script)))[1:]
    old: tuple[int, bytes] | None = None
    lost_at, new_at = [], []
    for k, (before, after) in enumerate(rounds(messages, -(-length // 32))):
        new = ((old[0] + 1 if old else 1) % 256, contents[k])
        now = in_force(after)
        assert now in (old, new), f"power lost at write {lose_at[k]}"
        lost = any(isinstance(m, Hello) for m in before)
        done = Ack(2, MessageType.COMMIT_BLOCK, AckCode.DONE, 0) in before
        assert done != lost
        assert now == new or not done, "what was acknowledged is there"
        lost_at += [lose_at[k]] * lost
        new_at += [lose_at[k]] * (lost and now == new)
        old = now
    assert k + 1 == len(lose_at)
    assert set(lost_at) >= set(range(1, length)), "power was lost at every byte"
    assert length < max(lost_at) < max(lose_at), "and at every byte of the header"
    assert bool(new_at) == (garbage == MARK_SET), "nothing but the last byte brings the new"
    assert not new_at or min(new_at) >= length


def test_power_lost_while_a_zero_is_kept_leaves_a_whole_one(
    lockstep: Lockstep, tmp_path: Path
) -> None:
    counts = tmp_path / "counts.csv"
    rows = "\n".join(f"{100 + k},{k},{k},{k},{k},{-k}" for k in range(70))
    counts.write_text(f"chest,force0,force1,force2,force3,airway\n{rows}\n")
    script, at = "", 0
    for n in range(1, 33):
        start = 2_000_000 * n - 700_000
        script += f"run {start}\npower-loss {n} 5a\n{rx([encode(Zero(1))], start)}"
        at = 2_000_000 * n + 700_000 - 1
        script += f"run {at}\npower-on\n{rx(reading(BlockId.ZERO, 16), at)}"
    options = ("--counts", str(counts), "--counts-per-s", "1")
    messages = said(Decoder().feed(lockstep(script, *options)))[1:]
    old: tuple[int, bytes] | None = None
    n_old = 0
    for k, (before, after) in enumerate(rounds(messages, 1)):
        now = in_force(after)
        if now != old:
            assert now is not None
            assert now[0] == (old[0] + 1 if old else 1)
            zero = ZeroBlock.from_bytes(now[1])
            assert zero.samples == 256
            assert abs(zero.chest_16ths / 16 - (100 + 2 * (k + 1))) <= 1
        else:
            n_old += 1
            assert not any(isinstance(m, Ack) and m.code == AckCode.DONE for m in before)
        old = now
    assert 12 <= n_old < 32


def test_a_store_that_writes_in_place_would_be_seen(lockstep: Lockstep, tmp_path: Path) -> None:
    """The same question put to storage as a simpler store would leave it: the answer is no."""
    rng = random.Random(1)
    block = BlockId.CALIBRATION
    old, new = some_content(rng, block), some_content(rng, block)
    storage = tmp_path / "storage"
    read = rx(reading(block, LENGTHS[block]))
    lockstep(rx(writing(block, old)), "--storage", str(storage))
    image = storage.read_bytes()
    at = SLOT_AT[block][0] + HEADER
    seen = []
    for n in (0, 1, 200, 397):
        storage.write_bytes(image[:at] + new[:n] + image[at + n :])
        now = in_force(Decoder().feed(lockstep(read, "--storage", str(storage))))
        seen.append(now in ((1, old), (2, new)))
    assert seen == [True, False, False, False]


def test_what_time_does_to_a_byte_is_found_and_the_block_before_is_used(
    lockstep: Lockstep, tmp_path: Path
) -> None:
    rng = random.Random(2)
    block = BlockId.CALIBRATION
    old, new = some_content(rng, block), some_content(rng, block)
    storage = tmp_path / "storage"
    lockstep(rx([*writing(block, old), *writing(block, new)]), "--storage", str(storage))
    image = storage.read_bytes()
    first, second = SLOT_AT[block]
    assert (image[first], image[second]) == (MARK_SET, MARK_SET)
    read = rx(reading(block, len(new)))
    assert in_force(Decoder().feed(lockstep(read, "--storage", str(storage)))) == (2, new)
    for at in (*range(second, second + HEADER), *range(second + HEADER, second + HEADER + 398, 23)):
        damaged = bytearray(image)
        damaged[at] ^= 1 << rng.randrange(8)
        storage.write_bytes(damaged)
        assert in_force(Decoder().feed(lockstep(read, "--storage", str(storage)))) == (1, old)


def test_generations_wrap_and_the_newest_block_stays_in_force(lockstep: Lockstep) -> None:
    names = [name_bytes(f"M-{k}") for k in range(600)]
    script = ""
    for name in names:
        script += rx(writing(BlockId.IDENTITY, name))
        script += f"power-loss 1 00\n{rx([encode(WriteBlock(1, 0, 0, 1, bytes(32)))])}power-on\n"
    hellos = [m for m in Decoder().feed(lockstep(script)) if isinstance(m, Hello)]
    assert [m.serial_number for m in hellos[1:]] == names


def test_a_byte_that_is_there_is_not_written_again(lockstep: Lockstep) -> None:
    """The power-loss counter counts writes: the third is the new CRC's, a sixth never comes."""
    content = some_content(random.Random(3), BlockId.CALIBRATION)
    twice = rx(writing(BlockId.CALIBRATION, content)) * 2
    again = rx(writing(BlockId.CALIBRATION, content))
    for n, restarts in ((3, 1), (6, 0)):
        script = f"{twice}power-loss {n} 00\n{again}power-on\n"
        messages = Decoder().feed(lockstep(script))
        assert sum(isinstance(m, Hello) for m in messages) == 1 + restarts


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        ([CommitBlock(2, 0, 16, block_crc(bytes(16)))], AckCode.BAD_CRC),
        ([WriteBlock(1, 0, 0, 16, bytes(32)), CommitBlock(2, 0, 16, block_crc(bytes(16)))], 3),
        ([WriteBlock(1, 0, 1, 16, bytes(32))], AckCode.OUT_OF_RANGE),
        ([WriteBlock(1, 1, 65535, 32, bytes(32))], AckCode.OUT_OF_RANGE),
        ([WriteBlock(1, 3, 0, 1, bytes(32))], AckCode.OUT_OF_RANGE),
        ([CommitBlock(2, 0, 15, 0)], AckCode.OUT_OF_RANGE),
        ([CommitBlock(2, 2, 15, 0)], AckCode.OUT_OF_RANGE),
        ([CommitBlock(2, 1, 0, 0xFFFF)], AckCode.OUT_OF_RANGE),
        ([ReadBlock(3, 1, 0)], AckCode.EMPTY),
        ([ReadBlock(3, 3, 0)], AckCode.OUT_OF_RANGE),
        ([Zero(4), WriteBlock(1, 1, 0, 32, bytes(32))], AckCode.BUSY),
        ([Zero(4), ReadBlock(3, 1, 0)], AckCode.BUSY),
        ([Zero(4), Zero(5)], AckCode.BUSY),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    lockstep: Lockstep, tmp_path: Path, commands: list[Message], code: AckCode
) -> None:
    storage = tmp_path / "storage"
    sent = lockstep(rx([encode(c) for c in commands]), "--storage", str(storage))
    last = Decoder().feed(sent)[-1]
    assert isinstance(last, Ack)
    assert (AckCode(last.code), last.value) == (code, 0)
    marks = [storage.read_bytes()[at] for slots in SLOT_AT.values() for at in slots]
    assert marks == [0xFF] * 6


def test_storage_that_cannot_be_opened_is_said_so(lockstep: Lockstep, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Is a directory"):
        lockstep("", "--storage", str(tmp_path))
