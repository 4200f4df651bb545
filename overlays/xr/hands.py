"""Both hands' joints, as the runtime has them (XR_EXT_hand_tracking).

Takes an open session, gives 26 joints a hand in the session's space; leaves what they are for
to `overlays.xr.streams`. Without the extension, or on a headset without hand tracking, it says
why and everything else works.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mr.types import BoolArray, FloatArray
from overlays.xr import openxr
from overlays.xr.openxr import HAND_TRACKING

N_JOINTS = 26
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True, slots=True, eq=False)
class Joints:
    """One hand: (26, 3) m in the session's space, and which of them are tracked, (26,)."""

    side: Side
    joints_in_xr_m: FloatArray
    valid: BoolArray


class HandTrackers:
    """Both hands of a session.

    Parameters
    ----------
    runtime : Runtime
        Open, with its system.
    session
        The XrSession that they belong to.

    Raises
    ------
    DeviceError
        When the runtime or the headset is lost.
    """

    def __init__(self, runtime: openxr.Runtime, session: Any) -> None:
        self._xr = xr = runtime.xr
        with openxr.explained("asking whether hands are tracked"):
            self.why_not = _why_not(runtime)
        """Why there are no hands, for a person; "" when there are."""
        self._trackers: dict[Side, Any] = {}
        if self.why_not:
            return
        with openxr.explained("asking for hands"):
            for side, hand in zip(SIDES, (xr.HandEXT.LEFT, xr.HandEXT.RIGHT), strict=True):
                info = xr.HandTrackerCreateInfoEXT(hand, xr.HandJointSetEXT.DEFAULT)
                self._trackers[side] = xr.create_hand_tracker_ext(session, info)
            # pyopenxr's own call makes no room for joints, which runtimes refuse.
            self._locate = ctypes.cast(
                xr.get_instance_proc_addr(runtime.instance, "xrLocateHandJointsEXT"),
                xr.PFN_xrLocateHandJointsEXT,
            )

    def locate(self, space: Any, xr_time: int) -> list[Joints]:
        """Give both hands at a time of the runtime's; none without hand tracking.

        Raises
        ------
        DeviceError
            When the runtime or the headset is lost.
        """
        with openxr.explained("asking where the hands are"):
            return [
                self._hand(side, tracker, space, xr_time)
                for side, tracker in self._trackers.items()
            ]

    def release(self) -> None:
        """Give the trackers back; with a session that was lost they are gone already."""
        for tracker in self._trackers.values():
            with openxr.gone_is_gone():
                self._xr.destroy_hand_tracker_ext(tracker)
        self._trackers.clear()

    def _hand(self, side: Side, tracker: Any, space: Any, xr_time: int) -> Joints:
        xr = self._xr
        room = (xr.HandJointLocationEXT * N_JOINTS)()
        found = xr.HandJointLocationsEXT(joint_count=N_JOINTS, joint_locations=room)
        wanted = xr.HandJointsLocateInfoEXT(base_space=space, time=xr_time)
        result = xr.check_result(self._locate(tracker, wanted, ctypes.byref(found)))
        if result.is_exception():
            raise result
        table = np.frombuffer(room, dtype=_dtype(xr))
        both = xr.SpaceLocationFlags.POSITION_VALID_BIT | xr.SpaceLocationFlags.POSITION_TRACKED_BIT
        tracked = (table["flags"] & both.value) == both.value
        valid = tracked & bool(found.is_active)
        joints = np.where(valid[:, None], table["position"].astype(np.float64), np.nan)
        return Joints(side, joints, valid)


def _dtype(xr: Any) -> np.dtype[Any]:
    """Lay an XrHandJointLocationEXT out: flags, orientation, position, radius."""
    joint, pose = xr.HandJointLocationEXT, xr.Posef
    at = joint.pose.offset
    return np.dtype(
        {
            "names": ["flags", "position"],
            "formats": ["u8", ("f4", (3,))],
            "offsets": [joint._location_flags.offset, at + pose.position.offset],
            "itemsize": ctypes.sizeof(joint),
        }
    )


def _why_not(runtime: openxr.Runtime) -> str:
    xr = runtime.xr
    if HAND_TRACKING not in runtime.enabled:
        return f"{runtime.name or 'the OpenXR runtime'} gives no hand joints ({HAND_TRACKING})"
    hands = xr.SystemHandTrackingPropertiesEXT()
    system = xr.SystemProperties(next=hands)
    result = xr.check_result(
        xr.raw_functions.xrGetSystemProperties(
            runtime.instance, runtime.system, ctypes.byref(system)
        )
    )
    if result.is_exception():
        raise result
    if not hands.supports_hand_tracking:
        return "this headset tracks no hands (or hand tracking is switched off in its settings)"
    return ""
