"""What a rig reports of itself: from the logs beside its file, and about nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calibration.drift_log import DriftEntry, LoggedReading, drift_path, log_drift
from calibration.record import Check, Record
from calibration.service import Entry, Work, log_service
from mr.cli.calibrate_check import keep_check
from mr.cli.demo import calibrated_rig
from mr.cli.join_report import RigReporter
from mr.errors import CalibrationError
from mr.review.live.self_report import SelfReport
from mr.rig import rig_sha256

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


def now() -> datetime:
    return NOW


def test_a_simulated_rig_reports_who_it_is() -> None:
    rig = calibrated_rig(1)
    report = RigReporter(rig, None, now).make()
    sheet = report.sheet
    assert (sheet.kind, sheet.rig_sha256, sheet.due_utc) == ("sim", rig_sha256(rig), None)
    assert sheet.parts[0].what == "mannequin" and sheet.parts[0].serial
    assert (report.checks, report.drift, report.faults) == ((), (), ())


def test_checks_and_drift_are_reported_without_who_did_them(tmp_path: Path) -> None:
    rig_file, rig = tmp_path / "rig.toml", calibrated_rig(1)
    for days, passed in ((2, True), (1, False)):
        log_service(
            rig_file,
            Entry(
                made_utc=NOW - timedelta(days=days),
                work=Work.CHECK,
                operator="Tina Technician",
                passed=passed,
                text="" if passed else "depth",
            ),
        )
    log_service(
        rig_file, Entry(made_utc=NOW, work=Work.REPAIR, operator="Tina Technician", text="spring")
    )
    checks = (
        Check(item="depth", value=0.8, unit="mm", low=-0.5, high=0.5),
        Check(item="cell 2", value=5e9, unit="N", high=1.0),
        Check(item="for information", value=1.0, unit=""),
    )
    keep_check(rig_file, Record(procedure="check", subject="M-1", checks=checks, n_samples=9))
    reading = LoggedReading(
        topic="stiffness", subject="", value=6.0, sigma=0.5, unit="%", warn_at=5.0, limit=10.0
    )
    log_drift(
        rig_file,
        DriftEntry(made_utc=NOW, source="session", rig_sha256=rig_sha256(rig), readings=(reading,)),
    )
    report = RigReporter(rig, rig_file, now).make()
    assert [(c.passed, c.text) for c in report.checks] == [(True, ""), (False, "depth")]
    assert report.checks[0].items == ()  # the numbers are those of the newest
    assert [(i.item, i.value, i.passed) for i in report.checks[1].items] == [
        ("depth", 0.8, False),
        ("cell 2", None, False),
    ]
    assert report.drift[0].readings[0].value == 6.0
    text = report.model_dump_json()
    assert "Tina" not in text
    assert SelfReport.model_validate_json(text) == report


def test_faults_are_kept_to_the_newest(tmp_path: Path) -> None:
    reporter = RigReporter(calibrated_rig(1), None, now)
    for k in range(70):
        reporter.fault(f"fault {k} " + "x" * 600)
    faults = reporter.make().faults
    assert len(faults) == 60 and faults[-1].words.startswith("fault 69")
    reporter.session_done(tmp_path / "gone.mcap")
    assert "cannot be read" in reporter.make().faults[-1].words


def test_a_torn_log_is_left_out_and_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    rig_file = tmp_path / "rig.toml"
    drift_path(rig_file).write_text(json.dumps({"made_utc": "never"}) + "\n")
    assert RigReporter(calibrated_rig(1), rig_file, now).make().drift == ()
    drift_path(rig_file).unlink()
    drift_path(rig_file).mkdir()
    with pytest.raises(CalibrationError, match="cannot read the drift log"):
        RigReporter(calibrated_rig(1), rig_file, now).make()
