"""The budget's arithmetic, and that each term can make the sum fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from mr.types import Placing
from tests.bench import overlay
from tests.bench.latency import ages
from tests.bench.overlay import (
    Term,
    head_term,
    print_overlay,
    registration_term,
    steady,
    total,
    verdict,
)
from tests.bench.overlay_head import OF_THE_MOMENT, WAYS, error_mm, measure_head, still_way
from tests.conftest import Require
from tests.truth.headset_sessions import Moment

MS = 1_000_000
TERMS = [
    steady("registration", "", 1.7),
    steady("pose", "", 1.0, 1.2),
    Term("chest", "", 0.1, 2.0, 0.1, 9.0),
    Term("head", "", 0.1, 1.3, 1.6, 11.0),
]


def test_the_sum_is_that_of_squares() -> None:
    summed = total(TERMS)
    assert summed.still_mm == pytest.approx((1.7**2 + 1.0 + 0.01 + 0.01) ** 0.5)
    assert summed.compressing_mm == pytest.approx((1.7**2 + 1.2**2 + 4.0 + 1.3**2) ** 0.5)
    assert verdict(summed) == {
        "still": True,
        "compressing": True,
        "still without prediction": True,
        "compressing without prediction": False,
    }


@pytest.mark.parametrize("k", range(len(TERMS)))
def test_a_term_that_grows_shows_in_the_sum(k: int) -> None:
    """The control: a term doubled is seen, and one of 6 mm breaks the limit."""
    doubled = replace(TERMS[k], compressing_mm=2.0 * TERMS[k].compressing_mm)
    after = total([*TERMS[:k], doubled, *TERMS[k + 1 :]])
    more = 3.0 * TERMS[k].compressing_mm ** 2
    assert after.compressing_mm**2 == pytest.approx(total(TERMS).compressing_mm ** 2 + more)
    assert after.still_mm == total(TERMS).still_mm
    broken = replace(TERMS[k], compressing_mm=6.0)
    assert not verdict(total([*TERMS[:k], broken, *TERMS[k + 1 :]]))["compressing"]


def test_registration_is_what_was_told_then_and_one_that_is_not_found_is_no_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told(error_m: float | None) -> None:
        moments = [
            Moment(0.1 * k, Placing("ok"), error_m and error_m * (1 + (k > 250)), None)
            for k in range(350)
        ]
        monkeypatch.setattr(overlay, "follow", lambda *_args, **_more: moments)

    told(0.002)
    term = registration_term(3, known=True)
    assert (term.still_mm, term.compressing_mm) == (pytest.approx(2.0), pytest.approx(4.0))
    told(None)
    with pytest.raises(ValueError, match="not registered"):
        registration_term(1, known=True)


def test_a_head_that_does_not_move_is_the_steps_of_its_file() -> None:
    way = still_way(2)
    assert error_mm(way, WAYS["none"], 0.022) < 1.5
    assert error_mm(way, WAYS[OF_THE_MOMENT], 0.011) < 1.0


def test_a_real_head(require: Require) -> None:
    """Prediction halves the error at each lead; the bob, not the sway, is what it is about."""
    found = measure_head(require.shared("headmotion/bleeding_1.csv"))
    moving = found["compressing"]
    for lead, ratio in (("11", 3.0), ("22", 2.0), ("33", 1.5)):
        assert moving["none"][lead] > ratio * moving[OF_THE_MOMENT][lead]
    assert found["still"]["none"]["22"] < 0.3 * moving["none"]["22"]
    term = head_term(found, 0.011)
    assert term.compressing_without_mm == moving["none"]["22"]


def test_an_age_is_that_of_the_newest_sample_in_the_snapshot() -> None:
    arrivals_ns = np.array([10, 15, 20]) * MS
    frames = np.array([[23, 17, 14, 1, 2], [27, 21, 19, 0, 2]]) * MS
    found = ages(frames, arrivals_ns, np.array([100, 100, 9 * MS]))
    assert found["sample's arrival to scene"]["worst"] == pytest.approx(8.0)
    assert found["sample's arrival to scene"]["p50"] == pytest.approx(7.5)
    assert found["sample's capture to scene"]["worst"] == pytest.approx(9.0)
    gaps = found["idle spin loop, gaps"], found["idle spin loop, the gap at an instant"]
    assert gaps[0]["p50"] == pytest.approx(0.0001)
    assert gaps[1]["p50"] == pytest.approx(9.0)  # most of the time lies in the one long gap


def test_the_table_names_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        "terms": TERMS,
        "sum": total(TERMS),
        "sum_of_hands_not_calibrated": total(TERMS),
        "sum_without_late_reprojection": None,
        "within": verdict(total(TERMS)),
        "missing": {"head": "no file"},
        "chest_by_lead": {"none": {"20": 1.0}},
        "head": None,
    }
    print_overlay(Console(width=200), found)
    said = capsys.readouterr().out
    assert "without head: no file" in said
    assert f"{total(TERMS).compressing_mm:.2f}" in said
