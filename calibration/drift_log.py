"""How a rig drifts from session to session: a log beside the rig file, and what it foretells.

Takes readings of sessions and checks, appends them to a file beside the rig file, one JSON
object a line, and gives trends and steps with a word before a limit is reached; leaves reading
to `mr.session.drift`. Nothing in it is about a person: neither learner nor recording is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import AwareDatetime
from scipy import stats

from calibration.lines import append_line, read_lines
from mr.config import Strict
from mr.session.drift_limits import DriftReading
from mr.types import FloatArray

LEAST_ENTRIES, LEAST_DAYS = 5, 2.0
"""Nothing is foretold from less."""
FORESEEN_DAYS = 30.0
"""A limit that is farther away is not told."""
SLOPE_CHANCE, STEP_CHANCE = 0.001, 0.005
"""How often a steady rig's slope, or its last value, may seem to be a trend, or a step, by chance:
few entries must show more. (A rig has some ten readings a session.)"""
BEYOND = 3.0
"""A trend is beyond its limit by so many sigmas."""
STEP_SHARE = 0.7
"""... and a step when it is so much of where a session would warn."""
PLAIN_SHARE = 0.6
"""Of the plain residuals' scale: the robust one is never taken for less."""
NEWEST = 60
"""So many of the last entries make a trend."""
WEAR = {
    "stiffness": "the spring",
    "zero": "the chest's zero",
    "airway": "the airway's zero",
    "scale": "cam_{subject}'s scale",
    "lag": "cam_{subject}'s latency",
    "markers": "cam_{subject}'s markers beside the surface",
}


class LoggedReading(Strict):
    """One reading as it is kept."""

    topic: str
    subject: str
    value: float
    sigma: float
    unit: str
    warn_at: float | None = None
    limit: float | None = None
    advice: str = ""


class DriftEntry(Strict):
    """What one session or check read."""

    made_utc: AwareDatetime
    source: Literal["session", "check"]
    rig_sha256: str
    """Of the rig file that it was read by: a new calibration begins new trends."""
    readings: tuple[LoggedReading, ...]

    @staticmethod
    def of(
        readings: Iterable[DriftReading],
        made_utc: datetime,
        rig_sha256: str,
        source: Literal["session", "check"] = "session",
    ) -> DriftEntry:
        """Make it of a session's readings."""
        kept = tuple(
            LoggedReading(
                topic=r.topic, subject=r.subject, value=r.value, sigma=r.sigma, unit=r.unit,
                warn_at=r.warn_at, limit=r.limit, advice=r.advice,
            )
            for r in readings
        )  # fmt: skip
        return DriftEntry(made_utc=made_utc, source=source, rig_sha256=rig_sha256, readings=kept)


@dataclass(frozen=True, slots=True)
class Trend:
    """How one reading goes over the days."""

    topic: str
    subject: str
    unit: str
    now: float
    """By the trend, at the last entry."""
    now_sigma: float
    per_day: float
    per_day_sigma: float
    n: int
    days: float
    step: float | None
    """By how much the last entry stands apart from those before; None: by nothing sure."""
    days_left: float | None
    """Until the limit at this pace; None: not foreseen."""
    advice: str

    @property
    def words(self) -> str:
        """What is to be told; empty when there is nothing."""
        what = _name(self.topic, self.subject)
        if self.step is not None:
            return (
                f"{what} has changed by {self.step:+.1f} {self.unit} since the last sessions: run "
                "`mrcpr calibrate check`"
            )
        if self.days_left is None:
            return ""
        if self.days_left <= 0.0:
            return f"{what} is beyond its limit: {self.advice}"
        days = max(round(self.days_left), 1)
        return (
            f"at this pace ({self.per_day:+.2g} {self.unit} a day) {what} will be beyond its limit "
            f"in about {days} day{'s' if days > 1 else ''}: {self.advice}"
        )


def drift_path(rig: Path) -> Path:
    """Tell where the log of a rig file is: ``rig.drift.jsonl`` beside ``rig.toml``."""
    return rig.with_name(f"{rig.stem}.drift.jsonl")


def log_drift(rig: Path, entry: DriftEntry) -> None:
    """Append an entry, whole, and have it on the disk before it returns.

    Raises
    ------
    CalibrationError
        When the log cannot be written.
    """
    append_line(
        drift_path(rig),
        entry,
        "the drift log",
        "the session is whole, but its drift is noted nowhere; make the folder writable",
    )


def read_drift(rig: Path) -> tuple[tuple[DriftEntry, ...], tuple[str, ...]]:
    """Give a rig's entries in their order, and words for lines that cannot be read."""
    return read_lines(drift_path(rig), DriftEntry, "the drift log")


