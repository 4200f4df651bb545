"""By how much each sensor's stamps lag each other's, from compressions that all have seen.

Takes one signal a sensor (a depth, a height, a hand's height) of the same compressions, with
sign, scale, zero and slow drift unknown; gives one consistent set of offsets with an honest
covariance, and every pair's own lag beside it. Leaves a camera's gain to `.motion`.

The lag of a pair is where one signal, slid along the other and scaled, leaves least. Regular
compressions fit a whole compression later nearly as well: then it is refused, for the
technician has to compress unevenly. The covariance is a delete-one-block jackknife (Künsch
1989) over two seconds at a time for all pairs together, so that what pairs share is in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import correlate, find_peaks

from calibration.together.motion import huber, presses_of, weighted
from mr.errors import CalibrationError
from mr.types import BoolArray, FloatArray, IntArray

NS_PER_S = 1e9
MOST_LAG_S = 1.5
GRID_HZ = 100.0
SLOW_S = 1.2
"""What is slower than two compressions is drift."""
KNOT_S = 2.0
"""The drift bends so often."""
BLOCK_S = 2.0
MIN_LOOKS, MIN_COMPRESSIONS, MIN_SPAN_S = 100, 8, 5.0
MIN_EXPLAINED = 0.6
"""Share of a signal's motion that another one's explains, if both saw the same."""
APART_S = 0.12
"""Two lags nearer than this are one."""
LEAST_WORSE = 1.25
"""By such a factor the next best lag must leave more (squares)."""
N_RIVALS = 4
MAX_GAP_S = 0.1
ROUNDS, REPLICA_ROUNDS, STEP_S = 12, 3, 0.02
SLOPE_S = 0.012
LEAST_SIGMA_S = 2e-5
CLOSURE_SIGMAS, CLOSURE_S = 4.0, 0.002
JUMP_SIGMAS, JUMP_S = 6.0, 0.004


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """What one sensor saw of the compressions."""

    name: str
    t_ns: IntArray
    """(n,) its own stamps, which increase."""
    value: FloatArray
    """(n,) any unit, either sign."""
    sigma: FloatArray
    """(n,) noise of one value, in the same unit."""


@dataclass(frozen=True, slots=True)
class PairLag:
    """One pair by itself."""

    first: str
    second: str
    lag_s: float
    """By how much the second's stamps lag the first's."""
    sigma_s: float
    explained: float
    """Share of the motion (squares) that the two have in common."""
    rival_s: float
    """The next best lag, and by what factor it leaves more (squares)."""
    rival_worse: float


@dataclass(frozen=True, slots=True, eq=False)
class Clocks:
    """All sensors' offsets, consistent with each other."""

    names: tuple[str, ...]
    """The first one is the reference."""
    offset_s: FloatArray
    """(k,) by how much each one's stamps lag the reference's; 0 for itself."""
    covariance_s2: FloatArray
    """(k, k)."""
    pairs: tuple[PairLag, ...]
    closure_s: float
    """Worst sum of lags around three sensors; 0 of two."""
    closure_of: tuple[str, ...]
    n_compressions: int

    def lag_s(self, first: str, second: str) -> tuple[float, float]:
        """Give by how much the second's stamps lag the first's, and its one-sigma."""
        i, j = self.names.index(first), self.names.index(second)
        pick = np.zeros(len(self.names))
        pick[j] += 1
        pick[i] -= 1
        return float(pick @ self.offset_s), float(np.sqrt(pick @ self.covariance_s2 @ pick))


