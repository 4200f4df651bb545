"""The beat that is seen: in time with the click, small, and never too fast."""

from __future__ import annotations

import numpy as np
import pytest

from overlays.beat import FASTEST_CPM, Beat
from overlays.cues.context import KNEELING
from overlays.cues.pulse import LIT_SHARE, RADIUS_M, WIDTH_M

FLASHES_A_SECOND = 3.0
FLASH_SR = 0.006
"""WCAG 2.2, general flash: a quarter of any 10 degrees of the view."""


def test_nothing_flashes_faster_than_three_a_second() -> None:
    assert pytest.approx(FLASHES_A_SECOND) == FASTEST_CPM / 60.0
    assert Beat.of_rate(FASTEST_CPM, 0).seen(0) == 0.0
    assert Beat.of_rate(110.0, 0).seen(round(30e9 / 110.0)) == pytest.approx(0.5, abs=1e-6)
    fast = Beat.of_rate(FASTEST_CPM + 0.1, 0)
    assert fast.seen(0) is None
    assert fast.phase(0) == 0.0, "the control: it is heard all the same"


def test_the_flash_is_small() -> None:
    distance_m = float(np.linalg.norm(KNEELING.eye_in_mannequin_m))
    lit_sr = 2 * np.pi * RADIUS_M * WIDTH_M / distance_m**2
    print(f"pulse: {lit_sr:.4f} sr at {distance_m:.2f} m")
    assert lit_sr < FLASH_SR
    disc_sr = np.pi * RADIUS_M**2 / distance_m**2
    assert disc_sr > FLASH_SR, "the control: the whole disc would be too large"
    assert LIT_SHARE < 0.5
