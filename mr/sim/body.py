"""What stands in the simulated room: the mannequin, the learner's arms, floor and board.

Gives shapes and colours in the mannequin's frame; leaves casting rays at them to
`mr.sim.render`. The chest gives way as a plate under the sternum with skin falling off
around it; nothing else moves but the hands and arms.
"""

from __future__ import annotations

import numpy as np

from mr.sim.noise import Float32Array
from mr.sim.script import HandsState
from mr.sim.shapes import Point, Rgb, RoundCone

CHEST_AP_M = 0.215
"""Front-to-back diameter: the floor's board lies this far under the sternum."""
BOARD_Z_M = -CHEST_AP_M
FLOOR_Z_M = BOARD_Z_M - 0.018
BOARD_X_M = (-0.34, 0.34)
BOARD_Y_M = (-0.46, 0.56)

MANNEQUIN_SKIN: Rgb = (0.80, 0.62, 0.50)
LEARNER_UPPER: Rgb = (0.78, 0.55, 0.43)
LEARNER_LOWER: Rgb = (0.70, 0.47, 0.36)
JACKET: Rgb = (0.16, 0.30, 0.58)
HAIR: Rgb = (0.20, 0.14, 0.10)
SLEEVE: Rgb = (0.13, 0.42, 0.36)
JEANS: Rgb = (0.20, 0.25, 0.36)
POST: Rgb = (0.25, 0.26, 0.28)

DENT_M = (0.105, 0.140)
"""Half axes of the part of the chest that moves, along x and y."""
PLATE_SHARE = 0.45
"""Within this share of the half axes the chest moves as a plate."""

HAND_THICKNESS_M = 0.032
HAND_PITCH_RAD = 0.42
"""By how much the palm is lifted from the heel to the fingers."""


def torso_height_m(x: Float32Array, y: Float32Array) -> Float32Array:
    """Height of the resting torso over the mannequin's x-y plane; 0 at the origin."""
    yc = y - np.float32(0.0)
    width = np.float32(0.172) + np.float32(0.07) * yc - np.float32(0.16) * yc * yc
    u2 = (x / width) ** 2
    v2 = ((y + np.float32(0.03)) / np.float32(0.30)) ** 2
    u8, v8 = u2 * u2, v2 * v2
    u8 *= u8
    v8 *= v8
    belly = np.float32(0.10) * np.minimum(y + np.float32(0.08), 0)
    return np.asarray(
        np.float32(-0.040) * u2
        - np.float32(0.165) * u8
        - np.float32(0.19) * v8
        - belly * belly * np.float32(8.0)
    )


def dent_share(x: Float32Array, y: Float32Array) -> Float32Array:
    """Share of the sternum's displacement that the chest at (x, y) follows: 1 … 0."""
    rho = np.sqrt((x / np.float32(DENT_M[0])) ** 2 + (y / np.float32(DENT_M[1])) ** 2)
    s = np.clip((rho - np.float32(PLATE_SHARE)) / np.float32(1 - PLATE_SHARE), 0, 1)
    return np.asarray(1 - s * s * (3 - 2 * s))


def mannequin_cones() -> tuple[RoundCone, ...]:
    """Give the mannequin's head and neck; it has no arms and no legs, as many have none."""
    skin, lips = MANNEQUIN_SKIN, (0.66, 0.40, 0.36)
    return (
        RoundCone((0, 0.24, -0.11), (0, 0.33, -0.12), 0.062, 0.058, skin),
        RoundCone((0, 0.405, -0.115), (0, 0.445, -0.105), 0.085, 0.078, skin),
        RoundCone((0, 0.455, -0.125), (0, 0.475, -0.130), 0.084, 0.078, HAIR),
        RoundCone((0, 0.365, -0.068), (0, 0.395, -0.066), 0.037, 0.044, skin),
        RoundCone((0, 0.440, -0.030), (0, 0.412, -0.014), 0.008, 0.013, skin),
        RoundCone((-0.015, 0.3835, -0.0275), (0.015, 0.3835, -0.0275), 0.0055, 0.0055, lips),
        RoundCone((-0.014, 0.3765, -0.0290), (0.014, 0.3765, -0.0290), 0.0055, 0.0055, lips),
        RoundCone((-0.041, 0.437, -0.038), (-0.023, 0.437, -0.0335), 0.0040, 0.0045, HAIR),
        RoundCone((0.023, 0.437, -0.0335), (0.041, 0.437, -0.038), 0.0045, 0.0040, HAIR),
        RoundCone((-0.043, 0.453, -0.041), (-0.021, 0.456, -0.034), 0.0035, 0.0050, HAIR),
        RoundCone((0.021, 0.456, -0.034), (0.043, 0.453, -0.041), 0.0050, 0.0035, HAIR),
        RoundCone((-0.086, 0.41, -0.11), (-0.088, 0.43, -0.11), 0.016, 0.020, skin),
        RoundCone((0.086, 0.41, -0.11), (0.088, 0.43, -0.11), 0.016, 0.020, skin),
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


def learner_cones(hands: HandsState) -> tuple[RoundCone, ...]:
    """Give the learner's stacked hands and both arms up to the sleeves.

    The lower hand's heel is where `hands` says; the upper hand lies on it, its fingers
    closed between the lower one's. The arms are straight and lead to the shoulders.
    """
    x, y, z = hands.heel_in_mannequin_m
    spread_m = hands.spread_m
    stacked = max(1.0 - spread_m / 0.08, 0.0)
    heel = (x, y - spread_m, z)
    lower = _hand(heel, 0.10, LEARNER_LOWER, curl=-0.012)
    on_top = (x - 0.006 * stacked, y + 0.004, z + HAND_THICKNESS_M * stacked)
    upper = _hand(on_top, -0.16, LEARNER_UPPER, curl=0.022 * stacked)
    lower.append(_thumb(heel, -1.0, LEARNER_LOWER))
    upper.append(_thumb(on_top, 1.0, LEARNER_UPPER))
    return (
        *lower,
        *upper,
        *_arm(heel, -1.0, LEARNER_LOWER),
        *_arm(on_top, 1.0, LEARNER_UPPER),
    )


def _thumb(heel: Point, side: float, color: Rgb) -> RoundCone:
    x, y, z = heel
    root = (x + 0.005, y + side * 0.030, z + 0.018)
    tip = (x + 0.044, y + side * 0.057, z + 0.031)
    return RoundCone(root, tip, 0.014, 0.010, color)


def _arm(heel: Point, side: float, skin: Rgb) -> list[RoundCone]:
    """Build a straight arm from the wrist behind the heel to the shoulder."""
    x, y, z = heel
    wrist = np.array([x - 0.022, y + side * 0.006, z + 0.020])
    shoulder = np.array([x - 0.17, y + side * 0.19, z + 0.54])
    elbow = wrist + 0.47 * (shoulder - wrist)
    cuff = wrist + 0.60 * (shoulder - wrist)
    points = [(float(p[0]), float(p[1]), float(p[2])) for p in (wrist, elbow, cuff, shoulder)]
    return [
        RoundCone(points[0], points[1], 0.0265, 0.042, skin),
        RoundCone(points[1], points[2], 0.042, 0.046, skin),
        RoundCone(points[2], points[3], 0.054, 0.066, SLEEVE),
    ]
