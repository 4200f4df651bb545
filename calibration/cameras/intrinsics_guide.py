"""The capture for a lens: a board held all over the picture, tilted to each side.

Takes one view of the board at a time, says whether it is of use and where to hold the board
next; leaves the lens to `calibration.cameras.intrinsics`, which it asks now and then for how
well the pictures agree so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from calibration.boards.charuco import BoardView, CharucoBoard, mirrored
from calibration.cameras.intrinsics import (
    GRID,
    MIN_CORNERS,
    MeasuredIntrinsics,
    coverage_of,
    measure_intrinsics,
    pose_in_view,
    tilt_deg,
)
from calibration.cameras.intrinsics_record import FOCAL_SIGMA_MAX_PCT, TILT_DEG
from calibration.guide import Progress, Verdict
from mr.errors import CalibrationError
from mr.rig import Intrinsics
from mr.types import FloatArray

BLURRED_PX = 3.2
"""10 to 90 % width of an edge; a sharp picture has 2.0 to 2.5."""
MIN_SHARE = 0.2
"""Of the board's corners that a picture must show."""
SAME_SHARE = 0.02
"""Of the picture's width: corners that moved by less on average show nothing new."""
STRANGE = 5.0
"""A view that agrees so many times worse with the lens than is usual is not taken."""
STRANGE_MIN_PX = 1.0
ENOUGH_VIEWS = 20
MOST_VIEWS = 40
ENOUGH_COVERED = 0.9
ENOUGH_TILTED = 3
ENOUGH_TURNED = 3
ENOUGH_FAR = 4
LENS_FROM, LENS_EVERY = 8, 4
"""A lens is fitted from so many views on, after each so many more."""
NOMINAL_FOCAL = 0.75
"""Focal length over width, until a lens was fitted: most cameras have 0.6 to 0.9."""
TURNED_DEG = (60.0, 120.0)
FAR_SHARE = 0.55
"""A board that fills less of the picture's height is far."""

REACH = (0.17, 0.83)
"""A board's middle goes no nearer to the picture's rim: too few corners would be left."""

