"""A rig's mannequin curves as the block that a mannequin keeps, and back.

Takes a rig's `MannequinCalibration`, gives the `CalibrationBlock` whose curves come
closest to it, with the worst of what is lost; leaves moving bytes to `console`. A rig's
curve has dozens of knots at any count; the block has a few at whole counts with values in
whole units, so the knots are chosen: those whose worst deviation is the least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mr.config import parse
from mr.errors import CalibrationError
from mr.rig import Curve, MannequinCalibration
from mr.types import FloatArray
from mr.wire.blocks import (
    AIRWAY_KNOTS,
    CELL_KNOTS,
    CHEST_KNOTS,
    CalibrationBlock,
    Knot,
)

BODIES = ("adult", "child", "infant")
"""A body's number in the block is its place here."""
GRID = 256
"""Candidates for knots spread over a curve's counts; the curve's own knots join them."""
U16 = (0, 0xFFFF)
I16 = (-0x7FFF, 0x7FFF)
"""-32768 counts mean that the airway sensor is silent."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One kind of curve: how the block writes it."""

    per_value: float
    """Units of the block in one unit of the rig (m, N, mL/s)."""
    shown_per_value: float
    """Shown units (mm, N, mL/s) in one unit of the rig."""
    shown_unit: str
    n_knots: int
    limits: tuple[int, int]
    """Of counts and of values alike."""
    sigma_per_value: float
    """Units of the block's sigma in one unit of the rig."""


CHEST = Scale(1e5, 1e3, "mm", CHEST_KNOTS, U16, 1e6)
CELL = Scale(1e2, 1.0, "N", CELL_KNOTS, U16, 1e2)
AIRWAY = Scale(1e1, 1.0, "mL/s", AIRWAY_KNOTS, I16, 1e1)


@dataclass(frozen=True, slots=True)
class CurveLoss:
    """What one curve loses on its way into the block, in the unit it is shown in."""

    name: str
    unit: str
    worst: float
    """Greatest deviation from the rig's curve over all the counts that it covers."""
    sigma: float
    """The rig's own one-sigma of that curve."""

    @property
    def matters(self) -> bool:
        """Tell whether more is lost than the curve was known to."""
        return self.worst > self.sigma


def block_of(
    calibration: MannequinCalibration, made_utc_s: int
) -> tuple[CalibrationBlock, tuple[CurveLoss, ...]]:
    """Write a rig's curves as a block, and say what each loses by it.

    Parameters
    ----------
    calibration
        The rig's curves.
    made_utc_s
        When they were measured, in seconds since 1970.

    Raises
    ------
    CalibrationError
        When a number does not fit into the block, a curve loses more than its sigma, or the
        cells have crosstalk.
    """
    _require_own_cells(calibration)
    chest, chest_loss = _fitted(calibration.chest_depth_m, CHEST, "chest")
    fitted = [_fitted(c, CELL, f"cell {k}") for k, c in enumerate(calibration.cell_force_n)]
    airway, airway_loss = _fitted(calibration.airway_flow_ml_s, AIRWAY, "airway")
    losses = (chest_loss, *(loss for _, loss in fitted), airway_loss)
    for loss in losses:
        if loss.matters:
            raise CalibrationError(
                f"the {loss.name} curve would be off by {loss.worst:.3g} {loss.unit} in the "
                f"mannequin, more than its sigma of {loss.sigma:.3g}: it bends more often than "
                "the mannequin's knots can follow; use the rig file, or measure it again"
            )
    x, y, *more = (
        (_whole(px, 1e5, I16, "x of a cell"), _whole(py, 1e5, I16, "y of a cell"))
        for px, py in calibration.cell_xy_in_mannequin_m
    )
    block = CalibrationBlock(
        body=BODIES.index(calibration.body),
        made_utc_s=_whole(made_utc_s, 1.0, (0, 0xFFFFFFFF), "day of calibration"),
        chest_ap_10um=_whole(calibration.chest_ap_m, 1e5, U16, "diameter of the chest"),
        chest_sigma_um=_sigma([calibration.chest_depth_m], CHEST, "chest"),
        cell_sigma_10mn=_sigma(calibration.cell_force_n, CELL, "cells"),
        flow_sigma_100ul_s=_sigma([calibration.airway_flow_ml_s], AIRWAY, "airway"),
        cell_xy_10um=(x, y, more[0], more[1]),
        chest=chest,
        cells=tuple(knots for knots, _ in fitted),
        airway=airway,
    )
    return block, losses


