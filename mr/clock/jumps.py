"""Whether a device's clock has jumped, told from a single late or damaged stamp.

Takes unwrapped ticks with their arrivals, gives a verdict on each; leaves mapping ticks
to host time to `mr.clock.ticks`, which must start over after a jump. A pure fold.

*Forward:* a sample cannot arrive before it was taken, so ticks that are further ahead of
the host than any before are a jump. *Back:* ticks of one stream never fall; and a delay
that no queue explains, and that stays, is a clock that went back during a silence.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

NS_PER_S = 1e9
EARLY_S = 0.25
"""So much before the least delay nothing arrives."""
EARLY_AT_FIRST_S = 2.0
SETTLED = 30
"""Arrivals after which the least delay is known; the first ones come late."""
LATE_S = 2.0
LATE_FOR_S = 3.0
"""No queue holds a sample up for `LATE_S`, and each one after it for `LATE_FOR_S`."""
AGREE = 3
"""So many strange samples that agree are a jump; fewer are damaged."""
AGREE_S = 1.0
BLOCK_S = 30.0

Verdict = Literal["steady", "odd", "jumped"]


@dataclass(slots=True)
class _Least:
    """The least delay of the last one to two blocks: clocks drift."""

    blocks: deque[float] = field(default_factory=lambda: deque(maxlen=2))
    began_s: float = 0.0
    n: int = 0

    def add(self, delay_s: float, at_s: float) -> None:
        self.n += 1
        if not self.blocks or at_s - self.began_s > BLOCK_S:
            self.blocks.append(delay_s)
            self.began_s = at_s
        self.blocks[-1] = min(self.blocks[-1], delay_s)

    @property
    def s(self) -> float:
        return min(self.blocks)


class JumpWatch:
    """Judges the ticks of one device, whose streams share one clock."""

    def __init__(self, ticks_per_s: float) -> None:
        self._ticks_per_s = ticks_per_s
        self.jump_s = 0.0
        """By how much the clock jumped, after the verdict ``jumped``; estimated."""
        self.restart()

    def restart(self) -> None:
        """Forget the past: the clock is known to have begun anew."""
        self._least = _Least()
        self._last: dict[str, int] = {}
        self._strange: list[tuple[int, float]] = []
        self._late_since_s: float | None = None

    def step(self, stream: str, ticks: int, arrival_ns: int) -> Verdict:
        """Judge one sample: ``steady``; ``odd``, to be left out; or ``jumped``.

        After ``jumped`` the past is forgotten: the next sample is the first of the new time.
        """
        delay_s = arrival_ns / NS_PER_S - ticks / self._ticks_per_s
        if not self._is_strange(stream, ticks, delay_s, arrival_ns):
            self._strange.clear()
            self._least.add(delay_s, arrival_ns / NS_PER_S)
            self._last[stream] = ticks
            return "steady"
        if self._strange and abs(ticks - self._strange[-1][0]) > AGREE_S * self._ticks_per_s:
            self._strange.clear()
        self._strange.append((ticks, delay_s))
        if len(self._strange) < AGREE:
            return "odd"
        # Any of them may have come late; the least late one tells best.
        self.jump_s = self._least.s - min(delay_s for _, delay_s in self._strange)
        self.restart()
        return "jumped"

    def _is_strange(self, stream: str, ticks: int, delay_s: float, arrival_ns: int) -> bool:
        if not self._least.n:
            return False
        if ticks <= self._last.get(stream, ticks - 1):
            return True
        over_s = delay_s - self._least.s
        early_s = EARLY_S if self._least.n >= SETTLED else EARLY_AT_FIRST_S
        return over_s < -early_s or self._is_late_for_long(over_s, arrival_ns / NS_PER_S)

    def _is_late_for_long(self, over_s: float, at_s: float) -> bool:
        if over_s < LATE_S:
            self._late_since_s = None
            return False
        if self._late_since_s is None:
            self._late_since_s = at_s
        return at_s - self._late_since_s > LATE_FOR_S
