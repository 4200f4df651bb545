"""The marker plates one by one: which was moved, and which is hidden by an arm.

Takes the markers seen in one picture, the believed pose and the newest depth frame; gives
the plates that lie elsewhere than the rig says, and those with something before them.
Leaves the pose itself to `mr.tracking.markers`.
"""

from __future__ import annotations

import numpy as np

from mr.geometry.camera import Camera
from mr.rig import Intrinsics, MarkerLayout
from mr.tracking.markers import MarkerFit, Seen, miss_px
from mr.types import DepthFrame, FloatArray, Pose

MOVED_M = 0.003
"""A plate that lies so far from its place, along the picture, was moved."""
BACK_M = 0.0015
"""Nearer than this it is back."""
LOOKS = 2
"""At five searched pictures a second, that is within half a second; one may be a misread."""
CLEAN_PX = 0.35
"""All markers fit one pose so well only when each plate is in its place."""
ALONE = 2.5
"""A moved plate stands out by so much from the median: else the pose is what is wrong."""
BEFORE_M = 0.03
"""What lies so much nearer to the camera than a plate should, hides it."""
HALF_PX = 3


class PlateWatch:
    """Keeps an eye on each plate of a layout.

    Parameters
    ----------
    layout
        As the rig says.
    camera
        The depth sensor.
    """

    def __init__(self, layout: MarkerLayout, camera: Camera) -> None:
        self._layout = layout
        self._camera = camera
        self._centres = {
            m.id: np.array(m.corners_in_mannequin_m).mean(axis=0) for m in layout.markers
        }
        self._off: dict[int, list[float]] = {}
        self._frame: DepthFrame | None = None
        self.moved: frozenset[int] = frozenset()
        """Ids of plates that are not believed."""
        self.why = ""

    def depth(self, frame: DepthFrame) -> None:
        """Keep the newest depth frame, to see what stands before a plate."""
        self._frame = frame

    def look(self, fit: MarkerFit, color: Intrinsics, color_from_mannequin: Pose) -> bool:
        """Compare one picture's markers with the belief; tells whether a plate stands out."""
        seen = fit.seen
        if seen is None or len(seen.ids) == 0:
            return False
        z_m = np.array([color_from_mannequin.apply(self._centres[i])[2] for i in seen.ids])
        off_m = miss_px(seen, self._layout, color, color_from_mannequin) * z_m / color.fx_px
        # All of them elsewhere together: that is the mannequin or the camera.
        together = fit.n_markers == fit.n_seen == len(seen.ids) and fit.residual_px < CLEAN_PX
        odd = [not together and self._stands_out(off_m, k) for k in range(len(off_m))]
        for number, off, alone in zip(seen.ids, off_m, odd, strict=True):
            still = number in self.moved and off > BACK_M and not together
            self._off[number] = [*self._off.get(number, []), float(off)] if alone or still else []
        self.moved = frozenset(i for i, gaps in self._off.items() if len(gaps) >= LOOKS)
        self.why = self._words()
        return any(odd)

    @staticmethod
    def _stands_out(off_m: FloatArray, k: int) -> bool:
        others = np.delete(off_m, k)
        usual_m = float(np.median(others)) if len(others) >= 2 else np.inf
        return bool(off_m[k] > max(MOVED_M, ALONE * usual_m))

    def _words(self) -> str:
        if not self.moved:
            return ""
        number = min(self.moved)
        off_mm = 1e3 * float(np.median(self._off[number][-LOOKS:]))
        more = f" (and {len(self.moved) - 1} more)" if len(self.moved) > 1 else ""
        return (
            f"marker {number} lies {off_mm:.0f} mm from its place{more}: was its plate moved? "
            "It is left out"
        )

    def hidden(self, seen: Seen, pose: Pose) -> tuple[int, ...]:
        """Give the ids that were not seen and have something before them."""
        if self._frame is None:
            return ()
        counts, out = self._frame.depth_counts, []
        for number, centre in self._centres.items():
            at = pose.apply(centre)
            pixel = self._camera.project(at)
            if number in seen.ids or not np.isfinite(pixel).all():
                continue
            column, row = (round(float(v)) for v in pixel)
            patch = counts[
                max(row - HALF_PX, 0) : max(row + HALF_PX + 1, 0),
                max(column - HALF_PX, 0) : max(column + HALF_PX + 1, 0),
            ]
            depths = patch[patch > 0]
            if depths.size and float(np.median(depths)) * self._frame.m_per_count < (
                at[2] - BEFORE_M
            ):
                out.append(number)
        return tuple(out)
