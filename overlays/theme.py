"""Colours and sizes of what the learner sees.

Gives `Theme` and three of them; leaves where things stand to `overlays.cues` and what a
learner has chosen to `overlays.look`. The hues are those of Okabe and Ito, lightened where
text needs it, so that people with any common colour vision can tell them apart; and no
state is told by colour alone: each has its word and its shape beside it
(tests/unit/overlays/test_theme.py holds both).

Ref: Okabe & Ito, "Color Universal Design", 2008; WCAG 2.2, contrast (1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from overlays.primitives import Color

Level = Literal["good", "hint", "warning", "neutral"]
"""How a thing stands. The first three are the severities of a `mr.types.Cue`."""

SYMBOLS: dict[Level, str] = {"good": "✓", "hint": "➜", "warning": "⚠", "neutral": "●"}
"""The shape that says the same as a level's colour; all are in DejaVu Sans."""


def _hex(rgb: str, alpha: float = 1.0) -> Color:
    r, g, b = (int(rgb[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return (r, g, b, alpha)


@dataclass(frozen=True, slots=True)
class Theme:
    """All colours of a scene. Text stands on `sheet` or `tile`, or `ink` on a level's colour."""

    name: str
    sheet: Color
    """Behind everything on the panel."""
    tile: Color
    """Behind one widget."""
    track: Color
    """The unfilled part of a bar or a dial."""
    band: Color
    """The target band of a bar or a dial."""
    text: Color
    muted: Color
    """Text that names rather than tells."""
    ink: Color
    """Text on a level's colour."""
    good: Color
    hint: Color
    warning: Color
    neutral: Color
    casing: Color
    """The dark rim around everything drawn onto the mannequin, against bright skin."""
    ring_width_m: float = 0.009
    casing_width_m: float = 0.003
    additive: bool = False
    """For displays that add light to the room: what is dark on them is not there at all."""

    def level(self, level: Level) -> Color:
        """Give the colour of a level."""
        return {
            "good": self.good,
            "hint": self.hint,
            "warning": self.warning,
            "neutral": self.neutral,
        }[level]


DEFAULT = Theme(
    name="default",
    sheet=_hex("0d1319", 0.94),
    tile=_hex("1a232c"),
    track=_hex("33414e"),
    band=_hex("1d6b58"),
    text=_hex("f4f7f9"),
    muted=_hex("aebcc8"),
    ink=_hex("0b0f13"),
    good=_hex("2fc79b"),
    hint=_hex("f0e442"),
    warning=_hex("ff8a4c"),
    neutral=_hex("b7c6ff"),
    casing=_hex("05080b", 0.72),
)
"""For a dim or a normal room."""

HIGH_CONTRAST = replace(
    DEFAULT,
    name="high-contrast",
    sheet=_hex("000000"),
    tile=_hex("161616"),
    track=_hex("4d4d4d"),
    band=_hex("0a7f63"),
    text=_hex("ffffff"),
    muted=_hex("ffffff"),
    ink=_hex("000000"),
    good=_hex("3df0bd"),
    hint=_hex("fff35c"),
    warning=_hex("ffa066"),
    neutral=_hex("c9d4ff"),
    casing=_hex("000000", 1.0),
    ring_width_m=0.012,
    casing_width_m=0.004,
)
"""For bright rooms and weak eyes: black, white, and the brightest of each hue."""

SEE_THROUGH = replace(
    HIGH_CONTRAST,
    name="see-through",
    tile=_hex("000000"),
    track=_hex("56636f"),
    band=_hex("128a6c"),
    muted=_hex("dfe7ee"),
    good=_hex("58ffe0"),
    hint=_hex("ffff3e"),
    warning=_hex("f5af67"),
    neutral=_hex("a5beff"),
    casing=_hex("000000", 0.0),
    ring_width_m=0.014,
    casing_width_m=0.0,
    additive=True,
)
"""For displays that only add light (HoloLens and its like): no dark rim and no dark ground is
seen there, so all is told by light alone, in wider strokes and lighter hues."""

THEMES: dict[str, Theme] = {t.name: t for t in (DEFAULT, HIGH_CONTRAST, SEE_THROUGH)}


def dimmed(theme: Theme, brightness: float) -> Theme:
    """Give the same theme with `brightness` of its light, 0 … 1; rims and alphas stay."""
    colors = {
        field.name: _with_light(getattr(theme, field.name), brightness)
        for field in fields(theme)
        if isinstance(getattr(theme, field.name), tuple) and field.name != "casing"
    }
    return replace(theme, **colors)  # type: ignore[arg-type]


def _with_light(color: Color, share: float) -> Color:
    """Give an sRGB colour with a share of its light. Ref: IEC 61966-2-1."""
    r, g, b = (_encoded(share * _decoded(c)) for c in color[:3])
    return (r, g, b, color[3])


def _decoded(c: float) -> float:
    return c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4)


def _encoded(light: float) -> float:
    return 12.92 * light if light <= 0.0031308 else float(1.055 * light ** (1 / 2.4) - 0.055)


def fade(color: Color, alpha: float) -> Color:
    """Give the same colour with another alpha, 0 … 1."""
    return (color[0], color[1], color[2], alpha)


def over(top: Color, under: Color) -> Color:
    """Give the opaque colour seen where `top` lies over `under` (taken as opaque)."""
    a = top[3]
    r, g, b = (a * t + (1 - a) * u for t, u in zip(top[:3], under[:3], strict=True))
    return (r, g, b, 1.0)


def luminance(color: Color) -> float:
    """Give the relative luminance of an opaque sRGB colour (WCAG 2.2)."""
    linear = [_decoded(c) for c in color[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: Color, b: Color) -> float:
    """Give the contrast ratio of two opaque colours, 1 … 21 (WCAG 2.2)."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)
