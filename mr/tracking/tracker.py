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
from mr.rig import Rig
from mr.tracking.arms import ArmTracker
from mr.tracking.beside import depth_beside
from mr.tracking.chest import ChestWatch
from mr.tracking.distance import true_distances
from mr.tracking.evidence import HandEvidence
from mr.tracking.mannequin import Found, MannequinWatch
from mr.tracking.markers import Seen
from mr.tracking.surface import ChestView
from mr.types import (
    ArmPosture,
    Arrival,
    ChestObservation,
    ColorFrame,
    DepthFrame,
    HandLandmarks,
    HandPoints,
    HandSample,
    MannequinPose,
    MarkersSeen,
    Stamp,
)

Observation = MannequinPose | ChestObservation | HandSample | ArmPosture

SAME_VIEW = np.repeat([2e-4, 1e-4], 3)
"""Change of pose (rad, m) that a view of the chest may be old by: 0.1 mm at the chest."""
NO_NUMBER = float("nan")
MIN_POINTS = 2
"""Of a hand's five places; with fewer no place of the hand is told."""


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
        self._world_from_cam = calibration.world_from_cam.pose()
        self._camera = Camera(calibration.depth)
        self._mannequin = MannequinWatch(rig, camera_id, self._camera)
        self._view: ChestView | None = None
        self._view_pose = self._mannequin.pose
        self._watch = ChestWatch()
        self._bending = None if rig.bending is None else rig.bending.flat()
        self._evidence = HandEvidence(calibration)
        self._arms = ArmTracker(self._camera, calibration.baseline_m) if arms else None
        self._pose_told = False

    def look(self, frame: ColorFrame, t_ns: int | None = None) -> MarkersSeen:
        """Take from a colour frame all that `step` needs of it: the markers it shows.

        With the instant of its capture, a picture that comes too soon after the last one is
        not searched.

        Raises
        ------
        CalibrationError
            When the frame is not of the calibrated size.
        ValueError
            When the frame is of another camera.
        """
        self._require_mine(frame)
        arrival = self._arrival(frame.arrival, "markers")
        if t_ns is not None and not self._mannequin.wants_picture(t_ns):
            return MarkersSeen(arrival, self._id, (), np.zeros((0, 4, 2)), 0, looked=False)
        seen = self._mannequin.look(frame)
        return MarkersSeen(arrival, self._id, seen.ids, seen.corners_px, seen.n_foreign)

    def step(self, frame: DepthFrame | ColorFrame | MarkersSeen, stamp: Stamp) -> list[Observation]:
        """Observe one frame, captured at `stamp`; frames come in order of capture.

        A colour frame, or what `look` took from it, gives the mannequin's pose. A depth frame
        gives the chest and the hand; the first one of all, one a second where the rig knows
        the mannequin's surface, and one that changes what is known of the pose, give the pose
        as well.

        Raises
        ------
        CalibrationError
            When the frame is not of the calibrated size.
        ValueError
            When the frame is of another camera.
        """
        self._require_mine(frame)
        if isinstance(frame, ColorFrame):
            frame = self.look(frame)
        if isinstance(frame, MarkersSeen):
            if not frame.looked:
                return []
            seen = Seen(frame.ids, frame.corners_px, frame.n_foreign)
            found = self._mannequin.color(seen, stamp.t_ns)
            return [self._told(found, self._arrival(frame.arrival, "pose"), stamp)]
        self._check_size(frame)
        frame = true_distances(frame, self._calibration)
        told: list[Observation] = []
        looked = self._mannequin.depth(frame, stamp.t_ns)
        if looked is None and not self._pose_told:
            looked = self._mannequin.now(stamp.t_ns)
        if looked is not None:
            told.append(self._told(looked, self._arrival(frame.arrival, "surface"), stamp))
        return [*told, *self._chest(frame, stamp)]

    def landmarks(self, found: HandLandmarks) -> HandPoints | None:
        """Take in a hand found in a colour frame of this camera; late and out of order will do.

        It is evidence for the `HandSample`s of the depth frames that follow. Gives its wrist
        and knuckles by the pose held now, wherever that hand is; None where no two of them
        have depth, or nobody knows the pose.
        """
        seen = self._evidence.see(found, self._mannequin.pose)
        if seen is None or self._mannequin.blind:
            return None
        if np.isfinite(seen.points_m).all(axis=1).sum() < MIN_POINTS:
            return None
        return HandPoints(
            arrival=self._arrival(found.arrival, "points"),
            stamp=found.stamp,
            camera_id=self._id,
            side=seen.side,
            points_in_mannequin_m=seen.points_m,
            sigma_m=seen.sigma_m,
        )

    def _check_size(self, frame: DepthFrame) -> None:
        size = (self._camera.height_px, self._camera.width_px)
        if frame.depth_counts.shape != size:
            raise CalibrationError(
                f"depth frame of camera {self._id!r} is {frame.depth_counts.shape}, the rig "
                f"was calibrated at {size}: set the camera to the rig's mode"
            )

    def _arrival(self, arrival: Arrival, what: str) -> Arrival:
        return replace(arrival, stream=f"cam_{self._id}.{what}")

    def _require_mine(self, frame: DepthFrame | ColorFrame | MarkersSeen) -> None:
        if frame.camera_id != self._id:
            raise ValueError(f"frame of camera {frame.camera_id!r} given to {self._id!r}")

    def _told(self, found: Found, arrival: Arrival, stamp: Stamp) -> MannequinPose:
        self._pose_told = True
        return MannequinPose(
            arrival=arrival,
            stamp=stamp,
            world_from_mannequin=chain(self._world_from_cam, found.cam_from_mannequin),
            residual_px=found.residual_px,
            n_markers=found.n_markers,
            source=found.source,
            valid=found.valid,
            why=found.why,
            apart_m=None if found.apart is None else found.apart.distance_m,
            apart_sigma_m=None if found.apart is None else found.apart.sigma_m,
        )

    def _chest(self, frame: DepthFrame, stamp: Stamp) -> list[Observation]:
        view = self._view_of_chest()
        chest_at = self._arrival(frame.arrival, "chest")
        hand_at = self._arrival(frame.arrival, "hand")
        blind = self._mannequin.blind
        if view.empty:
            blind = "the camera does not look at the chest"
        if blind:
            return [
                ChestObservation(chest_at, stamp, self._id, None, NO_NUMBER, "unknown", 0, blind),
                HandSample(hand_at, stamp, self._id, None, NO_NUMBER, "unknown", blind),
            ]
        look = self._watch.look(view, frame, stamp.t_ns)
        height, heel = look.surface, look.heel_in_mannequin_m
        beside = None
        if look.beside is not None and self._bending is not None:
            beside = depth_beside(look.beside, self._bending, view)
        chest = ChestObservation(
            arrival=chest_at,
            stamp=stamp,
            camera_id=self._id,
            surface_z_m=None if height is None else height.z_m,
            sigma_m=NO_NUMBER if height is None else height.sigma_m,
            hands=look.hands,
            n_px=0 if height is None else height.n_px,
            why=look.why,
            beside_depth_m=None if beside is None else beside.depth_m,
            beside_sigma_m=None if beside is None else beside.sigma_m,
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
        told: list[Observation] = [chest, self._evidence.judge(hand, frame)]
        if self._arms is not None:
            at = self._arrival(frame.arrival, "arms")
            pressing = heel if look.hands == "on" else None
            told += self._arms.step(frame, at, stamp, self._mannequin.pose, pressing)
        return told

    def _view_of_chest(self) -> ChestView:
        """Give the chest's view for the pose held now; made anew when that has moved."""
        pose = self._mannequin.pose
        moved = np.abs(difference(pose, self._view_pose)) > SAME_VIEW
        if self._view is None or moved.any():
            self._view = ChestView(self._camera, self._calibration.baseline_m, pose)
            self._view_pose = pose
        return self._view
