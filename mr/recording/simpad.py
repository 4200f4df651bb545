"""A session of a Laerdal SimPad, from the `.ssx` file that it exports.

Takes a path, gives a `SimPadSession`: the compressions that the SimPad found, and every
other event as it stands. The format is not published. What is read here was taken from
three public readers and a data paper (docs/guides/instructor/simpad.md); no real file was
seen. What such a file does not hold stays unknown.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from mr.errors import RecordingError
from mr.recording.simpad_archive import NOT_ZIP, read_member
from mr.recording.simpad_events import Param, SimPadEvent, parse_events, root_attribute

EVENTS, LOG = "CPR/CPREvents.xml", "EventLog.xml"
COMPRESSION, VENTILATION = "CprCompEvent", "CprVentEvent"
ORDER = (
    "endTime", "compDepth", "compPeakTime", "compInstantaneousPeriod", "compAbsolutePeakDepth",
    "compLeaningDepth", "compReleaseDepth", "compHandposXiphoid", "compHandposError",
    "compIncompleteRelease", "compMeanRate",
)  # fmt: skip
"""The params of a compression where they have no names."""
IN_MS = ("endTime", "compPeakTime")
IN_MM = ("compDepth", "compAbsolutePeakDepth", "compLeaningDepth", "compReleaseDepth")
FLAGS = {"1": True, "true": True, "0": False, "false": False}
OTHER_UNITS = {"s", "sec", "seconds", "us", "cm", "m", "in", "inch", "inches"}
MAX_MS = 1e9
"""Eleven days; nothing in such a file is larger."""
MAX_DEPTH_MM = 200.0
UNSEEN = "the format of SimPad files was taken from public readers; no real file was seen"


@dataclass(frozen=True, slots=True)
class SimPadCompression:
    """One compression as the SimPad tells it; None where it does not."""

    start_s: float
    end_s: float
    depth_mm: float | None
    peak_s: float | None
    """As it stands: since the session's start, or since the compression's."""
    instantaneous_period: float | None
    """As it stands; its unit is not known."""
    absolute_peak_depth_mm: float | None
    leaning_depth_mm: float | None
    release_depth_mm: float | None
    hands_on_xiphoid: bool | None
    hands_misplaced: bool | None
    incomplete_release: bool | None
    mean_rate_cpm: float | None


@dataclass(frozen=True, slots=True)
class SimPadSession:
    """What an `.ssx` file says."""

    path: Path
    compressions: tuple[SimPadCompression, ...]
    """In the order of time."""
    peaks_s: tuple[float, ...]
    """When each was deepest, since the session's start."""
    other_events: tuple[SimPadEvent, ...]
    """As they stand, without params that hold people's names."""
    made_utc: str | None
    assumptions: tuple[str, ...]


def read_simpad(path: Path) -> SimPadSession:
    """Read a SimPad session.

    Raises
    ------
    RecordingError
        When the file is missing, damaged, hostile, or its compressions do not fit what is
        known of the format.
    """
    data = read_member(path, EVENTS)
    if data is None:
        raise RecordingError(f"{path}: no {EVENTS} in this archive: {NOT_ZIP}")
    events = parse_events(path, data)
    found = [e for e in events if e.type == COMPRESSION]
    others = tuple(e for e in events if e.type != COMPRESSION)
    compressions = sorted(
        (_compression(path, k + 1, event) for k, event in enumerate(found)),
        key=lambda c: c.start_s,
    )
    said = [UNSEEN]
    peaks_s = _peaks_s(path, compressions, said)
    _check_order(path, peaks_s)
    if any(p.name is None for e in found for p in e.params):
        said.append("params without a name were taken by their order")
    said += _about_depth(compressions) + _about_breaths(others)
    return SimPadSession(path, tuple(compressions), peaks_s, others, _made_utc(path), tuple(said))


def _compression(path: Path, number: int, event: SimPadEvent) -> SimPadCompression:
    where = f"{path}: compression {number}"
    params = _by_name(where, event.params)
    start_s = _seconds(_number(where, "msecs", Param("msecs", event.msecs, None), MAX_MS))
    end_s = _seconds(_optional(where, params, "endTime", MAX_MS))
    if start_s is None or end_s is None:
        missing = "msecs" if start_s is None else "endTime"
        raise RecordingError(f"{where} has no {missing}: this is no format that is known here")
    if end_s <= start_s:
        raise RecordingError(
            f"{where} ends ({end_s:g} s) before it starts ({start_s:g} s): "
            "this is no format that is known here"
        )

    def depth(name: str) -> float | None:
        return _optional(where, params, name, MAX_DEPTH_MM)

    def flag(name: str) -> bool | None:
        return _flag(where, params, name)

    return SimPadCompression(
        start_s=start_s,
        end_s=end_s,
        depth_mm=depth("compDepth"),
        peak_s=_seconds(_optional(where, params, "compPeakTime", MAX_MS)),
        instantaneous_period=_optional(where, params, "compInstantaneousPeriod", MAX_MS),
        absolute_peak_depth_mm=depth("compAbsolutePeakDepth"),
        leaning_depth_mm=depth("compLeaningDepth"),
        release_depth_mm=depth("compReleaseDepth"),
        hands_on_xiphoid=flag("compHandposXiphoid"),
        hands_misplaced=flag("compHandposError"),
        incomplete_release=flag("compIncompleteRelease"),
        mean_rate_cpm=_optional(where, params, "compMeanRate", MAX_MS),
    )


