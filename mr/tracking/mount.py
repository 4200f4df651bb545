"""Is this camera mounted well? A fold over one camera's frames, for `mrcpr camera mount`.

Takes stamped depth and colour frames with what is known of the camera and the mannequin,
gives a `MountReport` at any time; works before anything is calibrated. Leaves what is
seen in one frame to `mount_view`, the verdicts and their limits to `mount_verdict`. No
I/O, no clock, no threads: the same frames give the same report.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.geometry.poses import difference
from mr.rig import CameraCalibration, MarkerLayout
from mr.tracking.chest import BACK_HALF_M
from mr.tracking.distance import true_distances
from mr.tracking.mount_facts import LIMITS, Hider, MountFacts, MountLimits, PoseSource, Verdict
from mr.tracking.mount_pose import NEVER_NS, MountPose
from mr.tracking.mount_verdict import KNEEL, MountItem, judge, overall
from mr.tracking.mount_view import BoxLook, MountView
from mr.tracking.surface import STRIDE, ChestView
from mr.types import ColorFrame, DepthFrame, FloatArray, Pose

LOOK_EVERY_NS = 90_000_000
"""The shares of a frame are measured ten times a second; every frame counts for the rate."""
COLOR_EVERY_NS = 200_000_000
SAME_VIEW = np.repeat([0.005, 0.004], 3)
"""Change of pose (rad, m) that the rays may be old by."""
MOVED = np.repeat([0.08, 0.05], 3)
"""Change of pose that begins a new history: the camera was moved."""
MIN_ARMS_PX = 1500
"""Pixels in the forearms' box that are arms: two forearms cover 6900 at 0.9 m (simulated)."""
MIN_LEARNER_POINTS = 40
RATE_FRAMES = 3
BACK_OF_HAND_M = 0.04
"""Height of the back of two stacked hands over the resting chest, mean over a compression."""
COMPRESSION_HZ = 110 / 60
"""A compression's depth is fitted to all frames of its cycle."""


@dataclass(frozen=True, slots=True, eq=False)
class MountReport:
    """How a camera is mounted, and how good that is."""

    camera_id: str
    facts: MountFacts
    items: tuple[MountItem, ...]
    verdict: Verdict
    """The worst of the items; unknown when the chest was not seen."""

    @property
    def advice(self) -> str:
        """Say what to do first; empty when there is nothing to do."""
        order: tuple[Verdict, ...] = ("bad", "usable")
        if self.verdict == "unknown":
            order = ("bad", "unknown", "usable")
        for verdict in order:
            for item in self.items:
                if item.verdict == verdict and item.advice:
                    return item.advice
        return KNEEL if self.facts.blocked_share is None else ""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """One measured frame of the history."""

    t_ns: int
    chest: BoxLook | None
    arms: BoxLook | None
    learner_sum_m: FloatArray
    learner_points: int


