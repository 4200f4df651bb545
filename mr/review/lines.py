"""The score in words, for the terminal and the page alike.

Takes the score and the assessment of an analysis, gives lines, and the sigma beside a
number; leaves their look to whoever shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mr.review.plots import number
from mr.scoring.assessment import EXACT

Json = dict[str, Any]

ATTEMPT_WORDS = {
    "cold": "cold attempt, without cues",
    "practice": "practice",
    "retest": "cold retest, without cues",
    "assessment": "assessment, without cues",
}
SMOOTHED_WORDS = (
    "what the mannequin taught a camera later is also in what that camera measured alone; all "
    "else is as live"
)
VERDICT_SIGNS = {"passed": "✓", "borderline": "≈", "not passed": "✗", "unscored": "–"}


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One item of the score in words; without a score nothing is worth or loses points."""

    label: str
    worth: str
    lost: str
    why: str
    value_pct: float | None
    loses: bool
    in_target: str
    """Share on target: hit or miss."""


def sigma_beside(row: Json, key: str, unit: str) -> float | None:
    """Give the sigma of a number of an analysis; None where it has none."""
    units = {"%": "pct", "/min": "cpm", "mm a minute": "mm_min"}
    tail = "_" + units.get(unit, unit.lower())
    return row[key.removesuffix(tail) + "_sigma" + tail]  # type: ignore[no-any-return]


def score_lines(score: Json) -> list[ScoreLine]:
    """Put an analysis' score into lines, in its own order.

    Weights are whole when all of them are, else with one decimal, so that they add up.
    """
    scored = score["value_pct"] is not None
    weights = [i["weight_pct"] for i in score["items"] if i["value_pct"] is not None]
    digits = 0 if all(abs(w - round(w)) < 0.05 for w in weights) else 1
    lines = []
    for item in score["items"]:
        lost, judged = item["points_lost"], item["value_pct"] is not None
        counts = scored and lost is not None
        lines.append(
            ScoreLine(
                item["label"],
                number(item["weight_pct"] if counts else None, digits),
                number(lost if counts else None),
                item["reason"] if judged else f"not judged: {item['reason']}",
                item["value_pct"],
                counts and lost >= 0.05,
                number(item["in_target_pct"], 0) + (" %" if judged else ""),
            )
        )
    return lines


def interval_words(row: Json) -> str:
    """Say where a value may be; empty where the uncertainty does not show.

    Of a score whose accuracy is unknown, which items' it is that lack.
    """
    low, high = row["interval_low_pct"], row["interval_high_pct"]
    if low is None and row["value_pct"] is not None and row.get("key") != EXACT:
        return f" (accuracy unknown{_for_want_of(row.get('items', ()))})"
    if low is None or f"{low:.0f}" == f"{high:.0f}":
        return ""
    return f" ({low:.0f} to {high:.0f} % by what the sensors know)"


def _for_want_of(items: Sequence[Json]) -> str:
    """Name the items without an accuracy; empty where all are."""
    judged = [i for i in items if i["value_pct"] is not None and i["key"] != EXACT]
    lacking = [i["label"].lower() for i in judged if i["interval_low_pct"] is None]
    return f": none for {', '.join(lacking)}" if len(lacking) < len(judged) else ""


def deduction_lines(score: Json, worst: int | None) -> list[str]:
    """List what cost points, dearest first in each item; `worst`: so many of each."""
    lines = []
    for item in score["items"]:
        costly = [d for d in item["deductions"] if d["points"] > 0.0]
        shown = costly[:worst]
        if shown:
            lines.append(f"{item['label']}:")
        lines += [f"  −{_points(d['points'])}  {_thing(d)}" for d in shown]
        if len(shown) < len(costly):
            rest = sum(d["points"] for d in costly[len(shown) :])
            lines.append(f"  −{_points(rest)}  {len(costly) - len(shown)} more")
    return lines


def not_used_words(assessment: Json | None) -> str:
    """Say that other criteria are locked in a recording than were given; else empty."""
    given = None if assessment is None else assessment.get("not_used_sha256")
    if assessment is None or given is None:
        return ""
    return (
        f"other criteria are locked in it ({assessment['criteria_sha256'][:12]}…): those given "
        f"({given[:12]}…) were not used"
    )


def check_lines(assessment: Json | None) -> list[str]:
    """Say an assessment's verdict and how each check came out."""
    if assessment is None:
        return []
    kept = "locked before the session" if assessment["locked"] else "given afterwards, not locked"
    title = f": {assessment['title']}" if assessment["title"] else ""
    verdict = assessment["verdict"]
    words = not_used_words(assessment)
    lines = [f"! {words}"] if words else []
    lines += [
        f"{VERDICT_SIGNS[verdict]} {verdict.upper()}{title} "
        f"(criteria {assessment['criteria_sha256'][:12]}…, {kept})"
    ]
    for c in assessment["checks"]:
        value = "not judged" if c["value_pct"] is None else f"{c['value_pct']:.1f} %"
        lines.append(
            f"  {VERDICT_SIGNS[c['verdict']]} {c['label']}: {value}{interval_words(c)}, "
            f"at least {c['least_pct']:g} % asked: {c['verdict']}"
        )
    return lines


def cycle_rows(score: Json) -> list[tuple[int, str, int, str, str]]:
    """Lay out a row per cycle: its number, start (s), compressions, points lost, of what."""
    labels = {item["key"]: item["label"] for item in score["items"]}
    rows = []
    for cycle in score["cycles"]:
        lost = sorted(cycle["points_lost"].items(), key=lambda pair: -pair[1])
        parts = ", ".join(f"{labels[key]} {_points(points)}" for key, points in lost if points)
        total = _points(sum(points for _, points in lost)) if lost else "0"
        start = number(cycle["start_s"])
        rows.append((cycle["index"] + 1, start, cycle["n_compressions"], total, parts))
    return rows


def _points(points: float) -> str:
    return f"{points:.1f}" if points >= 0.1 else f"{points:.2f}"


def _thing(d: Json) -> str:
    place = "" if d["index"] is None else f" {d['index'] + 1}"
    when = "" if d["at_s"] is None else f" at {d['at_s']:.1f} s"
    return f"{d['what']}{place}{when}: {d['reason']}"
