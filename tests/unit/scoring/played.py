"""A performance as it was played: presses with their gaps, cut as `mr.metrics` cuts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mr.metrics.strokes import FIRST
from mr.metrics.summary import not_measured, summarise
from mr.scoring.performance import Performance
from mr.types import (
    Compression,
    Measured,
    MetricsEvent,
    Pause,
    Score,
    Unmeasured,
    Ventilation,
)

TIMES = ("onset_ns", "peak_ns", "release_ns", "start_ns", "end_ns")

PRESS_S = 0.4
"""From onset to release."""
PAUSE_S = 1.0


@dataclass(frozen=True)
class Press:
    """One compression, and how long nobody pressed before it."""

    rest_s: float = 0.145
    depth_mm: float = 55.0
    breaths: int = 0
    """So many breaths are given in the rest before it."""
    lost: bool = False
    """Whether that rest was not measured."""


def ns(t_s: float) -> int:
    return round(1e9 * t_s)


def played(
    presses: Sequence[Press],
    *,
    before_s: float = 0.0,
    after_s: float = 0.0,
    airway_measured: bool = True,
    shocks_s: Sequence[float] = (),
) -> Performance:
    """Give what is judged; `before_s` and `after_s` are idle ends within its bounds."""
    events: list[MetricsEvent] = []
    pressed: list[Compression] = []
    t_s, peak_s = before_s, None
    for k, press in enumerate(presses):
        start_s = t_s
        t_s += press.rest_s if k else 0.0
        rests = k > 0 and press.rest_s >= PAUSE_S
        if press.lost:
            events.append(Unmeasured(ns(start_s + 0.01), ns(t_s - 0.01)))
        elif rests:
            kind = "ventilation" if press.breaths else "unknown"
            events.append(Pause(ns(start_s), ns(t_s), kind))
        for b in range(press.breaths):
            at_s = start_s + (t_s - start_s) * b / press.breaths
            events.append(Ventilation(ns(at_s), ns(at_s + 0.9), Measured(550.0, 10.0), 1.0))
        now_s = t_s + PRESS_S / 2
        rate = Measured.unknown(FIRST)
        if peak_s is not None and not rests and not press.lost:
            rate = Measured(60.0 / (now_s - peak_s), 0.5)
        pressed.append(
            Compression(
                k, ns(t_s), ns(now_s), ns(t_s + PRESS_S), Measured(press.depth_mm, 0.3),
                Measured(0.5, 0.3), rate, Measured(0.5), Measured(400.0), Measured(450.0),
                (Measured(3.0, 1.0), Measured(4.0, 1.0)),
            )
        )  # fmt: skip
        t_s, peak_s = t_s + PRESS_S, now_s
    bounds_ns = (0, ns(t_s + after_s))
    summary = summarise([*events, *pressed], *bounds_ns)
    return Performance(
        pressed,
        [e for e in events if isinstance(e, Ventilation)],
        [e for e in events if isinstance(e, Pause)],
        summary.ccf_pct,
        airway_measured,
        not_measured(summary.unmeasured_s),
        [ns(t) for t in shocks_s],
        bounds_ns,
        [(e.start_ns, e.end_ns) for e in events if isinstance(e, Unmeasured)],
    )


def later(thing: Any, by_ns: int) -> Any:
    """Give what was found as if it had happened later."""
    return replace(thing, **{n: getattr(thing, n) + by_ns for n in TIMES if hasattr(thing, n)})


def score_later(score: Score, by_ns: int) -> Score:
    """Give a score as if all had happened later."""
    items = tuple(
        replace(
            item,
            deductions=tuple(
                replace(d, t_ns=None if d.t_ns is None else d.t_ns + by_ns) for d in item.deductions
            ),
        )
        for item in score.items
    )
    return replace(score, items=items, cycles=tuple(later(c, by_ns) for c in score.cycles))
