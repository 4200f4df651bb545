"""The report's pictures as inline SVG.

Takes an analysis (and the fused trace, where there is one), gives SVG text that needs no
network and no script: hovering over a mark shows its numbers. Colours come from the
page's style sheet by class; shapes differ as well, so that nothing depends on colour.
Leaves the page around them to `report`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from markupsafe import Markup

from mr.review.release import release_of
from mr.types import FloatArray

Json = dict[str, Any]
Trace = tuple[FloatArray, FloatArray, FloatArray]
"""``(t_s, depth_mm, sigma_mm)``, (N,) each, on the same zero of time as the analysis."""

LEFT, RIGHT, WIDTH = 46.0, 990.0, 1000.0
STRIP_HEIGHT, TOP, BOTTOM = 160.0, 18.0, 138.0
ROW_LENGTHS_S = (20.0, 30.0, 60.0, 120.0, 300.0)
MAX_ROWS = 8
MAX_POINTS = 1600
GAP_S = 0.25
STAMP_EVERY = 250.0
MISSING = "–"
UNITS = {"cpm": "/min", "n": "N"}


def number(value: float | None, digits: int = 1) -> str:
    """Write a number with a true minus sign, or a dash when it is unknown."""
    if value is None:
        return MISSING
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def spread(sigma: float) -> str:
    """Write a sigma; a small one with two decimals, for none is zero."""
    return f"± {number(sigma, 1 if sigma >= 0.05 else 2)}"


def verdict(value: float | None, low: float, high: float | None) -> str:
    """Say where a value lies to its band: ``ok``, ``low``, ``high`` or ``unknown``.

    It is judged to a tenth, as it is shown and scored: 120.0 is not above 120.
    """
    if value is None:
        return "unknown"
    value = round(value, 1)
    if value < low:
        return "low"
    return "high" if high is not None and value > high else "ok"


def describe(c: Json) -> str:
    """Say a compression's numbers in one line, for hovering."""
    parts = [f"Compression {c['index'] + 1} at {number(c['peak_s'])} s"]
    for label, name, unit in (
        ("depth", "depth", "mm"),
        ("left at release", "release_depth", "mm"),
        ("force left", "release_force", "n"),
        ("rate", "rate", "cpm"),
    ):
        value, sigma = c[f"{name}_{unit}"], c[f"{name}_sigma_{unit}"]
        if value is None and unit == "n":  # no load cells: nothing is missing
            continue
        if value is None:
            parts.append(f"{label} unknown ({c['why'][f'{name}_{unit}']})")
            continue
        about = "" if sigma is None else f" {spread(sigma)}"
        parts.append(f"{label} {number(value)}{about} {UNITS.get(unit, unit)}")
    return ", ".join(parts)


def depth_known(analysis: Json) -> bool:
    """Tell whether any depth was measured (or none was tried)."""
    compressions = analysis["compressions"]
    return not compressions or any(c["depth_mm"] is not None for c in compressions)


def depth_strips(analysis: Json, trace: Trace | None) -> list[Markup]:
    """Draw depth over time in rows, like paper from a chart recorder; down is into the chest."""
    duration_s = max(analysis["summary"]["duration_s"], 1.0)
    row_s = next((r for r in ROW_LENGTHS_S if duration_s <= r * MAX_ROWS), ROW_LENGTHS_S[-1])
    row_s = min(row_s, max(5.0, math.ceil(duration_s)))
    deep_mm = _deep_mm(analysis, trace)
    n_rows = max(1, math.ceil(duration_s / row_s - 1e-9))
    return [_strip(analysis, trace, k * row_s, row_s, deep_mm) for k in range(n_rows)]


def depth_strip(analysis: Json, trace: Trace | None, t0_s: float, span_s: float) -> Markup:
    """Draw depth over a part of the session in one row, to the scale of the whole."""
    return _strip(analysis, trace, t0_s, span_s, _deep_mm(analysis, trace))


