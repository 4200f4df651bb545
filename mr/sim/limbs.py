"""The simulated learner's body: stacked hands, arms, shoulders, trunk, head and legs.

Takes where the hands are, how far the chest is pressed and who the learner is, gives
rounded cones in the mannequin's frame; leaves the mannequin and the room to
`mr.sim.body` and casting rays to `mr.sim.render`.

The learner kneels on the mannequin's right. The shoulders ride over the hands, so that
trunk and head go up and down with the chest and stand between a badly placed camera and
the hands, as in a real class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mr.sim.body import FLOOR_Z_M
from mr.sim.script import HandsState
from mr.sim.shapes import Point, Rgb, RoundCone
from mr.types import FloatArray

SKIN: Rgb = (0.78, 0.55, 0.43)
SHADED: Rgb = (0.70, 0.47, 0.36)
NITRILE: Rgb = (0.22, 0.36, 0.72)
NITRILE_SHADED: Rgb = (0.17, 0.29, 0.60)
HAIR: Rgb = (0.20, 0.14, 0.10)
SLEEVE: Rgb = (0.13, 0.42, 0.36)
JEANS: Rgb = (0.20, 0.25, 0.36)

HAND_THICKNESS_M = 0.032
HAND_PITCH_RAD = 0.42
"""By how much the palm is lifted from the heel to the fingers."""
SQUEEZE_DEPTH_M = 0.005
"""Depth of the chest at which soft tissue has given way by half; it is soft at first."""
FULL_PRESS_M = 0.055
FOREARM_M, UPPER_ARM_M = 0.27, 0.31
SLEEVE_FROM = 0.35
"""Share of the upper arm that is bare."""
HALF_SHOULDERS_M = 0.19
HIPS_M: Point = (-0.66, 0.0, FLOOR_Z_M + 0.26)


@dataclass(frozen=True, slots=True)
class Physique:
    """Who the learner is, and how the learner kneels."""

    gloves: bool = False
    squeeze_m: float = 0.0025
    """By how much the stacked hands get thinner under full load."""
    elbow_bend_rad: float = 0.0
    """0: the arms are straight."""
    shoulder_back_m: float = 0.10
    """How far the shoulders stay behind the heel of the hand; 0: straight above it."""
    head_forward_m: float = 0.08
    """How far the head is held before the shoulders, towards the camera's side."""
    bystander_heel_m: Point | None = None
    """Where a second person's hand lies; that arm comes from the mannequin's left."""


def learner_cones(
    hands: HandsState, pressed_m: float = 0.0, physique: Physique | None = None
) -> tuple[RoundCone, ...]:
    """Give the learner from the hips up.

    The lower hand's heel is where `hands` says; the upper hand lies on it, its fingers
    closed between the lower one's. Under load (`pressed_m` of the chest) both get
    thinner: what a camera sees goes down farther than the chest does.
    """
    who = physique or Physique()
    x, y, z = hands.heel_in_mannequin_m
    stacked = max(1.0 - hands.spread_m / 0.08, 0.0)
    thinner_m = 0.0
    if hands.on_chest:
        thinner_m = who.squeeze_m * _given(max(pressed_m, 0.0)) / _given(FULL_PRESS_M)
    upper_color, lower_color = (NITRILE, NITRILE_SHADED) if who.gloves else (SKIN, SHADED)
    heel = (x, y - hands.spread_m, z)
    on_top = (x - 0.006 * stacked, y + 0.004, z + HAND_THICKNESS_M * stacked - thinner_m)
    lower = _hand(heel, 0.10, lower_color, curl=-0.012)
    upper = _hand(on_top, -0.16, upper_color, curl=0.022 * stacked)
    lower.append(_thumb(heel, -1.0, lower_color))
    upper.append(_thumb(on_top, 1.0, upper_color))
    right, left = (_shoulder(h, side, who) for h, side in ((heel, -1.0), (on_top, 1.0)))
    cones = [*lower, *upper]
    cones += _arm(heel, right, -1.0, (lower_color, SHADED))
    cones += _arm(on_top, left, 1.0, (upper_color, SHADED))
    return (*cones, *_upper_body(right, left, who))