def calibration_of(block: CalibrationBlock, serial: str) -> MannequinCalibration:
    """Read a block as a rig's curves, for the mannequin of this serial number.

    Raises
    ------
    ConfigError
        When its numbers are no calibration: a curve that turns back, a chest of no size.
    """
    data = {
        "serial": serial,
        "body": body_name(block.body),
        "chest_ap_m": block.chest_ap_10um / 1e5,
        "chest_depth_m": _curve_data(block.chest, CHEST, block.chest_sigma_um),
        "cell_force_n": [_curve_data(k, CELL, block.cell_sigma_10mn) for k in block.cells],
        "cell_xy_in_mannequin_m": [(x / 1e5, y / 1e5) for x, y in block.cell_xy_10um],
        "airway_flow_ml_s": _curve_data(block.airway, AIRWAY, block.flow_sigma_100ul_s),
    }
    return parse(MannequinCalibration, data, f"calibration stored in mannequin {serial}")


def body_name(body: int) -> str:
    """Name the body of a block; a number that means none stays a number."""
    return BODIES[body] if body < len(BODIES) else str(body)


def worst_deviation(curve: Curve, other: Curve) -> float:
    """Tell how far `other` is from `curve` at worst over the counts `curve` covers.

    Both are straight between their knots, so the worst is at a knot of one of them.
    """
    inner = [c for c in other.counts if curve.counts[0] < c < curve.counts[-1]]
    counts = np.array([*curve.counts, *inner])
    return float(np.abs(curve(counts) - other(counts)).max())


def _curve_data(knots: Sequence[Knot], scale: Scale, sigma: int) -> dict[str, object]:
    return {
        "counts": [float(count) for count, _ in knots],
        "values": [value / scale.per_value for _, value in knots],
        "sigma": sigma / scale.sigma_per_value,
    }


def _whole(value: float, per_value: float, limits: tuple[int, int], what: str) -> int:
    whole = round(value * per_value)
    if not limits[0] <= whole <= limits[1]:
        raise CalibrationError(
            f"the {what} is {value:g}, which the mannequin cannot keep "
            f"({limits[0] / per_value:g} to {limits[1] / per_value:g}): correct the rig file"
        )
    return whole


def _sigma(curves: Sequence[Curve], scale: Scale, what: str) -> int:
    """Give the worst sigma, rounded up: what is kept claims no more than was known."""
    sigma = max(curve.sigma for curve in curves)
    units = float(np.ceil(round(sigma * scale.sigma_per_value, 6)))
    return _whole(units, 1.0, U16, f"sigma of the {what}")


def _fitted(curve: Curve, scale: Scale, name: str) -> tuple[tuple[Knot, ...], CurveLoss]:
    """Choose a curve's knots, and tell what it loses."""
    _require_room(curve, scale, name)
    counts, values = _candidates(curve, scale)
    if len(counts) < scale.n_knots:
        raise CalibrationError(
            f"the {name} curve covers {len(counts)} counts, too few for the {scale.n_knots} knots "
            "that the mannequin keeps: use the rig file, or measure it again"
        )
    errors = _chord_errors(curve, counts, values / scale.per_value)
    chosen = _least_worst_path(errors, scale.n_knots)
    if not chosen:
        raise CalibrationError(
            f"the {name} curve is so flat that the mannequin, which keeps values in steps of "
            f"{1 / scale.per_value:g}, cannot tell its counts apart: measure it again"
        )
    knots = tuple((int(counts[k]), int(values[k])) for k in chosen)
    kept = Curve.model_validate(_curve_data(knots, scale, 1))
    shown = scale.shown_per_value
    loss = CurveLoss(
        name, scale.shown_unit, worst_deviation(curve, kept) * shown, curve.sigma * shown
    )
    return knots, loss