def _deep_mm(analysis: Json, trace: Trace | None) -> float:
    """Tell how deep a strip's paper goes."""
    deepest = float(max((c["depth_mm"] or 0.0 for c in analysis["compressions"]), default=0.0))
    if trace is not None and len(trace[1]):
        deepest = max(deepest, float(np.max(trace[1])))
    deepest = max(deepest, float(analysis["guideline"]["targets"]["depth_low_mm"]))
    return 10.0 * math.ceil((deepest + 6) / 10)


class _Axes:
    """Maps seconds and a value to the picture's units."""

    def __init__(
        self, t0_s: float, span_s: float, low: float, high: float, y_low: float, y_high: float
    ) -> None:
        self.t0_s, self.span_s = t0_s, span_s
        self.low, self.high = low, high
        self.y_low, self.y_high = y_low, y_high
        self.bottom = max(y_low, y_high)

    def x(self, t_s: Any) -> Any:
        return LEFT + (t_s - self.t0_s) / self.span_s * (RIGHT - LEFT)

    def y(self, value: Any) -> Any:
        share = (value - self.low) / (self.high - self.low)
        return self.y_low + share * (self.y_high - self.y_low)

    def holds(self, t_s: float) -> bool:
        return self.t0_s <= t_s < self.t0_s + self.span_s


def _strip(
    analysis: Json, trace: Trace | None, t0_s: float, span_s: float, deep_mm: float
) -> Markup:
    targets = analysis["guideline"]["targets"]
    # Marks alone need no height.
    bottom = BOTTOM if depth_known(analysis) else TOP + 0.35 * (BOTTOM - TOP)
    axes = _Axes(t0_s, span_s, -4.0, deep_mm, TOP, bottom)
    inside = [c for c in analysis["compressions"] if axes.holds(c["peak_s"])]
    low_mm, high_mm = targets["depth_low_mm"], targets["depth_high_mm"]
    parts = []
    if depth_known(analysis):
        parts += [
            _band(axes, low_mm, deep_mm if high_mm is None else high_mm),
            *_grid(axes, np.arange(0.0, deep_mm + 1, 20.0), "mm"),
            _release_limit(axes, targets),
        ]
    parts.append(_pauses(analysis, axes))  # its words above the band
    if depth_known(analysis):
        parts.append(_trace(axes, trace))
    parts += [
        *_seconds(axes, 1.0 if span_s <= 30 else span_s / 20),
        *(_depth_mark(c, axes, targets, trace is None) for c in inside),
        # A release may be in the next row.
        *(_lean_mark(c, axes, targets) for c in analysis["compressions"]),
    ]
    n_ok = sum(verdict(c["depth_mm"], low_mm, high_mm) == "ok" for c in inside)
    label = (
        f"Depth from {number(t0_s, 0)} to {number(t0_s + span_s, 0)} s: {len(inside)} "
        f"compressions, {n_ok} of them in the target band"
    )
    return _svg(label, bottom + STRIP_HEIGHT - BOTTOM, parts, analysis)


def rate_plot(analysis: Json) -> Markup:
    """Draw the rate of every compression over the whole session."""
    targets = analysis["guideline"]["targets"]
    low, high = targets["rate_low_cpm"], targets["rate_high_cpm"]
    rated = [c for c in analysis["compressions"] if c["rate_cpm"] is not None]
    rates = [c["rate_cpm"] for c in rated]
    bottom = 10.0 * math.floor(min([low - 15, *rates]) / 10)
    top = 10.0 * math.ceil(max([high + 15, *rates]) / 10)
    axes = _Axes(0.0, max(analysis["summary"]["duration_s"], 1.0), bottom, top, BOTTOM, TOP)
    step = 20.0 if top - bottom <= 120 else 50.0
    parts = [
        _pauses(analysis, axes),
        _band(axes, low, high),
        *_grid(axes, np.arange(step * math.ceil(bottom / step), top + 1, step), "/min"),
        *_seconds(axes, _nice_step(axes.span_s)),
        *(
            _mark(axes.x(c["peak_s"]), axes.y(c["rate_cpm"]), verdict(c["rate_cpm"], low, high), c)
            for c in rated
        ),
    ]
    n_ok = sum(verdict(rate, low, high) == "ok" for rate in rates)
    label = f"Rate of {len(rates)} compressions, {n_ok} between {low:g} and {high:g} per minute"
    return _svg(label, STRIP_HEIGHT, parts, analysis)


