"""Real commands in real processes, with real terminals and real signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from calibration.simulated.quick import calibrate_simulated
from mr.config import Mode
from mr.rig import save_rig
from mr.sim.adc import TableAdc
from mr.sim.learner import make_script
from mr.sim.plant import Bench, Plant
from mr.sim.rig import make_sim_rig
from mr.sim.script import Script
from tests.cli.pseudo_terminal import LIMIT_S, Terminal
from tests.firmware.conftest import (
    _avr,
    avr_elf,
    avr_runner,
    board_program,
    built_avr,
    built_board,
    start_avr,
    start_board,
)

__all__ = [
    "_avr",
    "avr_elf",
    "avr_runner",
    "board_program",
    "built_avr",
    "built_board",
    "start_avr",
    "start_board",
]

MRCPR = Path(sys.executable).with_name("mrcpr")
ROWS_PER_S = 200
SERIAL = "SIM-MANNEQUIN-1"
"""The serial number in the simulated rig's file."""


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str

    def require(self, code: int) -> Self:
        """Fail with all that was said when it ended otherwise, or with a traceback."""
        said = f"exit code {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"
        assert self.code == code, said
        assert "Traceback" not in self.out + self.err, said
        return self

    def require_one_line(self, *words: str) -> None:
        """Hold that it ended as bad input does: one line that names these, code 2."""
        self.require(2)
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("mrcpr: "), self.err
        for word in words:
            assert word in lines[0], (word, self.err)


def members(group: int) -> list[str]:
    """Name the living processes of a process group; the dead that wait for a reaper are none."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = stat.read_text().rpartition(")")
            state, _, pgid, *_ = rest.split()
            if int(pgid) == group and state not in "ZX":
                found.append(name)
    return found


def wait_for_group(group: int) -> None:
    """Fail when a process of a group is left behind."""
    until = time.monotonic() + LIMIT_S
    while left := members(group):
        assert time.monotonic() < until, f"left behind: {left}"
        time.sleep(0.02)


@dataclass
class Running:
    """A command at work in a process group of its own; all of it ends with the test."""

    process: subprocess.Popen[bytes]
    folder: Path
    """Its output lands here, in ``out.txt`` and ``err.txt``, so that no pipe can fill."""

    def said(self) -> str:
        """Tell what it has printed so far."""
        return (self.folder / "out.txt").read_text(errors="replace")

    def wait_until(self, done: Callable[[], Any], what: str) -> Any:
        """Wait for something to come true while it runs; gives what `done` gave."""
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            if found := done():
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{what} never came:\n{self.said()}\n{self._complaints()}")

    def say(self, text: str) -> None:
        """Write to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def signal_all(self, number: int) -> None:
        """Send a signal to every process of it, as a terminal does."""
        os.killpg(self.process.pid, number)

    def end(self) -> Finished:
        """Wait for its end, and for that of every process it started."""
        code = self.process.wait(LIMIT_S)
        wait_for_group(self.process.pid)
        return Finished(code, self.said(), self._complaints())

    def clean_up(self) -> None:
        """End what is left of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()

    def _complaints(self) -> str:
        return (self.folder / "err.txt").read_text(errors="replace")


def environment(**more: str) -> dict[str, str]:
    """Give an environment without a display, a person's settings or a terminal's."""
    dropped = re.compile(r"^(DISPLAY|WAYLAND_DISPLAY|XDG_.*|COLUMNS|LINES|NO_COLOR|TERM|.*COLOR)$")
    kept = {k: v for k, v in os.environ.items() if not dropped.match(k)}
    return kept | more


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Give a function that starts `mrcpr` with arguments; nothing of it outlives the test."""
    with ExitStack() as stack:

        def begin(*args: object, cwd: Path | None = None, **env: str) -> Running:
            folder = tmp_path_factory.mktemp("command")
            state = str(folder / "state")
            with (folder / "out.txt").open("wb") as out, (folder / "err.txt").open("wb") as err:
                process = subprocess.Popen(
                    [str(MRCPR), *map(str, args)],
                    stdin=subprocess.PIPE,
                    stdout=out,
                    stderr=err,
                    cwd=cwd,
                    env=environment(XDG_STATE_HOME=state, **env),
                    start_new_session=True,
                )
            running = Running(process, folder)
            stack.callback(running.clean_up)
            return running

        yield begin


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Give a function that starts `mrcpr` with arguments on a terminal; it ends with the test."""
    with ExitStack() as stack:

        def begin(*args: object, columns: int = 80) -> Terminal:
            command = [str(MRCPR), *map(str, args)]
            there = environment(TERM="xterm-256color")
            return stack.enter_context(Terminal(command, there, columns))

        yield begin


@pytest.fixture
def mrcpr(start: Callable[..., Running]) -> Callable[..., Finished]:
    """Give a function that runs `mrcpr` with arguments to its end."""

    def run(*args: object, cwd: Path | None = None, **env: str) -> Finished:
        running = start(*args, cwd=cwd, **env)
        assert running.process.stdin is not None
        running.process.stdin.close()
        return running.end()

    return run


def run_once(*args: object) -> Finished:
    """Run `mrcpr` with arguments to its end, where no test's own fixture is at hand."""
    command = [str(MRCPR), *map(str, args)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    return Finished(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that a short, quick demo of the mannequin left behind."""
    out = tmp_path_factory.mktemp("demo")
    command = [str(MRCPR), "demo", "--fast", "--no-camera", "--seconds", "4", "--out", str(out)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = out.iterdir()
    return folder


@pytest.fixture(scope="session")
def recording(demo_folder: Path) -> Path:
    """Give a whole recording."""
    return demo_folder / "session.mcap"


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the simulated rig's file, calibrated."""
    path = tmp_path_factory.mktemp("rig") / "rig.toml"
    save_rig(calibrate_simulated(make_sim_rig(), Bench(1)), path)
    return path


@dataclass(frozen=True)
class ScriptedBoard:
    """A host board that plays the compressions of a script from its first byte on."""

    board: Any
    script: Script

    @property
    def port(self) -> str:
        """The path of its port."""
        return str(self.board.port)


@pytest.fixture
def play(start_board: Callable[..., Any], tmp_path: Path) -> Iterator[Callable[..., ScriptedBoard]]:
    """Give a function that starts a board on which a good learner compresses so long.

    Its time begins with the first byte; `rest_s` longer than the script has it, nobody compresses.
    """

    def board(compressing_s: float, serial: str = SERIAL, rest_s: float = 0.0) -> ScriptedBoard:
        script = make_script("good", Mode.HANDS_ONLY, compressing_s, 3)
        plant = Plant(script, 3)
        n = round(script.duration_s * ROWS_PER_S)
        at_rest = (plant.counts_at(0.0),) * round(rest_s * ROWS_PER_S)
        played = tuple(plant.counts_at(k / ROWS_PER_S) for k in range(n))
        table = TableAdc(at_rest + played, ROWS_PER_S)
        path = tmp_path / "counts.csv"
        table.write_csv(path)
        started = start_board(
            "--counts", str(path), "--counts-per-s", str(ROWS_PER_S), "--serial", serial,
            "--start-on-byte", link=tmp_path / "ttyMANNEQUIN",
        )  # fmt: skip
        return ScriptedBoard(started, script)

    yield board


def only_file(folder: Path, pattern: str) -> Path | None:
    """Find the one file of a folder (and those in it) that has something in it."""
    found = [p for p in folder.rglob(pattern) if p.stat().st_size > 0]
    return found[0] if len(found) == 1 else None
