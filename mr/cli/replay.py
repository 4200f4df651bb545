"""`mrcpr replay`: a recording through the same pipeline again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.deliver import analysis_of_recording, as_json, print_analysis
from mr.cli.options import JudgedByOption
from mr.cli.tracked import print_changes, tracked
from mr.errors import ConfigError
from mr.recording.harmless import harmless
from mr.recording.reader import Recording
from mr.recording.reader import repair as write_repaired
from mr.review.shown import shown_ages, shown_in_words
from mr.rig import load_rig
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
    track: Annotated[
        bool,
        typer.Option(
            "--track",
            help="Begin at the recorded depth pictures (--level 2 or 3), not behind them.",
        ),
    ] = False,
    rig: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --track: another calibration of the same rig."),
    ] = None,
    guideline: JudgedByOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the analysis as JSON.")] = False,
) -> None:
    """Run RECORDING through the pipeline again and compare with the live run.

    With --guideline it is judged by another profile; with other definitions of a compression
    or a pause there is nothing to compare.

    Exits with 1 when a compression comes out differently by as little as the last bit. With
    --track, clock and tracking are run again, too, so an old session can be measured by a
    newer version or with a better calibration: then differences are what is asked for, and
    it exits with 1 only when the same version with the recording's own rig finds any.
    """
    if rig is not None and not track:
        raise ConfigError("--rig is for measuring the pictures anew: add --track")
    if guideline is not None and track:
        raise ConfigError("--guideline judges anew what was tracked before: leave out --track")
    if repair is not None:
        write_repaired(recording, repair)
    if track:
        _track(recording, rig, repair, json)
        return
    again = rerun(recording, block_size, guideline)
    analysis = analysis_of_recording(again)
    console = Output(stderr=json)
    if json:
        typer.echo(as_json(analysis), nl=False)
    else:
        print_analysis(console, analysis)
    _print_damage(console, again.recording, repair)
    if ages := shown_ages(again.shown):
        console.prose(shown_in_words(ages))
    for words in again.told:
        console.prose(f"[yellow]assumed:[/] {escape(words)}")
    if not again.comparable:
        console.prose(
            "not compared with the live run: this profile defines compressions and pauses otherwise"
        )
        return
    found = differences(again)
    n = len(again.compressions)
    if not found:
        console.print(f"[green]identical[/] to the live run to the last bit: {n} compressions")
        return
    console.print(f"[bold red]different[/] from the live run in {len(found)} places:")
    for line in found[:MANY]:
        console.print(f"  {escape(line)}")
    raise typer.Exit(1)


def _print_damage(console: Output, recording: Recording, repair: Path | None) -> None:
    if why := recording.why_incomplete:
        console.prose(f"[yellow]incomplete:[/] {escape(why)}")
        if repair is not None:
            console.print(f"whole copy: {escape(harmless(str(repair)))}")
    elif why := recording.repaired:
        console.prose(f"[yellow]repaired copy:[/] {escape(why)}")


def _track(path: Path, rig: Path | None, repair: Path | None, json: bool) -> None:
    """Measure the recorded pictures anew and say what has changed."""
    console = Output(stderr=json)
    done = tracked(path, None if rig is None else load_rig(rig), console)
    analysis = analysis_of_recording(done.again)
    if json:
        typer.echo(as_json(analysis), nl=False)
    else:
        print_analysis(console, analysis)
    _print_damage(console, done.again.recording, repair)
    print_changes(console, done, rig)
    if not done.identical and done.must_be_identical and rig is None:
        raise typer.Exit(1)
