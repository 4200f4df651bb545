"""The chest's spring: force over depth, and whether it has worn since.

Takes depth and force of the same presses, compressions or blocks held still, gives a spring of
a straight and a cubic part and a damper, with what they are worth; leaves turning counts into
depth and force to the curves that were measured before.

Ref: a cubic spring with a damper follows manikins and cadavers' chests alike (Gruben 1993;
Nysaether 2008); force at 50 mm of adult manikins: 280 to 680 N (the published ones, as the
sensors were chosen by).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import savgol_filter

from calibration.mannequin.station import CELLS, CHEST
from calibration.record import BudgetLine, Check, Plot, Record, line, points, sha256_of
from mr.errors import CalibrationError
from mr.rig import MannequinCalibration, StiffnessEntry
from mr.types import BoolArray, FloatArray, IntArray

AT_M = 0.050
FORCE_RANGE_N = (280.0, 680.0)
"""At 50 mm, of adult manikins."""
CHANGE_LIMIT = 0.10
"""The house's own, for no standard gives one; far above what a calibration scatters by (0.2 %,
simulated)."""
CHANGE_SIGMAS = 3.0
LEAST_DEPTH_M = 0.003
"""Below it the skin gives, not the spring."""
REACH_M = 0.040
LEAST_READINGS = 8
VELOCITY_S = 0.055
"""Over which the velocity is taken: a twelfth of a compression."""
SLOW_M_S = 0.02
"""A press that is never faster tells nothing of the damper."""
LEAST_BLOCKS = 4
MAX_LEFT_SHARE = 0.08
"""Of the greatest force: more is no spring."""


@dataclass(frozen=True, slots=True, eq=False)
class Presses:
    """Depth and force at the same instants."""

    t_s: FloatArray
    """(n,); of blocks held still any rising numbers."""
    depth_m: FloatArray
    force_n: FloatArray
    still: bool
    """Each reading is a mean of a chest at rest: it has no velocity."""
    depth_sigma_m: float
    """Of the depth's curve with the sensor's loop: all readings share it."""
    middle_sigma_m: float
    """Of the middle of the loop alone: presses go in and come out."""
    force_sigma_n: float
    """Of the cells' curves together."""


@dataclass(frozen=True, slots=True, eq=False)
class StiffnessResult:
    """The chest's spring and damper."""

    linear_n_m: float
    linear_sigma_n_m: float
    cubic_n_m3: float
    cubic_sigma_n_m3: float
    damping_ns_m: float
    """NaN when nothing moved fast enough."""
    damping_sigma_ns_m: float
    force_at_50mm_n: float
    sigma_n: float
    """Of it: of these presses, and of the curves' own errors."""
    scatter_n: float
    """Of that, what these presses scatter by."""
    curves_n: float
    """Of that, what the curves may be off by."""
    left_n: float
    """Rms of what the spring does not explain."""
    depth_m: FloatArray
    """A hundred or so of the readings, for the plot."""
    force_n: FloatArray
    n_readings: int
    inputs_sha256: str

    def force(self, depth_m: FloatArray) -> FloatArray:
        """Tell the force of the spring at rest."""
        return np.asarray(self.linear_n_m * depth_m + self.cubic_n_m3 * depth_m**3)

    def entry(self) -> StiffnessEntry:
        """Write it for a rig file."""
        known = np.isfinite(self.damping_ns_m)
        return StiffnessEntry(
            linear_n_m=self.linear_n_m,
            cubic_n_m3=self.cubic_n_m3,
            damping_ns_m=self.damping_ns_m if known else None,
            force_at_50mm_n=self.force_at_50mm_n,
            sigma_n=self.sigma_n,
        )

    def record(
        self, subject: str, earlier: StiffnessEntry | None = None, earlier_day: str = ""
    ) -> Record:
        """Say it with its limits; against an earlier one of this mannequin, if there is one."""
        low, high = FORCE_RANGE_N
        checks = [
            Check(
                item="force at 50 mm",
                value=self.force_at_50mm_n,
                unit="N",
                sigma=self.sigma_n,
                low=low,
                high=high,
                why="adult manikins take 280 to 680 N at 50 mm",
            )
        ]
        if earlier is not None:
            checks.append(changed(self.entry(), earlier, earlier_day))
        grid = np.linspace(0.0, max(float(self.depth_m.max()), AT_M), 50)
        series = [
            points("readings", 1000 * self.depth_m, self.force_n),
            line("spring", 1000 * grid, self.force(grid)),
        ]
        if earlier is not None:
            before = earlier.linear_n_m * grid + earlier.cubic_n_m3 * grid**3
            series.append(line(f"on {earlier_day}", 1000 * grid, before))
        left_n = self.force_n - self.force(self.depth_m)
        return Record(
            procedure="stiffness",
            subject=subject,
            checks=tuple(checks),
            budget=(
                BudgetLine(
                    source="presses",
                    sigma=self.scatter_n,
                    unit="N",
                    how="measured: each press left out in turn",
                ),
                BudgetLine(
                    source="curves of chest and cells",
                    sigma=self.curves_n,
                    unit="N",
                    how="measured: their own sigmas",
                ),
            ),
            plots=(
                Plot(
                    title="Force over depth",
                    x_label="depth, mm",
                    y_label="force, N",
                    series=tuple(series),
                ),
                Plot(
                    title="What the spring at rest leaves (the damper's part among it)",
                    x_label="depth, mm",
                    y_label="left, N",
                    series=(points("readings", 1000 * self.depth_m, left_n),),
                ),
            ),
            n_samples=self.n_readings,
            inputs_sha256={"presses": self.inputs_sha256},
            notes=()
            if np.isfinite(self.damping_ns_m)
            else ("pressed too slowly to tell the damper",),
        )


