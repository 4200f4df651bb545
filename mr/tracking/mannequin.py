"""Where the mannequin is, for one camera: markers, its surface, and who was bumped.

Takes the camera's colour and depth frames with their instants, holds the pose and says
what it rests on, or why it is not to be trusted. Leaves one picture's markers to
`mr.tracking.markers`, one depth frame's surface to `.registration`, joining over time to
`.pose_filter` and the room behind it to `.background`.

Frames come often, so most pass at no cost: ten times a second the surface is glanced at
and the background kept, once a second it is registered, five times a second markers are
looked for; always, while something is amiss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.geometry.poses import chain, difference
from mr.geometry.poses import inverse as inverse_pose
from mr.rig import Rig
from mr.tracking.background import Background
from mr.tracking.bump import BumpWatch
from mr.tracking.markers import MarkerFit, Seen, estimate_pose, look_around
from mr.tracking.plates import PlateWatch
from mr.tracking.pose_filter import SCALE, Apart, Look, PoseFilter
from mr.tracking.registration import SurfaceFit, SurfaceMatcher
from mr.types import ColorFrame, DepthFrame, FloatArray, Pose

GLANCE_NS = 90_000_000
"""A little less than a tenth of a second, which is a whole number of frames at most rates."""
PICTURE_NS = 190_000_000
"""Markers are looked for five times a second: a search is the dearest step of all, a mannequin
lies still, and the surface tells of a bump sooner."""
LATEST_NS = 2 * GLANCE_NS
"""A glance is put off no longer, though there be a picture beside each frame."""
REGISTER_NS = 950_000_000
APART_NS = 20_000_000
"""A picture and a glance in one frame's time would make one long step of two."""
MARKER_NOISE_SHARE, MARKER_SHARED_SHARE = 0.2, 0.33
"""Of a marker pose's claimed sigma: what is drawn anew with each picture, and the pattern of
these corners on these pixels, which is the same in each picture of a still scene. Measured
on simulated pictures; a real print was not."""
SURFACE_SHARED = np.repeat([0.0003, 0.00015], 3)
"""One-sigma (rad, m) of what a camera shares from frame to frame: the slow wandering of all
disparities, the lens."""
SCAN_SHARE = 1.0 / 12.0
"""A scan of twelve frames has this share of one frame's variance, and keeps it."""
AROUND_M = 0.06
"""What stands so near the mannequin or its plates is not background."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What is to be told of the mannequin now."""

    cam_from_mannequin: Pose
    source: Literal["calibrated", "markers", "surface"]
    residual_px: float
    """Of the markers in this picture; NaN without one."""
    n_markers: int
    valid: bool
    why: str
    """Why it is not valid; or what is worth telling though it is."""
    apart: Apart | None = None
    """How far markers and surface are apart, where both were seen."""


