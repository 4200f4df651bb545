"""A rig's curves survive the mannequin's memory within what is said to be lost."""

from __future__ import annotations

import numpy as np
import pytest

from mr.devices.mannequin.calibration_block import (
    CELL,
    CHEST,
    CurveLoss,
    Scale,
    block_of,
    calibration_of,
    worst_deviation,
)
from mr.errors import CalibrationError, ConfigError
from mr.rig import Curve, MannequinCalibration
from mr.wire import CalibrationBlock
from mr.wire.blocks import CALIBRATION_LENGTH

MADE_UTC_S = 1_790_000_000


def curve(first: float, last: float, sigma: float, n: int = 61, bend: float = 0.1) -> Curve:
    """Give a curve as calibration makes them: dozens of knots at broken counts, bent."""
    counts = np.linspace(73.97, 892.295, n)
    u = np.linspace(0.0, 1.0, n)
    values = first + (last - first) * (u + bend * np.sin(2 * np.pi * u) / np.pi)
    return Curve(counts=tuple(counts), values=tuple(values), sigma=sigma)


def cell(last_n: float, sigma: float = 0.4, first_n: float = 0.0) -> Curve:
    """Give a force cell's curve, which bends less."""
    return curve(first_n, last_n, sigma, n=41, bend=0.05)


CELLS = (cell(392), cell(392, 0.5), cell(380), cell(401))


def mannequin(
    chest: Curve | None = None,
    cells: tuple[Curve, Curve, Curve, Curve] = CELLS,
    airway: Curve | None = None,
) -> MannequinCalibration:
    return MannequinCalibration(
        serial="SAM-7",
        body="child",
        chest_ap_m=0.18,
        chest_depth_m=chest or curve(0.0, 0.075, 5e-5),
        cell_force_n=cells,
        cell_xy_in_mannequin_m=((0.035, 0.045), (-0.035, 0.045), (0.035, -0.045), (-0.035, -0.045)),
        airway_flow_ml_s=airway or curve(-1300.0, 1300.0, 6.5),
    )


def curves_of(calibration: MannequinCalibration) -> tuple[Curve, ...]:
    return (
        calibration.chest_depth_m,
        *calibration.cell_force_n,
        calibration.airway_flow_ml_s,
    )


def deviations(
    before: MannequinCalibration, after: MannequinCalibration, losses: tuple[CurveLoss, ...]
) -> list[float]:
    """Measure what was lost at every quarter of a count, not only where code looks."""
    found = []
    for a, b, loss in zip(curves_of(before), curves_of(after), losses, strict=True):
        counts = np.arange(a.counts[0], a.counts[-1], 0.25)
        shown = 1e3 if loss.unit == "mm" else 1.0
        found.append(float(np.abs(a(counts) - b(counts)).max()) * shown)
    return found


@pytest.mark.parametrize("falling", [False, True])
def test_there_and_back_within_what_is_said_to_be_lost(falling: bool) -> None:
    rig = mannequin()
    if falling:
        fall = cell(0, first_n=392)
        rig = mannequin(curve(0.075, 0.0, 5e-5), (fall,) * 4, curve(1300.0, -1300.0, 6.5))
    block, losses = block_of(rig, MADE_UTC_S)
    data = block.to_bytes()
    assert len(data) == CALIBRATION_LENGTH
    back = calibration_of(CalibrationBlock.from_bytes(data), "SAM-7")
    for loss, found in zip(losses, deviations(rig, back, losses), strict=True):
        assert 0.2 * loss.worst < found <= loss.worst * 1.000001, loss
        assert found < 0.8 * loss.sigma
    assert (back.serial, back.body, back.chest_ap_m) == ("SAM-7", "child", 0.18)
    assert back.cell_xy_in_mannequin_m == rig.cell_xy_in_mannequin_m
    assert [c.sigma for c in back.cell_force_n] == [max(c.sigma for c in rig.cell_force_n)] * 4
    assert back.chest_depth_m.sigma == pytest.approx(5e-5)
    again, lost_again = block_of(back, MADE_UTC_S)
    assert again == block
    assert [loss.worst for loss in lost_again] == [0.0] * 6


def test_the_check_sees_a_curve_that_came_back_wrong() -> None:
    """Negative control: two units of one knot are more than what is said to be lost."""
    rig = mannequin()
    block, losses = block_of(rig, MADE_UTC_S)
    count, depth = block.chest[10]
    knots = (*block.chest[:10], (count, depth + 4), *block.chest[11:])
    back = calibration_of(block._replace(chest=knots), "SAM-7")
    assert deviations(rig, back, losses)[0] > losses[0].worst
    assert deviations(rig, back, losses)[1] <= losses[1].worst * 1.000001


