"""Who was bumped, by how far, and what it leaves behind.

Takes the belief of the mannequin's pose after each look, gives words; leaves the pose to
`mr.tracking.pose_filter` and what stands still around it to `.background`.
"""

from __future__ import annotations

import numpy as np

from mr.geometry.poses import difference
from mr.tracking.background import Background, Mover
from mr.tracking.pose_filter import PoseFilter
from mr.types import Pose

NAMED_NS = 5_000_000_000
"""For so long a bump is told after the mannequin was found again."""
WEIGHED_NS = 900_000_000
"""For so long after it was found its way is told anew, for the first look is a rough one; and
no longer, for then the background begins to learn the new place."""
ASTRAY_M = 1e-3
"""Found so near to where it was, it was not moved: looks had gone astray together."""


class BumpWatch:
    """Names a bump of the mannequin or of the camera, from one camera's looks in order."""

    def __init__(self, background: Background) -> None:
        self.words = ""
        """Of the last bump."""
        self._background = background
        self._until_ns = 0
        self._standing = ""
        """Of the last bump of the camera: its place in the room is wrong from then on."""
        self._from = Pose.identity()
        self._moving = False
        self._found_ns: int | None = None
        self._doubted_ns: int | None = None
        self._since_ns = 0
        """When the first look spoke against the belief that this bump ended."""
        self._who: Mover | None = None
        self._forgot = False
        """Whether the background was begun anew after this bump."""

    def told(self, t_ns: int) -> str:
        """Give the words that are still to be told, though the mannequin was found again."""
        return self.words if t_ns < self._until_ns else self._standing

    def after(self, belief: PoseFilter, before: Pose, t_ns: int) -> None:
        """Take in the belief after a look, and the pose that was held before it."""
        if belief.doubtful and self._doubted_ns is None:
            self._doubted_ns = t_ns
        if belief.moved_to is not None:
            if not self._moving:
                self._moving, self._from, self._who = True, before, None
                self._found_ns, self._forgot = None, False
                self._since_ns = self._doubted_ns or t_ns
            self._ask(belief.moved_to)
            self.words = self._way(belief.moved_to)
        elif self._moving:
            self._moving = False
            self._ask(belief.pose)
            self._found(belief.pose, t_ns)
        elif self._found_ns is not None:
            if self._who is None:  # markers may find it before the room was seen again
                self._ask(belief.pose)
            self._found(belief.pose, self._found_ns)
            if self._found_ns is not None and t_ns - self._found_ns > WEIGHED_NS:
                self._found_ns = None
        if not belief.doubtful:
            self._doubted_ns = None

    def _ask(self, new: Pose) -> None:
        # The room is asked as it was seen since; a verdict stays until there is another.
        if self._background.seen_ns >= self._since_ns:
            self._who = self._background.who(self._from, new) or self._who

    def _found(self, pose: Pose, found_ns: int) -> None:
        """Say what is left behind, now that the mannequin lies at a pose again."""
        if float(np.linalg.norm(difference(pose, self._from)[3:])) < ASTRAY_M:
            self.words, self._until_ns, self._found_ns = "", 0, None
            return
        self._found_ns = found_ns
        self.words = self._way(pose)
        if self._who != "camera":
            self._until_ns = found_ns + NAMED_NS
        else:
            self.words += "; what it measures is right, its place in the room is not"
            self._standing, self._until_ns = self.words, 0
            if not self._forgot:
                self._background.forget()
                self._forgot = True

    def _way(self, new: Pose) -> str:
        if self._who == "camera":
            # The way of the camera itself, not of the mannequin in its picture.
            step = difference(new @ self._from.inverse(), Pose.identity())
            turn_deg = float(np.degrees(np.linalg.norm(step[:3])))
            away_mm = 1e3 * float(np.linalg.norm(step[3:]))
            return f"the camera was moved (by about {away_mm:.0f} mm, {turn_deg:.1f} deg)"
        away_mm = 1e3 * float(np.linalg.norm(difference(new, self._from)[3:]))
        mover = "the mannequin" if self._who == "mannequin" else "the mannequin or the camera"
        return f"{mover} was moved (by about {away_mm:.0f} mm)"
