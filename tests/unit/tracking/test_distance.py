"""A calibrated camera's distances are corrected once, before anybody looks at them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from calibration.mannequin.surface import Scan, scan_surface
from mr.sim.camera import M_PER_COUNT, SimImager
from mr.sim.learner import still_script
from mr.sim.rig import make_sim_rig, sim_calibration
from mr.tracking.distance import true_distances
from mr.tracking.tracker import CameraTracker
from mr.types import ChestObservation
from tests.unit.tracking.test_tracker import STAMP, depth_frame, make_rig


def heights(rig_changes: dict[str, float], z_m: float) -> float:
    tracker = CameraTracker(make_rig(**rig_changes), "a")
    chest = [o for o in tracker.step(depth_frame(z_m), STAMP) if isinstance(o, ChestObservation)]
    assert chest[0].surface_z_m is not None
    return chest[0].surface_z_m


def test_without_a_correction_the_frame_itself_comes_back() -> None:
    camera = make_rig().cameras["a"]
    frame = depth_frame(0.7)
    assert true_distances(frame, camera) is frame
    tiny = camera.model_copy(update={"depth_offset_m": 4e-5})
    assert true_distances(frame, tiny) is frame


@pytest.mark.parametrize(("scale", "offset_m"), [(1.02, 0.0), (1.0, -0.004), (0.98, 0.006)])
def test_scale_and_offset_are_applied_and_holes_stay(scale: float, offset_m: float) -> None:
    camera = make_rig(depth_scale=scale, depth_offset_m=offset_m).cameras["a"]
    frame = depth_frame(0.7)
    frame.depth_counts[3, 4] = 0
    frame.depth_counts[5, 6] = 65535
    before = frame.depth_counts.copy()
    mended = true_distances(frame, camera)
    assert np.array_equal(frame.depth_counts, before)
    assert mended.depth_counts[0, 0] * mended.m_per_count == pytest.approx(
        0.7 * scale + offset_m, abs=6e-5
    )
    assert mended.depth_counts[3, 4] == 0
    assert mended.depth_counts.dtype == np.uint16
    assert mended.depth_counts[5, 6] in (0, 65535 + round(offset_m / (1e-4 * scale)), 65535)


def test_the_tracker_sees_corrected_distances() -> None:
    # A camera that reports 1 % too little: 0.693 for 0.700, the chest's plane.
    plain = heights({}, 0.693)
    assert plain == pytest.approx(0.007, abs=5e-4)
    assert heights({"depth_scale": 0.7 / 0.693}, 0.693) == pytest.approx(0.0, abs=5e-4)
    assert heights({"depth_offset_m": 0.007}, 0.693) == pytest.approx(0.0, abs=5e-4)


def test_a_scan_of_the_surface_is_corrected() -> None:
    sim = make_sim_rig()
    imager = SimImager(sim, still_script(5.0), 3, calibration_error=False)
    frames = tuple(imager.depth_counts(0.1 * k) for k in range(8))
    lies = sim.mannequin_from_cam.inverse()
    camera = sim_calibration(sim, exact=True)
    true = scan_surface([Scan(frames, M_PER_COUNT, camera, lies)], sim.marker_layout())
    # The same frames by a camera that reports 3 mm too much.
    longer = tuple(np.where(f > 0, f + 30, 0).astype(np.uint16) for f in frames)
    mended = camera.model_copy(update={"depth_offset_m": -0.003})
    same = scan_surface([Scan(longer, M_PER_COUNT, mended, lies)], sim.marker_layout())
    off = scan_surface([Scan(longer, M_PER_COUNT, camera, lies)], sim.marker_layout())
    chest = [
        float(c.points_m[np.abs(c.points_m[:, 0]) < 0.16][:, 2].mean()) for c in (true, same, off)
    ]
    assert chest[1] == pytest.approx(chest[0], abs=2e-4)
    assert abs(chest[2] - chest[0]) > 1e-3
    assert dataclasses.replace(Scan(frames, M_PER_COUNT, camera, lies)).m_per_count == M_PER_COUNT
