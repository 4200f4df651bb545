"""The chest's displacement sensor, by gauge blocks.

Takes known depths and the counts read at them, on the way in and on the way out, gives the
curve from counts to metres and the loop between the two ways; leaves pressing the blocks to the
technician, reading to `station`, and finding mistaken blocks to `blocks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from calibration.mannequin.blocks import Levels, levels_of, require_sound
from calibration.mannequin.curves import between_levels, curve_through, fit_monotone_curve
from calibration.mannequin.station import CELLS, CHEST, Step, unfit
from calibration.record import BudgetLine, Check, Plot, Record, band, line, points, sha256_of
from mr.errors import CalibrationError
from mr.rig import Curve
from mr.types import FloatArray

BLOCK_SIGMA_M = 5e-5
"""A gauge block with its seating: 0.05 mm."""
GAUGE_SIGMA_M = 2e-5
"""The block alone: a shop's steel or ground block, of 0.02 mm; the same each time it is used."""
SEATING_SIGMA_M = 4.5e-5
"""Laying it in, anew each time, where too few blocks were read both ways to measure that."""
MIN_RANGE_M = 0.04
FULL_RANGE_M = 0.06
"""The guidelines' deepest compression; the curve should reach it."""
CURVE_LIMIT_M = 2e-4
LOOP_LIMIT_M = 1e-3
ASSUMED_LOOP_M = 3e-4
"""When nothing was read on the way out: a loop of a good linear potentiometer under a plate."""
BETWEEN_TWO = 2.0 / 3.0
"""Of two blocks' variance, what is left of it between them on the mean."""
SMOOTHED = 5
"""Widths of the loop that are averaged."""
GREATEST = 1.6
"""The greatest of several means is more often too wide: by 1.25 of their sigmas on the mean, which
makes its error so much greater than theirs (simulated, of three means that are independent)."""
LEAST_WIDTHS = 6
"""So many widths of the loop tell how well blocks are laid in."""
BLOCKS_MM = tuple(range(5, 71, 5))


@dataclass(frozen=True, slots=True, eq=False)
class DepthStation:
    """The chest held down by a gauge block, read for a second."""

    step: str
    depth_m: float
    """0: unloaded."""
    going: str
    """"in" or "out": which way the chest came to the block."""
    counts: FloatArray
    """(n, 6)."""


