"""What can go wrong while cameras are placed, found and named.

Takes the condensed views of a capture, gives the joint solution without instants in which the
board was not still, or says what spoils it: a camera that moved and when, a board of another
size, cameras that never saw it together. Leaves the capture's result to
`calibration.cameras.world`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.pose_graph import Edge, Graph, Tie, reached, solve
from calibration.cameras.view_pose import Bow, ViewPose, pooled_sigma_px
from mr.errors import CalibrationError
from mr.types import BoolArray, FloatArray, IntArray, Pose

if TYPE_CHECKING:
    from calibration.cameras.world import BoardsSeen

MAX_MISFIT_M = 0.003
"""A board that one camera sees so far from where the others do: three times the issue's limit of
1 mm, ten times what corners of 0.1 px leave at 0.8 m."""
RETURN_SIGMAS = 4.0
MAX_LEFT_OUT = 0.2
"""Share of the instants in which the board may have moved."""
MAX_SIZE_OFF = 0.015
"""A depth camera is calibrated to 0.2 %, uncalibrated ones keep 2 % of the distance at worst."""
MAX_BOW_M = 0.0015
CALM_RAD, CALM_M = 0.001, 0.0007
"""What lenses leave between cameras besides noise: views are not believed better than this when
it is asked what moved."""
SAME_CHI2 = 12.0
"""Two explanations that differ by less are both possible."""
NO_TIE = 1e6
"""One-sigma of what a tie does not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """All usable views of a capture."""

    places: tuple[str, ...]
    """Of each instant."""
    views: list[ViewPose]
    camera: IntArray
    instant: IntArray
    depth_ratio: FloatArray
    """Depth sensor's over corners' distance; NaN: unknown."""
    n_cameras: int
    middle_m: FloatArray
    """Of the board, in its frame."""
    world_from_board: Pose
    """At the origin."""
    return_sigma: tuple[float, ...]
    table_sigma: tuple[float, ...]

    def only(self, keep: BoolArray) -> Looks:
        """Give a part of the views."""
        return replace(
            self,
            views=[v for v, k in zip(self.views, keep, strict=True) if k],
            camera=self.camera[keep],
            instant=self.instant[keep],
            depth_ratio=self.depth_ratio[keep],
        )

    def boards(self) -> IntArray:
        """Number the boards: one an instant, but one for a run of instants at the origin."""
        number, out = -1, []
        for i, place in enumerate(self.places):
            if not (i and place == "origin" and self.places[i - 1] == "origin"):
                number += 1
            out.append(number)
        return np.array(out, dtype=np.int64)

    def misfit_m(self, graph: Graph) -> FloatArray:
        """Tell by how much each view has the board's middle elsewhere, (views,)."""
        arms = np.array([v.color_from_board.R @ self.middle_m for v in self.views])
        return np.asarray(
            np.linalg.norm(graph.off[:, 3:] + np.cross(graph.off[:, :3], arms), axis=1)
        )


def require_board(samples: Sequence[BoardsSeen], looks: Looks, board: CharucoBoard) -> None:
    """Refuse a capture without the board."""
    if looks.views:
        return
    foreign = sum(sum(s.n_foreign) for s in samples)
    if foreign:
        raise CalibrationError(
            f"world: {foreign} markers were seen, none of them on the board of "
            f"{board.dictionary} from {board.first_id} on: is it another board?"
        )
    raise CalibrationError(
        f"world: no picture of {len(samples)} instants shows enough of a {board.dictionary} board "
        f"of {board.columns}x{board.rows} squares: bring it nearer; is it printed with another "
        "dictionary?"
    )


def require_linked(looks: Looks, names: Sequence[str]) -> None:
    """Refuse cameras that nothing links to the world's origin."""
    first = _first_origin(looks)
    edges = _edges(looks, looks.boards(), looks.camera, 1.0)
    found, _ = reached(looks.n_cameras, len(looks.places), edges, int(looks.boards()[first]))
    lost = [names[k] for k in range(len(names)) if k not in found]
    if not lost:
        return
    if not found:
        raise CalibrationError(
            "world: no camera saw the board as it lay at the world's origin: lay it flat where "
            "a camera sees it first"
        )
    linked = " or ".join(names[k] for k in sorted(found))
    raise CalibrationError(
        f"world: cameras {linked} and {lost[0]} never saw the board at the same instant: hold "
        "it where both see it, tilted towards the middle between them"
    )


