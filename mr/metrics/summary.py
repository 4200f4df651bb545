"""Sum up a session: counts, means, compression fraction.

Takes events and the session's bounds, gives a `Summary`; leaves percentages in target
and points to `mr.scoring`. Definitions: docs/guides/definitions.md.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mr.metrics.trend import breath_rate_per_min, depth_trend_mm_min
from mr.types import Compression, Measured, MetricsEvent, Pause, Unmeasured, Ventilation


@dataclass(frozen=True, slots=True)
class Summary:
    """Numbers of one session. What could not be measured is None with the reason."""

    duration_s: float
    unmeasured_s: tuple[tuple[float, float], ...]
    """Starts and ends of what nothing measured, since the session's start."""
    n_compressions: int
    mean_depth_mm: Measured
    sd_depth_mm: Measured
    mean_release_depth_mm: Measured
    mean_rate_cpm: Measured
    """Within periods of compressions; pauses are left out."""
    mean_duty_cycle: Measured
    mean_release_velocity_mm_s: Measured
    mean_force_peak_n: Measured
    mean_hand_offset_mm: tuple[Measured, Measured]
    ccf_pct: Measured
    """Over the measured time."""
    n_pauses: int
    longest_pause_s: float
    """0 when no pause was seen. What was not measured is not in it."""
    time_to_first_compression_s: Measured
    compressions_per_cycle: tuple[int, ...]
    """Between pauses of any kind; without those that were not measured throughout."""
    n_ventilations: int
    mean_volume_ml: Measured
    mean_inspiration_s: Measured
    breath_rate_per_min: Measured
    depth_trend_mm_min: Measured
    """How the depth changes within a cycle: fatigue when it falls."""


NOTHING = "no compressions"
LEFT = 0.05
"""Share of an interval's variance that the next interval does not take back (measured)."""


def _mean(values: Iterable[Measured], empty: str) -> Measured:
    """Mean of what is known. Its sigma is that of a bias all values share."""
    every = list(values)
    known = [(v.value, v.sigma) for v in every if v.value is not None]
    if not known:
        return Measured.unknown(next((v.why for v in every if v.why), empty))
    sigmas = [sigma for _, sigma in known if sigma is not None]
    sigma = math.sqrt(math.fsum(s * s for s in sigmas) / len(sigmas)) if sigmas else None
    missing = len(every) - len(known)
    why = f"{missing} of {len(every)} not measured" if missing else ""
    return Measured(math.fsum(value for value, _ in known) / len(known), sigma, why)


def _sd(values: Sequence[Measured]) -> Measured:
    known = [v.value for v in values if v.value is not None]
    if len(known) < 2:
        return Measured.unknown("fewer than two measured values")
    mean = math.fsum(known) / len(known)
    return Measured(math.sqrt(math.fsum((v - mean) ** 2 for v in known) / (len(known) - 1)))


def _mean_rate_cpm(compressions: Sequence[Compression]) -> Measured:
    """Intervals within compression periods, per minute of their summed duration."""
    pairs = [
        (earlier, later)
        for earlier, later in itertools.pairwise(compressions)
        if later.rate_cpm.value is not None and later.index == earlier.index + 1
    ]
    if not pairs:
        return Measured.unknown("fewer than two compressions without a pause between them")
    intervals_s = [60.0 / rate for _, later in pairs if (rate := later.rate_cpm.value)]
    total_s = math.fsum(intervals_s)
    rate = 60.0 * len(pairs) / total_s
    if any(later.rate_cpm.sigma is None for _, later in pairs):
        return Measured(rate)
    # Of a run of intervals mostly the errors of its two ends are left.
    sigmas = [later.rate_cpm.sigma or 0.0 for _, later in pairs]
    end_s = math.sqrt(math.fsum(s * s for s in sigmas) / len(sigmas)) * 60.0 / rate**2
    runs = max(len(compressions) - len(pairs), 1)
    return Measured(rate, rate * end_s * math.sqrt(runs + LEFT * len(pairs)) / total_s)


def not_measured(unmeasured_s: Sequence[tuple[float, float]]) -> str:
    """Say in words what was not measured; empty when everything was.

    Examples
    --------
    >>> not_measured([(5.33, 10.01), (12.0, 12.4)])
    'not measured from 5.3 to 10.0 s and from 12.0 to 12.4 s'
    """
    spans = " and ".join(f"from {a_s:.1f} to {b_s:.1f} s" for a_s, b_s in unmeasured_s)
    return f"not measured {spans}" if spans else ""


def _active_ns(
    compressions: Sequence[Compression],
    idle: Sequence[Pause | Unmeasured],
    start_ns: int,
    end_ns: int,
) -> int:
    """Time (ns) within the bounds from first onset to last release, less what is `idle`.

    What is idle does not overlap: a pause ends where the measurement does.
    """
    if not compressions:
        return 0

    def clipped(a_ns: int, b_ns: int) -> int:
        return max(min(b_ns, end_ns) - max(a_ns, start_ns), 0)

    first, last = compressions[0].onset_ns, compressions[-1].release_ns
    spent = clipped(first, last)
    spent -= sum(clipped(max(p.start_ns, first), min(p.end_ns, last)) for p in idle)
    return spent