def hand_plot(analysis: Json) -> Markup | None:
    """Draw where the hands were, seen from above with the head up; None when unknown."""
    seen = [c for c in analysis["compressions"] if None not in (c["hand_x_mm"], c["hand_y_mm"])]
    if not seen:
        return None
    limit_mm = analysis["guideline"]["targets"]["hand_offset_max_mm"]
    far_mm = max(math.hypot(c["hand_x_mm"], c["hand_y_mm"]) for c in seen)
    scale = 105.0 / max(1.3 * limit_mm, 1.1 * far_mm)
    dots = []
    n_ok = 0
    for c in seen:
        far = math.hypot(c["hand_x_mm"], c["hand_y_mm"])
        kind = verdict(far, 0.0, limit_mm)
        n_ok += kind == "ok"
        dots.append(_mark(130 + scale * c["hand_x_mm"], 130 - scale * c["hand_y_mm"], kind, c))
    ring = Markup(
        '<circle class="band" cx="130" cy="130" r="{r:.1f}"/>'
        '<path class="grid" d="M15 130H245M130 22V238"/>'
        '<text x="130" y="14" text-anchor="middle">head</text>'
        '<text x="256" y="126" text-anchor="end">left</text>'
        '<text x="{x:.1f}" y="{y:.1f}">{limit} mm</text>'
    ).format(
        r=scale * limit_mm,
        x=130 + 0.72 * scale * limit_mm,
        y=130 + 0.82 * scale * limit_mm,
        limit=f"{limit_mm:g}",
    )
    label = f"Hand position in {len(seen)} compressions, {n_ok} within {limit_mm:g} mm"
    return _svg(label, 256.0, [ring, *dots], analysis, width=260.0)


def score_ring(value_pct: float | None) -> Markup:
    """Draw the score as a ring; an unscored session has an empty one."""
    length = 2 * math.pi * 52
    shown = 0.0 if value_pct is None else length * value_pct / 100.0
    text = MISSING if value_pct is None else f"{value_pct:.0f}"
    label = "No score" if value_pct is None else f"Score {value_pct:.0f} of 100"
    return Markup(
        '<svg class="ring" viewBox="0 0 128 128" role="img" aria-label="{label}">'
        '<circle class="rail" cx="64" cy="64" r="52"/>'
        '<circle class="arc" cx="64" cy="64" r="52" stroke-dasharray="{shown:.1f} {length:.1f}" '
        'transform="rotate(-90 64 64)"/>'
        '<text class="big" x="64" y="{y}" text-anchor="middle">{text}</text>'
        '<text x="64" y="92" text-anchor="middle">{unit}</text></svg>'
    ).format(
        label=label, shown=shown, length=length, text=text, y=76,
        unit="no score" if value_pct is None else "of 100",
    )  # fmt: skip


def _svg(
    label: str, height: float, parts: list[Markup], analysis: Json, width: float = WIDTH
) -> Markup:
    stamp = _stamps(height, width) if analysis["source"]["simulated"] else Markup("")
    head = Markup('<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">').format(
        width, height, label
    )
    return head + Markup("").join(parts) + stamp + Markup("</svg>")


def _stamps(height: float, width: float) -> Markup:
    """Say that a picture is simulated, so that it still does when copied out of the page.

    A wide one says it so often that whatever part a telephone shows has a whole one.
    """
    y = height - 4 if width < WIDTH else TOP - 6
    stamps: list[Markup] = []
    x = width - 10
    while x > STAMP_EVERY / 2:
        kind = "stamp" if not stamps else "stamp again"
        stamps.append(
            Markup('<text class="{}" x="{:.0f}" y="{:.0f}">SIMULATED</text>').format(kind, x, y)
        )
        x -= STAMP_EVERY
    return Markup("").join(stamps if width >= WIDTH else stamps[:1])


