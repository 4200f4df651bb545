"""The mannequin's pose for judging a mount: from markers, a calibration, or the picture.

Takes frames of one camera, gives the best ``cam_from_mannequin`` there is now and where it
comes from; leaves what is seen along its rays to `mr.tracking.mount_view`. A camera that is
being mounted moves, so what was seen is believed for a short time only.
"""

from __future__ import annotations

from mr.geometry.camera import Camera
from mr.geometry.poses import chain
from mr.geometry.poses import inverse as inverse_pose
from mr.rig import CameraCalibration, MarkerLayout
from mr.tracking.markers import estimate_pose
from mr.tracking.mount_facts import PoseSource
from mr.tracking.mount_guess import Guess, guess_pose
from mr.types import ColorFrame, DepthFrame, Pose

NEVER_NS = -(10**18)
MARKERS_HOLD_NS = 3_000_000_000
"""A pose from markers stands for so long after they were last seen, as arms hide them."""
SETTLE_NS = 1_500_000_000
"""Something nearer that stays in the picture's middle for so long is the chest: the camera
was moved. Hands and heads that come and go are not."""
NEARER_M = 0.05


class MountPose:
    """Finds where the mannequin lies; parameters as of `mr.tracking.mount.MountWatch`."""

    def __init__(
        self, calibration: CameraCalibration, layout: MarkerLayout | None, calibrated: Pose | None
    ) -> None:
        self.camera = Camera(calibration.depth)
        self.guess = Guess(None, None, 0.0, "no depth picture has come yet")
        self.markers_seen: int | None = None
        self._calibration = calibration
        self._layout = layout
        self._calibrated = calibrated
        self._held: Pose | None = None
        self._held_ns = NEVER_NS
        self._marked: Pose | None = None
        self._marked_ns = NEVER_NS

    def forget_times(self) -> None:
        """Begin anew after the camera's clock has jumped back."""
        self._held_ns = self._marked_ns = NEVER_NS

    def color(self, frame: ColorFrame, t_ns: int) -> None:
        """Look for markers in a colour frame."""
        known = self._calibration
        if self._layout is None or known.color is None or known.color_from_depth is None:
            return
        fit = estimate_pose(frame.bgr, self._layout, known.color)
        self.markers_seen = fit.n_seen
        if fit.cam_from_mannequin is not None:
            # There "cam" is the colour sensor; the depth sensor is where the house lives.
            cam_from_color = inverse_pose(known.color_from_depth.pose())
            self._marked = chain(cam_from_color, fit.cam_from_mannequin)
            self._marked_ns = t_ns

    def depth(self, frame: DepthFrame, t_ns: int) -> tuple[Pose | None, PoseSource | None]:
        """Give the best pose at a depth frame, and where it comes from."""
        self.guess = guess_pose(self.camera, self._calibration.baseline_m, frame)
        if self._marked is not None and t_ns - self._marked_ns < MARKERS_HOLD_NS:
            return self._marked, "markers"
        if self._calibrated is not None:
            return self._calibrated, "calibrated"
        guess, held = self.guess.cam_from_mannequin, self._held
        if guess is not None:
            nearer = held is not None and guess.t_m[2] < held.t_m[2] - NEARER_M
            if not nearer or t_ns - self._held_ns > SETTLE_NS:
                self._held, self._held_ns = guess, t_ns
        return self._held, None if self._held is None else "picture"
