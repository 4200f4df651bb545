"""A new version of the software: the old numbers count until the new ones are there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

import mr
from mr.clock.host import wall_now_utc
from mr.review.archive import Archive
from mr.review.intake.analysed import Analysed
from mr.review.intake.catalogue import keep_analysis, let_count, packed
from mr.review.intake.worker import Worker
from mr.review.store import schema
from mr.review.store.sessions import Analysis, Job, Recorded
from tests.unit.review.conftest import Session as Motion

LIMIT_S = 60.0
OLD, NEW = 60.0, 70.0


def scored(analysis: dict[str, Any], value_pct: float) -> Analysed:
    nothing = np.zeros(0)
    score = {**analysis["score"], "value_pct": value_pct}
    return Analysed({**analysis, "score": score}, nothing, nothing, nothing)


class WhenLetGo:
    """Gives an analysis as soon as somebody writes into its pipe, in whatever process it runs."""

    def __init__(self, pipe: Path, given: Analysed) -> None:
        self.pipe, self.given = pipe, given

    def __call__(self, path: Path, name: str, corrections: dict[str, Any] | None) -> Analysed:
        self.pipe.read_text()
        return self.given


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive.open(tmp_path / "review")
    schema.upgrade(opened.database)
    yield opened
    opened.close()


def analysed_by(archive: Archive, software: str, made: Analysed) -> str:
    """Enter a session whose analysis that counts is of this software; gives its id."""
    now = wall_now_utc()
    with archive.database.writing() as session:
        row = Recorded(
            recording_id="rec-1", sha256="0" * 64, size_bytes=1, source_name="a.mcap",
            learner_id="learner-00000001", made_utc=now, received_utc=now, kind="sim",
            attempt="practice", mode="hands-only", guideline_id="g", storage_level=1,
        )  # fmt: skip
        session.add(row)
        session.flush()
        kept = keep_analysis(session, row, made, packed(made), None)
        kept.software = software
        let_count(row, kept, made.analysis)
        return row.id


def looked_up(archive: Archive, session_id: str) -> tuple[str, float | None, str, list[str]]:
    """Give a session's state, its score, the software that counts, and all that analysed it."""
    with archive.database.reading() as session:
        row = session.get_one(Recorded, session_id)
        counts = session.get_one(Analysis, row.analysis_id)
        every = session.scalars(select(Analysis.software).order_by(Analysis.made_utc))
        return row.state, row.score_pct, counts.software, list(every)


def test_the_old_numbers_count_until_the_new_ones_are_there(
    archive: Archive, session: Motion, tmp_path: Path
) -> None:
    analysis, now = session.analysis(), f"mrcpr {mr.__version__}"
    session_id = analysed_by(archive, "mrcpr 0", scored(analysis, OLD))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Worker(archive, WhenLetGo(pipe, scored(analysis, NEW))) as worker:
        with pipe.open("w"):  # opens when the analysis is under way
            assert looked_up(archive, session_id) == ("ready", OLD, "mrcpr 0", ["mrcpr 0"])
        assert worker.wait_idle(LIMIT_S)
    assert looked_up(archive, session_id) == ("ready", NEW, now, ["mrcpr 0", now])


def test_what_this_version_analysed_is_not_computed_again(
    archive: Archive, session: Motion, tmp_path: Path
) -> None:
    analysis, now = session.analysis(), f"mrcpr {mr.__version__}"
    session_id = analysed_by(archive, now, scored(analysis, OLD))
    missing = WhenLetGo(tmp_path / "none", scored(analysis, NEW))  # it would fail, were it asked
    with Worker(archive, missing) as worker:
        assert worker.wait_idle(LIMIT_S)
    assert looked_up(archive, session_id) == ("ready", OLD, now, [now])


def test_one_that_fails_leaves_the_old_numbers(
    archive: Archive, session: Motion, tmp_path: Path
) -> None:
    analysis = session.analysis()
    session_id = analysed_by(archive, "mrcpr 0", scored(analysis, OLD))
    with Worker(archive, WhenLetGo(tmp_path / "none", scored(analysis, NEW))) as worker:
        assert worker.wait_idle(LIMIT_S)
    assert looked_up(archive, session_id) == ("ready", OLD, "mrcpr 0", ["mrcpr 0"])
    with archive.database.reading() as reading:
        assert reading.scalars(select(Job)).all() == []