def _band(axes: _Axes, low: float, high: float) -> Markup:
    y0, y1 = sorted((axes.y(low), axes.y(high)))
    return Markup(
        '<rect class="band" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
    ).format(LEFT, y0, RIGHT - LEFT, y1 - y0)


def _line(kind: str, x0: float, y: float, x1: float) -> Markup:
    return Markup('<path class="{}" d="M{:.1f} {:.1f}H{:.1f}"/>').format(kind, x0, y, x1)


def _grid(axes: _Axes, values: FloatArray, unit: str) -> Iterator[Markup]:
    yield Markup('<text x="{:.0f}" y="{:.0f}">{}</text>').format(LEFT, TOP - 6, unit)
    for value in values.tolist():
        y = axes.y(value)
        yield _line("grid", LEFT, y, RIGHT)
        yield Markup('<text x="{:.0f}" y="{:.1f}" text-anchor="end">{}</text>').format(
            LEFT - 7, y + 3.5, f"{value:g}"
        )


def _seconds(axes: _Axes, step_s: float) -> Iterator[Markup]:
    t_s = axes.t0_s
    k = 0
    while t_s <= axes.t0_s + axes.span_s + 1e-9:
        x = axes.x(t_s)
        yield Markup('<path class="tick" d="M{:.1f} {:.1f}v4"/>').format(x, axes.bottom)
        if k % 5 == 0:
            unit = " s" if k == 0 else ""
            yield Markup('<text x="{:.1f}" y="{:.0f}" text-anchor="middle">{}{}</text>').format(
                x, axes.bottom + 17, f"{t_s:g}", unit
            )
        k += 1
        t_s = axes.t0_s + k * step_s


def _nice_step(span_s: float) -> float:
    return next((s for s in (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0) if span_s / s <= 40), 300.0)


PAUSE_WORDS = {
    "ventilation": "breaths",
    "hands_off": "hands off",
    "hands_resting": "hands resting",
    "unknown": "pause",
    "unmeasured": "not measured",
}


def idle_spans(analysis: Json) -> list[Json]:
    """Give the pauses, and what was not measured as a kind of its own, in order of time."""
    holes = [{**span, "kind": "unmeasured"} for span in analysis["unmeasured"]]
    return sorted([*analysis["pauses"], *holes], key=lambda span: span["start_s"])


def _pauses(analysis: Json, axes: _Axes) -> Markup:
    drawn = []
    for pause in idle_spans(analysis):
        start = max(pause["start_s"], axes.t0_s)
        end = min(pause["end_s"], axes.t0_s + axes.span_s)
        if end <= start:
            continue
        x, width = axes.x(start), axes.x(end) - axes.x(start)
        words = f"{PAUSE_WORDS[pause['kind']]} {number(pause['end_s'] - pause['start_s'])} s"
        look, y = "pause", axes.bottom - 8
        if pause["kind"] == "unmeasured":  # nothing else is drawn in it
            look, y = "hole", 0.5 * (TOP + axes.bottom)
        drawn.append(
            Markup(
                '<g><title>{}</title><rect class="{}" x="{:.1f}" y="{:.0f}" width="{:.1f}" '
                'height="{:.0f}"/>'
            ).format(words, look, x, TOP, width, axes.bottom - TOP)
        )
        if width > 6.5 * len(words):
            drawn.append(
                Markup('<text x="{:.1f}" y="{:.0f}" text-anchor="middle">{}</text>').format(
                    x + width / 2, y, words
                )
            )
        drawn.append(Markup("</g>"))
    return Markup("").join(drawn)