class MannequinWatch:
    """Follows the mannequin in one camera's frames, in order of capture.

    Parameters
    ----------
    rig
        With markers (and a colour model of the camera), a surface, both or neither.
    camera_id
        One of ``rig.cameras``.
    camera
        Its depth sensor.
    """

    def __init__(self, rig: Rig, camera_id: str, camera: Camera) -> None:
        calibration = rig.cameras[camera_id]
        self._color = calibration.color
        entry = calibration.color_from_depth
        self._color_from_cam = None if entry is None else entry.pose()
        self._layout = rig.markers
        at_rest = calibration.world_from_cam.pose().inverse() @ rig.world_from_mannequin.pose()
        self._belief = PoseFilter(at_rest)
        self._plates = None if rig.markers is None else PlateWatch(rig.markers, camera)
        baseline_m = calibration.baseline_m
        self._matcher: SurfaceMatcher | None = None
        if rig.surface is not None:
            self._matcher = SurfaceMatcher(rig.surface.cloud(), camera, baseline_m)
        self._background = Background(camera, baseline_m, _extent_m(rig))
        self._glanced_ns: int | None = None
        self._pictured_ns: int | None = None
        self._registered_ns: int | None = None
        self._picture = ""
        """What the last picture's markers gave to say."""
        self._bump = BumpWatch(self._background)

    @property
    def pose(self) -> Pose:
        """The ``cam_from_mannequin`` held now; with covariance once it was seen."""
        return self._belief.pose

    @property
    def blind(self) -> str:
        """Why nothing can be measured on the mannequin now; empty when it can."""
        belief = self._belief
        if belief.moved_to is not None:
            return self._bump.words
        if belief.unclear:
            return "the mannequin or the camera was moved, but too few markers say where to"
        return belief.stale_why

    def wants_picture(self, t_ns: int) -> bool:
        """Whether a picture is worth a search: the last is old, or something is amiss."""
        last_ns, belief = self._pictured_ns, self._belief
        amiss = belief.doubtful or belief.source == "calibrated" or bool(self.blind)
        return amiss or last_ns is None or t_ns - last_ns >= PICTURE_NS

    def look(self, frame: ColorFrame) -> Seen:
        """Look for the markers in a picture, first where they are believed to be."""
        layout, color, color_from_cam = self._layout, self._color, self._color_from_cam
        if layout is None or color is None or color_from_cam is None:
            return Seen((), np.zeros((0, 4, 2)), 0)
        if frame.bgr.shape[:2] != (color.height_px, color.width_px):
            raise CalibrationError(
                f"colour frame of camera {frame.camera_id!r} is {frame.bgr.shape[:2]}, the rig was "
                f"calibrated at {(color.height_px, color.width_px)}: set the rig's mode"
            )
        return look_around(frame.bgr, layout, color, color_from_cam @ self.pose)

    def color(self, picture: Seen, t_ns: int) -> Found:
        """Take in the markers of a picture."""
        layout, color, color_from_cam = self._layout, self._color, self._color_from_cam
        if layout is None or color is None or color_from_cam is None or self._plates is None:
            return self.now(t_ns)
        self._pictured_ns = t_ns
        guess = color_from_cam @ self.pose
        fit = estimate_pose(picture, layout, color, guess, self._plates.moved)
        before = self.pose
        known = self._belief.source != "calibrated" and not self.blind
        one_off = known and self._plates.look(fit, color, guess)
        if fit.cam_from_mannequin is None:
            self._belief.unseen(t_ns, None if one_off else fit.agrees)
        else:
            # Here the marker's "cam" is the colour sensor; depth is where the house lives.
            seen = chain(inverse_pose(color_from_cam), fit.cam_from_mannequin)
            self._belief.seen(_marker_look(seen), t_ns)
        self._bump.after(self._belief, before, t_ns)
        self._picture = self._hidden(fit)
        return self.now(t_ns, fit)

    def depth(self, frame: DepthFrame, t_ns: int) -> Found | None:
        """Glance at the surface and the background; None when there is nothing to tell."""
        since_ns = None if self._glanced_ns is None else t_ns - self._glanced_ns
        if since_ns is not None and since_ns < GLANCE_NS:
            return None
        pictured = self._pictured_ns is not None and t_ns - self._pictured_ns < APART_NS
        if pictured and since_ns is not None and since_ns < LATEST_NS:
            return None
        self._glanced_ns = t_ns
        if self._plates is not None:
            self._plates.depth(frame)
        told = self.blind
        self._background.see(frame, t_ns)
        tell = self._surface(frame, t_ns)
        sure = not self._belief.doubtful and not self.blind
        self._background.learn(sure and self._belief.source != "calibrated")
        if self._matcher is None:
            self._belief.unseen(t_ns)
        return self.now(t_ns) if tell or self.blind != told else None

    def now(self, t_ns: int, fit: MarkerFit | None = None) -> Found:
        """Tell what is believed at an instant, and what a picture added to it."""
        blind = self.blind
        why = blind or self._remark(t_ns) or self._picture
        return Found(
            self.pose,
            self._belief.source,
            float("nan") if fit is None else fit.residual_px,
            0 if fit is None else fit.n_markers,
            not blind,
            why,
            None if blind else self._belief.apart,
        )

    def _remark(self, t_ns: int) -> str:
        """Give what is worth telling though the pose is good."""
        if words := self._bump.told(t_ns):
            return words
        if self._plates is not None and self._plates.why:
            return self._plates.why
        gap_m = self._belief.disagreement_m
        if gap_m is not None:
            return (
                f"markers and surface disagree by {1e3 * gap_m:.0f} mm: "
                "was a marker plate moved, or is this another mannequin?"
            )
        return ""

    def _hidden(self, fit: MarkerFit) -> str:
        """Say which markers are missing, when something stands before them."""
        if self._plates is None or fit.seen is None:
            return fit.why
        missing = self._plates.hidden(fit.seen, self.pose)
        n = len(self._layout.markers) if self._layout is not None else 0
        if missing and not fit.seen.n_foreign:
            return f"{fit.n_seen} of {n} markers seen (arms in the way)"
        return fit.why

    def _surface(self, frame: DepthFrame, t_ns: int) -> bool:
        """Take a look at the surface; tells whether it was a whole registration."""
        if self._matcher is None:
            return False
        belief, before = self._belief, self.pose
        first = belief.source == "calibrated"
        last_ns = self._registered_ns
        due = first or last_ns is None or t_ns - last_ns >= REGISTER_NS
        fit: SurfaceFit | None = None
        if not due:
            fit = self._matcher.glance(frame, belief.pose)
            # A glance finds its way over millimetres only: what it doubts is looked for.
            due = not _fits(fit, belief.pose)
        if due:
            self._registered_ns = t_ns
            fit = self._matcher.register(frame, belief.pose)
            if fit.cam_from_mannequin is None or not _fits(fit, belief.pose):
                far = self._matcher.register(frame, belief.moved_to or belief.pose, far=True)
                fit = far if far.cam_from_mannequin is not None else fit
        if fit is None or fit.cam_from_mannequin is None:
            belief.unseen(t_ns)
        else:
            belief.seen(_surface_look(fit.cam_from_mannequin), t_ns)
        self._bump.after(belief, before, t_ns)
        return due


