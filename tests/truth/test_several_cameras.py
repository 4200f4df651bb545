"""Two cameras of one simulated rig, one of which hangs too near to see two markers."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.simulated.several import calibrate_together
from mr.errors import CalibrationError
from mr.geometry.poses import difference
from mr.sim.rig import CameraPlace, make_sim_rigs

NEAR, GOOD = CameraPlace(0.6, 16.0, 5.0), CameraPlace(0.7, 30.0, 30.0)


def test_a_camera_that_sees_too_few_markers_is_told_by_the_other() -> None:
    sims = make_sim_rigs({"near": NEAR, "good": GOOD})
    rig = calibrate_together(sims.values(), 1, n_frames=3, with_motion=False)
    assert list(rig.cameras) == ["near", "good"]
    gap = difference(rig.world_from_mannequin.pose(), sims["good"].world_from_mannequin)
    assert 1e3 * np.linalg.norm(gap[3:]) < 1.0
    assert np.degrees(np.linalg.norm(gap[:3])) < 0.1
    assert "rest_rms_m" in rig.provenance.residuals


def test_alone_it_is_named() -> None:
    """The control: nobody tells it."""
    (sim,) = make_sim_rigs({"near": NEAR}).values()
    with pytest.raises(CalibrationError, match="camera near: mannequin pose: 0 of 3 frames usable"):
        calibrate_together([sim], 1, n_frames=3, with_motion=False)