class MountWatch:
    """Watches how one camera is mounted; frames come in order of capture.

    Parameters
    ----------
    calibration
        The camera's models, the factory's or the rig's; where it stands is not used.
    layout
        The mannequin's markers, when they are known.
    calibrated
        ``cam_from_mannequin`` of a calibrated rig; markers, when seen, know better.
    limits
        What is good.
    """

    def __init__(
        self,
        calibration: CameraCalibration,
        layout: MarkerLayout | None = None,
        calibrated: Pose | None = None,
        limits: MountLimits = LIMITS,
    ) -> None:
        self._calibration = calibration
        self._pose = MountPose(calibration, layout, calibrated)
        self._camera = self._pose.camera
        self._layout = layout
        self._limits = limits
        self._view: MountView | None = None
        self._source: PoseSource | None = None
        self._looked_ns = self._colored_ns = NEVER_NS
        self._brightness: float | None = None
        self._looks: deque[_Look] = deque()
        self._frames: deque[tuple[int, int]] = deque()
        self._begun_ns: int | None = None
        self._t_ns = 0
        self._camera_id = ""

    @property
    def camera(self) -> Camera:
        """The depth sensor's model."""
        return self._camera

    @property
    def view(self) -> MountView | None:
        """Where the chest is seen now, for drawing; None until it is known."""
        return self._view

    def step(self, frame: DepthFrame | ColorFrame, t_ns: int) -> None:
        """Take one frame in, captured at `t_ns`.

        Raises
        ------
        CalibrationError
            When the frame's size is not that of the camera's model.
        """
        self._camera_id = frame.camera_id
        if isinstance(frame, ColorFrame):
            self._color(frame, t_ns)
            return
        size = (self._camera.height_px, self._camera.width_px)
        if frame.depth_counts.shape != size:
            raise CalibrationError(
                f"depth frame of camera {frame.camera_id!r} is {frame.depth_counts.shape}, "
                f"its model says {size}: set the camera to that mode"
            )
        self._t_ns = t_ns
        self._frames.append((t_ns, frame.arrival.seq))
        self._forget(t_ns)
        if t_ns - self._looked_ns < LOOK_EVERY_NS:
            return
        self._looked_ns = t_ns
        frame = true_distances(frame, self._calibration)
        self._place(frame, t_ns)
        if self._view is not None:
            view = self._view
            found, n = view.learner(frame)
            self._looks.append(_Look(t_ns, view.chest.look(frame), view.arms.look(frame), found, n))

    def _forget(self, t_ns: int) -> None:
        """Drop what is older than the window; a clock that jumps back begins a new history."""
        if self._frames[0][0] > t_ns or self._looked_ns > t_ns:
            self._frames.clear()
            self._looks.clear()
            self._looked_ns = self._colored_ns = NEVER_NS
            self._pose.forget_times()
            self._begun_ns = None
        oldest_ns = t_ns - round(self._limits.window_s * 1e9)
        for history in (self._frames, self._looks):
            while history and _time_of(history[0]) < oldest_ns:
                history.popleft()

    def _color(self, frame: ColorFrame, t_ns: int) -> None:
        if t_ns - self._colored_ns < COLOR_EVERY_NS:
            return
        self._colored_ns = t_ns
        grey = cv2.cvtColor(np.ascontiguousarray(frame.bgr[::4, ::4]), cv2.COLOR_BGR2GRAY)
        self._brightness = float(np.mean(grey))
        self._pose.color(frame, t_ns)

    def _place(self, frame: DepthFrame, t_ns: int) -> None:
        """Find the best pose of the mannequin there is now, and look along its rays."""
        pose, source = self._pose.depth(frame, t_ns)
        if source != self._source or pose is None:
            self._view = None
        self._source = source
        if pose is None:
            return
        old = self._view
        if old is None or (np.abs(difference(pose, old.pose)) > SAME_VIEW).any():
            if old is None or (np.abs(difference(pose, old.pose)) > MOVED).any():
                self._looks.clear()
                self._begun_ns = t_ns
            self._view = MountView(self._camera, pose)

    def report(self) -> MountReport:
        """Say how the camera is mounted, by what has come so far."""
        facts = self._facts()
        items = judge(facts, self._limits)
        return MountReport(self._camera_id, facts, items, overall(items))

    def _facts(self) -> MountFacts:
        view, looks = self._view, list(self._looks)
        chests = [look.chest for look in looks if look.chest is not None]
        arms = [look.arms for look in looks if look.arms is not None]
        rate_hz = self._rate_hz()
        return MountFacts(
            pose_from=None if view is None else self._source,
            why=self._why(),
            place=None if view is None else view.standpoint,
            middle_m=self._pose.guess.distance_m,
            middle_valid_share=self._pose.guess.valid_share if self._frames else None,
            in_picture_share=None if view is None else view.in_picture_share,
            chest_px=chests[-1].n_px if chests else None,
            chest_valid_share=_mean([c.valid_share for c in chests]),
            arms_valid_share=_mean([a.valid_share for a in arms]),
            hidden_now_share=chests[-1].hidden_share if chests else None,
            unseen_now_share=chests[-1].unseen_share if chests else None,
            hidden_share=_mean([c.hidden_share for c in chests]),
            blocked_share=self._blocked_share(looks),
            hidden_by=_hidden_by(chests),
            learner_azimuth_rad=_learner_azimuth(looks),
            markers_seen=self._pose.markers_seen,
            markers_total=None if self._layout is None else len(self._layout.markers),
            sigma_m=None if view is None or rate_hz is None else self._sigma_m(view, rate_hz),
            rate_hz=rate_hz,
            brightness=self._brightness,
            seen_s=0.0 if self._begun_ns is None else (self._t_ns - self._begun_ns) * 1e-9,
        )

    def _why(self) -> str:
        if self._source == "picture":
            return "rough: taken from the middle of the picture, without markers"
        return self._pose.guess.why if self._view is None else ""

    def _rate_hz(self) -> float | None:
        """Tell the camera's own rate: frames that this program missed are the camera's, too."""
        if len(self._frames) < RATE_FRAMES:
            return None
        (t0_ns, first), (t1_ns, last) = self._frames[0], self._frames[-1]
        return (last - first) / ((t1_ns - t0_ns) * 1e-9) if t1_ns > t0_ns else None

    def _blocked_share(self, looks: list[_Look]) -> float | None:
        """Tell in which share of the time of pressing the chest was out of sight."""
        limit = self._limits.blocked_at_share
        lost = [lost for look in looks if (lost := _is_lost(look, limit)) is not None]
        return sum(lost) / len(lost) if lost else None

    def _sigma_m(self, view: MountView, rate_hz: float) -> float:
        """Expect the noise of one compression's depth, measured on the back of the hand.

        A patch's mean has the noise of `ChestView.height_sigma_m`, which counts how many
        of its pixels share one draw. The swing of a cycle fitted to n frames has the sigma
        of one frame times √(8/n): twice the amplitude of a sine, whose variance is 2/n.
        """
        chest = ChestView(self._camera, self._calibration.baseline_m, view.pose)
        z_m = float(view.pose.apply(np.array([0.0, 0.0, BACK_OF_HAND_M]))[2])
        area_m2 = 4 * BACK_HALF_M[0] * BACK_HALF_M[1] * float(np.cos(view.standpoint.tilt_rad))
        focal_px = float(self._camera.matrix[0, 0])
        n_px = max(1, round(area_m2 * (focal_px / z_m) ** 2 / STRIDE**2))
        n_frames = max(1.0, rate_hz / COMPRESSION_HZ)
        return chest.height_sigma_m(z_m, n_px) * float(np.sqrt(8.0 / n_frames))


