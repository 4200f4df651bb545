"""What the pipeline measured against the simulator's truth: errors, and claimed sigmas.

Takes a truth and an outcome, gives `Errors` that can be pooled over sessions and turned
into figures; leaves simulating to `sessions`. Compressions are matched by time alone, never
by their number, so one that was missed or invented shows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mr.session.outcome import Outcome
from mr.sim.script import CompressionTruth, Script, Truth
from mr.types import Compression, FloatArray
from tests.bench.sessions import SENSORS, Measured

NEAR_S = 0.2
"""A measured peak farther than this from a true one belongs to another compression."""
QUANTITIES = ("depth_mm", "release_mm", "rate_cpm")
Z_95 = 1.96


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Measured minus true; arrays have one row for each known value, (n, 2): error, sigma."""

    n_true: int
    n_measured: int
    n_missed: int
    n_extra: int
    known: dict[str, FloatArray]
    hand_mm: FloatArray
    """Distance of the measured hand from the true one, (n,)."""
    mean_rate_cpm: FloatArray
    """Of each session, (sessions,)."""
    ccf_pct: FloatArray
    peak_ms: FloatArray
    """Measured minus true time of each peak, (n,)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault put into the truth on purpose, to see that the figures would show it."""

    deeper_mm: float = 0.0
    drop: bool = False


NO_FAULT = Fault()


def truth_as_defined(script: Script) -> Truth:
    """Give the script's truth by the guide's definitions (docs/guides/definitions.md).

    It differs from the plan's own in one: of two dips equally deep the instant is the middle
    between them, where the plan names the first.
    """
    plan, truth = script.compressions, script.truth()
    middles_s = [c.onset_s + c.down_s + 0.5 * c.hold_s for c in plan]
    pairs = list(itertools.pairwise(range(len(plan))))
    intervals_s = [middles_s[j] - middles_s[i] for i, j in pairs if plan[i].bout == plan[j].bout]
    return replace(
        truth,
        compressions=tuple(
            replace(c, peak_s=t_s) for c, t_s in zip(truth.compressions, middles_s, strict=True)
        ),
        mean_rate_cpm=60.0 / float(np.mean(intervals_s)),
    )


