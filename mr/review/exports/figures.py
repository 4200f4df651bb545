"""The figures of the printed sheets as SVG that needs no style sheet of a page.

Takes scores, gives SVG text with its words for who cannot see it. Nothing depends on colour:
a number stands beside each mark, and shapes differ. Leaves the sheets to `learner_print` and
`class_print`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from statistics import median

from markupsafe import Markup

MOST_PAST = 11
"""Sessions before the one that is printed."""
BIN_PCT = 10
FULL_PCT = 100.0
CIRCLE = '<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3.2"/>'
SQUARE = '<path class="{}" d="M{:.1f} {:.1f}m-3.2 -3.2h6.4v6.4h-6.4z"/>'


@dataclass(frozen=True, slots=True)
class Point:
    """One session's score on the way."""

    day: str
    score_pct: float
    interval_pct: tuple[float, float] | None
    cold: bool
    """Without cues: a square, where practice is a circle."""
    now: bool = False


def dressed(svg: Markup) -> Markup:
    """Give a figure its colours and its words, as a printer of pages takes them.

    It passes on neither the page's style sheet nor ``aria-label``.
    """
    head, bracket, rest = svg.partition(">")
    said = re.search('aria-label="([^"]*)"', head)
    words = Markup("<title>{}</title>").format(Markup(said[1]) if said else "")
    style = Markup("<style>{}</style>").format(_style())
    return Markup("").join((head, bracket, words, style, rest))


@cache
def _style() -> Markup:
    return Markup(resources.files(__package__).joinpath("figure.css").read_text("utf-8"))


def progress_figure(points: Sequence[Point]) -> Markup:
    """Draw scores from session to session, each with what the sensors cannot tell."""
    left, right, top, bottom = 34.0, 470.0, 22.0, 142.0
    step = (right - left) / max(len(points), 2)
    lowest = min(p.score_pct if p.interval_pct is None else p.interval_pct[0] for p in points)
    floor = max(0.0, 10.0 * math.floor(lowest / 10.0 - 0.5))

    def y(score_pct: float) -> float:
        return bottom - (score_pct - floor) / (FULL_PCT - floor) * (bottom - top)

    marks = (floor, 0.5 * (floor + FULL_PCT), FULL_PCT)
    parts = [_grid_line(left, right, y(value), f"{value:g}") for value in marks]
    places = [(left + step * (k + 0.5), y(p.score_pct)) for k, p in enumerate(points)]
    way = "L".join(f"{x:.1f} {at:.1f}" for x, at in places)
    parts.append(Markup('<path class="way" d="M{}"/>').format(way))
    for (x, at), p in zip(places, points, strict=True):
        above = at
        if p.interval_pct is not None:
            low, above = y(p.interval_pct[0]), y(p.interval_pct[1])
            bars = (
                f"M{x:.1f} {above:.1f}V{low:.1f}M{x - 4:.1f} {above:.1f}h8M{x - 4:.1f} {low:.1f}h8"
            )
            parts.append(Markup('<path class="range" d="{}"/>').format(bars))
        shape = SQUARE if p.cold else CIRCLE
        parts.append(Markup(shape).format("now" if p.now else "other", x, at))
        weight = "strong" if p.now else "plain"
        parts.append(_words(x, above - 7, f"{p.score_pct:.0f}", weight))
        parts.append(_words(x, bottom + 15, p.day, weight))
    first, last = points[0], points[-1]
    label = (
        f"Scores of {len(points)} sessions, from {first.score_pct:.0f} on {first.day} to "
        f"{last.score_pct:.0f} on {last.day}"
    )
    return _figure(480, 162, label, parts)


def histogram(scores_pct: Sequence[float]) -> Markup:
    """Draw how many learners reached which score."""
    left, right, top, bottom = 12.0, 468.0, 4.0, 138.0
    counts = [0] * (100 // BIN_PCT)
    for score_pct in scores_pct:
        counts[min(int(score_pct // BIN_PCT), len(counts) - 1)] += 1
    width = (right - left) / len(counts)
    tallest = max([*counts, 1])
    parts = []
    for k, count in enumerate(counts):
        x, height = left + k * width, count / tallest * (bottom - top - 14)
        if count:
            bar = '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
            parts.append(Markup(bar).format(x + 1.5, bottom - height, width - 3, height))
            parts.append(_words(x + width / 2, bottom - height - 4, f"{count}", "strong"))
        parts.append(_words(x, bottom + 21, f"{k * BIN_PCT}"))
    parts.append(_words(right, bottom + 21, "100"))
    parts.append(Markup('<path class="axis" d="M{} {}H{}"/>').format(left, bottom, right))
    label = "No scores"
    if scores_pct:
        middle = median(scores_pct)
        x = left + middle / FULL_PCT * (right - left)
        tip = '<path class="tip" d="M{:.1f} {:.1f}l5 8h-10z"/>'
        parts.append(Markup(tip).format(x, bottom + 1))
        told = [f"{n} from {k * BIN_PCT} to {(k + 1) * BIN_PCT}" for k, n in enumerate(counts) if n]
        label = f"Scores of {len(scores_pct)} learners, median {middle:.0f}: {', '.join(told)}"
    return _figure(480, 164, label, parts)


def bar_figure(share: float, label: str) -> Markup:
    """Draw a share as a bar."""
    parts = [
        Markup('<rect class="rest" x="0" y="0" width="120" height="9"/>'),
        Markup('<rect class="bar" x="0" y="0" width="{:.1f}" height="9"/>').format(120 * share),
    ]
    return _figure(120, 9, label, parts)


def _figure(width: float, height: float, label: str, parts: Sequence[Markup]) -> Markup:
    head = Markup('<svg viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">').format(
        width, height, label
    )
    return dressed(head + Markup("").join(parts) + Markup("</svg>"))


def _grid_line(x0: float, x1: float, y: float, words: str) -> Markup:
    line = Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>').format(x0, y, x1)
    text = '<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>'
    return line + Markup(text).format(x0 - 5, y + 4, words)


def _words(x: float, y: float, words: str, look: str = "plain") -> Markup:
    text = '<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>'
    return Markup(text).format(look, x, y, words)
