"""A technician at a terminal, a mannequin of real firmware, and a rig that was calibrated."""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calibrate.live_board import LiveBoard, build_live_board
from tests.cli.conftest import Finished, run_once
from tests.cli.mannequin.conftest import mrcpr as _mrcpr

LAB = "LAB-7"
mrcpr = _mrcpr
"""`mrcpr` in this process, which is quicker."""


@pytest.fixture(scope="session")
def live_program(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Build the board whose converters a test lays things on; None without a compiler."""
    if shutil.which("gcc") is None or shutil.which("make") is None:
        return None
    return build_live_board(tmp_path_factory.mktemp("live-board"))


@pytest.fixture
def live_board(
    live_program: Path | None, require: Any, tmp_path: Path
) -> Iterator[Callable[..., LiveBoard]]:
    """Give a function that starts such a board; it ends with the test."""
    require.program("gcc", "apt-get install gcc libc6-dev make")
    require.program("make", "apt-get install make")
    assert live_program is not None
    with ExitStack() as stack:

        def begin(serial: str = LAB) -> LiveBoard:
            return stack.enter_context(LiveBoard(live_program, tmp_path / serial, serial))

        yield begin


@dataclass(frozen=True)
class Calibrated:
    """What `mrcpr calibrate all --simulate` left behind, and what it said."""

    folder: Path
    done: Finished


@pytest.fixture(scope="session")
def calibrated(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Calibrated:
    """Calibrate a whole simulated rig, once for all that run these tests at a time."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "calibrated"
    said = shared / "said.json"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            rig = shared / "rig" / "rig.toml"
            rig.parent.mkdir()
            done = run_once("calibrate", "all", "--simulate", "--operator", "T. Est", "--rig", rig)
            said.write_text(json.dumps([done.code, done.out, done.err]))
    return Calibrated(shared / "rig", Finished(*json.loads(said.read_text())))
