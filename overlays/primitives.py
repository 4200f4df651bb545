"""What a scene is made of: a few primitives that every renderer can draw.

Registered primitives lie in the *mannequin's* frame in metres; the panel is a flat sheet
in pixels. Colours are straight (not premultiplied) sRGB with alpha, each 0 … 1. Text is
already in the reader's language. This module computes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Color = tuple[float, float, float, float]
Point3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Ring:
    """A flat ring parallel to the mannequin's x-y plane."""

    center_in_mannequin_m: Point3
    radius_m: float
    width_m: float
    color: Color


@dataclass(frozen=True, slots=True)
class Polyline:
    """A line through points, of constant width in metres."""

    points_in_mannequin_m: tuple[Point3, ...]
    width_m: float
    color: Color
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled, flat, convex polygon."""

    points_in_mannequin_m: tuple[Point3, ...]
    color: Color


@dataclass(frozen=True, slots=True)
class Label:
    """Text that faces the viewer; `height_m` is its cap height.

    `align` says which of its ends lies at the anchor, as the reader sees it.
    """

    anchor_in_mannequin_m: Point3
    text: str
    height_m: float
    color: Color
    align: Literal["left", "center", "right"] = "center"


Registered = Ring | Polyline | Polygon | Label


@dataclass(frozen=True, slots=True)
class Capsule:
    """A round stick between two points of the mannequin's frame: a part of a hand.

    What is drawn onto the mannequin is left out where the viewer sees it behind one, so
    that nobody's hands are covered; text is not.
    """

    a_in_mannequin_m: Point3
    b_in_mannequin_m: Point3
    radius_m: float


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle with rounded corners."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float
    color: Color
    radius_px: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A stroke between two points."""

    x0_px: float
    y0_px: float
    x1_px: float
    y1_px: float
    width_px: float
    color: Color


@dataclass(frozen=True, slots=True)
class Arc:
    """A circular stroke; angles clockwise from 12 o'clock in rad."""

    x_px: float
    y_px: float
    radius_px: float
    start_rad: float
    sweep_rad: float
    width_px: float
    color: Color


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text on its baseline; `size_px` is the font size."""

    x_px: float
    y_px: float
    text: str
    size_px: float
    color: Color
    align: Literal["left", "center", "right"] = "left"
    bold: bool = False


PanelItem = Rect | Line | Arc | Text


@dataclass(frozen=True, slots=True)
class Panel:
    """A flat sheet of widgets, drawn in order."""

    width_px: int
    height_px: int
    items: tuple[PanelItem, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a view draws at one instant."""

    t_ns: int
    registered: tuple[Registered, ...]
    panel: Panel
    debrief: Panel | None = None
    """What the last cycle was like, for the pause after it; a sheet of its own."""
    mask: tuple[Capsule, ...] = ()
    """The learner's hands: nothing registered may cover them."""
