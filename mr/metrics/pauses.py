"""Say what filled a pause: breaths, hands off, hands resting, or nobody knows.

Takes the state of the hands and the breaths as they come, gives a `Pause` between two
compressions; leaves when a pause begins and ends to the stepper.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from mr.types import Pause, Ventilation

Hands = Literal["on", "off", "unknown"]

MOST = 0.5
"""Share of a pause that the hands must be seen off (or on) to name it so."""


class PauseNamer:
    """Remembers hands and breaths since the last compression."""

    def __init__(self, to_ns: Callable[[float], int]) -> None:
        self._to_ns = to_ns
        self._hands: deque[tuple[float, Hands]] = deque()
        self._breaths: deque[tuple[float, float]] = deque()

    def hands(self, t_s: float, hands: Hands) -> None:
        """Take in the state of the hands from `t_s` on."""
        if not self._hands or self._hands[-1][1] != hands:
            self._hands.append((t_s, hands))

    def breath(self, start_s: float, end_s: float) -> None:
        """Take in a breath."""
        self._breaths.append((start_s, end_s))

    def pause(self, start_s: float, end_s: float, breath_start_s: float | None) -> Pause:
        """Name the pause; `breath_start_s` is that of a breath still under way."""
        return Pause(
            self._to_ns(start_s), self._to_ns(end_s), self._kind(start_s, end_s, breath_start_s)
        )

    def forget_before(self, t_s: float) -> None:
        """Drop what lies before `t_s`; no later pause can reach back that far."""
        while len(self._hands) > 1 and self._hands[1][0] <= t_s:
            self._hands.popleft()
        while self._breaths and self._breaths[0][1] < t_s:
            self._breaths.popleft()

    def _kind(
        self, start_s: float, end_s: float, breath_start_s: float | None
    ) -> Literal["ventilation", "hands_off", "hands_resting", "unknown"]:
        if breath_start_s is not None and breath_start_s < end_s:
            return "ventilation"
        if any(b0 < end_s and b1 > start_s for b0, b1 in self._breaths):
            return "ventilation"
        enough_s = MOST * (end_s - start_s)
        if self._held_s("off", start_s, end_s) >= enough_s:
            return "hands_off"
        if self._held_s("on", start_s, end_s) >= enough_s:
            return "hands_resting"
        return "unknown"

    def _held_s(self, which: Hands, start_s: float, end_s: float) -> float:
        total_s = 0.0
        for i, (since_s, hands) in enumerate(self._hands):
            until_s = self._hands[i + 1][0] if i + 1 < len(self._hands) else end_s
            if hands == which:
                total_s += max(min(until_s, end_s) - max(since_s, start_s), 0.0)
        return total_s


def ventilation_span_s(breath: Ventilation, t0_ns: int) -> tuple[float, float]:
    """Start and end of a breath in seconds since `t0_ns`."""
    return (breath.start_ns - t0_ns) * 1e-9, (breath.end_ns - t0_ns) * 1e-9
