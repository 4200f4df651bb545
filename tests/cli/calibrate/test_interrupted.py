"""However a calibration ends, what was taken is kept and the old rig file is unharmed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mr.rig import load_rig
from tests.cli.calibrate.conftest import Calibrated
from tests.cli.conftest import Running
from tests.cli.mannequin.boards import Run
from tests.cli.pseudo_terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc of Linux")

Start = Callable[..., Running]
ENDS = {"INT": 130, "TERM": 143, "KILL": -9}
CAMERA = "intrinsics_side"


@pytest.fixture
def rig(calibrated: Calibrated, tmp_path: Path) -> Path:
    """Give a copy of the rig that `all --simulate` made, without its samples."""
    shutil.copy(calibrated.folder / "rig.toml", tmp_path)
    return tmp_path / "rig.toml"


def interrupted(start: Start, rig: Path, name: str, *command: str, after: int = 3) -> None:
    """Start a procedure and end it when so many samples were taken."""
    running = start("calibrate", *command, "--simulate", "--rig", rig)
    folder = rig.with_name("rig.work") / CAMERA
    running.wait_until((folder / f"{after:04d}.npz").exists, "its samples")
    running.signal_all(getattr(signal, f"SIG{name}"))
    done = running.end().require(ENDS[name])
    assert "saved" not in done.out


@pytest.mark.parametrize("name", ENDS)
def test_it_goes_on_with_what_was_taken(start: Start, rig: Path, name: str) -> None:
    before = rig.read_bytes()
    folder = rig.with_name("rig.work") / CAMERA
    interrupted(start, rig, name, "intrinsics")
    n = len(list(folder.glob("[0-9]*.npz")))
    first = (folder / "0001.npz").read_bytes()
    assert n >= 3 and rig.read_bytes() == before
    running = start("calibrate", "intrinsics", "--simulate", "--rig", rig)
    done = running.end().require(0)
    assert f"goes on with {n} taken before" in done.out
    assert "intrinsics of side: ✓ passed" in done.out and f"saved: {rig}" in done.out
    (evidence,) = (rig.parent / "rig.history").glob(f"*_evidence/{CAMERA}")
    assert (evidence / "0001.npz").read_bytes() == first
    (kept,) = (rig.parent / "rig.history").glob("*.toml")
    assert kept.read_bytes() == before
    now, old = (load_rig(path).cameras["side"].color for path in (rig, kept))
    assert now is not None and old is not None
    assert now.fx_px == pytest.approx(old.fx_px, rel=3e-3)


def test_anew_puts_aside_what_was_taken(start: Start, mrcpr: Run, rig: Path) -> None:
    interrupted(start, rig, "TERM", "intrinsics")
    told = mrcpr("calibrate", "status", "--rig", rig, "--json").require(0).out
    assert re.search(r'"taken": [3-9]', told)
    running = start("calibrate", "intrinsics", "--simulate", "--anew", "--rig", rig)
    running.wait_until(lambda: "begun anew" in running.said(), "its word")
    running.signal_all(signal.SIGINT)
    done = running.end().require(130)
    assert "goes on with" not in done.out
    assert len(list((rig.with_name("rig.work") / "put-aside").glob(f"{CAMERA}/0*.npz"))) >= 3


def test_a_damaged_sample_is_named_and_left_out(start: Start, rig: Path) -> None:
    interrupted(start, rig, "KILL", "intrinsics", after=4)
    folder = rig.with_name("rig.work") / CAMERA
    n = len(list(folder.glob("[0-9]*.npz")))
    third = folder / "0003.npz"
    third.write_bytes(third.read_bytes()[:300])
    running = start("calibrate", "intrinsics", "--simulate", "--rig", rig)
    running.wait_until(lambda: "goes on" in running.said(), "its word")
    running.signal_all(signal.SIGTERM)
    done = running.end().require(143)
    assert "left out: 0003.npz: " in done.out and f"goes on with {n - 1} taken before" in done.out


def test_other_things_are_not_mixed_with_what_was_taken(
    start: Start, mrcpr: Run, rig: Path
) -> None:
    interrupted(start, rig, "TERM", "intrinsics")
    mrcpr("calibrate", "kit", "--rig", rig, "--ruler", "99.5", "99.5").require(0)
    done = mrcpr("calibrate", "intrinsics", "--simulate", "--rig", rig).require(2)
    assert "print_scale" in done.err and "start this procedure over" in done.err


def test_two_at_a_time_are_refused(start: Start, mrcpr: Run, rig: Path) -> None:
    running = start("calibrate", "intrinsics", "--simulate", "--rig", rig)
    folder = rig.with_name("rig.work") / CAMERA
    running.wait_until((folder / "0001.npz").exists, "its samples")
    os.kill(running.process.pid, signal.SIGSTOP)
    second = mrcpr("calibrate", "intrinsics", "--simulate", "--rig", rig).require(2)
    assert f"another program is calibrating {rig}" in second.err
    os.kill(running.process.pid, signal.SIGCONT)
    running.signal_all(signal.SIGKILL)
    running.end()


def test_all_goes_on_where_it_was_ended(
    start: Start, terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    """Ctrl-C on a terminal, amid the first of ten procedures, and again in the second."""
    rig = tmp_path / "new.toml"
    command = ("calibrate", "all", "--simulate", "--rig", rig)
    shown = terminal(*command)
    shown.wait_for(r"[5-9] taken")
    assert "covered so far" in shown.text and "Ctrl-C stops" in shown.text
    shown.type("\x03")
    assert shown.end() == 130 and not rig.exists()
    running = start(*command)
    running.wait_until(lambda: "2 of 10" in running.said(), "the second procedure")
    running.signal_all(signal.SIGKILL)
    done = running.end().require(-9)
    assert "goes on with " in done.out and not rig.exists()
    running = start(*command)
    running.wait_until(lambda: "depth of side" in running.said(), "the second procedure")
    running.signal_all(signal.SIGTERM)
    done = running.end().require(143)
    assert done.out.startswith("goes on: 1 of 10 were done before")
