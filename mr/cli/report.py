"""`mrcpr report`: one self-contained HTML file about a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.deliver import analysis_of_recording, picture_beside, read_png, write_report
from mr.cli.options import (
    JudgedAsOption,
    JudgedByOption,
    JudgedCrewOption,
    JudgedCriteriaOption,
    SmoothedOption,
)
from mr.config import load_criteria
from mr.errors import ConfigError
from mr.files import is_there
from mr.recording.harmless import harmless
from mr.session.smoothed import rerun_for_review


def report(
    recording: Annotated[
        Path, typer.Argument(metavar="RECORDING", help="A recording (.mcap), whole or cut.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file to write; default: beside the recording."),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A PNG to embed; default: the one beside the recording."),
    ] = None,
    guideline: JudgedByOption = None,
    mode: JudgedAsOption = None,
    rescuers: JudgedCrewOption = None,
    criteria: JudgedCriteriaOption = None,
    smoothed: SmoothedOption = False,
) -> None:
    """Write an HTML report of RECORDING: score, plots and every compression.

    The file needs nothing else: no network, no other file. It can be mailed, printed or filed.
    """
    ending = "-smoothed.html" if smoothed else ".html"  # the live one stays beside it
    path = out or recording.parent / (recording.stem + ending)
    if is_there(path) and is_there(recording) and path.samefile(recording):
        raise ConfigError(f"{path}: is the recording itself: choose another --out")
    embedded = None if picture is None else read_png(picture)
    asked = load_criteria(criteria) if criteria is not None else None
    again, late = rerun_for_review(recording, guideline, mode, rescuers, smoothed=smoothed)
    analysis = analysis_of_recording(again, criteria=asked, smoothed=late)
    console = Output()
    write_report(again, analysis, path, embedded or picture_beside(recording, console), late)
    console.print(f"report: {escape(harmless(str(path)))}")
