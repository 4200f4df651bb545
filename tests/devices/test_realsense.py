"""One source class over the real SDK: a real recording, our own, a virtual camera, none."""

from __future__ import annotations

import functools
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mr.devices.realsense.sdk import list_cameras, load_sdk
from mr.errors import DeviceError

REPOSITORY = Path(__file__).parents[2]
BUS = "realsense_bus_worker"


@pytest.fixture
def sdk(require: Any) -> None:
    require.module("pyrealsense2", "pip install 'mrcpr[realsense]'")


def run(case: str, *arguments: object, worker: str = "realsense_worker") -> Any:
    """Run a case in its own process, which a fault in the SDK may kill."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.devices.{worker}", case, *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@functools.cache
def play(path: Path) -> Any:
    return run("play", path)


@functools.cache
def made_in(folder: Path) -> tuple[Path, Any]:
    path = folder / "made.db3"
    return path, run("record", path)


@pytest.fixture
def recording(sdk: None, request: pytest.FixtureRequest) -> tuple[Path, Any]:
    """Our own recording, made once; tests only read it."""
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    return made_in(factory.getbasetemp())


def test_a_real_camera_file_plays_without_loss(sdk: None, require: Any) -> None:
    out = run("play", require.shared("realsense/single_depth_color_640x480.bag"))
    truth = np.load(require.shared("realsense/d435_two_frames.npz"))
    assert out["kind"] == "replay"
    assert (out["model"], out["serial"]) == ("Intel RealSense D435", "728612070259")
    assert out["streams"] == ["cam_a.depth", "cam_a.color"]
    assert out["depth_seq"] == truth["frame"].tolist()
    assert out["depth_ticks"] == [round(t * 1000) for t in truth["t_ms"]]
    assert out["depth_ticks"][1] - out["depth_ticks"][0] == pytest.approx(166_676, abs=50)
    assert out["depth_arrival_ns"] == [t * 1000 for t in out["depth_ticks"]]
    assert len(out["color_ticks"]) == 1
    assert out["depth_sha"] == hashlib.sha256(truth["depth"].tobytes()).hexdigest()
    swapped = np.ascontiguousarray(truth["depth"][::-1])  # the check does see an order or a pixel
    assert out["depth_sha"] != hashlib.sha256(swapped.tobytes()).hexdigest()
    assert out["m_per_count"] == [0.001]
    assert out["owned"]
    depth = out["calibration"]["depth"]
    assert depth["fx_px"] == pytest.approx(float(truth["fx"]), abs=0.01)
    assert depth["cx_px"] == pytest.approx(float(truth["ppx"]), abs=0.01)
    assert out["calibration"]["baseline_m"] == pytest.approx(0.0501707, abs=1e-6)
    assert out["calibration"]["color_from_depth"]["t_m"][0] == pytest.approx(0.0143113, abs=1e-6)


def test_a_recording_keeps_every_bit(recording: tuple[Path, Any]) -> None:
    path, written = recording
    read = play(path)
    assert written["counts"] == {"depth": 70, "color": 35}
    assert read["depth_sha"] == written["depth_sha"]
    assert read["color_sha"] == written["color_sha"]
    assert read["depth_ticks"] == written["ticks"]
    assert read["color_ticks"] == written["ticks"][::2]
    assert read["m_per_count"] == [0.0001]
    assert read["rates_hz"] == [60, 30]
    assert read["ended_twice"]
    assert (read["kind"], read["model"]) == ("sim", "Simulated D435")  # never passes for real
    assert not list(path.parent.glob(".made*"))


def test_a_recording_keeps_its_calibration(recording: tuple[Path, Any]) -> None:
    path, written = recording
    read, want = play(path)["calibration"], written["calibration"]
    assert read["serial"] == want["serial"]
    assert read["baseline_m"] == pytest.approx(want["baseline_m"], rel=1e-6)
    for part in ("depth", "color"):
        for key in ("fx_px", "fy_px", "cx_px", "cy_px", "width_px", "height_px"):
            assert read[part][key] == pytest.approx(want[part][key], rel=1e-6)
    for key in ("rotvec_rad", "t_m"):
        assert read["color_from_depth"][key] == pytest.approx(
            want["color_from_depth"][key], abs=1e-6
        )
    assert read["color"]["distortion"] == pytest.approx(want["color"]["distortion"], abs=2e-3)
    assert read["color"]["distortion"] != pytest.approx([0.0] * 5, abs=2e-3)


def test_a_virtual_camera_runs_through_the_same_class(sdk: None) -> None:
    out = run("virtual")
    assert out["kind"] == "sim"
    assert (out["before"], out["later"]) == (0, 0)
    assert out["depth_sha"] == out["expected_depth_sha"]
    assert out["color_sha"] == out["expected_color_sha"]
    assert out["depth_seq"] == list(range(1, 71))
    steps = np.diff(out["depth_ticks"])  # the wrap of 2³² µs lies among them
    assert out["depth_ticks"][-1] > 2**32
    assert steps.min() >= 16_665
    assert steps.max() <= 16_668
    assert out["depth_arrival_ns"][0] == 5_000_000_000 + 16_666_667


def test_a_camera_on_the_bus(recording: tuple[Path, Any]) -> None:
    out = run("live", recording[0], worker=BUS)
    assert "no RealSense camera is connected" in out["none"]
    assert out["none_s"] < 10  # a start without a camera blocks for 15 s
    assert "S2 is not connected, but S1 is" in out["other"]
    assert "no depth at 848x480@60" in out["size"]
    assert "320x180@60" in out["size"]
    assert out["kind"] == "live"
    assert out["depth_sha"] == out["made_sha"][out["depth_seq"][0] - 1]
    assert out["depth_arrival_ns"] == [pytest.approx(out["now_ns"], abs=1_000_000)]
    assert out["silence"].startswith("DeviceError: the camera has been silent for 5 s")


def test_a_camera_comes_back_after_an_unplug(recording: tuple[Path, Any], tmp_path: Path) -> None:
    out = run("reopened", recording[0], tmp_path / "other.db3", worker=BUS)
    assert out["reopenable"] == [True, False]  # a file that fails is at its end
    assert "is not open" in out["never open"]
    assert "no RealSense camera is connected" in out["gone"]
    assert "is not open" in out["poll"]
    assert out["half back"].startswith("DeviceError: camera c is not back yet (failed to set")
    assert "S1 is not connected, but S2 is" in out["other"]  # though no serial was asked for
    assert out["back"] == "no error"
    assert out["serial"] == "S1"
    for stream in ("depth", "color"):
        assert out[stream]["gap"] == 1
        assert out[stream]["jump_us"] > 2**32  # its clock began anew: never back, never near
        assert 0 < out[stream]["span_us"] < 5_000_000
    # The clock has started over: without that, stamps would follow the jump of 2³³ µs.
    assert abs(out["stamp_late_ms"]) < 5


def test_what_cannot_be_recorded_is_refused_and_leaves_nothing(sdk: None, tmp_path: Path) -> None:
    out = run("refused_recordings", tmp_path)
    assert out.pop("left") == ""
    wanted = {
        "size": "DeviceError: depth pixels are (10, 10) uint16",
        "empty": "no frame to record",
        "order": "is not after",
        "ending": "name it ending.db3",
        "no_color": "has no colour",
    }
    for name, part in wanted.items():
        assert part in out[name], name


def test_ctrl_c_at_any_line_of_a_recording_leaves_nothing(sdk: None, tmp_path: Path) -> None:
    out = run("interrupted_recordings", tmp_path)
    assert out["ends"][0] == "written" and len(out["ends"]) > 20
    assert set(out["ends"][1:]) == {"interrupted"}, out["ends"]
    assert not out["left"]


def test_bad_files_say_what_and_which(recording: tuple[Path, Any], tmp_path: Path) -> None:
    whole = recording[0].read_bytes()
    middle = len(whole) // 2
    bad = {
        "missing.bag": None,
        "missing.db3": None,
        "junk.bag": b"not a recording" * 100,
        "junk.db3": b"not a recording" * 100,
        "nothing.bag": b"",
        "nothing.db3": b"",
        "short.db3": whole[: len(whole) // 2],
        # The SDK stops here silently, as if the recording ended.
        "damaged.db3": whole[:middle] + bytes(100_000) + whole[middle + 100_000 :],
    }
    for name, content in bad.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
    out = run("open_files", *(tmp_path / name for name in bad), recording[0])
    assert out.pop(str(recording[0])) == "no error, 70 depth and 35 colour frames"
    for path, message in out.items():
        assert message.startswith(f"RecordingError: {path}"), message
        assert "\n" not in message
        assert ": " in message.removeprefix(f"RecordingError: {path}")
    assert "damaged" in out[str(tmp_path / "damaged.db3")]
    assert not (tmp_path / "missing.db3").exists()


def test_a_truncated_real_file_is_refused(sdk: None, require: Any, tmp_path: Path) -> None:
    whole = require.shared("realsense/single_depth_color_640x480.bag").read_bytes()
    path = tmp_path / "short.bag"
    path.write_bytes(whole[: len(whole) * 9 // 10])
    assert "RecordingError" in run("open_files", path)[str(path)]


def test_a_recording_without_frames_is_refused(sdk: None, tmp_path: Path) -> None:
    path = tmp_path / "empty.db3"
    message = run("empty_recording", path)[str(path)]
    assert message.startswith(f"RecordingError: {path}"), message


def test_the_sdks_lens_models_become_opencvs(sdk: None) -> None:
    out = run("lenses")
    for name in ("brown_conrady", "inverse_brown_conrady"):
        missed_px, without_lens_px = out[name]
        assert missed_px < 0.02
        assert without_lens_px > 1.0
    assert out["modified_brown_conrady"].startswith("CalibrationError: lens model")


def test_without_the_sdk_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrealsense2", None)
    assert list_cameras().cameras == ()
    assert "mrcpr[realsense]" in list_cameras().why
    with pytest.raises(DeviceError, match="mrcpr\\[realsense\\]"):
        load_sdk()
