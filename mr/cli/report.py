"""`mrcpr report`: one self-contained HTML file about a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mr.cli.deliver import analysis_of_recording, write_report
from mr.session.offline import rerun


def report(
    recording: Annotated[Path, typer.Argument(help="A recording (.mcap), whole or cut.")],
    out: Annotated[
        Path | None, typer.Option(help="The file to write; default: beside the recording.")
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(help="A PNG to embed; default: the mirror picture beside the recording."),
    ] = None,
) -> None:
    """Write an HTML report of RECORDING: score, plots and every compression.

    The file needs nothing else: no network, no other file. It can be mailed, printed or filed.
    """
    again = rerun(recording)
    path = out or recording.with_suffix(".html")
    analysis = analysis_of_recording(again)
    write_report(again, analysis, path, picture or recording.with_suffix(".png"))
    Console().print(f"report: {path}", soft_wrap=True, highlight=False)
