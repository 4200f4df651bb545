"""The headset's capture as one: a sweep of the hand, then touches of the crosses.

Takes pieces of a sweep and touches, gives one guide over both; leaves the words to
`.sweep_guide` and `.touch_guide`, and measuring to `.touch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration.guide import Progress, Verdict
from calibration.headset.hands import SweepPiece, Touch
from calibration.headset.records import PLACE_MM
from calibration.headset.sweep import measure_sweep
from calibration.headset.sweep_guide import SweepGuide
from calibration.headset.touch import Crosses, measure_headset
from calibration.headset.touch_guide import TIMES, TouchGuide
from mr.errors import CalibrationError
from mr.types import Pose

SWEEP_SHARE = 0.4
ENOUGH = 0.95
"""Of the limit; the crosses' own sigma comes on top."""
MOST_TIMES = 8
"""Each cross is touched so often at most; who is no surer then has another fault."""


@dataclass(frozen=True, slots=True, eq=False)
class HandSeen:
    """A piece of the sweep, or a touch: one of them."""

    piece: SweepPiece | None = None
    touch: Touch | None = None
    headset: str = ""
    """As its runtime names it; "" where it was not asked."""
    learner: str = ""
    """The random id of whose hand it is; "" for nobody's."""


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
        self._chest_m = world_from_mannequin.t_m
        self._sweeping = SweepGuide(world_from_mannequin)
        self._touching: TouchGuide | None = None
        self._expected: Pose | None = None
        self._times = TIMES
        self._sigma_m = float("nan")

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
        verdict = self._touching.offer(sample.touch)
        if self._touching.progress.done:
            self._judge()
        return verdict

    def _judge(self) -> None:
        """See how sure the place is by now; ask for one more round where it is not enough."""
        assert self._touching is not None
        touches = self._touching.samples
        try:
            found = measure_headset(self._sweeping.samples, touches, self._crosses)
        except CalibrationError:
            return  # the procedure itself says so, with what to do
        self._sigma_m = found.sigma_at_m(self._chest_m)
        if self._sigma_m <= ENOUGH * PLACE_MM / 1000 or self._times >= MOST_TIMES:
            return
        self._times += 1
        self._touching = TouchGuide(self._crosses, self._expected, self._times)
        for touch in touches:
            self._touching.offer(touch)

    def _swept(self) -> Verdict:
        """Register by the sweep, so that a wrong cross is noticed at once."""
        try:
            found = measure_sweep(self._sweeping.samples)
        except CalibrationError as error:
            return Verdict(False, str(error))
        self._expected = found.xr_from_world
        self._touching = TouchGuide(self._crosses, self._expected, self._times)
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
            self._residual(now),
            now.coverage,
            now.coverage_of,
        )

    def _residual(self, now: Progress) -> str:
        if self._sigma_m != self._sigma_m:
            return now.residual
        return f"the chest's place to {1000 * self._sigma_m:.1f} mm"
