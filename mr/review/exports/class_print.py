"""One page a class: how the scores lie, what to practise together, each learner's line.

Takes one `Export` for each learner (which of their sessions stands for them is the caller's
choice), gives a tagged PDF of exactly one page. Names or random ids: what the exports hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from mr.review.exports.export import SIMULATED_WORDS, Export
from mr.review.exports.figures import bar_figure, histogram
from mr.review.exports.sheet import sheet_pdf
from mr.review.plots import number

Json = dict[str, Any]

DIRECTION = re.compile(r"too [a-z]+(?: [a-z]+)*")
"""Such as ``too shallow``, in the reason of a deduction."""
SHORT = {"ventilation": "breaths"}
"""Of an item's key, where that is too long for a line."""
EDITED, SIMULATED, NOT_APPROVED = "E", "S", "n"
"""Marks behind a learner's score; the sheet says what they mean."""


@dataclass(frozen=True, slots=True)
class Density:
    """How much a page holds."""

    look: str
    columns: int
    learners: int


DENSITIES = (
    Density("roomy", 1, 18),
    Density("", 1, 27),
    Density("", 2, 50),
    Density("tight", 2, 66),
    Density("tightest", 2, 80),
    Density("tightest", 3, 135),
    Density("tightest", 3, 105),
)
"""The first one that fits is taken; the last ones leave some out, where there are too many."""


@dataclass(frozen=True, slots=True)
class ClassItem:
    """What an item of the score came to in a class."""

    label: str
    lost: float
    """Points on average, over those in whom it was judged."""
    n_lost: int
    n_judged: int
    mostly: str
    """The direction that cost most, where the deductions tell one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One learner's line."""

    who: str
    score: str
    interval: str
    practise: str
    day: str
    marks: str


def class_pdf(course: str, exports: Sequence[Export]) -> bytes:
    """Print a class's page.

    Raises
    ------
    mr.review.printed.NoPdf
        When WeasyPrint is not installed.
    """
    enough = [d for d in DENSITIES[:-2] if d.learners >= len(exports)]
    return sheet_pdf(
        "class.html", [*enough, *DENSITIES[-2:]], lambda density: _values(course, exports, density)
    )


def class_items(exports: Sequence[Export]) -> list[ClassItem]:
    """Tell what cost a class points, dearest first."""
    labels: dict[str, str] = {}
    lost: dict[str, list[float]] = {}
    ways: dict[str, Counter[str]] = {}
    for export in exports:
        if export.analysis["score"]["value_pct"] is None:
            continue  # without a score nothing loses points
        for item in export.analysis["score"]["items"]:
            key, points = item["key"], item["points_lost"]
            if points is None:
                continue
            labels[key] = item["label"]
            lost.setdefault(key, []).append(points)
            way = ways.setdefault(key, Counter())
            for d in item["deductions"]:
                if found := DIRECTION.search(d["reason"]):
                    way[found[0]] += d["points"]
    items = [
        ClassItem(
            labels[key],
            fmean(points),
            sum(p >= 0.05 for p in points),
            len(points),
            "" if not ways[key] else f"mostly {ways[key].most_common(1)[0][0]}",
        )
        for key, points in lost.items()
    ]
    return sorted(items, key=lambda item: -item.lost)


def _values(course: str, exports: Sequence[Export], density: Density) -> Json:
    shown = sorted(exports, key=lambda e: e.who.casefold())[: density.learners]
    lines = [_line(export) for export in shown]
    rows = max(1, -(-len(lines) // density.columns))
    items = class_items(exports)
    dearest = max((item.lost for item in items), default=0.0) or 1.0
    scores = [v for e in exports if (v := e.analysis["score"]["value_pct"]) is not None]
    days = sorted(d for e in exports if (d := (e.analysis["source"]["made_utc"] or "")[:10]))
    profiles = sorted({_profile(e) for e in exports})
    return {
        "course": course,
        "marks": _marks(exports),
        "columns": [lines[k : k + rows] for k in range(0, len(lines), rows)],
        "n_left_out": len(exports) - len(lines),
        "n": len(exports),
        "n_scored": len(scores),
        "n_approved": sum(e.approval is not None for e in exports),
        "days": " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "time not known",
        "profiles": profiles,
        "histogram": histogram(scores),
        "median": number(median(scores), 0) if scores else None,
        "items": items,
        "bars": [
            bar_figure(i.lost / dearest, f"{i.label}: {number(i.lost)} points lost on average")
            for i in items
        ],
        "legend": _legend(exports),
    }


def _profile(export: Export) -> str:
    guideline = export.analysis["guideline"]
    return f"{guideline['title']} · {guideline['mode']}"


def _marks(exports: Sequence[Export]) -> list[tuple[str, str]]:
    """Say what must be said of the sessions on the sheet."""
    n = len(exports)
    said = []
    if n_simulated := sum(e.simulated for e in exports):
        said.append(("SIMULATED", f"{n_simulated} of {n} sessions. {SIMULATED_WORDS}"))
    if n_edited := sum(e.edited for e in exports):
        words = f"{n_edited} of {n} sessions were corrected by an instructor; originals are kept."
        said.append(("EDITED", words))
    return said


def _legend(exports: Sequence[Export]) -> list[str]:
    said = []
    if any(e.edited for e in exports):
        said.append(f"{EDITED}: edited")
    if any(e.simulated for e in exports):
        said.append(f"{SIMULATED}: simulated")
    if any(e.approval is None for e in exports):
        said.append(f"{NOT_APPROVED}: not approved by an instructor")
    return said


def _line(export: Export) -> Line:
    score = export.analysis["score"]
    low, high = score["interval_low_pct"], score["interval_high_pct"]
    dearest = max(score["items"], key=lambda i: i["points_lost"] or 0.0, default=None)
    practise = ""
    if (
        score["value_pct"] is not None
        and dearest is not None
        and (dearest["points_lost"] or 0.0) >= 0.05
    ):
        practise = f"{SHORT.get(dearest['key'], dearest['key'])} −{number(dearest['points_lost'])}"
    signs = (
        (EDITED, export.edited),
        (SIMULATED, export.simulated),
        (NOT_APPROVED, export.approval is None),
    )
    return Line(
        export.who,
        number(score["value_pct"], 0),
        "" if low is None else f"{low:.0f}–{high:.0f}",
        practise,
        (export.analysis["source"]["made_utc"] or "")[5:10],
        " ".join(sign for sign, true in signs if true),
    )