def _fits(fit: SurfaceFit, pose: Pose) -> bool:
    """Whether a look is near enough to the belief to go into it as it is."""
    if fit.cam_from_mannequin is None:
        return False
    gap = np.abs(difference(fit.cam_from_mannequin, pose))
    return bool(gap[:3].max() < 0.012 and gap[3:].max() < 0.002)


def _marker_look(pose: Pose) -> Look:
    assert pose.covariance is not None
    noise = MARKER_NOISE_SHARE**2 * pose.covariance
    return Look(pose, noise, MARKER_SHARED_SHARE**2 * pose.covariance, "markers")


def _surface_look(pose: Pose) -> Look:
    assert pose.covariance is not None
    shared = np.diag(SURFACE_SHARED**2) + SCAN_SHARE * pose.covariance
    # Two depth scales: of this camera, and of the one that scanned.
    shared[3:, 3:] += 2.0 * SCALE**2 * np.outer(pose.t_m, pose.t_m)
    return Look(pose, pose.covariance, shared, "surface")


def _extent_m(rig: Rig) -> FloatArray:
    """Give the box [[x0, y0], [x1, y1]] of the mannequin's frame that is not background."""
    points = [np.array([[-0.2, -0.3, 0.0], [0.2, 0.5, 0.0]])]
    if rig.surface is not None:
        points.append(rig.surface.cloud().points_m)
    if rig.markers is not None:
        points += [np.array(m.corners_in_mannequin_m) for m in rig.markers.markers]
    xy = np.concatenate(points)[:, :2]
    return np.stack([xy.min(axis=0) - AROUND_M, xy.max(axis=0) + AROUND_M])