def _trace(axes: _Axes, trace: Trace | None) -> Markup:
    if trace is None:
        return Markup("")
    t_s, depth_mm, sigma_mm = trace
    inside = (t_s >= axes.t0_s) & (t_s <= axes.t0_s + axes.span_s)
    t, depth, sigma = t_s[inside], depth_mm[inside], sigma_mm[inside]
    drawn = []
    for piece in np.split(np.arange(len(t)), np.flatnonzero(np.diff(t) > GAP_S) + 1):
        k = _thin(depth, piece)
        if len(k) < 2:
            continue
        x = axes.x(t[k])
        upper, lower = axes.y(depth[k] - 2 * sigma[k]), axes.y(depth[k] + 2 * sigma[k])
        outline = _points(x, upper) + "L" + _points(x[::-1], lower[::-1])[1:] + "Z"
        drawn.append(Markup('<path class="sigma" d="{}"/>').format(outline))
        drawn.append(Markup('<path class="trace" d="{}"/>').format(_points(x, axes.y(depth[k]))))
    return Markup("").join(drawn)


def _thin(depth_mm: FloatArray, k: Any) -> Any:
    """Keep the highest and lowest sample of every bin, so that no peak is lost."""
    if len(k) <= MAX_POINTS:
        return k
    size = math.ceil(len(k) / (MAX_POINTS / 2))
    bins = [k[i : i + size] for i in range(0, len(k), size)]
    ends = [(b[np.argmin(depth_mm[b])], b[np.argmax(depth_mm[b])]) for b in bins]
    return np.unique(np.array(ends))


def _points(x: FloatArray, y: FloatArray) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def _depth_mark(c: Json, axes: _Axes, targets: Json, stem: bool) -> Markup:
    kind = verdict(c["depth_mm"], targets["depth_low_mm"], targets["depth_high_mm"])
    x = axes.x(c["peak_s"])
    y = axes.y(axes.high / 2 if c["depth_mm"] is None else c["depth_mm"])
    drawn = _mark(x, y, kind, c)
    if stem and c["depth_mm"] is not None:
        drawn = (
            Markup('<path class="trace" d="M{:.1f} {:.1f}V{:.1f}"/>').format(
                x, axes.y(c["release_depth_mm"] or 0.0), y
            )
            + drawn
        )
    return drawn


def _lean_mark(c: Json, axes: _Axes, targets: Json) -> Markup:
    """Mark a release of this row that was not full."""
    release = release_of(targets)
    leans = verdict(c[release.key], -math.inf, release.most) == "high"
    if not (leans and axes.holds(c["release_s"])):
        return Markup("")
    return _mark(axes.x(c["release_s"]), axes.y(c["release_depth_mm"] or 0.0), "lean", c)


def _release_limit(axes: _Axes, targets: Json) -> Markup:
    """Draw the release limit, where it is a depth."""
    release = release_of(targets)
    if release.unit != "mm":
        return Markup("")
    return _line("release", LEFT, axes.y(release.most), RIGHT)


# ▼ is below its target and ▲ above it, whatever the picture's own up and down are.
SHAPES = {
    "ok": '<circle class="ok" cx="{x:.1f}" cy="{y:.1f}" r="3.4"/>',
    "low": '<path class="low" d="M{x:.1f} {y:.1f}m0 4.6l4.6 -8.4h-9.2z"/>',
    "high": '<path class="high" d="M{x:.1f} {y:.1f}m0 -4.6l4.6 8.4h-9.2z"/>',
    "lean": '<path class="lean" d="M{x:.1f} {y:.1f}m0 -4.6l4.6 8.4h-9.2z"/>',
    "unknown": '<path class="unknown" d="M{x:.1f} {y:.1f}m-3.4 -3.4h6.8v6.8h-6.8z"/>',
}


def _mark(x: float, y: float, kind: str, c: Json) -> Markup:
    """Draw one compression; it leads to its row in the table."""
    shape = Markup(SHAPES[kind]).format(x=x, y=y)
    return Markup('<a href="#c{}" tabindex="-1"><title>{}</title>{}</a>').format(
        c["index"] + 1, describe(c), shape
    )
