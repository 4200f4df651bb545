"""Which way, and in which unit, another system's depth was written.

Takes a depth column as it stands, gives it in mm, positive into the chest, with what had to
be assumed, in words. Mended is only what can be told from the signal without doubt; where
two readings are possible the file is refused, with the option that says which one is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from mr.errors import RecordingError
from mr.types import FloatArray

MM_PER = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "au": 1.0}
MAX_DEPTH_MM = 200.0
LIKELY = {"m": (0.015, 0.15), "cm": (3.2, 9.0), "mm": (15.0, 150.0)}
"""How far compressions move a chest in each unit, with room; the spans do not overlap."""
OUT_MM = 15.0
"""No chest is lifted by more."""
MAX_REST_MM = 30.0
"""A chest that never comes nearer to the zero than this does not rest there."""
REST_S, LEAST_REST_S, REST_BAND, REST_TIMES = 0.8, 2.0, 0.25, 3.0
"""A signal rests where it stays within a quarter of its span for 0.8 s. It tells its
direction when it rests at one end for 2 s in all, three times as long as at the other: a
compression that is held now and then is none."""


class Unit(StrEnum):
    """The unit of a depth column; au: unknown scale and zero."""

    MM = "mm"
    CM = "cm"
    M = "m"
    AU = "au"


class Sign(StrEnum):
    """Whether a depth column grows into the chest or out of it."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, eq=False)
class Depth:
    """A depth column, understood."""

    values: FloatArray
    """In mm, or in the file's own unit with an unknown zero; positive into the chest."""
    calibrated: bool
    assumptions: tuple[str, ...]


def understand_depth(
    path: Path,
    t_s: FloatArray,
    raw: FloatArray,
    named: str | None,
    unit: Unit | None = None,
    sign: Sign | None = None,
) -> Depth:
    """Bring depth into mm and into the chest.

    Parameters
    ----------
    t_s, raw
        (n,) times, and the column as it was written.
    named
        The unit that the column's name says, if any.
    unit, sign
        What the user says: they are believed.

    Raises
    ------
    RecordingError
        When unit, sign or zero are not what the name says and cannot be told.
    """
    said: list[str] = []
    chosen = unit.value if unit else _unit_of(path, raw, named, said)
    values = raw * MM_PER[chosen]
    if sign is Sign.OUT:
        values = -values
    if chosen == "au":
        if sign is None and _turned_by_rest(t_s, values, said):
            values = -values
        return Depth(values, calibrated=False, assumptions=tuple(said))
    _check_size(path, values)
    if sign is None and _is_out(values):
        said.append(f"the sign was reversed (depth runs {_span(values)} mm, out of the chest)")
        values = -values
    _check_zero(path, values)
    if sign is None:
        _check_rest(path, t_s, values)
    return Depth(values, calibrated=True, assumptions=tuple(said))


def _unit_of(path: Path, raw: FloatArray, named: str | None, said: list[str]) -> str:
    """Tell the unit from the name, and from the size where the name says none or is wrong."""
    low, high = np.quantile(raw, [0.005, 0.995])
    span = float(high - low)
    fits = [u for u, (least, most) in LIKELY.items() if least <= span <= most]
    if named is None:
        if not fits:
            raise RecordingError(
                f"{path}: depth has no unit and runs {_span(raw)}: "
                "say which with --unit mm, cm, m or au (unknown)"
            )
        said.append(f"depth is in {fits[0]} (it runs {_span(raw)})")
        return fits[0]
    if named == "mm" and fits == ["m"] and float(np.abs(raw).max()) <= LIKELY["m"][1]:
        said.append(f"depth is in m, not mm (it runs {_span(raw)})")
        return "m"
    if named == "mm" and fits == ["cm"] and _n_swings(raw) >= 5:
        raise RecordingError(
            f"{path}: depth_mm runs {_span(raw)}, which looks like cm, or is too shallow to "
            "count: say which with --unit cm or --unit mm"
        )
    return named


def _check_size(path: Path, depth_mm: FloatArray) -> None:
    if float(np.abs(depth_mm).max()) > MAX_DEPTH_MM:
        raise RecordingError(
            f"{path}: depth runs {_span(depth_mm)} mm, deeper than any chest: "
            "convert it to mm, or give --unit au (unknown scale)"
        )


def _is_out(depth_mm: FloatArray) -> bool:
    low, high = np.quantile(depth_mm, [0.005, 0.995])
    return bool(low < -OUT_MM and high < -low / 4)


def _check_zero(path: Path, depth_mm: FloatArray) -> None:
    """Refuse a zero that is not the resting chest's: depth would be wrong by as much."""
    low, high = np.quantile(depth_mm, [0.005, 0.995])
    where = ""
    if low < -OUT_MM and high > -low / 4:
        where = "lies to both sides of its zero"
    elif low > MAX_REST_MM:
        where = "never comes near its zero"
    if where:
        raise RecordingError(
            f"{path}: depth runs {_span(depth_mm)} mm and {where}, which is not the unloaded "
            "chest's: shift it, or give --unit au (unknown zero)"
        )


def _check_rest(path: Path, t_s: FloatArray, depth_mm: FloatArray) -> None:
    low, high = np.quantile(depth_mm, [0.02, 0.98])
    if high - low > OUT_MM and _rests_at(t_s, depth_mm) == "high":
        raise RecordingError(
            f"{path}: depth rests at {high:.3g} mm and is pressed to {low:.3g}: its zero is not "
            "the unloaded chest's: give --unit au (unknown zero), or --sign in if it is right"
        )


def _turned_by_rest(t_s: FloatArray, values: FloatArray, said: list[str]) -> bool:
    """Tell whether a signal without a zero grows out of the chest, by where it rests."""
    end = _rests_at(t_s, values)
    if end == "high":
        said.append("the sign was reversed (the signal rests at its upper end)")
    elif end is None:
        said.append("depth grows into the chest (the signal's shape does not tell)")
    return end == "high"


def _rests_at(t_s: FloatArray, values: FloatArray) -> Literal["low", "high"] | None:
    """Tell at which end a signal stays for long: there the chest is at rest."""
    low, high = np.quantile(values, [0.02, 0.98])
    band = REST_BAND * (high - low)
    if band <= 0:
        return None
    at_low = _long_s(t_s, values < low + band)
    at_high = _long_s(t_s, values > high - band)
    if max(at_low, at_high) < LEAST_REST_S or _n_swings(values) < 3:
        return None
    if at_high > REST_TIMES * at_low:
        return "high"
    return "low" if at_low > REST_TIMES * at_high else None


def _long_s(t_s: FloatArray, inside: npt.NDArray[np.bool_]) -> float:
    """Add up the stretches of at least `REST_S` that are inside."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(np.int8)))
    lengths_s = t_s[edges[1::2] - 1] - t_s[edges[::2]]
    return float(lengths_s[lengths_s >= REST_S].sum())


def _n_swings(values: FloatArray) -> int:
    """Count how often a signal goes up through its middle."""
    low, high = np.quantile(values, [0.02, 0.98])
    above = values > (low + high) / 2
    return int(np.count_nonzero(above[1:] & ~above[:-1]))


def _span(values: FloatArray) -> str:
    return f"from {float(values.min()) + 0.0:.3g} to {float(values.max()) + 0.0:.3g}"  # no "-0"
