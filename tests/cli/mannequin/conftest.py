"""`mrcpr mannequin` in this process, which is quicker, and boards to ask."""

from __future__ import annotations

import itertools
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from calibration.simulated.quick import calibrate_simulated
from mr.cli.main import main
from mr.rig import save_rig
from mr.session.signals import ENDING
from mr.sim.adc import Counts, TableAdc
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from tests.cli.conftest import SERIAL, Finished
from tests.cli.mannequin.boards import (
    RESTING,
    AtRest,
    Run,
)


@pytest.fixture
def at_rest(start_board: Callable[..., Any], tmp_path: Path) -> AtRest:
    """Give a function that starts a board whose sensors stand still; gives its port."""
    number = itertools.count()

    def board(counts: Counts = RESTING, name: str = SERIAL, *options: str) -> str:
        path = tmp_path / f"counts{next(number)}.csv"
        TableAdc((counts,), 200).write_csv(path)
        started = start_board("--counts", str(path), "--serial", name, *options)
        return str(started.port)

    return board


@pytest.fixture
def port(at_rest: AtRest) -> str:
    """Give the port of a mannequin at rest that keeps nothing."""
    return at_rest()


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the simulated rig's file, calibrated as far as a mannequin's commands look."""
    path = tmp_path_factory.mktemp("rig") / "rig.toml"
    save_rig(calibrate_simulated(make_sim_rig(), Bench(1), with_motion=False), path)
    return path


@pytest.fixture
def mrcpr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Give a function that runs `mrcpr` to its end; in this process, which is quicker."""
    monkeypatch.setenv("COLUMNS", "80")
    handlers = {number: signal.getsignal(number) for number in ENDING}

    def run(*args: object) -> Finished:
        monkeypatch.setattr(sys, "argv", ["mrcpr", *map(str, args)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Finished(left.value.code, out, err)

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def avr_port(start_avr: Callable[..., Any]) -> str:
    """Give the port of the emulated ATmega328P."""
    return str(start_avr("--pace", "real").port)
