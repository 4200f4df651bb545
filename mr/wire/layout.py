"""The messages of the mannequin's wire, protocol version 1, byte by byte.

Gives one named tuple a message with its `struct` layout; leaves framing to
`mr.wire.codec`. The truth is ``firmware/protocol/mrcpr_protocol.h``;
tests/firmware/test_layout.py holds the two and docs/PROTOCOL.md together.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

PROTOCOL_VERSION = 1
BAUD = 500_000
BITS_PER_BYTE = 10
"""On the wire: a start bit, eight data bits, a stop bit."""
NS_PER_BYTE = BITS_PER_BYTE * 1_000_000_000 // BAUD
CONTENT_MAX = 64
NAME_LENGTH = 16


class MessageType(IntEnum):
    """The first byte of every content; 0x80 and above go to the device."""

    HELLO = 0x01
    SAMPLE = 0x02
    PONG = 0x03
    STATUS = 0x04
    ACK = 0x05
    HELLO_REQUEST = 0x81
    PING = 0x82
    SET_RATE = 0x83
    STATUS_REQUEST = 0x84


class AckCode(IntEnum):
    """What became of a command."""

    DONE = 0
    UNKNOWN_COMMAND = 1
    BAD_LENGTH = 2
    OUT_OF_RANGE = 3


class ResetCause(IntEnum):
    """Why the device started."""

    UNKNOWN = 0
    POWER_ON = 1
    EXTERNAL = 2
    BROWN_OUT = 3
    WATCHDOG = 4


class Hello(NamedTuple):
    """Who the device is; sent after a reset (request_id 0) and when asked."""

    request_id: int
    protocol_version: int
    firmware_major: int
    firmware_minor: int
    firmware_patch: int
    adc_bits: int
    reset_cause: int
    tick_rate_hz: int
    uart_baud: int
    sample_rate_hz: int
    sample_rate_min_hz: int
    sample_rate_max_hz: int
    serial_number: bytes
    board_name: bytes


class Sample(NamedTuple):
    """One raw sample; `sampled_ticks` is the instant of conversion, in wrapping ticks."""

    seq: int
    sampled_ticks: int
    chest_counts: int
    force0_counts: int
    force1_counts: int
    force2_counts: int
    force3_counts: int
    airway_counts: int
    overflow: int


class Pong(NamedTuple):
    """The answer to a ping: when it came in and when the answer was made."""

    request_id: int
    token: int
    device_rx_ticks: int
    device_tx_ticks: int


class Status(NamedTuple):
    """Counters since the start."""

    request_id: int
    sample_rate_hz: int
    uptime_s: int
    overruns: int
    crc_errors: int
    framing_errors: int


class Ack(NamedTuple):
    """What became of a command; `value` is what is in force now, where there is such."""

    request_id: int
    command: int
    code: int
    value: int


class HelloRequest(NamedTuple):
    """Ask who the device is."""

    request_id: int


class Ping(NamedTuple):
    """Ask what the device's clock says; `token` comes back."""

    request_id: int
    token: int


class SetRate(NamedTuple):
    """Ask for another sample rate."""

    request_id: int
    sample_rate_hz: int


class StatusRequest(NamedTuple):
    """Ask for the counters."""

    request_id: int


DeviceMessage = Hello | Sample | Pong | Status | Ack
Command = HelloRequest | Ping | SetRate | StatusRequest
Message = DeviceMessage | Command

LAYOUTS: dict[MessageType, tuple[type[Message], str]] = {
    MessageType.HELLO: (Hello, "<BBBBBBBIIHHH16s16s"),
    MessageType.SAMPLE: (Sample, "<HIHHHHHhB"),
    MessageType.PONG: (Pong, "<BHII"),
    MessageType.STATUS: (Status, "<BHIIII"),
    MessageType.ACK: (Ack, "<BBBH"),
    MessageType.HELLO_REQUEST: (HelloRequest, "<B"),
    MessageType.PING: (Ping, "<BH"),
    MessageType.SET_RATE: (SetRate, "<BH"),
    MessageType.STATUS_REQUEST: (StatusRequest, "<B"),
}
"""Fields behind the type byte, as `struct` reads them."""
