"""Where the mannequin lies, seen by all cameras: its pose, its chest's normal, its surface.

Takes looks at the resting mannequin (markers and depth at the same instants), gives its pose
in the world, with what the cameras and the surface say against each other, and the surface
itself; leaves the markers' pose of one camera to `.resting`, the surface to `.surface`, and its
normal to `.normal`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.mannequin.normal import ChestNormal, measure_chest_normal, resting_chest
from calibration.mannequin.normal_guide import RestLook
from calibration.mannequin.normal_record import MAX_RESIDUAL_PX, normal_record
from calibration.mannequin.resting import RestingPose, measure_resting_pose
from calibration.mannequin.surface import Scan, scan_surface
from calibration.record import Check, Record, sha256_of
from mr.errors import CalibrationError
from mr.geometry.cloud import Cloud
from mr.geometry.poses import difference, perturb
from mr.rig import CameraCalibration, MarkerLayout
from mr.tracking.markers import Seen, estimate_pose
from mr.types import FloatArray, Pose

APART_M = 0.004
APART_RAD = np.radians(0.6)
"""Two cameras that have the mannequin farther apart: one of them is not where it is said to be."""


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """Where the mannequin lies, and what says so."""

    world_from_mannequin: Pose
    """By markers and surface together, with covariance."""
    by_camera: Mapping[str, RestingPose]
    apart_m: float
    """Farthest that two cameras' markers have it from each other; 0 of one."""
    apart_rad: float
    normal: ChestNormal
    surface: Cloud
    n_looks: int
    inputs_sha256: str


def measure_rest(
    looks: Sequence[RestLook],
    layout: MarkerLayout,
    cameras: Mapping[str, CameraCalibration],
    chest_ap_m: float | None,
) -> Rest:
    """Measure where the mannequin lies, and its surface.

    Raises
    ------
    CalibrationError
        When a camera sees too little, cameras disagree, or markers and surface do.
    """
    found: dict[str, RestingPose] = {}
    poses: dict[str, Pose] = {}
    for camera_id, camera in cameras.items():
        seen = [look.seen for look in looks if look.camera_id == camera_id]
        if not seen:
            raise CalibrationError(f"rest: camera {camera_id} has not looked: show it the plates")
        found[camera_id] = measure_resting_pose(seen, layout, camera)
        poses[camera_id] = _with_covariance(found[camera_id], seen, layout, camera)
    apart_m, apart_rad = _apart(poses)
    lies = _joined(list(poses.values()))
    chests, scans = [], []
    for camera_id, camera in cameras.items():
        mine = [look for look in looks if look.camera_id == camera_id]
        frames = tuple(look.depth_counts for look in mine)
        chests.append(resting_chest(frames, camera_id, mine[0].m_per_count))
        cam_from_mannequin = camera.world_from_cam.pose().inverse() @ lies
        scans.append(Scan(frames, mine[0].m_per_count, camera, cam_from_mannequin))
    normal = measure_chest_normal(chests, cameras, lies)
    arrays = [a for look in looks for a in (look.marker_corners_px, look.depth_counts)]
    return Rest(
        normal.world_from_mannequin,
        found,
        apart_m,
        apart_rad,
        normal,
        scan_surface(scans, layout, chest_ap_m),
        len(looks),
        sha256_of(arrays),
    )


def rest_record(rest: Rest, subject: str) -> Record:
    """Write down where the mannequin lies and how far all agree."""
    record = normal_record(rest.normal, next(iter(rest.by_camera.values())), subject)
    checks = list(record.checks)
    for camera_id, pose in list(rest.by_camera.items())[1:]:
        checks.append(
            Check(
                item=f"markers off their pose, camera {camera_id}",
                value=pose.residual_px,
                unit="px",
                high=MAX_RESIDUAL_PX,
                why="more is a plate that was moved, or another lens",
            )
        )
    if len(rest.by_camera) > 1:
        checks.append(
            Check(
                item="two cameras' markers apart, at worst",
                value=1e3 * rest.apart_m,
                unit="mm",
                high=1e3 * APART_M,
                why="more: a camera was moved since it was placed",
            )
        )
    checks.append(Check(item="points of the surface", value=float(len(rest.surface)), unit=""))
    return record.model_copy(
        update={
            "procedure": "rest",
            "checks": tuple(checks),
            "n_samples": rest.n_looks,
            "inputs_sha256": {"rest_looks": rest.inputs_sha256},
        }
    )


def _with_covariance(
    rest: RestingPose, looks: Sequence[Seen], layout: MarkerLayout, camera: CameraCalibration
) -> Pose:
    """Give one look's covariance: corners of a scene at rest err alike in all of them."""
    assert camera.color is not None and camera.color_from_depth is not None
    fits = [estimate_pose(look, layout, camera.color).cam_from_mannequin for look in looks]
    each = [fit.covariance for fit in fits if fit is not None and fit.covariance is not None]
    world_from_color = camera.world_from_cam.pose() @ camera.color_from_depth.pose().inverse()
    turn = np.kron(np.eye(2), world_from_color.R)
    covariance = turn @ np.mean(each, axis=0) @ turn.T
    pose = rest.world_from_mannequin
    return Pose(pose.R, pose.t_m, covariance)


def _joined(poses: Sequence[Pose]) -> Pose:
    """Average poses by their information."""
    base = poses[0]
    total, right = np.zeros((6, 6)), np.zeros(6)
    for pose in poses:
        assert pose.covariance is not None
        weight = np.linalg.inv(pose.covariance)
        total += weight
        right += weight @ difference(pose, base)
    step: FloatArray = np.linalg.solve(total, right).astype(np.float64)
    covariance: FloatArray = np.linalg.inv(total).astype(np.float64)
    joined = perturb(base, step)
    return Pose(joined.R, joined.t_m, covariance)


def _apart(poses: Mapping[str, Pose]) -> tuple[float, float]:
    """Give how far two cameras' poses are apart at worst; refuse what no noise explains."""
    worst_m = worst_rad = 0.0
    for a, b in itertools.combinations(poses, 2):
        off = difference(poses[a], poses[b])
        turn, shift = float(np.linalg.norm(off[:3])), float(np.linalg.norm(off[3:]))
        if shift > APART_M or turn > APART_RAD:
            raise CalibrationError(
                f"rest: cameras {a} and {b} have the mannequin {1e3 * shift:.1f} mm and "
                f"{np.degrees(turn):.2f} degrees apart: was one moved since `mrcpr calibrate "
                "world`? Do that again"
            )
        worst_m, worst_rad = max(worst_m, shift), max(worst_rad, turn)
    return worst_m, worst_rad
