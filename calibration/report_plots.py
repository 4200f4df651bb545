"""A record's plots as inline SVG, for the report.

Takes a `Plot`, gives SVG text that stands alone: no script, no network, with a text alternative.
Series differ in shape as well as in colour. Leaves the page around them to `calibration.report`.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from calibration.record import Plot, Series
from mr.review.plots import number
from mr.types import FloatArray, IntArray

WIDTH_INCH, HEIGHT_INCH = 3.45, 2.35
"""Two beside each other fill a line of an A4 page."""
MAP_HEIGHTS_INCH = (1.4, 3.3)
LONG_NAME = 18
"""Three names as long as that have no room beside each other."""
MOST_POINTS = 1500
"""A series has no more marks than that: a page of print cannot show them, and a file grows."""
ROUND = np.radians(22.5 + 45.0 * np.arange(8))
MERGED_FROM = 12
"""So many marks of one kind become one path: a printer of pages takes 4 ms for each."""
COLORS = ("#1f5fa8", "#c2410c", "#0b7a75", "#7a3e9d", "#6b7280", "#a16207")
"""Told apart by the colour-blind as well, and dark enough on white."""
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", "--", ":", "-.", (0, (6, 2, 1, 2, 1, 2)), (0, (1, 3)))
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: searched, read aloud, a tenth of the size
    "svg.hashsalt": "calibration report",
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.titlesize": 8.5,
    "axes.edgecolor": "#8a949c",
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e7ea",
    "grid.linewidth": 0.6,
    "xtick.color": "#3b4650",
    "ytick.color": "#3b4650",
    "axes.labelcolor": "#1b2732",
    "legend.frameon": False,
    "legend.fontsize": 7,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
}


def draw(plot: Plot, key: str, *, simulated: bool) -> Markup:
    """Draw one plot.

    Parameters
    ----------
    plot
        What to draw; points that are no numbers are left out, and part a line in two.
    key
        Sets this picture's ids apart from those of all others on the page.
    simulated
        It then says so itself, for when it is copied out of the page.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCH, _height_inch(plot)), layout="constrained")
        axes = figure.add_subplot()
        for k, series in enumerate(plot.series):
            _draw_series(axes, series, k)
        axes.set_xlabel(_literal(plot.x_label))
        axes.set_ylabel(_literal(plot.y_label))
        axes.spines[["top", "right"]].set_visible(False)
        for axis in (axes.xaxis, axes.yaxis):
            if axis.get_scale() == "linear":
                axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        if plot.equal:
            axes.set_aspect("equal", adjustable="box")
        if len(plot.series) > 1:
            long = max(len(series.name) for series in plot.series) > LONG_NAME
            figure.legend(
                loc="outside upper left", ncols=2 if long else 3, handlelength=1.6,
                borderpad=0, columnspacing=1.2, markerscale=1.5,
            )  # fmt: skip
        if simulated:
            axes.text(
                1.0, 1.0, "SIMULATED", transform=axes.transAxes, ha="right", va="bottom",
                color="#9a4708", weight="bold", fontsize=6,
            )  # fmt: skip
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _inline(text.getvalue(), described(plot), key)


def described(plot: Plot) -> str:
    """Say in words what a plot shows, for those who do not see it."""
    parts = [f"{plot.title}: {plot.y_label} over {plot.x_label}"]
    for series in plot.series:
        x, y = _finite(series.x, series.y)
        if series.style == "band":
            y = np.concatenate(_finite(series.y, series.y_high))
        if len(x) == 0:
            parts.append(f"{series.name}: nothing")
            continue
        what = {"points": f"{len(x)} points", "line": "a line", "band": "a band"}[series.style]
        parts.append(
            f"{series.name}: {what} from {_short(x.min())} to {_short(x.max())}, "
            f"values {_short(y.min())} to {_short(y.max())}"
        )
    return "; ".join(parts) + "."


def caption(plot: Plot) -> str:
    """Say how many points were left out of the picture, if any were."""
    most = max((len(s.x) for s in plot.series if s.style == "points"), default=0)
    return f"{MOST_POINTS} of {most} points are drawn" if most > MOST_POINTS else ""


def _height_inch(plot: Plot) -> float:
    """Choose a map's height by what is in it; all others have one."""
    if not plot.equal:
        return HEIGHT_INCH
    x, y = (
        np.concatenate([np.empty(0), *(_finite(s.x, s.y)[k] for s in plot.series)]) for k in (0, 1)
    )
    if len(x) == 0 or np.ptp(x) == 0:
        return HEIGHT_INCH
    least, most = MAP_HEIGHTS_INCH
    return float(np.clip(0.8 * WIDTH_INCH * np.ptp(y) / np.ptp(x) + 0.6, least, most))


