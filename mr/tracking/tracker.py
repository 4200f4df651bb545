"""One camera's frames → where the mannequin, the chest's surface and the hands are.

Takes stamped frames of one camera and the rig, gives observations; holds the pose of the
mannequin and the place of the hands between frames. Leaves capture times to `mr.clock`,
joining of cameras and of the mannequin's own sensors to `mr.fusion`. No I/O, no clock,
no threads: the same frames in the same order give the same observations.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.geometry.poses import chain, difference
from mr.geometry.poses import inverse as inverse_pose
from mr.rig import Rig
from mr.tracking.arms import ArmTracker
from mr.tracking.chest import ChestWatch
from mr.tracking.markers import estimate_pose
from mr.tracking.pose_filter import PoseFilter
from mr.tracking.surface import ChestView
from mr.types import (
    ArmPosture,
    Arrival,
    ChestObservation,
    ColorFrame,
    DepthFrame,
    HandSample,
    MannequinPose,
    Stamp,
)

Observation = MannequinPose | ChestObservation | HandSample | ArmPosture

SAME_VIEW = np.repeat([2e-4, 1e-4], 3)
"""Change of pose (rad, m) that a view of the chest may be old by: 0.1 mm at the chest."""
NO_NUMBER = float("nan")


class CameraTracker:
    """Follows the mannequin and the hands in one camera's frames.

    Parameters
    ----------
    rig
        The calibrated rig; markers are looked for when it has a layout and the camera a
        colour model.
    camera_id
        One of ``rig.cameras``.
    arms
        Look at the learner's elbows and shoulders, too (experimental).

    Raises
    ------
    CalibrationError
        When the rig does not know the camera, or only half of its colour sensor.
    """

    def __init__(self, rig: Rig, camera_id: str, *, arms: bool = False) -> None:
        calibration = rig.cameras.get(camera_id)
        if calibration is None:
            known = ", ".join(sorted(rig.cameras)) or "none"
            raise CalibrationError(
                f"rig {rig.name!r} has no camera {camera_id!r} (it has: {known}): "
                "calibrate this camera or mend its id"
            )
        if (calibration.color is None) != (calibration.color_from_depth is None):
            raise CalibrationError(
                f"rig {rig.name!r}: camera {camera_id!r} needs both color and "
                "color_from_depth, or neither: calibrate its colour sensor"
            )
        self._id = camera_id
        self._calibration = calibration
        self._layout = rig.markers
        self._world_from_cam = calibration.world_from_cam.pose()
        at_rest = rig.world_from_mannequin.pose()
        self._belief = PoseFilter(self._world_from_cam.inverse() @ at_rest)
        self._camera = Camera(calibration.depth)
        self._view: ChestView | None = None
        self._view_pose = self._belief.pose
        self._watch = ChestWatch()
        self._arms = ArmTracker(self._camera, calibration.baseline_m) if arms else None
        self._pose_told = False

    def step(self, frame: DepthFrame | ColorFrame, stamp: Stamp) -> list[Observation]:
        """Observe one frame, captured at `stamp`; frames come in order of capture.

        A colour frame gives the mannequin's pose. A depth frame gives the chest and the
        hand, and the first one of all the calibrated pose as well.

        Raises
        ------
        ValueError
            When the frame is of another camera, or not of the calibrated size.
        """
        if frame.camera_id != self._id:
            raise ValueError(f"frame of camera {frame.camera_id!r} given to {self._id!r}")
        if isinstance(frame, ColorFrame):
            return [self._mannequin(frame, stamp)]
        told: list[Observation] = []
        if not self._pose_told:
            told.append(self._pose_now(frame.arrival, stamp, NO_NUMBER, 0))
        return [*told, *self._chest(frame, stamp)]

    def _arrival(self, arrival: Arrival, what: str) -> Arrival:
        return replace(arrival, stream=f"cam_{self._id}.{what}")

    def _mannequin(self, frame: ColorFrame, stamp: Stamp) -> MannequinPose:
        calibration = self._calibration
        if self._layout is None or calibration.color is None:
            return self._pose_now(frame.arrival, stamp, NO_NUMBER, 0)
        color = calibration.color
        if frame.bgr.shape[:2] != (color.height_px, color.width_px):
            raise ValueError(
                f"colour frame of camera {self._id!r} is {frame.bgr.shape[:2]}, the rig was "
                f"calibrated at {(color.height_px, color.width_px)}: set the rig's mode"
            )
        assert calibration.color_from_depth is not None
        color_from_cam = calibration.color_from_depth.pose()
        guess = color_from_cam @ self._belief.pose
        fit = estimate_pose(frame.bgr, self._layout, color, guess)
        if fit.cam_from_mannequin is None:
            self._belief.unseen(stamp.t_ns, fit.agrees)
        else:
            # Here the marker's "cam" is the colour sensor; depth is where the house lives.
            cam_from_color = inverse_pose(color_from_cam)
            self._belief.seen(chain(cam_from_color, fit.cam_from_mannequin), stamp.t_ns)
        return self._pose_now(frame.arrival, stamp, fit.residual_px, fit.n_markers, fit.why)

    def _pose_now(
        self, arrival: Arrival, stamp: Stamp, residual_px: float, n_markers: int, why: str = ""
    ) -> MannequinPose:
        self._pose_told = True
        belief = self._belief
        return MannequinPose(
            arrival=self._arrival(arrival, "pose"),
            stamp=stamp,
            world_from_mannequin=chain(self._world_from_cam, belief.pose),
            residual_px=residual_px,
            n_markers=n_markers,
            source="markers" if belief.from_markers else "calibrated",
            valid=not belief.why,
            why=belief.why or why,
        )

    def _chest(self, frame: DepthFrame, stamp: Stamp) -> list[Observation]:
        view = self._view_of_chest()
        chest_at = self._arrival(frame.arrival, "chest")
        hand_at = self._arrival(frame.arrival, "hand")
        blind = self._belief.why
        if view.empty:
            blind = "the camera does not look at the chest"
        if blind:
            return [
                ChestObservation(chest_at, stamp, self._id, None, NO_NUMBER, "unknown", 0, blind),
                HandSample(hand_at, stamp, self._id, None, NO_NUMBER, "unknown", blind),
            ]
        look = self._watch.look(view, frame, stamp.t_ns)
        height, heel = look.surface, look.heel_in_mannequin_m
        chest = ChestObservation(
            arrival=chest_at,
            stamp=stamp,
            camera_id=self._id,
            surface_z_m=None if height is None else height.z_m,
            sigma_m=NO_NUMBER if height is None else height.sigma_m,
            hands=look.hands,
            n_px=0 if height is None else height.n_px,
            why=look.why,
        )
        hand = HandSample(
            arrival=hand_at,
            stamp=stamp,
            camera_id=self._id,
            heel_in_mannequin_m=(
                None if heel is None else (float(heel[0]), float(heel[1]), float(heel[2]))
            ),
            sigma_m=look.heel_sigma_m,
            side="both" if look.n_arms == 2 else "unknown",
            why=look.heel_why,
        )
        if self._arms is None:
            return [chest, hand]
        at = self._arrival(frame.arrival, "arms")
        return [chest, hand, *self._arms.step(frame, at, stamp, self._belief.pose, heel)]

    def _view_of_chest(self) -> ChestView:
        """Give the chest's view for the pose held now; made anew when that has moved."""
        pose = self._belief.pose
        moved = np.abs(difference(pose, self._view_pose)) > SAME_VIEW
        if self._view is None or moved.any():
            self._view = ChestView(self._camera, self._calibration.baseline_m, pose)
            self._view_pose = pose
        return self._view
