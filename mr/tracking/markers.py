"""The mannequin's pose from its fiducials in one colour image.

Takes a blue-green-red image, the layout and the camera's intrinsics; gives
``cam_from_mannequin`` with covariance, or the reason why not. Leaves filtering over
time, and the way from the colour to the depth camera, to `mr.tracking.tracker`.

All corners of all markers go into one PnP: a single marker's tilt is ambiguous and its
distance biased by millimetres. A misread marker is found because it disagrees with the
pose that most others agree on.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from mr.errors import ConfigError
from mr.geometry.camera import Camera
from mr.geometry.poses import skew
from mr.rig import Intrinsics, MarkerLayout
from mr.tracking.edges import refine_corners
from mr.types import FloatArray, Pose

CORNER_SIGMA_PX = 0.10
"""Least one-sigma of a refined corner: renders give 0.06, but no print is a render."""
MAX_RMS_PX = 1.2
"""Residual above which a pose is refused: the layout or the intrinsics are not these."""
SAME_POSE_PX = 4.0
"""A marker whose worst corner lies farther from a candidate pose disagrees with it."""
MIN_MARKERS = 2
MAX_PAIRS = 24
"""Candidate pairs tried for a consensus; more markers than this needs are redundant."""
ROI_MARGIN_PX = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Markers of the layout found in one image."""

    ids: tuple[int, ...]
    corners_px: FloatArray
    """(n, 4, 2) in OpenCV's order."""
    n_foreign: int
    """Detections whose id is not in the layout."""


@dataclass(frozen=True, slots=True, eq=False)
class MarkerFit:
    """Where the mannequin is, or why that is unknown (`cam_from_mannequin` None)."""

    cam_from_mannequin: Pose | None
    residual_px: float
    """Rms distance of the corners used; NaN when there is no pose."""
    n_markers: int
    """Markers the pose rests on."""
    n_seen: int
    why: str = ""
    agrees: bool | None = None
    """Without a pose: what is seen lies where the guess says; None when nothing is."""
    seen: Seen | None = None
    """What the fit was made of."""


@lru_cache(maxsize=8)
def _detector(dictionary: str) -> cv2.aruco.ArucoDetector:
    number = getattr(cv2.aruco, dictionary, None)
    if not dictionary.startswith("DICT_") or not isinstance(number, int):
        raise ConfigError(
            f"marker dictionary {dictionary!r} is unknown: use one of OpenCV's, "
            "such as DICT_APRILTAG_36h11"
        )
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_NONE
    settings.adaptiveThreshWinSizeMin = 7
    settings.adaptiveThreshWinSizeMax = 27
    settings.adaptiveThreshWinSizeStep = 10
    return cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(number), settings)


@lru_cache(maxsize=8)
def _corners_by_id(layout: MarkerLayout) -> dict[int, FloatArray]:
    return {m.id: np.array(m.corners_in_mannequin_m) for m in layout.markers}


@lru_cache(maxsize=8)
def _camera(intrinsics: Intrinsics) -> Camera:
    return Camera(intrinsics)


def detect(
    bgr: npt.NDArray[np.uint8], layout: MarkerLayout, window: tuple[slice, slice] | None = None
) -> Seen:
    """Find the layout's markers in an image (H, W, 3), or in a window of it.

    Raises
    ------
    ConfigError
        When the layout names an unknown dictionary.
    """
    rows, columns = window or (slice(0, bgr.shape[0]), slice(0, bgr.shape[1]))
    grey = np.asarray(
        cv2.cvtColor(np.ascontiguousarray(bgr[rows, columns]), cv2.COLOR_BGR2GRAY), dtype=np.uint8
    )
    detector = _detector(layout.dictionary)
    corners, ids, _ = detector.detectMarkers(grey)
    if ids is None or len(ids) == 0:
        return Seen((), np.zeros((0, 4, 2)), 0)
    found = np.asarray(ids).ravel()
    known = np.isin(found, list(_corners_by_id(layout)))
    corners_px = np.array(corners, dtype=np.float64).reshape(-1, 4, 2)[known]
    border = detector.getDetectorParameters().markerBorderBits
    n_cells = detector.getDictionary().markerSize + 2 * border
    corners_px = refine_corners(grey, corners_px, n_cells)
    corners_px += np.array([columns.start, rows.start], dtype=np.float64)
    return Seen(tuple(int(i) for i in found[known]), corners_px, int((~known).sum()))


