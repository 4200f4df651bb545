"""How a hand's sweep is guided: a volume over the chest, in all directions, and turned.

Takes pieces of about a second, gives a verdict on each and where to sweep next; leaves
measuring to `calibration.headset.sweep`.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.guide import Progress, Verdict
from calibration.headset.hands import SweepPiece
from calibration.headset.sweep import gather
from mr.errors import CalibrationError
from mr.geometry.hand import NS_PER_S, SEEN_BY_BOTH, turns_of
from mr.types import FloatArray, Pose

WANTED_S, WANTED_M, WANTED_CELLS = 20.0, 0.4, 0.5
"""Ref: the issue's 20 s and 0.4 m; half of the volume's cells keep it from being a plane."""
WANTED_TURN_RAD = 0.5
"""A hand that never turns cannot tell its bias from the place."""
CELLS = 3
LEAST_SEEN = 0.5
"""Share of a piece's looks that must show the hand, of both."""
MIN_S_FOR_RESIDUAL = 6.0
WORDS = (
    ("towards the mannequin's right", "towards the mannequin's left"),
    ("towards the feet", "towards the head"),
    ("lower", "higher"),
)
MIDDLE_IN_MANNEQUIN_M = (0.0, 0.0, 0.4)
"""Where a sweep is easy: over the chest, in reach of a kneeling user."""


class SweepGuide:
    """Guides one sweep.

    Parameters
    ----------
    world_from_mannequin
        Directions are told as the mannequin has them.
    """

    def __init__(self, world_from_mannequin: Pose) -> None:
        self._mannequin_from_world = world_from_mannequin.inverse()
        self._pieces: list[SweepPiece] = []
        self._places: list[FloatArray] = []
        self._turns: list[FloatArray] = []
        self._residual: tuple[int, str] = (0, "")

    @property
    def samples(self) -> tuple[SweepPiece, ...]:
        """What was taken."""
        return tuple(self._pieces)

    def offer(self, sample: SweepPiece) -> Verdict:
        """Take a piece, or say why not."""
        why = self._unfit(sample)
        if why:
            return Verdict(False, why)
        places = np.nanmean(sample.points_in_world_m[_seen_by_rig(sample)], axis=1)
        self._pieces.append(sample)
        self._places.append(self._mannequin_from_world.apply(places))
        self._turns.append(turns_of(sample.rig_t_ns, sample.points_in_world_m, sample.side))
        return Verdict(True)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        places = np.concatenate(self._places) if self._places else np.zeros((0, 3))
        low, high = _spans(places)
        spans = np.clip((high - low) / WANTED_M, 0, 1)
        cells = _cells(places, low, high)
        turned = self._turned()
        seconds = sum(_seconds(piece) for piece in self._pieces)
        parts = [
            min(seconds / WANTED_S, 1.0),
            float(spans.mean()),
            min(float((cells > 0).mean()) / WANTED_CELLS, 1.0),
            min(turned / WANTED_TURN_RAD, 1.0),
        ]
        return Progress(
            share=float(np.mean(parts)),
            done=bool(min(*parts[:1], *parts[2:]) >= 1.0 and spans.min() >= 1.0),
            next=self._next(low, high, cells, turned),
            n_taken=len(self._pieces),
            residual=self._live(seconds),
            coverage=np.minimum(cells / 5.0, 1.0).transpose(2, 1, 0).reshape(CELLS, -1)[::-1],
            coverage_of="the volume over the chest: rows are heights",
        )

    def _unfit(self, sample: SweepPiece) -> str:
        if self._pieces and sample.side != self._pieces[0].side:
            return f"this is the {sample.side} hand: go on with the {self._pieces[0].side} one"
        if any(int(sample.rig_t_ns[0]) <= int(p.rig_t_ns[-1]) for p in self._pieces):
            return "seen before: go on sweeping"
        if sample.valid[:, list(SEEN_BY_BOTH)].all(axis=1).mean() < LEAST_SEEN:
            return "the headset does not see the hand: look at it while you sweep"
        if _seen_by_rig(sample).mean() < LEAST_SEEN:
            return "the cameras do not see the hand: show them its back, with the fingers spread"
        return ""

    def _next(self, low: FloatArray, high: FloatArray, cells: FloatArray, turned: float) -> str:
        if not self._places:
            return "sweep one hand slowly through the room over the chest, and look at it"
        spans = high - low
        if spans.min() < WANTED_M:
            axis = int(np.argmin(spans))
            up = MIDDLE_IN_MANNEQUIN_M[axis] > (low[axis] + high[axis]) / 2
            short_mm = 1000 * (WANTED_M - spans[axis])
            return f"sweep {WORDS[axis][int(up)]}: {short_mm:.0f} mm are missing"
        if (cells > 0).mean() < WANTED_CELLS:
            empty = np.argwhere(cells == 0)
            corner = empty[int(np.argmax(np.abs(empty - 1).sum(axis=1)))]
            words = [WORDS[a][int(c > 1)] for a, c in enumerate(corner) if c != 1]
            return "sweep " + " and ".join(words or ["through the middle"])
        if turned < WANTED_TURN_RAD:
            return "turn the hand slowly while it sweeps: palm down, then thumb up"
        if sum(_seconds(piece) for piece in self._pieces) < WANTED_S:
            return "go on sweeping"
        return "done: touch the crosses now"

    def _turned(self) -> float:
        """Give how far the hand turned about its second axis, 5 to 95 % of looks."""
        if not self._turns:
            return 0.0
        turns = Rotation.from_matrix(np.concatenate(self._turns))
        ways = (turns * turns.mean().inv()).as_rotvec()
        return float(np.sort(np.ptp(np.percentile(ways, (5, 95), axis=0), axis=0))[1])

    def _live(self, seconds: float) -> str:
        if seconds < MIN_S_FOR_RESIDUAL:
            return ""
        n, words = self._residual
        if n != len(self._pieces):
            try:
                sweep = gather(self._pieces)
                left = sweep.look(sweep.start)[1]
                words = f"{1000 * np.sqrt(np.mean(np.sum(left**2, axis=1))):.1f} mm rms"
            except CalibrationError as error:
                words = str(error)
            self._residual = (len(self._pieces), words)
        return words


def _seen_by_rig(sample: SweepPiece) -> FloatArray:
    return np.asarray(np.isfinite(sample.points_in_world_m).all(axis=2).sum(axis=1) >= 3)


def _seconds(sample: SweepPiece) -> float:
    n = len(sample.rig_t_ns)
    return float(sample.rig_t_ns[-1] - sample.rig_t_ns[0]) / NS_PER_S * n / max(n - 1, 1)


def _spans(places: FloatArray) -> tuple[FloatArray, FloatArray]:
    if len(places) == 0:
        return np.zeros(3), np.zeros(3)
    low, high = np.percentile(places, (1, 99), axis=0)
    return low, high


def _cells(places: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Count looks in each cell of the volume, (3, 3, 3)."""
    counts = np.zeros((CELLS,) * 3)
    if len(places):
        size = np.maximum(high - low, WANTED_M) / CELLS
        at = np.clip(((places - low) / size).astype(int), 0, CELLS - 1)
        np.add.at(counts, tuple(at.T), 1.0)
    return counts
