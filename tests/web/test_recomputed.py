"""Analyses of an older version are computed anew, and what a kill broke off is taken up again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

import mr
from mr.review.store.sessions import Analysis, Corrected, Job
from tests.conftest import ROOT
from tests.web.kept import kept
from tests.web.servers import running
from tests.web.taught import Taught, make_class
from tests.web.test_faults_kill import until
from tests.web.test_session_corrections import propose

LIMIT_S = 120.0


def command_said(recording: Path, *options: str) -> str:
    command = [sys.executable, "-m", "mr.cli", "analyze", str(recording), "--json", *options]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def class_with_a_session(taught: Taught, recording: Path) -> Taught:
    taught.session_id = taught.bring(recording, taught.lena)
    return taught


def test_an_older_version_s_analysis_is_computed_anew(
    tmp_path: Path, database: str | None, recorded_breaths: Path
) -> None:
    folder, now = tmp_path / "review", f"mrcpr {mr.__version__}"
    with running(folder, database) as first:
        admin = first.client().set_up(first.setup_code)
        taught = class_with_a_session(make_class(first, admin), recorded_breaths)
        before = admin.ok("GET", taught.path)
        assert first.stop() == 130
        with kept(first) as opened, opened.writing() as session:
            session.execute(update(Analysis).values(software="mrcpr 0"))
    with running(folder, database) as second:
        admin = second.client().sign_in("ada")
        seen: list[tuple[str, str]] = []

        def is_anew() -> bool:
            page = admin.ok("GET", taught.path)
            assert page["state"] == "ready"  # at every moment there are numbers
            assert page["score_pct"] == before["score_pct"]
            seen.append((page["analysis_id"], page["software"]))
            return bool(page["software"] == now)

        until(is_anew, LIMIT_S)
        assert {each for each in seen if each[1] != now} <= {(before["analysis_id"], "mrcpr 0")}
        assert seen[-1][0] != before["analysis_id"]
        every = admin.ok("GET", f"{taught.path}/analyses")
        assert [(a["software"], a["counts"]) for a in every] == [(now, True), ("mrcpr 0", False)]
        shown = admin.get(f"/api{taught.path}/analysis").text
        assert shown == command_said(recorded_breaths)


def test_a_correction_that_a_kill_broke_off_is_computed_at_the_next_start(
    tmp_path: Path, database: str | None, recorded_breaths: Path
) -> None:
    folder = tmp_path / "review"
    with running(folder, database) as first:
        admin = first.client().set_up(first.setup_code)
        taught = class_with_a_session(make_class(first, admin), recorded_breaths)
        original = admin.ok("GET", taught.path)["analysis_id"]
        correction_id = propose(taught.ina, taught, count=True)
        with kept(first) as opened:

            def jobs() -> list[Job]:
                with opened.reading() as session:
                    return list(session.scalars(select(Job)))

            until(lambda: [job.state for job in jobs()] == ["running"], LIMIT_S)
            first.kill()
            (left,) = jobs()
            assert (left.correction_id, left.state) == (correction_id, "running")
            with opened.reading() as session:
                assert session.get_one(Corrected, correction_id).state == "waiting"
    with running(folder, database) as second:
        admin = second.client().sign_in("ada")
        taught.admin = admin
        row = taught.settled(correction_id)
        assert row["state"] == "counts", row
        page: dict[str, Any] = admin.ok("GET", taught.path)
        assert page["edited"] and page["analysis_id"] == row["analysis_id"] != original
        given = tmp_path / "corrections.json"
        given.write_text(json.dumps(row["corrections"]))
        shown = admin.get(f"/api{taught.path}/analysis").text
        assert shown == command_said(recorded_breaths, "--corrections", str(given))
        with kept(second) as opened, opened.reading() as session:
            assert session.scalars(select(Job)).all() == []
