"""The chest drawn for display time is nearer to the true one than the chest measured last."""

from __future__ import annotations

from pathlib import Path

import pytest

from mr.sim.learner import STYLES
from tests.bench.prediction import (
    UNEVEN,
    Errors,
    Watched,
    errors,
    head_as_a_chest,
    pooled,
    rms,
    watch,
)
from tests.conftest import Require

LEADS_S = (0.02, 0.04, 0.08)
CONTROL = "control: velocity's sign wrong"
HEAD = Path(__file__).parents[3] / "shared/data/headmotion/bleeding_1.csv"


@pytest.fixture(scope="module")
def simulated() -> Errors:
    learners = (STYLES["fast"], STYLES["leaning"], UNEVEN)
    every = [Watched(style, 140 + k, compressing_s=8.0) for k, style in enumerate(learners)]
    return pooled([errors(watch(plan), LEADS_S) for plan in every])


def by_lead(found: Errors, way: str) -> list[float]:
    return [rms(found[way][lead_s]) for lead_s in LEADS_S]


def test_the_chest_goes_on_as_before(simulated: Errors) -> None:
    for way in simulated:
        print(f"{way:32}", *(f"{mm:6.2f}" for mm in by_lead(simulated, way)))
    chosen = by_lead(simulated, "as before")
    assert chosen[0] < 1.5
    assert chosen[1] < 3.5
    for other in ("none", "straight", "constant acceleration", "swing"):
        assert all(a < b for a, b in zip(chosen, by_lead(simulated, other), strict=True)), other


def test_a_velocity_of_the_wrong_sign_is_worse_than_none(simulated: Errors) -> None:
    """Negative control."""
    none, wrong = by_lead(simulated, "none"), by_lead(simulated, CONTROL)
    assert all(a > 1.4 * b for a, b in zip(wrong, none, strict=True))


def test_a_still_chest_stays() -> None:
    seen = watch(Watched(STYLES["good"], 150, compressing_s=1.0))
    still = errors(seen, (0.02, 0.04), compressing=False)
    assert rms(still["as before"][0.02]) < 0.5


def test_a_real_rhythm(require: Require) -> None:
    if not HEAD.exists():
        require.missing("shared/data/headmotion", "a real head during CPR; see its README")
    found = head_as_a_chest(HEAD, LEADS_S)
    for way in found:
        print(f"{way:32}", *(f"{mm:6.2f}" for mm in by_lead(found, way)))
    chosen = by_lead(found, "as before")
    for other in ("none", "straight", "swing"):
        assert all(a < b for a, b in zip(chosen, by_lead(found, other), strict=True)), other
    none = by_lead(found, "none")
    assert all(a > 1.4 * b for a, b in zip(by_lead(found, CONTROL), none, strict=True))
