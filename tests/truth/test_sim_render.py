"""The rendered pictures show what the script says, checked on points computed apart."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.config import Mode
from mr.sim import body, limbs
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
    """Height of the bare chest's plate beside the hands, under no arm."""
    points = heights_m(imager.true_depth_m(t_s))
    off = np.hypot(points[..., 0] + 0.010, points[..., 1] + 0.055)
    close = (off < 0.004) & (points[..., 2] < 0.01)
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
    """The back of the upper hand moves as far as the chest does, and by what the hands give."""

    def back_m(t_s: float) -> float:
        points = heights_m(imager.true_depth_m(t_s))
        heel = DEMO.hands_at(t_s).heel_in_mannequin_m
        off = np.hypot(points[..., 0] - heel[0] - 0.045, points[..., 1] - heel[1])
        return float(np.median(points[off < 0.006][:, 2]))

    resting = back_m(2.7)
    assert 0.05 < resting < 0.09, "two hands are some 5 to 9 cm thick here"
    c = DEMO.compressions[12]
    given_mm = 1000 * limbs.Physique().squeeze_m
    assert 1000 * (resting - back_m(c.peak_s)) == pytest.approx(c.depth_mm + given_mm, abs=0.6)
    assert abs(1000 * (resting - back_m(c.peak_s)) - c.depth_mm) > 2.0, "a camera sees too much"
    assert abs(1000 * (resting - back_m(c.peak_s + 0.08)) - c.depth_mm - given_mm) > 2.0


def test_a_breath_lifts_the_chest_by_its_volume():
    script = make_script("good", mode=Mode.C30_2, compressing_s=20, seed=3)
    breath = script.breaths[0]
    full_s = breath.start_s + breath.inspiration_s + 0.05
    imager = SimImager(RIG, script, noise=PERFECT, calibration_error=False)
    x, y, _ = pixel_of((0, 0, 0), RIG.mannequin_from_cam, RIG.camera.depth)
    lifted_m = heights_m(imager.true_depth_m(full_s))[y, x, 2]
    assert lifted_m == pytest.approx(body.RISE_M_PER_ML * breath.volume_ml, abs=2e-4)
    assert abs(heights_m(imager.true_depth_m(0.5))[y, x, 2]) < 1e-4, "and not without one"


def test_an_exposure_shows_the_mean_place():
    script = make_script("good", compressing_s=4.0, seed=3)
    c = script.compressions[2]
    t_s = c.peak_s + 0.020
    sharp, smeared = (
        SimImager(RIG, script, noise=PERFECT, calibration_error=False, exposure_s=e)
        for e in (0.0, 0.060)
    )
    times = t_s + 0.060 * np.array([-0.5, 0.0, 0.5])
    moved_mm = 1000 * (np.mean(script.chest_depth_m(times)) - script.chest_depth_m(t_s))
    seen_mm = 1000 * (chest_beside_the_hand_m(sharp, t_s) - chest_beside_the_hand_m(smeared, t_s))
    assert seen_mm == pytest.approx(moved_mm, abs=0.15)
    assert abs(moved_mm) > 0.3, "an instant and a mean differ here"


def test_a_bent_elbow_is_bent_and_a_straight_one_is_not():
    """The angle is measured on the cones themselves, from shoulder to wrist."""
    hands = DEMO.hands_at(DEMO.compressions[3].peak_s)
    for bend_deg in (0.0, 25.0):
        who = limbs.Physique(elbow_bend_rad=np.radians(bend_deg))
        skins = [c for c in limbs.learner_cones(hands, 0.0, who) if c.radius_b_m == 0.042]
        sleeves = [c for c in limbs.learner_cones(hands, 0.0, who) if c.radius_b_m == 0.066]
        assert len(skins) == 2
        for forearm, sleeve in zip(
            skins, [s for s in sleeves if s.radius_a_m == 0.054], strict=True
        ):
            down = np.subtract(forearm.b_m, forearm.a_m)
            up = np.subtract(sleeve.b_m, sleeve.a_m)
            cosine = down @ up / np.linalg.norm(down) / np.linalg.norm(up)
            angle = np.degrees(np.arccos(min(cosine, 1.0)))  # rounded up, on some processors
            assert angle == pytest.approx(bend_deg, abs=0.1)


def test_gloves_and_a_bystander_are_seen():
    t_s = DEMO.compressions[3].peak_s
    plain = SimImager(RIG, DEMO, noise=PERFECT)
    gloved = SimImager(RIG, DEMO, noise=PERFECT, physique=limbs.Physique(gloves=True))
    crowded = SimImager(
        RIG, DEMO, noise=PERFECT, physique=limbs.Physique(bystander_heel_m=(0.10, -0.22, 0.0))
    )
    assert np.array_equal(plain.true_depth_m(t_s), gloved.true_depth_m(t_s)), "no other shape"
    blue = (gloved.bgr(t_s).astype(int) - plain.bgr(t_s))[..., 0] > 60
    assert 500 < blue.sum() < 20_000
    nearer = plain.true_depth_m(t_s) - crowded.true_depth_m(t_s) > 0.01
    assert nearer.sum() > 1500


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
