"""Saving a rig loses none: at any kill, beside another program, after a mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calibration.history import (
    find_kept,
    history_of,
    list_history,
    read_base,
    restore,
    save_with_history,
)
from calibration.locked import locked
from mr.errors import CalibrationError, ConfigError
from mr.rig import Rig, load_rig, save_rig
from tests.conftest import ROOT
from tests.unit.recording.conftest import a_rig

START = datetime(2026, 11, 30, 8, 15, 2, tzinfo=UTC)


def named(name: str) -> Rig:
    return a_rig().model_copy(update={"name": name})


@pytest.fixture
def now() -> Callable[[], datetime]:
    """Go on by a minute at each look."""
    times = iter(START + timedelta(minutes=k) for k in range(100))
    return lambda: next(times)


@pytest.fixture
def rig_file(tmp_path: Path) -> Path:
    path = tmp_path / "rig.toml"
    save_rig(named("first"), path)
    return path


def test_the_old_file_is_kept_beside_it(rig_file: Path, now: Callable[[], datetime]) -> None:
    text = rig_file.read_text() + "# measured on the blue bench\n"
    rig_file.write_text(text)
    base = read_base(rig_file)
    kept = save_with_history(named("second"), rig_file, base.sha256, now=now)
    assert kept == rig_file.parent / f"rig.history/2026-11-30T08-15-02Z_{base.sha256[:8]}.toml"
    assert kept.read_text() == text
    assert load_rig(rig_file).name == "second"
    save_with_history(named("third"), rig_file, read_base(rig_file).sha256, now=now)
    listed = list_history(rig_file)
    assert [k.rig and k.rig.name for k in listed] == ["second", "first"]
    assert listed[1].put_away_utc == "2026-11-30T08:15:02+00:00"


def test_the_first_rig_has_no_history(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rig.toml"
    assert save_with_history(named("first"), path, None) is None
    assert load_rig(path).name == "first"
    assert list_history(path) == ()
    assert save_with_history(named("first"), path, read_base(path).sha256) is None


def test_an_old_one_is_restored_to_the_byte_and_the_present_one_kept(
    rig_file: Path, now: Callable[[], datetime]
) -> None:
    rig_file.write_text(rig_file.read_text() + "# by hand\n")
    before = rig_file.read_bytes()
    first = read_base(rig_file).sha256
    save_with_history(named("second"), rig_file, first, now=now)
    kept = restore(rig_file, first[:6], read_base(rig_file).sha256, now=now)
    assert rig_file.read_bytes() == before
    assert kept is not None and load_rig(kept).name == "second"
    assert len(list_history(rig_file)) == 2


def test_a_clock_set_back_does_not_turn_the_order_round(rig_file: Path) -> None:
    save_with_history(named("second"), rig_file, read_base(rig_file).sha256, now=lambda: START)
    early = START - timedelta(days=30)
    save_with_history(named("third"), rig_file, read_base(rig_file).sha256, now=lambda: early)
    stamps = [k.path.name[:20] for k in list_history(rig_file)]
    assert stamps == ["2026-11-30T08-15-02Z"] * 2


@pytest.mark.parametrize(
    ("change", "based_on", "words"),
    [
        (lambda p: save_rig(named("by another"), p), "read", "has been changed since it was read"),
        (lambda p: p.unlink(), "read", "has been removed"),
        (lambda p: None, "nothing", "has appeared"),
    ],
)
def test_a_file_that_another_program_changed_is_not_overwritten(
    rig_file: Path, change: Callable[[Path], None], based_on: str, words: str
) -> None:
    base = read_base(rig_file).sha256 if based_on == "read" else None
    change(rig_file)
    before = rig_file.read_bytes() if rig_file.exists() else None
    with pytest.raises(CalibrationError, match=f"rig.toml {words}.*nothing was saved"):
        save_with_history(named("mine"), rig_file, base)
    assert (rig_file.read_bytes() if rig_file.exists() else None) == before
    assert list_history(rig_file) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="no lock there")
def test_two_programs_do_not_save_at_once(rig_file: Path) -> None:
    base = read_base(rig_file).sha256
    with (
        locked(history_of(rig_file), "saving it"),
        pytest.raises(CalibrationError, match=r"another program is saving .*rig\.toml just now"),
    ):
        save_with_history(named("mine"), rig_file, base)
    assert load_rig(rig_file).name == "first"
    save_with_history(named("mine"), rig_file, base)


def test_numbers_that_cannot_be_a_rigs_take_no_files_place(rig_file: Path) -> None:
    bad = named("bad")
    assert bad.mannequin is not None
    bad = bad.model_copy(
        update={"mannequin": bad.mannequin.model_copy(update={"chest_ap_m": float("nan")})}
    )
    with pytest.raises(ConfigError, match=r"mannequin\.chest_ap_m"):
        save_with_history(bad, rig_file, read_base(rig_file).sha256)
    assert load_rig(rig_file).name == "first"


def test_a_damaged_or_changed_old_file_is_named_and_not_restored(rig_file: Path) -> None:
    kept = save_with_history(named("second"), rig_file, read_base(rig_file).sha256)
    assert kept is not None
    kept.write_text(kept.read_text().replace("first", "forged"))
    (only,) = list_history(rig_file)
    assert only.rig is None and "was changed after it was put away" in only.why
    with pytest.raises(CalibrationError, match=r"cannot be restored .*changed after"):
        restore(rig_file, kept.stem, read_base(rig_file).sha256)
    (kept.parent / f"2026-01-01T00-00-00Z_{'0' * 8}.toml").write_bytes(b"\xff")
    assert all(k.rig is None for k in list_history(rig_file))
    assert load_rig(rig_file).name == "second"


def test_which_one_is_meant_must_be_clear(rig_file: Path, now: Callable[[], datetime]) -> None:
    for name in ("second", "third"):
        save_with_history(named(name), rig_file, read_base(rig_file).sha256, now=now)
    newest = list_history(rig_file)[0]
    assert find_kept(rig_file, newest.path.stem) == find_kept(rig_file, newest.sha256[:8]) == newest
    with pytest.raises(CalibrationError, match=r"'2026-11' is several of .*: choose one of 2026-"):
        find_kept(rig_file, "2026-11")
    for nothing in ("xyz", ""):
        with pytest.raises(CalibrationError, match="is none of what is kept"):
            find_kept(rig_file, nothing)


def test_a_link_stays_one(rig_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "bench.toml"
    link.parent.mkdir()
    link.symlink_to(rig_file)
    save_with_history(named("second"), link, read_base(link).sha256)
    assert link.is_symlink() and load_rig(rig_file).name == "second"
    assert history_of(link) == rig_file.parent / "rig.history"


def test_a_history_that_cannot_be_written_is_said_before_anything_is_replaced(
    rig_file: Path,
) -> None:
    base = read_base(rig_file).sha256
    history_of(rig_file).write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be saved"):
        save_with_history(named("second"), rig_file, base)
    assert load_rig(rig_file).name == "first"


def test_a_full_disk_leaves_what_was_there(rig_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = read_base(rig_file)
    for nth in range(2):  # at the copy for the history; at the new file
        calls = iter(range(10))

        def full(handle: int, calls: object = calls, nth: int = nth) -> None:
            if next(calls) == nth:  # type: ignore[call-overload]
                raise OSError(28, "No space left on device")

        monkeypatch.setattr("calibration.history.os.fsync", full)
        with pytest.raises(ConfigError, match=r"No space left on device.*unharmed"):
            save_with_history(named("second"), rig_file, base.sha256)
        assert load_rig(rig_file) == base.rig
        assert not list(rig_file.parent.rglob("*.tmp"))


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_kill_at_any_instant_leaves_the_old_or_the_new_and_loses_neither(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.calibration.killed_while_saving", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert set(lines) == {
        "old - old whole",  # nothing was done yet
        "old old old whole",  # kept, not replaced; the next save keeps it once
        "new old new,old whole",
    }
    assert len(lines) >= 8
    assert lines.index("old old old whole") > lines.index("old - old whole")
    assert lines[-1] == "new old new,old whole"
