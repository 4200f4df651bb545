"""The heel's place: learnt from the cells, and as sure afterwards as it is."""

from __future__ import annotations

import numpy as np
import pytest

from mr.fusion.hand import HandPlace
from mr.types import Arrival, HandSample, Stamp

PLACE_M, OFF_M = (0.012, -0.007), (0.006, -0.009)
SCATTER_M, CLAIMED_M = 0.0012, 0.006
SLID_M = 0.0006
"""One-sigma by which the heel has moved against the palm since it was taught."""


def _look(k: int, rng: np.random.Generator, slid_m: np.ndarray) -> HandSample:
    x, y = np.add(PLACE_M, OFF_M) + slid_m + SCATTER_M * rng.standard_normal(2)
    return HandSample(
        Arrival("h", k, k, k), Stamp(k, 1), "a", (float(x), float(y), 0.0), CLAIMED_M, "both"
    )


def _seen(seed: int, taught_s: float) -> tuple[float, float, float]:
    """Give error in x and y, and claimed sigma (m), of one look after some teaching."""
    rng, place = np.random.default_rng(seed), HandPlace({"a": (0.0, 0.0)})
    n, slid_m = round(60 * taught_s), SLID_M * rng.standard_normal(2)
    for k in range(n + 30):
        if k < n:
            place.press(PLACE_M, k / 60)
        place.see(_look(k, rng, slid_m if k >= n else 0.0 * slid_m), k / 60)
    found, sigma_m = place.seen((n + 29) / 60)
    assert found is not None
    assert sigma_m is not None
    return found[0] - PLACE_M[0], found[1] - PLACE_M[1], sigma_m


def test_a_taught_cameras_place_is_as_sure_as_it_claims() -> None:
    rows = np.array([_seen(seed, 4.0) for seed in range(200)])
    inside = np.abs(rows[:, :2]) <= 1.96 * rows[:, 2:]
    assert 0.92 <= inside.mean() <= 0.985
    assert (np.abs(rows[:, :2]) <= 0.98 * rows[:, 2:]).mean() < 0.85, "the control: halved"
    assert rows[:, 2].mean() < 0.25 * CLAIMED_M


def test_an_untaught_camera_claims_what_tracking_does() -> None:
    assert _seen(1, 0.0)[2] == pytest.approx(CLAIMED_M)
    assert _seen(1, 0.5)[2] > 0.9 * CLAIMED_M, "half a second teaches too little"
