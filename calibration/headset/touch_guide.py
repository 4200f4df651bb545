"""How touches are guided: which cross next, and how the hand is held.

Takes touches of about a second, gives a verdict on each; leaves measuring to
`calibration.headset.touch`. Each cross is touched four times, with the hand turned otherwise
each time: so the bias, which turns with it, is told from the place, which stays.
"""

from __future__ import annotations

from collections import Counter

from calibration.guide import Progress, Verdict
from calibration.headset.hands import Touch
from calibration.headset.touch import (
    MIN_CROSSES,
    MIN_TOUCHES,
    Crosses,
    gather_touches,
    settled_pad,
)
from mr.errors import CalibrationError
from mr.types import Pose

TIMES = 4
WAYS = (
    "flat, fingers towards the head",
    "fingers towards the mannequin's left, pointing down",
    "fingers towards the mannequin's right, pointing down",
    "from the other side, fingers towards the feet and pointing down",
)


class TouchGuide:
    """Guides the touches of a sheet's crosses.

    Parameters
    ----------
    crosses
        Their places in the world.
    expected
        ``xr_from_world`` of the sweep just before, if there was one.
    times
        How often each cross is touched.
    """

    def __init__(self, crosses: Crosses, expected: Pose | None = None, times: int = TIMES) -> None:
        self._crosses, self._expected, self._times = crosses, expected, times
        self._touches: list[Touch] = []

    @property
    def samples(self) -> tuple[Touch, ...]:
        """What was taken."""
        return tuple(self._touches)

    def offer(self, sample: Touch) -> Verdict:
        """Take a touch, or say why not."""
        if sample.cross not in self._crosses:
            return Verdict(False, f"there is no cross {sample.cross} on this sheet")
        if any(int(sample.t_ns[0]) <= int(t.t_ns[-1]) for t in self._touches):
            return Verdict(False, "seen before: touch the next cross")
        try:
            settled_pad(sample)
            if self._enough(sample):
                gather_touches([*self._touches, sample], self._crosses, self._expected)
        except CalibrationError as error:
            return Verdict(False, str(error))
        self._touches.append(sample)
        return Verdict(True)

    @property
    def wanted(self) -> tuple[int, str] | None:
        """The cross to touch now, and how; None when all were."""
        counts = Counter(touch.cross for touch in self._touches)
        for round_ in range(self._times):
            for k, cross in enumerate(self._crosses):
                if counts[cross] <= round_:
                    return cross, WAYS[(k + round_) % len(WAYS)]
        return None

    @property
    def progress(self) -> Progress:
        """How far it is."""
        wanted, n = self.wanted, len(self._touches)
        words = "done" if wanted is None else f"touch cross {wanted[0]}, {wanted[1]}, for a second"
        share = min(1.0, n / (self._times * len(self._crosses)))
        return Progress(share, wanted is None, words, n)

    def _enough(self, sample: Touch) -> bool:
        """Whether touches can be held against each other: more than three crosses, not a line."""
        crosses = {t.cross for t in (*self._touches, sample)}
        return len(self._touches) >= MIN_TOUCHES + 1 and len(crosses) > MIN_CROSSES
