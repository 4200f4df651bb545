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
from mcap.stream_reader import breakup_chunk

MAGIC = b"\x89MCAP0\r\n"
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
            frame = self._file.read(9)
            if len(frame) < 9:
                self.why = f"the file ends after {offset} bytes without its closing part"
                return
            opcode, length = struct.unpack("<BQ", frame)
            if length > self._size - offset - 9:
                self.why = f"the file is cut inside a block that begins at byte {offset}"
                return
            if opcode == Opcode.FOOTER:
                self._check_end(length)
                return
            body = self._file.read(length)
            try:
                found = list(_parse(opcode, body))
            except _DAMAGE:
                self.why = f"the file is damaged in a block that begins at byte {offset}"
                return
            yield from found
            offset += 9 + length

    def _check_end(self, footer_length: int) -> None:
        self._file.read(footer_length)
        if self._file.read(len(MAGIC)) != MAGIC:
            self.why = "the file is cut within its last bytes"


def _parse(opcode: int, body: bytes) -> Iterator[Record]:
    stream = ReadDataStream(io.BytesIO(body))
    if opcode == Opcode.METADATA:
        yield Metadata.read(stream)
    elif opcode == Opcode.ATTACHMENT:
        yield Attachment.read(stream)
    elif opcode == Opcode.CHUNK:
        for record in breakup_chunk(Chunk.read(stream), validate_crc=True):
            if isinstance(record, (Schema, Channel, Message)):
                yield record
