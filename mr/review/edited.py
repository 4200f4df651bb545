"""What an instructor corrected in a session, in words.

Takes an analysis, whose ``corrected`` says it; leaves who did it and when to the review's own
records, for no name is in an analysis.
"""

from __future__ import annotations

from typing import Any

from mr.review.plots import number

Json = dict[str, Any]

BECOMES_WORDS = {
    "ventilation": "breaths",
    "hands_off": "hands off",
    "hands_resting": "hands resting",
    "excused": "not judged",
}


def edits(analysis: Json) -> list[tuple[str, str]]:
    """List what was corrected and why; empty where nothing was."""
    if "corrected" not in analysis:
        return []
    told = analysis["corrected"]["corrections"]
    bounds, zero = told["bounds"], told["zero"]
    found = []
    if bounds is not None:
        found.append((f"judged {_span(bounds['start_s'], bounds['end_s'])}", bounds["reason"]))
    for p in told["pauses"]:
        words = f"{_span(p['start_s'], p['end_s'])}: {BECOMES_WORDS[p['becomes']]}"
        found.append((words, p["reason"]))
    if zero is not None:
        words = f"zero moved by {number(zero['zero_mm'])} mm, {_span(zero['from_s'], zero['to_s'])}"
        found.append((words, zero["reason"]))
    return found


def _span(start_s: float | None, end_s: float | None) -> str:
    start = "from the start" if start_s is None else f"from {start_s:.1f} s"
    return f"{start} to the end" if end_s is None else f"{start} to {end_s:.1f} s"
