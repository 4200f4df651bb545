"""The mannequin's pose from rendered tags, against the pose they were rendered with.

The pictures are made by homographies at four times the resolution, blurred and noisy;
the pinhole arithmetic here is written out and shares nothing with `mr.geometry`.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.transform import Rotation

from mr.errors import ConfigError
from mr.rig import Intrinsics, Marker, MarkerLayout
from mr.tracking.markers import MarkerFit, detect, estimate_pose
from mr.types import FloatArray, Pose

MODEL = Intrinsics(width_px=640, height_px=480, fx_px=617, fy_px=617, cx_px=317, cy_px=246)
FINER = 4


def _tag(number: int, centre: list[float], tilt_deg: list[float], side_m: float = 0.05) -> Marker:
    turn = Rotation.from_euler("xy", tilt_deg, degrees=True).as_matrix()
    h = side_m / 2
    square = np.array([[-h, h, 0], [h, h, 0], [h, -h, 0], [-h, -h, 0]])
    return Marker(id=number, corners_in_mannequin_m=(square @ turn.T + centre).tolist())


LAYOUT = MarkerLayout(
    markers=(
        _tag(0, [-0.13, 0.12, 0.00], [0, -20]),
        _tag(1, [0.13, 0.12, 0.00], [0, 20]),
        _tag(2, [-0.13, -0.12, -0.01], [0, -20]),
        _tag(3, [0.13, -0.12, -0.01], [0, 20]),
        _tag(4, [0.0, 0.20, 0.02], [-25, 0]),
        _tag(5, [0.0, -0.20, -0.03], [25, 0]),
    )
)


def draw(
    pose: Pose, rng: np.random.Generator, shown: dict[int, int] | None = None, blur_px: float = 0.8
) -> npt.NDArray[np.uint8]:
    """Draw the layout; `shown` replaces the id printed at a marker's place."""
    size = (640 * FINER, 480 * FINER)
    canvas = np.full(size[::-1], 120, np.uint8)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    for marker in LAYOUT.markers:
        p = np.array(marker.corners_in_mannequin_m) @ pose.R.T + pose.t_m
        px = 617 * p[:, :2] / p[:, 2:] + [317, 246]
        number = (shown or {}).get(marker.id, marker.id)
        tag = cv2.aruco.generateImageMarker(dictionary, number, 160)
        tag = cv2.copyMakeBorder(tag, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=255)
        source = np.array([[20, 20], [180, 20], [180, 180], [20, 180]]) - 0.5
        target = (px + 0.5) * FINER - 0.5
        warp = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
        drawn = cv2.warpPerspective(tag, warp, size)
        inside = cv2.warpPerspective(np.full_like(tag, 255), warp, size)
        canvas = np.where(inside > 127, drawn, canvas)
    small = cv2.resize(canvas, (640, 480), interpolation=cv2.INTER_AREA).astype(np.float64)
    small = cv2.GaussianBlur(small, (0, 0), blur_px) * 0.8 + 20 + rng.normal(0, 4, small.shape)
    return np.repeat(np.clip(small, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def random_pose(rng: np.random.Generator) -> Pose:
    """A camera above the chest, tilted 5 to 40 degrees, 0.6 to 0.95 m away."""
    down = Rotation.from_euler("x", 180, degrees=True)
    tilt = Rotation.from_euler("xz", [rng.uniform(5, 40), rng.uniform(-180, 180)], degrees=True)
    shift = rng.uniform([-0.05, -0.04, 0.6], [0.05, 0.04, 0.95])
    return Pose((tilt * down).as_matrix(), shift)


ABOVE = Pose(
    Rotation.from_euler("xyz", [172, 6, 20], degrees=True).as_matrix(), np.array([0.01, 0.0, 0.75])
)
"""A view in which no tag is too slanted to be read."""


def error(fit: MarkerFit, truth: Pose) -> tuple[float, float]:
    """Distance at the sternum in mm, and angle in degrees."""
    assert fit.cam_from_mannequin is not None, fit.why
    turn = Rotation.from_matrix(fit.cam_from_mannequin.R @ truth.R.T).magnitude()
    away = np.linalg.norm(fit.cam_from_mannequin.t_m - truth.t_m)
    return float(away) * 1e3, float(np.degrees(turn))


@pytest.fixture(scope="module")
def fits() -> list[tuple[MarkerFit, Pose]]:
    rng = np.random.default_rng(7)
    poses = [random_pose(rng) for _ in range(10)]
    return [(estimate_pose(draw(p, rng), LAYOUT, MODEL), p) for p in poses]


def test_pose_within_a_millimetre(fits: list[tuple[MarkerFit, Pose]]) -> None:
    errors = np.array([error(fit, truth) for fit, truth in fits])
    worst = errors.max(axis=0)
    print(f"worst of 10 poses: {worst[0]:.2f} mm, {worst[1]:.3f} deg")
    assert errors[:, 0].max() < 0.6
    assert errors[:, 1].max() < 0.2
    # The control: a truth moved by 1 mm is told from the right one.
    moved = [Pose(t.R, t.t_m + np.array([0, 0, 1e-3])) for _, t in fits]
    shifted = [error(fit, t)[0] for (fit, _), t in zip(fits, moved, strict=True)]
    assert max(shifted) > 0.6


def test_claimed_covariance_covers_the_error(fits: list[tuple[MarkerFit, Pose]]) -> None:
    far = []
    for fit, truth in fits:
        assert fit.cam_from_mannequin is not None
        assert fit.cam_from_mannequin.covariance is not None
        turn = Rotation.from_matrix(fit.cam_from_mannequin.R @ truth.R.T).as_rotvec()
        miss = np.concatenate([turn, fit.cam_from_mannequin.t_m - truth.t_m])
        far.append(miss @ np.linalg.solve(fit.cam_from_mannequin.covariance, miss))
    # 10 × χ²(6): 95 % lie below 79.1. The floor of 0.1 px a corner makes it cautious here.
    print(f"mean squared error over claimed: {np.mean(far) / 6:.2f}")
    assert np.sum(far) < 79.1
    # The control: sigmas ten times smaller are found out.
    assert 100 * np.sum(far) > 79.1


def test_wrong_ids_do_not_ruin_it() -> None:
    rng = np.random.default_rng(11)
    fit = estimate_pose(draw(ABOVE, rng, shown={0: 3, 5: 1}), LAYOUT, MODEL)
    assert fit.n_seen == 6
    assert fit.n_markers == 4
    assert error(fit, ABOVE)[0] < 0.6
    # The control: the same six corners in one PnP, none left out, miss by far more.
    seen = detect(draw(ABOVE, rng, shown={0: 3, 5: 1}), LAYOUT)
    corners_m = np.array([LAYOUT.markers[i].corners_in_mannequin_m for i in seen.ids])
    _, _, t = cv2.solvePnP(
        corners_m.reshape(-1, 3), seen.corners_px.reshape(-1, 2), MODEL.matrix(), np.zeros(5)
    )
    assert np.linalg.norm(np.ravel(t) - ABOVE.t_m) > 0.005


def test_wrong_layout_is_refused() -> None:
    rng = np.random.default_rng(12)
    picture = draw(random_pose(rng), rng)
    other = MarkerLayout(
        markers=tuple(
            _tag(m.id, np.mean(m.corners_in_mannequin_m, axis=0).tolist()[::-1], [10, 10])
            for m in LAYOUT.markers
        )
    )
    refused = estimate_pose(picture, other, MODEL)
    assert refused.cam_from_mannequin is None
    assert "their layout" in refused.why
    assert np.isnan(refused.residual_px)
    assert estimate_pose(picture, LAYOUT, MODEL).cam_from_mannequin is not None


def test_wrong_scale_of_intrinsics_is_seen() -> None:
    rng = np.random.default_rng(13)
    picture = draw(random_pose(rng), rng)
    twice = MODEL.model_copy(update={"fx_px": 900.0})
    assert estimate_pose(picture, LAYOUT, twice).cam_from_mannequin is None


def test_foreign_and_too_few_markers() -> None:
    rng = np.random.default_rng(14)
    strangers = {i: i + 20 for i in range(1, 6)}
    one = estimate_pose(draw(ABOVE, rng, shown=strangers), LAYOUT, MODEL)
    assert one.cam_from_mannequin is None
    assert one.why == "1 of 6 markers seen, 2 needed (5 of another layout)"
    blank = estimate_pose(np.full((480, 640, 3), 90, np.uint8), LAYOUT, MODEL)
    assert blank.why == "0 of 6 markers seen, 2 needed"


def test_one_marker_speaks_for_or_against_a_guess() -> None:
    rng = np.random.default_rng(17)
    picture = draw(ABOVE, rng, shown={i: i + 20 for i in range(1, 6)})
    bumped = Pose(ABOVE.R, ABOVE.t_m + np.array([0.01, 0.0, 0.0]))
    assert estimate_pose(picture, LAYOUT, MODEL, ABOVE).agrees is True
    assert estimate_pose(picture, LAYOUT, MODEL, bumped).agrees is False
    assert estimate_pose(np.full_like(picture, 90), LAYOUT, MODEL, ABOVE).agrees is None


def test_guess_only_saves_time() -> None:
    rng = np.random.default_rng(15)
    truth = random_pose(rng)
    picture = draw(truth, rng)
    near = Pose(truth.R, truth.t_m + np.array([0.01, 0.0, 0.02]))
    far = Pose(truth.R, truth.t_m + np.array([0.5, 0.4, 0.0]))
    for guess in (None, near, far):
        assert error(estimate_pose(picture, LAYOUT, MODEL, guess), truth)[0] < 0.6


def test_unknown_dictionary_is_named() -> None:
    layout = LAYOUT.model_copy(update={"dictionary": "DICT_NONE_SUCH"})
    with pytest.raises(ConfigError, match="DICT_NONE_SUCH"):
        estimate_pose(np.zeros((48, 64, 3), np.uint8), layout, MODEL)


def corner_errors(picture: FloatArray, truth: Pose) -> FloatArray:
    """Error of OpenCV's own corners, for the measure of what edges gain."""
    grey = cv2.cvtColor(picture.astype(np.uint8), cv2.COLOR_BGR2GRAY)
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    corners, ids, _ = cv2.aruco.ArucoDetector(dictionary, settings).detectMarkers(grey)
    wide = []
    for number, found in zip(np.asarray(ids).ravel(), corners, strict=True):
        p = np.array(LAYOUT.markers[number].corners_in_mannequin_m) @ truth.R.T + truth.t_m
        wide.append(found[0] - (617 * p[:, :2] / p[:, 2:] + [317, 246]))
    return np.linalg.norm(np.array(wide), axis=-1)


def test_edges_beat_single_corners() -> None:
    rng = np.random.default_rng(16)
    truth = random_pose(rng)
    picture = draw(truth, rng)
    theirs = float(np.sqrt(np.mean(corner_errors(picture, truth) ** 2)))
    ours = estimate_pose(picture, LAYOUT, MODEL).residual_px
    print(f"corner rms: edges {ours:.2f} px, OpenCV's subpixel corners {theirs:.2f} px")
    assert ours < 0.2 < theirs
