"""`mrcpr report`: one self-contained HTML file about a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.deliver import analysis_of_recording, write_report
from mr.cli.options import JudgedAsOption, JudgedByOption, SmoothedOption
from mr.errors import ConfigError
from mr.session.smoothed import rerun_for_review

PNG = b"\x89PNG\r\n\x1a\n"


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
    smoothed: SmoothedOption = False,
) -> None:
    """Write an HTML report of RECORDING: score, plots and every compression.

    The file needs nothing else: no network, no other file. It can be mailed, printed or filed.
    """
    ending = "-smoothed.html" if smoothed else ".html"  # the live one stays beside it
    path = out or recording.with_name(recording.stem + ending)
    if path.exists() and recording.exists() and path.samefile(recording):
        raise ConfigError(f"{path}: is the recording itself: choose another --out")
    if picture is not None:
        _require_png(picture)
    again, late = rerun_for_review(recording, guideline, mode, smoothed=smoothed)
    analysis = analysis_of_recording(again, smoothed=late)
    write_report(again, analysis, path, picture or recording.with_suffix(".png"), late)
    Output().print(f"report: {escape(str(path))}")


def _require_png(path: Path) -> None:
    """Refuse a picture that a browser could not show."""
    try:
        with path.open("rb") as file:
            begin = file.read(len(PNG))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot read this picture ({error.strerror}): give --picture a PNG's path"
        ) from error
    if begin != PNG:
        raise ConfigError(f"{path}: not a PNG: give --picture the mirror view's .png")
