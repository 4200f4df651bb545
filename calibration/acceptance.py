"""Whether a rig agrees with a traceable gauge: Bland and Altman's limits, and how sure they are.

Takes pairs of what the gauge said and what the rig said of the same press, gives bias, limits
of agreement with their confidence, and a verdict; leaves the protocol to
docs/guides/technician/acceptance.md and the pressing to the technician.

A rig passes when *both outer confidence bounds* of its limits of agreement lie within the
limit: a few lucky pairs prove nothing.

Ref: Bland & Altman, Lancet 1986 (limits), Stat Methods Med Res 1999 and J Biopharm Stat 2007
(several presses at each level); Carkeet, Optom Vis Sci 2015 (exact confidence of the limits);
Krouwer, Stat Med 2008 (against a reference, differences are drawn over the reference).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from calibration.guide import Progress, Verdict
from calibration.record import BudgetLine, Check, Plot, Record, band, line, points, sha256_of
from mr.errors import CalibrationError
from mr.types import FloatArray

LIMIT_MM = 1.5
"""Limits of agreement must lie within ± this. Ours: tighter than the ±1.7 mm that the best
published accelerometer reached, and a seventh of the band that learners aim for."""
BIAS_LIMIT_MM = 0.5
MIN_LEVELS, MIN_PRESSES, MIN_PAIRS = 8, 3, 40
"""Depths, presses at each, and pairs in all: with 40 pairs a limit is known to a quarter of the
standard deviation (1.71 SD / sqrt(n))."""
RANGE_MM = (10.0, 60.0)
"""Levels must reach from no more than the one to no less than the other."""
NEAR_LEVEL_MM = 5.0
"""A press farther from its level was mistyped, or meant for another one."""
LEVELS_MM, PRESSES = tuple(range(5, 61, 5)), 4
"""What the guide asks for: 48 pairs."""
COVERED, SURE = 0.95, 0.95
LEAST_SD_MM = 1e-3
"""Readings of hundredths may agree to the digit; no two instruments do."""
_SHARE_Z = float(stats.norm.ppf(0.5 + COVERED / 2))


@dataclass(frozen=True, slots=True)
class Press:
    """One press, read by both."""

    level_mm: float
    gauge_mm: float
    rig_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The same presses by the gauge and by the rig, (n,) each."""

    gauge_mm: FloatArray
    rig_mm: FloatArray
    level_mm: FloatArray
    """The depth that each press was meant for: repeated presses share it."""

    @classmethod
    def of(cls, presses: Sequence[Press]) -> Pairs:
        """Gather presses."""
        rows = np.array([(p.gauge_mm, p.rig_mm, p.level_mm) for p in presses], dtype=np.float64)
        gauge_mm, rig_mm, level_mm = rows.reshape(-1, 3).T
        return cls(gauge_mm, rig_mm, level_mm)


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How a rig agrees with a gauge."""

    pairs: Pairs
    bias_mm: float
    bias_ci_mm: tuple[float, float]
    sd_mm: float
    """Of one press's difference, between levels and within them."""
    sd_within_mm: float
    """Of presses at one level about their mean: repeatability."""
    limits_mm: tuple[float, float]
    outer_mm: tuple[float, float]
    """The limits' outer 95 % confidence bounds, exact."""
    slope: float
    """Of the difference over the gauge: 0.01 is 1 % too deep."""
    slope_ci: tuple[float, float]
    degrees: float
    """Degrees of freedom of `sd_mm`."""

    @property
    def n(self) -> int:
        """How many pairs there are."""
        return len(self.pairs.gauge_mm)


