"""The messages of the mannequin's wire, protocol version 2, byte by byte.

Gives one named tuple a message with its `struct` layout; leaves framing to
`mr.wire.codec`. The truth is ``firmware/protocol/mrcpr_protocol.h``;
tests/firmware/test_layout.py holds the two and docs/PROTOCOL.md together.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import NamedTuple

PROTOCOL_VERSION = 2
BAUD = 500_000
BITS_PER_BYTE = 10
"""On the wire: a start bit, eight data bits, a stop bit."""
NS_PER_BYTE = BITS_PER_BYTE * 1_000_000_000 // BAUD
CONTENT_MAX = 64
NAME_LENGTH = 16
UNNAMED = "UNNAMED"
"""Serial number of a mannequin that was never named."""
CHUNK_LENGTH = 32
"""Bytes of a block that one message carries."""
AIRWAY_UNKNOWN = -32768
"""`Sample.airway_counts` while the airway sensor is silent."""


class MessageType(IntEnum):
    """The first byte of every content; 0x80 and above go to the device."""

    HELLO = 0x01
    SAMPLE = 0x02
    PONG = 0x03
    STATUS = 0x04
    ACK = 0x05
    BLOCK = 0x06
    SELF_TEST_RESULT = 0x07
    HELLO_REQUEST = 0x81
    PING = 0x82
    SET_RATE = 0x83
    STATUS_REQUEST = 0x84
    IDENTIFY = 0x85
    READ_BLOCK = 0x86
    WRITE_BLOCK = 0x87
    COMMIT_BLOCK = 0x88
    ZERO = 0x89
    SELF_TEST = 0x8A


class AckCode(IntEnum):
    """What became of a command."""

    DONE = 0
    UNKNOWN_COMMAND = 1
    BAD_LENGTH = 2
    OUT_OF_RANGE = 3
    BUSY = 4
    EMPTY = 5
    BAD_CRC = 6
    NOT_STILL = 7


class ResetCause(IntEnum):
    """Why the device started."""

    UNKNOWN = 0
    POWER_ON = 1
    EXTERNAL = 2
    BROWN_OUT = 3
    WATCHDOG = 4


class BlockId(IntEnum):
    """What the device keeps without power."""

    IDENTITY = 0
    CALIBRATION = 1
    ZERO = 2


class Fault(IntFlag):
    """What a self-test found (`SelfTestResult.failed`)."""

    CHEST = 0x0001
    FORCE0 = 0x0002
    FORCE1 = 0x0004
    FORCE2 = 0x0008
    FORCE3 = 0x0010
    AIRWAY = 0x0020
    SUPPLY = 0x0040
    IDENTITY = 0x0080
    CALIBRATION = 0x0100
    STACK = 0x0200


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
    stored_blocks: int
    sample_latency_ticks: int
    pong_latency_ticks: int


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
    rx_overruns: int
    airway_errors: int
    supply_mv: int
    stack_free_bytes: int


class Ack(NamedTuple):
    """What became of a command; `value` is what is in force now, where there is such."""

    request_id: int
    command: int
    code: int
    value: int


class Block(NamedTuple):
    """A piece of what the device keeps: at most `CHUNK_LENGTH` bytes from `offset` on."""

    request_id: int
    block: int
    generation: int
    length: int
    offset: int
    bytes: bytes


class SelfTestResult(NamedTuple):
    """What the device found when it looked at itself; `failed` is made of `Fault` bits."""

    request_id: int
    failed: int
    chest_counts: int
    force0_counts: int
    force1_counts: int
    force2_counts: int
    force3_counts: int
    airway_counts: int
    supply_mv: int
    stack_free_bytes: int


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


class Identify(NamedTuple):
    """Ask it to blink, so that people see which one it is."""

    request_id: int
    duration_s: int


class ReadBlock(NamedTuple):
    """Ask for a piece of a block."""

    request_id: int
    block: int
    offset: int


class WriteBlock(NamedTuple):
    """Put a piece of a block into the slot that is not in use; offset 0 empties it first."""

    request_id: int
    block: int
    offset: int
    length: int
    bytes: bytes


class CommitBlock(NamedTuple):
    """Put what was written in force, when its CRC is this one."""

    request_id: int
    block: int
    length: int
    crc: int


class Zero(NamedTuple):
    """Ask it to average the unloaded mannequin and keep the means."""

    request_id: int


class SelfTest(NamedTuple):
    """Ask it to look at itself."""

    request_id: int


DeviceMessage = Hello | Sample | Pong | Status | Ack | Block | SelfTestResult
Command = (
    HelloRequest
    | Ping
    | SetRate
    | StatusRequest
    | Identify
    | ReadBlock
    | WriteBlock
    | CommitBlock
    | Zero
    | SelfTest
)
Message = DeviceMessage | Command

LAYOUTS: dict[MessageType, tuple[type[Message], str]] = {
    MessageType.HELLO: (Hello, "<BBBBBBBIIHHH16s16sHHH"),
    MessageType.SAMPLE: (Sample, "<HIHHHHHhB"),
    MessageType.PONG: (Pong, "<BHII"),
    MessageType.STATUS: (Status, "<BHIIIIHHHH"),
    MessageType.ACK: (Ack, "<BBBH"),
    MessageType.BLOCK: (Block, "<BBBHH32s"),
    MessageType.SELF_TEST_RESULT: (SelfTestResult, "<BHHHHHHhHH"),
    MessageType.HELLO_REQUEST: (HelloRequest, "<B"),
    MessageType.PING: (Ping, "<BH"),
    MessageType.SET_RATE: (SetRate, "<BH"),
    MessageType.STATUS_REQUEST: (StatusRequest, "<B"),
    MessageType.IDENTIFY: (Identify, "<BB"),
    MessageType.READ_BLOCK: (ReadBlock, "<BBH"),
    MessageType.WRITE_BLOCK: (WriteBlock, "<BBHB32s"),
    MessageType.COMMIT_BLOCK: (CommitBlock, "<BBHH"),
    MessageType.ZERO: (Zero, "<B"),
    MessageType.SELF_TEST: (SelfTest, "<B"),
}
"""Fields behind the type byte, as `struct` reads them."""