@dataclass(frozen=True, slots=True, eq=False)
class ChestResult:
    """The chest's curve, through the middle of its loop."""

    curve: Curve
    """Its sigma is that of a reading on either way: the loop is in it."""
    mean_sigma_m: float
    """One-sigma of the middle alone."""
    loop_m: float
    """Greatest width of the loop; NaN when nothing was read on the way out."""
    loop_sigma_m: float
    loop_at_m: float
    """The depth at which it is that wide."""
    loop_rms_m: float
    """Of either way about the middle, over the whole range."""
    zero_return_m: float
    """What the unloaded chest reads at the end, less at the start; NaN if read once."""
    gauge_sigma_m: float
    seating_sigma_m: float
    """Of one laying in."""
    reading_sigma_m: float
    between_sigma_m: float
    """What the curve may miss between blocks."""
    depths_m: FloatArray
    """(k,) of the blocks, rising."""
    in_m: FloatArray
    """(k,) what the curve says on the way in, less the block; NaN where not read."""
    out_m: FloatArray
    n_stations: int
    inputs_sha256: str

    def record(self, subject: str) -> Record:
        """Say it with its limits."""
        loop_known = np.isfinite(self.loop_m)
        checks = [
            Check(
                item="chest curve, twice its sigma",
                value=2e3 * self.mean_sigma_m,
                unit="mm",
                high=1e3 * CURVE_LIMIT_M,
                why="0.2 mm over 0 to 70 mm is wanted: more blocks, no more than 10 mm apart",
            ),
            Check(
                item="deepest block",
                value=1e3 * float(self.depths_m[-1]),
                unit="mm",
                low=1e3 * FULL_RANGE_M,
                why="the guidelines' deepest compression",
            ),
        ]
        if loop_known:
            checks.append(
                Check(
                    item=f"hysteresis, widest (at {1e3 * self.loop_at_m:.0f} mm)",
                    value=1e3 * self.loop_m,
                    unit="mm",
                    sigma=1e3 * self.loop_sigma_m,
                    high=1e3 * LOOP_LIMIT_M,
                    why="half of it, 0.5 mm, is the best error published for a sensor rig; "
                    "above: the rod sticks or has play, see to it",
                )
            )
        if np.isfinite(self.zero_return_m):
            checks.append(
                Check(
                    item="unloaded chest, end less start",
                    value=1e3 * self.zero_return_m,
                    unit="mm",
                    sigma=1e3 * float(np.sqrt(2.0)) * self.reading_sigma_m,
                )
            )
        return Record(
            procedure="chest",
            subject=subject,
            checks=tuple(checks),
            budget=self._budget(),
            plots=self._plots(),
            n_samples=self.n_stations,
            inputs_sha256={"chest_stations": self.inputs_sha256},
            notes=() if loop_known else ("hysteresis not measured: nothing was read going out",),
        )

    def _budget(self) -> tuple[BudgetLine, ...]:
        known = np.isfinite(self.loop_m)
        rows = (
            ("gauge blocks", self.gauge_sigma_m, "stated: ground blocks, 0.02 mm"),
            ("laying them in", self.seating_sigma_m, "measured: scatter of the loop's width"),
            ("reading", self.reading_sigma_m, "measured: scatter of the counts"),
            ("between blocks", self.between_sigma_m, "measured: each block left out in turn"),
            (
                "hysteresis",
                self.loop_rms_m,
                "measured: both ways about their middle"
                if known
                else f"assumed: a loop of {1e3 * ASSUMED_LOOP_M:.1f} mm",
            ),
        )
        return tuple(BudgetLine(source=s, sigma=1e3 * v, unit="mm", how=h) for s, v, h in rows)

    def _plots(self) -> tuple[Plot, ...]:
        depths_mm = 1e3 * self.depths_m
        sigma_mm = 1e3 * self.mean_sigma_m
        ends = [float(depths_mm[0]), float(depths_mm[-1])]
        ways = [
            points(name, depths_mm[np.isfinite(off)], 1e3 * off[np.isfinite(off)])
            for name, off in (("going in", self.in_m), ("coming out", self.out_m))
        ]
        sure = band("one sigma of the middle", ends, [-sigma_mm] * 2, [sigma_mm] * 2)
        curve = line("curve", self.curve.counts, 1e3 * np.array(self.curve.values))
        return (
            Plot(
                title="Hysteresis: what the curve says, less the block",
                x_label="block, mm",
                y_label="reading less block, mm",
                series=(sure, *ways),
            ),
            Plot(
                title="Chest sensor",
                x_label="counts",
                y_label="depth, mm",
                series=(curve,),
            ),
        )


