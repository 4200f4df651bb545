"""The firmware's core in Python: byte for byte what ``firmware/core/device.c`` sends.

Takes counts, ticks and received bytes, gives bytes of the wire; leaves time and the
cable to `mr.sim.mannequin`. tests/firmware/test_twin.py holds the two streams together:
a change here is a change there.
"""

from __future__ import annotations

from typing import Protocol

from mr.sim.adc import Counts
from mr.wire import (
    PROTOCOL_VERSION,
    Ack,
    AckCode,
    Deframer,
    Hello,
    HelloRequest,
    MessageType,
    Ping,
    Pong,
    ResetCause,
    Sample,
    SetRate,
    Status,
    StatusRequest,
    WireCounters,
    decode_content,
    encode,
    name_bytes,
)

FIRMWARE = (0, 1, 0)
ADC_BITS = 10
RATE_DEFAULT_HZ = 200
RATE_MIN_HZ = 100
RATE_MAX_HZ = 500
TICK_RATE_HZ = 1_000_000
TICKS_MODULUS = 1 << 32

_COMMAND_LENGTHS: dict[int, int] = {
    MessageType.HELLO_REQUEST: 2,
    MessageType.PING: 4,
    MessageType.SET_RATE: 4,
    MessageType.STATUS_REQUEST: 2,
}


class Board(Protocol):
    """What the core asks of its board, as ``firmware/core/port.h`` does."""

    def now_ticks(self) -> int:
        """Tell the device's clock, modulo 2³²."""
        ...

    def send(self, wire: bytes) -> bool:
        """Queue a whole frame, or take nothing of it and say False."""
        ...

    def set_period(self, period_ticks: int) -> None:
        """Sample every `period_ticks` from now on, the first time one period from now."""
        ...


class FirmwareCore:
    """The mannequin: what it says, and what it does when it is told something."""

    def __init__(
        self, board: Board, serial_number: str, board_name: str, uart_baud: int = 0
    ) -> None:
        self._board = board
        self._serial_number = name_bytes(serial_number)
        self._uart_baud = uart_baud
        self._board_name = name_bytes(board_name)
        self._received = WireCounters()
        self._deframer = Deframer(self._received)
        self._overruns = 0
        self._overflow = 0
        self._next_seq = 0
        self._uptime_s = 0
        self._uptime_rest_ticks = 0
        self._last_ticks = 0
        self._rate_hz = RATE_DEFAULT_HZ
        self._reset_cause = ResetCause.UNKNOWN

    def start(self, reset_cause: ResetCause = ResetCause.POWER_ON) -> None:
        """Start sampling at the default rate and say HELLO."""
        self._reset_cause = reset_cause
        self._last_ticks = self._board.now_ticks()
        self._use_rate(RATE_DEFAULT_HZ)
        self._say_hello(0)

    def take_sample(self, sampled_ticks: int, counts: Counts) -> None:
        """Send one sample; count it as an overrun when the board cannot take it now."""
        self._track_uptime(sampled_ticks)
        chest, force, airway = counts
        sample = Sample(self._next_seq, sampled_ticks, chest, *force, airway, self._overflow)
        if self._board.send(encode(sample)):
            self._overflow = 0
        else:
            self._overruns += 1
            self._overflow = min(self._overflow + 1, 0xFF)
        self._next_seq = (self._next_seq + 1) & 0xFFFF

    def receive(self, chunk: bytes, received_ticks: int) -> None:
        """Obey the commands that these bytes complete."""
        for content in self._deframer.feed(chunk):
            self._obey(content, received_ticks)

    def _obey(self, content: bytes, received_ticks: int) -> None:
        wanted = _COMMAND_LENGTHS.get(content[0])
        if wanted is None:
            self._acknowledge(content, AckCode.UNKNOWN_COMMAND, 0)
            return
        if len(content) != wanted:
            self._acknowledge(content, AckCode.BAD_LENGTH, wanted)
            return
        match decode_content(content):
            case HelloRequest(request_id):
                self._say_hello(request_id)
            case Ping(request_id, token):
                now = self._board.now_ticks()
                self._board.send(encode(Pong(request_id, token, received_ticks, now)))
            case SetRate(_, sample_rate_hz):
                if RATE_MIN_HZ <= sample_rate_hz <= RATE_MAX_HZ:
                    self._use_rate(sample_rate_hz)
                    self._acknowledge(content, AckCode.DONE, self._rate_hz)
                else:
                    self._acknowledge(content, AckCode.OUT_OF_RANGE, self._rate_hz)
            case StatusRequest(request_id):
                self._say_status(request_id)

    def _use_rate(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._board.set_period(TICK_RATE_HZ // rate_hz)

    def _track_uptime(self, ticks: int) -> None:
        rest = self._uptime_rest_ticks + (ticks - self._last_ticks) % TICKS_MODULUS
        self._last_ticks = ticks
        self._uptime_s += rest // TICK_RATE_HZ
        self._uptime_rest_ticks = rest % TICK_RATE_HZ

    def _say_hello(self, request_id: int) -> None:
        hello = Hello(
            request_id,
            PROTOCOL_VERSION,
            *FIRMWARE,
            ADC_BITS,
            self._reset_cause,
            TICK_RATE_HZ,
            self._uart_baud,
            self._rate_hz,
            RATE_MIN_HZ,
            RATE_MAX_HZ,
            self._serial_number,
            self._board_name,
        )
        self._board.send(encode(hello))

    def _say_status(self, request_id: int) -> None:
        status = Status(
            request_id,
            self._rate_hz,
            self._uptime_s,
            self._overruns,
            self._received.crc_errors,
            self._received.framing_errors,
        )
        self._board.send(encode(status))

    def _acknowledge(self, content: bytes, code: AckCode, value: int) -> None:
        request_id = content[1] if len(content) > 1 else 0
        self._board.send(encode(Ack(request_id, content[0], code, value)))