def changed(now: StiffnessEntry, earlier: StiffnessEntry, earlier_day: str) -> Check:
    """Compare the force at 50 mm with an earlier one of the same mannequin."""
    share = now.force_at_50mm_n / earlier.force_at_50mm_n - 1.0
    sigma = float(np.hypot(now.sigma_n, earlier.sigma_n * (1.0 + share)) / earlier.force_at_50mm_n)
    why = "10 %: the house's own limit, for no standard gives one"
    if abs(share) > CHANGE_LIMIT:
        word = "softer" if share < 0 else "stiffer"
        cause = (
            "worn; replace it" if share < 0 else "something binds or it was replaced; look at it"
        )
        why = f"the spring is {100 * abs(share):.0f} % {word} at 50 mm than on {earlier_day}: "
        why += cause
        if abs(share) < CHANGE_LIMIT + CHANGE_SIGMAS * sigma:
            why += f" (one sigma is {100 * sigma:.1f} %: measure again to be sure)"
    return Check(
        item=f"force at 50 mm against {earlier_day}",
        value=100 * share,
        unit="%",
        sigma=100 * sigma,
        low=-100 * CHANGE_LIMIT,
        high=100 * CHANGE_LIMIT,
        why=why,
    )


def presses_of(
    calibration: MannequinCalibration,
    t_s: FloatArray,
    counts: FloatArray,
    *,
    still: bool = False,
    middle_sigma_m: float | None = None,
) -> Presses:
    """Turn a stream of counts (n, 6), or the means of stations, into depth and force.

    Parameters
    ----------
    still
        Each row is a mean of a chest that rested.
    middle_sigma_m
        `ChestResult.mean_sigma_m`, if the chest was measured just now: a rig file knows only the
        sigma with the loop, which is larger.
    """
    each = np.stack(
        [curve(counts[:, c]) for c, curve in zip(CELLS, calibration.cell_force_n, strict=True)]
    )
    if calibration.cell_crosstalk is not None:
        each = np.array(calibration.cell_crosstalk) @ each
    sigmas = [curve.sigma for curve in calibration.cell_force_n]
    return Presses(
        t_s,
        np.asarray(calibration.chest_depth_m(counts[:, CHEST])),
        each.sum(axis=0),
        still,
        calibration.chest_depth_m.sigma,
        calibration.chest_depth_m.sigma if middle_sigma_m is None else middle_sigma_m,
        float(np.hypot.reduce(sigmas)),
    )


