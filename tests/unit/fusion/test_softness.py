"""Hands that give more, or less, than the technician's: what the chest beside them tells."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np
import pytest

from mr.fusion.camera import CameraZero, Seen
from mr.fusion.give import FULL_M
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
    """Let hands that give so much more press, seen by a camera.

    They give way by a hyperbola, not by the law that is taken out.
    """
    zero, noise = CameraZero(GAIN), random.Random(seed)
    full_m = (GAIN - 1.0) * FULL_M + more_m
    out = []
    for i, depth_m in enumerate(depths_m):
        given_m = full_m * depth_m / (depth_m + 0.004) * (FULL_M + 0.004) / FULL_M
        height_m = HAND_M - depth_m - given_m + noise.gauss(0.0, NOISE_M)
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


def uneasy(mean_m: float, n: int = 60) -> list[float]:
    """Give depths of hands that are never still."""
    return [mean_m + 0.003 * np.sin(0.9 * i) for i in range(n)]


def test_only_hands_that_press_ask_the_chest_for_a_zero() -> None:
    """Over the chest hands may hover at any height: then the chest lies at its rest."""
    zero, _ = told(uneasy(0.0), 0.0)
    assert not zero.known
    # The control: the same hands, pressing.
    zero, _ = told(uneasy(0.010), 0.0)
    assert zero.known


def test_a_wild_look_at_the_chest_is_not_learnt() -> None:
    depths_m = presses(6)

    def end_m(sleeve_m: float) -> float:
        zero = CameraZero(GAIN)
        for i, depth_m in enumerate(depths_m):
            over_m = sleeve_m if i % 7 == 0 else 0.0
            height_m = HAND_M - depth_m - (GAIN - 1.0) * min(depth_m / 0.01, 1.0) * FULL_M
            zero.depth(look(i, height_m, depth_m - over_m), i / 60.0)
        last = zero.depth(look(9999, HAND_M - 0.05 - (GAIN - 1.0) * FULL_M, None), 9999 / 60.0)
        assert last is not None
        return last.depth_m

    assert end_m(0.020) == pytest.approx(end_m(0.0), abs=2e-4)
    assert end_m(0.005) < end_m(0.0) + 0.001


def look(i: int, height_m: float, beside_m: float | None) -> ChestObservation:
    noise_m = None if beside_m is None else BESIDE_NOISE_M
    at = Arrival("c", i, i, i)
    return ChestObservation(
        at, Stamp(i, 1), "a", height_m, NOISE_M, "on", 90, "", beside_m, noise_m
    )


def off(i: int) -> ChestObservation:
    return ChestObservation(Arrival("c", i, i, i), Stamp(i, 1), "a", 0.0, NOISE_M, "off", 90)


@pytest.mark.parametrize("beside", [True, False])
def test_thicker_hands_that_come_later_have_a_zero_of_their_own(beside: bool) -> None:
    zero, rows = CameraZero(1.0), []
    rows += [(HAND_M, 0.0)] * 60 + [(HAND_M - d, d) for d in presses(2)[40:]]
    rows += [None] * 120
    rows += [(HAND_M + 0.006, 0.0)] * 60 + [(HAND_M + 0.006 - d, d) for d in presses(2)[40:]]
    last = [
        zero.depth(off(i) if row is None else look(i, row[0], row[1] if beside else None), i / 60)
        for i, row in enumerate(rows)
    ]
    assert max(seen.depth_m for seen in last[-60:] if seen) == pytest.approx(0.055, abs=0.0008)


def test_a_hand_that_comes_back_leaning_does_not_move_the_zero() -> None:
    """Without the chest beside it, a lower rest may be a lean: the old zero stays."""
    zero = CameraZero(1.0)
    heights_m = [HAND_M] * 60 + [HAND_M - d for d in presses(2)[40:]]
    for i, height_m in enumerate(heights_m):
        zero.depth(look(i, height_m, None), i / 60)
    for i in range(300, 330):
        zero.depth(off(i), i / 60)
    leaning = [zero.depth(look(i, HAND_M - 0.007, None), i / 60) for i in range(330, 400)]
    assert leaning[-1] is not None
    assert leaning[-1].depth_m == pytest.approx(0.007, abs=2e-4)


def test_a_lean_that_grows_is_not_taken_for_the_zero() -> None:
    def end_m(beside: bool) -> float:
        zero, seen = CameraZero(1.0), None
        for i in range(600):  # a light touch, and then a millimetre a second
            depth_m = max(0.0, (i - 60) / 60.0 * 1e-3)
            seen = zero.depth(look(i, HAND_M - depth_m, depth_m if beside else None), i / 60)
        assert seen is not None
        return seen.depth_m

    assert end_m(beside=True) == pytest.approx(0.009, abs=0.0025)
    assert end_m(beside=False) < 0.001, "the control: nothing else tells it"
