"""The service log: nothing in it is lost, and what is due follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calibration.service import (
    INTERVAL_DAYS,
    Entry,
    Work,
    due_work,
    log_service,
    read_service,
    service_path,
)
from mr.errors import CalibrationError

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def entry(work: Work, days_ago: float, passed: bool | None = True) -> Entry:
    made = NOW - timedelta(days=days_ago)
    return Entry(made_utc=made, work=work, operator="kim", passed=passed)


def test_entries_come_back_in_their_order_with_all_that_was_said(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    first = entry(Work.CALIBRATION, 3).model_copy(update={"text": "neue Feder ✓", "files": ("a",)})
    for one in (first, entry(Work.HYGIENE, 1, None)):
        log_service(rig, one)
    assert read_service(rig) == ((first, entry(Work.HYGIENE, 1, None)), ())
    assert service_path(rig).name == "rig.service.jsonl"


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_service(tmp_path / "rig.toml") == ((), ())


def test_a_torn_line_does_not_swallow_the_next_entry_and_is_named(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    log_service(rig, entry(Work.CHECK, 2))
    whole = service_path(rig).read_bytes()
    service_path(rig).write_bytes(whole + whole[:30])
    log_service(rig, entry(Work.CHECK, 1))
    entries, damaged = read_service(rig)
    assert entries == (entry(Work.CHECK, 2), entry(Work.CHECK, 1))
    assert len(damaged) == 1 and "line 2" in damaged[0]


def test_a_log_that_cannot_be_written_says_what_is_not_noted(tmp_path: Path) -> None:
    service_path(tmp_path / "rig.toml").mkdir()
    with pytest.raises(CalibrationError, match="noted nowhere"):
        log_service(tmp_path / "rig.toml", entry(Work.CHECK, 0))


def test_what_is_due_follows_from_what_was_done_and_passed() -> None:
    due = {d.work: d for d in due_work([entry(Work.CALIBRATION, 100), entry(Work.CHECK, 0.5)])}
    assert set(due) == set(INTERVAL_DAYS)
    assert not due[Work.CALIBRATION].overdue(NOW) and not due[Work.CHECK].overdue(NOW)
    assert due[Work.CALIBRATION].overdue(NOW + timedelta(days=266))
    assert due[Work.ACCEPTANCE].last_utc is None and due[Work.ACCEPTANCE].overdue(NOW)


def test_a_repair_and_a_failure_undo_what_was_proved_before() -> None:
    proved = [entry(Work.CALIBRATION, 9), entry(Work.ACCEPTANCE, 8), entry(Work.HYGIENE, 0.2)]
    for undoing in (entry(Work.REPAIR, 1, None), entry(Work.CHECK, 1, False)):
        due = {d.work: d for d in due_work([*proved, undoing])}
        assert due[Work.CALIBRATION].overdue(NOW) and due[Work.ACCEPTANCE].overdue(NOW)
        assert not due[Work.HYGIENE].overdue(NOW)
    again = {d.work: d for d in due_work([*proved, undoing, entry(Work.CALIBRATION, 0.1)])}
    assert not again[Work.CALIBRATION].overdue(NOW) and again[Work.ACCEPTANCE].overdue(NOW)