def require_flat(bow: Bow) -> None:
    """Refuse a bent board."""
    if abs(bow.sag_m) > max(MAX_BOW_M, 4 * bow.sigma_m):
        raise CalibrationError(
            f"world: the board is bent: its rims stand {abs(bow.sag_m) * 1000:.1f} mm "
            f"({bow.sigma_m * 1000:.1f} mm one-sigma) out of its plane, {MAX_BOW_M * 1000:.1f} "
            "are allowed: glue it to something flat"
        )


def require_size(looks: Looks, names: Sequence[str]) -> tuple[float, ...]:
    """Compare the corners' distances with the depth sensors'; gives the ratio by camera."""
    ratios = []
    for k in range(len(names)):
        mine = looks.depth_ratio[(looks.camera == k) & np.isfinite(looks.depth_ratio)]
        ratios.append(float(np.median(mine)) if len(mine) else float("nan"))
    known = np.array([r for r in ratios if np.isfinite(r)])
    off = np.abs(known - 1.0) > MAX_SIZE_OFF
    if off.any() and off.all() and np.ptp(known) < MAX_SIZE_OFF:
        raise CalibrationError(
            f"world: the depth sensors have the board at {known.mean():.3f} of the distance that "
            f"its corners tell: its squares measure {known.mean():.3f} of what is stated: measure "
            "the square size (the print's ruler) and give it"
        )
    if off.any():
        worst = int(np.nanargmax(np.abs(np.array(ratios) - 1.0)))
        raise CalibrationError(
            f"world: camera {names[worst]}: its depth sensor has the board at {ratios[worst]:.3f} "
            "of the distance that its colour picture tells, the other cameras' agree: calibrate "
            "its depth and its lens first"
        )
    return tuple(ratios)


def fitted(looks: Looks, camera: IntArray | None = None, calm: bool = False) -> Graph:
    """Solve all views together; `camera` numbers the cameras otherwise."""
    camera = looks.camera if camera is None else camera
    boards = looks.boards()
    sigma = pooled_sigma_px(looks.views)
    first = int(boards[_first_origin(looks)])
    edges = _edges(looks, boards, camera, sigma, calm)
    n_cameras, n_boards = int(camera.max()) + 1, int(boards.max()) + 1
    known, lying = reached(n_cameras, n_boards, edges, first)
    # Boards that nobody saw, or that hang on no other camera, say nothing.
    used = sorted(lying)
    number = {b: k for k, b in enumerate(used)}
    at = looks.world_from_board
    back = at  # the walk began at the identity
    edges = [replace(e, board=number[e.board]) for e in edges]
    ties = _ties(looks, boards, number, first)
    return solve(
        [back @ known.get(c, Pose.identity()) for c in range(n_cameras)],
        [back @ lying[b] for b in used],
        edges,
        ties,
        number[first],
    )


def without_faults(looks: Looks, names: Sequence[str]) -> tuple[Looks, Graph, tuple[int, ...]]:
    """Solve, leaving out instants in which the board moved; name a camera that did.

    Raises
    ------
    CalibrationError
        When a camera moved, or the board in too many instants.
    """
    graph = fitted(looks)
    left_out: list[int] = []
    whole = looks
    most = int(MAX_LEFT_OUT * len(set(looks.instant.tolist())))
    while _worst_m(looks, graph) > MAX_MISFIT_M or _returned_badly(looks, graph):
        instants = np.unique(looks.instant)
        moved = _moved(whole, names) if not left_out else None
        if moved:
            raise CalibrationError(moved)
        if len(left_out) >= most or len(instants) < 2:
            raise CalibrationError(
                f"world: in {len(left_out) + 1} or more of {len(set(whole.instant.tolist()))} "
                f"instants the cameras have the board {1000 * _worst_m(whole, fitted(whole)):.0f} "
                "mm apart: hold it still while the pictures are taken, and check that the "
                "cameras take them at the same instant"
            )
        trials = []
        for i in instants[_is_held(looks, instants)]:
            part = looks.only(looks.instant != i)
            if len(np.unique(part.camera)) == len(np.unique(looks.camera)):
                trials.append((fitted(part).chi2, int(i)))
        if not trials:
            raise CalibrationError(
                "world: the board was not laid back to its place at the origin, or every camera "
                "moved: lay it against its marks and take it again"
            )
        worst = min(trials)[1]
        left_out.append(worst)
        looks = looks.only(looks.instant != worst)
        graph = fitted(looks)
    return looks, graph, tuple(sorted(left_out))


def _is_held(looks: Looks, instants: IntArray) -> BoolArray:
    return np.array([looks.places[i] != "origin" for i in instants], dtype=bool)


