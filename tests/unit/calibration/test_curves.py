"""Bench procedures recover a curve that they do not know, and say how well."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.mannequin.airway import fit_airway_curve
from calibration.mannequin.cells import STANDARD_GRAVITY_M_S2, fit_cell_curves
from calibration.mannequin.chest import fit_chest_curve
from calibration.mannequin.curves import fit_monotone_curve
from mr.errors import CalibrationError
from mr.types import FloatArray

BLOCKS_M = np.arange(0, 0.071, 0.005)


def bent_chest(depth_m: FloatArray) -> FloatArray:
    """A resistive sensor with a bow: counts fall with depth."""
    share = depth_m / 0.07
    return np.asarray(3600 - 3000 * share + 260 * np.sin(np.pi * share))


def read_chest(rng: np.random.Generator, noise: float = 3.0) -> tuple[FloatArray, FloatArray]:
    depth_m = np.repeat(BLOCKS_M, 50)
    return depth_m, np.round(bent_chest(depth_m) + rng.normal(0, noise, len(depth_m)))


def test_the_chest_curve_recovers_a_bent_sensor() -> None:
    asked_m = np.linspace(0, 0.07, 281)
    curve = fit_chest_curve(*read_chest(np.random.default_rng(2)))
    error_m = curve(bent_chest(asked_m)) - asked_m
    assert np.abs(error_m).max() < 0.15e-3
    assert np.sqrt(np.mean(error_m**2)) < curve.sigma
    assert curve.sigma < 0.2e-3
    straight = np.polyval(np.polyfit(bent_chest(BLOCKS_M), BLOCKS_M, 1), bent_chest(asked_m))
    assert np.abs(straight - asked_m).max() > 2e-3  # a line would not have passed


def test_the_curve_says_when_it_rests_on_too_few_levels() -> None:
    rng = np.random.default_rng(3)
    few = np.array([0.0, 0.02, 0.045, 0.07])
    depth_m = np.repeat(few, 50)
    counts = bent_chest(depth_m) + rng.normal(0, 3, len(depth_m))
    coarse, fine = fit_chest_curve(depth_m, counts), fit_chest_curve(*read_chest(rng))
    asked_m = np.linspace(0, 0.07, 281)
    worse = np.sqrt(np.mean((coarse(bent_chest(asked_m)) - asked_m) ** 2))
    assert coarse.sigma > 3 * fine.sigma
    assert worse < coarse.sigma


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d, c: (d[d > 0], c[d > 0]), "read the unloaded chest"),
        (lambda d, c: (d[d < 0.03], c[d < 0.03]), "measure to 40 mm"),
        (lambda d, c: (d, np.where(d == 0.02, c + 900, c)), "repeat these two readings"),
        (lambda d, c: (d, np.where(d == 0.02, np.nan, c)), "finite"),
        (lambda d, c: (d, 0 * c), "repeat these two readings"),
    ],
)
def test_bad_chest_readings_are_refused(spoil, message: str) -> None:  # type: ignore[no-untyped-def]
    depth_m, counts = read_chest(np.random.default_rng(4))
    with pytest.raises(CalibrationError, match=message):
        fit_chest_curve(*spoil(depth_m, counts))


def test_too_few_levels_are_refused() -> None:
    with pytest.raises(CalibrationError, match="at least 3"):
        fit_monotone_curve(np.array([0.0, 1.0, 1.0]), np.array([0.0, 5.0, 5.0]), 0.1, "x", "m")


def read_cells(rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    masses_kg = np.array([0.0, 2.0, 5.0, 10.0, 20.0, 30.0])
    gains = np.array([9.1, 8.7, 9.6, 8.9])
    cell = np.repeat(np.arange(4), 6 * 30)
    mass_kg = np.tile(np.repeat(masses_kg, 30), 4)
    load_n = mass_kg * STANDARD_GRAVITY_M_S2
    counts = np.full((len(cell), 4), 200.0) + rng.normal(0, 2, (len(cell), 4))
    counts[np.arange(len(cell)), cell] += gains[cell] * load_n - 1e-4 * load_n**2
    return cell, mass_kg, np.round(counts), gains


def test_each_cell_gets_its_own_curve() -> None:
    cell, mass_kg, counts, gains = read_cells(np.random.default_rng(5))
    curves = fit_cell_curves(cell, mass_kg, counts)
    asked_n = np.linspace(0, 290, 59)
    for k, curve in enumerate(curves):
        seen = curve(200 + gains[k] * asked_n - 1e-4 * asked_n**2)
        assert np.abs(seen - asked_n).max() < 0.5
        other = curves[(k + 1) % 4](200 + gains[k] * asked_n - 1e-4 * asked_n**2)
        assert np.abs(other - asked_n).max() > 2.0  # another cell's curve would be seen
        assert np.sqrt(np.mean((seen - asked_n) ** 2)) < curve.sigma


def test_a_mass_on_the_wrong_cell_is_found() -> None:
    cell, mass_kg, counts, _ = read_cells(np.random.default_rng(6))
    swapped = counts.copy()
    swapped[cell == 1] = counts[cell == 1][:, [1, 0, 2, 3]]
    with pytest.raises(CalibrationError, match="force cell 1: cell 0 moved"):
        fit_cell_curves(cell, mass_kg, swapped)
    with pytest.raises(CalibrationError, match="force cell 2: no readings"):
        fit_cell_curves(cell[cell != 2], mass_kg[cell != 2], counts[cell != 2])
    bare = (cell == 3) & (mass_kg == 0)
    with pytest.raises(CalibrationError, match="force cell 3: no reading without a mass"):
        fit_cell_curves(cell[~bare], mass_kg[~bare], counts[~bare])


def sensed_flow(flow_ml_s: FloatArray) -> FloatArray:
    """A pressure drop that grows faster than the flow, in both directions."""
    return np.asarray(2048 + 1.1 * flow_ml_s + 4e-4 * flow_ml_s * np.abs(flow_ml_s))


def test_the_airway_curve_recovers_flow_and_volume() -> None:
    rng = np.random.default_rng(7)
    flows = np.arange(-1200, 1201, 150.0)
    flow_ml_s = np.repeat(flows, 40)
    curve = fit_airway_curve(
        flow_ml_s, np.round(sensed_flow(flow_ml_s) + rng.normal(0, 2, len(flow_ml_s)))
    )
    t_s = np.arange(0, 1, 0.005)
    breath_ml_s = 550 * np.pi / 2 * np.sin(np.pi * t_s)  # 550 mL in one second
    volume_ml = float(np.sum(curve(sensed_flow(breath_ml_s))) * 0.005)
    assert volume_ml == pytest.approx(550, abs=5)
    line = np.polyfit(sensed_flow(flows), flows, 1)
    by_line_ml = float(np.sum(np.polyval(line, sensed_flow(breath_ml_s))) * 0.005)
    assert abs(by_line_ml - 550) > 10
    with pytest.raises(CalibrationError, match="push and pull"):
        fit_airway_curve(flow_ml_s[flow_ml_s >= 0], sensed_flow(flow_ml_s[flow_ml_s >= 0]))
