"""What a live mannequin costs the sensing process: the real firmware at its real pace.

Takes a folder to build the host board in, gives one `Timing` a sample rate: CPU time of
this process against the wall's, in percent of a core, beside the same loop without a
port. The loop polls and rests as the session's does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mr.devices.mannequin import MannequinSource
from mr.session.rest import rest
from mr.types import Device, MannequinFrame
from tests.bench.stopwatch import Timing
from tests.firmware.host_board import HostBoard, build_host_board

RATES_HZ = (200, 500)
POLL_S = 0.002
SETTLE_S = 1.5
"""The first second has pings twenty times as often as the rest."""


@dataclass(frozen=True, slots=True)
class LinkCost:
    """What was measured at one sample rate."""

    rate_hz: int
    cpu_share: float
    """CPU time of the loop by wall time."""
    idle_share: float
    """The same without a port."""
    frames: int
    lost: int


def link_cost(program: Path, rate_hz: int, seconds: float = 3.0) -> LinkCost:
    """Measure one live link to the host board at `rate_hz`."""
    with HostBoard(program) as board, MannequinSource(board.port) as source:
        source.set_rate(rate_hz)
        _share(source.poll, SETTLE_S, [source])
        before = source.counters
        n = 0

        def poll() -> None:
            nonlocal n
            n += sum(isinstance(sample, MannequinFrame) for sample in source.poll())

        share = _share(poll, seconds, [source])
        if source.info.streams[0].rate_hz != rate_hz:
            raise RuntimeError(f"the host board does not sample at {rate_hz} Hz")
        lost = source.counters.lost - before.lost
    return LinkCost(rate_hz, share, _share(lambda: None, seconds / 3, []), n, lost)


def link_timings(folder: Path, seconds: float = 3.0) -> list[Timing]:
    """Build the host board in `folder` and measure the live link at each of `RATES_HZ`."""
    program = build_host_board(folder)
    costs = [link_cost(program, rate_hz, seconds) for rate_hz in RATES_HZ]
    return [
        Timing(
            what=f"live link at {cost.rate_hz} Hz ({cost.frames} samples, {cost.lost} lost)",
            unit="% of a core",
            value=100.0 * cost.cpu_share,
            baseline="the same loop without a port",
            baseline_value=100.0 * cost.idle_share,
        )
        for cost in costs
    ]


def _share(work: Callable[[], object], seconds: float, devices: Sequence[Device]) -> float:
    """Run `work` whenever there is some, or every `POLL_S`, and tell its share of a core."""
    begun, cpu_begun = time.monotonic(), time.process_time()
    while time.monotonic() - begun < seconds:
        work()
        rest(devices, POLL_S)
    return (time.process_time() - cpu_begun) / (time.monotonic() - begun)
