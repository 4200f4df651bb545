"""`mrcpr camera`: the list, and a mount's verdict on simulated and recorded cameras."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from mr.clock.host import SteppedClock
from mr.rig import load_rig, save_rig
from mr.sim.camera import SimCamera
from mr.sim.learner import still_script
from mr.sim.rig import make_sim_rig, sim_calibration
from tests.cli.conftest import Finished, Running
from tests.cli.pseudo_terminal import Terminal

ITEMS = [
    "aim", "distance", "tilt", "side", "sight", "chest", "arms", "markers", "noise", "rate",
    "light",
]  # fmt: skip
CODES = {"GOOD": 0, "USABLE": 0, "BAD": 2, "NOT KNOWN": 2}


def last_verdict(text: str) -> str:
    """Give the verdict of the last report that was printed."""
    return re.findall(r"[✓!✗–] (GOOD|USABLE|BAD|NOT KNOWN)", text)[-1]


def found(data: dict[str, Any], key: str) -> dict[str, Any]:
    return next(item for item in data["items"] if item["key"] == key)


# --- simulated -----------------------------------------------------------------------------


def test_a_good_place_as_json(mrcpr: Callable[..., Finished]) -> None:
    done = mrcpr("camera", "mount", "--sim", "--seconds", 4, "--json").require(0)
    data = json.loads(done.out)
    assert data["schema"] == "mrcpr.camera-mount/1"
    assert (data["kind"], data["verdict"], data["advice"]) == ("sim", "good", "")
    assert [item["key"] for item in data["items"]] == ITEMS
    assert data["facts"]["distance_m"] == pytest.approx(0.70, abs=0.02)
    assert (data["facts"]["side"], data["facts"]["learner_side"]) == ("left", "right")
    assert data["facts"]["pose_from"] == "markers"


def test_behind_the_learner_in_words_and_as_a_picture(
    mrcpr: Callable[..., Finished], tmp_path: Path
) -> None:
    """The negative control of the good place: another exit code, and the way out."""
    picture = tmp_path / "mount.png"
    where = ("--distance", 1.05, "--azimuth", 180, "--seconds", 4, "--picture", picture)
    done = mrcpr("camera", "mount", "--sim", *where).require(2)
    assert last_verdict(done.out) == "BAD"
    words = " ".join(done.out.split())
    assert "SIMULATED" in words
    assert "turn it to the mannequin's left side" in words
    assert "✗ bad side" in words
    # How many lines four seconds give is the machine's to say; each of them measures.
    said = re.findall(r"(?m)^ *\d+\.\d s  (\d\.\d\d) m, ", done.out)
    assert said and [float(one) for one in said] == pytest.approx([1.05] * len(said), abs=0.0101)
    assert max(map(len, done.out.split("camera SIM")[1].splitlines())) <= 80
    drawn = cv2.imread(str(picture))
    assert drawn is not None and drawn.shape == (640, 1530, 3)


def test_ctrl_c_ends_it_with_a_verdict(start: Callable[..., Running]) -> None:
    running = start("camera", "mount", "--sim")
    running.wait_until(lambda: "m off" in running.said() or "°" in running.said(), "a line")
    running.signal_all(signal.SIGINT)
    done = running.end()
    assert done.code == CODES[last_verdict(done.out)]
    assert "distance" in done.out and "Traceback" not in done.err


def test_a_live_table_on_a_terminal(terminal: Callable[..., Terminal]) -> None:
    at_work = terminal("camera", "mount", "--sim", "--no-window")
    at_work.wait_for("Ctrl-C ends it")
    at_work.wait_for("0.70 m to the sternum")
    at_work.type("\x03")
    code = at_work.end()
    after = at_work.text.rpartition("Ctrl-C ends it")[2]
    assert "sight of the chest" in after  # the last table stays
    assert code == CODES[last_verdict(after)]
    assert "Traceback" not in at_work.text


def test_the_picture_cannot_be_written(mrcpr: Callable[..., Finished], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    picture = tmp_path / "file" / "mount.png"
    done = mrcpr("camera", "mount", "--sim", "--seconds", 1, "--json", "--picture", picture)
    done.require_one_line(str(picture), "cannot write this picture")


# --- recorded ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def camera_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a recording of a bare chest, made by the SDK."""
    pytest.importorskip("pyrealsense2")
    from mr.devices.realsense.recorder import record_frames, recording_suffix

    sim = make_sim_rig(distance_m=0.70)
    path = tmp_path_factory.mktemp("camera") / f"camera{recording_suffix()}"
    camera = SimCamera(sim, still_script(1.5), SteppedClock(), depth_hz=30, color_hz=2, seed=1)
    with camera:
        record_frames(path, camera.frames(), sim_calibration(sim), 30, color_fps=2)
    return path


