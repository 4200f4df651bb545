"""A plane through points, with outliers."""

from __future__ import annotations

import numpy as np
import pytest

from mr.geometry.planes import fit_plane


def test_outliers_do_not_tilt_it() -> None:
    rng = np.random.default_rng(1)
    xy = rng.uniform(-0.3, 0.3, (2000, 2))
    normal = np.array([0.2, -0.4, -1.0]) / np.linalg.norm([0.2, -0.4, -1.0])
    z = (-0.8 - xy @ normal[:2]) / normal[2] + rng.normal(0, 0.001, 2000)
    points = np.column_stack([xy, z])
    points[:300, 2] -= rng.uniform(0.05, 0.2, 300)
    plane = fit_plane(points)
    assert np.degrees(np.arccos(min(1.0, plane.normal @ normal))) < 0.05
    assert plane.offset_m == pytest.approx(-0.8, abs=2e-4)
    assert plane.rms_m == pytest.approx(0.001 * abs(normal[2]), rel=0.05)
    assert not plane.inliers[:300].any()
    assert plane.height_m(points[:300]).min() > 0.03
    # The control: keeping every point tilts it.
    loose = fit_plane(points, cut_sigma=1e9)
    assert np.degrees(np.arccos(min(1.0, loose.normal @ normal))) > 0.05


def test_two_points_are_no_plane() -> None:
    with pytest.raises(ValueError, match="3 or more"):
        fit_plane(np.zeros((2, 3)))
