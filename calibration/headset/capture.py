"""The headset's capture as one: a sweep of the hand, then touches of the crosses.

Takes pieces of a sweep and touches, gives one guide over both; leaves the words to
`.sweep_guide` and `.touch_guide`, and measuring to `.touch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration.guide import Progress, Verdict
from calibration.headset.hands import SweepPiece, Touch
from calibration.headset.sweep import measure_sweep
from calibration.headset.sweep_guide import SweepGuide
from calibration.headset.touch import Crosses
from calibration.headset.touch_guide import TouchGuide
from mr.errors import CalibrationError
from mr.types import Pose

SWEEP_SHARE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class HandSeen:
    """A piece of the sweep, or a touch: one of them."""

    piece: SweepPiece | None = None
    touch: Touch | None = None


class HeadsetGuide:
    """Guides the sweep, then the touches.

    Parameters
    ----------
    world_from_mannequin
        Where the mannequin lies, for the words.
    crosses
        Places of the numbered crosses in the world.
    """

    def __init__(self, world_from_mannequin: Pose, crosses: Crosses) -> None:
        self._crosses = crosses
        self._sweeping = SweepGuide(world_from_mannequin)
        self._touching: TouchGuide | None = None

    @property
    def samples(self) -> Sequence[HandSeen]:
        """What was taken: the sweep, then the touches."""
        taken = [HandSeen(piece=piece) for piece in self._sweeping.samples]
        if self._touching is not None:
            taken += [HandSeen(touch=touch) for touch in self._touching.samples]
        return taken

    @property
    def wanted(self) -> tuple[int, str] | None:
        """The cross that is to be touched now, and how; None while the sweep goes on."""
        return None if self._touching is None else self._touching.wanted

    def offer(self, sample: HandSeen) -> Verdict:
        """Take a piece or a touch, or say why not."""
        if sample.piece is not None:
            if self._touching is not None:
                return Verdict(False, "the sweep is done: touch the crosses")
            verdict = self._sweeping.offer(sample.piece)
            return self._swept() if self._sweeping.progress.done else verdict
        if sample.touch is None:
            return Verdict(False, "neither a sweep nor a touch")
        if self._touching is None:
            return Verdict(False, f"sweep first: {self._sweeping.progress.next}")
        return self._touching.offer(sample.touch)

    def _swept(self) -> Verdict:
        """Register by the sweep, so that a wrong cross is noticed at once."""
        try:
            found = measure_sweep(self._sweeping.samples)
        except CalibrationError as error:
            return Verdict(False, str(error))
        self._touching = TouchGuide(self._crosses, found.xr_from_world)
        return Verdict(True)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        now = self._sweeping.progress if self._touching is None else self._touching.progress
        share = SWEEP_SHARE * now.share
        if self._touching is not None:
            share = SWEEP_SHARE + (1 - SWEEP_SHARE) * now.share
        return Progress(
            share,
            self._touching is not None and now.done,
            now.next,
            len(self.samples),
            now.residual,
            now.coverage,
            now.coverage_of,
        )
