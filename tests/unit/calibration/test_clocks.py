"""Clocks: bad signals in words, the guide, the record."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.simulated.clock_technician import compress_for_clocks
from calibration.together.clock_record import clocks_record
from calibration.together.clocks import measure_clocks
from calibration.together.pair_lag import Signal
from mr.errors import CalibrationError
from mr.sim.clocked import SENSORS

TWO = SENSORS[:2]


@pytest.fixture(scope="module")
def signals() -> list[Signal]:
    return compress_for_clocks(1, TWO)


def test_two_sensors_without_known_signs() -> None:
    found = measure_clocks(compress_for_clocks(1, TWO, signs=False))
    assert abs(found.lag_s("mannequin", "camera side")[0] - 0.021) < 0.001
    assert abs(found.lag_s("camera side", "mannequin")[0] + 0.021) < 0.001
    assert found.closure_of == ()


def test_order_and_rate_do_not_matter(signals: list[Signal]) -> None:
    """The sparse one first: the same lag with the other sign."""
    there, back = measure_clocks(signals), measure_clocks(signals[::-1])
    assert there.offset_s[1] == pytest.approx(-back.offset_s[1], abs=1e-6)
    assert there.pairs[0].lag_s == pytest.approx(0.021, abs=0.001)


def test_wild_values_are_borne(signals: list[Signal]) -> None:
    rng = np.random.default_rng(1)
    value = signals[1].value.copy()
    wild = rng.random(len(value)) < 0.1
    value[wild] += rng.uniform(-0.1, 0.1, int(wild.sum()))
    found = measure_clocks([signals[0], replace(signals[1], value=value)])
    assert abs(found.offset_s[1] - 0.021) < 0.001


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": np.full(4000, np.nan)}, "mannequin: values must be finite"),
        ({"t_ns": np.zeros(4000, dtype=np.int64)}, "mannequin: values must be finite, stamps"),
        ({"sigma": np.zeros(4000)}, "sigmas be above 0"),
        ({"name": "camera side"}, "each with its own name"),
    ],
)
def test_unfit_signals_are_named(signals: list[Signal], change: dict, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(CalibrationError, match=words):
        measure_clocks([replace(signals[0], **change), signals[1]])


def test_short_and_lonely_signals_are_named(signals: list[Signal]) -> None:
    side = signals[1]
    short = Signal(side.name, side.t_ns[:50], side.value[:50], side.sigma[:50])
    with pytest.raises(CalibrationError, match="camera side: 50 looks, 100 are needed"):
        measure_clocks([signals[0], short])
    with pytest.raises(CalibrationError, match="two sensors or more"):
        measure_clocks(signals[:1])


def test_sensors_at_different_times_are_named(signals: list[Signal]) -> None:
    late = replace(signals[1], t_ns=signals[1].t_ns + 18_000_000_000)
    with pytest.raises(
        CalibrationError, match=r"has not seen the compressions|all sensors together"
    ):
        measure_clocks([signals[0], late])


def test_the_record() -> None:
    record = clocks_record(measure_clocks(compress_for_clocks(1, SENSORS[:3])), "rig")
    assert record.passed
    assert {c.item for c in record.checks if c.limited} >= {
        "camera side after mannequin, one-sigma",
        "camera top after mannequin, one-sigma",
    }
    assert len(record.notes) == 3 and "next best" in record.notes[0]