def look_around(
    bgr: npt.NDArray[np.uint8], layout: MarkerLayout, intrinsics: Intrinsics, guess: Pose | None
) -> Seen:
    """Find the layout's markers in an image (H, W, 3), first where a guess says they are.

    Raises
    ------
    ConfigError
        When the layout names an unknown dictionary.
    """
    seen = Seen((), np.zeros((0, 4, 2)), 0)
    if guess is not None:
        points = np.concatenate(list(_corners_by_id(layout).values()))
        window = _camera(intrinsics).window(guess.apply(points), ROI_MARGIN_PX)
        if all(side.stop - side.start >= 32 for side in window):
            seen = detect(bgr, layout, window)
    return seen if len(seen.ids) >= MIN_MARKERS else detect(bgr, layout)


def estimate_pose(
    picture: npt.NDArray[np.uint8] | Seen,
    layout: MarkerLayout,
    intrinsics: Intrinsics,
    guess: Pose | None = None,
    without: frozenset[int] = frozenset(),
) -> MarkerFit:
    """Find the mannequin in a colour image, or from the markers that were seen in one.

    Parameters
    ----------
    picture
        Image (H, W, 3), blue-green-red, or what `look_around` found in it.
    layout, intrinsics
        Of the mannequin, and of *this* colour camera.
    guess
        A recent ``cam_from_mannequin``: markers are looked for around it first.
    without
        Markers that are seen but not believed: their plates were moved.

    Raises
    ------
    ConfigError
        When the layout names an unknown dictionary.
    """
    seen = picture
    if not isinstance(seen, Seen):
        seen = look_around(seen, layout, intrinsics, guess)
    believed = _without(seen, without)
    fit = replace(fit_markers(believed, layout, intrinsics), seen=seen)
    if fit.cam_from_mannequin is None and guess is not None:
        return replace(fit, agrees=_agrees(believed, layout, intrinsics, guess))
    return fit


def miss_px(seen: Seen, layout: MarkerLayout, intrinsics: Intrinsics, pose: Pose) -> FloatArray:
    """Give how far each marker's centre (n,) lies from where a pose says."""
    by_id = _corners_by_id(layout)
    corners_m = np.array([by_id[i] for i in seen.ids]).reshape(-1, 4, 3)
    expected_px = _camera(intrinsics).project(pose.apply(corners_m))
    return np.asarray(np.linalg.norm((expected_px - seen.corners_px).mean(axis=1), axis=-1))


def _without(seen: Seen, ids: frozenset[int]) -> Seen:
    if not ids.intersection(seen.ids):
        return seen
    keep = [i not in ids for i in seen.ids]
    left = tuple(i for i in seen.ids if i not in ids)
    return Seen(left, seen.corners_px[keep], seen.n_foreign)


def _agrees(seen: Seen, layout: MarkerLayout, intrinsics: Intrinsics, guess: Pose) -> bool | None:
    """Whether markers too few for a pose of their own bear the guess out."""
    if not seen.ids:
        return None
    by_id = _corners_by_id(layout)
    corners_m = np.stack([by_id[i] for i in seen.ids])
    expected_px = _camera(intrinsics).project(guess.apply(corners_m))
    miss = np.linalg.norm(expected_px - seen.corners_px, axis=-1)
    return bool(miss.max() <= SAME_POSE_PX)


