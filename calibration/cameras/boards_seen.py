"""What the cameras saw of the board at one instant: the sample of cameras-to-world.

Takes each camera's view, gives them side by side; leaves measuring to `calibration.cameras.world`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calibration.boards.charuco import BoardView
from mr.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class BoardsSeen:
    """One instant: what each camera saw of the board."""

    place: str
    """"origin": flat at the world's origin, not touched between looks; "held"; "table": flat
    elsewhere on the same table; "back": laid back at the origin, at the end."""
    camera_ids: tuple[str, ...]
    """Cameras that took a picture, each once; the other fields go with them."""
    ids: tuple[IntArray, ...]
    corners_px: tuple[FloatArray, ...]
    n_foreign: tuple[int, ...]
    sharpness_px: tuple[float, ...]
    depth_m: tuple[float, ...]
    """Depth sensor's distance of the board's middle along its own axis; NaN: unknown."""


def boards_seen(
    place: str, views: Mapping[str, BoardView], depth_m: Mapping[str, float] | None = None
) -> BoardsSeen:
    """Put what the cameras saw at one instant together."""
    known = depth_m or {}
    return BoardsSeen(
        place,
        tuple(views),
        tuple(v.ids for v in views.values()),
        tuple(v.corners_px for v in views.values()),
        tuple(v.n_foreign for v in views.values()),
        tuple(v.sharpness_px for v in views.values()),
        tuple(known.get(name, float("nan")) for name in views),
    )
