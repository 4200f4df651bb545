"""`mrcpr run` with the real firmware, built for this host, on a real pseudo-terminal."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mr.devices.mannequin.console import MannequinConsole
from mr.recording.reader import open_recording
from mr.types import MannequinFrame, SessionEvent
from tests.cli.conftest import (
    SERIAL,
    Finished,
    Running,
    ScriptedBoard,
    only_file,
    wait_for_group,
)
from tests.cli.pseudo_terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals and /proc")


def the_recording(folder: Path) -> Path:
    path = only_file(folder, "*.mcap")
    assert path is not None
    return path


def test_scripted_compressions_are_counted_and_measured(
    start: Callable[..., Running],
    mrcpr: Callable[..., Finished],
    play: Callable[..., ScriptedBoard],
    rig: Path,
    tmp_path: Path,
) -> None:
    rest_s = 8.0  # a busy machine opens its session while nobody compresses
    board = play(4.0, rest_s=rest_s)
    running = start(
        "run", "--rig", rig, "--no-camera", "--no-sound", "--port", board.port,
        "--start", "command", "--out", tmp_path / "out",
    )  # fmt: skip
    running.wait_until(lambda: "waiting" in running.said(), "the open session")
    running.say("start\n")
    time.sleep(rest_s + board.script.duration_s + 0.3)
    running.say("stop\n")
    done = running.end().require(0)
    assert "Ctrl-C" not in done.err
    truth = board.script.truth()
    said = mrcpr("analyze", the_recording(tmp_path), "--json").require(0)
    analysis = json.loads(said.out)
    assert analysis["summary"]["n_compressions"] == truth.count
    assert abs(analysis["summary"]["mean_depth_mm"] - truth.mean_depth_mm) < 1.0
    assert abs(analysis["summary"]["mean_rate_cpm"] - truth.mean_rate_cpm) < 0.5
    assert analysis["score"]["value_pct"] > 50
    assert re.search(rf"compressions +{truth.count}\b", done.out)


def test_a_session_samples_as_often_as_it_is_told(
    mrcpr: Callable[..., Finished], play: Callable[..., ScriptedBoard], rig: Path, tmp_path: Path
) -> None:
    """At its own default, too, whatever rate the session before has left in force."""
    port = play(120.0).port
    for rate_hz, options in ((500, ("--rate", "500")), (200, ())):
        out = tmp_path / str(rate_hz)
        args = ("run", "--rig", rig, "--no-camera", "--no-sound", "--port", port, "--duration", "2")
        mrcpr(*args, "--out", out, *options).require(0)
        recording = open_recording(the_recording(out))
        (device,) = recording.header.devices
        assert {s.name: s.rate_hz for s in device.streams}["mannequin"] == rate_hz
        frames = [s for s in recording.samples() if isinstance(s, MannequinFrame)]
        arrivals = [f.arrival for f in frames[2:]]  # the first may end an old period
        # A board whose words nobody takes for a second leaves some out, and counts them.
        for a, b in pairwise(arrivals):
            assert b.device_ticks - a.device_ticks == (b.seq - a.seq) * 1_000_000 // rate_hz
        assert len(frames) > rate_hz
    done = mrcpr("run", "--rig", rig, "--no-camera", "--port", port, "--rate", "0")
    done.require(2)
    assert "cannot sample at 0 Hz: choose 100 to 500" in done.err


def test_without_a_runtime_the_headset_is_missed_and_nobody_has_to_end_it_by_hand(
    mrcpr: Callable[..., Finished],
    play: Callable[..., ScriptedBoard],
    rig: Path,
    tmp_path: Path,
    require: Any,
) -> None:
    """What a headset does that is there, tests/xr shows by `demo`, which runs the same."""
    require.module("xr", "pip install 'mrcpr[headset]'")
    board = play(6.0)
    done = mrcpr(
        "run", "--rig", rig, "--no-camera", "--no-sound", "--port", board.port,
        "--headset", "--stop-after", "5", "--out", tmp_path / "out",
        XR_RUNTIME_JSON="/nowhere/runtime.json",
    ).require(0)  # fmt: skip
    assert "no OpenXR runtime is installed or chosen" in " ".join(done.out.split())
    assert "the session goes on with mirror and sound" in " ".join(done.out.split())
    assert re.search(rf"compressions +{board.script.truth().count}\b", done.out)
    samples = list(open_recording(the_recording(tmp_path)).samples())
    kinds = [s.kind for s in samples if isinstance(s, SessionEvent) and s.kind != "device_lost"]
    assert kinds == ["open", "stop"]
    lost = [s.text for s in samples if isinstance(s, SessionEvent) and s.kind == "device_lost"]
    assert len(lost) == 1 and "headset" in lost[0]


def test_the_end_of_input_stops_a_commanded_session(
    start: Callable[..., Running],
    play: Callable[..., ScriptedBoard],
    rig: Path,
    tmp_path: Path,
) -> None:
    running = start(
        "run", "--rig", rig, "--no-camera", "--no-sound", "--port", play(9.0).port,
        "--start", "command", "--out", tmp_path / "out",
    )  # fmt: skip
    running.wait_until(lambda: "waiting" in running.said(), "the open session")
    running.say("start\n")
    assert running.process.stdin is not None
    running.process.stdin.close()
    running.end().require(0)
    path = the_recording(tmp_path)
    assert open_recording(path).complete
    kinds = [s.kind for s in open_recording(path).samples() if isinstance(s, SessionEvent)]
    assert kinds == ["open", "start", "stop"]


def test_start_by_key_unplug_and_ctrl_c_on_a_terminal(
    mrcpr: Callable[..., Finished],
    terminal: Callable[..., Terminal],
    play: Callable[..., ScriptedBoard],
    rig: Path,
    tmp_path: Path,
) -> None:
    board = play(120.0)
    shown = terminal(
        "run", "--rig", rig, "--no-camera", "--no-sound", "--port", board.port,
        "--start", "key", "--out", tmp_path / "out", columns=100,
    )  # fmt: skip
    shown.wait_for("Enter starts and stops.*\n(.*\n)+.*last depth .*on target")
    assert re.search(r"compressions +0 +waiting", shown.text)  # it is not counted yet
    shown.type("\r")
    shown.wait_for(r"compressions +([2-9]|\d\d) +compressing")  # the first of them is whole
    board.board.unplug()
    shown.wait_for("mannequin.* lost")
    shown.read(0.5)
    assert shown.process.poll() is None  # the session goes on
    shown.type("\x03")
    assert shown.end() == 0, shown.text
    wait_for_group(shown.process.pid)
    assert "finishing the recording" in shown.text and "Traceback" not in shown.text
    path = the_recording(tmp_path)
    assert open_recording(path).complete
    events = [s for s in open_recording(path).samples() if isinstance(s, SessionEvent)]
    assert [e.kind for e in events] == ["open", "start", "device_lost", "stop"]
    assert board.port in events[2].text and "check its cable" in events[2].text
    analysis = json.loads(mrcpr("analyze", path, "--json").require(0).out)
    (lost,) = (h for h in analysis["source"]["health"] if h["stream"] == "mannequin")
    assert lost["state"] == "lost" and "check its cable" in lost["why"]
    assert analysis["summary"]["n_compressions"] >= 1


def test_an_unplugged_session_ends_after_its_duration(
    start: Callable[..., Running], play: Callable[..., ScriptedBoard], rig: Path, tmp_path: Path
) -> None:
    board = play(20.0)
    running = start(
        "run", "--rig", rig, "--no-camera", "--no-sound", "--port", board.port,
        "--start", "command", "--duration", "3", "--out", tmp_path / "out",
    )  # fmt: skip
    running.wait_until(lambda: "waiting" in running.said(), "the open session")
    running.say("start\n")
    time.sleep(1.0)
    board.board.unplug()
    began_s = time.monotonic()
    out = running.end().require(0).out
    assert time.monotonic() - began_s > 1.0
    assert open_recording(the_recording(tmp_path)).complete
    lost = re.findall(r"^ +\d of 3 s  mannequin lost: (.*)", out, re.MULTILINE)
    assert len(lost) == 1 and board.port in lost[0] and "check its cable" in lost[0]
    assert "is back" not in out and "mannequin.clock" not in out
    silent = re.search(r"^! mannequin: silent from (\d\.\d) s to the end$", out, re.MULTILINE)
    samples = list(open_recording(the_recording(tmp_path)).samples())
    start_ns = next(s.t_ns for s in samples if isinstance(s, SessionEvent) and s.kind == "start")
    last_ns = max(s.arrival.arrival_ns for s in samples if isinstance(s, MannequinFrame))
    assert silent is not None and abs(float(silent[1]) - (last_ns - start_ns) / 1e9) < 0.1


def test_a_mannequin_that_comes_back_is_told(
    start: Callable[..., Running], start_avr: Callable[..., Any], rig: Path, tmp_path: Path
) -> None:
    board = start_avr("--pace", "real", "--link", str(tmp_path / "ttyMANNEQUIN"))
    with MannequinConsole(board.port) as mannequin:
        mannequin.rename(SERIAL)
    running = start(
        "run", "--rig", rig, "--no-camera", "--no-sound", "--port", board.port,
        "--start", "command", "--duration", "20", "--out", tmp_path / "out",
    )  # fmt: skip
    running.wait_until(lambda: "waiting" in running.said(), "the open session")
    running.say("start\n")
    time.sleep(1.5)
    board.unplug()
    running.wait_until(lambda: "mannequin lost: " in running.said(), "the loss")
    time.sleep(1.0)
    board.plug()
    running.wait_until(lambda: "mannequin is back" in running.said(), "the return")
    told_ns = time.perf_counter_ns()
    out = running.end().require(0).out
    assert out.count("is back") == out.count("lost: ") == 1
    silent = re.search(r"^! mannequin: silent from (\d\.\d) to (\d\.\d) s$", out, re.MULTILINE)
    assert silent is not None
    samples = list(open_recording(the_recording(tmp_path)).samples())
    events = [s for s in samples if isinstance(s, SessionEvent)]
    assert [e.kind for e in events] == ["open", "start", "device_lost", "device_back", "stop"]
    _, start, lost, *_ = (e.t_ns for e in events)
    heard_ns = [s.arrival.arrival_ns for s in samples if isinstance(s, MannequinFrame)]
    last_ns = max(t_ns for t_ns in heard_ns if t_ns < lost)
    first_ns = min(t_ns for t_ns in heard_ns if t_ns > last_ns)
    from_s, to_s = map(float, silent.groups())
    assert abs(from_s - (last_ns - start) / 1e9) < 0.1
    # The newest that was heard when it was told, which a busy machine does late.
    assert (first_ns - start) / 1e9 - 0.1 < to_s < (told_ns - start) / 1e9 + 0.1
    assert (lost - last_ns) / 1e9 < 1.0, "it is noticed"


def test_simulated_camera_files_are_scored_as_simulated(
    mrcpr: Callable[..., Finished], require: Any, tmp_path: Path
) -> None:
    require.module("pyrealsense2", "pip install 'mrcpr[realsense]'")
    folder = tmp_path / "sim"
    made = mrcpr("simulate", folder, "--seconds", "4", "--fps", "15", "--learner", "good")
    assert made.require(0).out.startswith("SIMULATED")
    command = made.out.split("mrcpr run ")[1].split()
    done = mrcpr("run", *command, "--out", tmp_path / "out").require(0)
    truth = json.loads((folder / "truth.json").read_text())
    assert "SIMULATED" in done.out
    assert re.search(rf"compressions +{len(truth['compressions'])}\b", done.out)
    path = the_recording(tmp_path)
    assert "SIMULATED" in mrcpr("replay", path).require(0).out
    analysis = json.loads(mrcpr("analyze", path, "--json").require(0).out)
    assert analysis["source"]["simulated"] is True
    assert analysis["score"]["value_pct"] is not None or analysis["score"]["missing"]
    assert "simulated" in path.with_suffix(".html").read_text().lower()
    again = mrcpr("simulate", folder, "--seconds", "4")
    again.require_one_line("camera.db3", "exists already", "choose another folder")