def _require_own_cells(calibration: MannequinCalibration) -> None:
    """Refuse crosstalk, for which the block has no place; curves without it would be wrong."""
    if calibration.cell_crosstalk is None:
        return
    off = np.abs(np.array(calibration.cell_crosstalk) - np.eye(4)).sum(axis=0).max()
    raise CalibrationError(
        f"the cells have crosstalk of up to {100 * off:.1f} % of a force, which the mannequin "
        "cannot keep: use the rig file, or calibrate the cells again without crosstalk"
    )


def _require_room(curve: Curve, scale: Scale, name: str) -> None:
    """Refuse values beyond what the block can hold by more than their sigma."""
    shown = scale.shown_per_value
    least, most = (limit / scale.per_value for limit in scale.limits)
    low, high = min(curve.values), max(curve.values)
    if low < least - curve.sigma or high > most + curve.sigma:
        raise CalibrationError(
            f"the {name} curve goes from {low * shown:g} to {high * shown:g} {scale.shown_unit}, "
            f"the mannequin keeps {least * shown:g} to {most * shown:g}: use the rig file, or "
            "measure it again from the unloaded zero"
        )


def _candidates(curve: Curve, scale: Scale) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give whole counts over the curve's range with their values in whole units, (n,) each.

    Only what the block can hold: a depth below zero is left out, and the curve then goes
    on in a straight line below its first knot.
    """
    low, high = np.floor(curve.counts[0]), np.ceil(curve.counts[-1])
    spread = np.linspace(low, high, min(GRID, int(high - low) + 1))
    counts = np.unique(np.rint(np.concatenate([spread, curve.counts])).astype(np.int64))
    values = np.rint(curve(counts.astype(np.float64)) * scale.per_value).astype(np.int64)
    least, most = scale.limits
    fits = (counts >= least) & (counts <= most) & (values >= least) & (values <= most)
    return counts[fits], values[fits]


def _chord_errors(curve: Curve, counts: npt.NDArray[np.int64], values: FloatArray) -> FloatArray:
    """Give (n, n): how far the chord from candidate i to j > i is from the curve at worst.

    Infinite where the chord is none: backwards, or level, which a curve may not be.
    """
    n = len(counts)
    inner_counts = np.union1d(np.array(curve.counts), counts.astype(np.float64))
    inner_values = curve(inner_counts)
    rising = curve.values[-1] > curve.values[0]
    errors = np.full((n, n), np.inf)
    for i in range(n - 1):
        xs, ys = inner_counts[inner_counts >= counts[i]], inner_values[inner_counts >= counts[i]]
        slopes = (values[i + 1 :] - values[i]) / (counts[i + 1 :] - counts[i])
        deviation = np.abs(values[i] + slopes[:, None] * (xs - counts[i]) - ys)
        deviation[xs > counts[i + 1 :, None]] = 0.0
        usable = slopes > 0 if rising else slopes < 0
        errors[i, i + 1 :] = np.where(usable, deviation.max(axis=1), np.inf)
    return errors


def _least_worst_path(errors: FloatArray, n_knots: int) -> list[int]:
    """Choose `n_knots` candidates from the first to the last whose worst chord is the least.

    Dynamic programming over the number of knots, exact. Empty when there is no such path.
    """
    n = len(errors)
    worst = np.full(n, np.inf)
    worst[0] = 0.0
    came_from = []
    for _ in range(n_knots - 1):
        through = np.maximum(worst[:, None], errors)
        came_from.append(np.argmin(through, axis=0))
        worst = np.min(through, axis=0)
    if not np.isfinite(worst[-1]):
        return []
    path = [n - 1]
    for step in reversed(came_from):
        path.append(int(step[path[-1]]))
    return path[::-1]
