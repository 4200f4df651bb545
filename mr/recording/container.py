"""Walks an MCAP file record by record, as far as it is sound.

Takes an open file, gives its records up to the first cut or damage and the reason why it
stopped; leaves their meaning to `reader`. Framing is checked here before a record is
parsed: a killed recording ends anywhere, and the ordinary reader refuses such a file.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, Channel, Chunk, Message, Metadata, Schema
from mcap.stream_reader import get_chunk_data_stream

MAGIC = b"\x89MCAP0\r\n"
_FRAME = struct.Struct("<BQ")
"""A record's opcode and length."""
_MESSAGE = struct.Struct("<HIQQ")
"""A message's channel, sequence, log time and publish time; its data follow."""
_DAMAGE = (McapError, struct.error, ValueError, zstandard.ZstdError, MemoryError, OverflowError)

Record = Metadata | Attachment | Schema | Channel | Message


class Walk:
    """One pass over the records of a file.

    After the pass, `why` is empty for a whole file, or says where and how it ends.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self.why = ""

    def records(self) -> Iterator[Record]:
        """Give each sound record in the file's order."""
        offset = self._file.seek(len(MAGIC))
        while True:
            frame = self._file.read(_FRAME.size)
            if len(frame) < _FRAME.size:
                self.why = f"the file ends after {offset} bytes without its closing part"
                return
            opcode, length = _FRAME.unpack(frame)
            if length > self._size - offset - _FRAME.size:
                self.why = f"the file is cut inside a block that begins at byte {offset}"
                return
            if opcode == Opcode.FOOTER:
                self._check_end(length)
                return
            body = self._file.read(length)
            try:
                found = _parse(opcode, body)
            except _DAMAGE:
                self.why = f"the file is damaged in a block that begins at byte {offset}"
                return
            yield from found
            offset += _FRAME.size + length

    def _check_end(self, footer_length: int) -> None:
        self._file.read(footer_length)
        if self._file.read(len(MAGIC)) != MAGIC:
            self.why = "the file is cut within its last bytes"


def _parse(opcode: int, body: bytes) -> list[Record]:
    stream = ReadDataStream(io.BytesIO(body))
    if opcode == Opcode.METADATA:
        return [Metadata.read(stream)]
    if opcode == Opcode.ATTACHMENT:
        return [Attachment.read(stream)]
    if opcode == Opcode.CHUNK:
        inner, length = get_chunk_data_stream(Chunk.read(stream), validate_crc=True)
        return _in_chunk(inner.read(length))
    return []


def _in_chunk(data: bytes) -> list[Record]:
    """Give a chunk's records. An hour has 70,000 messages: mcap's own way takes ten times as long.

    Raises
    ------
    ValueError
        When a record is not as long as it says.
    """
    found: list[Record] = []
    at, message = 0, int(Opcode.MESSAGE)
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
            found.append(Channel.read(ReadDataStream(io.BytesIO(data[at:end]))))
        elif opcode == Opcode.SCHEMA:
            found.append(Schema.read(ReadDataStream(io.BytesIO(data[at:end]))))
        at = end
    return found