def measure_clocks(signals: Sequence[Signal]) -> Clocks:
    """Measure the offsets of all sensors' clocks.

    Parameters
    ----------
    signals
        Two or more; the first one is the reference. Ten compressions or more, uneven.

    Raises
    ------
    CalibrationError
        When a signal is unfit, saw other compressions, its clock jumped, or the compressions
        were too few or too regular; the message names which.
    """
    for signal in signals:
        _require_whole(signal)
    if len(signals) < 2 or len({s.name for s in signals}) < len(signals):
        raise CalibrationError("clocks: two sensors or more are needed, each with its own name")
    zero_ns = int(signals[0].t_ns[0])
    n_compressions = _count(signals[0], zero_ns)
    pairs = [_Pair.of(a, b, zero_ns) for a, b in itertools.combinations(signals, 2)]
    names = tuple(signal.name for signal in signals)
    fits = [pair.best() for pair in pairs]
    _require_same_motion(names, pairs, fits)
    lags_s = np.array([fit.lag_s for fit in fits])
    edges_s = _edges(signals, zero_ns)
    replicas = np.array(
        [
            [
                p.refine(f.lag_s, p.outside(lo, hi), REPLICA_ROUNDS).lag_s
                for p, f in zip(pairs, fits, strict=True)
            ]
            for lo, hi in itertools.pairwise(edges_s)
        ]
    )
    k = len(replicas)
    away = replicas - replicas.mean(axis=0)
    spread = (k - 1) / k * away.T @ away
    sigma_s = np.maximum(np.sqrt(np.diag(spread)), LEAST_SIGMA_S)
    solve = _consistent(names, pairs, sigma_s)
    _require_one_clock(names, pairs, fits, solve, edges_s)
    rivals = [_rival(pair, fit) for pair, fit in zip(pairs, fits, strict=True)]
    closure_s, closure_of = _require_closure(names, pairs, lags_s, spread)
    return Clocks(
        names,
        solve @ lags_s,
        solve @ spread @ solve.T,
        tuple(
            PairLag(p.first, p.second, f.lag_s, float(s), f.explained, *r)
            for p, f, s, r in zip(pairs, fits, sigma_s, rivals, strict=True)
        ),
        closure_s,
        closure_of,
        n_compressions,
    )


