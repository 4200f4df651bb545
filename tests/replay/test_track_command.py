"""`mrcpr replay --track` as a command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mr
from mr.recording.reader import open_recording
from mr.rig import PoseEntry, Rig, save_rig
from mr.types import Pose
from tests.cli.conftest import Finished, mrcpr, start
from tests.replay.conftest import write_again
from tests.replay.test_retrack import SHIFT_M, one_bit

__all__ = ["mrcpr", "start"]

Run = Callable[..., Finished]


def test_a_whole_recording_says_both_versions_and_identical(
    mrcpr: Run, tracked_sessions: dict[int, Path]
) -> None:
    path = tracked_sessions[2]
    done = mrcpr("replay", path, "--track").require(0)
    recorded_by = open_recording(path).header.software
    assert f"tracked live by {recorded_by}, now by mrcpr {mr.__version__}, from" in done.out
    assert "identical to the live run to the last bit" in done.out


def test_what_an_older_version_recorded_may_differ(
    mrcpr: Run, tracked_sessions: dict[int, Path], tmp_path: Path
) -> None:
    same = tmp_path / "same.mcap"
    write_again(tracked_sessions[2], same, one_bit)
    done = mrcpr("replay", same, "--track").require(1)
    assert "different though the version is the same" in done.out
    assert "chest, camera a" in done.out
    older = tmp_path / "older.mcap"
    write_again(tracked_sessions[2], older, one_bit, software="mrcpr 0.0.9")
    done = mrcpr("replay", older, "--track").require(0)
    assert "tracked live by mrcpr 0.0.9, now by" in done.out and "identical" not in done.out


def test_another_rig_is_named_and_its_differences_told(
    mrcpr: Run, tracked_sessions: dict[int, Path], two_camera_rig: Rig, tmp_path: Path
) -> None:
    camera = two_camera_rig.cameras["b"]
    hung = camera.world_from_cam.pose()
    moved = PoseEntry.of(Pose(hung.R, hung.t_m + SHIFT_M))
    elsewhere = camera.model_copy(update={"world_from_cam": moved})
    path = tmp_path / "moved.toml"
    save_rig(
        two_camera_rig.model_copy(update={"cameras": two_camera_rig.cameras | {"b": elsewhere}}),
        path,
    )
    done = mrcpr("replay", tracked_sessions[2], "--track", "--rig", path).require(0)
    assert str(path) in done.out and "identical" not in done.out
    mrcpr("replay", tracked_sessions[2], "--rig", path).require_one_line("--rig", "--track")


def test_level_one_is_refused_in_one_line(mrcpr: Run, tracked_sessions: dict[int, Path]) -> None:
    done = mrcpr("replay", tracked_sessions[1], "--track")
    done.require_one_line("level1.mcap", "no depth pictures", "--level 2")
    assert "identical" in mrcpr("replay", tracked_sessions[1]).require(0).out