def agreement(pairs: Pairs) -> Agreement:
    """Compare the rig with the gauge.

    Raises
    ------
    CalibrationError
        When there are too few pairs, levels or presses, or they span too little.
    """
    _require_enough(pairs)
    difference_mm = pairs.rig_mm - pairs.gauge_mm
    bias_mm = float(difference_mm.mean())
    within, between, degrees = _variances(difference_mm, pairs.level_mm)
    sd_mm = math.sqrt(within + between)
    # Presses of one level share its error: the bias is known as well as so many levels allow.
    level_bias_mm = _level_means(difference_mm, pairs.level_mm)
    n_levels = len(level_bias_mm)
    se_mm = float(level_bias_mm.std(ddof=1)) / math.sqrt(n_levels)
    t_of_bias = float(stats.t.ppf(0.5 + SURE / 2, n_levels - 1))
    # By chance levels may agree better than presses do: more than these presses they are not.
    n_effective = min(max(sd_mm**2 / max(se_mm**2, 1e-12), 1.0), float(len(difference_mm)))
    factor = outer_factor(n_effective, degrees)
    fit = _slope(difference_mm, pairs)
    return Agreement(
        pairs=pairs,
        bias_mm=bias_mm,
        bias_ci_mm=(bias_mm - t_of_bias * se_mm, bias_mm + t_of_bias * se_mm),
        sd_mm=sd_mm,
        sd_within_mm=math.sqrt(within),
        limits_mm=(bias_mm - _SHARE_Z * sd_mm, bias_mm + _SHARE_Z * sd_mm),
        outer_mm=(bias_mm - factor * sd_mm, bias_mm + factor * sd_mm),
        slope=fit[0],
        slope_ci=fit[1],
        degrees=degrees,
    )


def outer_factor(n: float, degrees: float | None = None) -> float:
    """Tell how many SD the outer 95 % confidence bound of a limit lies from the bias.

    Parameters
    ----------
    n
        How many independent differences the bias is the mean of.
    degrees
        Of freedom of the SD; ``n - 1`` if not given.

    Examples
    --------
    >>> [round(outer_factor(n), 2) for n in (20, 40, 100)]
    [3.01, 2.62, 2.34]
    """
    free = n - 1.0 if degrees is None else degrees
    shift = _SHARE_Z * math.sqrt(n)
    return float(stats.nct.ppf(0.5 + SURE / 2, max(free, 1.0), shift) / math.sqrt(n))


