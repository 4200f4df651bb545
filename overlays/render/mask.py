"""Where the learner's hands hide what is drawn onto the mannequin: flat shapes and shares.

Takes capsules in the mannequin's frame (m) and where the viewer's eye is, gives for each a
sheet across the line of sight with the capsule's outline on it; leaves pixels to
`overlays.render.gl_mask` and `overlays.render.registered`. Pure numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mr.types import FloatArray
from overlays.primitives import Capsule

SOFT_M = 0.006
"""Width of the edge in which what lies behind fades out. Source: ours; hands seen by a headset
are about 11 mm off (FIELD notes), and a hard edge would show it."""


@dataclass(frozen=True, slots=True, eq=False)
class Billboards:
    """Outlines of n capsules, each as two triangles; arrays are (6 n, …).

    `place_m` is (6 n, 2): along and across the capsule on its sheet, from its middle.
    `half_m` is its half length there, `radius_m` its radius there, each of (6 n,).
    """

    points_in_mannequin_m: FloatArray
    place_m: FloatArray
    half_m: FloatArray
    radius_m: FloatArray


def billboards(capsules: Sequence[Capsule], eye_in_mannequin_m: FloatArray) -> Billboards:
    """Lay each capsule's outline, as the eye sees it, onto a sheet through its middle.

    A capsule that reaches the eye itself is left out: it has no outline.
    """
    parts = [_billboard(capsule, eye_in_mannequin_m) for capsule in capsules]
    kept = [part for part in parts if part is not None]
    if not kept:
        return Billboards(np.zeros((0, 3)), np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    return Billboards(
        np.concatenate([part.points_in_mannequin_m for part in kept]),
        np.concatenate([part.place_m for part in kept]),
        np.concatenate([part.half_m for part in kept]),
        np.concatenate([part.radius_m for part in kept]),
    )


def kept_share(place_m: FloatArray, half_m: FloatArray, radius_m: FloatArray) -> FloatArray:
    """Tell how much is left of what lies behind, 0 (under the hand) … 1; any shape."""
    along_m = np.maximum(np.abs(place_m[..., 0]) - half_m, 0.0)
    outside_m = np.hypot(along_m, place_m[..., 1]) - radius_m
    t = np.clip(outside_m / SOFT_M, 0.0, 1.0)
    share: FloatArray = t * t * (3.0 - 2.0 * t)
    return share


def _billboard(capsule: Capsule, eye_m: FloatArray) -> Billboards | None:
    a_m, b_m = np.array(capsule.a_in_mannequin_m), np.array(capsule.b_in_mannequin_m)
    middle_m = (a_m + b_m) / 2
    sight = middle_m - eye_m
    distance_m = float(np.linalg.norm(sight))
    if distance_m <= capsule.radius_m + float(np.linalg.norm(b_m - a_m)) / 2:
        return None
    sight = sight / distance_m
    # both ends, seen from the eye, on the sheet through the middle
    grow = distance_m / np.array([(a_m - eye_m) @ sight, (b_m - eye_m) @ sight])
    a_m, b_m = eye_m + grow[0] * (a_m - eye_m), eye_m + grow[1] * (b_m - eye_m)
    along, half_m = _unit_across(b_m - a_m, sight), float(np.linalg.norm(b_m - a_m)) / 2
    across = np.cross(sight, along)
    radius_m = float(capsule.radius_m * grow.max())
    reach_m = radius_m + SOFT_M
    middle_m = (a_m + b_m) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]], dtype=np.float64)
    place_m = corners * np.array([half_m + reach_m, reach_m])
    points_m = middle_m + place_m[:, :1] * along + place_m[:, 1:] * across
    return Billboards(points_m, place_m, np.full(6, half_m), np.full(6, radius_m))


def _unit_across(vector: FloatArray, sight: FloatArray) -> FloatArray:
    """Give the vector's direction across the sight; any, where it has none."""
    across = vector - (vector @ sight) * sight
    length = float(np.linalg.norm(across))
    if length > 1e-9:
        return np.asarray(across / length)
    other = np.eye(3)[int(np.argmin(np.abs(sight)))]
    return _unit_across(other, sight)