def _by_name(where: str, params: Sequence[Param]) -> dict[str, Param]:
    """Give a compression's params by name: their own, or that of their place."""
    unnamed = [p for p in params if p.name is None]
    if unnamed and len(unnamed) == len(params) == len(ORDER):
        return dict(zip(ORDER, params, strict=True))
    if unnamed:
        raise RecordingError(
            f"{where} has {len(unnamed)} params without a name, not all {len(ORDER)}: "
            "this is no format that is known here"
        )
    names = Counter(p.name for p in params)
    if twice := [name for name, n in names.items() if n > 1]:
        raise RecordingError(f"{where} has {str(twice[0])[:40]!r} twice: export the session again")
    return {p.name: p for p in params if p.name is not None}


def _optional(where: str, params: dict[str, Param], name: str, limit: float) -> float | None:
    param = params.get(name)
    return None if param is None else _number(where, name, param, limit)


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000.0


def _number(where: str, name: str, param: Param, limit: float) -> float | None:
    """Read a number; an empty value is none."""
    text = param.value.strip()
    if not text:
        return None
    unit = "mm" if name in IN_MM else "ms" if name in IN_MS else ""
    if unit and (param.units or "").strip().lower() in OTHER_UNITS:
        raise RecordingError(f"{where}: {name} is in {param.units}, not {unit}: not known here")
    try:
        value = math.nan if "_" in text else float(text.replace(",", ".", 1))
    except ValueError:
        value = math.nan
    if not abs(value) <= limit or (value < 0 and name == "compDepth"):
        raise RecordingError(f"{where}: {name} is {text[:30]!r}, which is no number of its kind")
    return value


def _flag(where: str, params: dict[str, Param], name: str) -> bool | None:
    param = params.get(name)
    text = "" if param is None else param.value.strip().lower()
    if text and text not in FLAGS:
        raise RecordingError(f"{where}: {name} is {text[:30]!r}, neither true nor false")
    return FLAGS.get(text)


def _peaks_s(
    path: Path, compressions: Sequence[SimPadCompression], said: list[str]
) -> tuple[float, ...]:
    """Place each peak; the readers do not say since when its time counts."""

    def all_inside(at_s: Callable[[SimPadCompression, float], float]) -> bool:
        return all(
            c.peak_s is not None and c.start_s <= at_s(c, c.peak_s) <= c.end_s for c in compressions
        )

    if all_inside(lambda _, peak_s: peak_s):
        return tuple(c.peak_s for c in compressions if c.peak_s is not None)
    if all_inside(lambda c, peak_s: c.start_s + peak_s):
        said.append("compPeakTime counts from each compression's start")
        return tuple(c.start_s + c.peak_s for c in compressions if c.peak_s is not None)
    said.append(
        "compPeakTime lies outside the compressions; the middle between start and end is used"
    )
    return tuple((c.start_s + c.end_s) / 2 for c in compressions)


def _check_order(path: Path, peaks_s: Sequence[float]) -> None:
    same = [a for a, b in itertools.pairwise(peaks_s) if b <= a]
    if same:
        raise RecordingError(
            f"{path}: two compressions are deepest at {same[0]:g} s: export the session again"
        )


def _about_depth(compressions: Sequence[SimPadCompression]) -> list[str]:
    """Say which of the two depths is taken, and by how much the other one differs."""
    both = [
        c.absolute_peak_depth_mm - c.depth_mm
        for c in compressions
        if c.absolute_peak_depth_mm is not None and c.depth_mm is not None
    ]
    if not both:
        return []
    return [f"depth is compDepth (compAbsolutePeakDepth is {np.mean(both):+.1f} mm from it)"]


def _about_breaths(others: Sequence[SimPadEvent]) -> list[str]:
    n = sum(event.type == VENTILATION for event in others)
    return [f"breaths ({n} in the file) are kept as they stand, not judged"] if n else []


def _made_utc(path: Path) -> str | None:
    """Read when the session was; None where its log does not say it plainly."""
    data = read_member(path, LOG)
    text = None if data is None else root_attribute(path, data, "SessionDateTime_UTC")
    match = re.match(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}", text or "")
    try:
        return f"{datetime.fromisoformat(match.group()).isoformat()}+00:00" if match else None
    except ValueError:  # no day or hour of any calendar
        return None