def _ccf_pct(active_ns: int, measured_ns: int, why: str) -> Measured:
    if measured_ns <= 0:
        return Measured.unknown(why)
    return Measured(100.0 * active_ns / measured_ns, why=why)


def _first_s(
    compressions: Sequence[Compression], holes: Sequence[Unmeasured], start_ns: int
) -> Measured:
    """Time to the first onset; unknown when one may have come unseen before it."""
    if not compressions:
        return Measured.unknown(NOTHING)
    onset_ns = compressions[0].onset_ns
    if any(hole.start_ns < onset_ns for hole in holes):
        return Measured.unknown("not all of the time before the first compression was measured")
    return Measured(max(onset_ns - start_ns, 0) * 1e-9)


def _cycles(
    compressions: Sequence[Compression], pauses: Sequence[Pause], holes: Sequence[Unmeasured]
) -> tuple[int, ...]:
    bounds = [p.start_ns for p in pauses]

    def cycle(t_ns: int) -> int:
        return sum(bound <= t_ns for bound in bounds)

    cut = {cycle(hole.start_ns) for hole in holes}
    counts = [0] * (len(bounds) + 1)
    for compression in compressions:
        counts[cycle(compression.peak_ns)] += 1
    return tuple(n for k, n in enumerate(counts) if n and k not in cut)


def _inspiration_s(breath: Ventilation) -> Measured:
    """A breath whose volume was not seen whole was not seen to its end."""
    if breath.volume_ml.value is None:
        return breath.volume_ml
    return Measured(breath.inspiration_s)


def _overlapping(
    events: Iterable[MetricsEvent], start_ns: int, end_ns: int
) -> list[Pause | Unmeasured]:
    """Pick the pauses, and what was not measured, that reach into the bounds, in order."""
    idle = (e for e in events if isinstance(e, Pause | Unmeasured))
    return sorted(
        (p for p in idle if p.start_ns < end_ns and p.end_ns > start_ns), key=lambda p: p.start_ns
    )


def summarise(events: Iterable[MetricsEvent], start_ns: int, end_ns: int) -> Summary:
    """Sum up the events within ``start_ns`` … ``end_ns``.

    Parameters
    ----------
    events
        Of one `MetricsStepper`, in any order.
    start_ns, end_ns
        Bounds of what is judged; ``end_ns > start_ns``.
    """
    if end_ns <= start_ns:
        raise ValueError(f"a session cannot end ({end_ns} ns) before it starts ({start_ns} ns)")
    every = list(events)
    compressions = sorted(
        (e for e in every if isinstance(e, Compression) and start_ns <= e.peak_ns <= end_ns),
        key=lambda c: c.peak_ns,
    )
    idle = _overlapping(every, start_ns, end_ns)
    pauses = [p for p in idle if isinstance(p, Pause)]
    holes = [p for p in idle if isinstance(p, Unmeasured)]
    breaths = [e for e in every if isinstance(e, Ventilation) and start_ns <= e.start_ns <= end_ns]

    def mean(pick: Callable[[Compression], Measured]) -> Measured:
        return _mean((pick(c) for c in compressions), NOTHING)

    holes_ns = [(max(h.start_ns, start_ns), min(h.end_ns, end_ns)) for h in holes]
    unmeasured_s = tuple(((a - start_ns) * 1e-9, (b - start_ns) * 1e-9) for a, b in holes_ns)
    measured_ns = end_ns - start_ns - sum(b - a for a, b in holes_ns)
    active_ns = _active_ns(compressions, idle, start_ns, end_ns)
    return Summary(
        duration_s=(end_ns - start_ns) * 1e-9,
        unmeasured_s=unmeasured_s,
        n_compressions=len(compressions),
        mean_depth_mm=mean(lambda c: c.depth_mm),
        sd_depth_mm=_sd([c.depth_mm for c in compressions]),
        mean_release_depth_mm=mean(lambda c: c.release_depth_mm),
        mean_rate_cpm=_mean_rate_cpm(compressions),
        mean_duty_cycle=mean(lambda c: c.duty_cycle),
        mean_release_velocity_mm_s=mean(lambda c: c.release_velocity_mm_s),
        mean_force_peak_n=mean(lambda c: c.force_peak_n),
        mean_hand_offset_mm=(
            mean(lambda c: c.hand_offset_mm[0]),
            mean(lambda c: c.hand_offset_mm[1]),
        ),
        ccf_pct=_ccf_pct(active_ns, measured_ns, not_measured(unmeasured_s)),
        n_pauses=len(pauses),
        longest_pause_s=max(
            ((min(p.end_ns, end_ns) - max(p.start_ns, start_ns)) * 1e-9 for p in pauses),
            default=0.0,
        ),
        time_to_first_compression_s=_first_s(compressions, holes, start_ns),
        compressions_per_cycle=_cycles(compressions, pauses, holes),
        n_ventilations=len(breaths),
        mean_volume_ml=_mean((b.volume_ml for b in breaths), "no breaths"),
        mean_inspiration_s=_mean((_inspiration_s(b) for b in breaths), "no breaths"),
        breath_rate_per_min=breath_rate_per_min(breaths),
        depth_trend_mm_min=depth_trend_mm_min(compressions, pauses),
    )