def _given(pressed_m: float) -> float:
    return pressed_m / (pressed_m + SQUEEZE_DEPTH_M)


def bystander_cones(physique: Physique) -> tuple[RoundCone, ...]:
    """Give a second person's hand and arm, which lie still; nothing when there is none."""
    heel = physique.bystander_heel_m
    if heel is None:
        return ()
    mirrored = _hand((-heel[0], heel[1], heel[2]), 0.0, SKIN, curl=0.0)
    cones = [_mirrored(cone) for cone in mirrored]
    wrist = (heel[0] + 0.022, heel[1], heel[2] + 0.020)
    elbow = (heel[0] + 0.20, heel[1] + 0.06, heel[2] + 0.19)
    shoulder = (heel[0] + 0.33, heel[1] + 0.12, heel[2] + 0.46)
    return (
        *cones,
        RoundCone(wrist, elbow, 0.0265, 0.042, SKIN),
        RoundCone(elbow, shoulder, 0.048, 0.060, SLEEVE),
    )


def learner_legs() -> tuple[RoundCone, ...]:
    """Give the kneeling learner's thighs, on the mannequin's right."""
    knee_z = FLOOR_Z_M + 0.075
    return tuple(
        RoundCone(
            (-0.33, side * 0.13, knee_z), (-0.62, side * 0.10, knee_z + 0.12), 0.072, 0.085, JEANS
        )
        for side in (-1.0, 1.0)
    )


def arm_reach_m(elbow_bend_rad: float) -> float:
    """Tell the distance from wrist to shoulder of an arm bent at the elbow (law of cosines)."""
    squares = FOREARM_M**2 + UPPER_ARM_M**2
    return float(np.sqrt(squares + 2 * FOREARM_M * UPPER_ARM_M * np.cos(elbow_bend_rad)))


def _wrist(heel: Point, side: float) -> FloatArray:
    x, y, z = heel
    return np.array([x - 0.022, y + side * 0.006, z + 0.020])


def _shoulder(heel: Point, side: float, who: Physique) -> FloatArray:
    """Tell where an arm's shoulder is: behind the heel, out to its side, as high as it reaches."""
    wrist = _wrist(heel, side)
    reach_m = arm_reach_m(who.elbow_bend_rad)
    x = heel[0] - who.shoulder_back_m
    y = heel[1] + side * HALF_SHOULDERS_M
    level2 = (x - wrist[0]) ** 2 + (y - wrist[1]) ** 2
    return np.array([x, y, wrist[2] + np.sqrt(max(reach_m**2 - level2, 0.01))])


def _arm(heel: Point, shoulder: FloatArray, side: float, skin: tuple[Rgb, Rgb]) -> list[RoundCone]:
    """Build an arm from the wrist behind the heel to the shoulder; its elbow points outwards."""
    wrist = _wrist(heel, side)
    whole = shoulder - wrist
    reach_m = float(np.linalg.norm(whole))
    along_m = (FOREARM_M**2 - UPPER_ARM_M**2 + reach_m**2) / (2 * reach_m)
    out_m = np.sqrt(max(FOREARM_M**2 - along_m**2, 0.0))
    axis = whole / reach_m
    out = np.array([-0.35, side, 0.0])
    out -= (out @ axis) * axis
    elbow = wrist + along_m * axis + out_m * out / np.linalg.norm(out)
    cuff = elbow + SLEEVE_FROM * (shoulder - elbow)
    glove_end = wrist + 0.22 * (elbow - wrist)
    ends = [_point(p) for p in (wrist, glove_end, elbow, cuff, shoulder)]
    return [
        RoundCone(ends[0], ends[1], 0.0265, 0.0305, skin[0]),
        RoundCone(ends[1], ends[2], 0.0305, 0.042, skin[1]),
        RoundCone(ends[2], ends[3], 0.042, 0.046, skin[1]),
        RoundCone(ends[3], ends[4], 0.054, 0.066, SLEEVE),
    ]