# --- one pair ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    lag_s: float
    gain: float
    left: FloatArray
    """(n,) in the looks' sigmas."""
    weights: FloatArray
    explained: float
    cost: float


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """A denser signal that is slid along the other's looks."""

    first: str
    second: str
    sign: float
    """+1 when the second is the one with the looks."""
    dense_s: FloatArray
    dense: FloatArray
    t_s: FloatArray
    value: FloatArray
    sigma: FloatArray
    hats: FloatArray
    """(n, knots) the drift's columns."""

    @staticmethod
    def of(a: Signal, b: Signal, zero_ns: int) -> _Pair:
        slid, looks, sign = (a, b, 1.0) if len(a.t_ns) >= len(b.t_ns) else (b, a, -1.0)
        dense_s, t_s = ((s.t_ns - zero_ns) / NS_PER_S for s in (slid, looks))
        knots_s = np.arange(t_s[0], t_s[-1] + KNOT_S, KNOT_S)
        hats = np.maximum(0.0, 1 - np.abs(t_s[:, None] - knots_s) / KNOT_S)
        return _Pair(a.name, b.name, sign, dense_s, slid.value, t_s, looks.value, looks.sigma, hats)

    def best(self) -> _Fit:
        """Find the lag that leaves least, among the best few of a correlation."""
        return min((self.refine(lag_s) for lag_s in self.candidates()), key=lambda fit: fit.cost)

    def candidates(self) -> list[float]:
        """Give the lags at which both are most alike, of either sign."""
        low_s = min(self.dense_s[0], self.t_s[0])
        grid_s = np.arange(low_s, max(self.dense_s[-1], self.t_s[-1]), 1 / GRID_HZ)
        x = _quick(grid_s, self.dense_s, self.dense)
        y = _quick(grid_s, self.t_s, self.value)
        alike = np.abs(correlate(y, x, "full"))
        steps = np.arange(-len(grid_s) + 1, len(grid_s))
        near = np.abs(steps) <= MOST_LAG_S * GRID_HZ
        alike, steps = alike[near], steps[near]
        peaks, _ = find_peaks(alike, distance=round(APART_S * GRID_HZ))
        best = peaks[np.argsort(alike[peaks])[::-1][:N_RIVALS]]
        return [float(steps[k]) / GRID_HZ for k in best] or [0.0]

    def refine(self, lag_s: float, keep: BoolArray | None = None, rounds: int = ROUNDS) -> _Fit:
        """Fit lag, gain and drift together; the lag is of the looks against the other."""
        base = self.known(lag_s) & (np.ones(len(self.t_s), bool) if keep is None else keep)
        weights, gain = base.astype(np.float64), 0.0
        for k in range(rounds):
            seen, slope = self.slid(lag_s)
            columns = np.column_stack((self.hats, seen))
            if k == 0:
                gain = float(weighted(columns, self.value, weights, self.sigma)[0][-1])
            columns = np.column_stack((columns, -gain * slope))
            beta, left = weighted(columns, self.value, weights, self.sigma)
            gain = float(beta[-2])
            lag_s += float(np.clip(beta[-1], -STEP_S, STEP_S))
            weights = huber(left) * base
        columns = np.column_stack((self.hats, self.slid(lag_s)[0]))
        beta, left = weighted(columns, self.value, weights, self.sigma)
        drift = weighted(self.hats, self.value, weights, self.sigma)[1]
        cost = float(np.sum(weights * left**2) / max(weights.sum(), 1e-9))
        whole = float(np.sum(weights * drift**2) / max(weights.sum(), 1e-9))
        return _Fit(lag_s, float(beta[-1]), left, weights, 1 - cost / max(whole, 1e-12), cost)

    def slid(self, lag_s: float) -> tuple[FloatArray, FloatArray]:
        """Give the denser signal at the looks' instants less the lag, and its slope."""
        at_s = self.t_s - lag_s
        seen = np.interp(at_s, self.dense_s, self.dense)
        ahead = np.interp(at_s + SLOPE_S, self.dense_s, self.dense)
        behind = np.interp(at_s - SLOPE_S, self.dense_s, self.dense)
        return seen, (ahead - behind) / (2 * SLOPE_S)

    def known(self, lag_s: float) -> BoolArray:
        """Tell which looks lie where the denser signal has no gap."""
        at_s = self.t_s - lag_s
        after = np.clip(np.searchsorted(self.dense_s, at_s), 1, len(self.dense_s) - 1)
        near = self.dense_s[after] - self.dense_s[after - 1] <= MAX_GAP_S
        return np.asarray(near & (at_s >= self.dense_s[0]) & (at_s <= self.dense_s[-1]))

    def outside(self, low_s: float, high_s: float) -> BoolArray:
        """Tell which looks are not of a block."""
        return np.asarray((self.t_s < low_s) | (self.t_s >= high_s))

    def local(self, fit: _Fit, low_s: float, high_s: float) -> float:
        """Give the lag within a block alone, less the whole one; NaN with too few looks."""
        block = ~self.outside(low_s, high_s) & (fit.weights > 0)
        if block.sum() < 10:
            return float("nan")
        lag_s = fit.lag_s
        for _ in range(ROUNDS):
            seen, slope = self.slid(lag_s)
            columns = np.column_stack((np.ones(len(seen)), self.t_s, seen, -fit.gain * slope))
            rows = columns[block] / self.sigma[block, None]
            right = self.value[block] / self.sigma[block]
            # The gain is the whole's: a block of two compressions tells it badly.
            right = right - rows[:, 2] * fit.gain
            beta = np.linalg.lstsq(rows[:, [0, 1, 3]], right, rcond=None)[0]
            lag_s += float(np.clip(beta[2], -STEP_S, STEP_S))
        return lag_s - fit.lag_s


def _quick(grid_s: FloatArray, t_s: FloatArray, value: FloatArray) -> FloatArray:
    """Give a signal on a grid without what is slow; zero where it has not begun or has ended."""
    there = (grid_s >= t_s[0]) & (grid_s <= t_s[-1])
    on_grid = np.interp(grid_s, t_s, value)
    quick = on_grid - uniform_filter1d(on_grid, round(SLOW_S * GRID_HZ), mode="nearest")
    return np.where(there, quick, 0.0)


