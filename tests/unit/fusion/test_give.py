"""What a camera sees of a depth, and back."""

from __future__ import annotations

import numpy as np
import pytest

from mr.fusion.give import FULL_M, HandGive, beyond_m


@pytest.mark.parametrize("gain", [0.95, 1.0, 1.02, 1.06, 1.15])
def test_there_and_back(gain: float) -> None:
    give = HandGive(gain)
    for depth_m in np.linspace(-0.02, 0.09, 45):
        assert give.depth_m(give.seen_m(float(depth_m))) == pytest.approx(depth_m, abs=1e-6)
        step = 1e-6
        slope = (give.seen_m(depth_m + step) - give.seen_m(depth_m - step)) / (2 * step)
        if abs(depth_m) > 2 * step:
            assert give.slope(float(depth_m)) == pytest.approx(slope, rel=1e-4)


def test_at_full_depth_it_is_the_calibrated_gain() -> None:
    for gain in (0.97, 1.05):
        assert HandGive(gain).seen_m(FULL_M) == pytest.approx(gain * FULL_M, abs=2e-5)


def test_a_hand_gives_way_early() -> None:
    """A third of the way in, a straight line has taken out a third, the hand has given most."""
    give, depth_m = HandGive(1.05), FULL_M / 3
    given_m = give.seen_m(depth_m) - depth_m
    assert given_m > 0.75 * 0.05 * FULL_M
    assert given_m > 2 * 0.05 * depth_m, "a straight line would be told from it"


def test_the_sigma_is_widest_where_hands_differ_most() -> None:
    sigma_m = [HandGive(1.05).sigma_m(d / 1000) for d in range(0, 60)]
    assert 5 < int(np.argmax(sigma_m)) < 15
    assert sigma_m[0] == 0.0
    assert sigma_m[55] < 0.1 * max(sigma_m)
    assert HandGive(1.0).sigma_m(0.01) == 0.0


@pytest.mark.parametrize("gain", [0.96, 1.0, 1.05])
def test_calibration_fits_the_very_curve_that_is_taken_out(gain: float) -> None:
    depths_m = np.linspace(0.0, 0.06, 13)
    fitted = depths_m + (gain - 1.0) * beyond_m(depths_m, gain > 1.0)
    give = HandGive(gain)
    assert np.allclose([give.seen_m(d) for d in depths_m.tolist()], fitted, atol=1e-9)
    # The control: the other branch is another curve.
    other = depths_m + (gain - 1.0) * beyond_m(depths_m, gain <= 1.0)
    assert gain == 1.0 or np.abs(other - fitted).max() > 2e-4


@pytest.mark.parametrize("more_m", [-0.02, -0.012, 0.02])
def test_no_hands_give_so_much_that_a_depth_has_two_heights(more_m: float) -> None:
    give = HandGive(1.02, more_m, scale=0.9)
    depths_m = np.linspace(0.0, 0.09, 91)
    assert min(give.slope(float(d)) for d in depths_m) > 0.0
    assert (np.diff([give.seen_m(float(d)) for d in depths_m]) > 0.0).all()
    for depth_m in depths_m:
        assert give.depth_m(give.seen_m(float(depth_m))) == pytest.approx(depth_m, abs=1e-4)


def test_no_scale_turns_the_chest_around() -> None:
    assert HandGive(1.0, 0.0, scale=-0.5).slope(0.03) > 0.0
