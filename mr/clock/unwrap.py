"""Wrapping counters made endless.

Takes raw counter values of a fixed width, gives integers that go on for ever; leaves
what a restart is to the device that sees it.
"""

from __future__ import annotations


class Unwrapper:
    """Follows a counter of `bits` bits, forward and back by up to half its range."""

    def __init__(self, bits: int = 32) -> None:
        self._modulus = 1 << bits
        self._last: int | None = None

    @property
    def last(self) -> int | None:
        """The last value given, or None before the first."""
        return self._last

    def peek(self, raw: int) -> int:
        """Say what `raw` would become, and remember nothing."""
        if self._last is None:
            return raw
        step = (raw - self._last) % self._modulus
        return self._last + step - (self._modulus if step >= self._modulus // 2 else 0)

    def __call__(self, raw: int) -> int:
        """Unwrap `raw`: the value nearest to the last one that ends in it."""
        self._last = self.peek(raw)
        return self._last

    def restart(self) -> None:
        """The counter began anew: go on with the next whole range, never back in time.

        The jump tells `mr.clock.ticks.TickClock` that the old fit is void, in a live
        session and in its replay alike.
        """
        if self._last is not None:
            self._last = (self._last // self._modulus + 2) * self._modulus
