"""Where things stand in the headset's frame when nobody has measured it.

Gives the default place of the mannequin and the pose of the panel; leaves measured
registration to `calibration`. The headset's frame (xr) has y up and −z forward. Pure.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from mr.types import FloatArray, Pose

Side = Literal["left", "right"]
"""The side of the *mannequin* on which something stands."""

DEFAULT_DISTANCE_M = 1.2
DEFAULT_CHEST_HEIGHT_M = 0.20
"""Height of the resting chest of an adult mannequin that lies on the floor."""

PANEL_AT_M = (0.42, 0.30)
"""Of the panel's middle from the compression point: aside, away from the learner, and up."""
PANEL_WIDTH_M = 0.60
PANEL_SEEN_FROM_M = 1.0
"""From a kneeling learner's eyes to the panel (0.65 m from above the hands, while compressing):
the sheet's resolution and the least size of its text rest on it."""
DEBRIEF_GAP_M = 0.02
PICTURE_ASIDE_M = 0.60
PICTURE_UP_M = 0.03
"""The lower edge of the rig camera's picture above the chest."""
PICTURE_WIDTH_M = 0.75
"""A kneeling learner sees it 35° wide, its middle 17° below the horizon (tests hold both)."""
UNDER_PICTURE_M = (0.15, 0.10)
"""Where the panel stands then, aside and up: nothing else is seen at the mannequin's place."""
_SWITCH_SIDE_M = 0.30
_SCALES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


def default_xr_from_mannequin() -> Pose:
    """Give the stated default: 1.2 m in front of the origin, lying across, on the floor.

    The learner looks along −z and kneels at the mannequin's right side: its left (x)
    points away from the learner, its head (y) to the learner's left.
    """
    R = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])
    return Pose(R, np.array([0.0, DEFAULT_CHEST_HEIGHT_M, -DEFAULT_DISTANCE_M]))


def panel_side(head_in_mannequin_m: FloatArray, before: Side | None) -> Side:
    """Choose the side opposite to the learner; stay there while the head is above the chest.

    Compressions are done from right above, where the sign of x means nothing, so the
    panel changes sides only when the head is clearly on the other one.
    """
    x_m = float(head_in_mannequin_m[0])
    if before is not None and abs(x_m) < _SWITCH_SIDE_M:
        return before
    return "left" if x_m <= 0.0 else "right"


def panel_pose(
    xr_from_mannequin: Pose,
    head_in_xr_m: FloatArray,
    side: Side,
    aside_up_m: tuple[float, float] = PANEL_AT_M,
) -> Pose:
    """Give ``xr_from_panel``: beside the mannequin, above the floor, facing the head.

    The panel's x points right and its z out of the sheet; its lower edge stays level.
    """
    aside_m, up_m = aside_up_m
    center_m = xr_from_mannequin.apply(
        np.array([aside_m if side == "left" else -aside_m, 0.0, 0.0])
    )
    center_m = center_m + np.array([0.0, up_m, 0.0])
    z = head_in_xr_m - center_m
    z = z / max(float(np.linalg.norm(z)), 1e-9)
    x = np.cross(np.array([0.0, 1.0, 0.0]), z)
    length = float(np.linalg.norm(x))
    # Seen from right above, "level" has no meaning: keep along the mannequin.
    x = x / length if length > 1e-3 else -xr_from_mannequin.R[:, 1]
    y = np.cross(z, x)
    return Pose(np.stack([x, y, z], axis=1), center_m)


def picture_pose(xr_from_mannequin: Pose, side: Side, height_m: float) -> Pose:
    """Give ``xr_from_panel`` of the rig camera's picture: upright, beyond the mannequin.

    It rests where the mannequin lies and turns to that, not to the head.
    """
    across = 1.0 if side == "left" else -1.0
    foot_m = xr_from_mannequin.apply(np.array([across * PICTURE_ASIDE_M, 0.0, 0.0]))
    center_m = foot_m + np.array([0.0, PICTURE_UP_M + height_m / 2.0, 0.0])
    z = -across * xr_from_mannequin.R[:, 0] * np.array([1.0, 0.0, 1.0])
    z = z / max(float(np.linalg.norm(z)), 1e-9)
    y = np.array([0.0, 1.0, 0.0])
    return Pose(np.stack([np.cross(y, z), y, z], axis=1), center_m)


def debrief_pose(xr_from_panel: Pose, panel_height_m: float, debrief_height_m: float) -> Pose:
    """Give the pose of the debrief's sheet: above the panel, in its plane, edge to edge.

    It is up only while nobody compresses, so it may stand where the learner looks up to.
    """
    up_m = (panel_height_m + debrief_height_m) / 2 + DEBRIEF_GAP_M
    return Pose(xr_from_panel.R, xr_from_panel.apply(np.array([0.0, up_m, 0.0])))


def panel_scale(eye_width_px: int, left_rad: float, right_rad: float, panel_width_px: int) -> float:
    """Choose how many pixels to draw for each of the panel's: the next finer that is enough.

    A sheet much finer than the eye's picture would lose thin strokes between its pixels
    (compositors read it without mipmaps), a coarser one would look soft.
    """
    px_per_rad = eye_width_px / (np.tan(right_rad) - np.tan(left_rad))  # at the centre
    wanted = px_per_rad * PANEL_WIDTH_M / PANEL_SEEN_FROM_M / panel_width_px
    return next((scale for scale in _SCALES if scale >= wanted), _SCALES[-1])
