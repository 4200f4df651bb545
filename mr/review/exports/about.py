"""Where an export's numbers come from and what they mean, as rows of words.

Takes an `Export`, gives rows of three texts: what, its value, its source. Leaves their look to
the workbook and the prints.
"""

from __future__ import annotations

from typing import Any

from mr.review.cards import cards_of
from mr.review.edited import edits
from mr.review.exports.export import (
    MANNEQUINS_ONLY,
    Export,
    approval_words,
    day_and_time,
    editor_words,
)
from mr.review.lines import ATTEMPT_WORDS
from mr.review.report import KIND_WORDS, STANDING_WORDS

Json = dict[str, Any]
Row = tuple[str, str, str]


def about_rows(export: Export) -> list[Row]:
    """List where the numbers come from, what was edited and remarked, and each definition."""
    a = export.analysis
    source, guideline = a["source"], a["guideline"]
    attempt = ATTEMPT_WORDS.get(source["attempt"], "not known")
    rows: list[Row] = [
        ("Use", MANNEQUINS_ONLY, ""),
        ("Learner", export.who, ""),
        ("Class", export.course, ""),
        ("Session", export.made_words or "time not known", source["name"]),
        ("Measured", KIND_WORDS[source["kind"]], "SIMULATED" if export.simulated else "live"),
        ("Attempt", attempt, f"mode {guideline['mode']}"),
        ("Approved", approval_words(export), ""),
        ("Edited", "yes; the original is kept" if export.edited else "no", ""),
        *(("Edited", f"{what}: {why}", editor_words(export)) for what, why in edits(a)),
        *(("Remark", r.words, r.by if r.at_s is None else f"{r.by}, at {r.at_s:.1f} s")
          for r in export.remarks),
        ("Recording", source["recording_id"] or "none", source["recorded_by"] or ""),
        ("Analysed by", a["software"], a["schema"]),
        ("Rig", *_rig(source["rig"])),
        *(("Assumed", words, "") for words in source["assumptions"]),
        ("Guideline", f"{guideline['title']}, version {guideline['version']}",
         f"sha256 {guideline['sha256']}"),
        *(("Guideline's value", key, f"{s['source']} ({STANDING_WORDS[s['standing']]})")
          for key, s in guideline["sources"].items()),
        *(("Definition", card.label, card.definition) for card in cards_of(a)),
        ("Definition", "sigma", "One standard deviation of the number before it."),
        ("Definition", "on target", "Judged to a tenth, as it is shown."),
    ]  # fmt: skip
    return rows


def _rig(rig: Json | None) -> tuple[str, str]:
    if rig is None:
        return "not known", ""
    made = "simulated" if rig["kind"] == "sim" else "calibrated"
    return f"{rig['name']}, {made} {day_and_time(rig['made_utc'])}", f"sha256 {rig['sha256']}"
