"""The scan of the resting mannequin: what is in it, what is left out, how it is kept."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.mannequin.surface import DENT_M, Scan, scan_surface
from mr.errors import CalibrationError
from mr.geometry.cloud import Cloud, pack_cloud, unpack_cloud
from mr.sim import body
from mr.sim.camera import M_PER_COUNT, SimImager
from mr.sim.learner import still_script
from mr.sim.noise import NoiseModel
from mr.sim.rig import make_sim_rig, sim_calibration


@pytest.fixture(scope="module")
def scan() -> Scan:
    sim = make_sim_rig()
    imager = SimImager(sim, still_script(5.0), 3, NoiseModel(), calibration_error=False)
    frames = tuple(imager.depth_counts(0.1 * k) for k in range(8))
    lies = sim.mannequin_from_cam.inverse()
    return Scan(frames, M_PER_COUNT, sim_calibration(sim, exact=True), lies)


def above_torso_mm(points: np.ndarray) -> np.ndarray:
    x, y = points[:, 0].astype(np.float32), points[:, 1].astype(np.float32)
    return 1e3 * (points[:, 2] - body.torso_height_m(x, y))


def test_the_scan_lies_on_the_torso_and_leaves_out_what_moves(scan: Scan) -> None:
    sim = make_sim_rig()
    cloud = scan_surface([scan], sim.marker_layout(), sim.chest_ap_m)
    x, y, z = cloud.points_m.T
    flat = (np.abs(x) < 0.12) & (y > -0.25) & (y < 0.17)
    error_mm = above_torso_mm(cloud.points_m[flat])
    print(
        f"{len(cloud)} points; on the torso: mean {error_mm.mean():+.2f}, sd {error_mm.std():.2f}"
    )
    assert flat.sum() > 150
    assert abs(error_mm.mean()) < 0.5
    assert error_mm.std() < 1.5
    assert not ((np.abs(x) < DENT_M[0]) & (np.abs(y) < DENT_M[1])).any()
    assert z.min() > -sim.chest_ap_m + 0.03
    for marker in sim.marker_layout().markers:
        away = cloud.points_m - np.mean(marker.corners_in_mannequin_m, axis=0)
        assert np.linalg.norm(away, axis=1).min() > 0.07
    # Head and both shoulders are in it; normals look at the camera.
    assert (y > 0.38).sum() > 50
    assert ((x > 0.1) & (y > 0.12)).sum() > 20
    assert ((x < -0.1) & (y > 0.12)).sum() > 5  # the far one is seen at a slant
    eye = sim.mannequin_from_cam.t_m - cloud.points_m
    assert (np.einsum("ij,ij->i", eye, cloud.normals) > 0).all()
    # The control: a scan that is told the wrong place is not on the torso.
    assert abs(above_torso_mm(cloud.points_m[flat] + [0, 0, 0.004]).mean()) > 3.0


def test_it_is_kept_to_a_fraction_of_its_noise(scan: Scan) -> None:
    sim = make_sim_rig()
    cloud = scan_surface([scan], sim.marker_layout(), sim.chest_ap_m)
    text = pack_cloud(cloud)
    back = unpack_cloud(text)
    print(f"{len(cloud)} points in {len(text)} characters")
    assert np.abs(back.points_m - cloud.points_m).max() <= 1.01e-5
    assert np.einsum("ij,ij->i", back.normals, cloud.normals).min() > np.cos(np.radians(0.6))
    with pytest.raises(ValueError, match="damaged"):
        unpack_cloud(text[: len(text) // 2])
    with pytest.raises(ValueError, match=r"0\.65 m"):
        pack_cloud(Cloud(cloud.points_m + 0.6, cloud.normals))


def test_too_little_is_refused(scan: Scan) -> None:
    few = Scan(scan.frames[:3], scan.m_per_count, scan.camera, scan.cam_from_mannequin)
    with pytest.raises(CalibrationError, match="3 depth frames, 8 are needed"):
        scan_surface([few], None)
    empty = tuple(np.zeros_like(f) for f in scan.frames)
    dark = Scan(empty, scan.m_per_count, scan.camera, scan.cam_from_mannequin)
    with pytest.raises(CalibrationError, match="0 points seen"):
        scan_surface([dark], None)