def trends(entries: Sequence[DriftEntry]) -> tuple[Trend, ...]:
    """Tell how each reading that has a limit goes, since the last calibration."""
    if not entries:
        return ()
    last_rig = max(entries, key=lambda e: e.made_utc).rig_sha256
    rows: dict[tuple[str, str, str], list[tuple[datetime, LoggedReading]]] = {}
    for entry in sorted(entries, key=lambda e: e.made_utc):
        if entry.rig_sha256 != last_rig:
            continue
        for one in entry.readings:
            if one.limit is not None and math.isfinite(one.value):
                rows.setdefault((one.topic, one.subject, one.unit), []).append(
                    (entry.made_utc, one)
                )
    found = (_trend(key, list(row)[-NEWEST:]) for key, row in rows.items())
    return tuple(trend for trend in found if trend is not None)


def _trend(
    key: tuple[str, str, str], row: Sequence[tuple[datetime, LoggedReading]]
) -> Trend | None:
    first, last = row[0][0], row[-1][0]
    days = np.array([(at - first).total_seconds() / 86400.0 for at, _ in row])
    if len(row) < LEAST_ENTRIES or days[-1] < LEAST_DAYS:
        return None
    values = np.array([one.value for _, one in row])
    newest = row[-1][1]
    slope, slope_sigma, now, now_sigma = _line(days, values)
    assert newest.limit is not None
    left = None
    if abs(slope) > _sure(len(row) - 2, SLOPE_CHANCE) * slope_sigma:
        left = (math.copysign(newest.limit, slope) - now) / slope
        left = left if left <= FORESEEN_DAYS else None
    if abs(now) > newest.limit + BEYOND * now_sigma:
        left = 0.0
    topic, subject, unit = key
    return Trend(
        topic, subject, unit, now, now_sigma, slope, slope_sigma, len(row),
        (last - first).total_seconds() / 86400.0, _step(days, values, newest.warn_at), left,
        newest.advice,
    )  # fmt: skip


def _line(days: FloatArray, values: FloatArray) -> tuple[float, float, float, float]:
    """Give slope and end of a line with their one-sigmas, which one odd session does not move.

    Theil and Sen's slope; the sigma is that of least squares with the residuals' robust scale,
    a tenth wider for the slope's lesser efficiency, and wider for few entries (Student's t).
    Ref: Sen, J Am Stat Assoc 1968 (efficiency 0.91 at worst among even instants).
    """
    slope, intercept, *_ = stats.theilslopes(values, days)
    left = values - (intercept + slope * days)
    n, scale = len(days), _scale(left)
    spread = math.sqrt(float(((days - days.mean()) ** 2).sum()))
    student = float(stats.t.ppf(0.8413, n - 2)) * 1.1
    slope_sigma = student * scale / spread
    end_sigma = student * scale * math.sqrt(1.0 / n + ((days[-1] - days.mean()) / spread) ** 2)
    return float(slope), slope_sigma, float(intercept + slope * days[-1]), end_sigma


def _sure(freedom: int, chance: float) -> float:
    """Tell how many of `_line`'s one-sigmas are no chance (Student's t)."""
    many = float(stats.t.ppf(1.0 - chance / 2.0, freedom))
    return many / float(stats.t.ppf(0.8413, freedom))


def _scale(left: FloatArray) -> float:
    """Give the scale of residuals about two fitted numbers, which one odd one moves little."""
    n = len(left)
    mad = 1.4826 * float(np.median(np.abs(left))) * n / (n - 2)
    # Half of few residuals may be small by luck: the plain scale holds the robust one up.
    return max(mad, PLAIN_SHARE * math.sqrt(float(left @ left) / (n - 2)), 1e-9)


def _step(days: FloatArray, values: FloatArray, warn_at: float | None) -> float | None:
    """Tell by how much the last value stands apart from the line through those before."""
    if warn_at is None or len(values) - 1 < LEAST_ENTRIES:
        return None
    before, last = values[:-1], float(values[-1])
    slope, slope_sigma, now, now_sigma = _line(days[:-1], before)
    if abs(slope) > _sure(len(before) - 2, SLOPE_CHANCE) * slope_sigma:
        ahead = float(days[-1] - days[-2])
        by, sigma = last - (now + slope * ahead), math.hypot(now_sigma, slope_sigma * ahead)
        scatter = _scale(before - (now + slope * (days[:-1] - days[-2])))
    else:
        by, sigma = last - float(np.median(before)), 0.0
        scatter = _scale(before - float(np.median(before)))
    sure = _sure(len(before) - 2, STEP_CHANCE) * math.hypot(
        scatter * math.sqrt(1.0 + 1.5 / len(before)), sigma
    )
    return by if abs(by) > max(STEP_SHARE * warn_at, sure) else None


def _name(topic: str, subject: str) -> str:
    if topic.startswith("cell "):
        return f"force {topic}'s zero"
    return WEAR.get(topic, topic).format(subject=subject)