def _upper_body(right: FloatArray, left: FloatArray, who: Physique) -> list[RoundCone]:
    """Build shoulders, trunk, neck and head; the trunk leads down to the hips."""
    middle = 0.5 * (right + left)
    breast = middle + np.array([-0.04, 0.0, -0.06])
    # While the hands work at the mannequin's head, the whole learner has moved there.
    hips = np.array(HIPS_M) + np.array([0.0, 0.7 * middle[1], 0.0])
    neck = middle + np.array([0.3 * who.head_forward_m, 0.0, 0.07])
    head = middle + np.array([who.head_forward_m, 0.0, 0.16])
    crown = head + np.array([-0.015, 0.0, 0.05])
    return [
        RoundCone(_point(right), _point(left), 0.066, 0.066, SLEEVE),
        RoundCone(_point(hips), _point(breast), 0.145, 0.135, SLEEVE),
        RoundCone(_point(middle), _point(neck), 0.058, 0.055, SKIN),
        RoundCone(_point(head), _point(head + np.array([0.02, 0.0, -0.03])), 0.088, 0.075, SKIN),
        RoundCone(_point(crown), _point(crown), 0.094, 0.094, HAIR),
    ]


def _hand(heel: Point, yaw_rad: float, color: Rgb, curl: float) -> list[RoundCone]:
    """Build one hand with its heel at `heel`, fingers towards +x and lifted."""
    cos, sin = np.cos(yaw_rad), np.sin(yaw_rad)
    flat, lift = np.cos(HAND_PITCH_RAD), np.sin(HAND_PITCH_RAD)

    def at(x: float, y: float, z: float) -> Point:
        ahead = flat * x - lift * z
        return (
            heel[0] + float(cos * ahead - sin * y),
            heel[1] + float(sin * ahead + cos * y),
            heel[2] + float(lift * max(x, 0.0) + flat * z),
        )

    cones = [
        RoundCone(at(-0.008, -0.020, 0.017), at(-0.008, 0.020, 0.017), 0.017, 0.017, color),
        RoundCone(at(-0.002, 0.0, 0.017), at(0.050, 0.0, 0.018), 0.016, 0.013, color),
    ]
    for y in (-0.030, -0.0105, 0.0095, 0.0285):
        reach = 1.0 - 55.0 * (y - 0.004) ** 2
        knuckle = at(0.070 * reach, y, 0.021)
        joint = at(0.070 * reach + 0.036, y * 1.08, 0.021 - 0.4 * curl)
        tip = at(0.070 * reach + 0.066 - 0.5 * curl, y * 1.10, 0.019 - 1.1 * curl)
        cones += [
            RoundCone(at(0.0, 0.7 * y, 0.017), knuckle, 0.015, 0.0115, color),
            RoundCone(knuckle, joint, 0.0105, 0.0092, color),
            RoundCone(joint, tip, 0.0092, 0.0078, color),
        ]
    return cones


def _thumb(heel: Point, side: float, color: Rgb) -> RoundCone:
    x, y, z = heel
    root = (x + 0.005, y + side * 0.030, z + 0.018)
    tip = (x + 0.044, y + side * 0.057, z + 0.031)
    return RoundCone(root, tip, 0.014, 0.010, color)


def _mirrored(cone: RoundCone) -> RoundCone:
    (ax, ay, az), (bx, by, bz) = cone.a_m, cone.b_m
    return RoundCone((-ax, ay, az), (-bx, by, bz), cone.radius_a_m, cone.radius_b_m, cone.color)


def _point(xyz: FloatArray) -> Point:
    return float(xyz[0]), float(xyz[1]), float(xyz[2])
