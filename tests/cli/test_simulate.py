"""`mrcpr simulate`: scenes as real SDK recordings, calibrated where they stand."""

from __future__ import annotations

import importlib
import json
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from calibration.simulated.quick import calibrate_simulated
from calibration.simulated.several import calibrate_together
from mr.cli.scene import KeptScene
from mr.recording.reader import open_recording
from mr.rig import Rig, load_rig
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.types import ChestObservation
from tests.cli.conftest import Finished, run_once

simulate_module: Any = importlib.import_module("mr.cli.simulate")
Run = Callable[..., Finished]
SDK = ("pyrealsense2", "pip install 'mrcpr[realsense]'")
SCENE = (
    "--cameras", "2", "--distance", "0.65", "--tilt", "25", "--azimuth", "-10", "--gloves",
    "--noise", "0.12", "--elbow-bend", "15", "--seconds", "1", "--fps", "10", "--learner", "good",
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    folder: Path
    out: str


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Written:
    from tests.conftest import Require

    Require().module(*SDK)
    folder = tmp_path_factory.mktemp("scenes") / "two"
    done = run_once("simulate", folder, *SCENE).require(0)
    return Written(folder, done.out)


def eye_in_mannequin_m(rig: Rig, camera_id: str) -> np.ndarray[Any, Any]:
    """Where a calibrated rig says a camera is."""
    mannequin_from_world = rig.world_from_mannequin.pose().inverse()
    return mannequin_from_world.apply(rig.cameras[camera_id].world_from_cam.pose().t_m)


def place(eye_m: np.ndarray[Any, Any]) -> tuple[float, float, float]:
    distance_m = float(np.linalg.norm(eye_m))
    tilt_deg = float(np.degrees(np.arccos(eye_m[2] / distance_m)))
    return distance_m, tilt_deg, float(np.degrees(np.arctan2(eye_m[1], eye_m[0])))


def test_the_rig_is_calibrated_where_the_cameras_hang(scene: Written) -> None:
    rig = load_rig(scene.folder / "rig.toml")
    assert set(rig.cameras) == {"a", "b"}
    for camera_id, azimuth_deg in (("a", -10.0), ("b", 40.0)):
        distance_m, tilt_deg, around_deg = place(eye_in_mannequin_m(rig, camera_id))
        assert distance_m == pytest.approx(0.65, abs=0.004)
        assert tilt_deg == pytest.approx(25.0, abs=0.5)
        assert around_deg == pytest.approx(azimuth_deg, abs=1.0)
    # The control: the standard rig stands elsewhere.
    standard = calibrate_simulated(make_sim_rig(), Bench(1), n_frames=3, with_motion=False)
    assert place(eye_in_mannequin_m(standard, "side"))[0] > 0.75


def test_the_truth_says_all_that_is_compared(scene: Written) -> None:
    truth = json.loads((scene.folder / "truth.json").read_text())
    assert truth["kind"] == "sim"
    assert len(truth["compressions"]) >= 1
    for stroke in truth["compressions"]:
        assert 45 < stroke["depth_mm"] < 65
        x_mm, y_mm = stroke["hand_offset_mm"]
        assert 0 < np.hypot(x_mm, y_mm) < 15
    said = truth["scene"]
    assert said["noise_sigma_px"] == 0.12 and said["physique"]["gloves"] is True
    assert said["physique"]["elbow_bend_rad"] == pytest.approx(np.radians(15))
    assert said["cameras"]["b"]["azimuth_deg"] == 40.0
    assert said["cameras"]["a"]["clock_ppm"] != said["cameras"]["b"]["clock_ppm"]


def test_the_picture_shows_both_cameras(scene: Written) -> None:
    picture = cv2.imread(str(scene.folder / "scene.png"))
    assert picture is not None
    height, width = picture.shape[:2]
    assert width > 2 * 848 and height > 2 * 480
    for row in np.split(picture[: height // 2 * 2], 2):
        assert all(part.std() > 20 for part in (row[:480, :848], row[:480, 848:1696]))
        assert row[480:].max() > 200, "words"


def test_the_printed_command_scores_both_and_can_be_tracked_again(
    scene: Written, mrcpr: Run, tmp_path: Path
) -> None:
    (line,) = [li for li in scene.out.splitlines() if li.startswith("score it:")]
    program, *args = shlex.split(line.removeprefix("score it:"))
    assert program == "mrcpr"
    assert "a picture:" in scene.out and scene.out.count("SIMULATED") == 2
    done = mrcpr(*args, "--level", "2", "--out", tmp_path).require(0)
    assert "SIMULATED" in done.out
    (path,) = tmp_path.glob("*.mcap")
    seen = [s for s in open_recording(path).samples() if isinstance(s, ChestObservation)]
    for camera_id in ("a", "b"):
        known = [s for s in seen if s.camera_id == camera_id and s.surface_z_m is not None]
        assert len(known) > 10, camera_id
    assert "identical" in mrcpr("replay", path, "--track").require(0).out


def test_ctrl_c_amid_the_second_camera_leaves_nothing(
    require: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require.module(*SDK)
    folder = tmp_path / "new" / "scene"
    held_at_ctrl_c: list[str] = []

    def quick(self: KeptScene) -> Rig:
        return calibrate_together(self.rigs().values(), 1, n_frames=3, with_motion=False)

    def ctrl_c(frames: Iterable[Any], total: int, console: Any, what: str) -> Iterator[Any]:
        for n, frame in enumerate(frames):
            if what.endswith("camera b") and n == 5:
                held_at_ctrl_c.extend(path.name for path in folder.iterdir())
                raise KeyboardInterrupt
            yield frame

    monkeypatch.setattr(KeptScene, "calibrated", quick)
    monkeypatch.setattr(simulate_module, "_with_progress", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        simulate_module.simulate(folder, seconds=1.0, fps=6, cameras=2)
    assert "camera_a.db3" in held_at_ctrl_c, "the first was whole by then"
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(scene: Written, mrcpr: Run, require: Any, tmp_path: Path) -> None:
    require.module(*SDK)
    before = (scene.folder / "truth.json").read_bytes()
    mrcpr("simulate", scene.folder).require_one_line("exists already", "choose another folder")
    assert (scene.folder / "truth.json").read_bytes() == before
    (tmp_path / "scene.png").write_bytes(b"mine")
    mrcpr("simulate", tmp_path).require_one_line("scene.png", "exists already")
    assert [p.name for p in tmp_path.iterdir()] == ["scene.png"]


@pytest.mark.parametrize(
    "option", [("--cameras", "3"), ("--distance", "0.1"), ("--tilt", "90"), ("--noise", "-1")]
)
def test_places_that_cannot_be(mrcpr: Run, tmp_path: Path, option: tuple[str, str]) -> None:
    done = mrcpr("simulate", tmp_path / "x", *option).require(2)
    assert option[0] in done.err
    assert not list(tmp_path.iterdir())
