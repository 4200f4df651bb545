"""The settings of the metrics: every threshold that a definition names.

Takes keyword values (or an uncalibrated signal), gives a frozen `MetricsConfig`; leaves
targets and bands to `mr.scoring`. The words are defined in docs/guides/definitions.md.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import Field

from mr.config import Strict
from mr.errors import AnalysisError
from mr.types import FloatArray

TYPICAL_EXCURSION_M = 0.050
"""The excursion for which the default minimum of 10 mm was chosen."""


class MetricsConfig(Strict):
    """Thresholds of the definitions; a guideline profile may set its own."""

    min_excursion_m: float = Field(default=0.010, gt=0)
    """Least rise above the preceding release that makes a compression. For an
    uncalibrated signal it is in the signal's own unit."""
    pause_threshold_s: float = Field(default=1.0, gt=0)
    """A time without compressions of at least this long is a pause, left out of the rate."""
    max_gap_s: float = Field(default=0.25, gt=0)
    """Samples further apart than this do not belong to one stroke: what lies between them
    was not measured."""
    min_breath_ml: float = Field(default=100.0, gt=0)
    """Least volume that makes a breath; chest compressions move less."""
    min_rise_mm: float = Field(default=3.0, gt=0)
    """Least rise of the bare chest that makes a breath where only a camera sees it. Ours:
    a camera's bare chest wanders by half a millimetre."""
    smoothing_s: float = Field(default=0.060, gt=0, lt=0.2)
    """Width of the mean that finds turning points. Values are fitted to the raw signal."""
    signal_calibrated: bool = True
    """False: `depth_m` carries an unknown scale and zero; depth and recoil stay unknown."""

    @property
    def turning_excursion_m(self) -> float:
        """How far the smoothed signal must turn back to make a candidate.

        Smoothing shrinks quick strokes by up to 8 %, so candidates are looser than the
        definition; the fitted excursion decides.
        """
        return 0.85 * self.min_excursion_m

    @classmethod
    def for_uncalibrated(cls, depth_au: FloatArray, pause_threshold_s: float = 1.0) -> Self:
        """Choose the minimum excursion as a share (a fifth) of the typical excursion.

        Parameters
        ----------
        depth_au
            (N,) signal, positive into the chest, of unknown scale and offset.
        pause_threshold_s
            As in `MetricsConfig`.

        Raises
        ------
        AnalysisError
            When the signal has no finite values or never moves.
        """
        y = np.asarray(depth_au, dtype=np.float64)
        if y.size < 5 or not np.all(np.isfinite(y)):
            raise AnalysisError(
                f"depth_au: {y.size} samples, not all of them numbers: "
                "give at least five finite values"
            )
        y = np.median(np.lib.stride_tricks.sliding_window_view(y, 5), axis=1)
        low, high = np.quantile(y, [0.002, 0.998])
        if high <= low:
            raise AnalysisError("depth_au: the signal never moves: is this the right column?")
        swings = _swings(y, 0.3 * float(high - low))
        typical = float(np.median(swings)) if swings.size else float(high - low)
        share = cls.model_fields["min_excursion_m"].default / TYPICAL_EXCURSION_M
        return cls(
            min_excursion_m=share * typical,
            pause_threshold_s=pause_threshold_s,
            signal_calibrated=False,
        )


def _swings(y: FloatArray, hysteresis: float) -> FloatArray:
    """Sizes of the swings between turning points of (N,) `y` that exceed `hysteresis`."""
    turns: list[float] = []
    low = high = float(y[0])
    rising: bool | None = None
    for value in y.tolist():
        low, high = min(low, value), max(high, value)
        if rising is not False and value < high - hysteresis:
            turns.append(high)
            rising, low = False, value
        elif rising is not True and value > low + hysteresis:
            turns.append(low)
            rising, high = True, value
    return np.abs(np.diff(np.array(turns)))
