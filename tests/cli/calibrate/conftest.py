"""A technician at a terminal, a mannequin of real firmware, and a rig that was calibrated."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calibrate.live_board import LiveBoard, build_live_board
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
