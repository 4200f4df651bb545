"""Where the mannequin rests, from several colour frames.

Takes colour images of the mannequin at rest, its marker layout and the camera's place;
gives the resting ``world_from_mannequin`` with its scatter; leaves finding markers in one
image to `mr.tracking.markers`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from mr.errors import CalibrationError
from mr.geometry.poses import chain
from mr.rig import CameraCalibration, MarkerLayout
from mr.tracking.markers import Seen, estimate_pose
from mr.types import FloatArray, Pose

MIN_FRAMES = 3
MAX_RMS_M = 0.005
_OUTLIER_SIGMAS = 4.0
_SIGMA_FROM_MAD = 1.4826
_LEAST_SIGMA_M = 2e-4
_LEVER_M = 0.15
"""Half a chest: turns an angle into the displacement it causes there."""


@dataclass(frozen=True, slots=True, eq=False)
class RestingPose:
    """The mannequin's resting place and how well the frames agree on it."""

    world_from_mannequin: Pose
    """Its covariance is one frame's: what a still picture gets wrong it gets wrong again."""
    rms_m: float
    """Scatter of the frames used, rotation counted at half a chest's distance."""
    residual_px: float
    """Mean marker residual of the frames used."""
    n_frames: int
    n_used: int


def average_poses(poses: Sequence[Pose]) -> tuple[Pose, float, npt.NDArray[np.bool_]]:
    """Average poses, leaving out those that stand apart.

    Returns the mean, the rms distance of the used ones from it in m (rotation counted at
    half a chest's distance), and which were used, (n,).

    Raises
    ------
    CalibrationError
        When there are too few.
    """
    if len(poses) < MIN_FRAMES:
        raise CalibrationError(
            f"mannequin pose: {len(poses)} usable frames, {MIN_FRAMES} are needed: "
            "take more with the markers in view"
        )
    places_m = np.array([p.t_m for p in poses])
    turns = Rotation.from_matrix(np.array([p.R for p in poses]))
    # The medoid, not the mean, is the start: one wrong frame cannot move it.
    apart = np.array(
        [_distances_m(places_m, turns, places_m[k], turns[k]) for k in range(len(poses))]
    )
    medoid = int(np.argmin(np.median(apart, axis=1)))
    distance_m = apart[medoid]
    sigma_m = max(_LEAST_SIGMA_M, _SIGMA_FROM_MAD * float(np.median(distance_m)))
    used = distance_m <= _OUTLIER_SIGMAS * sigma_m
    place_m, turn = places_m[used].mean(axis=0), turns[used].mean()
    rms_m = float(np.sqrt(np.mean(_distances_m(places_m[used], turns[used], place_m, turn) ** 2)))
    return Pose(turn.as_matrix(), place_m), rms_m, used


def _distances_m(
    places_m: FloatArray, turns: Rotation, place_m: FloatArray, turn: Rotation
) -> FloatArray:
    angles_rad = (turns * turn.inv()).magnitude()
    shift_m = np.linalg.norm(places_m - place_m, axis=1)
    return np.asarray(np.hypot(shift_m, _LEVER_M * angles_rad), dtype=np.float64)


def measure_resting_pose(
    frames: Iterable[npt.NDArray[np.uint8] | Seen], layout: MarkerLayout, camera: CameraCalibration
) -> RestingPose:
    """Measure where the mannequin lies.

    Parameters
    ----------
    frames
        Colour images (H, W, 3) blue-green-red of the mannequin at rest, five or more; or the
        markers that were seen in them.
    layout
        Its markers.
    camera
        The camera's calibration, with colour and its place in the world.

    Raises
    ------
    CalibrationError
        When the camera has no colour, too few frames show the markers, or the mannequin
        moved between them.
    """
    if camera.color is None or camera.color_from_depth is None:
        raise CalibrationError(
            f"camera {camera.serial} has no colour calibration: the markers need one"
        )
    world_from_color = camera.world_from_cam.pose() @ camera.color_from_depth.pose().inverse()
    poses: list[Pose] = []
    residuals_px: list[float] = []
    reasons: Counter[str] = Counter()
    n_frames = 0
    for bgr in frames:
        n_frames += 1
        fit = estimate_pose(bgr, layout, camera.color)
        if fit.cam_from_mannequin is None:
            reasons[fit.why] += 1
            continue
        poses.append(chain(world_from_color, fit.cam_from_mannequin))
        residuals_px.append(fit.residual_px)
    if len(poses) < MIN_FRAMES:
        why = f" ({reasons.most_common(1)[0][0]})" if reasons else ""
        raise CalibrationError(
            f"mannequin pose: {len(poses)} of {n_frames} frames usable, {MIN_FRAMES} are needed"
            f"{why}: put the markers into view, in good light"
        )
    pose, rms_m, used = average_poses(poses)
    if rms_m > MAX_RMS_M:
        raise CalibrationError(
            f"mannequin pose: the frames disagree by {rms_m * 1000:.1f} mm rms, "
            f"{MAX_RMS_M * 1000:.0f} are allowed: let it lie still and take them again"
        )
    residual_px = float(np.mean(np.array(residuals_px)[used]))
    known = [
        p.covariance for p, u in zip(poses, used, strict=True) if u and p.covariance is not None
    ]
    if known:
        pose = Pose(pose.R, pose.t_m, np.mean(known, axis=0))
    return RestingPose(pose, rms_m, residual_px, n_frames, int(used.sum()))
