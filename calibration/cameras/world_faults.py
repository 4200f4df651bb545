"""What can go wrong while cameras are placed, found and named.

Takes the condensed views of a capture, gives the joint solution without instants in which the
board was not still, or says what spoils it: a camera that moved and when, a board of another
size, cameras that never saw it together. Leaves the capture's result to
`calibration.cameras.world`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.boards_seen import BoardsSeen
from calibration.cameras.pose_graph import Edge, Extended, Graph, Tie, reached, solve
from calibration.cameras.view_pose import ViewPose, pooled_sigma_px
from mr.errors import CalibrationError
from mr.geometry.poses import difference
from mr.types import BoolArray, FloatArray, IntArray, Pose

AT_ORIGIN = ("origin", "back")
MAX_MISFIT_M = 0.003
"""A board that one camera sees so far from where the others do: three times the issue's limit of
1 mm, ten times what corners of 0.1 px leave at 0.8 m."""
RETURN_SIGMAS = 4.0
MAX_LEFT_OUT = 0.2
"""Share of the instants in which the board may have moved."""
MAX_SIZE_OFF = 0.015
"""A depth camera is calibrated to 0.2 %, uncalibrated ones keep 2 % of the distance at worst."""
CALM_RAD, CALM_M = 0.001, 0.0007
"""What lenses leave between cameras besides noise: views are not believed better than this when
it is asked what moved."""
MAX_CALM = 2.0
"""Chi² per degree of freedom, with views believed no better than that."""
SAME_GAIN = 0.02
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
        """Number the boards: at the origin it lies still, and once more when it is laid back."""
        alone = {"origin": 0, "back": 1}
        numbers = [alone.get(place, i + 2) for i, place in enumerate(self.places)]
        return np.array(numbers, dtype=np.int64)

    def at_origin(self, boards: IntArray) -> dict[int, Pose]:
        """Give the boards that lie at the origin, roughly: from there all else is reached."""
        at = [int(b) for b, place in zip(boards, self.places, strict=True) if place in AT_ORIGIN]
        return dict.fromkeys(at, self.world_from_board)

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
    _first_origin(looks)
    boards = looks.boards()
    found, _ = reached(_edges(looks, boards, looks.camera, 1.0), looks.at_origin(boards))
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
    first = int(boards[_first_origin(looks)])
    edges = _edges(looks, boards, camera, pooled_sigma_px(looks.views), calm)
    known, lying = reached(edges, looks.at_origin(boards))
    # A board that nobody saw is no unknown.
    used = sorted({e.board for e in edges} | {first})
    number = {b: k for k, b in enumerate(used)}
    return solve(
        [known[c] for c in range(int(camera.max()) + 1)],
        [lying[b] for b in used],
        [replace(e, board=number[e.board]) for e in edges],
        _ties(looks, boards, number),
        number[first],
    )


def without_faults(looks: Looks, names: Sequence[str]) -> tuple[Looks, Graph, tuple[int, ...]]:
    """Solve, leaving out instants in which the board moved; name a camera that did.

    Raises
    ------
    CalibrationError
        When a camera moved, or the board in too many instants.
    """
    whole, n_instants = looks, len(np.unique(looks.instant))
    left_out: list[int] = []
    while True:
        graph, calm = fitted(looks), fitted(looks, calm=True)
        if _sound(looks, graph, calm):
            return looks, graph, tuple(sorted(left_out))
        if not left_out:
            moved = _moved(looks, calm, names)
            if moved:
                raise CalibrationError(moved)
        gains = _gains_without(looks, calm)
        if not gains:
            raise CalibrationError(
                "world: the board was not laid back to its place at the origin, or the cameras "
                "moved: lay it against its marks and take it again"
            )
        if len(left_out) >= MAX_LEFT_OUT * n_instants:
            apart_mm = 1000 * float(whole.misfit_m(fitted(whole)).max())
            raise CalibrationError(
                f"world: in more than {len(left_out)} of {n_instants} instants the cameras have "
                f"the board apart, by {apart_mm:.0f} mm at worst: hold it still while the "
                "pictures are taken, and check that the cameras take them at the same instant"
            )
        left_out.append(max(gains, key=lambda i: gains[i]))
        looks = looks.only(looks.instant != left_out[-1])


def _sound(looks: Looks, graph: Graph, calm: Graph) -> bool:
    return (
        float(looks.misfit_m(graph).max()) <= MAX_MISFIT_M
        and not _returned_badly(looks, graph)
        and calm.chi2 <= MAX_CALM * max(calm.freedom, 1)
    )


def _gains_without(looks: Looks, calm: Graph) -> dict[int, float]:
    """Tell by how much chi² falls without each instant that can be spared."""
    gains, asked = {}, Extended(calm.rows, calm.miss)
    for i in np.unique(looks.instant):
        mine = looks.instant == i
        spared = len(np.unique(looks.camera[~mine])) == looks.n_cameras
        if looks.places[i] not in AT_ORIGIN and mine.sum() > 1 and spared:
            rows = np.flatnonzero(np.repeat(mine, 6))
            columns = np.zeros((len(calm.miss), len(rows)))
            columns[rows, np.arange(len(rows))] = 1.0
            gains[int(i)] = asked.gain(columns)[0]
    return gains


def _gains_moved(looks: Looks, calm: Graph) -> dict[tuple[int, int], float]:
    """Tell by how much chi² falls when a camera stands elsewhere from an instant on."""
    gains, asked = {}, Extended(calm.rows, calm.miss)
    for c in range(looks.n_cameras):
        mine = looks.camera == c
        for i in np.unique(looks.instant[mine])[1:]:
            after = np.flatnonzero(np.repeat(mine & (looks.instant >= i), 6))
            columns = np.zeros((len(calm.miss), 6))
            columns[after] = calm.rows[after][:, 6 * c : 6 * c + 6]
            gains[c, int(i)] = asked.gain(columns)[0]
    return gains


def _moved(looks: Looks, calm: Graph, names: Sequence[str]) -> str | None:
    """Say which camera moved, and when, if that explains what is off; None if it does not."""
    gains = _gains_moved(looks, calm)
    if not gains:
        return None
    best = {c: max((g, -i) for (k, i), g in gains.items() if k == c) for c, _ in gains}
    split = max(best, key=lambda c: best[c])
    gain, i = best[split][0], -best[split][1]
    number = np.where((looks.camera == split) & (looks.instant >= i), len(names), looks.camera)
    try:
        graph, after = fitted(looks, number), fitted(looks, number, calm=True)
    except KeyError:  # from then on nothing links it to the others
        return None
    if not _sound(looks, graph, after):
        return None
    seen = np.unique(looks.instant[looks.camera == split])
    spared = _gains_without(looks, calm)
    # One bad instant in the middle is a board that moved; at an end it may be the camera.
    if spared and max(spared.values()) > gain - SAME_CHI2 and i not in (seen[1], seen[-1]):
        return None
    suspects = [c for c, (g, _) in best.items() if g > gain - max(SAME_CHI2, SAME_GAIN * gain)]
    before = int(seen[seen < i].max())
    step = difference(graph.cameras[len(names)], graph.cameras[split])
    lone = ", or the board was not laid back to its place" if len(names) == 1 else ""
    return (
        f"world: camera {' or '.join(names[c] for c in suspects)} moved between instant "
        f"{before + 1} and {i + 1}, by {1000 * np.linalg.norm(step[3:]):.0f} mm and "
        f"{np.degrees(np.linalg.norm(step[:3])):.1f} degrees{lone}: fix it and take all again"
    )


def _returned_badly(looks: Looks, graph: Graph) -> bool:
    """Whether a board that was laid back, or on the table, lies where it cannot."""
    boards = looks.boards()
    sigmas = [
        np.array(looks.return_sigma if looks.places[i] == "back" else looks.table_sigma)
        for i in _tied_instants(looks, boards)
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


def _tied_instants(looks: Looks, boards: IntArray) -> list[int]:
    seen: dict[int, int] = {}
    for i in np.unique(looks.instant):
        if looks.places[i] in ("back", "table"):
            seen.setdefault(int(boards[i]), int(i))
    return list(seen.values())


def _ties(looks: Looks, boards: IntArray, number: dict[int, int]) -> list[Tie]:
    ties = []
    for i in _tied_instants(looks, boards):
        sigma = looks.return_sigma if looks.places[i] == "back" else looks.table_sigma
        root = np.diag(1.0 / np.minimum(np.array(sigma), NO_TIE))
        ties.append(Tie(number[int(boards[i])], looks.world_from_board, root))
    return ties


def _edges(
    looks: Looks, boards: IntArray, camera: IntArray, sigma_px: float, calm: bool = False
) -> list[Edge]:
    edges = []
    for view, c, i in zip(looks.views, camera, looks.instant, strict=True):
        assert view.color_from_board.covariance is not None
        covariance = view.color_from_board.covariance * sigma_px**2
        if calm:
            covariance = covariance + np.diag([CALM_RAD**2] * 3 + [CALM_M**2] * 3)
        root = np.linalg.cholesky(np.linalg.inv(covariance)).T
        edges.append(Edge(int(c), int(boards[i]), view.color_from_board, root))
    return edges
