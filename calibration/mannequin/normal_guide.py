"""How looks at the resting mannequin are guided, for its pose and its chest's normal.

Takes one camera's looks (markers of the colour picture, and the depth picture beside it), gives
a verdict on each; leaves measuring to `calibration.mannequin.resting` and `.normal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.guide import Progress, Verdict
from calibration.mannequin.normal import MIN_FRAMES, PATCH_M, RestingChest, resting_chest
from mr.geometry.camera import Camera
from mr.geometry.poses import difference
from mr.rig import CameraCalibration, MarkerLayout
from mr.tracking.markers import MIN_MARKERS, Seen, estimate_pose
from mr.types import FloatArray, Pose

WANTED = 12
"""Looks of each camera: more frames do not make steady errors smaller."""
MOVED_M, MOVED_RAD = 0.003, 0.015
"""Against the first look's markers: more is a mannequin, or a camera, that was pushed."""
COVERED_M = 0.012
"""Against the first look's depth of the chest, in a tenth of its pixels: a hand is 25 mm thick,
and two frames' noise of one pixel is 4 mm at 0.8 m."""
MIN_SEEN = 0.6
PATIENCE = 6
"""Looks in a row that are unlike the first one."""


@dataclass(frozen=True, slots=True, eq=False)
class RestLook:
    """One camera's look at the resting mannequin."""

    camera_id: str
    marker_ids: tuple[int, ...]
    marker_corners_px: FloatArray
    """(n, 4, 2)."""
    n_foreign: int
    depth_counts: npt.NDArray[np.uint16]
    """(H, W)."""
    m_per_count: float

    @property
    def seen(self) -> Seen:
        """The markers, as `mr.tracking.markers` takes them."""
        return Seen(self.marker_ids, self.marker_corners_px, self.n_foreign)


class RestGuide:
    """Guides a look of each camera at the mannequin at rest, without anybody's hands."""

    def __init__(self, cameras: Mapping[str, CameraCalibration], layout: MarkerLayout) -> None:
        self._cameras, self._layout = dict(cameras), layout
        self.samples: list[RestLook] = []
        self._first: dict[str, tuple[Pose, FloatArray]] = {}
        self._last_px: dict[str, float] = {}
        self._n_unlike: dict[str, int] = {}

    def offer(self, sample: RestLook) -> Verdict:
        """Take a look, or say why not."""
        camera = self._cameras.get(sample.camera_id)
        if camera is None or camera.color is None:
            return Verdict(False, f"camera {sample.camera_id} has no colour calibration")
        if len(sample.marker_ids) < MIN_MARKERS:
            more = ", others are foreign: is it another mannequin?" if sample.n_foreign else ""
            return Verdict(
                False,
                f"{len(sample.marker_ids)} plates are seen, {MIN_MARKERS} are needed: give light, "
                f"take away what covers them{more}",
            )
        fit = estimate_pose(sample.seen, self._layout, camera.color)
        if fit.cam_from_mannequin is None:
            return Verdict(False, f"no pose from the plates: {fit.why}")
        chest = self._chest_m(sample, camera, fit.cam_from_mannequin)
        if np.isfinite(chest).mean() < MIN_SEEN:
            return Verdict(False, "too little depth of the chest: bare it, and no glare on it")
        first = self._first.setdefault(sample.camera_id, (fit.cam_from_mannequin, chest))
        step = np.abs(difference(fit.cam_from_mannequin, first[0]))
        if step[:3].max() > MOVED_RAD or step[3:].max() > MOVED_M:
            return self._unlike(
                sample.camera_id, "the mannequin or the camera was moved: let all rest"
            )
        if chest.shape == first[1].shape:
            off = np.abs(chest - first[1])
            if np.nanpercentile(off, 90) > COVERED_M:
                return self._unlike(
                    sample.camera_id, "something is on the chest, or was: take the hands away"
                )
        self._n_unlike[sample.camera_id] = 0
        self.samples.append(sample)
        self._last_px[sample.camera_id] = fit.residual_px
        return Verdict(True)

    def _unlike(self, camera_id: str, why: str) -> Verdict:
        """Refuse a look unlike the first one; when that goes on, the first one was the odd one."""
        n = self._n_unlike[camera_id] = self._n_unlike.get(camera_id, 0) + 1
        if n < PATIENCE:
            return Verdict(False, why)
        self._n_unlike[camera_id] = 0
        del self._first[camera_id]
        self.samples = [s for s in self.samples if s.camera_id != camera_id]
        return Verdict(False, f"{why}; camera {camera_id} begins anew, for it has stayed so")

    def chests(self) -> list[RestingChest]:
        """Give the averaged depth of each camera's looks."""
        return [
            resting_chest(
                [s.depth_counts for s in self.samples if s.camera_id == name],
                name,
                next(s.m_per_count for s in self.samples if s.camera_id == name),
            )
            for name in self._cameras
            if self._n(name)
        ]

    @property
    def progress(self) -> Progress:
        """How far it is."""
        share = np.array([min(self._n(name) / WANTED, 1.0) for name in self._cameras])
        waiting = [n for n, s in zip(self._cameras, share, strict=True) if s < 1]
        worst = max(self._last_px.values(), default=float("nan"))
        return Progress(
            share=float(share.mean()),
            done=bool((share >= 1).all()) and WANTED >= MIN_FRAMES,
            next=f"leave the mannequin alone: {', '.join(waiting)} looks" if waiting else "enough",
            n_taken=len(self.samples),
            residual=f"{worst:.2f} px of the plates" if self._last_px else "",
            coverage=share[None, :],
            coverage_of="cameras " + ", ".join(self._cameras),
        )

    def _n(self, name: str) -> int:
        return sum(s.camera_id == name for s in self.samples)

    def _chest_m(
        self, sample: RestLook, camera: CameraCalibration, color_from_mannequin: Pose
    ) -> FloatArray:
        """Give the depth of the patch's window, coarsely; NaN where there is none."""
        assert camera.color_from_depth is not None
        lens = Camera(camera.depth)
        lies = camera.color_from_depth.pose().inverse() @ color_from_mannequin
        held = self._first.get(sample.camera_id)
        if held is not None:
            lies = camera.color_from_depth.pose().inverse() @ held[0]
        rim = np.array([[a, b, 0.0] for a in PATCH_M[0] for b in PATCH_M[1]])
        rows, columns = lens.window(lies.apply(rim))
        counts = sample.depth_counts[rows, columns][::4, ::4].astype(np.float64)
        counts[counts == 0] = np.nan
        return np.asarray(counts * sample.m_per_count)
