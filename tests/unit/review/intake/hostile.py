"""Hostile files made of a real one: its blocks taken apart and put together again."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import zstandard

from mr.recording.container import MAGIC

METADATA, ATTACHMENT, CHUNK, FOOTER, MESSAGE, CHANNEL, SCHEMA = 0x0C, 0x09, 0x06, 0x02, 5, 4, 3
FRAME = struct.Struct("<BQ")


@dataclass(frozen=True)
class Part:
    opcode: int
    body: bytes


def taken_apart(data: bytes) -> list[Part]:
    parts, at = [], len(MAGIC)
    while at + FRAME.size <= len(data) - len(MAGIC):
        opcode, length = FRAME.unpack_from(data, at)
        parts.append(Part(opcode, data[at + FRAME.size : at + FRAME.size + length]))
        at += FRAME.size + length
    return parts


def put_together(parts: list[Part]) -> bytes:
    return MAGIC + b"".join(FRAME.pack(p.opcode, len(p.body)) + p.body for p in parts) + MAGIC


def text(words: str | bytes) -> bytes:
    data = words if isinstance(words, bytes) else words.encode("utf-8", "surrogatepass")
    return struct.pack("<I", len(data)) + data


def chunk(
    plain: bytes, *, told: int | None = None, packed: bytes | None = None, how: str = "zstd",
    crc: int | None = None,
) -> Part:  # fmt: skip
    packed = zstandard.compress(plain) if packed is None else packed
    size = len(plain) if told is None else told
    crc = zlib.crc32(plain) if crc is None else crc
    head = struct.pack("<QQQI", 0, 0, size, crc) + text(how)
    return Part(CHUNK, head + struct.pack("<Q", len(packed)) + packed)


def plain_of(part: Part) -> bytes:
    """Unpack a chunk of this program's."""
    return zstandard.decompress(part.body[40 + len("zstd") :])


def metadata(name: str, **values: str) -> Part:
    pairs = b"".join(text(k) + text(v) for k, v in values.items())
    return Part(METADATA, text(name) + text(pairs))


def attachment(data: bytes, name: str = "rig.toml") -> Part:
    body = struct.pack("<QQ", 0, 0) + text(name) + text("application/toml")
    body += struct.pack("<Q", len(data)) + data
    return Part(ATTACHMENT, body + struct.pack("<I", zlib.crc32(body)))


def record(opcode: int, body: bytes) -> bytes:
    return FRAME.pack(opcode, len(body)) + body


def schema(number: int, name: str, data: bytes) -> bytes:
    return record(
        SCHEMA, struct.pack("<H", number) + text(name) + text("mrcpr.packed/1") + text(data)
    )


def channel(number: int, of_schema: int, topic: str, **values: str) -> bytes:
    pairs = b"".join(text(k) + text(v) for k, v in values.items())
    body = struct.pack("<HH", number, of_schema) + text(topic) + text("mrcpr.packed/1")
    return record(CHANNEL, body + text(pairs))


def message(number: int, data: bytes, t_ns: int = 1) -> bytes:
    return record(MESSAGE, struct.pack("<HIQQ", number, 0, t_ns, t_ns) + data)


@dataclass(frozen=True)
class Made:
    """A real file in its parts, to make another one of."""

    parts: list[Part]

    def with_head(self, change: Callable[[dict[str, object]], object]) -> bytes:
        """Change the head's JSON in place."""
        (at,) = (k for k, p in enumerate(self.parts) if p.opcode == METADATA)
        body = self.parts[at].body
        head = json.loads(body[body.index(b"{") :])
        change(head)
        return self.swapped(METADATA, metadata("mrcpr.recording/1", header=json.dumps(head)))

    def swapped(self, opcode: int, *others: Part) -> bytes:
        """Put others in the place of the first block of a kind."""
        at = next(k for k, p in enumerate(self.parts) if p.opcode == opcode)
        return put_together([*self.parts[:at], *others, *self.parts[at + 1 :]])

    def rig(self) -> bytes:
        body = next(p.body for p in self.parts if p.opcode == ATTACHMENT)
        return body[body.index(b"schema") : -4]

    def with_chunk(self, plain: bytes, **how: object) -> bytes:
        """Have one chunk more."""
        at = next(k for k, p in enumerate(self.parts) if p.opcode == CHUNK)
        return self.swapped(CHUNK, self.parts[at], chunk(plain, **how))  # type: ignore[arg-type]


def hurt(part: Part, at: int) -> Part:
    return replace(part, body=part.body[:at] + bytes([part.body[at] ^ 1]) + part.body[at + 1 :])


def peak_mib() -> int:
    """Tell how much memory this process has taken at most since it began its program."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM"))
