"""Text is readable, and colours stay apart for every common colour vision."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from overlays.primitives import Color
from overlays.theme import DEFAULT, HIGH_CONTRAST, SYMBOLS, THEMES, Theme, contrast, over

# Machado, Oliveira & Fernandes 2009, severity 1.0, in linear RGB
VISIONS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
themes = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)


def lab(color: Color, vision: list[list[float]] | None = None) -> np.ndarray:
    rgb = np.array(color[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if vision is not None:
        linear = np.clip(np.array(vision) @ linear, 0, 1)
    seen = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return cv2.cvtColor(seen.astype(np.float32).reshape(1, 1, 3), cv2.COLOR_RGB2Lab)[0, 0]


def least_distance(colors: list[Color]) -> float:
    return min(
        float(np.linalg.norm(lab(a, vision) - lab(b, vision)))
        for a, b in itertools.combinations(colors, 2)
        for vision in (None, *VISIONS.values())
    )


def text_pairs(theme: Theme) -> list[tuple[Color, Color]]:
    """Every text colour with every ground it may stand on, over black and over white."""
    grounds = [theme.tile]
    for behind in ((0, 0, 0, 1), (1, 1, 1, 1)):
        grounds.append(over(theme.sheet, behind))
    inks = [theme.text, theme.muted, theme.warning, theme.hint]
    pairs = list(itertools.product(inks, grounds))
    levels = [theme.good, theme.hint, theme.warning, theme.text]
    return pairs + [(theme.ink, level) for level in levels]


@themes
def test_text_has_enough_contrast(theme: Theme) -> None:
    worst = min(contrast(ink, ground) for ink, ground in text_pairs(theme))
    print(f"{theme.name}: least text contrast {worst:.2f}")
    assert worst >= 4.5


def test_high_contrast_has_more() -> None:
    assert min(contrast(*p) for p in text_pairs(HIGH_CONTRAST)) >= 7.0


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0, 1), (1, 1, 1, 1)) == pytest.approx(21.0)
    assert contrast((0.4667, 0.4667, 0.4667, 1), (1, 1, 1, 1)) == pytest.approx(4.48, abs=0.01)


def test_grey_on_grey_would_fail() -> None:
    assert contrast((0.5, 0.5, 0.5, 1), DEFAULT.tile) < 4.5


@themes
def test_levels_stay_apart_for_every_vision(theme: Theme) -> None:
    distance = least_distance([theme.good, theme.hint, theme.warning, theme.neutral])
    print(f"{theme.name}: least distance of two levels {distance:.1f} (CIE76)")
    assert distance > 20


def test_red_and_green_of_a_traffic_light_would_fail() -> None:
    assert least_distance([(0.75, 0.28, 0.1, 1), (0.42, 0.5, 0.1, 1)]) < 20


def test_levels_have_different_shapes() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