def measure_chest(stations: Sequence[DepthStation], what: str = "chest") -> ChestResult:
    """Fit the curve through the middle of both ways.

    A reading of a chest that moves is on one way or the other, half a loop off the middle:
    that is in the curve's sigma.

    Parameters
    ----------
    stations
        The unloaded chest must be among them, and a block of 40 mm at least. Those of the way
        out may be missing: the loop is then assumed.

    Raises
    ------
    CalibrationError
        When stations are missing, unfit, or do not agree; the block that is wrong is named.
    """
    _require_whole(stations, what)
    levels = levels_of(stations)
    require_sound(stations, levels, what)
    middle, widths_m, slope = _middle(levels)
    order = np.argsort(middle)
    counts, depths_m = middle[order], levels.depths_m[order]
    both = np.isfinite(widths_m)
    inner = both & (levels.depths_m > 0) & (levels.depths_m < levels.depths_m[-1])
    known = int(inner.sum()) > 0
    smooth_m = _smoothed(levels.depths_m, widths_m)
    seating_m = _seating(widths_m[inner]) if inner.sum() >= LEAST_WIDTHS else SEATING_SIGMA_M
    ways = np.where(inner, 2.0, 1.0)
    reading_m = float(np.sqrt(np.mean((slope * levels.se_counts) ** 2)))
    between_m = between_levels(counts, depths_m)
    reference_m2 = GAUGE_SIGMA_M**2 + np.mean(seating_m**2 / ways)
    mean_sigma_m = float(np.sqrt(BETWEEN_TWO * (reference_m2 + reading_m**2) + between_m**2))
    loop_rms_m = 0.5 * ASSUMED_LOOP_M
    if known:
        mean_square = np.trapezoid(0.25 * smooth_m**2, levels.depths_m) / levels.depths_m[-1]
        loop_rms_m = float(np.sqrt(mean_square))
    widest = _widest(smooth_m)
    curve = curve_through(counts, depths_m, float(np.hypot(mean_sigma_m, loop_rms_m)))
    zeros = levels.counts_in[0], levels.counts_out[0]
    return ChestResult(
        curve=curve,
        mean_sigma_m=mean_sigma_m,
        loop_m=float(abs(smooth_m[widest])) if known else float("nan"),
        loop_sigma_m=float(GREATEST * np.sqrt(2.0 / SMOOTHED) * np.hypot(seating_m, reading_m)),
        loop_at_m=float(levels.depths_m[widest]) if known else float("nan"),
        loop_rms_m=loop_rms_m,
        zero_return_m=float(curve(zeros[1]) - curve(zeros[0])),
        gauge_sigma_m=GAUGE_SIGMA_M,
        seating_sigma_m=seating_m,
        reading_sigma_m=reading_m,
        between_sigma_m=between_m,
        depths_m=levels.depths_m,
        in_m=curve(levels.counts_in) - levels.depths_m,
        out_m=curve(levels.counts_out) - levels.depths_m,
        n_stations=len(stations),
        inputs_sha256=sha256_of([s.counts for s in stations]),
    )


def _require_whole(stations: Sequence[DepthStation], what: str) -> None:
    for station in stations:
        trouble = unfit(station.counts, (CHEST,))
        if trouble:
            raise CalibrationError(f"{what}, {station.step}: {trouble}")
    depths_m = np.array([s.depth_m for s in stations])
    if not len(depths_m) or depths_m.min() != 0.0:
        least = "no station" if not len(depths_m) else f"{depths_m.min() * 1000:.1f} mm"
        raise CalibrationError(
            f"{what}: the smallest depth is {least}: read the unloaded chest (0 mm) too"
        )
    _require_range(float(depths_m.max()), what)


def _require_range(deepest_m: float, what: str) -> None:
    if deepest_m < MIN_RANGE_M:
        raise CalibrationError(
            f"{what}: the deepest block is {deepest_m * 1000:.1f} mm, compressions go to "
            f"60 mm: measure to {MIN_RANGE_M * 1000:.0f} mm at least"
        )


