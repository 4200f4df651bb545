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

from calibration.together.motion import presses_of
from calibration.together.pair_lag import APART_S, NS_PER_S, Fit, Pair, Signal
from mr.errors import CalibrationError
from mr.types import FloatArray

BLOCK_S = 2.0
MIN_LOOKS, MIN_COMPRESSIONS, MIN_SPAN_S = 100, 8, 5.0
MIN_EXPLAINED = 0.6
"""Share of a signal's motion that another one's explains, if both saw the same."""
LEAST_WORSE = 1.25
"""By such a factor the next best lag must leave more (squares)."""
REPLICA_ROUNDS = 2
LEAST_SIGMA_S = 2e-5
CLOSURE_SIGMAS, CLOSURE_S = 4.0, 0.002
JUMP_SIGMAS, JUMP_S = 6.0, 0.004


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
    pairs = [Pair.of(a, b, zero_ns) for a, b in itertools.combinations(signals, 2)]
    names = tuple(signal.name for signal in signals)
    options = [pair.fits() for pair in pairs]
    best = [min(fits, key=lambda fit: fit.cost) for fits in options]
    fits = [pair.refine(fit.lag_s) for pair, fit in zip(pairs, best, strict=True)]
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
    rivals = [_rival(*one) for one in zip(pairs, fits, options, strict=True)]
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


def _rival(pair: Pair, fit: Fit, options: Sequence[Fit]) -> tuple[float, float]:
    """Give the next best lag and how much more it leaves; refuse one that is nearly as good."""
    others = [o for o in options if abs(o.lag_s - fit.lag_s) > APART_S]
    if not others:
        return float("nan"), float("inf")
    rival = min(others, key=lambda o: o.typical)
    worse = rival.typical / max(fit.typical, 1e-12)
    if worse < LEAST_WORSE:
        raise CalibrationError(
            f"clocks, {pair.first} and {pair.second}: lags of {pair.sign * fit.lag_s * 1000:.0f} "
            f"and {pair.sign * rival.lag_s * 1000:.0f} ms fit alike: the compressions are too "
            "regular; compress unevenly, now faster, now slower, with a pause"
        )
    return pair.sign * rival.lag_s, worse


# --- all of them ------------------------------------------------------------------------


def _consistent(names: tuple[str, ...], pairs: Sequence[Pair], sigma_s: FloatArray) -> FloatArray:
    """Give the matrix that makes offsets (k,) of the pairs' own lags (p,)."""
    rows = _incidence(names, pairs) / sigma_s[:, None]
    solve = np.zeros((len(names), len(pairs)))
    solve[1:] = np.linalg.pinv(rows[:, 1:]) / sigma_s
    return solve


def _incidence(names: tuple[str, ...], pairs: Sequence[Pair]) -> FloatArray:
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
    names: tuple[str, ...], pairs: Sequence[Pair], fits: Sequence[Fit]
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
    names: tuple[str, ...], pairs: Sequence[Pair], lags_s: FloatArray, spread: FloatArray
) -> tuple[float, tuple[str, ...]]:
    """Give the worst sum of lags around three sensors; refuse one that does not close."""
    index = {(p.first, p.second): k for k, p in enumerate(pairs)}
    signs = np.array([p.sign for p in pairs])
    worst_s = 0.0
    worst_of: tuple[str, ...] = ()
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
    pairs: Sequence[Pair],
    fits: Sequence[Fit],
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
    name: str, pairs: Sequence[Pair], fits: Sequence[Fit], about_s: float
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
