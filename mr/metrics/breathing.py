"""Which breaths a learner gives: in the airway's volume, else in the chest's rise.

Takes blocks of motion, gives `Ventilation`s up to an instant; leaves finding one breath in
one signal to `mr.metrics.breaths` and pauses to the stepper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mr.blocks import HANDS, ChestBlock
from mr.metrics.breaths import NOISY_EDGE, BreathFinder
from mr.metrics.config import MetricsConfig
from mr.types import FloatArray, Measured, Ventilation

RISE = "only the chest's rise was seen"
ON = HANDS.index("on")


class Breathing:
    """Both signals of a session; what was taken in waits until it is asked for."""

    def __init__(self, config: MetricsConfig, to_ns: Callable[[float], int]) -> None:
        self._breaths = BreathFinder(config.min_breath_ml, to_ns)
        self._lifts = BreathFinder(config.min_rise_mm, to_ns, NOISY_EDGE)
        """Breaths that only a camera sees; its "volume" is the chest's rise in mm."""
        self._t_s: FloatArray = np.zeros(0)
        self._block: ChestBlock | None = None
        self._next = 0

    @property
    def start_s(self) -> float | None:
        """Since when a breath is under way, by the airway's sensor or by the chest's rise."""
        since_s = self._breaths.start_s
        return self._lifts.start_s if since_s is None else since_s

    def take(self, t_s: FloatArray, block: ChestBlock) -> None:
        """Have samples (N,) wait; those before have been looked at."""
        self._t_s, self._block, self._next = t_s, block, 0

    def until(self, t_s: float | None) -> list[Ventilation]:
        """Give the breaths that are over at an instant; None: with all that waits."""
        if self._block is None:
            return []
        a = self._next
        b = len(self._t_s) if t_s is None else int(np.searchsorted(self._t_s, t_s, "right"))
        if b <= a:
            return []
        self._next = b
        airway_ml, rise_m = self._block.airway_ml[a:b], self._block.chest_rise_m[a:b]
        heard = ~np.isnan(airway_ml)
        if heard.all():
            return self._breaths.block(self._t_s[a:b], airway_ml)
        if self._lifts.start_s is None and not heard.any() and np.isnan(rise_m).all():
            return []
        hands = self._block.hands[a:b]
        rows = zip(
            self._t_s[a:b].tolist(),
            airway_ml.tolist(),
            rise_m.tolist(),
            hands.tolist(),
            strict=True,
        )
        return [breath for row in rows for breath in self._one(*row)]

    def lose(self, t_s: float) -> list[Ventilation]:
        """Close what is under way where the signal is lost."""
        return _known(self._breaths.lose(t_s)) + _risen(self._lifts.lose(t_s))

    def finish(self, t_s: float) -> list[Ventilation]:
        """Close what is under way at the end of the signal."""
        return _known(self._breaths.finish(t_s)) + _risen(self._lifts.finish(t_s))

    def _one(self, t_s: float, airway_ml: float, rise_m: float, hands: int) -> list[Ventilation]:
        if not np.isnan(airway_ml):
            return _known(self._breaths.step(t_s, airway_ml))
        if not np.isnan(rise_m):
            return _risen(self._lifts.step(t_s, 1e3 * rise_m))
        if hands == ON and self._lifts.start_s is not None:
            return _risen(self._lifts.lose(t_s))
        return []


def _known(breath: Ventilation | None) -> list[Ventilation]:
    return [] if breath is None else [breath]


def _risen(breath: Ventilation | None) -> list[Ventilation]:
    """Give a breath that was seen as a rise of the chest: its volume is not known."""
    if breath is None:
        return []
    rise_mm = breath.volume_ml.value
    why = RISE if rise_mm is None else f"{RISE}, by {rise_mm:.0f} mm"
    return [replace(breath, volume_ml=Measured.unknown(why))]
