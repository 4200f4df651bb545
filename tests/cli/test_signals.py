"""However a session is ended, its recording can be read; nothing hangs or is left behind."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mr.recording.reader import open_recording
from mr.types import SessionEvent
from tests.cli.conftest import Finished, Running, ScriptedBoard, only_file, wait_for_group

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc of Linux")

Start = Callable[..., Running]
Play = Callable[..., ScriptedBoard]
RECORD_S = 3.5
DEMO = ("demo", "--no-camera", "--no-sound", "--seconds", "30", "--out")


@pytest.fixture
def begin(start: Start, play: Play, rig: Path, tmp_path: Path) -> Callable[[str], Running]:
    """Give a function that starts a long session, a demo or a run, and waits until it records."""

    def session(command: str, *more: str) -> Running:
        if command == "demo":
            running = start(*DEMO, tmp_path, *more)
        else:
            port = play(30.0).port
            running = start(
                "run", "--rig", rig, "--no-camera", "--no-sound", "--port", port,
                "--out", tmp_path, *more,
            )  # fmt: skip
        running.wait_until(lambda: only_file(tmp_path, "*.mcap"), "the recording")
        running.wait_until(lambda: "waiting" in running.said(), "its first line")
        return running

    return session


def last_arrival_ns(path: Path) -> int:
    arrivals = (getattr(s, "arrival", None) for s in open_recording(path).samples())
    return max(a.arrival_ns for a in arrivals if a is not None)


def its_recording(folder: Path) -> Path:
    path = only_file(folder, "*.mcap")
    assert path is not None, sorted(folder.rglob("*"))
    return path


def hears(pid: int) -> bool:
    """Tell whether a process has set its handler of TERM: `mrcpr` itself is loaded."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def whole(path: Path) -> bool:
    return open_recording(path).complete


@pytest.mark.parametrize("command", ["demo", "run"])
def test_kill_9_of_everything_keeps_all_but_the_last_second(
    begin: Callable[..., Running], mrcpr: Callable[..., Finished], tmp_path: Path, command: str
) -> None:
    running = begin(command)
    time.sleep(RECORD_S)
    killed_ns = time.perf_counter_ns()
    running.signal_all(signal.SIGKILL)
    assert running.process.wait(10) == -signal.SIGKILL
    path = its_recording(tmp_path)
    assert not whole(path)
    assert killed_ns - last_arrival_ns(path) < 1.2e9
    done = mrcpr("replay", path).require(0)
    assert re.search(r"incomplete: the file (ends|is cut)", done.out)
    assert "identical" in done.out


def test_kill_9_of_the_parent_alone_ends_in_a_whole_recording(
    begin: Callable[..., Running], tmp_path: Path
) -> None:
    running = begin("run")
    time.sleep(1.0)
    killed_ns = time.perf_counter_ns()
    running.process.kill()
    running.process.wait(10)
    wait_for_group(running.process.pid)
    path = its_recording(tmp_path)
    assert whole(path)
    events = [s for s in open_recording(path).samples() if isinstance(s, SessionEvent)]
    assert events[-1].kind == "stop" and events[-1].t_ns > killed_ns


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_a_run_finishes_as_ever(
    begin: Callable[..., Running], tmp_path: Path, number: int
) -> None:
    running = begin("run")
    time.sleep(0.5)
    running.signal_all(number)
    done = running.end().require(0)
    path = its_recording(tmp_path)
    assert whole(path)
    assert f"recording: {path}" in done.out and path.with_suffix(".html").exists()
    assert not done.err


def test_term_of_a_demo(begin: Callable[..., Running], tmp_path: Path) -> None:
    running = begin("demo")
    running.signal_all(signal.SIGTERM)
    done = running.end().require(0)
    assert whole(its_recording(tmp_path))
    assert "What it left behind" in done.out


def test_two_quick_ctrl_c(begin: Callable[..., Running], tmp_path: Path) -> None:
    running = begin("run")
    time.sleep(0.5)
    for _ in range(2):
        running.signal_all(signal.SIGINT)
        time.sleep(0.03)
    done = running.end()
    done.require(130 if done.code else 0)
    assert whole(its_recording(tmp_path))


@pytest.mark.parametrize("after_s", [0.7, 2.1])
def test_ctrl_c_before_anything_is_open_leaves_nothing(
    start: Start, play: Play, rig: Path, tmp_path: Path, after_s: float
) -> None:
    args = ["run", "--rig", rig, "--no-camera", "--no-sound", "--port", play(30.0).port]
    running = start(*args, "--out", tmp_path / "out")
    running.wait_until(lambda: hears(running.process.pid), "its handlers")
    time.sleep(after_s)
    running.signal_all(signal.SIGINT)
    done = running.end()
    found = [p for p in tmp_path.rglob("*") if p.is_file() and p.name != "counts.csv"]
    if done.code:
        done.require(130)
        assert not (tmp_path / "out").exists() or all(map(whole, found))
    else:
        done.require(0)  # a slow test met a quick machine: the session had begun
        assert whole(its_recording(tmp_path))


def test_ctrl_c_of_a_fast_demo(start: Start, tmp_path: Path) -> None:
    running = start("demo", "--fast", "--no-camera", "--seconds", "600", "--out", tmp_path)
    running.wait_until(lambda: only_file(tmp_path, "*.mcap"), "the recording")
    running.signal_all(signal.SIGINT)
    running.end().require(0)
    assert whole(its_recording(tmp_path))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_simulate_leaves_nothing(
    start: Start, require: Any, tmp_path: Path, number: int, code: int
) -> None:
    require.module("pyrealsense2", "pip install 'mrcpr[realsense]'")
    folder = tmp_path / "new" / "sim"
    running = start("simulate", folder, "--seconds", "60")
    running.wait_until(lambda: only_file(tmp_path, "*.db3"), "the camera's file")
    running.signal_all(number)
    done = running.end().require(code)
    assert not done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("args", [["analyze", "x.csv", "--csv", "rows.csv"], ["replay", "x.mcap"]])
def test_readers_stop_at_once(start: Start, tmp_path: Path, args: list[str]) -> None:
    # A named pipe that nobody writes: the command waits in the midst of its work.
    os.mkfifo(tmp_path / args[1])
    running = start(*args, cwd=tmp_path)
    running.wait_until(lambda: hears(running.process.pid), "its handlers")
    time.sleep(2.0)
    assert running.process.poll() is None
    running.signal_all(signal.SIGINT)
    assert not running.end().require(130).err
    assert len(list(tmp_path.iterdir())) == 1


def test_whole_tells_a_cut_recording(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.mcap").write_bytes(recording.read_bytes()[:-100])
    assert whole(recording) and not whole(tmp_path / "cut.mcap")