Side = Literal["right", "left", "bottom", "top"]
SIDES: tuple[Side, ...] = ("right", "left", "bottom", "top")
ZONES = tuple(
    (name, x, y)
    for name, x, y in (
        ("top left", 0.25, 0.27),
        ("bottom right", 0.75, 0.73),
        ("top right", 0.75, 0.27),
        ("bottom left", 0.25, 0.73),
        ("middle", 0.5, 0.5),
        ("left", 0.2, 0.5),
        ("right", 0.8, 0.5),
        ("top", 0.5, 0.27),
        ("bottom", 0.5, 0.73),
    )
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the board is to be held next."""

    zone: str
    x_share: float
    y_share: float
    """The board's middle in the picture."""
    away: Side
    """The side of the picture to which the board leads away from the camera."""
    turned: bool
    """By a quarter, to lie on its side."""
    height_share: float
    """How much of the picture's height the board is to fill."""

    @property
    def words(self) -> str:
        """What to do, in the imperative; sides are those of the picture."""
        turned = "turned by a quarter, " if self.turned else ""
        near = "near" if self.height_share > FAR_SHARE else "farther away"
        place = "in the middle" if self.zone == "middle" else f"at the {self.zone}"
        return (
            f"hold the board {place} of the picture, {turned}{near}, and tilt it by 30 degrees: "
            f"its {self.away} edge in the picture away from the camera"
        )


class IntrinsicsGuide:
    """Guides a capture for one camera's lens.

    Parameters
    ----------
    board
        The board that is held.
    size_px
        Width and height of the camera's pictures.
    """

    def __init__(self, board: CharucoBoard, size_px: tuple[int, int]) -> None:
        self.board, self.size_px = board, size_px
        self.samples: list[BoardView] = []
        self._tilts: list[tuple[float, float]] = []
        self._turned: list[bool] = []
        self._far: list[bool] = []
        self._lens: MeasuredIntrinsics | None = None
        self._trouble = ""

    def offer(self, sample: BoardView) -> Verdict:
        """Take a view, or say why not."""
        why = self._unfit(sample)
        if why:
            return Verdict(False, why)
        found = pose_in_view(sample, self.board, self._model())
        if found is None:
            return Verdict(False, "the board's corners make no plane: hold all of it in view")
        pose, rms_px = found
        lens = self._lens
        if lens is not None and rms_px > max(STRANGE * lens.rms_px, STRANGE_MIN_PX):
            return Verdict(
                False,
                f"it does not agree with those before ({rms_px:.1f} px, {lens.rms_px:.1f} is "
                "usual): hold it still, and do not touch the lens",
            )
        tilts, turned = tilt_deg(pose), bool(_turned(pose.R))
        far = self._height_share(sample) < FAR_SHARE
        if not self._of_use(sample, tilts, turned, far):
            return Verdict(False, f"nothing new: {self.wanted.words}")
        self.samples.append(sample)
        self._tilts.append(tilts)
        self._turned.append(turned)
        self._far.append(far)
        n = len(self.samples)
        if n >= LENS_FROM and (n - LENS_FROM) % LENS_EVERY == 0:
            self._fit()
        return Verdict(True)

    @property
    def coverage(self) -> FloatArray:
        """How well each cell of the picture is covered, 0 … 1."""
        if not self.samples:
            return np.zeros(GRID)
        return coverage_of(np.concatenate([s.corners_px for s in self.samples]), self.size_px)

    @property
    def leaning(self) -> dict[Side, int]:
        """How many boards lead away to each side of the picture."""
        tilts = np.array(self._tilts, dtype=np.float64).reshape(-1, 2)
        right, bottom = tilts.T
        counts = [(v > TILT_DEG).sum() for v in (right, -right, bottom, -bottom)]
        return {side: int(n) for side, n in zip(SIDES, counts, strict=True)}

    @property
    def wanted(self) -> Wanted:
        """How the board is to be held next."""
        n = len(self.samples)
        leaning = self.leaning
        away = min(SIDES, key=lambda side: leaning[side])
        coverage = self.coverage
        order = [ZONES[(n + k) % len(ZONES)] for k in range(len(ZONES))]
        zone = min(order, key=lambda z: _zone_covered(coverage, z[1], z[2]))
        lens = self._lens
        if n >= ENOUGH_VIEWS and n % 2 and lens is not None and not _known(lens):
            zone = _weakest(lens)
        turned = n % 3 == 2 and sum(self._turned) < ENOUGH_TURNED + n // 8
        far = n % 4 == 3 and sum(self._far) < ENOUGH_FAR + n // 8
        return Wanted(zone[0], zone[1], zone[2], away, turned, 0.45 if far else 0.75)

    @property
    def progress(self) -> Progress:
        """How far the capture is."""
        n, covered = len(self.samples), float(self.coverage.mean())
        parts = [
            n / ENOUGH_VIEWS,
            covered / ENOUGH_COVERED,
            *(count / ENOUGH_TILTED for count in self.leaning.values()),
            sum(self._turned) / ENOUGH_TURNED,
            sum(self._far) / ENOUGH_FAR,
        ]
        filled = all(part >= 1.0 for part in parts)
        known = self._lens is not None and _known(self._lens)
        done = (filled and known) or n >= MOST_VIEWS
        share = float(np.mean(np.minimum(parts, 1.0)))
        words = "enough: measure" if done else self.wanted.words
        return Progress(
            share=1.0 if done else min(share, 0.99),
            done=done,
            next=words,
            n_taken=n,
            residual=self._residual(),
            coverage=self.coverage,
            coverage_of="the picture",
        )

    def _residual(self) -> str:
        if self._lens is None:
            return self._trouble
        lens = self._lens
        return f"{lens.rms_px:.2f} px rms, focal length to {lens.focal_sigma_pct:.2f} %"

    def _unfit(self, sample: BoardView) -> str:
        """Say what is wrong with a view by itself, or next to those that were taken."""
        n, n_all = len(sample.ids), self.board.n_corners
        if tuple(sample.size_px) != tuple(self.size_px):
            return (
                f"the picture is {sample.size_px[0]}x{sample.size_px[1]} now, it was "
                f"{self.size_px[0]}x{self.size_px[1]}: set the camera back to that size"
            )
        least = max(MIN_CORNERS, int(np.ceil(MIN_SHARE * n_all)))
        if n < least:
            if sample.n_foreign > 0 and n == 0:
                return f"{sample.n_foreign} markers of another board are seen: show the right one"
            return (
                f"{n} of {n_all} corners are seen, {least} are needed: bring the board into the "
                "picture, its printed side to the camera, fingers off it"
            )
        if int(sample.ids.max()) >= n_all:
            return "it has corners that this board has not: show the right board"
        if mirrored(sample, self.board):
            return "the picture is mirrored: switch the camera's mirroring off"
        if sample.sharpness_px > BLURRED_PX:
            return (
                f"blurred (edges {sample.sharpness_px:.1f} px wide): hold it still, more light, or "
                "set the focus"
            )
        return self._seen_before(sample)

    def _seen_before(self, sample: BoardView) -> str:
        for number, taken in enumerate(self.samples):
            common, here, there = np.intersect1d(sample.ids, taken.ids, return_indices=True)
            if len(common) < 0.7 * max(len(sample.ids), len(taken.ids)):
                continue
            moved = sample.corners_px[here] - taken.corners_px[there]
            if np.hypot(*moved.T).mean() < SAME_SHARE * self.size_px[0]:
                return f"the same as picture {number}: {self.wanted.words}"
        return ""

    def _of_use(
        self, sample: BoardView, tilts: tuple[float, float], turned: bool, far: bool
    ) -> bool:
        """Tell whether a view brings something that is still needed."""
        if len(self.samples) < ENOUGH_VIEWS:
            return True
        more = np.concatenate([*(s.corners_px for s in self.samples), sample.corners_px])
        if coverage_of(more, self.size_px).sum() > self.coverage.sum() + 0.1:
            return True
        leaning = self.leaning
        away = (tilts[0], -tilts[0], tilts[1], -tilts[1])
        if any(
            v > TILT_DEG and leaning[side] < ENOUGH_TILTED
            for side, v in zip(SIDES, away, strict=True)
        ):
            return True
        if turned and sum(self._turned) < ENOUGH_TURNED:
            return True
        if far and sum(self._far) < ENOUGH_FAR:
            return True
        tilted = max(map(abs, tilts)) > TILT_DEG
        return tilted and (self._lens is None or not _known(self._lens))

    def _height_share(self, sample: BoardView) -> float:
        """Give how much of the picture's height the whole board would fill."""
        places = self.board.corners_in_board_m[sample.ids, :2]
        spread_m = float(np.linalg.norm(places.std(axis=0)))
        spread_px = float(np.linalg.norm(sample.corners_px.std(axis=0)))
        return self.board.size_m[1] * spread_px / max(spread_m, 1e-9) / self.size_px[1]

    def _model(self) -> Intrinsics:
        if self._lens is not None:
            return self._lens.intrinsics
        width, height = self.size_px
        return Intrinsics(
            width_px=width,
            height_px=height,
            fx_px=NOMINAL_FOCAL * width,
            fy_px=NOMINAL_FOCAL * width,
            cx_px=(width - 1) / 2,
            cy_px=(height - 1) / 2,
        )

    def _fit(self) -> None:
        try:
            self._lens = measure_intrinsics(self.samples, self.board, self.size_px)
            self._trouble = ""
        except CalibrationError as error:
            self._trouble = str(error)


def _known(lens: MeasuredIntrinsics) -> bool:
    """Tell whether the lens is known well enough to stop."""
    limit_px = FOCAL_SIGMA_MAX_PCT / 100 * lens.intrinsics.fx_px
    worst_px = max(lens.centre_sigma_px, float(lens.ray_sigma_px.max()))
    return lens.focal_sigma_pct < FOCAL_SIGMA_MAX_PCT and worst_px < limit_px


def _weakest(lens: MeasuredIntrinsics) -> tuple[str, float, float]:
    """Give the zone in which the lens is known worst, a little farther out."""
    rows, columns = lens.ray_sigma_px.shape
    row, column = np.unravel_index(int(np.argmax(lens.ray_sigma_px)), (rows, columns))
    x, y = float(column / (columns - 1)), float(row / (rows - 1))
    name, *_ = min(ZONES, key=lambda z: (z[1] - x) ** 2 + (z[2] - y) ** 2)
    return name, float(np.clip(x, *REACH)), float(np.clip(y, *REACH))


def _turned(color_from_board: FloatArray) -> bool:
    """Tell whether a board lies on its side in the picture."""
    degrees = abs(float(np.degrees(np.arctan2(color_from_board[1, 0], color_from_board[0, 0]))))
    return TURNED_DEG[0] < degrees < TURNED_DEG[1]


def _zone_covered(coverage: FloatArray, x_share: float, y_share: float) -> float:
    """Give how well the cells around a place of the picture are covered."""
    rows, columns = coverage.shape
    r = min(max(round(y_share * rows - 0.5), 0), rows - 1)
    c = min(max(round(x_share * columns - 0.5), 0), columns - 1)
    # The rim's cells count: they are what is hard to reach.
    r0, r1 = (0, 2) if y_share < 0.4 else (rows - 2, rows) if y_share > 0.6 else (r - 1, r + 2)
    c0, c1 = (
        (0, 2) if x_share < 0.4 else (columns - 2, columns) if x_share > 0.6 else (c - 1, c + 2)
    )
    return float(coverage[max(r0, 0) : r1, max(c0, 0) : c1].mean())
