"""The rig camera's picture for a headset that does not show the room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mr.errors import CalibrationError
from mr.rig import CameraCalibration, Intrinsics, PoseEntry, Provenance, Rig
from mr.types import Pose, Snapshot
from overlays.beat import Beat
from overlays.mirror import color_camera
from overlays.render.registered import project_px
from overlays.theme import DEFAULT
from overlays.xr.rig_view import NO_PICTURE, RigView
from tests.snapshots import IN_FULL_SWING

GREY = np.full((480, 640, 3), 90, dtype=np.uint8)


@pytest.fixture
def rig(lens: Intrinsics, cam_from_mannequin: Pose) -> Rig:
    """Give a rig whose world is the mannequin's place, with one camera."""
    camera = CameraCalibration(
        serial="1",
        depth=lens,
        color=lens,
        color_from_depth=PoseEntry.of(Pose.identity()),
        baseline_m=0.05,
        world_from_cam=PoseEntry.of(cam_from_mannequin.inverse()),
    )
    return Rig(
        name="test",
        cameras={"side": camera},
        world_from_mannequin=PoseEntry.of(Pose.identity()),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )


@pytest.fixture
def world_from_mannequin() -> Pose:
    """Give where the mannequin lies: a little aside."""
    return Pose(np.eye(3), np.array([0.02, -0.01, 0.0]))


class Source:
    """A session's newest snapshot and picture."""

    def __init__(self, world_from_mannequin: Pose | None, camera_id: str) -> None:
        self.snapshot: Snapshot | None = None
        self.picture: Any = (GREY, world_from_mannequin, camera_id)
        self.n_pictures = 0

    def read_snapshot(self) -> Snapshot | None:
        return self.snapshot

    def read_picture(self) -> Any:
        self.n_pictures += 1
        return self.picture


def view_of(rig: Rig, source: Source) -> RigView:
    return RigView(rig, source.read_snapshot, source.read_picture)


def ring_share(bgr: np.ndarray, color_from_mannequin: Pose, rig: Rig, camera_id: str) -> float:
    """Tell how much of the target's ring has the theme's colour for "good"."""
    lens, _ = color_camera(rig, camera_id)
    turn = np.linspace(0.0, 2 * np.pi, 60)
    ring = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    good = np.array([DEFAULT.good[2], DEFAULT.good[1], DEFAULT.good[0]]) * 255
    shares = []
    for radius_m in np.arange(0.02, 0.10, 0.002):
        at_px, _ = project_px(radius_m * ring, color_from_mannequin, lens)
        column, row = np.round(at_px).astype(int).T
        shares.append((np.abs(bgr[row, column] - good) < 25).all(axis=1).mean())
    return float(max(shares))


def test_it_says_so_until_there_is_a_picture(rig: Rig) -> None:
    source = Source(None, next(iter(rig.cameras)))
    view = view_of(rig, source)
    blank = view()
    assert blank.seq == NO_PICTURE
    assert (blank.bgr > 200).any(), "a line of text"
    source.snapshot, source.picture = IN_FULL_SWING, None
    assert view() is blank


def test_the_overlay_is_drawn_into_the_picture(rig: Rig, world_from_mannequin: Pose) -> None:
    camera_id = next(iter(rig.cameras))
    source = Source(world_from_mannequin, camera_id)
    source.snapshot = IN_FULL_SWING
    view = view_of(rig, source)
    drawn = view()
    _, color_from_world = color_camera(rig, camera_id)
    place = color_from_world @ world_from_mannequin
    assert ring_share(drawn.bgr, place, rig, camera_id) > 0.5
    elsewhere = place @ Pose(np.eye(3), np.array([0.04, 0.0, 0.0]))
    assert ring_share(drawn.bgr, elsewhere, rig, camera_id) < 0.5, "the control"
    assert (GREY == 90).all(), "the raw picture stays as it was"
    # The control: where nobody knows the mannequin nothing registered is drawn.
    source.snapshot = replace(IN_FULL_SWING, seq=IN_FULL_SWING.seq + 1)
    source.picture = (GREY, None, camera_id)
    assert np.array_equal(view().bgr, GREY)


def test_a_picture_is_drawn_once_a_snapshot(rig: Rig, world_from_mannequin: Pose) -> None:
    source = Source(world_from_mannequin, next(iter(rig.cameras)))
    source.snapshot = IN_FULL_SWING
    view = view_of(rig, source)
    first = view()
    assert view() is first
    assert source.n_pictures == 1
    source.snapshot = replace(IN_FULL_SWING, seq=IN_FULL_SWING.seq + 1)
    assert view().seq == first.seq + 1


def test_the_beat_is_seen_in_the_picture(rig: Rig, world_from_mannequin: Pose) -> None:
    source = Source(world_from_mannequin, next(iter(rig.cameras)))
    source.snapshot = IN_FULL_SWING

    def at_phase(late_ns: int) -> np.ndarray:
        beat = Beat(0.5, IN_FULL_SWING.t_ns - late_ns)
        view = RigView(rig, source.read_snapshot, source.read_picture, beat=beat)
        return view().bgr

    lit, out = at_phase(10_000_000), at_phase(400_000_000)
    assert not np.array_equal(lit, out)
    assert np.array_equal(out, view_of(rig, source)().bgr), "the control: between two beats"


def test_a_camera_without_a_lens_is_named(rig: Rig, world_from_mannequin: Pose) -> None:
    source = Source(world_from_mannequin, "elsewhere")
    source.snapshot = IN_FULL_SWING
    with pytest.raises(CalibrationError, match="elsewhere"):
        view_of(rig, source)()
