"""What did not rest is refused with words; a plan is gone through, left and taken up again."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.mannequin.chest import DepthStation, chest_plan
from calibration.mannequin.matrix import cells_plan
from calibration.mannequin.station import CELLS, CHEST, StationsGuide, mean_of, unfit
from calibration.simulated.bench_technician import BenchTechnician, calibrate_bench
from mr.sim.bench import Workbench
from mr.types import FloatArray
from tests.unit.calibration.bench_readings import chest_stations


def reading(level: float = 420.0, n: int = 200, seed: int = 1) -> FloatArray:
    noise = np.random.default_rng(seed).normal(0.0, 0.8, (n, 6))
    return np.rint(np.full((n, 6), level) + noise)


def test_what_rests_is_taken() -> None:
    assert [seed for seed in range(300) if unfit(reading(420.3, seed=seed), (CHEST, *CELLS))] == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c: c + 4 * np.linspace(0, 1, len(c))[:, None], r"chest: it drifted by \+"),
        (lambda c: c + 4 * (np.arange(len(c)) > 90)[:, None], "chest: it jumped from 420 to 424"),
        (lambda c: c[:50], "only 50 samples, 60 are needed"),
        (lambda c: 0 * c, r"at its end \(0 counts\): check its cable"),
        (lambda c: 0 * c + 1023, "at its end .1023 counts.: less load"),
        (lambda c: c[:, :5], "no stream of six channels"),
        (lambda c: np.where(c > 421, np.nan, c), "no stream of six channels"),
    ],
)
def test_what_did_not_rest_is_refused(spoil, words: str) -> None:  # type: ignore[no-untyped-def]
    assert unfit(reading(), (CHEST,)) == ""
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(unfit(spoil(reading()), (CHEST,)))


def test_other_channels_may_do_what_they_like() -> None:
    counts = reading()
    counts[:, 2] += np.linspace(0, 30, len(counts))
    assert unfit(counts, (CHEST,)) == ""
    assert "force cell 1: it drifted" in unfit(counts, (CHEST, *CELLS))


def test_the_standard_error_is_that_of_the_mean() -> None:
    means = np.array([mean_of(reading(420.3, seed=seed)).counts[0] for seed in range(400)])
    claimed = mean_of(reading(420.3)).se_counts[0]
    assert 0.85 < means.std() / claimed < 1.15
    assert mean_of(np.full((100, 6), 7.0)).se_counts[0] > 0.02  # without noise, but in steps


def test_a_plan_is_led_through_and_its_end_is_known() -> None:
    guide, bench = StationsGuide(chest_plan()), Workbench(1)
    who = BenchTechnician(bench, clumsy_every=0)
    assert "take everything off the chest" in guide.progress.next
    assert not guide.progress.done
    for n, step in enumerate(chest_plan()):
        assert guide.current is not None
        assert guide.current.name == step.name
        assert guide.progress.n_taken == n
        assert guide.offer(who.chest(step)).taken
    progress = guide.progress
    assert progress.done
    assert progress.share == 1.0
    assert progress.next == "all is read"
    assert not guide.leave_out().taken


def test_a_capture_is_taken_up_again_where_it_was_left() -> None:
    stations = chest_stations(Workbench(2))
    guide = StationsGuide(chest_plan(), stations[:7])
    assert guide.current is not None
    assert guide.current.name == chest_plan()[7].name
    assert guide.progress.n_taken == 7
    whole = StationsGuide(chest_plan(), stations)
    assert whole.progress.done
    assert whole.offer(stations[3]).taken  # again
    assert len(whole.samples) == len(stations) + 1
    assert whole.take_back().taken
    assert len(whole.samples) == len(stations)
    assert not StationsGuide(chest_plan()).take_back().taken


def test_what_is_optional_may_be_left_out_and_nothing_else() -> None:
    guide, who = StationsGuide(chest_plan()), BenchTechnician(Workbench(3), clumsy_every=0)
    assert "'in 0 mm' is needed" in guide.leave_out().why
    n_left = 0
    while (step := guide.current) is not None:
        if step.optional:
            assert "may be left out" in guide.progress.next
            assert guide.leave_out().taken
            n_left += 1
        else:
            assert guide.offer(who.chest(step)).taken
    assert n_left == 6
    assert guide.progress.done
    assert guide.progress.share == 1.0


def test_a_station_of_another_plan_and_one_that_was_not_changed_are_refused() -> None:
    stations = chest_stations(Workbench(4))
    guide = StationsGuide(cells_plan())
    assert "no step of this plan" in guide.offer(stations[0]).why  # type: ignore[arg-type]
    chest = StationsGuide(chest_plan(), stations[:3])
    again = DepthStation(stations[3].step, 0.015, "in", stations[2].counts + 0.5)
    assert "reads like 'in 10 mm' before it: press down onto the 15 mm" in chest.offer(again).why
    assert chest.offer(stations[3]).taken


def test_a_clumsy_technician_is_refused_and_repeats() -> None:
    work = calibrate_bench(Workbench(5), "SIM-0001", 0.22)
    said = "\n".join(work.refused)
    assert "it drifted by" in said
    assert "it jumped from" in said
    assert "the stroke was cut off" in said
    assert all(record.passed for record in work.records)
    calm = calibrate_bench(Workbench(5), "SIM-0001", 0.22, clumsy_every=0)
    assert calm.refused == ()
    assert work.chest.n_stations == calm.chest.n_stations
