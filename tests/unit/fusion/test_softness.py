"""Hands that give more, or less, than the technician's: what the chest beside them tells."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np
import pytest

from mr.fusion.camera import CameraZero, Seen
from mr.fusion.give import FULL_M, HandGive
from mr.fusion.softness import GAIN_SIGMA, STAYS, Softness
from mr.types import Arrival, ChestObservation, Stamp

GAIN = 1.04
HAND_M = 0.060
NOISE_M, BESIDE_NOISE_M = 0.0005, 0.0006


def presses(n: int, depth_m: float = 0.055, hz: float = 60.0) -> list[float]:
    """Give depths of so many compressions, a second each, of a chest at rest before."""
    t_s = np.arange(0.0, n, 1.0 / hz)
    return [0.0] * 40 + (depth_m * np.sin(np.pi * t_s) ** 2).tolist()


def told(
    depths_m: Iterable[float],
    more_m: float,
    *,
    beside: bool = True,
    beside_share: float = 1.0,
    seed: int = 1,
) -> tuple[CameraZero, list[Seen | None]]:
    """Let hands that give so much more press, seen by a camera."""
    zero, hands, noise = CameraZero(GAIN), HandGive(GAIN, more_m), random.Random(seed)
    out = []
    for i, depth_m in enumerate(depths_m):
        height_m = HAND_M - hands.seen_m(depth_m) + noise.gauss(0.0, NOISE_M)
        seen = ChestObservation(
            Arrival("c", i, i, i),
            Stamp(i, 1),
            "a",
            height_m,
            NOISE_M,
            "on",
            90,
            "",
            beside_share * depth_m + noise.gauss(0.0, BESIDE_NOISE_M) if beside else None,
            BESIDE_NOISE_M if beside else None,
        )
        out.append(zero.depth(seen, i / 60.0))
    return zero, out


def bias_m(depths_m: list[float], out: list[Seen | None], last: int = 120) -> float:
    """Give the mean error of what is deep, near the end."""
    late = list(zip(depths_m, out, strict=True))[-last:]
    gaps = [seen.depth_m - depth_m for depth_m, seen in late if seen and depth_m > 0.04]
    assert len(gaps) > 20
    return sum(gaps) / len(gaps)


@pytest.mark.parametrize("more_m", [0.0015, -0.0015])
def test_soft_and_hard_hands_are_told_from_depth(more_m: float) -> None:
    depths_m = presses(8)
    without = bias_m(depths_m, told(depths_m, more_m, beside=False)[1])
    assert without == pytest.approx(more_m, abs=0.0003), "they are taken for depth"
    assert abs(bias_m(depths_m, told(depths_m, more_m)[1])) < 0.45 * abs(more_m)


def test_the_technicians_own_hands_are_left_alone() -> None:
    depths_m = presses(8)
    assert abs(bias_m(depths_m, told(depths_m, 0.0)[1])) < 0.0002
    # The control: a chest that is believed to go down by less than it does.
    assert bias_m(depths_m, told(depths_m, 0.0, beside_share=0.97)[1]) < -0.0007


def test_the_gains_sigma_shrinks_and_not_below_what_stays() -> None:
    softness = Softness()
    sigmas = [softness.sigma]
    for _ in range(300):
        softness.learn(0.001, 0.05, BESIDE_NOISE_M)
        sigmas.append(softness.sigma)
    assert sigmas[0] == GAIN_SIGMA
    assert sigmas == sorted(sigmas, reverse=True)
    assert 0.5 * STAYS * BESIDE_NOISE_M / FULL_M < sigmas[-1] < 0.8 * GAIN_SIGMA
    assert 0.0 < softness.more_m < 0.001, "what was known before still counts"


def test_shallow_looks_say_nothing_of_softness() -> None:
    softness = Softness()
    for _ in range(300):
        softness.learn(0.001, 0.02, BESIDE_NOISE_M)
    assert (softness.more_m, softness.sigma) == (0.0, GAIN_SIGMA)


def test_other_hands_are_learnt_anew() -> None:
    softness = Softness()
    for _ in range(600):
        softness.learn(0.002, 0.05, BESIDE_NOISE_M)
    slow = Softness()
    slow.__dict__.update(softness.__dict__)
    softness.left()
    for each in (softness, slow):
        for _ in range(180):
            each.learn(-0.001, 0.05, BESIDE_NOISE_M)
    assert softness.more_m < 0.0 < slow.more_m


def test_a_learner_who_leans_from_the_first_touch_is_seen() -> None:
    leaning_m = 0.007
    depths_m = [leaning_m] * 60 + [max(d, leaning_m) for d in presses(4)[40:]]
    resting = [seen.depth_m for seen in told(depths_m, 0.0)[1][30:60] if seen]
    assert np.mean(resting) == pytest.approx(leaning_m, abs=0.0006)
    # The control: without the chest beside it that hand is the zero.
    blind = [seen.depth_m for seen in told(depths_m, 0.0, beside=False)[1][30:60] if seen]
    assert abs(np.mean(blind)) < 0.0006


def test_the_chest_gives_a_zero_to_hands_that_never_rested() -> None:
    depths_m = presses(5)[40:]
    depths_m = [max(d, 0.004) for d in depths_m[15:]]  # pressing already when first seen
    zero, out = told(depths_m, 0.0)
    assert zero.known
    assert abs(bias_m(depths_m, out)) < 0.0008
    blind, relative = told(depths_m, 0.0, beside=False)
    assert not blind.known
    assert bias_m(depths_m, relative) < -0.002


def test_hands_that_hover_make_no_zero() -> None:
    zero, _ = told([0.0, 0.0005, 0.0, 0.0008] * 3, 0.0)
    assert not zero.known