def _moved(looks: Looks, names: Sequence[str]) -> str | None:
    """Say which camera moved, and when, if that explains what is off; None if it does not."""
    best: dict[int, tuple[float, int]] = {}
    one_fewer: list[float] = []
    for c in range(len(names)):
        seen = np.unique(looks.instant[looks.camera == c])
        for i in seen[1:]:
            after = (looks.camera == c) & (looks.instant >= i)
            number = np.where(after, len(names), looks.camera)
            graph = fitted(looks, number, calm=True)
            if c not in best or graph.chi2 < best[c][0]:
                best[c] = (graph.chi2, int(i))
    for i in np.unique(looks.instant):
        if looks.places[i] != "origin":
            part = looks.only(looks.instant != i)
            if len(np.unique(part.camera)) == looks.n_cameras:
                one_fewer.append(fitted(part, calm=True).chi2)
    if not best:
        return None
    chi2, i = min(best.values())
    split = min(best, key=lambda c: best[c][0])
    number = np.where((looks.camera == split) & (looks.instant >= i), len(names), looks.camera)
    graph = fitted(looks, number)
    if _worst_m(looks, graph) > MAX_MISFIT_M or _returned_badly(looks, graph):
        return None
    if one_fewer and min(one_fewer) < chi2 + SAME_CHI2 and not _at_an_end(looks, split, i):
        return None
    suspects = [c for c, (x, _) in best.items() if x < chi2 + SAME_CHI2]
    before = int(looks.instant[(looks.camera == split) & (looks.instant < i)].max())
    there, then = graph.cameras[split], graph.cameras[len(names)]
    who = " or ".join(names[c] for c in suspects)
    by_mm = 1000 * float(np.linalg.norm(then.t_m - there.t_m))
    by_deg = np.degrees(np.linalg.norm(_turn(there, then)))
    lone = ", or the board was not laid back to its place" if len(names) == 1 else ""
    return (
        f"world: camera {who} moved between instant {before + 1} and {i + 1}, by {by_mm:.0f} mm "
        f"and {by_deg:.1f} degrees{lone}: fix it and take all again"
    )


def _turn(a: Pose, b: Pose) -> FloatArray:
    from mr.geometry.poses import difference  # noqa: PLC0415

    return difference(b, a)[:3]


def _at_an_end(looks: Looks, camera: int, instant: int) -> bool:
    """Whether a camera's last or first look alone is split off: no still board explains it away."""
    seen = np.unique(looks.instant[looks.camera == camera])
    return bool(instant in (seen[-1], seen[1]))


def _worst_m(looks: Looks, graph: Graph) -> float:
    return float(looks.misfit_m(graph).max())


def _returned_badly(looks: Looks, graph: Graph) -> bool:
    """Whether a board that was laid back, or on the table, lies where it cannot."""
    boards = looks.boards()
    first = int(boards[_first_origin(looks)])
    sigmas = [
        np.array(looks.return_sigma if looks.places[i] == "origin" else looks.table_sigma)
        for i in _tied_instants(looks, boards, first)
    ]
    if not sigmas or not len(graph.tie_off):
        return False
    return bool(np.max(np.abs(graph.tie_off) / np.array(sigmas)) > RETURN_SIGMAS)


def _first_origin(looks: Looks) -> int:
    for i in np.unique(looks.instant):
        if looks.places[i] == "origin":
            return int(i)
    raise CalibrationError(
        "world: no camera saw the board as it lay at the world's origin: lay it flat where a "
        "camera sees it first"
    )


def _tied_instants(looks: Looks, boards: IntArray, first: int) -> list[int]:
    seen: dict[int, int] = {}
    for i in np.unique(looks.instant):
        if looks.places[i] != "held" and boards[i] != first:
            seen.setdefault(int(boards[i]), int(i))
    return list(seen.values())


def _ties(looks: Looks, boards: IntArray, number: dict[int, int], first: int) -> list[Tie]:
    ties = []
    for i in _tied_instants(looks, boards, first):
        sigma = looks.return_sigma if looks.places[i] == "origin" else looks.table_sigma
        root = np.diag(1.0 / np.minimum(np.array(sigma), NO_TIE))
        ties.append(Tie(number[int(boards[i])], looks.world_from_board, root))
    return ties


def _edges(
    looks: Looks, boards: IntArray, camera: IntArray, sigma_px: float, calm: bool = False
) -> list[Edge]:
    edges = []
    for view, c, i in zip(looks.views, camera, looks.instant, strict=True):
        root = np.linalg.qr(view.slope, mode="r") / sigma_px
        if calm:
            extra = np.diag([CALM_RAD**2] * 3 + [CALM_M**2] * 3)
            root = np.linalg.cholesky(np.linalg.inv(np.linalg.inv(root.T @ root) + extra)).T
        edges.append(Edge(int(c), int(boards[i]), view.color_from_board, root))
    return edges
