"""Clocks as they are shown and filed, and how compressing for them is guided.

Takes what `calibration.together.clocks` measured, gives its record; and takes the reference's
depths as they come, gives how far the capture is.
"""

from __future__ import annotations

import numpy as np

from calibration.guide import Progress, Verdict
from calibration.record import BudgetLine, Check, Plot, Record, points
from calibration.together.clocks import MIN_COMPRESSIONS, Clocks
from calibration.together.motion import presses_of
from calibration.together.pair_lag import NS_PER_S, Signal
from mr.types import FloatArray

SIGMA_MS = 1.0
"""Limit of an offset's one-sigma. Source: the issue."""
CLOSURE_MS = 2.0
WANTED_S = 20.0
WANTED_N = 20
UNEVEN_SHARE = 0.03
"""Spread of the compressions' times, of their mean: less is a metronome."""
MOST_SILENT_S = 0.5


def clocks_record(found: Clocks, subject: str) -> Record:
    """Make the record of the offsets."""
    reference = found.names[0]
    sigma_ms = 1000 * np.sqrt(np.diag(found.covariance_s2))
    offset_ms = 1000 * found.offset_s
    checks = []
    for name, offset, sigma in zip(found.names[1:], offset_ms[1:], sigma_ms[1:], strict=True):
        item = f"{name} after {reference}"
        checks += [
            Check(item=item, value=float(offset), unit="ms", sigma=float(sigma)),
            Check(
                item=f"{item}, one-sigma",
                value=float(sigma),
                unit="ms",
                high=SIGMA_MS,
                why="a chest that moves at 0.4 m/s is 0.4 mm elsewhere after a millisecond; more: "
                "compress for longer (a headset's joints need a minute)",
            ),
        ]
    if found.closure_of:
        checks.append(
            Check(
                item=f"lags around {', '.join(found.closure_of)}",
                value=1000 * found.closure_s,
                unit="ms",
                low=-CLOSURE_MS,
                high=CLOSURE_MS,
                why="around three sensors they must add up to nothing",
            )
        )
    own_ms = [1000 * pair.lag_s for pair in found.pairs]
    joint_ms = [1000 * found.lag_s(pair.first, pair.second)[0] for pair in found.pairs]
    plot = Plot(
        title="Each pair's own lag beside the common solution",
        x_label="pair, in the order of the notes",
        y_label="own lag minus common solution (ms)",
        series=(points("pairs", range(len(own_ms)), np.subtract(own_ms, joint_ms)),),
    )
    return Record(
        procedure="clocks",
        subject=subject,
        checks=tuple(checks),
        budget=tuple(
            BudgetLine(
                source=f"noise of {name} and what it shares with {reference}",
                sigma=float(sigma),
                unit="ms",
                how=f"measured: {found.n_compressions} compressions, blocks left out in turn",
            )
            for name, sigma in zip(found.names[1:], sigma_ms[1:], strict=True)
        ),
        plots=(plot,),
        n_samples=found.n_compressions,
        notes=tuple(
            f"{k}: {p.first} to {p.second}: {1000 * p.lag_s:.2f} ms ({1000 * p.sigma_s:.2f}), next "
            f"best {1000 * p.rival_s:.0f} ms leaves {p.rival_worse:.1f} times as much"
            for k, p in enumerate(found.pairs)
        ),
    )


class ClockGuide:
    """Guides compressing for the clocks: enough of it, and not like a machine.

    It looks at the reference alone (the mannequin's depth, rising); the others record along.
    """

    def __init__(self) -> None:
        self._pieces: list[Signal] = []

    @property
    def samples(self) -> tuple[Signal, ...]:
        """What was taken of the reference."""
        return tuple(self._pieces)

    def offer(self, sample: Signal) -> Verdict:
        """Take a piece of the reference's signal."""
        if len(sample.t_ns) < 2 or not np.isfinite(sample.value).all():
            return Verdict(False, "the mannequin says nothing: check its port")
        if self._pieces:
            gap_s = (int(sample.t_ns[0]) - int(self._pieces[-1].t_ns[-1])) / NS_PER_S
            if gap_s <= 0:
                return Verdict(False, "seen before: go on compressing")
            if gap_s > MOST_SILENT_S:
                self._pieces.clear()
                return Verdict(False, f"the mannequin was silent for {gap_s:.1f} s: begin again")
        self._pieces.append(sample)
        return Verdict(True)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        if not self._pieces:
            return Progress(0.0, False, "compress as in training, unevenly", 0)
        t_ns = np.concatenate([p.t_ns for p in self._pieces])
        value = np.concatenate([p.value for p in self._pieces])
        t_s = (t_ns - t_ns[0]) / NS_PER_S
        low, high = (float(v) for v in np.percentile(value, (2, 98)))
        presses_s = presses_of(t_s, value, low, high)
        n, uneven = len(presses_s), _unevenness(presses_s)
        share = min(1.0, float(t_s[-1]) / WANTED_S, n / WANTED_N)
        if n >= MIN_COMPRESSIONS and uneven < UNEVEN_SHARE:
            words, done = "too regular: now faster, now slower, with a short rest between", False
        else:
            done = share >= 1.0
            words = "done" if done else "go on, unevenly"
        return Progress(share, done, words, len(self._pieces), f"{n} compressions")


def _unevenness(presses_s: FloatArray) -> float:
    gaps_s = np.diff(presses_s)
    return float(np.std(gaps_s) / np.mean(gaps_s)) if len(gaps_s) > 1 else 0.0