def fit_markers(seen: Seen, layout: MarkerLayout, intrinsics: Intrinsics) -> MarkerFit:
    """Find one pose for the markers seen, leaving out those that disagree."""
    n_seen = len(seen.ids)
    if n_seen < MIN_MARKERS:
        why = f"{n_seen} of {len(layout.markers)} markers seen, {MIN_MARKERS} needed"
        if seen.n_foreign:
            why += f" ({seen.n_foreign} of another layout)"
        return MarkerFit(None, float("nan"), 0, n_seen, why)
    camera = _camera(intrinsics)
    by_id = _corners_by_id(layout)
    corners_m = np.stack([by_id[i] for i in seen.ids])
    agree = _consensus(camera, corners_m, seen.corners_px)
    n_agree = int(agree.sum())
    if n_agree < MIN_MARKERS or 2 * n_agree <= n_seen:
        why = f"{n_seen} markers seen, but they fit no common pose: is this their layout?"
        return MarkerFit(None, float("nan"), 0, n_seen, why)
    used_m, used_px = corners_m[agree].reshape(-1, 3), seen.corners_px[agree].reshape(-1, 2)
    pose = _solve(camera, used_m, used_px)
    if pose is None:
        return MarkerFit(None, float("nan"), 0, n_seen, "no pose fits the markers seen")
    residuals = camera.project(pose.apply(used_m)) - used_px
    rms = float(np.sqrt((residuals**2).sum(axis=1).mean()))
    if not rms <= MAX_RMS_PX:
        why = f"markers miss their pose by {rms:.1f} px rms, {MAX_RMS_PX} allowed"
        return MarkerFit(None, rms, 0, n_seen, why)
    covariance = _covariance(camera, pose, used_m, rms)
    return MarkerFit(Pose(pose.R, pose.t_m, covariance), rms, n_agree, n_seen)


def _consensus(camera: Camera, corners_m: FloatArray, corners_px: FloatArray) -> FloatArray:
    """Mask (n,) of the largest set of markers that one pose explains."""
    n = len(corners_m)
    best = np.zeros(n, dtype=bool)
    pairs = list(itertools.combinations(range(n), 2))
    step = max(1, len(pairs) // MAX_PAIRS)
    for members in [tuple(range(n)), *pairs[::step]]:
        chosen = list(members)
        pose = _solve(camera, corners_m[chosen].reshape(-1, 3), corners_px[chosen].reshape(-1, 2))
        if pose is None:
            continue
        miss = np.linalg.norm(camera.project(pose.apply(corners_m)) - corners_px, axis=-1)
        # NaN (behind the camera) compares False: such a marker disagrees.
        agree = miss.max(axis=1) <= SAME_POSE_PX
        if agree.sum() > best.sum():
            best = agree
        if best.all():
            break
    return best


def _solve(camera: Camera, points_m: FloatArray, points_px: FloatArray) -> Pose | None:
    """One PnP over all points, refined; None when it fails or lies behind the camera."""
    found, rvec, tvec = cv2.solvePnP(
        points_m, points_px, camera.matrix, camera.distortion, flags=cv2.SOLVEPNP_SQPNP
    )
    if not found:
        return None
    rvec, tvec = cv2.solvePnPRefineLM(
        points_m, points_px, camera.matrix, camera.distortion, rvec, tvec
    )
    rotation = np.asarray(cv2.Rodrigues(np.asarray(rvec))[0], dtype=np.float64)
    pose = Pose(rotation, np.asarray(tvec, dtype=np.float64).ravel())
    if not np.isfinite(pose.t_m).all() or np.any(pose.apply(points_m)[:, 2] <= 0):
        return None
    return pose


def _covariance(camera: Camera, pose: Pose, points_m: FloatArray, rms_px: float) -> FloatArray:
    """Covariance (6, 6) from the corners' spread; see `mr.geometry.poses`."""
    turned = points_m @ pose.R.T
    _, slope = camera.project_with_slope(turned + pose.t_m)
    by_pose = np.concatenate([slope @ -skew(turned), slope], axis=2).reshape(-1, 6)
    degrees = max(len(by_pose) - 6, 1)
    # rms is over points (two coordinates each); the fit has eaten six degrees of freedom.
    seen = rms_px**2 * len(points_m) / degrees
    sigma2 = max(seen, CORNER_SIGMA_PX**2)
    return np.asarray(sigma2 * np.linalg.inv(by_pose.T @ by_pose))
