"""Choosing without hands: whoever looks at a place for long enough has chosen it.

Takes where the head is and where a flat sheet stands, gives the point of the sheet that the head
points at, and how much of the time that is needed has passed. Leaves what is chosen to
`overlays.xr.view`. The head's own forward axis is used: no eye tracking is needed. Pure.
"""

from __future__ import annotations

import numpy as np

from mr.types import Pose

NEEDED_S = 2.0
"""Long enough that nobody chooses by reading. Ours; platforms dwell for 0.8 to 2 s."""
FORGIVEN_S = 0.3
"""Looking away for so little does not start it anew."""


def place_on(
    xr_from_panel: Pose, size_m: tuple[float, float], xr_from_head: Pose
) -> tuple[float, float] | None:
    """Give where on a sheet the head points, or None beside it, behind it or from behind.

    Parameters
    ----------
    xr_from_panel : Pose
        The sheet's middle: x to its right, y up, z out of it to the reader.
    size_m : tuple
        Its width and height.
    xr_from_head : Pose
        The head as OpenXR has it: it looks along its −z.

    Returns
    -------
    tuple or None
        Right and down on the sheet, 0 … 1 each, from its upper left corner.
    """
    panel_from_head = xr_from_panel.inverse() @ xr_from_head
    eye, ahead = panel_from_head.t_m, -panel_from_head.R[:, 2]
    if eye[2] <= 0 or ahead[2] >= 0:
        return None
    hit = eye - ahead * (eye[2] / ahead[2])
    right, down = float(hit[0] / size_m[0] + 0.5), float(0.5 - hit[1] / size_m[1])
    return (right, down) if 0 <= right <= 1 and 0 <= down <= 1 else None


class Dwell:
    """How long somebody has looked at one place."""

    def __init__(self, needed_s: float = NEEDED_S) -> None:
        self._needed_ns = round(needed_s * 1e9)
        self._since_ns: int | None = None
        self._last_ns = 0

    def look(self, on: bool, t_ns: int) -> float:
        """Take in whether it is looked at now; give the share of the time needed, 0 … 1.

        What was not seen was not looked at: after a longer gap without frames it begins anew.
        """
        if on:
            if self._since_ns is None or t_ns - self._last_ns > FORGIVEN_S * 1e9:
                self._since_ns = t_ns
            self._last_ns = t_ns
        elif self._since_ns is not None and t_ns - self._last_ns > FORGIVEN_S * 1e9:
            self._since_ns = None
        if self._since_ns is None:
            return 0.0
        return float(np.clip((self._last_ns - self._since_ns) / self._needed_ns, 0.0, 1.0))

    def forget(self) -> None:
        """Begin anew."""
        self._since_ns = None
