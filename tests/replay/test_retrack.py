"""Tracking run again from recorded depth pictures gives the bits of the live run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mr.errors import CalibrationError, RecordingError
from mr.recording.reader import open_recording
from mr.recording.rewrite import repair, without_pictures
from mr.rig import PoseEntry, Rig
from mr.session.retrack import Retracked, track_again
from mr.types import ChestObservation, DepthFrame, MannequinPose, MarkersSeen, Pose, Sample

Copy = Callable[..., Path]
SHIFT_M = np.array([0.0, 0.010, 0.0])


def require_whole(done: Retracked) -> None:
    assert done.identical, (done.changes, done.strokes)
    assert done.must_be_identical
    assert len(done.changes) == 8, "four kinds for two cameras"
    for change in done.changes:
        assert change.same and change.n_known_now > 3, change
        assert change.what.startswith("arms") or change.most_mm == 0.0
    assert done.strokes.n_live == done.strokes.n_now == done.strokes.n_paired >= 3
    assert done.strokes.most_mm in (0.0, None)


@pytest.mark.parametrize("level", [2, 3])
def test_whole_pictures_give_the_same_bits(tracked_sessions: dict[int, Path], level: int) -> None:
    told: list[tuple[float, int]] = []
    done = track_again(tracked_sessions[level], watch=lambda s, n: told.append((s, n)))
    require_whole(done)
    n = sum(isinstance(s, DepthFrame) for s in open_recording(tracked_sessions[level]).samples())
    assert done.n_depth == n > 100
    assert [k for _, k in told] == list(range(1, n + 1)) and told[-1][0] > 3.0
    assert not done.from_pictures


def test_without_its_colour_pictures_the_bits_are_the_same(
    tracked_sessions: dict[int, Path], tmp_path: Path
) -> None:
    """What a learner's withdrawn consent takes out changes no number."""
    less = without_pictures(tracked_sessions[3], tmp_path / "less.mcap")
    assert open_recording(tracked_sessions[3]).kinds() - less.kinds() == {"ColorFrame"}
    require_whole(track_again(less.path))


@pytest.mark.parametrize("share", [0.4, 0.8])
def test_a_cut_recording_is_tracked_as_far_as_it_goes(
    tracked_sessions: dict[int, Path], tmp_path: Path, share: float
) -> None:
    whole = tracked_sessions[2].read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(whole[: round(share * len(whole))])
    done = track_again(cut)
    assert done.identical, (done.changes, done.strokes)
    assert done.again.recording.why_incomplete
    n_recorded = sum(c.n_recorded for c in done.changes)
    assert n_recorded <= sum(c.n_now for c in done.changes) <= n_recorded + 8
    assert 20 < done.n_depth < 130
    repair(cut, tmp_path / "mended.mcap")
    mended = track_again(tmp_path / "mended.mcap")
    assert mended.identical
    assert mended.changes == done.changes


def test_a_moved_camera_gives_other_numbers(
    tracked_sessions: dict[int, Path], two_camera_rig: Rig
) -> None:
    """The control: the comparison says by how much."""
    camera = two_camera_rig.cameras["b"]
    hung = camera.world_from_cam.pose()
    elsewhere = camera.model_copy(
        update={"world_from_cam": PoseEntry.of(Pose(hung.R, hung.t_m + SHIFT_M))}
    )
    moved = two_camera_rig.model_copy(update={"cameras": two_camera_rig.cameras | {"b": elsewhere}})
    done = track_again(tracked_sessions[2], moved)
    assert not done.identical
    changes = {c.what: c for c in done.changes}
    place = changes["mannequin, camera b"]
    assert place.n_same == 0
    assert place.rms_mm == pytest.approx(10.0, abs=0.5)
    assert changes["mannequin, camera a"].same
    assert changes["chest, camera a"].same


def test_another_lens_measures_other_depths(
    tracked_sessions: dict[int, Path], two_camera_rig: Rig
) -> None:
    cameras = {}
    for camera_id, camera in two_camera_rig.cameras.items():
        depth = camera.depth.model_copy(update={"cy_px": camera.depth.cy_px + 20.0})
        cameras[camera_id] = camera.model_copy(update={"depth": depth})
    done = track_again(tracked_sessions[2], two_camera_rig.model_copy(update={"cameras": cameras}))
    changes = {c.what: c for c in done.changes}
    most_mm = changes["chest, camera a"].most_mm
    assert most_mm is not None and most_mm > 2.0
    assert not done.identical