def _rival(pair: _Pair, fit: _Fit) -> tuple[float, float]:
    """Give the next best lag and how much more it leaves; refuse one that is nearly as good."""
    others = [pair.refine(lag_s) for lag_s in pair.candidates()]
    others = [o for o in others if abs(o.lag_s - fit.lag_s) > APART_S]
    if not others:
        return float("nan"), float("inf")
    rival = min(others, key=lambda o: o.cost)
    worse = rival.cost / max(fit.cost, 1e-12)
    if worse < LEAST_WORSE:
        raise CalibrationError(
            f"clocks, {pair.first} and {pair.second}: lags of {pair.sign * fit.lag_s * 1000:.0f} "
            f"and {pair.sign * rival.lag_s * 1000:.0f} ms fit alike: the compressions are too "
            "regular; compress unevenly, now faster, now slower, with a pause"
        )
    return pair.sign * rival.lag_s, worse


# --- all of them ------------------------------------------------------------------------


def _consistent(names: tuple[str, ...], pairs: Sequence[_Pair], sigma_s: FloatArray) -> FloatArray:
    """Give the matrix that makes offsets (k,) of the pairs' own lags (p,)."""
    rows = _incidence(names, pairs) / sigma_s[:, None]
    solve = np.zeros((len(names), len(pairs)))
    solve[1:] = np.linalg.pinv(rows[:, 1:]) / sigma_s
    return solve


def _incidence(names: tuple[str, ...], pairs: Sequence[_Pair]) -> FloatArray:
    """Give what each pair's fitted lag is of the offsets, (p, k)."""
    rows = np.zeros((len(pairs), len(names)))
    for row, pair in zip(rows, pairs, strict=True):
        row[names.index(pair.second)] = pair.sign
        row[names.index(pair.first)] = -pair.sign
    return rows


def _edges(signals: Sequence[Signal], zero_ns: int) -> FloatArray:
    low_s = max(int(s.t_ns[0]) - zero_ns for s in signals) / NS_PER_S
    high_s = min(int(s.t_ns[-1]) - zero_ns for s in signals) / NS_PER_S
    if high_s - low_s < MIN_SPAN_S:
        raise CalibrationError(
            f"clocks: all sensors together have seen {max(high_s - low_s, 0.0):.1f} s, "
            f"{MIN_SPAN_S:.0f} are needed: record all at the same time"
        )
    return np.linspace(low_s, high_s, max(3, round((high_s - low_s) / BLOCK_S)) + 1)


def _count(signal: Signal, zero_ns: int) -> int:
    """Count the reference's compressions, and refuse too few."""
    low, high = (float(v) for v in np.percentile(signal.value, (2, 98)))
    n = len(presses_of((signal.t_ns - zero_ns) / NS_PER_S, signal.value, low, high))
    if n < MIN_COMPRESSIONS:
        raise CalibrationError(
            f"clocks, {signal.name}: {n} compressions, {MIN_COMPRESSIONS} are needed: "
            "compress for longer, seen by all"
        )
    return n


def _require_whole(signal: Signal) -> None:
    n = len(signal.t_ns)
    if n < MIN_LOOKS:
        raise CalibrationError(
            f"clocks, {signal.name}: {n} looks, {MIN_LOOKS} are needed: record for longer, "
            "with the hands in view"
        )
    finite = all(len(c) == n and np.isfinite(c).all() for c in (signal.value, signal.sigma))
    if not finite or (np.diff(signal.t_ns) <= 0).any() or (signal.sigma <= 0).any():
        raise CalibrationError(
            f"clocks, {signal.name}: values must be finite, stamps must increase and sigmas be "
            "above 0: leave out what was not measured"
        )


def _require_same_motion(
    names: tuple[str, ...], pairs: Sequence[_Pair], fits: Sequence[_Fit]
) -> None:
    """Refuse a signal that no other one explains, naming it."""
    strange = dict.fromkeys(names, 0)
    for pair, fit in zip(pairs, fits, strict=True):
        if fit.explained < MIN_EXPLAINED:
            strange[pair.first] += 1
            strange[pair.second] += 1
    if not any(strange.values()):
        return
    worst = max(strange, key=lambda name: strange[name])
    others = " and ".join(name for name in names if name != worst)
    raise CalibrationError(
        f"clocks: {worst} has not seen the compressions of {others}: check that it looks at the "
        "same chest, and record all at the same time"
    )