def test_a_recording_before_anything_is_calibrated(
    mrcpr: Callable[..., Finished], camera_file: Path
) -> None:
    data = json.loads(mrcpr("camera", "mount", "--file", camera_file, "--json").require(0).out)
    assert data["facts"]["pose_from"] == "picture"
    assert data["facts"]["side"] is None and "rough" in data["facts"]["pose_why"]
    assert data["facts"]["distance_m"] == pytest.approx(0.70, abs=0.06)
    assert found(data, "markers")["verdict"] == "unknown"
    assert found(data, "sight")["verdict"] == "unknown"
    assert "let someone kneel and press" in data["advice"] or data["verdict"] == "usable"
    assert data["kind"] == "sim"  # simulated pixels stay simulated in a file


def test_a_recording_with_its_rig_file(
    mrcpr: Callable[..., Finished], camera_file: Path, rig: Path
) -> None:
    how = ("--file", camera_file, "--rig", rig, "--json")
    data = json.loads(mrcpr("camera", "mount", *how).require(0).out)
    assert data["facts"]["pose_from"] == "markers"
    assert data["facts"]["markers_total"] == 5
    assert data["facts"]["side"] == "left"
    assert data["facts"]["rate_hz"] == pytest.approx(30, abs=1)


# --- what is refused -----------------------------------------------------------------------


def test_no_camera_says_what_to_do(mrcpr: Callable[..., Finished]) -> None:
    mrcpr("camera", "mount", "--seconds", 1).require_one_line("RealSense", ":")


def test_what_contradicts_itself(mrcpr: Callable[..., Finished], rig: Path, tmp_path: Path) -> None:
    mrcpr("camera", "mount", "--sim", "--rig", rig).require_one_line("--sim", "leave out")
    mrcpr("camera", "mount", "--file", "x.db3", "--serial", "1").require_one_line("--serial")
    mrcpr("camera", "mount", "--file", tmp_path / "no.db3").require_one_line("no.db3")
    mrcpr("camera", "mount", "--rig", rig, "--camera", "top").require_one_line("'top'", "side")
    loaded = load_rig(rig)
    (camera,) = loaded.cameras.values()
    two = loaded.model_copy(update={"cameras": {"a": camera, "b": camera}})
    save_rig(two, tmp_path / "two.toml")
    mrcpr("camera", "mount", "--rig", tmp_path / "two.toml").require_one_line("a, b", "--camera")


def test_the_list_without_a_camera(mrcpr: Callable[..., Finished]) -> None:
    out = mrcpr("camera", "list").require(0).out
    assert "→ plug a D435 or D455 into a USB 3 port" in out
    data = json.loads(mrcpr("camera", "list", "--json").require(0).out)
    assert data["schema"] == "mrcpr.camera-list/1"
    assert data["cameras"] == [] and data["why"]


def test_the_list_with_cameras(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mr.cli import camera
    from mr.devices.realsense.sdk import CameraList, FoundCamera

    both = (
        FoundCamera("831", "Intel RealSense D435", "5.16.0.1", "3.2"),
        FoundCamera("832", "Intel RealSense D435", "5.16.0.1", "2.1"),
    )
    monkeypatch.setattr(camera, "list_cameras", lambda: CameraList(both))
    monkeypatch.setenv("COLUMNS", "100")
    camera.list_connected(json=False)
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert "831" in first and "3.2" in first and "slow" not in first
    assert "832" in second and "slow: use a USB 3 port" in second
