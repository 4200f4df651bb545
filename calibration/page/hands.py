"""The heel of the hand in the room, for an eye that checks whether the rig sees it right.

Takes depth pictures of a rig that is whole, gives where the tracker of a session sees the heel;
leaves drawing it to `calibration.page.scene`. Nothing is measured with it.
"""

from __future__ import annotations

import numpy as np

from calibration.draft import RigDraft
from calibration.look import Seen
from mr.errors import CalibrationError
from mr.rig import Rig
from mr.tracking.tracker import CameraTracker
from mr.types import Arrival, DepthFrame, FloatArray, HandSample, MannequinPose, Pose, Stamp

STEP_NS = 33_333_333
"""Pictures come when they come; the tracker only has to be told that time goes on."""
SIGMA_NS = 1_000_000


class HeelWatch:
    """Follows the heel with each camera of a rig; begins anew when the rig changes."""

    def __init__(self) -> None:
        self._draft: RigDraft | None = None
        self._rig: Rig | None = None
        self._trackers: dict[str, CameraTracker] = {}
        self._lies: dict[str, Pose] = {}

    def heel_in_world_m(self, draft: RigDraft, camera_id: str, seen: Seen) -> FloatArray | None:
        """Give the heel's place, (3,) m; None when it is not seen or the rig is not whole."""
        rig = self._of(draft)
        if rig is None or seen.depth_counts is None:
            return None
        t_ns = seen.number * STEP_NS
        arrival = Arrival(f"cam_{camera_id}.depth", seen.number, t_ns, t_ns)
        frame = DepthFrame(arrival, camera_id, seen.depth_counts, seen.m_per_count)
        heel: tuple[float, float, float] | None = None
        try:
            if camera_id not in self._trackers:
                self._trackers[camera_id] = CameraTracker(rig, camera_id)
            for told in self._trackers[camera_id].step(frame, Stamp(t_ns, SIGMA_NS)):
                if isinstance(told, MannequinPose) and told.valid:
                    self._lies[camera_id] = told.world_from_mannequin
                elif isinstance(told, HandSample):
                    heel = told.heel_in_mannequin_m
        except CalibrationError:
            return None  # another size of picture: the step that measures says so
        if heel is None:
            return None
        lies = self._lies.get(camera_id, rig.world_from_mannequin.pose())
        return lies.apply(np.array(heel))

    def _of(self, draft: RigDraft) -> Rig | None:
        if draft is not self._draft:
            self._draft = draft
            self._trackers.clear()
            self._lies.clear()
            self._rig = None if draft.missing() else draft.rig()
        return self._rig