def _time_of(entry: tuple[int, int] | _Look) -> int:
    return entry.t_ns if isinstance(entry, _Look) else entry[0]


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _is_lost(look: _Look, limit: float) -> bool | None:
    """Tell whether the chest is out of sight; None while nobody presses.

    Who hides the chest may hide the arms too; who kneels beside a bare chest has not begun.
    """
    if look.chest is None:
        return None
    lost = look.chest.unseen_share > limit
    pressing = look.arms is not None and look.arms.inside_px >= MIN_ARMS_PX
    hiding = lost and look.learner_points >= MIN_LEARNER_POINTS
    return lost if pressing or hiding else None


def _hidden_by(chests: list[BoxLook]) -> Hider | None:
    """Name what hid the chest over the window; None when nothing did."""
    hidden = sum(c.hidden_share for c in chests)
    if hidden < 0.01 * max(1, len(chests)):
        return None
    high = sum(c.hidden_high_share for c in chests)
    return "head or shoulders" if high > 0.5 * hidden else "arms or trunk"


def _learner_azimuth(looks: list[_Look]) -> float | None:
    """Tell the learner's direction about the chest's normal, over the window."""
    there = [look for look in looks if look.learner_points >= MIN_LEARNER_POINTS]
    if not there:
        return None
    x, y = np.sum([look.learner_sum_m for look in there], axis=0)
    return float(np.arctan2(y, x))
