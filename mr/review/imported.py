"""What else an imported file says, and every compression as a row of a table.

Takes a SimPad session or finished analyses, gives JSON values and CSV text. Leaves the
analysis itself to `analysis`. Documented in docs/guides/instructor/analysis-json.md.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from mr.recording.simpad import SimPadSession

Json = dict[str, Any]

ROW = (
    "index", "onset_s", "peak_s", "release_s", "depth_mm", "depth_sigma_mm",
    "release_depth_mm", "release_depth_sigma_mm", "rate_cpm", "rate_sigma_cpm", "duty_cycle",
    "release_velocity_mm_s", "force_peak_n", "hand_x_mm", "hand_y_mm",
)  # fmt: skip
COLUMNS = ("source", "kind", "simulated", *ROW, "smoothed", "edited")
"""Of the CSV: published, so they only ever grow, at the end."""


def simpad_json(session: SimPadSession) -> Json:
    """Give what a SimPad file says beyond the analysis, as it stands."""
    return {
        "compressions": [asdict(c) for c in session.compressions],
        "other_events": [
            {"type": e.type, "msecs": e.msecs, "params": [asdict(p) for p in e.params]}
            for e in session.other_events
        ],
    }


def flags_told(analysis: Json) -> list[str]:
    """Say in words how often a SimPad's own judgements were true."""
    rows = analysis.get("simpad", {}).get("compressions", [])
    said = []
    for key, words in (
        ("hands_misplaced", "hands misplaced"),
        ("hands_on_xiphoid", "hands on the xiphoid"),
        ("incomplete_release", "not fully released"),
    ):
        told = [row[key] for row in rows if row[key] is not None]
        if told:
            said.append(f"{words} in {sum(told)} of {len(told)}")
    return said


def compressions_csv(analyses: Iterable[Json]) -> str:
    """Write the compressions of all analyses, one a row; what is unknown is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for analysis in analyses:
        source = analysis["source"]
        before = (harmless(source["name"]), source["kind"], yes_or_no(source["simulated"]))
        after = (yes_or_no(source["smoothed"]), yes_or_no("corrected" in analysis))
        for row in analysis["compressions"]:
            writer.writerow([*before, *(row[key] for key in ROW), *after])
    return out.getvalue()


def yes_or_no(value: bool) -> str:
    """Write a truth as JSON does."""
    return "true" if value else "false"


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula, full-width signs with them."""


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula, and the text writable.

    Spaces before a sign do not help a spreadsheet's reader: some strip them.
    """
    text = text.encode("utf-8", "replace").decode()
    starts = text.lstrip(" \u00a0").startswith(FORMULA_STARTS)
    return f"'{text}" if starts else text
