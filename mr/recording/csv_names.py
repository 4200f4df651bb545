"""What the columns of another system's table mean.

Takes the names of a header row, gives which column is what, in which unit; leaves the
numbers alone. A name that could mean two things is refused; a column that means nothing
here is left out, and said so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mr.recording.csv_table import bad_line

OPTIONAL = ("force_n", "hand_x_mm", "hand_y_mm", "airway_ml")
OURS = {"t_s": ("time", "s"), "depth_mm": ("depth", "mm"), "depth_au": ("depth", "au")}
"""The names that this program asks for."""
TIME_WORDS = {"t", "time", "timestamp", "elapsed", "elapsed time", "time stamp"}
DEPTH_WORDS = {
    "depth", "compression depth", "chest depth", "displacement", "chest displacement",
    "chest compression depth",
}  # fmt: skip
UNITS = {
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "ms": "ms", "msec": "ms", "msecs": "ms", "millisecond": "ms", "milliseconds": "ms",
    "us": "us", "µs": "us", "usec": "us", "microseconds": "us",
    "mm": "mm", "millimetres": "mm", "millimeters": "mm",
    "cm": "cm", "centimetres": "cm", "centimeters": "cm",
    "m": "m", "metres": "m", "meters": "m", "au": "au", "a.u.": "au",
}  # fmt: skip
TIME_UNITS = ("s", "ms", "us")
NEED = "the header row names t_s and either depth_mm or depth_au"
ADD = "add a header row that names t_s and either depth_mm or depth_au"
NUMBER = re.compile(r"[-+]?[.,]?\d[\d.,]*(e[-+]?\d+)?", re.IGNORECASE)
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each quantity stands in the table, by column number."""

    time: int
    time_unit: str | None
    """None: the name does not say."""
    depth: int
    depth_unit: str | None
    optional: dict[str, int]
    assumptions: tuple[str, ...]


def columns_of(path: Path, line: int, names: tuple[str, ...]) -> Columns:
    """Find out which column is what.

    Raises
    ------
    RecordingError
        Where there is no header, time or depth is missing or there twice, or half a hand
        position is given.
    """
    meanings = [_meaning(name) for name in names]
    if all(NUMBER.fullmatch(name) for name in names):
        shown = _cut(", ".join(names))
        raise bad_line(path, line, f"numbers where the header should be ({shown})", ADD)
    time = _only(path, line, names, meanings, "time")
    depth = _only(path, line, names, meanings, "depth")
    optional: dict[str, int] = {}
    left_out = []
    for k, (name, meaning) in enumerate(zip(names, meanings, strict=True)):
        key = name.lower()
        if key in optional:
            raise bad_line(path, line, f"column {key} stands twice", "remove one of them")
        if key in OPTIONAL:
            optional[key] = k
        elif meaning is None:
            left_out.append(name)
    if ("hand_x_mm" in optional) != ("hand_y_mm" in optional):
        raise bad_line(path, line, "only one of hand_x_mm and hand_y_mm", "give both or none")
    renamed = [_renamed(names[k], meanings[k]) for k in (time, depth) if _is_foreign(names[k])]
    said = ["; ".join(renamed)] if renamed else []
    if left_out:
        is_one = len(left_out) == 1
        named = f"column{'' if is_one else 's'} {_cut(', '.join(left_out))}"
        said.append(f"{named} {'is' if is_one else 'are'} not needed")
    return Columns(
        time, _unit(meanings[time]), depth, _unit(meanings[depth]), optional, tuple(said)
    )


def _is_foreign(name: str) -> bool:
    """Tell whether a name is none that this program asks for, nor plainly the same word."""
    return name.lower() not in {*OURS, "time", "depth"}


def _meaning(name: str) -> tuple[str, str | None] | None:
    """Give a column's quantity and unit; None where it means nothing here."""
    key = name.lower()
    if len(key) > SHOWN:
        return None
    if key in OURS:
        return OURS[key]
    match = re.fullmatch(r"(.*?)[\s_]*(?:[\s_(\[]\s*([^\s_()\[\]]+)\s*[)\]]?)?", key)
    assert match is not None
    for words, unit in ((key, None), match.groups()):
        word = re.sub(r"[\s_]+", " ", words or "").strip()
        known = UNITS.get(unit or "")
        if unit is not None and known is None:
            continue
        if word in TIME_WORDS and (known is None or known in TIME_UNITS):
            return "time", known
        if word in DEPTH_WORDS and known not in TIME_UNITS:
            return "depth", known
    if UNITS.get(key) in TIME_UNITS and len(key) > 1:
        return "time", UNITS[key]
    return None


def _only(
    path: Path,
    line: int,
    names: tuple[str, ...],
    meanings: list[tuple[str, str | None] | None],
    quantity: str,
) -> int:
    found = [k for k, m in enumerate(meanings) if m is not None and m[0] == quantity]
    if not found:
        missing = "t_s" if quantity == "time" else "depth_mm or depth_au"
        shown = _cut(", ".join(names))
        raise bad_line(path, line, f"no column {missing} in the header ({shown})", NEED)
    if len(found) > 1:
        first, second = (names[k] for k in found[:2])
        if first == second:
            raise bad_line(path, line, f"column {_cut(first)} stands twice", "remove one of them")
        both = f"both {_cut(first)} and {_cut(second)}"
        cure = "keep the calibrated one" if quantity == "depth" else "keep one of them"
        raise bad_line(path, line, both, cure)
    return found[0]


def _renamed(name: str, meaning: tuple[str, str | None] | None) -> str:
    assert meaning is not None
    quantity, unit = meaning
    return f"{_cut(name)!r} is the {quantity}" + (f" in {unit}" if unit else "")


def _unit(meaning: tuple[str, str | None] | None) -> str | None:
    return meaning[1] if meaning is not None else None


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
