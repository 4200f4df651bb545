"""How the capture for a depth camera's scale is guided.

Takes candidate places of a board, gives a verdict on each and where to hold it next; leaves
measuring to `calibration.cameras.depth_scale`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.board_depth import BoardDepth, Cells, plane_cells
from calibration.guide import Progress, Verdict
from mr.rig import CameraModel
from mr.types import FloatArray

BANDS_M = (0.40, 0.60, 0.82, 1.20)
"""Near, middle and far: where a chest, a hand and a floor are for a camera that hangs well."""
BAND_WORDS = ("about 0.5 m", "about 0.7 m", "about 1 m")
TILTED_RAD = np.radians(12.0)
WANTED = (1, 3)
"""In each band: facing the camera, and tilted."""
WANTED_STEP = 2
"""Lying on the table, and on the gauge block, each."""
BLURRED_PX = 3.0
MAX_RMS_PX = 1.0
SAME_M = 0.02
SAME_RAD = np.radians(4.0)


class DepthGuide:
    """Guides places of the board in three bands of distance, and the step."""

    def __init__(self, board: CharucoBoard, camera: CameraModel) -> None:
        self._board, self._camera = board, camera
        self.samples: list[BoardDepth] = []
        self._cells: list[Cells] = []

    def offer(self, sample: BoardDepth) -> Verdict:
        """Take a place, or say why not."""
        if sample.n_foreign > len(sample.ids):
            return Verdict(False, "these markers are not on this board: is it the right one?")
        if sample.sharpness_px > BLURRED_PX:
            return Verdict(False, "blurred: hold the board still, or give more light")
        cells = plane_cells(sample, self._board, self._camera)
        if cells is None:
            return Verdict(
                False, "too little of the board is seen in colour and depth: bring it in"
            )
        if not cells.view.clear:
            return Verdict(False, "its tilt cannot be told from here: bring it nearer or tilt it")
        if cells.view.rms_px > MAX_RMS_PX:
            return Verdict(
                False,
                f"its corners are {cells.view.rms_px:.1f} px off a flat board: is it bent, "
                "or did it move?",
            )
        if np.isnan(sample.gauge_m):
            if self._place(cells) is None:
                far = float(cells.z_m.mean())
                return Verdict(False, f"{far:.2f} m away: hold it between 0.4 and 1.2 m")
            if self._seen_before(cells):
                return Verdict(False, "seen before: move or tilt it")
        self.samples.append(sample)
        self._cells.append(cells)
        return Verdict(True)

    @property
    def stage(self) -> Literal["held", "flat", "raised"]:
        """Where the board belongs now: in a hand, flat on the table, or on the gauge block."""
        held, flat, _ = self._counts()
        if (held < np.array([WANTED] * 3)).any():
            return "held"
        return "flat" if flat < WANTED_STEP else "raised"

    @property
    def progress(self) -> Progress:
        """How far it is."""
        held, flat, raised = self._counts()
        want = np.array([WANTED] * 3, dtype=np.float64)
        have = np.minimum(held, want)
        steps = min(flat, WANTED_STEP) + min(raised, WANTED_STEP)
        share = (have.sum() + steps) / (want.sum() + 2 * WANTED_STEP)
        return Progress(
            share=float(share),
            done=bool(share >= 1.0),
            next=self._next(have < want, flat, raised),
            n_taken=len(self.samples),
            residual=self._residual(),
            coverage=have / want,
            coverage_of="near, middle and far; facing and tilted",
        )

    def _next(self, lacks: np.ndarray, flat: int, raised: int) -> str:
        for k, (facing, tilted) in enumerate(lacks):
            if facing:
                return f"hold the board facing the camera, {BAND_WORDS[k]} away, and keep it still"
            if tilted:
                return (
                    f"tilt the board by some 30 degrees, {BAND_WORDS[k]} away, elsewhere each time"
                )
        if flat < WANTED_STEP:
            return "lay the board flat on the table"
        if raised < WANTED_STEP:
            return "lay the board on the gauge block, at the same place"
        return "enough; further places make it better"

    def _counts(self) -> tuple[FloatArray, int, int]:
        held = np.zeros((3, 2))
        flat = raised = 0
        for sample, cells in zip(self.samples, self._cells, strict=True):
            if not np.isnan(sample.gauge_m):
                flat, raised = flat + (sample.gauge_m == 0), raised + (sample.gauge_m > 0)
                continue
            place = self._place(cells)
            if place is not None:
                held[place] += 1
        return held, int(flat), int(raised)

    def _place(self, cells: Cells) -> tuple[int, int] | None:
        band = int(np.searchsorted(BANDS_M, float(cells.z_m.mean()))) - 1
        if not 0 <= band < len(BANDS_M) - 1:
            return None
        return band, int(np.arccos(min(1.0, cells.cam_from_board.R[2, 2])) > TILTED_RAD)

    def _seen_before(self, cells: Cells) -> bool:
        for sample, old in zip(self.samples, self._cells, strict=True):
            near = np.linalg.norm(cells.in_cam_m.mean(0) - old.in_cam_m.mean(0)) < SAME_M
            cosine = float(cells.cam_from_board.R[:, 2] @ old.cam_from_board.R[:, 2])
            if np.isnan(sample.gauge_m) and near and np.arccos(min(1.0, cosine)) < SAME_RAD:
                return True
        return False

    def _residual(self) -> str:
        if not self._cells:
            return ""
        gaps = np.array([float(np.median(c.gap_m)) for c in self._cells])
        return f"depth {1000 * gaps.mean():+.1f} mm off the corners, {1000 * gaps.std():.1f} mm rms"
