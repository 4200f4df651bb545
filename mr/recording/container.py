"""Walks an MCAP file record by record, as far as it is sound.

Takes an open file, gives its records up to the first cut or damage and the reason why it
stopped; leaves their meaning to `reader`. Framing is checked here before a record is
parsed: a killed recording ends anywhere, and the ordinary reader refuses such a file. A file may
also be made to do harm: how much memory a block can take is known before it is taken, and is at
most some tens of times what the largest block of this program takes.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, Channel, Chunk, Message, Metadata, Schema

MAGIC = b"\x89MCAP0\r\n"
_FRAME = struct.Struct("<BQ")
"""A record's opcode and length."""
_MESSAGE = struct.Struct("<HIQQ")
"""A message's channel, sequence, log time and publish time; its data follow."""
_CHUNK = struct.Struct("<QQQII4sQ")
"""Begin and end time, size and CRC of what is packed, how it is packed (zstd), packed size."""
_FRAME_HEAD_BYTES = 18
"""The longest head of a zstd frame."""
_CRC = struct.Struct("<I")
_DAMAGE = (McapError, struct.error, ValueError, zstandard.ZstdError, MemoryError, OverflowError)

Record = Metadata | Attachment | Schema | Channel | Message


MAX_BLOCK_BYTES = 64 << 20
"""This program's are of 1 MiB and the message that made it full: ten pictures at most."""
MAX_NAMES_BYTES = 1 << 20
"""Of a record that names things: a head, a channel, a layout."""
MAX_IN_CHUNK = 200_000
"""Records of a chunk; 1 MiB of the smallest are 34,000."""
MAX_BLOCKS = 4_000_000
"""A day has 600,000."""
_PARSED = (Opcode.METADATA, Opcode.ATTACHMENT, Opcode.CHUNK)


class Block(NamedTuple):
    """A record of the file itself: what it is, where its body begins, how long that is."""

    opcode: int
    at: int
    length: int


class Walk:
    """One pass over the records of a file.

    After the pass, `why` is empty for a whole file, or says where and how it ends; `damaged`
    is true when what follows was there, and is not what was written.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self.why = ""
        self.damaged = False

    def blocks(self) -> Iterator[Block]:
        """Give each block in the file's order, up to the closing one; bodies are not read."""
        offset = len(MAGIC)
        for _ in range(MAX_BLOCKS):
            self._file.seek(offset)
            frame = self._file.read(_FRAME.size)
            if len(frame) < _FRAME.size:
                self._ends(f"the file ends after {offset} bytes without its closing part")
                return
            opcode, length = _FRAME.unpack(frame)
            if length > self._size - offset - _FRAME.size:
                self._ends(f"the file is cut inside a block that begins at byte {offset}")
                return
            if opcode == Opcode.FOOTER:
                self._check_end(length)
                return
            yield Block(opcode, offset + _FRAME.size, length)
            offset += _FRAME.size + length
        self._hurt(f"the file has more than {MAX_BLOCKS} blocks, which no recording has")

    def records(self) -> Iterator[Record]:
        """Give each sound record in the file's order."""
        for block in self.blocks():
            if block.opcode not in _PARSED:
                continue
            begin = block.at - _FRAME.size
            if block.length > MAX_BLOCK_BYTES:
                self._hurt(f"a block that begins at byte {begin} is larger than any of a recording")
                return
            try:
                found = _parse(block.opcode, self._file.read(block.length))
            except _DAMAGE:
                self._hurt(f"the file is damaged in a block that begins at byte {begin}")
                return
            yield from found

    def _check_end(self, footer_length: int) -> None:
        self._file.seek(footer_length, io.SEEK_CUR)
        if self._file.read(len(MAGIC)) != MAGIC:
            self._ends("the file is cut within its last bytes")

    def _hurt(self, why: str) -> None:
        self.why, self.damaged = why, True

    def _ends(self, why: str) -> None:
        """A file that was cut does not have the closing bytes of a whole one."""
        self._file.seek(max(self._size - len(MAGIC), len(MAGIC)))
        self.why, self.damaged = why, self._file.read() == MAGIC


