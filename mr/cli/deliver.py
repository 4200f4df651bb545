"""What a session leaves behind: the analysis, the report, the table on the terminal.

Takes a recording that went through the pipeline (or a judged CSV), gives files that are
written whole or not at all and a table; the commands `demo`, `run`, `replay`, `analyze`
and `report` all end here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mr.config import Criteria
from mr.corrections import Corrections
from mr.errors import ConfigError, MrError
from mr.files import is_there, write_whole
from mr.recording.harmless import harmless
from mr.review.analysis import Kind, Provenance, build_analysis
from mr.review.lines import (
    ATTEMPT_WORDS,
    check_lines,
    deduction_lines,
    interval_words,
    score_lines,
    sigma_beside,
)
from mr.review.plots import number, spread
from mr.session.corrected import Corrected
from mr.session.offline import Rerun
from mr.session.outcome import Outcome
from mr.session.smoothed import Smoothed

PNG = b"\x89PNG\r\n\x1a\n"
WORST = 3
"""So many deductions of each item are printed unasked."""
KIND_WORDS = {
    "sim": "SIMULATED",
    "live": "live",
    "replay": "replay",
    "csv": "from a CSV",
    "ssx": "from a SimPad",
}


def write_file(path: Path, data: bytes, option: str = "--out") -> None:
    """Write a file whole or not at all (`MrError` when it cannot be written).

    `option` is the one that names another place.
    """
    try:
        write_whole(path, data)
    except OSError as error:
        raise MrError(
            f"{path}: cannot write this file ({error.strerror}): choose another place with {option}"
        ) from error


def analysis_of(
    outcome: Outcome,
    source: str,
    kind: Kind,
    provenance: Provenance | None = None,
    *,
    criteria: Criteria | None = None,
    locked: bool = False,
    not_used: Criteria | None = None,
    calibrated: bool = True,
    simpad: dict[str, Any] | None = None,
    drift: list[dict[str, Any]] | None = None,
    corrections: Corrections | None = None,
    offset_s: float = 0.0,
) -> dict[str, Any]:
    """Put an outcome into the published JSON form."""
    return build_analysis(
        source=source,
        kind=kind,
        guideline=outcome.guideline,
        events=[*outcome.compressions, *outcome.ventilations, *outcome.pauses],
        summary=outcome.summary,
        score=outcome.score,
        t0_ns=outcome.start_ns,
        mode=outcome.mode,
        provenance=provenance,
        health=outcome.health,
        rescuers=outcome.rescuers,
        shocks_ns=outcome.shocks_ns,
        criteria=criteria,
        locked=locked,
        not_used=not_used,
        calibrated=calibrated,
        simpad=simpad,
        drift=drift,
        corrections=corrections,
        offset_s=offset_s,
    )


def analysis_of_recording(
    again: Rerun,
    name: str | None = None,
    criteria: Criteria | None = None,
    smoothed: Smoothed | None = None,
    corrected: Corrected | None = None,
) -> dict[str, Any]:
    """Put a recording's outcome into the published JSON form.

    `criteria` are for a recording that has none of its own: those were locked when its session
    began, and others are told as not used. `smoothed` is judged in the place of what the live
    session had, and `corrected` in the place of both.
    """
    late = smoothed is not None or (corrected is not None and corrected.smoothed)
    changed = corrected is not None and not corrected.corrections.is_empty
    outcome = again.pipeline.outcome() if smoothed is None else smoothed.outcome
    recording = again.recording
    own = recording.header.session.criteria
    others = own is not None and criteria is not None and own.sha256 != criteria.sha256
    return analysis_of(
        outcome if corrected is None else corrected.outcome,
        harmless(name or recording.path.name),
        recording.header.kind,
        replace(Provenance.of(recording, smoothed=late), assumptions=again.told),
        criteria=own or criteria,
        locked=own is not None and again.as_recorded and not late and not changed,
        not_used=criteria if others else None,
        drift=[reading.as_json() for reading in again.pipeline.drift()],
        corrections=None if corrected is None else corrected.corrections,
        offset_s=0.0 if corrected is None else corrected.offset_s,
    )


def as_json(analysis: dict[str, Any]) -> str:
    """Write an analysis as JSON text; floats keep their last bit."""
    return json.dumps(analysis, indent=2, allow_nan=False) + "\n"


def write_report(
    again: Rerun,
    analysis: dict[str, Any],
    path: Path,
    png: bytes | None,
    smoothed: Smoothed | None = None,
) -> None:
    """Write the HTML report; a picture is embedded in it."""
    from mr.review.report import render_report  # who wants numbers only does without a page

    trace = again.pipeline.trace() if smoothed is None else smoothed.trace
    html = render_report(analysis, (trace.t_s, trace.depth_mm, trace.sigma_mm), png)
    write_file(path, html.encode())


def picture_beside(recording: Path, console: Console) -> bytes | None:
    """Read the picture beside a recording; None, with a word, where a browser cannot show it."""
    picture = recording.parent / f"{recording.stem}.png"
    if not is_there(picture):
        return None
    try:
        return read_png(picture)
    except ConfigError as error:
        console.print(f"[yellow]without a picture:[/] {escape(harmless(str(error)))}")
        return None


def read_png(path: Path) -> bytes:
    """Read a picture (`ConfigError` when it is none that a browser can show)."""
    try:
        png = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot read this picture ({error.strerror}): give --picture a PNG's path"
        ) from error
    if not png.startswith(PNG):
        raise ConfigError(f"{path}: not a PNG: give --picture the mirror view's .png")
    return png


def _cell(row: dict[str, Any], key: str, unit: str, digits: int) -> Text:
    value = row[key]
    if value is None:
        return Text(f"unknown: {row['why'].get(key, '')}", style="dim")
    sigma = sigma_beside(row, key, unit)
    about = "" if sigma is None else f"{spread(sigma)} "
    return Text(f"{number(value, digits)} {about}{unit}")


def print_analysis(console: Console, analysis: dict[str, Any], *, deductions: bool = False) -> None:
    """Print the summary and the explained score as tables; each deduction where asked for."""
    source, summary, score = analysis["source"], analysis["summary"], analysis["score"]
    word = "SIMULATED" if source["simulated"] else KIND_WORDS[source["kind"]]
    title = escape(f"{source['name']} ({word}), {analysis['guideline']['title']}")
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    attempt = f", {ATTEMPT_WORDS[source['attempt']]}" if source["attempt"] else ""
    crew = f", {rescuers} rescuers" if (rescuers := analysis["guideline"]["rescuers"]) > 1 else ""
    arms = ", elbows and shoulders looked at (experimental)" if source["arms"] else ""
    table.add_row("mode", escape(analysis["guideline"]["mode"] + crew + attempt + arms))
    table.add_row("compressions", str(summary["n_compressions"]))
    for label, key, unit, digits in (
        ("mean depth", "mean_depth_mm", "mm", 1),
        ("depth in target", "depth_in_target_pct", "%", 0),
        ("mean rate", "mean_rate_cpm", "/min", 1),
        ("rate in target", "rate_in_target_pct", "%", 0),
        ("left at release", "mean_release_depth_mm", "mm", 1),
        ("fully released", "release_in_target_pct", "%", 0),
        ("CCF", "ccf_pct", "%", 1),
        ("hands in place", "hand_in_target_pct", "%", 0),
    ):
        table.add_row(label, _cell(summary, key, unit, digits))
    if summary["depth_trend_mm_min"] is not None:
        table.add_row("depth trend", _cell(summary, "depth_trend_mm_min", "mm a minute", 1))
    if summary["n_ventilations"]:
        volume = _cell(summary, "mean_volume_ml", "mL", 0)
        table.add_row("ventilations", Text(f"{summary['n_ventilations']}, mean ") + volume)
    console.print(table)
    console.print(_score_table(score))
    if score["value_pct"] is not None:
        worst = None if deductions else WORST
        for line in deduction_lines(score, worst):
            console.print(escape(line), style="dim")
    for line in check_lines(analysis["assessment"]):
        console.print(escape(line))


def _score_table(score: dict[str, Any]) -> Table:
    value = score["value_pct"]
    title = f"score {value:.0f} %" if value is not None else "no score: data are missing"
    title += interval_words(score)
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("item", style="dim")
    table.add_column("worth", justify="right")
    table.add_column("lost", justify="right")
    table.add_column("on target", justify="right")
    table.add_column("why")
    for line in score_lines(score):
        table.add_row(escape(line.label), line.worth, line.lost, line.in_target, escape(line.why))
    return table
