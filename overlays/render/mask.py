"""Where the learner's hands hide what is drawn onto the mannequin: flat shapes and shares.

Takes capsules in the mannequin's frame (m) and where the viewer's eye is, gives for each a
sheet across the line of sight with the capsule's outline on it; leaves pixels to
`overlays.render.gl_mask` and `overlays.render.registered`. Pure numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mr.types import FloatArray
from overlays.primitives import Capsule
from overlays.render.mesh import cross

SOFT_M = 0.006
"""Width of the edge in which what lies behind fades out. Source: ours; hands seen by a headset
are about 11 mm off (FIELD notes), and a hard edge would show it."""

_CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]], dtype=np.float64)


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

    def vertices(self) -> npt.NDArray[np.float32]:
        """Give all of it (6 n, 7), as `overlays.render.gl_mask` draws it."""
        shape = np.stack([self.half_m, self.radius_m], axis=1)
        return np.hstack([self.points_in_mannequin_m, self.place_m, shape], dtype=np.float32)


def billboards(capsules: Sequence[Capsule], eye_in_mannequin_m: FloatArray) -> Billboards:
    """Lay each capsule's outline, as the eye sees it, onto a sheet through its middle.

    A capsule that reaches the eye itself is left out: it has no outline.
    """
    a_m, b_m, radius_m = _sticks(tuple(capsules))
    middle_m = (a_m + b_m) / 2
    sight = middle_m - eye_in_mannequin_m
    distance_m = np.linalg.norm(sight, axis=1)
    away = distance_m > radius_m + np.linalg.norm(b_m - a_m, axis=1) / 2
    a_m, b_m, radius_m, distance_m = a_m[away], b_m[away], radius_m[away], distance_m[away]
    sight = sight[away] / distance_m[:, None]
    # both ends, seen from the eye, on the sheet through the middle
    a_m, grow_a = _on_sheet(a_m, eye_in_mannequin_m, sight, distance_m)
    b_m, grow_b = _on_sheet(b_m, eye_in_mannequin_m, sight, distance_m)
    half_m = np.linalg.norm(b_m - a_m, axis=1) / 2
    along = _units_across(b_m - a_m, sight)
    radius_m = radius_m * np.maximum(grow_a, grow_b)
    reach_m = radius_m + SOFT_M
    place_m = _CORNERS * np.stack([half_m + reach_m, reach_m], axis=1)[:, None]
    points_m = ((a_m + b_m) / 2)[:, None] + place_m[..., :1] * along[:, None]
    points_m = points_m + place_m[..., 1:] * cross(sight, along)[:, None]
    return Billboards(
        points_m.reshape(-1, 3), place_m.reshape(-1, 2), half_m.repeat(6), radius_m.repeat(6)
    )


def kept_share(place_m: FloatArray, half_m: FloatArray, radius_m: FloatArray) -> FloatArray:
    """Tell how much is left of what lies behind, 0 (under the hand) … 1; any shape."""
    along_m = np.maximum(np.abs(place_m[..., 0]) - half_m, 0.0)
    outside_m = np.hypot(along_m, place_m[..., 1]) - radius_m
    t = np.clip(outside_m / SOFT_M, 0.0, 1.0)
    share: FloatArray = t * t * (3.0 - 2.0 * t)
    return share


@lru_cache(maxsize=2)
def _sticks(capsules: tuple[Capsule, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give both ends (n, 3) and the radii (n,): two eyes need them once."""
    ends_m = np.array([(c.a_in_mannequin_m, c.b_in_mannequin_m) for c in capsules])
    ends_m = ends_m.reshape(-1, 2, 3)
    return ends_m[:, 0], ends_m[:, 1], np.array([c.radius_m for c in capsules])


def _on_sheet(
    points_m: FloatArray, eye_m: FloatArray, sight: FloatArray, distance_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Move points along their rays from the eye onto the sheet; and how much each grows."""
    rays_m = points_m - eye_m
    grow = distance_m / np.einsum("ij,ij->i", rays_m, sight)
    return eye_m + grow[:, None] * rays_m, grow


def _units_across(vectors: FloatArray, sight: FloatArray) -> FloatArray:
    """Give the vectors' directions across the sight (n, 3); any, where there is none."""
    across = vectors - np.einsum("ij,ij->i", vectors, sight)[:, None] * sight
    length = np.linalg.norm(across, axis=1)
    none = length <= 1e-9
    if none.any():
        other = np.eye(3)[np.abs(sight[none]).argmin(axis=1)]
        across[none] = other - np.einsum("ij,ij->i", other, sight[none])[:, None] * sight[none]
        length = np.linalg.norm(across, axis=1)
    unit: FloatArray = across / length[:, None]
    return unit
