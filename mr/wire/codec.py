"""Frames of the mannequin's wire: messages to bytes and bytes to messages.

Takes messages or chunks of bytes of any size, gives bytes or messages; leaves ports and
time to `mr.devices.mannequin`. Damage on the wire is data: it is counted, never raised.
COBS and CRC run in C (`cobs`, `binascii`); a batch costs about a microsecond a frame.

Ref: Cheshire and Baker, Consistent Overhead Byte Stuffing (1999); CRC-16/IBM-3740.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from dataclasses import dataclass

from cobs import cobs

from mr.wire.layout import (
    CONTENT_MAX,
    LAYOUTS,
    AckCode,
    Command,
    Hello,
    Message,
    MessageType,
)

CRC_START = 0xFFFF
WIRE_MAX = CONTENT_MAX + 1
"""Longest frame without its delimiter: COBS adds one byte to so short a content."""

_NO_HELLO = Hello(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b"", b"", 0, 0, 0)
_CRC = struct.Struct("<H")
_BY_CLASS = {cls: (bytes([kind]), struct.Struct(form)) for kind, (cls, form) in LAYOUTS.items()}
_BY_LENGTH = {
    (int(kind), struct.calcsize(form) + 1): (cls, struct.Struct(form))
    for kind, (cls, form) in LAYOUTS.items()
}


def frame(content: bytes) -> bytes:
    """Put CRC, COBS and delimiter around a content."""
    return bytes(cobs.encode(content + _CRC.pack(crc_hqx(content, CRC_START)))) + b"\0"


def encode(message: Message) -> bytes:
    """Write one message as bytes of the wire, delimiter included."""
    kind, layout = _BY_CLASS[type(message)]
    return frame(kind + layout.pack(*message))


def encode_command(command: Command) -> bytes:
    """Write one command; a delimiter ahead of it ends whatever noise came before."""
    return b"\0" + encode(command)


def wire_length(cls: type[Message]) -> int:
    """Tell the bytes one message takes on the wire, delimiter included."""
    return int(_BY_CLASS[cls][1].size) + 5


def block_crc(content: bytes) -> int:
    """Give the CRC of a whole block, as COMMIT_BLOCK wants it."""
    return crc_hqx(content, CRC_START)


def name_text(name: bytes) -> str:
    """Read a zero-padded name of HELLO."""
    return name.rstrip(b"\0").decode("ascii", errors="replace")


def name_bytes(text: str, length: int = 16) -> bytes:
    """Write a name as HELLO carries it: ASCII, cut and zero-padded to `length`."""
    return text.encode("ascii", errors="replace")[:length].ljust(length, b"\0")


def refusal(code: int) -> str:
    """Say in words why the device refused."""
    try:
        return AckCode(code).name.lower().replace("_", " ")
    except ValueError:
        return f"code {code}"


@dataclass(slots=True)
class WireCounters:
    """What a decoder has seen since it was made."""

    frames: int = 0
    crc_errors: int = 0
    framing_errors: int = 0
    """Frames that are no COBS, too long or too short: noise between delimiters."""
    unknown_messages: int = 0
    """Whole frames of a type or a length that this version does not know."""


class Deframer:
    """Bytes in, contents with a good CRC out; keeps an unfinished frame for later.

    The result does not depend on where chunks begin and end.
    """

    def __init__(self, counters: WireCounters) -> None:
        self.counters = counters
        self._tail = b""
        self._skipping = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take a chunk of any length and give the contents that it completes, CRC removed."""
        *whole, tail = (self._tail + chunk).split(b"\0")
        contents: list[bytes] = []
        for raw in whole:
            if self._skipping or len(raw) > WIRE_MAX:
                self._skipping = False
                self.counters.framing_errors += 1
            elif raw:
                content = self._content(raw)
                if content:
                    contents.append(content)
        self._skipping = self._skipping or len(tail) > WIRE_MAX
        self._tail = b"" if self._skipping else tail
        return contents

    def _content(self, raw: bytes) -> bytes:
        try:
            content: bytes = cobs.decode(raw)
        except cobs.DecodeError:
            self.counters.framing_errors += 1
            return b""
        if len(content) < 3:
            self.counters.framing_errors += 1
            return b""
        body = content[:-2]
        if crc_hqx(body, CRC_START) != content[-2] | content[-1] << 8:
            self.counters.crc_errors += 1
            return b""
        self.counters.frames += 1
        return body


class Decoder:
    """Bytes in, messages out: a `Deframer` and the layouts of this protocol version."""

    def __init__(self) -> None:
        self.counters = WireCounters()
        self._deframer = Deframer(self.counters)

    def feed(self, chunk: bytes) -> list[Message]:
        """Decode a chunk of any length and give the messages that it completes."""
        messages: list[Message] = []
        for content in self._deframer.feed(chunk):
            message = decode_content(content)
            if message is None:
                self.counters.unknown_messages += 1
            else:
                messages.append(message)
        return messages


def decode_content(content: bytes) -> Message | None:
    """Read one content; None when its type or length is not of this version.

    A HELLO of another version gives what all versions have in common, the version.
    """
    known = _BY_LENGTH.get((content[0], len(content)))
    if known is not None:
        cls, layout = known
        message: Message = cls._make(layout.unpack_from(content, 1))
        return message
    if content[0] == MessageType.HELLO and len(content) >= 3:
        return _NO_HELLO._replace(request_id=content[1], protocol_version=content[2])
    return None
