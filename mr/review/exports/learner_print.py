"""One page a learner: the score, what cost points, the motion, the way there.

Takes an `Export`, gives a tagged PDF of exactly one page: where there is more to say than it
holds, it says how much is left out. Leaves every number to the analysis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from mr.review.cards import cards_of
from mr.review.exports.export import (
    Export,
    PastSession,
    approval_words,
    marks,
)
from mr.review.exports.figures import (
    MOST_PAST,
    Point,
    bar_figure,
    dressed,
    progress_figure,
)
from mr.review.exports.sheet import sheet_pdf, short
from mr.review.lines import ATTEMPT_WORDS, check_lines, interval_words, score_lines
from mr.review.plots import depth_known, depth_strip, score_ring
from mr.review.report import KIND_WORDS

Json = dict[str, Any]

CARDS = (
    "Mean depth", "Mean rate", "Full release", "Compression fraction", "Longest pause",
    "Hands in place",
)  # fmt: skip
STRONG_PCT = 90.0
"""What is reached of an item, from which on it is called a strength."""
WHOLE_S = 90.0
"""Up to so long a session's motion is drawn whole, else the part that cost most."""
PART_S = 60.0


@dataclass(frozen=True, slots=True)
class Density:
    """How much a page holds."""

    look: str
    deductions: int
    remarks: int
    chars: int
    """Of a remark, a correction or a name."""


DENSITIES = (
    Density("roomy", 6, 4, 240),
    Density("", 6, 4, 240),
    Density("tight", 5, 3, 160),
    Density("tightest", 4, 2, 110),
    Density("tightest", 2, 1, 60),
)


def learner_pdf(export: Export) -> bytes:
    """Print a learner's page.

    Raises
    ------
    mr.review.printed.NoPdf
        When WeasyPrint is not installed.
    """
    return sheet_pdf("learner.html", DENSITIES, lambda density: _values(export, density))


def _values(export: Export, density: Density) -> Json:
    a = export.analysis
    score = a["score"]
    by_loss = sorted(score["items"], key=lambda i: -(i["points_lost"] or 0.0))
    lines = score_lines({**score, "items": by_loss})
    t0_s, span_s = _part(a)
    points, apart = _way(export)
    return {
        "a": a,
        "export": export,
        "marks": [short(mark, 3 * density.chars) for mark in marks(export)],
        "kind_words": KIND_WORDS[a["source"]["kind"]],
        "attempt": ATTEMPT_WORDS.get(a["source"]["attempt"], ""),
        "approval": approval_words(export),
        "ring": dressed(score_ring(score["value_pct"])),
        "interval": interval_words(score).strip(" ()"),
        "lines": lines,
        "bars": [_bar(line.label, line.value_pct) for line in lines],
        "checks": check_lines(a["assessment"])[:1],
        "cards": [card for card in cards_of(a) if card.label in CARDS],
        "strong": [i for i in by_loss if (i["value_pct"] or 0.0) >= STRONG_PCT],
        "weak": [i for i in by_loss if i["value_pct"] is not None and i["value_pct"] < STRONG_PCT],
        "costly": _costly(a, density.deductions),
        "strip": dressed(depth_strip(a, export.trace, t0_s, span_s)),
        "depth_known": depth_known(a),
        "t0_s": t0_s,
        "span_s": span_s,
        "points": points,
        "apart": apart,
        "progress": progress_figure(points) if len(points) > 1 else None,
    }


def _bar(label: str, value_pct: float | None) -> Markup | None:
    if value_pct is None:
        return None
    return bar_figure(value_pct / 100.0, f"{label}: {value_pct:.0f} % reached")


def _costly(a: Json, most: int) -> tuple[list[Json], int, float]:
    """Give the dearest deductions, how many are left out and their points.

    Without a score nothing cost anything.
    """
    if a["score"]["value_pct"] is None:
        return [], 0, 0.0
    every = [d for item in a["score"]["items"] for d in item["deductions"] if d["points"] > 0.0]
    every.sort(key=lambda d: -d["points"])
    return every[:most], len(every[most:]), sum(d["points"] for d in every[most:])


def _part(a: Json) -> tuple[float, float]:
    """Choose what of the motion is drawn: its start and length in s."""
    duration_s = a["summary"]["duration_s"]
    if duration_s <= WHOLE_S:
        return 0.0, max(5.0, float(math.ceil(duration_s)))
    lost = [
        (d["at_s"], d["points"])
        for item in a["score"]["items"]
        for d in item["deductions"]
        if d["at_s"] is not None
    ]
    starts = [5.0 * k for k in range(math.ceil((duration_s - PART_S) / 5.0) + 1)]
    dearest = max(starts, key=lambda t: sum(p for at_s, p in lost if t <= at_s < t + PART_S))
    return dearest, PART_S


def _way(export: Export) -> tuple[list[Point], int]:
    """Give the scores that are like this one, oldest first, and how many are not."""
    guideline, source = export.analysis["guideline"], export.analysis["source"]
    score = export.analysis["score"]
    alike = [
        o
        for o in export.others
        if o.mode == guideline["mode"]
        and o.guideline_sha256 == guideline["sha256"]
        and o.simulated == source["simulated"]
        and o.score_pct is not None
    ]
    points = [_point(o) for o in alike]
    if score["value_pct"] is not None:
        low, high = score["interval_low_pct"], score["interval_high_pct"]
        now = PastSession(
            source["made_utc"] or "",
            score["value_pct"],
            None if low is None else (low, high),
            source["attempt"],
            guideline["mode"],
            guideline["sha256"],
            edited=export.edited,
        )
        later = sum(o.made_utc > now.made_utc for o in alike)
        points.insert(len(points) - later, _point(now, now=True))
        # What is printed is always among those drawn.
        first = max(0, min(len(points) - later - 1, len(points) - MOST_PAST - 1))
        points = points[first : first + MOST_PAST + 1]
    return points, len(export.others) - len(alike)


def _point(past: PastSession, *, now: bool = False) -> Point:
    assert past.score_pct is not None
    day = (past.made_utc[5:10] or "now") + (" E" if past.edited else "")
    cold = past.attempt not in (None, "practice")
    return Point(day, past.score_pct, past.interval_pct, cold, now)
