"""Text is readable, and colours stay apart for every common colour vision."""

from __future__ import annotations

import itertools
from typing import Any

import cv2
import numpy as np
import pytest

from mr.errors import ConfigError
from overlays.look import LEAST_BRIGHTNESS, Look, look_named
from overlays.primitives import Color
from overlays.theme import (
    DEFAULT,
    HIGH_CONTRAST,
    SEE_THROUGH,
    SYMBOLS,
    THEMES,
    Theme,
    contrast,
    dimmed,
    luminance,
    over,
)

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
@pytest.mark.parametrize("brightness", [1.0, LEAST_BRIGHTNESS])
def test_text_has_enough_contrast(theme: Theme, brightness: float) -> None:
    worst = min(contrast(ink, ground) for ink, ground in text_pairs(dimmed(theme, brightness)))
    print(f"{theme.name} at {brightness:g}: least text contrast {worst:.2f}")
    assert worst >= 4.5


def test_half_of_the_least_brightness_would_be_too_dark() -> None:
    dark = dimmed(DEFAULT, LEAST_BRIGHTNESS / 2)
    assert min(contrast(*pair) for pair in text_pairs(dark)) < 4.5


@themes
def test_brightness_is_a_share_of_the_light(theme: Theme) -> None:
    for name in ("text", "good", "warning", "band"):
        full, half = getattr(theme, name), getattr(dimmed(theme, 0.5), name)
        assert luminance(half) == pytest.approx(0.5 * luminance(full), abs=1e-9)
        assert half[3] == full[3]
    assert dimmed(theme, 0.5).casing == theme.casing, "a rim is dark anyway"


ROOM = 0.08
"""Light of the room behind a see-through display, by the display's white: an office of 300 lux
on grey (about 40 cd/m2) behind a display of 500 cd/m2."""


def added_contrast(light: Color, ground: Color) -> float:
    """Contrast where a display adds its light to the room's."""
    low, high = sorted((luminance(light), luminance(ground)))
    return (high + ROOM + 0.05) / (low + ROOM + 0.05)


def test_a_see_through_theme_is_read_by_light_alone() -> None:
    theme = SEE_THROUGH
    assert theme.additive
    assert theme.casing[3] == 0.0, "a dark rim is not seen there"
    worst = min(added_contrast(*pair) for pair in text_pairs(theme))
    print(f"see-through: least contrast over a lit room {worst:.2f}")
    assert worst >= 4.5
    assert min(added_contrast(*pair) for pair in text_pairs(DEFAULT)) < 4.5, "the control"
    assert added_contrast(theme.band, theme.track) > 1.2
    assert theme.ring_width_m > DEFAULT.ring_width_m + 1e-3


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"theme": "pink"}, "no theme 'pink': choose one of default, high-contrast, see-through"),
        ({"brightness": 0.2}, "brightness 0.2: give 0.6 to 1"),
        ({"brightness": 1.2}, "brightness 1.2"),
        ({"density": "full"}, "no density 'full': choose one of calm, normal, dense"),
    ],
)
def test_a_look_that_is_not_there_is_refused(chosen: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        look_named(**chosen)


def test_a_look_is_what_was_asked_for() -> None:
    look = look_named("high-contrast", 0.7, "calm")
    assert look == Look(HIGH_CONTRAST, 0.7, "calm")
    assert look.theme_seen == dimmed(HIGH_CONTRAST, 0.7)
    assert Look().theme_seen is DEFAULT


def test_high_contrast_has_more() -> None:
    assert min(contrast(*p) for p in text_pairs(HIGH_CONTRAST)) >= 7.0


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0, 1), (1, 1, 1, 1)) == pytest.approx(21.0)
    assert contrast((0.4667, 0.4667, 0.4667, 1), (1, 1, 1, 1)) == pytest.approx(4.48, abs=0.01)


def test_grey_on_grey_would_fail() -> None:
    assert contrast((0.5, 0.5, 0.5, 1), DEFAULT.tile) < 4.5


@themes
@pytest.mark.parametrize("brightness", [1.0, LEAST_BRIGHTNESS])
def test_levels_stay_apart_for_every_vision(theme: Theme, brightness: float) -> None:
    seen = dimmed(theme, brightness)
    distance = least_distance([seen.good, seen.hint, seen.warning, seen.neutral])
    print(f"{theme.name} at {brightness:g}: least distance of two levels {distance:.1f} (CIE76)")
    assert distance > 20


def test_red_and_green_of_a_traffic_light_would_fail() -> None:
    assert least_distance([(0.75, 0.28, 0.1, 1), (0.42, 0.5, 0.1, 1)]) < 20


def test_levels_have_different_shapes() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