def measure_stiffness(presses: Sequence[Presses], what: str = "stiffness") -> StiffnessResult:
    """Fit the spring and the damper.

    Parameters
    ----------
    presses
        Some compressions of 40 mm or more, or the readings at the chest's gauge blocks.

    Raises
    ------
    CalibrationError
        When there is too little, the chest was not pressed deep enough, or the force does not
        follow the depth.
    """
    depth_m = np.concatenate([p.depth_m for p in presses]) if presses else np.zeros(0)
    force_n = np.concatenate([p.force_n for p in presses]) if presses else np.zeros(0)
    if len(depth_m) < LEAST_READINGS or not np.isfinite(depth_m + force_n).all():
        raise CalibrationError(
            f"{what}: {len(depth_m)} readings, {LEAST_READINGS} finite ones are needed: press again"
        )
    velocity = np.concatenate([_velocity(p) for p in presses])
    used = depth_m > LEAST_DEPTH_M
    _require_deep(depth_m, what)
    fast = bool(np.abs(velocity[used]).max() > SLOW_M_S)
    rows = np.column_stack([depth_m, depth_m**3, velocity if fast else 0.0 * velocity])
    block = np.concatenate([k * 1_000_000 + _block_of(p) for k, p in enumerate(presses)])[used]
    beta = _solve(rows[used], force_n[used])
    left = force_n[used] - rows[used] @ beta
    left_n = float(np.sqrt(np.mean(left**2)))
    if left_n > MAX_LEFT_SHARE * float(force_n.max()) or beta[0] <= 0:
        raise CalibrationError(
            f"{what}: the force does not follow the depth ({left_n:.0f} N rms are left): does "
            "something else carry the chest, or is a cell off? Check the cells, then press again"
        )
    at = np.array([AT_M, AT_M**3, 0.0])
    parts = _jackknife(rows[used], force_n[used], block, what)
    k = len(parts)
    off = parts - parts.mean(axis=0)
    covariance = (k - 1) / k * off.T @ off
    scatter_n = float(np.sqrt(at @ covariance @ at))
    slope_n_m = float(beta[0] + 3 * beta[1] * AT_M**2)
    curves_n = float(
        np.hypot(
            slope_n_m * np.sqrt(np.mean([p.middle_sigma_m**2 for p in presses])),
            np.sqrt(np.mean([p.force_sigma_n**2 for p in presses])),
        )
    )
    sigma = np.sqrt(np.diag(covariance))
    lag_ns_m = _lag_ns_m(presses, beta, depth_m[used], velocity[used]) if fast else 0.0
    some = np.unique(np.linspace(0, len(depth_m) - 1, 150).astype(int))
    return StiffnessResult(
        linear_n_m=float(beta[0]),
        linear_sigma_n_m=float(sigma[0]),
        cubic_n_m3=float(beta[1]),
        cubic_sigma_n_m3=float(sigma[1]),
        damping_ns_m=float(beta[2]) if fast else float("nan"),
        damping_sigma_ns_m=float(np.hypot(sigma[2], lag_ns_m)) if fast else float("nan"),
        force_at_50mm_n=float(at @ beta),
        sigma_n=float(np.hypot(scatter_n, curves_n)),
        scatter_n=scatter_n,
        curves_n=curves_n,
        left_n=left_n,
        depth_m=depth_m[some],
        force_n=force_n[some],
        n_readings=len(depth_m),
        inputs_sha256=sha256_of([depth_m, force_n]),
    )


def _lag_ns_m(
    presses: Sequence[Presses], beta: FloatArray, depth_m: FloatArray, velocity_m_s: FloatArray
) -> float:
    """Tell what the chest sensor's lag may add to the damper: both change sign with the way."""
    slope_n_m = beta[0] + 3 * beta[1] * depth_m**2
    lag_m = np.sqrt(np.mean([p.depth_sigma_m**2 for p in presses]))
    push_n = lag_m * slope_n_m * np.abs(velocity_m_s)
    return float(np.sum(push_n) / np.sum(velocity_m_s**2))


def _require_deep(depth_m: FloatArray, what: str) -> None:
    if depth_m.max() < REACH_M:
        raise CalibrationError(
            f"{what}: the chest was pressed to {1000 * depth_m.max():.0f} mm, "
            f"{1000 * REACH_M:.0f} are needed to tell the force at 50 mm: press deeper"
        )


def _velocity(presses: Presses) -> FloatArray:
    """Differentiate the depth by a moving parabola, which leaves a compression's peak alone."""
    n = len(presses.t_s)
    if presses.still or n < 5:
        return np.zeros(n)
    step_s = float(np.median(np.diff(presses.t_s)))
    window = min(max(5, 2 * round(VELOCITY_S / step_s / 2) + 1), n - 1 + n % 2)
    return np.asarray(savgol_filter(presses.depth_m, window, 2, deriv=1, delta=step_s))


def _block_of(presses: Presses) -> IntArray:
    """Number the presses; readings at rest are each a press of their own."""
    if presses.still:
        return np.arange(len(presses.depth_m))
    deep = presses.depth_m > 0.5 * presses.depth_m.max()
    return np.concatenate([[0], np.cumsum(np.diff(deep.astype(np.int64)) > 0)])


def _jackknife(rows: FloatArray, force_n: FloatArray, block: IntArray, what: str) -> FloatArray:
    """Fit without each press in turn (Künsch 1989): readings within one are not independent."""
    blocks = np.unique(block)
    if len(blocks) < LEAST_BLOCKS:
        raise CalibrationError(
            f"{what}: {len(blocks)} presses, {LEAST_BLOCKS} are needed: press more often"
        )
    keeps: list[BoolArray] = [block != b for b in blocks]
    return np.array([_solve(rows[keep], force_n[keep]) for keep in keeps])


def _solve(rows: FloatArray, force_n: FloatArray) -> FloatArray:
    scale = np.maximum(np.abs(rows).max(axis=0), 1e-12)
    return np.asarray(np.linalg.lstsq(rows / scale, force_n, rcond=None)[0] / scale)
