"""What stands in the simulated room: the mannequin, floor and board.

Gives shapes and colours in the mannequin's frame; leaves the learner to `mr.sim.limbs`
and casting rays to `mr.sim.render`. The chest gives way as a plate under the sternum with
skin falling off around it; a breath lifts the same part by some millimetres.
"""

from __future__ import annotations

import numpy as np

from mr.sim.noise import Float32Array
from mr.sim.shapes import Rgb, RoundCone

CHEST_AP_M = 0.215
"""Front-to-back diameter: the floor's board lies this far under the sternum."""
BOARD_Z_M = -CHEST_AP_M
FLOOR_Z_M = BOARD_Z_M - 0.018
BOARD_X_M = (-0.34, 0.34)
BOARD_Y_M = (-0.46, 0.56)

MANNEQUIN_SKIN: Rgb = (0.80, 0.62, 0.50)
JACKET: Rgb = (0.16, 0.30, 0.58)
HAIR: Rgb = (0.20, 0.14, 0.10)
POST: Rgb = (0.25, 0.26, 0.28)

DENT_M = (0.105, 0.140)
"""Half axes of the part of the chest that moves, along x and y."""
PLATE_SHARE = 0.45
"""Within this share of the half axes the chest moves as a plate."""

RISE_M_PER_ML = 1.5e-5
"""By how much a breath lifts the chest: 7.5 mm for half a litre."""


def torso_height_m(x: Float32Array, y: Float32Array) -> Float32Array:
    """Height of the resting torso over the mannequin's x-y plane; 0 at the origin."""
    # Farther out there is no torso, and powers of 8 would overflow.
    x, y = np.clip(x, -0.6, 0.6), np.clip(y, -0.6, 0.6)
    width = np.float32(0.172) + np.float32(0.07) * y - np.float32(0.16) * y * y
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
    """Give the mannequin's head, neck and shoulders; it has no arms and no legs, as many."""
    skin, lips = MANNEQUIN_SKIN, (0.66, 0.40, 0.36)
    return (
        RoundCone((-0.080, 0.180, -0.066), (-0.126, 0.135, -0.088), 0.045, 0.048, JACKET),
        RoundCone((0.080, 0.180, -0.066), (0.126, 0.135, -0.088), 0.045, 0.048, JACKET),
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
