"""The rendered pictures show what the script says, checked on points computed apart."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.sim import body
from mr.sim.camera import SimImager
from mr.sim.learner import make_script, still_script
from mr.sim.noise import NoiseModel
from mr.sim.rig import make_sim_rig, sim_calibration
from mr.types import Pose

RIG = make_sim_rig()
DEMO = make_script("demo")
PERFECT = NoiseModel.none()


@pytest.fixture(scope="module")
def imager() -> SimImager:
    return SimImager(RIG, DEMO, noise=PERFECT, calibration_error=False)


def pixel_of(point_in_mannequin_m, mannequin_from_cam: Pose, k) -> tuple[int, int, float]:
    """Project by hand: nearest pixel and the depth of the point itself."""
    cam = mannequin_from_cam.R.T @ (np.asarray(point_in_mannequin_m) - mannequin_from_cam.t_m)
    x = k.fx_px * cam[0] / cam[2] + k.cx_px
    y = k.fy_px * cam[1] / cam[2] + k.cy_px
    return round(x), round(y), float(cam[2])


def heights_m(depth_m: np.ndarray) -> np.ndarray:
    """Turn a depth image into points of the mannequin's frame, (H, W, 3)."""
    k = RIG.camera.depth
    v, u = np.mgrid[0 : k.height_px, 0 : k.width_px]
    cam = np.stack([(u - k.cx_px) / k.fx_px, (v - k.cy_px) / k.fy_px, np.ones(u.shape)], -1)
    pose = RIG.mannequin_from_cam
    return (cam * depth_m[..., None]) @ pose.R.T + pose.t_m


def test_depth_of_floor_and_plates_is_that_of_their_planes(imager):
    depth = imager.true_depth_m(0.0)
    pose, k = RIG.mannequin_from_cam, RIG.camera.depth
    x, y, _ = pixel_of((0.10, -0.62, body.FLOOR_Z_M), pose, k)
    ray = pose.R @ np.array([(x - k.cx_px) / k.fx_px, (y - k.cy_px) / k.fy_px, 1.0])
    floor_m = (body.FLOOR_Z_M - pose.t_m[2]) / ray[2]
    assert depth[y, x] == pytest.approx(floor_m, abs=2e-6)
    assert abs(depth[y + 1, x] - floor_m) > 2e-4, "the next row is another depth"
    for plate in RIG.plates:
        c = plate.corners_in_mannequin_m(plate.tag_m)
        normal = np.cross(c[1] - c[0], c[2] - c[1])
        x, y, _ = pixel_of(c.mean(axis=0), pose, k)
        ray = pose.R @ np.array([(x - k.cx_px) / k.fx_px, (y - k.cy_px) / k.fy_px, 1.0])
        plane_m = normal @ (c[0] - pose.t_m) / (normal @ ray)
        assert depth[y, x] == pytest.approx(plane_m, abs=2e-6)