def _parse(opcode: int, body: bytes) -> list[Record]:
    stream = ReadDataStream(io.BytesIO(body))
    if opcode == Opcode.METADATA:
        _check_length(len(body))
        return [Metadata.read(stream)]
    if opcode == Opcode.ATTACHMENT:
        (crc,) = _CRC.unpack_from(body, len(body) - _CRC.size)
        if crc and crc != zlib.crc32(body[: -_CRC.size]):
            raise ValueError("an attachment is not what was written")
        return [Attachment.read(stream)]
    return _in_chunk(unpacked_chunk(Chunk.read(stream)))


def chunk_head(file: BinaryIO, block: Block) -> tuple[int, bytes] | None:
    """Give what a chunk says that it unpacks to, and the first bytes of what is packed.

    None when its head is not one of this program's, which says zstd.
    """
    file.seek(block.at)
    head = file.read(min(block.length, _CHUNK.size + _FRAME_HEAD_BYTES))
    if len(head) < _CHUNK.size:
        return None
    _, _, size, _, _, compression, _ = _CHUNK.unpack_from(head)
    return (size, head[_CHUNK.size :]) if compression == b"zstd" else None


def unpacked_chunk(chunk: Chunk) -> bytes:
    """Give what a chunk holds; memory is taken for what it says, and for no more.

    Raises
    ------
    ValueError
        When it is packed in another way, does not hold what it says, or is too large.
    """
    size = chunk.uncompressed_size
    if size > MAX_BLOCK_BYTES:
        raise ValueError("a chunk that is larger than any of a recording")
    data = chunk.data
    if chunk.compression == "zstd":
        if zstandard.frame_content_size(data) not in (-1, size):
            raise ValueError("a chunk that holds something else than it says")
        unpack = zstandard.ZstdDecompressor(max_window_size=MAX_BLOCK_BYTES)
        data = unpack.decompress(data, max_output_size=size)
    elif chunk.compression:
        raise ValueError("a chunk that this program has not packed")
    if len(data) != size or (chunk.uncompressed_crc and zlib.crc32(data) != chunk.uncompressed_crc):
        raise ValueError("a chunk that is not what was written")
    return data


def _check_length(length: int) -> None:
    if length > MAX_NAMES_BYTES:
        raise ValueError("names that are longer than any of a recording")


def _in_chunk(data: bytes) -> list[Record]:
    """Give a chunk's records. An hour has 70,000 messages: mcap's own way takes ten times as long.

    Raises
    ------
    ValueError
        When a record is not as long as it says.
    """
    found: list[Record] = []
    at, message = 0, int(Opcode.MESSAGE)
    if len(data) // _FRAME.size > MAX_IN_CHUNK and _count(data) > MAX_IN_CHUNK:
        raise ValueError("more records than a chunk of a recording has")
    while at < len(data):
        opcode, length = _FRAME.unpack_from(data, at)
        at += _FRAME.size
        end = at + length
        if end > len(data) or (opcode == message and length < _MESSAGE.size):
            raise ValueError("a record is not as long as it says")
        if opcode == message:
            channel_id, sequence, log_ns, publish_ns = _MESSAGE.unpack_from(data, at)
            payload = data[at + _MESSAGE.size : end]
            found.append(Message(channel_id, log_ns, payload, publish_ns, sequence))
        elif opcode == Opcode.CHANNEL:
            _check_length(length)
            found.append(Channel.read(ReadDataStream(io.BytesIO(data[at:end]))))
        elif opcode == Opcode.SCHEMA:
            _check_length(length)
            found.append(Schema.read(ReadDataStream(io.BytesIO(data[at:end]))))
        at = end
    return found


def _count(data: bytes) -> int:
    """Count a chunk's records, up to one that is not as long as it says."""
    at = n = 0
    while at + _FRAME.size <= len(data):
        at += _FRAME.size + _FRAME.unpack_from(data, at)[1]
        n += 1
    return n
