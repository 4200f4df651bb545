"""The learner's hands as round sticks, so that nothing is drawn over them.

Takes hand joints in the mannequin's frame (headset), or the heel of the hand out of a
snapshot (screens, which know no more), gives `Capsule`s; leaves cutting them out to the
renderers. Sizes are those of large adult hands, so that a small one is left free, too.

Ref: breadth of a large hand 96 mm, thickness at the knuckles 33 mm (recalled of DIN 33402-2,
not verified); joints are those of XR_EXT_hand_tracking. Together 98 mm wide, so that a ring of
132 mm is seen on both sides of a hand in its middle.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from mr.types import FloatArray, Snapshot
from overlays.primitives import Capsule, Point3

JOINTS = 26
PALM, WRIST = 0, 1
_THUMB = (2, 3, 4, 5)
_FINGERS = ((6, 7, 8, 9, 10), (11, 12, 13, 14, 15), (16, 17, 18, 19, 20), (21, 22, 23, 24, 25))
"""Metacarpal, proximal, intermediate, distal and tip, from index to little finger."""
FINGER_M, THUMB_M, PALM_M, FOREARM_M = 0.011, 0.013, 0.017, 0.034
FOREARM_LENGTH_M = 0.18
"""So much of the forearm is kept free behind the wrist; the joints end there."""
HEEL_RADIUS_M, HEEL_HEIGHT_M = 0.040, 0.03


def hand_capsules(
    joints_in_mannequin_m: FloatArray, valid: npt.NDArray[np.bool_]
) -> tuple[Capsule, ...]:
    """Give the sticks of one hand.

    Parameters
    ----------
    joints_in_mannequin_m : ndarray, (26, 3)
        In the order of XR_EXT_hand_tracking.
    valid : ndarray, (26,) bool
        Which of them are known; a stick needs both of its ends.
    """
    if joints_in_mannequin_m.shape != (JOINTS, 3) or valid.shape != (JOINTS,):
        raise ValueError(
            f"a hand is (26, 3) joints with a (26,) mask, not {joints_in_mannequin_m.shape}, "
            f"{valid.shape}"
        )
    known = valid & np.isfinite(joints_in_mannequin_m).all(axis=1)
    sticks = [(a, b, THUMB_M) for a, b in itertools.pairwise(_THUMB)]
    for metacarpal, *finger in _FINGERS:
        sticks += [(WRIST, finger[0], PALM_M), (metacarpal, finger[0], PALM_M)]
        sticks += [(a, b, FINGER_M) for a, b in itertools.pairwise(finger)]
    sticks += [(WRIST, _THUMB[1], PALM_M), (_THUMB[0], _FINGERS[-1][0], PALM_M)]  # the heel
    found = [
        Capsule(_point(joints_in_mannequin_m[a]), _point(joints_in_mannequin_m[b]), radius_m)
        for a, b, radius_m in sticks
        if known[a] and known[b]
    ]
    return (*found, *_forearm(joints_in_mannequin_m, known))


def _forearm(joints_m: FloatArray, known: npt.NDArray[np.bool_]) -> tuple[Capsule, ...]:
    """Give the part of the forearm that goes on from the palm beyond the wrist.

    The wrist is bent back while pressing, so this is a guess: half of it up, away from the
    chest, for there the arms are.
    """
    if not (known[PALM] and known[WRIST]):
        return ()
    along = joints_m[WRIST] - joints_m[PALM]
    length_m = float(np.linalg.norm(along))
    if length_m < 1e-6:
        return ()
    way = along / length_m + np.array([0.0, 0.0, 1.0])
    size = float(np.linalg.norm(way))
    if size < 1e-6:
        return ()
    end = joints_m[WRIST] + FOREARM_LENGTH_M * way / size
    return (Capsule(_point(joints_m[WRIST]), _point(end), FOREARM_M),)


def heel_capsules(snapshot: Snapshot) -> tuple[Capsule, ...]:
    """Give the heel of the hand where a snapshot knows it, from the chest to the hand's back."""
    if snapshot.hands != "on" or snapshot.hand_offset_mm is None:
        return ()
    x_m, y_m = (mm / 1000.0 for mm in snapshot.hand_offset_mm)
    z_m = -(snapshot.depth_mm or 0.0) / 1000.0
    return (Capsule((x_m, y_m, z_m), (x_m, y_m, z_m + HEEL_HEIGHT_M), HEEL_RADIUS_M),)


def _point(vector: FloatArray) -> Point3:
    return (float(vector[0]), float(vector[1]), float(vector[2]))