def _middle(levels: Levels) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the counts midway between both ways, the loop's widths and m per count, (k,) each.

    Where one way was not read, the loop's width there is that of the blocks beside it.
    """
    depths_m = levels.depths_m
    one = np.nanmean(np.stack([levels.counts_in, levels.counts_out]), axis=0)
    order = np.argsort(one)
    slope = PchipInterpolator(one[order], depths_m[order]).derivative()(one)
    widths_m = slope * (levels.counts_out - levels.counts_in)
    widths_m[-1] = 0.0  # here the chest turns
    smooth_m = _smoothed(depths_m, widths_m)
    lone = np.isnan(levels.counts_in) | np.isnan(levels.counts_out)
    lone[-1] = False
    way = np.where(np.isnan(levels.counts_out), 0.5, -0.5)
    return one + np.where(lone, way * smooth_m / slope, 0.0), widths_m, slope


def _smoothed(depths_m: FloatArray, widths_m: FloatArray) -> FloatArray:
    """Average each width with its neighbours', over gaps too: a loop has no corners inside.

    The unloaded chest and the deepest block are the loop's ends and are left as they are.
    """
    known = np.isfinite(widths_m)
    filled = np.interp(depths_m, depths_m[known], widths_m[known])
    inner, n = filled[1:-1], len(filled) - 2
    total = np.concatenate([[0.0], np.cumsum(inner)])
    k = np.arange(n)
    reach = np.minimum(np.minimum(k, n - 1 - k), SMOOTHED // 2)  # at an end the loop opens
    smooth = (total[k + reach + 1] - total[k - reach]) / (2 * reach + 1)
    return np.concatenate([filled[:1], smooth, filled[-1:]])


def _widest(smooth_m: FloatArray) -> int:
    """Find where the loop is widest, among widths that are means of the full number if any are."""
    margin = min(1 + SMOOTHED // 2, (len(smooth_m) - 1) // 2)
    inner = np.abs(smooth_m[margin : len(smooth_m) - margin])
    return margin + int(np.argmax(inner))


def _seating(widths_m: FloatArray) -> float:
    """Tell how well a block is laid in: a width's difference from the mean of those beside it.

    That difference has 1.5 times a width's variance, and a width twice a laying's.
    """
    bends = widths_m[1:-1] - 0.5 * (widths_m[:-2] + widths_m[2:])
    return float(np.sqrt(np.mean(bends**2) / 3.0))


def chest_plan(blocks_mm: Sequence[float] = BLOCKS_MM) -> tuple[Step[DepthStation], ...]:
    """Plan the unloaded chest, the blocks going in, the same coming out, the unloaded chest.

    Every second block of the way out may be left out.
    """
    rising = sorted(blocks_mm)
    steps = [_step(0.0, "in", "take everything off the chest")]
    steps += [_step(b, "in", f"press down onto the {b:g} mm block") for b in rising]
    steps += [
        _step(
            b,
            "out",
            f"from deeper, without letting go, come up onto the {b:g} mm block",
            optional=k % 2 == 1,
        )
        for k, b in enumerate(reversed(rising[:-1]))
    ]
    steps.append(_step(0.0, "out", "let the chest come up, take everything off it"))
    return tuple(steps)


def _step(block_mm: float, going: str, ask: str, *, optional: bool = False) -> Step[DepthStation]:
    name = f"{going} {block_mm:g} mm"

    def make(t_s: FloatArray, counts: FloatArray) -> DepthStation:
        del t_s
        return DepthStation(name, block_mm / 1000.0, going, counts)

    return Step(name, ask, make, lambda s: unfit(s.counts, (CHEST, *CELLS)), (CHEST,), optional)


def fit_chest_curve(
    depth_m: FloatArray, counts: FloatArray, block_sigma_m: float = BLOCK_SIGMA_M
) -> Curve:
    """Fit the curve from counts to chest depth, of a sensor without a loop.

    Parameters
    ----------
    depth_m
        (n,) depth of the compression point into the chest at each reading; 0 is unloaded
        and must be among them.
    counts
        (n,) readings of the chest channel.

    Raises
    ------
    CalibrationError
        When the unloaded chest is missing, the range is too small for a compression, or
        the counts do not follow the depth.
    """
    if depth_m.min() != 0.0:
        raise CalibrationError(
            f"chest: the smallest depth is {depth_m.min() * 1000:.1f} mm: "
            "read the unloaded chest (0 mm) too"
        )
    _require_range(float(depth_m.max()), "chest")
    return fit_monotone_curve(depth_m, counts, block_sigma_m, "chest", "m")
