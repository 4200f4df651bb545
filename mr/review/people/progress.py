"""A learner over time: points that may be joined, what is strong and weak, when practice is due.

Takes the sessions that who asks may see, gives numbers and words for the learner's page. Only
sessions of the same guideline and mode are comparable, and those without cues are another line
than those with them: who does well with cues has not shown that they can do without.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import fmean, stdev
from typing import Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from mr.review.store.sessions import Recorded
from mr.scoring.score import LABELS

PRACTICE_EVERY = timedelta(days=30)
"""Monthly practice keeps the most skill over a year (Anderson 2019)."""
LATEST = 5
"""Strengths and weaknesses are told of so many sessions."""
MOST_POINTS = 1000
STRONG_PCT, WEAK_PCT = 90.0, 75.0
T_95 = (12.706, 4.303, 3.182)
"""Student's t, two-sided 95 %, at 1, 2 and 3 degrees of freedom."""
LEAST_TREND_PCT = 2.0
"""Less is not worth a word, however little the sessions scatter."""
Trend = Literal["better", "worse", "as before"]


@dataclass(frozen=True, slots=True)
class Point:
    """One session's score."""

    session_id: str
    made_utc: datetime
    attempt: str
    score_pct: float | None
    score_low_pct: float | None
    score_high_pct: float | None
    edited: bool
    items: dict[str, float | None]
    """Of each item its value in per cent."""


@dataclass(frozen=True, slots=True)
class Comparable:
    """Sessions that one line may join, the oldest first."""

    guideline_id: str
    mode: str
    without_cues: bool
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one item stood in the latest comparable sessions."""

    key: str
    label: str
    mean_pct: float
    points_lost: float
    """On average, of 100."""
    trend_pct: float | None
    """The latest session's value less the mean of those before; None: there is only one."""
    trend_margin_pct: float | None
    """How far from that mean a session lies by scatter alone, at 95 %; None: fewer than two before.

    A prediction interval: Student's t times the standard deviation of the sessions before, times
    the root of 1 + 1/n, for the mean of n sessions is uncertain, too. What a single session's
    sensors leave open is within that scatter.
    """
    trend: Trend | None
    """Better or worse only beyond the margin; None: too few sessions to tell."""
    n_sessions: int
    words: str
    """Of the latest session: why its value is what it is."""
    standing: Literal["strong", "fair", "weak"]


@dataclass(frozen=True, slots=True)
class Progress:
    """A learner over time."""

    n_sessions: int
    last_utc: datetime | None
    due_utc: datetime | None
    """When to practise next; None: they never did."""
    overdue: bool
    lines: list[Comparable]
    left_out: int
    """Older sessions than the newest so many, and those without an analysis."""
    standings: list[Standing]
    """The weakest first."""
    standings_of: Comparable | None
    """The sessions that they are told of."""


def progress_of(
    session: Session, learner_id: str, seen: ColumnElement[bool], now: datetime
) -> Progress:
    """Tell how a learner comes along, by the sessions that may be `seen`."""
    theirs = (Recorded.learner_id == learner_id, seen)
    n, last = session.execute(
        select(func.count(), func.max(Recorded.made_utc)).select_from(Recorded).where(*theirs)
    ).one()
    newest = session.scalars(
        select(Recorded)
        .where(*theirs, Recorded.state == "ready")
        .order_by(Recorded.made_utc.desc(), Recorded.id)
        .limit(MOST_POINTS)
    ).all()
    due = due_after(last)
    told, standings = _standings(newest)
    return Progress(
        n_sessions=n,
        last_utc=last,
        due_utc=due,
        overdue=due is None or due < now,
        lines=_lines(newest),
        left_out=n - len(newest),
        standings=standings,
        standings_of=told,
    )


def due_after(last: datetime | None) -> datetime | None:
    """Tell when practice is due after the last session."""
    return None if last is None else last + PRACTICE_EVERY


def _kind(recorded: Recorded) -> tuple[str, str, bool]:
    return recorded.guideline_id, recorded.mode, recorded.attempt != "practice"


def _line(kind: tuple[str, str, bool], sessions: list[Recorded]) -> Comparable:
    return Comparable(*kind, [_point(r) for r in sorted(sessions, key=lambda r: r.made_utc)])


def _lines(sessions: Sequence[Recorded]) -> list[Comparable]:
    rows = sorted(sessions, key=_kind)
    return [_line(kind, list(group)) for kind, group in groupby(rows, key=_kind)]


def _standings(newest: Sequence[Recorded]) -> tuple[Comparable | None, list[Standing]]:
    """Tell how each item stood, in the latest sessions that are comparable with the newest."""
    if not newest:
        return None, []
    kind = _kind(newest[0])
    latest = [r for r in newest if _kind(r) == kind][:LATEST]
    found = [_standing(key, label, latest) for key, label in LABELS.items()]
    told = [each for each in found if each is not None]
    told.sort(key=lambda each: (-each.points_lost, each.mean_pct))
    return _line(kind, latest), told


def _standing(key: str, label: str, latest: Sequence[Recorded]) -> Standing | None:
    judged = [(r.items[key], r.reasons.get(key, "")) for r in latest if key in r.items]
    values = [(v, lost or 0.0, why) for (v, lost), why in judged if v is not None]
    if not values:
        return None
    mean_pct = fmean(value for value, _, _ in values)
    before = [value for value, _, _ in values[1:]]
    by_pct, margin_pct = values[0][0] - fmean(before) if before else None, _margin(before)
    return Standing(
        key=key,
        label=label,
        mean_pct=mean_pct,
        points_lost=fmean(lost for _, lost, _ in values),
        trend_pct=by_pct,
        trend_margin_pct=margin_pct,
        trend=_trend(by_pct, margin_pct),
        n_sessions=len(values),
        words=values[0][2],
        standing=_word(mean_pct),
    )


def _margin(before: Sequence[float]) -> float | None:
    """Give how far the next session lies from the mean of those before by scatter alone."""
    n = len(before)
    if n < 2:  # one session has no scatter
        return None
    return T_95[n - 2] * stdev(before) * math.sqrt(1 + 1 / n)


def _trend(by_pct: float | None, margin_pct: float | None) -> Trend | None:
    if by_pct is None or margin_pct is None:
        return None
    if abs(by_pct) <= max(margin_pct, LEAST_TREND_PCT):
        return "as before"
    return "better" if by_pct > 0 else "worse"


def _word(mean_pct: float) -> Literal["strong", "fair", "weak"]:
    if mean_pct >= STRONG_PCT:
        return "strong"
    return "fair" if mean_pct >= WEAK_PCT else "weak"


def _point(r: Recorded) -> Point:
    return Point(
        session_id=r.id,
        made_utc=r.made_utc,
        attempt=r.attempt,
        score_pct=r.score_pct,
        score_low_pct=r.score_low_pct,
        score_high_pct=r.score_high_pct,
        edited=r.edited,
        items={key: value for key, (value, _) in r.items.items()},
    )