def pairs_needed(sd_mm: float, bias_mm: float = 0.0, limit_mm: float = LIMIT_MM) -> int | None:
    """Tell how many independent pairs would prove such a rig; None when none would.

    Examples
    --------
    >>> pairs_needed(0.5), pairs_needed(0.65), pairs_needed(0.9)
    (21, 118, None)
    """
    room_sd = (limit_mm - abs(bias_mm)) / max(sd_mm, LEAST_SD_MM)
    if room_sd <= _SHARE_Z:
        return None
    n = 3
    while outer_factor(n) > room_sd:
        n += max(1, n // 50)
        if n > 100_000:
            return None
    return n


class AcceptanceGuide:
    """Asks for presses in an order drawn by chance: a drift cannot pass for an error of depth.

    Parameters
    ----------
    seed
        Of the order; the same goes on after an interruption.
    """

    def __init__(self, seed: int) -> None:
        order = np.repeat(np.array(LEVELS_MM, dtype=np.float64), PRESSES)
        self._order: list[float] = np.random.default_rng(seed).permutation(order).tolist()
        self.samples: list[Press] = []

    @property
    def level_mm(self) -> float | None:
        """The level that is due; None when all are pressed."""
        n = len(self.samples)
        return self._order[n] if n < len(self._order) else None

    def offer(self, sample: Press) -> Verdict:
        """Take a press, or say why not."""
        if sample.level_mm != self.level_mm:
            return Verdict(False, f"{sample.level_mm:g} mm is not due: press {self.level_mm:g} mm")
        if not np.isfinite(sample.gauge_mm) or not np.isfinite(sample.rig_mm):
            return Verdict(False, "both must have read a depth: press again")
        if abs(sample.gauge_mm - sample.level_mm) > NEAR_LEVEL_MM:
            return Verdict(
                False,
                f"the gauge reads {sample.gauge_mm:g} mm, {sample.level_mm:g} mm was asked for: "
                "was it mistyped? Press again",
            )
        self.samples.append(sample)
        return Verdict(True)

    @property
    def progress(self) -> Progress:
        """How far it is; nothing is told of how well both agree."""
        n, level_mm = len(self.samples), self.level_mm
        words = "all is pressed" if level_mm is None else f"release, then press to {level_mm:g} mm"
        return Progress(n / len(self._order), level_mm is None, words, n)


def acceptance_record(
    found: Agreement, subject: str, gauge: str, gauge_sigma_mm: float, limit_mm: float = LIMIT_MM
) -> Record:
    """Put an agreement into a record, with its limits and its picture."""
    low, high = found.outer_mm
    why = "ours: docs/guides/technician/acceptance.md"
    need = pairs_needed(found.sd_mm, found.bias_mm, limit_mm)
    cure = why
    if max(abs(low), abs(high)) > limit_mm:
        cure = (
            f"{found.n} pairs do not prove it: with this spread {need} independent ones would"
            if need is not None
            else "the rig scatters, or is off, by too much: calibrate it again, then repeat"
        )
    checks = (
        Check(
            item="bias, rig minus gauge",
            value=found.bias_mm,
            unit="mm",
            sigma=(found.bias_ci_mm[1] - found.bias_ci_mm[0]) / (2 * 1.96),
            low=-BIAS_LIMIT_MM,
            high=BIAS_LIMIT_MM,
            why=why,
        ),
        Check(item="lower limit of agreement", value=found.limits_mm[0], unit="mm"),
        Check(item="upper limit of agreement", value=found.limits_mm[1], unit="mm"),
        Check(item="its outer 95 % bound, lower", value=low, unit="mm", low=-limit_mm, why=cure),
        Check(item="its outer 95 % bound, upper", value=high, unit="mm", high=limit_mm, why=cure),
        Check(item="repeatability at one level, SD", value=found.sd_within_mm, unit="mm"),
        Check(
            item="error that grows with depth",
            value=100.0 * found.slope,
            unit="%",
            sigma=100.0 * (found.slope_ci[1] - found.slope_ci[0]) / (2 * 1.96),
        ),
        Check(item="pairs", value=float(found.n), unit="", low=float(MIN_PAIRS), why=why),
    )
    return Record(
        procedure="accept",
        subject=subject,
        checks=checks,
        budget=(
            BudgetLine(
                source=f"gauge {gauge}",
                sigma=gauge_sigma_mm,
                unit="mm",
                how="stated: its certificate",
            ),
            BudgetLine(
                source="rig, one press",
                sigma=found.sd_mm,
                unit="mm",
                how="measured: SD of the differences, gauge included",
            ),
        ),
        plots=(_plot(found, limit_mm),),
        n_samples=found.n,
        inputs_sha256={
            "presses": sha256_of((found.pairs.level_mm, found.pairs.gauge_mm, found.pairs.rig_mm))
        },
        notes=(
            "Bland and Altman's limits of agreement, several presses at each level (2007); outer "
            "bounds exact (Carkeet 2015).",
        ),
    )


def _plot(found: Agreement, limit_mm: float) -> Plot:
    x = found.pairs.gauge_mm
    ends = (float(x.min()), float(x.max()))
    flat = np.ones(2)
    return Plot(
        title="rig minus gauge, over the gauge",
        x_label="gauge, mm",
        y_label="rig − gauge, mm",
        series=(
            band(
                "95 % bound of the limits", ends, found.outer_mm[0] * flat, found.outer_mm[1] * flat
            ),
            points("presses", x, found.pairs.rig_mm - x),
            line("bias", ends, found.bias_mm * flat),
            line(
                "limits of agreement",
                (*ends, float("nan"), *ends),
                (*(found.limits_mm[0] * flat), float("nan"), *(found.limits_mm[1] * flat)),
            ),
            line(
                "allowed",
                (*ends, float("nan"), *ends),
                (*(-limit_mm * flat), float("nan"), *(limit_mm * flat)),
            ),
        ),
    )


def _variances(difference_mm: FloatArray, level_mm: FloatArray) -> tuple[float, float, float]:
    """Give the variances within and between levels, and the total's degrees of freedom.

    One-way analysis of variance with unequal counts; the degrees are Satterthwaite's.
    """
    levels, index, counts = np.unique(level_mm, return_inverse=True, return_counts=True)
    n, k = len(difference_mm), len(levels)
    means = np.bincount(index, weights=difference_mm) / counts
    ms_within = float(((difference_mm - means[index]) ** 2).sum() / (n - k))
    ms_between = float((counts * (means - difference_mm.mean()) ** 2).sum() / (k - 1))
    size = float((n - (counts**2).sum() / n) / (k - 1))
    between = max((ms_between - ms_within) / size, 0.0)
    if between == 0.0:
        total = float(difference_mm.var(ddof=1))
        return total, 0.0, n - 1.0
    total = ms_within + between
    parts = ((ms_between / size) ** 2 / (k - 1)) + ((1 - 1 / size) * ms_within) ** 2 / (n - k)
    return ms_within, between, total**2 / parts


def _level_means(values: FloatArray, level_mm: FloatArray) -> FloatArray:
    _, index, counts = np.unique(level_mm, return_inverse=True, return_counts=True)
    return np.asarray(np.bincount(index, weights=values) / counts)


def _slope(difference_mm: FloatArray, pairs: Pairs) -> tuple[float, tuple[float, float]]:
    """Fit the difference over the gauge, by the levels' means: presses of one are not new."""
    x = _level_means(pairs.gauge_mm, pairs.level_mm)
    fit = stats.linregress(x, _level_means(difference_mm, pairs.level_mm))
    half = float(stats.t.ppf(0.5 + SURE / 2, len(x) - 2) * fit.stderr)
    return float(fit.slope), (float(fit.slope) - half, float(fit.slope) + half)


def _require_enough(pairs: Pairs) -> None:
    n = len(pairs.gauge_mm)
    shapes = {len(pairs.gauge_mm), len(pairs.rig_mm), len(pairs.level_mm)}
    values = np.concatenate([pairs.gauge_mm, pairs.rig_mm, pairs.level_mm])
    if len(shapes) != 1 or not np.isfinite(values).all():
        raise CalibrationError(
            "acceptance: each press needs a level, the gauge's and the rig's depth, all finite: "
            "leave out presses that were not read"
        )
    if n and not np.any(pairs.rig_mm - pairs.gauge_mm):
        raise CalibrationError(
            "acceptance: the rig's readings are the gauge's to the last digit: were they copied? "
            "Give what the rig read of each press"
        )
    levels, counts = np.unique(pairs.level_mm, return_counts=True)
    if n < MIN_PAIRS or len(levels) < MIN_LEVELS or counts.min() < MIN_PRESSES:
        few = f"{counts.min()} at {levels[np.argmin(counts)]:g} mm" if n else "none"
        raise CalibrationError(
            f"acceptance: {n} pairs at {len(levels)} levels (fewest: {few}); {MIN_PAIRS} pairs at "
            f"{MIN_LEVELS} levels with {MIN_PRESSES} presses each are needed: press more"
        )
    if levels[0] > RANGE_MM[0] or levels[-1] < RANGE_MM[1]:
        raise CalibrationError(
            f"acceptance: levels from {levels[0]:g} to {levels[-1]:g} mm: begin at "
            f"{RANGE_MM[0]:g} mm or less and go to {RANGE_MM[1]:g} mm or more"
        )
    wild = np.abs(pairs.gauge_mm - pairs.level_mm) > NEAR_LEVEL_MM
    if wild.any():
        k = int(np.argmax(wild))
        raise CalibrationError(
            f"acceptance: press {k + 1} was meant for {pairs.level_mm[k]:g} mm, and the gauge "
            f"reads {pairs.gauge_mm[k]:g} mm: was it mistyped? Mend or leave out this press"
        )
