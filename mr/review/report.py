"""One self-contained HTML page about a session, for the learner and the instructor.

Takes an analysis (`analysis.build_analysis`), the fused trace and a picture of the mirror
view, where there are any; gives the page's text. It asks nothing of a network, runs no
script, prints well and reads well aloud. Leaves every number to the analysis.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup

from mr.metrics.summary import not_measured
from mr.review.cards import at_least, cards_of, volume_words
from mr.review.edited import edits
from mr.review.lines import (
    ATTEMPT_WORDS,
    SMOOTHED_WORDS,
    check_lines,
    cycle_rows,
    deduction_lines,
    interval_words,
    score_lines,
)
from mr.review.plots import (
    PAUSE_WORDS,
    Trace,
    depth_known,
    depth_strips,
    hand_plot,
    idle_spans,
    number,
    rate_plot,
    score_ring,
    spread,
    verdict,
)
from mr.review.release import release_of
from mr.scoring.items import place_words

Json = dict[str, Any]

KIND_WORDS = {
    "sim": "simulated",
    "live": "measured live",
    "replay": "replayed",
    "csv": "imported from a CSV file",
    "ssx": "imported from a SimPad file",
}
STANDING_WORDS = {
    "seen": "read in the source",
    "seen-secondary": "on a page about it",
    "recalled": "from memory, not verified",
    "ours": "chosen by this project",
}
VERDICT_WORDS = {"low": "below target", "high": "above target"}
VERDICT_SIGNS = {"low": "▼", "high": "▲"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of the table; an unknown one has a footnote."""

    text: str
    verdict: str = "ok"
    note: int | None = None
    why: str = ""


def render_report(analysis: Json, trace: Trace | None, picture_png: bytes | None) -> str:
    """Write the page.

    Parameters
    ----------
    analysis
        As `build_analysis` gives it.
    trace
        ``(t_s, depth_mm, sigma_mm)``, (N,) each, on the analysis' zero of time, or None.
        For an uncalibrated signal give None: its unit is not mm.
    picture_png
        The mirror view as PNG bytes, or None.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mr.review", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    rows, notes = _table(analysis)
    score = analysis["score"]
    by_loss = sorted(score["items"], key=lambda i: -(i["points_lost"] or 0.0))
    return environment.get_template("report.html").render(
        a=analysis,
        kind_words=KIND_WORDS[analysis["source"]["kind"]],
        standing_words=STANDING_WORDS,
        pause_words=PAUSE_WORDS,
        idle=idle_spans(analysis),
        not_measured=not_measured([(h["start_s"], h["end_s"]) for h in analysis["unmeasured"]]),
        cards=cards_of(analysis),
        lines=score_lines({**score, "items": by_loss}),
        ring=score_ring(score["value_pct"]),
        interval=interval_words(score),
        deductions=[(i["label"], deduction_lines({"items": [i]}, None)) for i in by_loss],
        cycles=cycle_rows(score),
        edits=edits(analysis),
        smoothed_words=SMOOTHED_WORDS,
        attempt=ATTEMPT_WORDS.get(analysis["source"]["attempt"], ""),
        checks=check_lines(analysis["assessment"]),
        strips=depth_strips(analysis, trace),
        depth_known=depth_known(analysis),
        has_trace=trace is not None,
        release=release_of(analysis["guideline"]["targets"]),
        rate=rate_plot(analysis),
        hands=hand_plot(analysis),
        hand_mean=_hand_mean(analysis["summary"]),
        rows=rows,
        notes=notes,
        breaths=_breaths(analysis),
        volume=volume_words(analysis["guideline"]["targets"]),
        verdict_words=VERDICT_WORDS,
        verdict_signs=VERDICT_SIGNS,
        picture=_data_uri(picture_png),
    )


def _data_uri(png: bytes | None) -> Markup | None:
    if png is None:
        return None
    return Markup("data:image/png;base64,") + base64.b64encode(png).decode()


def _hand_mean(s: Json) -> str:
    """Say in words where the hands were on average; empty when unknown."""
    x_mm, y_mm = s["mean_hand_x_mm"], s["mean_hand_y_mm"]
    if x_mm is None or y_mm is None:
        return ""
    return place_words(x_mm, y_mm)


def _table(analysis: Json) -> tuple[list[tuple[int, list[Cell]]], list[str]]:
    """Lay out a row per compression; reasons of unknown values become numbered notes."""
    t = analysis["guideline"]["targets"]
    release = release_of(t)
    notes: list[str] = []
    rows = []
    for c in analysis["compressions"]:
        depth = verdict(c["depth_mm"], t["depth_low_mm"], t["depth_high_mm"])
        rate = verdict(c["rate_cpm"], t["rate_low_cpm"], t["rate_high_cpm"])
        left = verdict(c[release.key], -float("inf"), release.most)
        duty = None if c["duty_cycle"] is None else 100.0 * c["duty_cycle"]
        cells = [
            Cell(number(c["peak_s"], 2)),
            _cell(c, "depth_mm", 1, notes, depth),
            _sigma(c["depth_sigma_mm"]),
            _cell(c, release.key, 1, notes, left),
            _sigma(c[release.sigma_key]),
            _cell(c, "rate_cpm", 1, notes, rate),
            _cell({**c, "duty_cycle": duty}, "duty_cycle", 0, notes),
            _cell(c, "release_velocity_mm_s", 0, notes),
            _cell(c, "force_peak_n", 0, notes),
            _cell(c, "hand_x_mm", 0, notes),
            _cell(c, "hand_y_mm", 0, notes),
        ]
        rows.append((c["index"] + 1, cells))
    return rows, notes


def _breaths(analysis: Json) -> list[tuple[float, list[Cell]]]:
    """Lay out a row per breath: its start in s, its volume and how long it took."""
    t = analysis["guideline"]["targets"]
    rows = []
    for v in analysis["ventilations"]:
        kind = verdict(v["volume_ml"], at_least(t["volume_low_ml"]), t["volume_high_ml"])
        words = number(v["volume_ml"], 0)
        # Judged to a hundredth, as it is shown.
        fast = round(v["inspiration_s"], 2) < t["inspiration_min_s"]
        inspired = Cell(number(v["inspiration_s"], 2), "low" if fast else "ok")
        if v["volume_ml"] is None:  # not seen to its end either
            words += f" ({v['why']['volume_ml']})"
            inspired = Cell(number(None), "unknown")
        elif v["volume_sigma_ml"] is not None:
            words += f" ± {number(v['volume_sigma_ml'], 0)}"
        rows.append((v["start_s"], [Cell(words, kind), inspired]))
    return rows


def _sigma(value: float | None) -> Cell:
    return Cell("" if value is None else spread(value), "sigma")


def _cell(c: Json, key: str, digits: int, notes: list[str], kind: str = "ok") -> Cell:
    if c[key] is not None:
        return Cell(number(c[key], digits), kind)
    why = c["why"][key]
    if why not in notes:
        notes.append(why)
    return Cell(number(None), "unknown", notes.index(why) + 1, why)
