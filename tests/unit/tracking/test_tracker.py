"""One camera's tracker: names, refusals, and what it says when it cannot measure."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.rig import CameraCalibration, Intrinsics, Marker, MarkerLayout, PoseEntry, Provenance, Rig
from mr.tracking.surface import BOX_M, STRIDE, ChestView
from mr.tracking.tracker import CameraTracker
from mr.types import (
    ArmPosture,
    Arrival,
    ChestObservation,
    ColorFrame,
    DepthFrame,
    HandSample,
    MannequinPose,
    Pose,
    Stamp,
)

DEPTH = Intrinsics(width_px=320, height_px=240, fx_px=195, fy_px=195, cx_px=160, cy_px=120)
COLOR = Intrinsics(width_px=320, height_px=240, fx_px=300, fy_px=300, cx_px=160, cy_px=120)
ABOVE = Pose(Rotation.from_euler("x", 180, degrees=True).as_matrix(), np.array([0.0, 0.0, 0.7]))
"""mannequin_from_cam: straight above the sternum, looking down."""
STAMP = Stamp(1_000_000_000, 50_000)
SQUARE = ((-0.02, 0.02, 0.0), (0.02, 0.02, 0.0), (0.02, -0.02, 0.0), (-0.02, -0.02, 0.0))


def make_rig(look: Pose = ABOVE, **changes: object) -> Rig:
    camera = CameraCalibration(
        serial="1",
        depth=DEPTH,
        color=COLOR,
        color_from_depth=PoseEntry.of(Pose.identity()),
        baseline_m=0.05,
        world_from_cam=PoseEntry.of(look),
    ).model_copy(update=changes)
    return Rig(
        name="unit",
        cameras={"a": camera},
        markers=MarkerLayout(markers=(Marker(id=0, corners_in_mannequin_m=SQUARE),)),
        world_from_mannequin=PoseEntry.of(Pose.identity()),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )


def depth_frame(z_m: np.ndarray | float, camera: str = "a") -> DepthFrame:
    counts = np.full((240, 320), np.round(np.asarray(z_m) * 1e4), dtype=np.uint16)
    return DepthFrame(Arrival("cam_a.depth", 7, 70, 700), camera, counts, 1e-4)


def color_frame() -> ColorFrame:
    return ColorFrame(Arrival("cam_a.color", 3, 30, 300), "a", np.full((240, 320, 3), 90, np.uint8))


def test_flat_bare_chest() -> None:
    pose, chest, hand = CameraTracker(make_rig(), "a").step(depth_frame(0.704), STAMP)
    assert isinstance(pose, MannequinPose)
    assert isinstance(chest, ChestObservation)
    assert isinstance(hand, HandSample)
    assert [o.arrival.stream for o in (pose, chest, hand)] == [
        "cam_a.surface",  # a depth frame's; one of a colour frame is "cam_a.pose"
        "cam_a.chest",
        "cam_a.hand",
    ]
    assert {o.arrival.seq for o in (pose, chest, hand)} == {7}
    assert pose.source == "calibrated"
    assert chest.hands == "off"
    assert chest.surface_z_m == pytest.approx(-0.004, abs=1e-5)
    assert 0.0005 < chest.sigma_m < 0.006
    assert hand.heel_in_mannequin_m is None
    assert hand.why == "no forearm is seen"


def test_first_depth_frame_alone_tells_the_pose() -> None:
    tracker = CameraTracker(make_rig(), "a")
    assert len(tracker.step(depth_frame(0.7), STAMP)) == 3
    assert len(tracker.step(depth_frame(0.7), STAMP)) == 2


def test_color_without_markers_says_so_and_keeps_the_calibrated_pose() -> None:
    (pose,) = CameraTracker(make_rig(), "a").step(color_frame(), STAMP)
    assert isinstance(pose, MannequinPose)
    assert pose.valid
    assert pose.source == "calibrated"
    assert np.isnan(pose.residual_px)
    assert pose.why == "0 of 1 markers seen, 2 needed"


@pytest.mark.parametrize(
    ("depth_m", "why"),
    [
        (0.0, "the compression point is hidden or gives no depth"),
        (0.64, "something lies 60 mm over the chest, and no forearm is seen"),
        (0.76, "the chest lies 60 mm too low, and no forearm is seen"),
        (0.3, "the compression point is hidden or gives no depth"),
    ],
)
def test_unknown_is_said(depth_m: float, why: str) -> None:
    chest = CameraTracker(make_rig(), "a").step(depth_frame(depth_m), STAMP)[1]
    assert isinstance(chest, ChestObservation)
    assert chest.surface_z_m is None
    assert chest.hands == "unknown"
    assert chest.why == why
    assert np.isnan(chest.sigma_m)


def test_camera_that_looks_away() -> None:
    away = Pose(np.eye(3), np.array([0.0, 0.0, 0.7]))
    _, chest, hand = CameraTracker(make_rig(away), "a").step(depth_frame(0.7), STAMP)
    assert isinstance(chest, ChestObservation)
    assert isinstance(hand, HandSample)
    assert chest.why == hand.why == "the camera does not look at the chest"


def test_refusals() -> None:
    with pytest.raises(CalibrationError, match="no camera 'b'"):
        CameraTracker(make_rig(), "b")
    with pytest.raises(CalibrationError, match="color_from_depth"):
        CameraTracker(make_rig(color_from_depth=None), "a")
    tracker = CameraTracker(make_rig(), "a")
    with pytest.raises(ValueError, match="of camera 'b'"):
        tracker.step(depth_frame(0.7, camera="b"), STAMP)
    small = DepthFrame(Arrival("x", 0, 0, 0), "a", np.zeros((24, 32), np.uint16), 1e-4)
    with pytest.raises(CalibrationError, match="calibrated at"):
        tracker.step(small, STAMP)


def test_view_holds_the_region_and_its_noise() -> None:
    view = ChestView(Camera(DEPTH), 0.05, ABOVE.inverse())
    points = view.look(depth_frame(0.7))
    assert np.abs(points.z).max() < 1e-5
    assert points.x.min() < BOX_M[0][0]
    assert points.x.max() > BOX_M[0][1]
    # One pixel at 0.7 m: 0.49 · 0.1 / (195 · 0.05) = 5.0 mm; 4 × 90 px: half of it.
    assert view.height_sigma_m(0.7, 1) == pytest.approx(0.0050, rel=0.02)
    assert view.height_sigma_m(0.7, 4 * 90 // STRIDE**2) == pytest.approx(0.0025, rel=0.02)


def test_arms_are_looked_at_when_asked_for_a_few_times_a_second() -> None:
    plain, asked = (CameraTracker(make_rig(), "a", arms=arms) for arms in (False, True))
    stamps = [Stamp(round(k * 1e9 / 30), 50_000) for k in range(12)]
    told = [o for stamp in stamps for o in plain.step(depth_frame(0.7), stamp)]
    assert not [o for o in told if isinstance(o, ArmPosture)]
    told = [o for stamp in stamps for o in asked.step(depth_frame(0.7), stamp)]
    arms = [o for o in told if isinstance(o, ArmPosture)]
    assert [o.stamp for o in arms] == stamps[::5]
    for posture in arms:
        assert posture.arrival.stream == "cam_a.arms"
        assert posture.lean_rad.value is None
        assert posture.lean_rad.why == "no hands press on the chest"
        assert posture.confidence == 0.0
