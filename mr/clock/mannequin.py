"""The mannequin's clock: a `TickClock` that knows its UART.

Takes the device's `DeviceInfo`, live or out of a recording, gives its `TickClock`.
"""

from __future__ import annotations

from mr.clock.ticks import TickClock
from mr.types import DeviceInfo
from mr.wire import BITS_PER_BYTE, Ping, Pong, Sample, wire_length

NS_PER_S = 1_000_000_000
SAMPLING_NS = {"atmega328p": 715_000, "host": 0, "sim": 0}
"""By board: what passes between the instant of a sample and the first byte it sends of it.
Held to the machine code by tests/firmware/test_avr_clock.py, as is the next."""
ANSWERING_NS = {"atmega328p": 104_000}
"""What passes between the stamp of an answer to a ping and its first byte, where not 0."""
SLACK_NS = 60_000.0
STRANGER_SLACK_NS = 500_000.0
"""Of a board that is not among them."""


def mannequin_clock(info: DeviceInfo, stream: str = "mannequin") -> TickClock:
    """Make the clock of a mannequin, with the time its bytes take on its UART.

    Commands are sent with a delimiter ahead of them (`mr.wire.encode_command`). A board
    without a UART says 0 baud in its HELLO, and nothing is taken off.
    """
    rates = {s.name: s.ticks_per_s for s in info.streams}
    baud = int(info.details.get("uart_baud", "0"))
    ns_per_byte = BITS_PER_BYTE * NS_PER_S // baud if baud else 0
    board = info.model.partition("(")[2].rstrip(")")
    return TickClock(
        rates[stream],
        out_ns=(1 + wire_length(Ping)) * ns_per_byte,
        back_ns=wire_length(Pong) * ns_per_byte + ANSWERING_NS.get(board, 0),
        sample_ns=wire_length(Sample) * ns_per_byte + SAMPLING_NS.get(board, 0),
        slack_ns=SLACK_NS if board in SAMPLING_NS else STRANGER_SLACK_NS,
    )
