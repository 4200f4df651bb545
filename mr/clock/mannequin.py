"""The mannequin's clock: a `TickClock` that knows its UART.

Takes the device's `DeviceInfo`, live or out of a recording, gives its `TickClock`.
"""

from __future__ import annotations

from mr.clock.ticks import TickClock
from mr.types import DeviceInfo
from mr.wire import BITS_PER_BYTE, Ping, Pong, Sample, wire_length

NS_PER_S = 1_000_000_000
SLACK_NS = 60_000.0
"""Of a board whose HELLO tells how long it takes to send."""
STRANGER_SLACK_NS = 500_000.0
"""Of one that does not (a recording of protocol 1)."""


def mannequin_clock(info: DeviceInfo, stream: str = "mannequin") -> TickClock:
    """Make the clock of a mannequin: what its HELLO says of delays is taken off.

    That is the time bytes take on its UART (0 baud: there is none), and the time from a
    stamp to the first bit, in which the board converts and makes the frame. Commands are
    sent with a delimiter ahead of them (`mr.wire.encode_command`).
    """
    rates = {s.name: s.ticks_per_s for s in info.streams}
    baud = int(info.details.get("uart_baud", "0"))
    ns_per_byte = BITS_PER_BYTE * NS_PER_S // baud if baud else 0

    def latency_ns(which: str) -> int:
        return round(int(info.details.get(which, "0")) / rates[stream] * NS_PER_S)

    return TickClock(
        rates[stream],
        out_ns=(1 + wire_length(Ping)) * ns_per_byte,
        back_ns=wire_length(Pong) * ns_per_byte + latency_ns("pong_latency_ticks"),
        sample_ns=wire_length(Sample) * ns_per_byte + latency_ns("sample_latency_ticks"),
        slack_ns=SLACK_NS if "sample_latency_ticks" in info.details else STRANGER_SLACK_NS,
    )