def test_the_resting_chest_passes_through_the_origin(imager):
    points = heights_m(imager.true_depth_m(0.0))
    x, y, _ = pixel_of((0, 0, 0), RIG.mannequin_from_cam, RIG.camera.depth)
    near = points[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
    assert np.abs(near[:, 2]).max() < 1e-4
    below = pixel_of((0, 0, -0.01), RIG.mannequin_from_cam, RIG.camera.depth)
    assert (below[0], below[1]) != (x, y), "a centimetre along the normal is another pixel"


def chest_beside_the_hand_m(imager: SimImager, t_s: float) -> float:
    """Height of the bare chest's plate beside the hands (y = -0.055 m, x = -0.01 m)."""
    points = heights_m(imager.true_depth_m(t_s))
    off = np.hypot(points[..., 0] + 0.010, points[..., 1] + 0.055)
    close = off < 0.004
    assert close.sum() >= 4
    return float(np.median(points[close][:, 2]))


def test_the_chest_goes_down_along_its_normal_by_the_scripted_depth(imager):
    """Looks at the plate of the chest beside the hands, with its own small dome allowed."""
    rest_m = chest_beside_the_hand_m(imager, 0.5)
    for c in DEMO.compressions[5:50:11]:
        moved_mm = 1000 * (rest_m - chest_beside_the_hand_m(imager, c.peak_s))
        assert moved_mm == pytest.approx(c.depth_mm, abs=0.15)
        later_mm = 1000 * (rest_m - chest_beside_the_hand_m(imager, c.peak_s + 0.08))
        assert abs(later_mm - c.depth_mm) > 2.0, "80 ms later it must be elsewhere"


def test_the_hands_ride_on_the_chest(imager):
    """The back of the upper hand moves as far as the chest does."""

    def back_m(t_s: float) -> float:
        points = heights_m(imager.true_depth_m(t_s))
        heel = DEMO.hands_at(t_s).heel_in_mannequin_m
        off = np.hypot(points[..., 0] - heel[0] - 0.045, points[..., 1] - heel[1])
        return float(np.median(points[off < 0.006][:, 2]))

    resting = back_m(2.7)
    assert 0.05 < resting < 0.09, "two hands are some 5 to 9 cm thick here"
    c = DEMO.compressions[12]
    assert 1000 * (resting - back_m(c.peak_s)) == pytest.approx(c.depth_mm, abs=0.6)
    assert abs(1000 * (resting - back_m(c.peak_s + 0.08)) - c.depth_mm) > 2.0


def test_a_mannequin_that_was_pushed_is_seen_elsewhere(imager):
    """The camera stays in the world: a pushed mannequin moves in its picture."""
    turn = Pose(Rotation.from_euler("z", 3.0, degrees=True).as_matrix(), np.array([0.02, 0, 0]))
    pushed = replace(RIG, world_from_mannequin=RIG.world_from_mannequin @ turn)
    assert np.allclose(pushed.camera.world_from_cam.t_m, RIG.camera.world_from_cam.t_m)
    seen = SimImager(pushed, DEMO, noise=PERFECT, calibration_error=False).true_depth_m(0.0)
    x, y, z = pixel_of((0, 0, 0), pushed.mannequin_from_cam, RIG.camera.depth)
    assert seen[y, x] == pytest.approx(z, abs=0.001)
    x_before, y_before, _ = pixel_of((0, 0, 0), RIG.mannequin_from_cam, RIG.camera.depth)
    assert np.hypot(x - x_before, y - y_before) > 8


def test_nothing_but_hands_and_chest_moves(imager):
    rest = imager.true_depth_m(0.0)
    pressed = imager.true_depth_m(DEMO.compressions[7].peak_s)
    points = heights_m(rest)
    far = (np.abs(points[..., 1]) > 0.30) & (points[..., 0] > -0.1)
    assert np.array_equal(rest[far], pressed[far])
    assert (rest != pressed).mean() > 0.05


def test_every_tag_is_found_where_it_truly_is(imager):
    """Corners within 1 px, at rest and under the arms; a shifted truth is not."""
    tags = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    detector = cv2.aruco.ArucoDetector(tags, parameters)
    k, pose = RIG.camera.color, RIG.mannequin_from_color
    for t_s in (0.5, DEMO.compressions[3].peak_s):
        corners, ids, _ = detector.detectMarkers(imager.bgr(t_s))
        found = dict(zip(ids.ravel().tolist(), (c[0] for c in corners), strict=True))
        assert sorted(found) == [0, 1, 2, 3, 4]
        for marker in RIG.marker_layout().markers:
            cam = (np.array(marker.corners_in_mannequin_m) - pose.t_m) @ pose.R
            truth = np.stack(
                [
                    k.fx_px * cam[:, 0] / cam[:, 2] + k.cx_px,
                    k.fy_px * cam[:, 1] / cam[:, 2] + k.cy_px,
                ],
                axis=-1,
            )
            error_px = np.linalg.norm(found[marker.id] - truth, axis=1)
            assert error_px.max() < 0.6
            turned = np.roll(truth, 1, axis=0)
            assert np.linalg.norm(found[marker.id] - turned, axis=1).min() > 10
            assert np.linalg.norm(found[marker.id] - truth - 1.5, axis=1).min() > 1.0


def test_markers_are_not_in_one_plane():
    corners = np.array([m.corners_in_mannequin_m for m in RIG.marker_layout().markers])
    centres = corners.mean(axis=1)
    flatness = np.linalg.svd(centres - centres.mean(axis=0))[1][-1]
    assert flatness > 0.02


def test_the_nominal_calibration_is_nearly_but_not_exactly_true():
    nominal, exact = sim_calibration(RIG), sim_calibration(RIG, exact=True)
    assert nominal.serial == RIG.camera.serial
    assert exact.depth == RIG.camera.depth
    ratio = nominal.depth.fx_px / RIG.camera.depth.fx_px
    assert 1.0001 < ratio < 1.001
    seen = SimImager(RIG, still_script(), noise=PERFECT).depth_counts(0.0) * 1e-4
    true = SimImager(RIG, still_script(), noise=PERFECT).true_depth_m(0.0)
    near = true < 1.5
    gain = np.median(seen[near] / true[near])
    assert gain == pytest.approx(ratio * nominal.baseline_m / RIG.camera.baseline_m, abs=2e-5)
    assert abs(gain - 1.0) > 5e-5
