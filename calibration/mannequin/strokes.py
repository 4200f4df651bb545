"""One stroke of a syringe through the airway: is it whole, and which way did it go?

Takes a stroke's stream, gives its counts above the rests before and after, and words for a
stroke that was cut off, pushed for drawn, or too fast for the sensor. Leaves the curve to
`syringe`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.mannequin.station import AIRWAY, CHANNELS, LEAST_SAMPLES, LEAST_SIGMA_COUNTS
from mr.errors import CalibrationError
from mr.types import BoolArray, FloatArray
from mr.wire import AIRWAY_UNKNOWN

REST_S = 0.4
"""At each end of the stream the syringe rests for so long at least."""
REST_SHARE = 0.05
"""Of the stroke's greatest counts: a rest is quieter than that, and both rests agree so well."""
REST_SIGMAS = 6.0
FLAT_RUN = 12
"""So many readings one after the other at the stroke's greatest count are the sensor's end: with a
reading's noise a peak has 8 at most (of 900 simulated). What fewer cut off is next to nothing."""
LEAST_SIGNAL = 10.0
"""The stroke's greatest counts over a reading's noise."""
GAP_S = 0.1
"""Without a sample for longer, a part of the volume is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One whole stroke, with a rest before and after."""

    step: str
    volume_ml: float
    """Of the syringe; below zero: drawn."""
    t_s: FloatArray
    """(n,)."""
    counts: FloatArray
    """(n, 6)."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A stroke's airway channel from its rests."""

    t_s: FloatArray
    above_counts: FloatArray
    """(n,) from the line through both rests, in the direction of flow into the lungs."""
    zero_counts: float
    drift_counts: float
    """From the rest before to the rest after."""
    noise_counts: float
    volume_ml: float
    sign: float
    """1: a push raises the counts; -1: it lowers them."""


def sweep_of(stroke: Stroke) -> Sweep:
    """Take the rests off; the sensor's zero may drift meanwhile."""
    t_s, counts = stroke.t_s, stroke.counts[:, AIRWAY]
    first, last = t_s <= t_s[0] + REST_S, t_s >= t_s[-1] - REST_S
    before, after = float(counts[first].mean()), float(counts[last].mean())
    mid_s = float(t_s[first].mean()), float(t_s[last].mean())
    zero = before + (after - before) * (t_s - mid_s[0]) / max(mid_s[1] - mid_s[0], 1e-9)
    spread = max(float(counts[first].std()), float(counts[last].std()), LEAST_SIGMA_COUNTS)
    noise = max(float(np.std(np.diff(counts[first]))) / np.sqrt(2.0), LEAST_SIGMA_COUNTS)
    above = counts - zero
    moved = float(np.trapezoid(above, t_s))
    sign = 1.0 if moved * stroke.volume_ml >= 0 else -1.0
    return Sweep(
        t_s,
        sign * above,
        float(zero.mean()),
        after - before,
        max(noise, min(spread, 2 * noise)),
        stroke.volume_ml,
        sign,
    )


def unfit_stroke(stroke: Stroke) -> str:
    """Say what is wrong with one stroke alone; empty if nothing is."""
    counts, t_s = stroke.counts, stroke.t_s
    if counts.ndim != 2 or counts.shape[1] != len(CHANNELS) or len(t_s) != len(counts):
        return "the reading is no stream of six channels: read it again"
    if len(t_s) < LEAST_SAMPLES or t_s[-1] - t_s[0] < 3 * REST_S:
        return "it is too short: a second's rest, the whole stroke, a second's rest"
    if float(np.diff(t_s).max()) > GAP_S:
        return "samples are missing in the middle: check the cable and do the stroke again"
    airway = counts[:, AIRWAY]
    if (airway == AIRWAY_UNKNOWN).any():
        return "the airway's sensor was silent: check its cable"
    sweep = sweep_of(stroke)
    peak = float(np.abs(sweep.above_counts).max())
    if peak < LEAST_SIGNAL * sweep.noise_counts:
        return "no stroke is to be seen: is the syringe at the airway?"
    if cut := _not_rested(sweep, airway, peak):
        return cut
    if _longest_run(airway == airway[np.argmax(np.abs(sweep.above_counts))]) >= FLAT_RUN:
        return "the sensor was at its end: do this stroke more slowly"
    return ""


def _not_rested(sweep: Sweep, airway: FloatArray, peak: float) -> str:
    """Say at which end air still flows."""
    limit = max(REST_SHARE * peak, REST_SIGMAS * sweep.noise_counts)
    for which, at in (
        ("begins", sweep.t_s <= sweep.t_s[0] + REST_S),
        ("ends", sweep.t_s >= sweep.t_s[-1] - REST_S),
    ):
        if float(np.ptp(_calmed(airway[at]))) > limit:
            return (
                f"the stroke was cut off: the reading {which} while air still flows: rest for a "
                "second before and after, and do it again"
            )
    if abs(sweep.drift_counts) > limit:
        return (
            f"the sensor's rest moved by {sweep.drift_counts:+.0f} counts over the stroke: was it "
            "cut off, or is water in a tube? Do it again"
        )
    return ""


def _longest_run(these: BoolArray) -> int:
    """Count the most that are true one after the other."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], these, [False]]).astype(int)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _calmed(counts: FloatArray) -> FloatArray:
    """Average over a tenth of the rest: flow stays, noise does not."""
    n = max(len(counts) // 10, 1)
    return np.convolve(counts, np.full(n, 1.0 / n), mode="valid")


def require_strokes(strokes: Sequence[Stroke], sweeps: Sequence[Sweep], what: str) -> None:
    """Refuse strokes that are not whole, or that went the other way.

    Raises
    ------
    CalibrationError
        Which, and what to do.
    """
    for stroke in strokes:
        trouble = unfit_stroke(stroke)
        if trouble:
            raise CalibrationError(f"{what}, {stroke.step}: {trouble}")
    signs = np.array([s.sign for s in sweeps])
    if (signs < 0).all() and len(signs):
        raise CalibrationError(
            f"{what}: every push lowers the counts and every draw raises them: the two tubes at "
            "the sensor are reversed; swap them and do the strokes again"
        )
    for stroke, sign in zip(strokes, signs, strict=True):
        if sign < 0:
            said, was = ("push", "drawn") if stroke.volume_ml > 0 else ("draw", "pushed")
            raise CalibrationError(
                f"{what}, {stroke.step}: by all others it was {was}, this {said}: do it again"
            )