def _require_closure(
    names: tuple[str, ...], pairs: Sequence[_Pair], lags_s: FloatArray, spread: FloatArray
) -> tuple[float, tuple[str, ...]]:
    """Give the worst sum of lags around three sensors; refuse one that does not close."""
    index = {(p.first, p.second): k for k, p in enumerate(pairs)}
    signs = np.array([p.sign for p in pairs])
    worst_s, worst_of = 0.0, ()
    for a, b, c in itertools.combinations(names, 3):
        around = np.zeros(len(pairs))
        around[index[a, b]], around[index[b, c]], around[index[a, c]] = 1.0, 1.0, -1.0
        around *= signs
        sum_s = float(around @ lags_s)
        limit_s = max(CLOSURE_S, CLOSURE_SIGMAS * float(np.sqrt(around @ spread @ around)))
        if abs(sum_s) > limit_s:
            raise CalibrationError(
                f"clocks: the lags around {a}, {b} and {c} add up to {sum_s * 1000:.1f} ms, not "
                f"to 0 ({limit_s * 1000:.1f} ms are allowed): record again, longer and unevenly"
            )
        if abs(sum_s) >= abs(worst_s):
            worst_s, worst_of = sum_s, (a, b, c)
    return worst_s, worst_of


def _require_one_clock(
    names: tuple[str, ...],
    pairs: Sequence[_Pair],
    fits: Sequence[_Fit],
    solve: FloatArray,
    edges_s: FloatArray,
) -> None:
    """Refuse a clock that jumped in the middle, naming whose, how far and when."""
    local = np.array(
        [
            [pair.local(fit, lo, hi) for pair, fit in zip(pairs, fits, strict=True)]
            for lo, hi in itertools.pairwise(edges_s)
        ]
    )
    known = np.isfinite(local).all(axis=1)
    each = local[known] @ solve.T
    if len(names) > 2:  # of two nobody knows whose it is: the reference is taken to be right
        each = each - np.median(each, axis=1, keepdims=True)
    starts_s = edges_s[:-1][known]
    found: list[tuple[float, float, str, int]] = []
    for name, series in zip(names, each.T, strict=True):
        for k in range(2, len(series) - 1):
            jump_s = float(np.median(series[k:]) - np.median(series[:k]))
            noise = np.concatenate(
                [series[:k] - np.median(series[:k]), series[k:] - np.median(series[k:])]
            )
            rms_s = float(np.sqrt(np.mean(noise**2)))
            sigma_s = max(rms_s, 1e-4) * np.sqrt(1 / k + 1 / (len(series) - k))
            if abs(jump_s) > max(JUMP_S, JUMP_SIGMAS * sigma_s):
                found.append((abs(jump_s) / sigma_s, jump_s, name, k))
    if not found:
        return
    _, _, name, k = max(found)
    when_s, jump_s = _jump(name, pairs, fits, float(starts_s[k]))
    raise CalibrationError(
        f"clocks: {name} jumped by {jump_s * 1000:.0f} ms at {when_s:.1f} s: its clock was set, or "
        "frames were lost and not counted; record again, and replace it if it jumps again"
    )


def _jump(
    name: str, pairs: Sequence[_Pair], fits: Sequence[_Fit], about_s: float
) -> tuple[float, float]:
    """Tell when a clock jumped, and how far: where the lag of after begins to fit better."""
    k = next(i for i, p in enumerate(pairs) if name in (p.first, p.second))
    pair, fit = pairs[k], fits[k]
    sign = pair.sign * (1.0 if name == pair.second else -1.0)
    for _ in range(3):
        after = pair.t_s >= about_s
        lags_s = [fit.lag_s + pair.local(fit, *_span(pair.t_s[p])) for p in (~after, after)]
        before, later = (pair.refine(lag_s, rounds=0).left ** 2 for lag_s in lags_s)
        near = np.abs(pair.t_s - about_s) < 2 * BLOCK_S
        worse = np.cumsum((before - later)[near])
        about_s = float(pair.t_s[near][int(np.argmin(worse))])
    return about_s, sign * (lags_s[1] - lags_s[0])


def _span(t_s: FloatArray) -> tuple[float, float]:
    return float(t_s[0]), float(t_s[-1])