def test_knots_are_better_than_evenly_spread_ones() -> None:
    rig = mannequin()
    _, losses = block_of(rig, MADE_UTC_S)
    for a, loss, scale in ((CELLS[0], losses[1], CELL), (rig.chest_depth_m, losses[0], CHEST)):
        even = np.rint(np.linspace(a.counts[0], a.counts[-1], scale.n_knots))
        plain = Curve(counts=tuple(even), values=tuple(a(even)), sigma=1.0)
        assert loss.worst < 0.75 * worst_deviation(a, plain) * scale.shown_per_value


def test_the_worst_deviation_is_the_worst() -> None:
    """Of two straight lines with a bend each, by hand."""
    a = Curve(counts=(0, 10, 20), values=(0, 10, 40), sigma=1)
    b = Curve(counts=(0, 15, 30), values=(0, 15, 60), sigma=1)
    assert worst_deviation(a, b) == 10.0  # at 15: 25 against 15
    assert worst_deviation(a, a) == 0.0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"chest": curve(-0.03, 0.045, 5e-5)},
            ("chest", "from -30 to 45 mm", "keeps 0 to", "unloaded zero"),
        ),
        ({"chest": curve(0.0, 0.075, 1e-6)}, ("chest", "sigma of 0.001", "off by")),
        ({"cells": (*CELLS[:2], cell(900), CELLS[3])}, ("cell 2", "to 900 N", "to 655")),
        ({"airway": curve(-4000, 4000, 6.5)}, ("airway", "-4000 to 4000 mL/s", "-3276.7")),
        ({"cells": (curve(0, 392, 0.4, bend=0.2), *CELLS[1:])}, ("cell 0", "bends", " N in the")),
        ({"chest": Curve(counts=(80, 90), values=(0.0, 0.07), sigma=5e-5)}, ("covers 11 counts",)),
        ({"chest": Curve(counts=(0, 900), values=(0, 1e-4), sigma=5e-5)}, ("chest", "flat")),
    ],
)
def test_what_the_mannequin_cannot_keep_is_refused(
    changed: dict[str, Curve], words: tuple[str, ...]
) -> None:
    with pytest.raises(CalibrationError) as refused:
        block_of(mannequin(**changed), MADE_UTC_S)  # type: ignore[arg-type]
    for word in words:
        assert word in str(refused.value)


def test_a_sigma_is_never_kept_smaller_than_it_is() -> None:
    block, _ = block_of(mannequin(curve(0.0, 0.075, 5.01e-5)), MADE_UTC_S)
    assert block.chest_sigma_um == 51
    with pytest.raises(CalibrationError, match="sigma of the airway"):
        block_of(mannequin(airway=curve(-1300, 1300, 7000.0)), MADE_UTC_S)


def test_a_block_of_nonsense_is_no_calibration() -> None:
    block, _ = block_of(mannequin(), MADE_UTC_S)
    for nonsense in (
        block._replace(chest=block.chest[::-1]),
        block._replace(body=9),
        block._replace(chest_ap_10um=0),
        block._replace(chest_sigma_um=0),
    ):
        with pytest.raises(ConfigError, match="stored in mannequin SAM-7"):
            calibration_of(nonsense, "SAM-7")


def test_scales_are_those_of_the_wire() -> None:
    """0.075 m are 7500 of 10 µm and 75 mm; 1 N are 100 of 10 mN; as docs/PROTOCOL.md has it."""
    assert isinstance(CHEST, Scale)
    block, _ = block_of(mannequin(), MADE_UTC_S)
    rig = mannequin()
    last = block.chest[-1]
    assert last[1] == pytest.approx(float(rig.chest_depth_m(last[0])) * 1e5, abs=0.51)
    last = block.cells[3][-1]
    assert last[1] == pytest.approx(float(rig.cell_force_n[3](last[0])) * 100, abs=0.51)
    first = block.airway[0]
    assert first[1] == pytest.approx(float(rig.airway_flow_ml_s(first[0])) * 10, abs=0.51)
    assert block.cell_xy_10um == ((3500, 4500), (-3500, 4500), (3500, -4500), (-3500, -4500))
    assert (block.body, block.made_utc_s, block.chest_ap_10um) == (1, MADE_UTC_S, 18000)


def test_crosstalk_has_no_place_in_the_mannequin_and_is_not_dropped() -> None:
    mixed = ((1, 0.01, 0, 0), (0.02, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
    with pytest.raises(CalibrationError, match=r"crosstalk of up to 2\.0 % of a force"):
        block_of(mannequin().model_copy(update={"cell_crosstalk": mixed}), MADE_UTC_S)
    block, _ = block_of(mannequin(), MADE_UTC_S)
    assert calibration_of(block, "SAM-7").cell_crosstalk is None
