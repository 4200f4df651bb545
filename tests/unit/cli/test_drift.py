"""After a session its drift is noted beside the rig file; a log that fails ends nothing."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from calibration.drift_log import drift_path, read_drift
from mr.cli.drift import note_drift
from mr.rig import rig_sha256
from mr.session.drift_limits import DriftReading, reading
from tests.unit.recording.conftest import a_rig


def after(*readings: DriftReading) -> Any:
    """Give what is left of a session, as far as it is asked for."""
    return SimpleNamespace(
        pipeline=SimpleNamespace(drift=lambda: readings), recording=SimpleNamespace(rig=a_rig())
    )


def noted(rig: Path, again: Any) -> str:
    console = Console(file=io.StringIO(), width=300)
    note_drift(rig, again, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_readings_are_noted_and_nothing_is_printed(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    zero = reading("zero", "mannequin", 0.1, 0.05, "the zero")
    assert noted(rig, after(zero)) == ""
    ((entry,), damaged) = read_drift(rig)
    assert damaged == ()
    assert entry.rig_sha256 == rig_sha256(a_rig())
    assert (entry.source, entry.readings[0].value) == ("session", 0.1)


def test_a_trend_is_printed(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    from datetime import timedelta

    from calibration.drift_log import DriftEntry, log_drift
    from mr.clock.host import wall_now_utc

    for k in range(8):
        worn = reading("stiffness", "mannequin", -1.0 * k, 0.8, "spring")
        at = wall_now_utc() - timedelta(days=8 - k)
        log_drift(rig, DriftEntry.of([worn], at, rig_sha256(a_rig())))
    said = noted(rig, after(reading("stiffness", "mannequin", -8.0, 0.8, "spring")))
    assert said.startswith("! at this pace (-1 % a day) the spring will be beyond its limit in")
    assert said.count("\n") == 1


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    drift_path(rig).mkdir()
    said = noted(rig, after(reading("zero", "mannequin", 0.1, 0.05, "the zero")))
    assert "cannot write the drift log" in said
    gone = tmp_path / "gone" / "rig.toml"
    assert "cannot write" in noted(gone, after(reading("zero", "mannequin", 0.1, 0.05, "zero")))


def test_without_readings_nothing_is_noted(tmp_path: Path) -> None:
    assert noted(tmp_path / "rig.toml", after()) == ""
    assert list(tmp_path.iterdir()) == []
