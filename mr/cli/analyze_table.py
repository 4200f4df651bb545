"""Many analyses as one table: a line a session.

Takes finished analyses and the errors of files that could not be analysed, prints a table
and, numbered below it, what was assumed and what is not known; then what is not alike. Leaves
a single analysis to `deliver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.markup import escape
from rich.table import Table

from mr.cli.analyze_alike import not_alike
from mr.cli.console import Output
from mr.metrics.summary import not_measured
from mr.review.imported import flags_told
from mr.review.lines import SMOOTHED_WORDS, not_used_words
from mr.review.plots import MISSING, number

KIND_WORDS = {"sim": "SIMULATED", "live": "live", "replay": "replay", "csv": "CSV", "ssx": "SimPad"}
WIDE_COLUMNS = 100
"""From this width on the time of day is shown beside the date, and both beside verdicts."""
VERDICT_CELLS = {
    "passed": "[green]passed[/]",
    "borderline": "[yellow]borderline[/]",
    "not passed": "[bold red]NOT PASSED[/]",
    "unscored": "[yellow]unscored[/]",
}
OTHERS_CELL = "[yellow]others[/]"
"""In place of the verdict where other criteria are locked; what it says stands below."""
PIPED_COLUMNS = 500
"""A pipe has no width: no name is folded."""


@dataclass(frozen=True, slots=True)
class Analyzed:
    """What became of one file."""

    name: str
    analysis: dict[str, Any] | None
    error: str = ""


def remarks(analysis: dict[str, Any]) -> list[str]:
    """Say what was corrected or assumed, what is incomplete, and what a SimPad itself judged."""
    source = analysis["source"]
    said = [f"smoothed: {SMOOTHED_WORDS}"] if source["smoothed"] else []
    said += [f"corrected: {words}" for words in _corrected_words(analysis)]
    said += [f"assumed: {words}" for words in source["assumptions"]]
    if source["why_incomplete"]:
        said.append(f"incomplete: {source['why_incomplete']}")
    if flags := flags_told(analysis):
        said.append(f"the SimPad's own judgement: {', '.join(flags)}")
    return said


def _corrected_words(analysis: dict[str, Any]) -> list[str]:
    """Say each correction with its reason; times are those of the original analysis."""
    if "corrected" not in analysis:
        return []
    mended, said = analysis["corrected"]["corrections"], []
    if (bounds := mended["bounds"]) is not None:
        ends = [bounds["start_s"], bounds["end_s"]]
        a, b = ("as it was" if t_s is None else f"{t_s:g} s" for t_s in ends)
        said.append(f"start {a}, end {b} ({bounds['reason']})")
    for span in mended["pauses"]:
        kind = span["becomes"].replace("_", " ")
        said.append(f"{span['start_s']:g} to {span['end_s']:g} s is {kind} ({span['reason']})")
    if (zero := mended["zero"]) is not None:
        said.append(f"the zero by {zero['zero_mm']:g} mm ({zero['reason']})")
    return said


def print_table(console: Output, analyzed: Sequence[Analyzed]) -> None:
    """Print one line a session, and below it what stands behind the numbers."""
    piped = not console.is_terminal
    if piped:
        console.width = PIPED_COLUMNS
    wide = piped or console.width >= WIDE_COLUMNS
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("file", overflow="fold", ratio=None if piped else 1)
    table.add_column("from", no_wrap=True)
    analyses = [one.analysis for one in analyzed if one.analysis is not None]
    judged = any(analysis["assessment"] for analysis in analyses)
    dated = any(analysis["source"]["made_utc"] for analysis in analyses) and (wide or not judged)
    if dated:
        table.add_column("when (UTC)", no_wrap=True)
    for head in ("n", "depth\nmm", "rate\n/min", "released\n%", "CCF\n%", "score\n%"):
        table.add_column(head, justify="right", no_wrap=True)
    if judged:
        table.add_column("verdict", no_wrap=True)
    table.add_column("see", no_wrap=True)
    notes: list[str] = []
    for one in analyzed:
        own = _notes(one)
        numbers = [str(1 + _place(notes, note)) for note in own]
        verdict = [_verdict(one)] if judged else []
        table.add_row(*_cells(one, dated=dated, wide=wide), *verdict, ",".join(numbers))
    console.print(table, soft_wrap=piped)
    for k, note in enumerate(notes):
        console.prose(f"[dim]{k + 1}[/] {escape(note)}")
    for words in not_alike([(one.name, one.analysis) for one in analyzed if one.analysis]):
        console.prose(f"[yellow]![/] {escape(words)}")


def _place(notes: list[str], note: str) -> int:
    """Give a note's place in the list; the same words stand there once."""
    if note not in notes:
        notes.append(note)
    return notes.index(note)


def _notes(one: Analyzed) -> list[str]:
    if one.analysis is None:
        return []
    score = one.analysis["score"]
    assessment = one.analysis["assessment"]
    words = not_used_words(assessment)
    missing = score["missing"] if score["value_pct"] is None else []
    holes = not_measured([(h["start_s"], h["end_s"]) for h in one.analysis["unmeasured"]])
    return [
        *remarks(one.analysis),
        *([holes] if holes else []),
        *(f"no score: {why}" for why in missing),
        *([f"{words}; by its own: {assessment['verdict']}"] if words else []),
    ]


def _verdict(one: Analyzed) -> str:
    assessment = None if one.analysis is None else one.analysis["assessment"]
    if assessment is None:
        return ""
    return OTHERS_CELL if not_used_words(assessment) else VERDICT_CELLS[assessment["verdict"]]


def _cells(one: Analyzed, *, dated: bool, wide: bool) -> list[str]:
    name = escape(one.name)
    if one.analysis is None:
        return [name, "[red]NOT READ[/]", *[MISSING] * (7 if dated else 6)]
    source, summary, score = (one.analysis[key] for key in ("source", "summary", "score"))
    kind = KIND_WORDS["sim" if source["simulated"] else source["kind"]]
    when = (source["made_utc"] or MISSING).replace("T", " ")[: 16 if wide else 10]
    return [
        name,
        kind,
        *([when] if dated else []),
        str(summary["n_compressions"]),
        number(summary["mean_depth_mm"], 1),
        number(summary["mean_rate_cpm"], 1),
        number(summary["release_in_target_pct"], 0),
        number(summary["ccf_pct"], 1),
        number(score["value_pct"], 0),
    ]
