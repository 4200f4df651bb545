"""The states a learner can be in, as snapshots."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.rig import Intrinsics
from mr.types import Pose, Snapshot
from tests import snapshots


@pytest.fixture
def states() -> dict[str, Snapshot]:
    """Every state that has its own look, by its name."""
    return snapshots.states()


@pytest.fixture
def lens() -> Intrinsics:
    """A colour camera of 640×480 px with a clear distortion."""
    return Intrinsics(
        width_px=640,
        height_px=480,
        fx_px=606.0,
        fy_px=604.0,
        cx_px=322.5,
        cy_px=238.2,
        distortion=(0.11, -0.22, 0.001, -0.0008, 0.05),
    )


@pytest.fixture
def cam_from_mannequin() -> Pose:
    """A camera 0.85 m off, looking down at the chest from its right side."""
    forward = -np.array([-0.55, -0.12, 0.64])
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    cam_in_mannequin = np.stack([right, np.cross(forward, right), forward], axis=1)
    turn = Rotation.from_euler("z", 4.0, degrees=True).as_matrix()
    eye = -0.86 * forward + np.array([0.01, 0.02, 0.0])
    return Pose(cam_in_mannequin @ turn, eye).inverse()
