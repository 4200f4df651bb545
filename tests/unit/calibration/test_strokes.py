"""Strokes that are not whole, leaks, reversed tubes and mistyped syringes are named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.mannequin.strokes import Stroke, unfit_stroke
from calibration.mannequin.syringe import changed_share, measure_airway, volumes_by
from mr.errors import CalibrationError
from mr.sim.bench import Workbench
from mr.types import FloatArray
from tests.unit.calibration.bench_readings import changed, strokes_of

MEDIUM = "push 500 mL, medium, 1"


@pytest.fixture(scope="module")
def strokes() -> list[Stroke]:
    return strokes_of(Workbench(2))


def refusal(strokes: list[Stroke]) -> str:
    with pytest.raises(CalibrationError) as caught:
        measure_airway(strokes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def part(strokes: list[Stroke], step: str, which: slice) -> list[Stroke]:
    stroke = next(s for s in strokes if s.step == step)
    return changed(strokes, step, t_s=stroke.t_s[which], counts=stroke.counts[which])


def test_whole_strokes_are_taken_and_the_volumes_come_out(strokes: list[Stroke]) -> None:
    result = measure_airway(strokes)
    assert np.abs(result.left_out_ml / result.volumes_ml - 1).max() < 0.02
    record = result.record("SIM-0001")
    assert record.passed
    assert "nothing would show a volume that was mistyped" in record.notes[0]
    assert result.curve(result.zero_counts) == pytest.approx(0.0, abs=1e-9)


def test_a_stroke_that_was_cut_off_is_named(strokes: list[Stroke]) -> None:
    n = len(next(s for s in strokes if s.step == MEDIUM).t_s)
    assert f"{MEDIUM}: the stroke was cut off: the reading ends" in refusal(
        part(strokes, MEDIUM, slice(0, 6 * n // 10))
    )
    assert f"{MEDIUM}: the stroke was cut off: the reading begins" in refusal(
        part(strokes, MEDIUM, slice(4 * n // 10, None))
    )
    assert "too short" in refusal(part(strokes, MEDIUM, slice(0, 100)))


def test_what_is_no_stroke_is_named(strokes: list[Stroke]) -> None:
    stroke = strokes[0]
    rest = np.tile(stroke.counts[:1], (len(stroke.t_s), 1))
    assert "no stroke is to be seen" in unfit_stroke(replace(stroke, counts=rest))
    clipped = np.clip(stroke.counts, 0, 530)
    assert "the sensor was at its end" in unfit_stroke(replace(stroke, counts=clipped))
    late_s = stroke.t_s + (np.arange(len(stroke.t_s)) > 300) * 0.4
    assert "samples are missing" in unfit_stroke(replace(stroke, t_s=late_s))
    silent = stroke.counts.copy()
    silent[200, 5] = -32768
    assert "silent" in unfit_stroke(replace(stroke, counts=silent))
    assert "six channels" in unfit_stroke(replace(stroke, counts=stroke.counts[:, :3]))


def test_reversed_tubes_are_told_from_one_wrong_stroke(strokes: list[Stroke]) -> None:
    turned = [replace(s, counts=1023 - s.counts) for s in strokes]
    assert "the two tubes at the sensor are reversed" in refusal(turned)
    one = changed(strokes, MEDIUM, volume_ml=-500.0)
    assert f"{MEDIUM}: by all others it was pushed, this draw" in refusal(one)


def test_a_leak_is_named() -> None:
    leaking = refusal(strokes_of(Workbench(2, leak_share=0.10)))
    assert "at the same pressure a push gives 11 % more flow than a draw: one way leaks" in leaking


def test_a_second_syringe_shows_a_mistyped_volume() -> None:
    both = strokes_of(Workbench(2), second_ml=1000.0)
    assert measure_airway(both).n_sizes == 2
    wrong = [
        replace(s, volume_ml=0.9 * s.volume_ml) if abs(s.volume_ml) == 1000 else s for s in both
    ]
    assert "by the 500 mL syringe the one of 900 mL holds" in refusal(wrong)


def test_the_curve_before_shows_a_mistyped_volume(strokes: list[Stroke]) -> None:
    before = measure_airway(strokes_of(Workbench(7))).curve
    right = measure_airway(strokes)
    assert right.record("SIM-0001", before).passed
    wrong = measure_airway([replace(s, volume_ml=1.2 * s.volume_ml) for s in strokes])
    assert wrong.record("SIM-0001").passed  # alone, nothing is to be seen
    failed = wrong.record("SIM-0001", before).failures
    assert [check.item for check in failed] == ["flow against the curve before"]
    assert changed_share(wrong.curve, right.curve, wrong.zero_counts) == pytest.approx(
        0.2, abs=0.01
    )
    assert volumes_by(right.curve, strokes) == pytest.approx(right.seen_ml, rel=0.005)


def test_too_few_strokes_are_named(strokes: list[Stroke]) -> None:
    assert "0 strokes drawn, 4 each way" in refusal([s for s in strokes if s.volume_ml > 0])
    assert "0 strokes pushed" in refusal([])


def power_law(flow_ml_s: FloatArray) -> FloatArray:
    """Another element on a 16-bit sensor: steeper draws, and no root of a square."""
    q = flow_ml_s / 1000.0
    drop = np.sign(q) * np.abs(q) ** 1.6
    return np.asarray(40.0 + 17_000.0 * np.where(q > 0, drop, 0.98 * drop))


def test_another_sensors_law_is_followed() -> None:
    rng, strokes = np.random.default_rng(8), []
    for k in range(12):
        seconds, way = (3.0, 1.5, 0.8)[k % 3], 1.0 if k < 6 else -1.0
        t_s = np.arange(0.0, seconds + 1.6, 0.005)
        u = np.clip((t_s - 0.8) / seconds, 0, 1)
        flow = np.sin(np.pi * u) ** 1.5 * (1.2 + 0.3 * np.sin(4 * np.pi * u + k))
        flow *= way * 500.0 / np.trapezoid(flow, t_s)
        counts = np.zeros((len(t_s), 6))
        counts[:, 5] = np.rint(power_law(flow) + rng.normal(0, 12, len(t_s)))
        strokes.append(Stroke(f"stroke {k}", way * 500.0, t_s, counts))
    result = measure_airway(strokes)
    assert np.abs(result.left_out_ml / result.volumes_ml - 1).max() < 0.02
    asked = np.concatenate([np.linspace(-800, -100, 20), np.linspace(100, 800, 20)])
    assert np.abs(result.curve(power_law(asked)) / asked - 1).max() < 0.03
