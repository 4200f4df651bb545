"""`mrcpr replay`: a recording through the same pipeline again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.deliver import analysis_of_recording, as_json, print_analysis
from mr.recording.reader import repair as write_repaired
from mr.session.offline import differences, rerun

MANY = 10


def replay(
    recording: Annotated[
        Path, typer.Argument(metavar="RECORDING", help="A recording (.mcap), whole or cut.")
    ],
    block_size: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, help="Samples read at once; the result does not depend on it."
        ),
    ] = 64,
    repair: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write a whole copy of a cut recording."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the analysis as JSON.")] = False,
) -> None:
    """Run RECORDING through the pipeline again and compare with the live run.

    Exits with 1 when a compression comes out differently by as little as the last bit.
    """
    if repair is not None:
        write_repaired(recording, repair)
    again = rerun(recording, block_size)
    analysis = analysis_of_recording(again)
    found = differences(again)
    console = Output(stderr=json)
    if json:
        typer.echo(as_json(analysis), nl=False)
    else:
        print_analysis(console, analysis)
    if why := again.recording.why_incomplete:
        console.prose(f"[yellow]incomplete:[/] {escape(why)}")
        if repair is not None:
            console.print(f"whole copy: {escape(str(repair))}")
    elif why := again.recording.repaired:
        console.prose(f"[yellow]repaired copy:[/] {escape(why)}")
    n = len(again.compressions)
    if not found:
        console.print(f"[green]identical[/] to the live run to the last bit: {n} compressions")
        return
    console.print(f"[bold red]different[/] from the live run in {len(found)} places:")
    for line in found[:MANY]:
        console.print(f"  {escape(line)}")
    raise typer.Exit(1)
