"""Camera files on the command line: two at once, without colour, and bad ones."""

from __future__ import annotations

import functools
import itertools
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mr.recording.reader import open_recording
from mr.rig import PoseEntry, Provenance, Rig, save_rig
from mr.types import ChestObservation, Pose
from tests.cli.conftest import Finished
from tests.devices.realsense_worker import calibration
from tests.devices.test_realsense import run as run_case

Mrcpr = Callable[..., Finished]


@functools.cache
def recorded_in(folder: Path) -> Path:
    """Write 70 depth and 35 colour frames of camera S1, 1.2 s; made once."""
    path = folder / "camera.db3"
    run_case("record", path)
    return path


@pytest.fixture
def camera_file(require: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    require.module("pyrealsense2", "pip install 'mrcpr[realsense]'")
    return recorded_in(tmp_path_factory.getbasetemp())


@pytest.fixture
def rig(tmp_path: Path) -> Callable[..., Path]:
    """Write a rig with these cameras: id and serial number."""

    def write(**serials: str) -> Path:
        model = calibration()
        made = Rig(
            name="cameras",
            cameras={k: model.model_copy(update={"serial": s}) for k, s in serials.items()},
            world_from_mannequin=PoseEntry.of(Pose.identity()),
            provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
        )
        path = tmp_path / "rig.toml"
        save_rig(made, path)
        return path

    return write


def of(path: Path, camera: str) -> list[ChestObservation]:
    """Give what a recording holds of one camera's depth, or of all cameras'."""
    samples = [s for s in open_recording(path).samples() if isinstance(s, ChestObservation)]
    return [s for s in samples if camera in ("", s.camera_id)]


def damage_one_frame(path: Path, out: Path) -> None:
    """Copy a recording (an SQLite file) with one depth frame that cannot be read."""
    shutil.copy(path, out)
    with closing(sqlite3.connect(out)) as database, database:
        rows = database.execute(
            "SELECT messages.id FROM messages JOIN topics ON messages.topic_id = topics.id "
            "WHERE topics.name LIKE '%/Depth_%/image/data%' ORDER BY timestamp"
        ).fetchall()
        database.execute("UPDATE messages SET data = x'00' WHERE id = ?", rows[len(rows) // 2])


def test_two_camera_files_play_side_by_side(
    mrcpr: Mrcpr, camera_file: Path, rig: Callable[..., Path], tmp_path: Path
) -> None:
    # Its clock is 1000 s ahead, and its file ends in the middle: unplugged for good.
    second = tmp_path / "second.db3"
    run_case("copied", camera_file, second, "S2", 1000, 0.5)
    args = ["run", "--rig", rig(side="S1", other="S2"), "--no-mannequin", "--out", tmp_path / "out"]
    files = ["--camera-file", f"side={camera_file}", "--camera-file", f"other={second}"]
    mrcpr(*args, *files).require(0)
    (path,) = (tmp_path / "out").glob("*.mcap")
    side, other = of(path, "side"), of(path, "other")
    # The clock needs ten arrivals, depth and colour, before it stamps anything.
    assert 56 <= len(side) <= 70 and 21 <= len(other) <= 35
    begin_ns = min(o.arrival.arrival_ns for o in (*side, *other))
    for seen in (side, other):  # each on its own clock, and both at the same time
        assert all(b.stamp.t_ns > a.stamp.t_ns for a, b in itertools.pairwise(seen))
        assert abs(seen[0].arrival.arrival_ns - begin_ns) < 0.1e9
    assert other[0].arrival.device_ticks - side[0].arrival.device_ticks > 900e6
    ordered = [o.arrival.arrival_ns for o in of(path, "")]
    assert len(ordered) == len(side) + len(other)
    late_ns = [max(0, a - b) for a, b in itertools.pairwise(ordered)]
    assert max(late_ns) < 10e6  # the files are read side by side, not one ahead of the other
    analysis = json.loads(mrcpr("analyze", path, "--json").require(0).out)
    health = {h["stream"]: h for h in analysis["source"]["health"]}
    assert health["cam_side.depth"]["state"] == "ok" and health["cam_side.depth"]["lost"] == 0
    assert health["cam_other.depth"]["state"] == "lost"
    assert "silent for" in health["cam_other.depth"]["why"]


def test_one_file_of_a_rig_with_two_cameras_plays_alone(
    mrcpr: Mrcpr, camera_file: Path, rig: Callable[..., Path], tmp_path: Path
) -> None:
    args = ["run", "--rig", rig(side="S1", other="S2"), "--no-mannequin", "--out", tmp_path / "out"]
    mrcpr(*args, "--camera-file", f"side={camera_file}").require(0)
    (path,) = (tmp_path / "out").glob("*.mcap")
    assert of(path, "side") and not of(path, "other")


def test_a_file_without_colour_plays_and_bad_ones_are_refused(
    mrcpr: Mrcpr, camera_file: Path, rig: Callable[..., Path], tmp_path: Path
) -> None:
    whole = camera_file.read_bytes()
    middle = len(whole) // 2
    run_case("depth_only", camera_file, tmp_path / "depth.db3")
    run_case("empty_recording", tmp_path / "empty.db3")
    damage_one_frame(camera_file, tmp_path / "hole.db3")  # found in the middle of the session
    (tmp_path / "cut.db3").write_bytes(whole[:middle])
    args = ["run", "--rig", rig(side="S1"), "--no-mannequin", "--out", tmp_path / "out"]
    for name, words in (
        ("empty", "no depth or colour frame"),
        ("hole", "damaged, only"),
        ("cut", "give a whole .bag or .db3 file"),
    ):
        done = mrcpr(*args, "--camera-file", tmp_path / f"{name}.db3")
        done.require_one_line(f"{name}.db3", words)
        assert not (tmp_path / "out").exists(), name
    mrcpr(*args, "--camera-file", tmp_path / "depth.db3").require(0)
    (path,) = (tmp_path / "out").glob("*.mcap")
    assert of(path, "side")


def test_a_bag_that_is_cut_or_has_no_index_is_refused(
    mrcpr: Mrcpr, rig: Callable[..., Path], require: Any, tmp_path: Path
) -> None:
    require.module("pyrealsense2", "pip install 'mrcpr[realsense]'")
    whole = require.shared("realsense/single_depth_color_640x480.bag").read_bytes()
    place = whole.index(b"index_pos=") + len(b"index_pos=")
    index = int.from_bytes(whole[place : place + 8], "little")
    bad = {
        "cut.bag": (whole[: len(whole) // 2], "not a readable RealSense recording"),
        "killed.bag": (whole[:place] + bytes(8) + whole[place + 8 : index], "has no index"),
        "empty.bag": (whole.replace(b"image/data", b"image/dato"), "no depth or colour frame"),
        # The whole one is read, and refused for another reason.
        "whole.bag": (whole, "use its own rig file"),
    }
    args = ["run", "--rig", rig(side="S1"), "--no-mannequin", "--out", tmp_path / "out"]
    for name, (content, words) in bad.items():
        (tmp_path / name).write_bytes(content)
        done = mrcpr(*args, "--camera-file", tmp_path / name)
        done.require_one_line("728612070259" if name == "whole.bag" else name, words)
        assert not (tmp_path / "out").exists()
