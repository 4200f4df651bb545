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
import numpy.typing as npt

from calibration.guide import Progress, Verdict
from calibration.mannequin.normal import ChestNormal, measure_chest_normal, resting_chest
from calibration.mannequin.resting import RestingPose, measure_resting_pose
from calibration.mannequin.surface import Scan, scan_surface
from calibration.record import BudgetLine, Check, Record, sha256_of
from mr.errors import CalibrationError
from mr.geometry.cloud import Cloud
from mr.geometry.poses import difference, perturb
from mr.rig import CameraCalibration, MarkerLayout
from mr.tracking.markers import Seen, estimate_pose
from mr.types import FloatArray, Pose

LOOKS = 12
"""Of each camera: the surface then has a quarter of one frame's noise."""
MOVED_PX = 1.5
"""Markers of a mannequin at rest stay where they are; a creeping table shows."""
APART_M = 0.004
APART_RAD = np.radians(0.6)
"""Two cameras that have the mannequin farther apart: one of them is not where it is said to be."""
RESIDUAL_PX = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class RestLook:
    """One camera's look at the resting mannequin."""

    camera_id: str
    ids: tuple[int, ...]
    corners_px: FloatArray
    """(n, 4, 2) of the layout's markers in colour."""
    n_foreign: int
    depth_counts: npt.NDArray[np.uint16]
    """(H, W)."""
    m_per_count: float

    @property
    def seen(self) -> Seen:
        """The markers as tracking takes them."""
        return Seen(self.ids, self.corners_px, self.n_foreign)


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


class RestGuide:
    """Guides a few seconds of looking at the mannequin at rest, without hands."""

    def __init__(self, layout: MarkerLayout, camera_ids: Sequence[str]) -> None:
        self._ids = {m.id for m in layout.markers}
        self._cameras = tuple(camera_ids)
        self.samples: list[RestLook] = []
        self._first: dict[str, RestLook] = {}

    def offer(self, sample: RestLook) -> Verdict:
        """Take a look, or say why not."""
        if self._count(sample.camera_id) >= LOOKS:
            return Verdict(False, f"camera {sample.camera_id} has seen enough")
        if not sample.ids:
            more = f" ({sample.n_foreign} of another layout)" if sample.n_foreign else ""
            return Verdict(
                False, f"camera {sample.camera_id} sees no plate{more}: clear its sight, give light"
            )
        first = self._first.setdefault(sample.camera_id, sample)
        if _moved_px(first, sample) > MOVED_PX:
            self.samples = [s for s in self.samples if s.camera_id != sample.camera_id]
            self._first[sample.camera_id] = sample
            return Verdict(
                False, f"camera {sample.camera_id} or the mannequin moves: let all rest; begun anew"
            )
        self.samples.append(sample)
        return Verdict(True)

    def _count(self, camera_id: str) -> int:
        return sum(s.camera_id == camera_id for s in self.samples)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        shares = np.array([self._count(c) / LOOKS for c in self._cameras])
        done = bool((shares >= 1.0).all())
        short = [c for c, share in zip(self._cameras, shares, strict=True) if share < 1.0]
        words = "enough" if done else f"hands off, nobody in the way; camera {short[0]} looks"
        return Progress(
            float(np.minimum(shares, 1.0).mean()),
            done,
            words,
            len(self.samples),
            coverage=shares[None, :],
            coverage_of="cameras " + ", ".join(self._cameras),
        )


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
    arrays = [a for look in looks for a in (look.corners_px, look.depth_counts)]
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
    covariance = rest.world_from_mannequin.covariance
    assert covariance is not None
    place_mm = 1e3 * float(np.sqrt(np.trace(covariance[3:, 3:])))
    n = rest.normal
    checks = [
        Check(item="place, one-sigma", value=place_mm, unit="mm"),
        Check(item="chest normal, one-sigma", value=float(np.degrees(n.sigma_rad)), unit="deg",
              high=0.3, why="issue 6: the chest's normal within 0.3 degrees"),
        Check(item="normal by the surface, off the markers'",
              value=float(np.degrees(n.apart_rad)), unit="deg",
              sigma=float(np.degrees(n.surface_sigma_rad)),
              high=float(np.degrees(n.apart_limit_rad)),
              why="markers and surface must agree: 3.5 sigma of both, 1 degree at most"),
        Check(item="surface over the markers' plane at the compression point",
              value=1e3 * n.height_m, unit="mm", sigma=1e3 * n.height_sigma_m,
              low=-1e3 * n.height_limit_m, high=1e3 * n.height_limit_m,
              why="markers and surface must agree: 3.5 sigma of both, 3 mm at most"),
    ]  # fmt: skip
    for camera_id, pose in rest.by_camera.items():
        checks.append(
            Check(item=f"camera {camera_id}: markers off their pose", value=pose.residual_px,
                  unit="px", high=RESIDUAL_PX, why="more: a plate moved, or the lens is wrong")
        )  # fmt: skip
    if len(rest.by_camera) > 1:
        checks.append(
            Check(item="two cameras' markers apart, at worst", value=1e3 * rest.apart_m, unit="mm",
                  high=1e3 * APART_M, why="more: a camera was moved since it was placed")
        )  # fmt: skip
    checks.append(Check(item="points of the surface", value=float(len(rest.surface)), unit=""))
    return Record(
        procedure="rest",
        subject=subject,
        checks=tuple(checks),
        budget=(
            BudgetLine(source="markers' tilt", unit="deg", how="measured: corners, and the survey",
                       sigma=float(np.degrees(np.sqrt(np.linalg.eigvalsh(n.marker_covariance)[-1])))),
            BudgetLine(source="surface's tilt", unit="deg",
                       how="measured: cells of the depth picture; the stereo's steady error",
                       sigma=float(np.degrees(n.surface_sigma_rad))),
        ),
        n_samples=rest.n_looks,
        inputs_sha256={"rest_looks": rest.inputs_sha256},
    )  # fmt: skip


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


def _moved_px(first: RestLook, now: RestLook) -> float:
    common = [i for i in first.ids if i in now.ids]
    if not common:
        return 0.0
    here = np.array([now.corners_px[now.ids.index(i)] for i in common])
    there = np.array([first.corners_px[first.ids.index(i)] for i in common])
    return float(np.median(np.abs(here - there)))
