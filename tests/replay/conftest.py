"""A short recorded session of two simulated cameras, at every storage level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from calibration.simulated.several import calibrate_together
from mr.clock.host import NowNs
from mr.config import SessionConfig
from mr.recording.reader import open_recording
from mr.recording.writer import RecordingWriter
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.processes import SessionPlan, run_fast
from mr.sim.camera import SimCamera
from mr.sim.learner import make_script
from mr.sim.rig import CameraPlace, SimRig, make_sim_rigs
from mr.types import Device, Sample

DEPTH_HZ, COLOR_HZ = 10.0, 2.0
Change = Callable[[Sequence[Sample]], Iterable[Sample]]


def two_cameras() -> dict[str, SimRig]:
    return make_sim_rigs({"a": CameraPlace(), "b": CameraPlace(0.7, 25.0, -45.0)})


def open_cameras(now: NowNs) -> Sequence[Device]:
    script = make_script("good", compressing_s=2.0, seed=4)
    return [
        SimCamera(sim, script, now, depth_hz=DEPTH_HZ, color_hz=COLOR_HZ, seed=k, start_ns=now())
        for k, sim in enumerate(two_cameras().values())
    ]


@pytest.fixture(scope="session")
def two_camera_rig() -> Rig:
    rig = calibrate_together(two_cameras().values(), 1, n_frames=3, with_motion=False)
    return rig.model_copy(update={"mannequin": None})


@pytest.fixture(scope="session")
def tracked_sessions(
    two_camera_rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, Path]:
    """Give the same session at each storage level."""
    folder = tmp_path_factory.mktemp("levels")
    config = SessionConfig.model_validate({"storage_level": 3, "out_dir": folder, "arms": True})
    made = {level: folder / f"level{level}.mcap" for level in (1, 2, 3)}
    profile = load_guideline(config.guideline)
    plan = SessionPlan(open_cameras, two_camera_rig, config, profile, made[3])
    run_fast(plan, lambda _: None, lambda _: None)
    for level in (1, 2):
        write_again(made[3], made[level], lambda samples: samples, level)
    return made


def write_again(
    source: Path, path: Path, change: Change, level: int | None = None, software: str | None = None
) -> None:
    """Write a recording anew with its samples changed; the writer leaves out what a level does."""
    recording = open_recording(source)
    given = {"storage_level": level, "software": software}
    header = recording.header.model_copy(update={k: v for k, v in given.items() if v is not None})
    with RecordingWriter(path, header, recording.rig) as writer:
        for sample in change(list(recording.samples())):
            writer.write(sample)
        for result in recording.results("compression"):
            writer.write_result("compression", result)


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path, Change], Path]:
    """Give a function that writes a recording anew with its samples changed."""

    def copy(source: Path, change: Change) -> Path:
        path = tmp_path / f"changed{len(list(tmp_path.iterdir()))}.mcap"
        write_again(source, path, change)
        return path

    return copy
