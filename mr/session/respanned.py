"""What an instructor's word on a span does to the events around it.

Takes events, marks of shocks and `PauseCorrection`s; gives the events that are left, and the
pauses that are then there. Leaves bounds and judging to `mr.session.corrected`. The rules are
those of `mr.metrics.stepper`: a pause goes from a release to the next onset, or from or to where
nothing was measured, and lasts at least the profile's threshold; the first compression after
either has no rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mr.corrections import PauseCorrection
from mr.errors import AnalysisError
from mr.metrics.strokes import FIRST, FIRST_AFTER_LOSS
from mr.types import Compression, Measured, MetricsEvent, Pause, Unmeasured

Span = tuple[int, int]
"""Start and end in ns."""
Kind = Literal["ventilation", "hands_off", "hands_resting"]


@dataclass(frozen=True, slots=True)
class Respanned:
    """Events, and the marks of shocks, by what was said of their spans."""

    events: tuple[MetricsEvent, ...]
    shocks_ns: tuple[int, ...]


def respanned(
    found: Respanned,
    pauses: Sequence[PauseCorrection],
    start_ns: int,
    motion_s: tuple[float, float],
    threshold_s: float,
) -> Respanned:
    """Apply corrections; the excused spans first, for they cut pauses.

    Parameters
    ----------
    found
        What the stepper found.
    pauses
        In the order of time, and apart from each other.
    start_ns
        The instant from which their seconds count.
    motion_s
        The first and last instant that was seen, on the same axis.
    threshold_s
        Least length of a pause.

    Raises
    ------
    AnalysisError
        When a span lies outside of the motion, or becomes a pause where none can be.
    """
    first_ns, last_ns = (start_ns + round(1e9 * t_s) for t_s in motion_s)
    least_ns = round(1e9 * threshold_s)

    def ns(pause: PauseCorrection) -> Span:
        a_ns, b_ns = (start_ns + round(1e9 * t_s) for t_s in (pause.start_s, pause.end_s))
        if a_ns >= last_ns or b_ns <= first_ns:
            raise AnalysisError(
                f"{_words(pause)} lies outside of the recording, whose motion goes from "
                f"{motion_s[0]:.3f} to {motion_s[1]:.3f} s"
            )
        return max(a_ns, first_ns), min(b_ns, last_ns)

    for pause in pauses:
        if pause.becomes == "excused":
            found = _excused(found, ns(pause), least_ns)
    named: list[Span] = []
    events = found.events
    for pause in pauses:
        if pause.becomes == "excused":
            continue
        events, now = _named(events, ns(pause), pause.becomes, last_ns, least_ns)
        if not now:
            raise AnalysisError(
                f"{_words(pause)}: the compressions around it are less than {threshold_s:g} s "
                "apart, which is no pause: make it longer, or excuse it"
            )
        if any(span in named for span in now):
            raise AnalysisError(f"{_words(pause)}: this pause is corrected already: say it once")
        named += now
    return Respanned(events, found.shocks_ns)


def _words(pause: PauseCorrection) -> str:
    return f"the span from {pause.start_s:g} to {pause.end_s:g} s ({pause.becomes})"


def _excused(found: Respanned, span: Span, least_ns: int) -> Respanned:
    """Take a span for not measured: what reaches into it is gone, pauses end at it."""
    a_ns, b_ns = span
    kept: list[MetricsEvent] = []
    for event in found.events:
        start_ns, end_ns = _ends(event)
        if end_ns <= a_ns or start_ns >= b_ns:
            kept.append(event)
        elif isinstance(event, Pause):
            kept += [
                Pause(x_ns, y_ns, event.kind)
                for x_ns, y_ns in _without((start_ns, end_ns), [span])
                if y_ns - x_ns >= least_ns
            ]
        elif isinstance(event, Unmeasured):  # two that overlap would be counted twice
            a_ns, b_ns = min(a_ns, start_ns), max(b_ns, end_ns)
    kept.append(Unmeasured(a_ns, b_ns))
    shocks_ns = tuple(t_ns for t_ns in found.shocks_ns if not span[0] <= t_ns <= span[1])
    return Respanned(_first_after(kept, b_ns, FIRST_AFTER_LOSS), shocks_ns)


def _named(
    events: Sequence[MetricsEvent], span: Span, kind: Kind, last_ns: int, least_ns: int
) -> tuple[tuple[MetricsEvent, ...], list[Span]]:
    """Say what the pause around a span is; no compression is left in it.

    Gives the events and the pauses that are named so: several where nothing was measured in
    between, none where there can be no pause.
    """
    a_ns, b_ns = span
    inside = [e for e in events if isinstance(e, Compression) and a_ns <= e.peak_ns <= b_ns]
    gone = set(map(id, inside))
    pressed = [e for e in events if isinstance(e, Compression) and id(e) not in gone]
    holes = [_ends(e) for e in events if isinstance(e, Unmeasured)]
    releases_ns = [c.release_ns for c in pressed if c.peak_ns < a_ns]
    onsets_ns = [c.onset_ns for c in pressed if c.peak_ns > b_ns]
    if not releases_ns:  # before the first compression there is no pause
        return tuple(events), []
    gap = (max(releases_ns), min(onsets_ns, default=last_ns))
    pauses = [
        (x_ns, y_ns)
        for x_ns, y_ns in _without(gap, holes)
        if y_ns - x_ns >= least_ns and x_ns < b_ns and y_ns > a_ns
    ]
    if not pauses:
        return tuple(events), []
    kept = [e for e in events if id(e) not in gone and not _is_pause_in(e, pauses)]
    kept += [Pause(x_ns, y_ns, kind) for x_ns, y_ns in pauses]
    return _first_after(kept, pauses[-1][1], FIRST), pauses


def _is_pause_in(event: MetricsEvent, spans: Iterable[Span]) -> bool:
    return isinstance(event, Pause) and any(
        a_ns < event.end_ns and event.start_ns < b_ns for a_ns, b_ns in spans
    )


def _first_after(events: Iterable[MetricsEvent], t_ns: int, why: str) -> tuple[MetricsEvent, ...]:
    """Take rate and duty cycle off the first compression after an instant, if it had them."""
    every = sorted(events, key=_when)
    for k, event in enumerate(every):
        if isinstance(event, Compression) and event.onset_ns >= t_ns:
            if event.rate_cpm.value is not None:
                unknown = Measured.unknown(why)
                every[k] = replace(event, rate_cpm=unknown, duty_cycle=unknown)
            break
    return tuple(every)


def _without(span: Span, holes: Iterable[Span]) -> list[Span]:
    """Give what is left of a span."""
    left, at_ns = [], span[0]
    for a_ns, b_ns in sorted(holes):
        if a_ns >= span[1]:
            break
        if a_ns > at_ns:
            left.append((at_ns, a_ns))
        at_ns = max(at_ns, b_ns)
    return [*left, (at_ns, span[1])] if at_ns < span[1] else left


def _ends(event: MetricsEvent) -> Span:
    if isinstance(event, Compression):
        return event.onset_ns, event.release_ns
    return event.start_ns, event.end_ns


def _when(event: MetricsEvent) -> int:
    return event.peak_ns if isinstance(event, Compression) else event.start_ns