def faulty(truth: Truth, fault: Fault) -> Truth:
    """Shift every true depth, or lose the compression in the middle."""
    every = [
        replace(
            c,
            depth_mm=c.depth_mm + fault.deeper_mm,
            release_depth_mm=c.release_depth_mm + fault.deeper_mm,
        )
        for c in truth.compressions
    ]
    if fault.drop:
        del every[len(every) // 2]
    return replace(truth, compressions=tuple(every))


def match(true_s: Sequence[float], measured_s: Sequence[float]) -> list[tuple[int, int]]:
    """Pair instants that are each other's nearest and no farther than `NEAR_S`."""
    if not true_s or not measured_s:
        return []
    distance = np.abs(np.subtract.outer(np.array(true_s), np.array(measured_s)))
    to_measured, to_true = distance.argmin(axis=1), distance.argmin(axis=0)
    return [
        (i, int(j))
        for i, j in enumerate(to_measured)
        if to_true[j] == i and distance[i, j] <= NEAR_S
    ]


def compare(
    script: Script,
    start_ns: int,
    outcome: Outcome,
    fault: Fault = NO_FAULT,
    from_s: float = 0.0,
) -> Errors:
    """Compare one session with its truth, from `from_s` of the script on."""
    truth = faulty(truth_as_defined(script), fault)
    true = [c for c in truth.compressions if c.onset_s >= from_s]
    first_s = true[0].onset_s if true else from_s
    found_s = [((c.peak_ns - start_ns) / 1e9, c) for c in outcome.compressions]
    measured = [c for t_s, c in found_s if from_s == 0.0 or t_s > first_s]
    measured_s = [(c.peak_ns - start_ns) / 1e9 for c in measured]
    pairs = match([c.peak_s for c in true], measured_s)
    known: dict[str, list[tuple[float, float]]] = {name: [] for name in QUANTITIES}
    hand_mm: list[float] = []
    for i, j in pairs:
        found = measured[j]
        rate_cpm = true_rate_cpm(script, true, i)
        for name, value, truth_value in (
            ("depth_mm", found.depth_mm, true[i].depth_mm),
            ("release_mm", found.release_depth_mm, true[i].release_depth_mm),
            ("rate_cpm", found.rate_cpm, rate_cpm),
        ):
            if value.value is not None and truth_value is not None:
                sigma = math.nan if value.sigma is None else value.sigma
                known[name].append((value.value - truth_value, sigma))
        off = hand_error_mm(script, true[i], found)
        if off is not None:
            hand_mm.append(off)
    rate, ccf = outcome.summary.mean_rate_cpm.value, outcome.summary.ccf_pct.value
    whole = from_s == 0.0  # means are of whole sessions
    return Errors(
        n_true=len(true),
        n_measured=len(measured),
        n_missed=len(true) - len(pairs),
        n_extra=len(measured) - len(pairs),
        known={name: np.array(rows).reshape(-1, 2) for name, rows in known.items()},
        hand_mm=np.array(hand_mm),
        mean_rate_cpm=np.array([rate - truth.mean_rate_cpm] if whole and rate is not None else []),
        ccf_pct=np.array([ccf - truth.ccf_pct] if whole and ccf is not None else []),
        peak_ms=np.array([1000.0 * (measured_s[j] - true[i].peak_s) for i, j in pairs]),
    )


def true_rate_cpm(script: Script, true: Sequence[CompressionTruth], i: int) -> float | None:
    """Tell the rate from the peak before to this one; None for the first of a bout."""
    if i == 0:
        return None
    before, now = true[i - 1], true[i]
    if script.compressions[before.index].bout != script.compressions[now.index].bout:
        return None
    return 60.0 / (now.peak_s - before.peak_s)


def hand_error_mm(script: Script, true: CompressionTruth, found: Compression) -> float | None:
    """Tell how far the measured hand is from the true one while the chest is pressed."""
    x, y = (value.value for value in found.hand_offset_mm)
    if x is None or y is None:
        return None
    t_s = np.arange(true.onset_s, true.release_s, 0.005)
    pressed_s = t_s[script.chest_depth_m(t_s) > true.depth_mm / 2000.0]
    x_mm, y_mm = 1000.0 * script.hand_offset_m(pressed_s).mean(axis=0)
    return math.hypot(x - x_mm, y - y_mm)


def pooled(every: Sequence[Errors]) -> Errors:
    """Join the errors of many sessions."""
    return Errors(
        n_true=sum(e.n_true for e in every),
        n_measured=sum(e.n_measured for e in every),
        n_missed=sum(e.n_missed for e in every),
        n_extra=sum(e.n_extra for e in every),
        known={name: np.concatenate([e.known[name] for e in every]) for name in QUANTITIES},
        hand_mm=np.concatenate([e.hand_mm for e in every]),
        mean_rate_cpm=np.concatenate([e.mean_rate_cpm for e in every]),
        ccf_pct=np.concatenate([e.ccf_pct for e in every]),
        peak_ms=np.concatenate([e.peak_ms for e in every]),
    )


def rms(values: FloatArray) -> float | None:
    """Root mean square; None of nothing."""
    return float(np.sqrt(np.mean(values**2))) if values.size else None


def largest(values: FloatArray) -> float | None:
    """Largest deviation to either side; None of nothing."""
    return float(np.max(np.abs(values))) if values.size else None


def figures(errors: Errors) -> dict[str, float | int | None]:
    """Turn errors into the figures of one row."""
    depth, release, rate = (errors.known[name][:, 0] for name in QUANTITIES)
    return {
        "n_true": errors.n_true,
        "n_measured": errors.n_measured,
        "n_missed": errors.n_missed,
        "n_extra": errors.n_extra,
        "depth_bias_mm": float(depth.mean()) if depth.size else None,
        "depth_rms_mm": rms(depth),
        "depth_worst_mm": largest(depth),
        "n_depth_known": int(depth.size),
        "release_rms_mm": rms(release),
        "n_release_known": int(release.size),
        "mean_rate_worst_cpm": largest(errors.mean_rate_cpm),
        "rate_rms_cpm": rms(rate),
        "peak_bias_ms": float(errors.peak_ms.mean()) if errors.peak_ms.size else None,
        "ccf_worst_pct": largest(errors.ccf_pct),
        "hand_rms_mm": rms(errors.hand_mm),
    }


def coverage(errors: Errors) -> dict[str, dict[str, float | int | None]]:
    """Tell the share of truths within ±1.96 claimed sigmas; also of half and double sigma."""
    table: dict[str, dict[str, float | int | None]] = {}
    for name in QUANTITIES:
        error, sigma = errors.known[name].T
        has = np.isfinite(sigma)
        row: dict[str, float | int | None] = {"n": int(has.sum())}
        for label, factor in (("half_pct", 0.5), ("claimed_pct", 1.0), ("double_pct", 2.0)):
            inside = np.abs(error[has]) <= Z_95 * factor * sigma[has]
            row[label] = 100.0 * float(inside.mean()) if has.any() else None
        table[name] = row
    return table


def evaluate(every: Sequence[Measured]) -> dict[str, object]:
    """Give all accuracy figures: by sensors, by style, the controls, the coverage."""

    def errors(sensors: str, of: Sequence[Measured], fault: Fault = NO_FAULT) -> Errors:
        return pooled(
            [
                compare(m.script, m.start_ns, m.outcomes[sensors], fault, m.judged_from_s(sensors))
                for m in of
            ]
        )

    # A double dip has two equally deep instants; the truth names one, the pipeline perhaps
    # the other. The by-style table shows what that does to instantaneous rates.
    single = [m for m in every if m.plan.style != "double-dip"]
    kinds = sorted({(m.plan.style, m.plan.mode.value) for m in every}, key=lambda k: (k[1], k[0]))
    return {
        "simulated": True,
        "sessions": len(every),
        "by_sensors": {s: figures(errors(s, every)) for s in SENSORS},
        "by_style": {
            f"{style}, {mode}": {
                s: figures(
                    errors(s, [m for m in every if (m.plan.style, m.plan.mode) == (style, mode)])
                )
                for s in SENSORS
            }
            for style, mode in kinds
        },
        "controls": {
            "truth 5 mm deeper": figures(errors("both", every, Fault(deeper_mm=5.0))),
            "one true compression dropped in each": figures(
                errors("both", every, Fault(drop=True))
            ),
        },
        "coverage": {s: coverage(errors(s, every)) for s in SENSORS}
        | {"both, no double dips": coverage(errors("both", single))},
    }
