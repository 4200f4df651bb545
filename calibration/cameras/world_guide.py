"""How the capture that places the cameras is guided.

Takes instants of a board as the cameras see it, gives a verdict on each and where to hold it
next; leaves measuring to `calibration.cameras.world`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.board_depth import color_of
from calibration.cameras.boards_seen import BoardsSeen
from calibration.cameras.view_pose import ViewPose, view_pose
from calibration.cameras.world_faults import AT_ORIGIN
from calibration.guide import Progress, Verdict
from mr.geometry.poses import difference
from mr.rig import CameraModel
from mr.types import FloatArray, Pose

WANTED_PAIR = 6
"""Common instants of a pair on the way to the origin: four tilts tell all six numbers, and
two more show which was wrong."""
WANTED_ORIGIN = 2
"""Looks at the board lying at the origin, before and again after."""
BLURRED_PX = 3.0
SAME_M = 0.02
SAME_RAD = np.radians(4.0)
JUMP_M = 0.008
"""A pair of cameras whose distance from each other seems to differ by so much: something moved."""
ENOUGH_TO_JUDGE = 2


class WorldGuide:
    """Guides a board from the origin through the cameras' common views and back."""

    def __init__(self, board: CharucoBoard, cameras: Mapping[str, CameraModel]) -> None:
        self._board = board
        self._names = tuple(cameras)
        self._lenses = {name: color_of(c)[0] for name, c in cameras.items()}
        self.samples: list[BoardsSeen] = []
        self._views: list[dict[str, ViewPose]] = []
        self._middle = np.array([*board.size_m, 0.0]) / 2

    def offer(self, sample: BoardsSeen) -> Verdict:
        """Take an instant, or say why not."""
        if sum(sample.n_foreign) > sum(len(i) for i in sample.ids):
            return Verdict(False, "these markers are not on this board: is it the right one?")
        views = self._usable(sample)
        if not views:
            return Verdict(False, self._blind(sample))
        begun = any(s.place != "origin" for s in self.samples)
        if sample.place == "origin" and begun:
            return Verdict(False, "the board has been away: say that it was laid back")
        if sample.place == "held":
            if len(self._names) == 1:
                return Verdict(False, "one camera needs no held board: lay it at the origin")
            if len(views) == 1:
                return Verdict(
                    False,
                    f"only camera {next(iter(views))} sees it: hold it where another one does, too",
                )
            if self._seen_before(views):
                return Verdict(False, "seen before: move or tilt the board")
        jump = self._jump(views)
        if jump:
            return Verdict(False, jump)
        self.samples.append(sample)
        self._views.append(views)
        return Verdict(True)

    @property
    def stage(self) -> Literal["origin", "held", "back"]:
        """Where the board belongs now: at the origin, in a hand, or laid back."""
        places = [s.place for s in self.samples]
        if places.count("origin") < WANTED_ORIGIN:
            return "origin"
        if any(n < WANTED_PAIR for _, _, n in self._links(self._common())):
            return "held"
        return "back"

    @property
    def progress(self) -> Progress:
        """How far it is."""
        common = self._common()
        places = [s.place for s in self.samples]
        before, after = places.count("origin"), places.count("back")
        links = self._links(common)
        have = min(before, WANTED_ORIGIN) + min(after, WANTED_ORIGIN)
        have += sum(min(n, WANTED_PAIR) for _, _, n in links)
        want = 2 * WANTED_ORIGIN + WANTED_PAIR * len(links)
        coverage = np.minimum(common / WANTED_PAIR, 1.0)
        np.fill_diagonal(coverage, np.minimum(self._at_origin() / WANTED_ORIGIN, 1.0))
        return Progress(
            share=have / want,
            done=have == want,
            next=self._next(links, before, after),
            n_taken=len(self.samples),
            residual=self._residual(),
            coverage=coverage,
            coverage_of="pairs of cameras; each camera's look at the origin on the diagonal: "
            + ", ".join(self._names),
        )

    def _next(self, links: list[tuple[int, int, int]], before: int, after: int) -> str:
        if before < WANTED_ORIGIN:
            return "lay the board flat at the world's origin, where most cameras see it"
        weak = [(n, a, b) for a, b, n in links if n < WANTED_PAIR]
        if weak:
            n, a, b = min(weak)
            return (
                f"hold the board where cameras {self._names[a]} and {self._names[b]} both see it, "
                f"another tilt each time: {n} of {WANTED_PAIR}"
            )
        if after < WANTED_ORIGIN:
            return "take the board away and lay it back at the world's origin, against its marks"
        return "enough; leave the board there"

    def _usable(self, sample: BoardsSeen) -> dict[str, ViewPose]:
        views = {}
        for k, name in enumerate(sample.camera_ids):
            if name not in self._lenses or sample.sharpness_px[k] > BLURRED_PX:
                continue
            view = view_pose(sample.ids[k], sample.corners_px[k], self._board, self._lenses[name])
            if view is not None and view.clear:
                views[name] = view
        return views

    def _blind(self, sample: BoardsSeen) -> str:
        if any(s > BLURRED_PX for s in sample.sharpness_px):
            return "blurred: hold the board still, or give more light"
        if sample.place in AT_ORIGIN:
            return "no camera sees the board at the origin: choose a place that one does see"
        return "no camera sees enough of the board: turn its face to the cameras"

    def _seen_before(self, views: dict[str, ViewPose]) -> bool:
        for old, sample in zip(self._views, self.samples, strict=True):
            if sample.place != "held" or set(views) - set(old):
                continue
            name = next(iter(views))
            step = difference(views[name].color_from_board, old[name].color_from_board)
            if np.linalg.norm(step[:3]) < SAME_RAD and np.linalg.norm(step[3:]) < SAME_M:
                return True
        return False

    def _jump(self, views: dict[str, ViewPose]) -> str:
        """Compare each pair's distance and turn with what the same pair has shown before."""
        names = [n for n in self._names if n in views]
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                known = [_between(v[a], v[b]) for v in self._views if a in v and b in v]
                if len(known) < ENOUGH_TO_JUDGE:
                    continue
                middle = views[b].color_from_board.apply(self._middle)
                told = np.median([k.apply(middle) for k in known], axis=0)
                apart = np.linalg.norm(views[a].color_from_board.apply(self._middle) - told)
                if apart > JUMP_M:
                    return (
                        f"cameras {a} and {b} have the board {1000 * apart:.0f} mm apart: hold it "
                        "still; if that stays, one of them was moved: begin again"
                    )
        return ""

    def _common(self) -> FloatArray:
        n = len(self._names)
        common = np.zeros((n, n))
        for views in self._views:
            seen = np.array([float(name in views) for name in self._names])
            common += np.outer(seen, seen)
        return common

    def _at_origin(self) -> FloatArray:
        counts = np.zeros(len(self._names))
        for views, sample in zip(self._views, self.samples, strict=True):
            if sample.place in AT_ORIGIN:
                counts += np.array([float(name in views) for name in self._names])
        return counts

    def _links(self, common: FloatArray) -> list[tuple[int, int, int]]:
        """Give the pairs with most common instants that link all cameras (a spanning tree)."""
        inside, links = {0}, []
        while len(inside) < len(self._names):
            pairs = [
                (-common[a, b], a, b)
                for a in inside
                for b in range(len(self._names))
                if b not in inside
            ]
            n, a, b = min(pairs)
            links.append((a, b, int(-n)))
            inside.add(b)
        return links

    def _residual(self) -> str:
        views = [v for seen in self._views for v in seen.values()]
        if not views:
            return ""
        return f"{np.median([v.rms_px for v in views]):.2f} px rms within pictures"


def _between(a: ViewPose, b: ViewPose) -> Pose:
    """Give the pose of one camera in the other's frame, by one board."""
    return a.color_from_board @ b.color_from_board.inverse()
