"""Landmarks beside the heel that depth finds, on simulated depth frames of a session.

The landmarks are synthetic and placed by the script's own truth; the heel comes out of the
rendered depth. So the two meet only if both camera models and the pose are used rightly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mr.geometry.camera import Camera
from mr.rig import PoseEntry, Provenance, Rig
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.rig import SimRig, make_sim_rig, sim_calibration
from mr.tracking.evidence import TOLERANCE_M
from mr.tracking.lifting import LIFTED
from mr.tracking.tracker import CameraTracker
from mr.types import Arrival, DepthFrame, FloatArray, HandLandmarks, HandSample, Stamp

HZ = 20
N = 24
BACK_M = 0.055
"""Of two stacked hands over the underside of the lower one's heel."""


@dataclass(frozen=True, eq=False)
class Scene:
    sim: SimRig
    rig: Rig
    frames: list[DepthFrame]
    heel_m: FloatArray


@pytest.fixture(scope="module")
def scene() -> Scene:
    sim = make_sim_rig(distance_m=0.72, tilt_deg=30.0)
    script = still_script(duration_s=3.0, hands=True)
    imager = SimImager(sim, script, seed=8)
    name = sim.camera_id
    rig = Rig(
        name="truth",
        cameras={name: sim_calibration(sim)},
        world_from_mannequin=PoseEntry.of(sim.world_from_mannequin),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )
    frames = [
        DepthFrame(
            Arrival(f"cam_{name}.depth", k, k, k), name, imager.depth_counts(1 + k / HZ), 1e-4
        )
        for k in range(N)
    ]
    heel_m = np.array(script.hands_at(1.0).heel_in_mannequin_m)
    return Scene(sim, rig, frames, heel_m)


def marks(scene: Scene, t_ns: int, wrist_m: FloatArray, side: str) -> HandLandmarks:
    """Give landmarks of a hand with its wrist there, fingers towards the mannequin's left."""
    points = np.tile(wrist_m, (21, 1)).astype(float)
    for number, (ahead, across) in {
        5: (0.085, 0.025), 9: (0.09, 0.005), 13: (0.085, -0.015), 17: (0.075, -0.03),
    }.items():  # fmt: skip
        points[number] = wrist_m + np.array([ahead, across, 0.0])
    color = scene.sim.camera.color
    pixels = Camera(color).project(scene.sim.mannequin_from_color.inverse().apply(points))
    arrival = Arrival(f"cam_{scene.sim.camera_id}.landmarks", 0, 0, 0)
    return HandLandmarks(arrival, Stamp(t_ns, 1), scene.sim.camera_id, pixels, 0.95, side)


def play(scene: Scene, wrist_m: FloatArray | None, late: int = 2) -> HandSample:
    """Play all frames, with landmarks that come some frames late; give the last hand told."""
    tracker = CameraTracker(scene.rig, scene.sim.camera_id)
    told = None
    for k, depth in enumerate(scene.frames):
        stamp = Stamp(k * 1_000_000_000 // HZ, 1000)
        for observed in tracker.step(depth, stamp):
            told = observed if isinstance(observed, HandSample) else told
        if wrist_m is not None and k >= late:
            before_ns = (k - late) * 1_000_000_000 // HZ
            tracker.landmarks(marks(scene, before_ns, wrist_m, "left"))
    assert told is not None
    return told


def test_landmarks_meet_the_heel_that_depth_finds(scene: Scene) -> None:
    plain = play(scene, None)
    assert plain.heel_in_mannequin_m is not None
    wrist_m = scene.heel_m + np.array([-0.03, 0.0, BACK_M])
    told = play(scene, wrist_m)
    away = scene.heel_m[:2] - plain.heel_in_mannequin_m[:2]
    print(f"depth's heel is {1e3 * np.hypot(*away):.1f} mm beside the true one; {told}")
    assert told.heel_in_mannequin_m == plain.heel_in_mannequin_m
    assert told.sigma_m == plain.sigma_m
    assert not told.why
    assert told.side in {"both", "left"}


@pytest.mark.parametrize("aside_m", [0.08, -0.08])
def test_a_hand_beside_the_heel_widens_sigma_alone(scene: Scene, aside_m: float) -> None:
    plain = play(scene, None)
    told = play(scene, scene.heel_m + np.array([-0.03, aside_m, 0.02]))
    assert told.heel_in_mannequin_m == plain.heel_in_mannequin_m
    assert told.sigma_m > np.hypot(plain.sigma_m, TOLERANCE_M / 2)
    assert "from the heel seen in depth" in told.why


def test_a_bystanders_hand_before_the_camera_changes_nothing(scene: Scene) -> None:
    """It hides nothing that is measured, but lies over the chest in the picture."""
    plain = play(scene, None)
    aside_m = scene.heel_m + np.array([-0.03, 0.09, 0.02])
    found = marks(scene, 0, aside_m, "left").landmarks_px
    depth = scene.sim.camera.depth
    cam_from_color = scene.sim.camera.color_from_depth.inverse()
    rays = Camera(scene.sim.camera.color).rays_at(found)
    near = Camera(depth).project(cam_from_color.apply(0.28 * rays))
    low, high = (
        np.floor(near.min(axis=0)).astype(int) - 8,
        np.ceil(near.max(axis=0)).astype(int) + 8,
    )
    frames = []
    for frame in scene.frames:
        counts = frame.depth_counts.copy()
        counts[max(0, low[1]) : high[1], max(0, low[0]) : high[0]] = 2800
        frames.append(replace(frame, depth_counts=counts))
    crowded = replace(scene, frames=frames)
    alone, told = play(crowded, None), play(crowded, aside_m)
    assert told == alone
    # The control: without the near hand's depth the same landmarks are the learner's.
    assert play(scene, aside_m) != plain


def test_wrist_and_knuckles_are_told_beside_the_landmarks(scene: Scene) -> None:
    """Out of rendered depth, through the front end, as they are recorded."""
    tracker = CameraTracker(scene.rig, scene.sim.camera_id)
    back_m = scene.heel_m + np.array([-0.03, 0.0, BACK_M])
    told = []
    for k, depth in enumerate(scene.frames):
        tracker.step(depth, Stamp(k * 1_000_000_000 // HZ, 1000))
        told.append(tracker.landmarks(marks(scene, k * 1_000_000_000 // HZ, back_m, "left")))
    points = [p for p in told if p is not None]
    assert len(points) > N // 2
    assert {p.arrival.stream for p in points} == {f"cam_{scene.sim.camera_id}.points"}
    assert {p.side for p in points} == {"left"}
    # On their rays through the colour picture, and on the hands: those are 32 to 90 mm high.
    pixels = marks(scene, 0, back_m, "left").landmarks_px[list(LIFTED)]
    for p in points:
        known = np.isfinite(p.points_in_mannequin_m).all(axis=1)
        lifted = p.points_in_mannequin_m[known]
        seen = scene.sim.mannequin_from_color.inverse().apply(lifted)
        off_px = Camera(scene.sim.camera.color).project(seen) - pixels[known]
        assert np.abs(off_px).max() < 1.5
        assert (lifted[:, 2] > 0.02).all() and (lifted[:, 2] < 0.12).all()
    # The control: without a depth frame there is nothing to lift by.
    bare = CameraTracker(scene.rig, scene.sim.camera_id)
    assert bare.landmarks(marks(scene, 0, back_m, "left")) is None
