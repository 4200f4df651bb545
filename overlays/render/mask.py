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
    eye_m = np.asarray(eye_in_mannequin_m)
    ends_m = np.array([(c.a_in_mannequin_m, c.b_in_mannequin_m) for c in capsules])
    ends_m = ends_m.reshape(-1, 2, 3)
    radii_m = np.array([c.radius_m for c in capsules])
    sights = ends_m.mean(axis=1) - eye_m
    distances_m = np.linalg.norm(sights, axis=1)
    reach_m = radii_m + np.linalg.norm(ends_m[:, 1] - ends_m[:, 0], axis=1) / 2
    clear = distances_m > reach_m
    ends_m, radii_m, distances_m = ends_m[clear], radii_m[clear], distances_m[clear]
    sights = sights[clear] / distances_m[:, None]
    # both ends, seen from the eye, on the sheet through the middle
    rays_m = ends_m - eye_m
    grow = distances_m[:, None] / np.einsum("nek,nk->ne", rays_m, sights)
    ends_m = eye_m + grow[:, :, None] * rays_m
    radii_m = radii_m * grow.max(axis=1)
    along, halves_m = _across(ends_m[:, 1] - ends_m[:, 0], sights)
    across = np.cross(sights, along)
    reach_m = radii_m + SOFT_M
    place_m = _CORNERS * np.stack([halves_m + reach_m, reach_m], axis=1)[:, None, :]
    points_m = (
        ends_m.mean(axis=1)[:, None]
        + place_m[..., :1] * along[:, None]
        + place_m[..., 1:] * across[:, None]
    )
    return Billboards(
        points_m.reshape(-1, 3),
        place_m.reshape(-1, 2),
        np.repeat(halves_m, len(_CORNERS)),
        np.repeat(radii_m, len(_CORNERS)),
    )


_CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]], dtype=np.float64)
"""Of two triangles that make a rectangle."""


def kept_share(place_m: FloatArray, half_m: FloatArray, radius_m: FloatArray) -> FloatArray:
    """Tell how much is left of what lies behind, 0 (under the hand) … 1; any shape."""
    along_m = np.maximum(np.abs(place_m[..., 0]) - half_m, 0.0)
    outside_m = np.hypot(along_m, place_m[..., 1]) - radius_m
    t = np.clip(outside_m / SOFT_M, 0.0, 1.0)
    share: FloatArray = t * t * (3.0 - 2.0 * t)
    return share


def _across(vectors: FloatArray, sights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give unit vectors (n, 3) across the sights, along `vectors` where they have a direction.

    With them the half lengths (n,) of the vectors.
    """
    lengths_m = np.linalg.norm(vectors, axis=1)
    other = np.eye(3)[np.argmin(np.abs(sights), axis=1)]
    way = np.where((lengths_m > 1e-9)[:, None], vectors, other)
    way = way - np.einsum("nk,nk->n", way, sights)[:, None] * sights
    return way / np.linalg.norm(way, axis=1)[:, None], lengths_m / 2