def _draw_series(axes: Axes, series: Series, k: int) -> None:
    color, label = COLORS[k % len(COLORS)], _literal(series.name)
    if series.style == "band":
        x, low, high = _finite(series.x, series.y, series.y_high)
        axes.fill_between(x, low, high, color=color, alpha=0.16, linewidth=0, label=label)
        return
    if series.style == "line":  # what is no number parts it: Matplotlib lifts the pen there
        n = min(len(series.x), len(series.y))
        x, y = np.asarray(series.x[:n]), np.asarray(series.y[:n])
        axes.plot(x, y, color=color, linewidth=1.2, linestyle=DASHES[k % len(DASHES)], label=label)
        return
    x, y = _finite(series.x, series.y)
    keep = _thinned(y)
    axes.plot(
        x[keep], y[keep], linestyle="none", marker=MARKERS[k % len(MARKERS)],
        markersize=3.0 if len(keep) < 150 else 1.8, markerfacecolor=color, markeredgewidth=0,
        alpha=0.85, label=label,
    )  # fmt: skip


def _thinned(y: FloatArray) -> IntArray:
    """Choose the points that are drawn: evenly, and the two that lie farthest out."""
    if len(y) <= MOST_POINTS:
        return np.arange(len(y))
    even = np.linspace(0, len(y) - 1, MOST_POINTS - 2).astype(int)
    return np.unique(np.concatenate([even, [int(np.argmin(y)), int(np.argmax(y))]]))


def _finite(*columns: Sequence[float]) -> list[FloatArray]:
    shortest = min(len(c) for c in columns)
    arrays = [np.asarray(c[:shortest], dtype=np.float64) for c in columns]
    known = np.logical_and.reduce([np.isfinite(a) for a in arrays])
    return [a[known] for a in arrays]


def _literal(text: str) -> str:
    """Keep Matplotlib from reading a formula where a name has dollar signs."""
    return text.replace("$", r"\$")


def _short(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return number(float(value), min(max(0, 2 - math.floor(math.log10(abs(value)))), 6))


def _inline(svg: str, words: str, key: str) -> Markup:
    """Make a part of a page of Matplotlib's document: its ids its own, its style for all gone."""
    body = _merged(svg[svg.index("<svg") :])
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.S)
    body = re.sub(r'<style type="text/css">.*?</style>', "", body, flags=re.S)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', body)
    body = re.sub(r'(href="|url\()#', rf"\1#{key}-", body)
    head, inner = body.split(">", 1)
    box = re.search(r'viewBox="([^"]+)"', head)
    assert box is not None, "Matplotlib writes its SVG otherwise"
    title = f'<title id="{key}-words">{escape(words)}</title>'
    ours = (
        f'<svg class="plot" role="img" aria-labelledby="{key}-words" viewBox="{box[1]}" '
        'stroke-linejoin="round" xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return Markup(ours + title + inner.strip())  # Matplotlib escapes its texts


def _merged(svg: str) -> str:
    """Make one path of many marks of a kind."""
    shapes = dict(re.findall(r'<path id="(m[0-9a-f]+)" d="([^"]+)"', svg))

    def one(run: re.Match[str]) -> str:
        uses = re.findall(r'<use xlink:href="#([^"]+)" x="([^"]+)" y="([^"]+)"', run[0])
        style = re.search(r'style="([^"]*)"', run[0])
        if len({name for name, _, _ in uses}) != 1 or uses[0][0] not in shapes or style is None:
            return run[0]
        places = np.array([(x, y) for _, x, y in uses], dtype=np.float64)
        shape, css = shapes[uses[0][0]], style[1]
        corners = np.array(re.findall(r"-?[0-9.]+(?:e-?\d+)?", shape), dtype=np.float64)
        if "C" in shape:  # as round as a printer's dot, and drawn ten times as fast
            corners = np.abs(corners).max() * np.column_stack([np.cos(ROUND), np.sin(ROUND)])
        corners = corners.reshape(-1, 2)
        turns = "".join(f"l{x:.2f} {y:.2f}" for x, y in np.diff(corners, axis=0)) + "z"
        starts = places + corners[0]
        path = "".join(f"M{x:.1f} {y:.1f}{turns}" for x, y in starts)
        return f'<path d="{path}" style="{css}"/>'

    return re.sub(rf"(?:<use [^>]*/>\s*){{{MERGED_FROM},}}", one, svg)
