"""A learner over time: only what is comparable is joined, and words follow the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sqlalchemy import false, true

from mr.review.archive import Archive
from mr.review.people.class_figures import Asked, learners, spreads
from mr.review.people.progress import LATEST, T_95, Progress, progress_of
from mr.review.store import schema
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LENA, LUIS = "learner-00000001", "learner-00000002"
BLS = "aha-2025-adult-bls"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive.open(tmp_path / "review")
    schema.upgrade(opened.database)
    with opened.database.writing() as session:
        session.add(Course(id="monday", title="Monday", created_utc=NOW))
        for name, learner_id in (("Lena", LENA), ("Luis", LUIS)):
            session.add(
                Person(id=name, role="learner", name=name, learner_id=learner_id, created_utc=NOW)
            )
            session.flush()
            session.add(Membership(course_id="monday", person_id=name, role="learner"))
    yield opened
    opened.close()


def put(archive: Archive, days_ago: float, score_pct: float | None = 80.0, **other: Any) -> str:
    """Put a session into the catalogue; gives its id."""
    made_utc = NOW - timedelta(days=days_ago)
    with archive.database.writing() as session:
        name = f"{days_ago} {score_pct} {sorted(other.items())}"
        given: dict[str, Any] = {
            "recording_id": f"{abs(hash(name)):x}"[:40], "sha256": name[:64], "size_bytes": 1,
            "source_name": "a.mcap", "learner_id": LENA, "course_id": "monday",
            "made_utc": made_utc, "received_utc": made_utc, "kind": "live", "attempt": "practice",
            "mode": "hands-only", "guideline_id": BLS, "storage_level": 1, "state": "ready",
            "score_pct": score_pct, "mean_depth_mm": 52.0, "items": {}, "reasons": {},
        }  # fmt: skip
        row = Recorded(**{**given, **other})
        session.add(row)
        session.flush()
        return row.id


def told(archive: Archive, learner_id: str = LENA, *, seen: bool = True) -> Progress:
    with archive.database.reading() as session:
        return progress_of(session, learner_id, true() if seen else false(), NOW)


def test_only_the_same_guideline_mode_and_cues_are_joined(archive: Archive) -> None:
    cold, practice = put(archive, 9, attempt="cold"), put(archive, 8)
    retest, later = put(archive, 7, attempt="retest"), put(archive, 6)
    other_mode = put(archive, 5, mode="30:2")
    other_guideline = put(archive, 4, guideline_id="erc-2025-adult-bls")
    put(archive, 3, learner_id=LUIS)
    lines = {
        (line.guideline_id, line.mode, line.without_cues): [p.session_id for p in line.points]
        for line in told(archive).lines
    }
    assert lines == {
        (BLS, "hands-only", True): [cold, retest],
        (BLS, "hands-only", False): [practice, later],
        (BLS, "30:2", False): [other_mode],
        ("erc-2025-adult-bls", "hands-only", False): [other_guideline],
    }


def test_practice_is_due_a_month_after_the_last_session_of_any_kind(archive: Archive) -> None:
    assert told(archive).overdue  # who never did
    assert told(archive).due_utc is None
    put(archive, 31)
    assert told(archive).overdue
    put(archive, 29, state="failed")  # it was practised, though it could not be analysed
    now = told(archive)
    assert not now.overdue
    assert now.due_utc == NOW + timedelta(days=1)
    assert (now.n_sessions, now.left_out) == (2, 1)


def test_what_one_may_not_see_is_not_told(archive: Archive) -> None:
    put(archive, 2)
    assert told(archive).n_sessions == 1
    hidden = told(archive, seen=False)
    assert (hidden.n_sessions, hidden.lines, hidden.last_utc) == (0, [], None)


def test_the_dearest_item_of_the_latest_comparable_sessions_comes_first(archive: Archive) -> None:
    def items(depth_pct: float | None, rate_pct: float) -> dict[str, Any]:
        lost = None if depth_pct is None else 30 * (1 - depth_pct / 100)
        return {"depth": [depth_pct, lost], "rate": [rate_pct, 20 * (1 - rate_pct / 100)]}

    put(archive, 50, items=items(0.0, 0.0))  # too long ago to be told of
    for days, depth_pct in ((9, 50.0), (8, 60.0), (7, 60.0), (6, 70.0)):
        put(archive, days, items=items(depth_pct, 96.0))
    put(archive, 5, items=items(80.0, 96.0), reasons={"depth": "11 too shallow of 60"})
    put(archive, 4, mode="30:2", made_utc=NOW - timedelta(days=60), items=items(1.0, 1.0))
    depth, rate = told(archive).standings
    assert (depth.key, rate.key) == ("depth", "rate")
    assert depth.mean_pct == pytest.approx(64.0)
    assert depth.points_lost == pytest.approx(10.8)
    assert depth.trend_pct == pytest.approx(20.0)
    assert depth.words == "11 too shallow of 60"
    assert (depth.standing, rate.standing) == ("weak", "strong")
    put(archive, 1, items=items(None, 50.0))  # depth was not judged: unknown, and not zero
    depth, rate = told(archive).standings
    assert (depth.n_sessions, rate.n_sessions) == (4, 5)
    assert depth.mean_pct == pytest.approx(67.5)


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ((70.0,), None),
        ((50.0, 70.0), None),  # one before has no scatter
        ((70.0, 70.0, 71.9), "as before"),  # not worth a word
        ((70.0, 70.0, 73.0), "better"),
        ((60.0, 70.0, 80.0), "as before"),
        ((50.0, 60.0, 60.0, 70.0, 80.0), "as before"),  # 20 better, and 29 is scatter
        ((60.0, 61.0, 60.0, 61.0, 80.0), "better"),
        ((60.0, 61.0, 60.0, 61.0, 40.0), "worse"),
    ],
)
def test_a_trend_is_told_beyond_the_scatter_only(
    archive: Archive, values: tuple[float, ...], trend: str | None
) -> None:
    for days, value in zip(range(len(values), 0, -1), values, strict=True):
        put(archive, days, items={"depth": [value, 0.0]})
    (depth,) = told(archive).standings
    assert depth.trend == trend
    assert (depth.trend_pct is None) == (len(values) < 2)


def test_the_margin_is_the_next_sessions_prediction_interval(archive: Archive) -> None:
    before = (50.0, 60.0, 60.0, 70.0)
    for days, value in zip((5, 4, 3, 2, 1), (*before, 80.0), strict=True):
        put(archive, days, items={"depth": [value, 0.0]})
    (depth,) = told(archive).standings
    scale = np.std(before, ddof=1) * np.sqrt(1 + 1 / 4)
    low, high = stats.t.interval(0.95, 3, loc=np.mean(before), scale=scale)
    assert depth.trend_margin_pct == pytest.approx((high - low) / 2, rel=1e-3)
    exact = [float(stats.t.ppf(0.975, n)) for n in range(1, LATEST - 1)]
    assert exact == pytest.approx(T_95, rel=1e-3)


def test_a_class_is_spread_by_each_learners_newest_best_or_all(archive: Archive) -> None:
    put(archive, 9, 90.0)
    put(archive, 8, 40.0)
    put(archive, 7, 100.0, learner_id=LUIS)
    put(archive, 6, 10.0, learner_id=LUIS, mode="30:2")  # another mode is not mixed in
    put(archive, 5, 20.0, course_id=None)  # nor another class's

    def scores(which: Any, attempt: str | None = None) -> dict[float, int]:
        with archive.database.reading() as session:
            asked = Asked("monday", BLS, "hands-only", which, attempt)
            spread = spreads(session, asked)[0]
        return {e: n for e, n in zip(spread.edges, spread.counts, strict=False) if n}

    assert scores("newest") == {40.0: 1, 90.0: 1}
    assert scores("best") == {90.0: 2}
    assert scores("all") == {40.0: 1, 90.0: 2}
    assert scores("all", "cold") == {}


def test_who_has_not_practised_is_told_of_each_learner(archive: Archive) -> None:
    put(archive, 3, 60.0)
    put(archive, 40, 90.0)
    put(archive, 45, 70.0, learner_id=LUIS)
    with archive.database.reading() as session:
        lena, luis = learners(session, Asked("monday", BLS, "hands-only"), NOW)
    assert (lena.name, lena.newest_pct, lena.best_pct, lena.needs_practice) == (
        "Lena", 60.0, 90.0, False,
    )  # fmt: skip
    assert (luis.name, luis.newest_pct, luis.n_sessions, luis.needs_practice) == (
        "Luis", 70.0, 1, True,
    )  # fmt: skip