def one_bit(samples: Sequence[Sample]) -> Iterable[Sample]:
    chests = [s for s in samples if isinstance(s, ChestObservation) and s.surface_z_m is not None]
    victim = chests[len(chests) // 2]
    assert victim.surface_z_m is not None
    nudged = replace(victim, surface_z_m=math.nextafter(victim.surface_z_m, math.inf))
    return [nudged if s is victim else s for s in samples]


def test_one_bit_of_one_observation_is_found(
    tracked_sessions: dict[int, Path], copied: Copy
) -> None:
    # The copying itself changes nothing: `tracked_sessions` are copies, too.
    changed = copied(tracked_sessions[2], one_bit)
    done = track_again(changed)
    assert not done.identical
    assert sum(c.n_recorded - c.n_same for c in done.changes) == 1


def test_one_count_of_one_picture_is_found(tracked_sessions: dict[int, Path], copied: Copy) -> None:
    def darker(samples: Sequence[Sample]) -> Iterable[Sample]:
        n = 0
        for sample in samples:
            n += isinstance(sample, DepthFrame)
            if isinstance(sample, DepthFrame) and n == 60:
                counts = sample.depth_counts + np.uint16(5) * (sample.depth_counts > 0)
                yield replace(sample, depth_counts=counts.astype(np.uint16))
            else:
                yield sample

    assert not track_again(copied(tracked_sessions[2], darker)).identical


def test_level_one_says_what_it_lacks(tracked_sessions: dict[int, Path]) -> None:
    with pytest.raises(RecordingError, match=r"level1\.mcap: keeps no depth .* --level 2"):
        track_again(tracked_sessions[1])


def without(*kinds: type) -> Callable[[Sequence[Sample]], Iterable[Sample]]:
    return lambda samples: [s for s in samples if not isinstance(s, kinds)]


def test_other_gaps_are_named(tracked_sessions: dict[int, Path], copied: Copy) -> None:
    blind = copied(tracked_sessions[2], without(DepthFrame))
    with pytest.raises(RecordingError, match="holds no depth picture"):
        track_again(blind)
    older = copied(tracked_sessions[2], without(MarkersSeen))
    with pytest.raises(RecordingError, match="what its colour pictures showed of the markers"):
        track_again(older)


def test_kept_colour_stands_in_for_missing_markers(
    tracked_sessions: dict[int, Path], copied: Copy
) -> None:
    done = track_again(copied(tracked_sessions[3], without(MarkersSeen)))
    assert done.from_pictures and not done.must_be_identical
    places = [c for c in done.changes if c.what.startswith("mannequin")]
    assert len(places) == 2
    for place in places:
        assert place.n_now == place.n_recorded and place.n_known_now > 5
        assert place.most_mm is not None and place.most_mm < 1.0


def test_a_rig_of_others_is_refused(tracked_sessions: dict[int, Path], two_camera_rig: Rig) -> None:
    a, b = two_camera_rig.cameras["a"], two_camera_rig.cameras["b"]

    def rig(**cameras: object) -> Rig:
        return two_camera_rig.model_copy(update={"cameras": cameras})

    with pytest.raises(
        CalibrationError, match=r"calibrated with camera . SIM-D435-., but this is SIM-D435-."
    ):
        track_again(tracked_sessions[2], rig(a=b, b=a))
    with pytest.raises(CalibrationError, match="has no camera 'b'"):
        track_again(tracked_sessions[2], rig(a=a))
    small = a.model_copy(update={"depth": a.depth.model_copy(update={"width_px": 640})})
    with pytest.raises(CalibrationError, match="640x480, but 848x480"):
        track_again(tracked_sessions[2], rig(a=small, b=b))
    assert a.color is not None
    wide = a.model_copy(update={"color": a.color.model_copy(update={"width_px": 1280})})
    with pytest.raises(CalibrationError, match="colour pictures of 1280x480, but 848x480"):
        track_again(tracked_sessions[2], rig(a=wide, b=b))


def test_poses_of_the_live_run_rest_on_markers(tracked_sessions: dict[int, Path]) -> None:
    """Else the markers kept beside the pictures would not have been put to the test."""
    poses = [
        s for s in open_recording(tracked_sessions[2]).samples() if isinstance(s, MannequinPose)
    ]
    assert sum(p.source == "markers" and p.n_markers >= 2 for p in poses) > 10
