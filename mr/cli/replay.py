"""`mrcpr replay`: a recording through the same pipeline again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.deliver import analysis_of_recording, as_json, print_analysis
from mr.cli.options import JudgedByOption
from mr.cli.replay_video import save_film
from mr.cli.tracked import print_changes, tracked
from mr.errors import ConfigError
from mr.recording.harmless import harmless
from mr.recording.reader import Recording
from mr.recording.rewrite import repair as write_repaired
from mr.review.shown import shown_ages, shown_in_words
from mr.rig import load_rig
from mr.session.offline import differences, rerun
from overlays.film import Film
from overlays.messages import languages, load_messages
from overlays.theme import DEFAULT, THEMES
from overlays.video import require_video_place

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
    video: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also write the mirror as a video, .mp4 or .webm: 30 frames a second.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help=f"With --video: its words, {' or '.join(languages())}; default: the session's.",
        ),
    ] = None,
    theme: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"With --video: its colours, {' or '.join(THEMES)}."),
    ] = None,
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
    film_of = _film(video, language, theme, track=track)
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
    if video is not None:
        save_film(again.recording, film_of(again.recording), video, console, guideline)
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


def _film(
    video: Path | None, language: str | None, theme: str | None, *, track: bool
) -> Callable[[Recording], Film]:
    """Refuse what fits no video before anything is done; give what makes a recording's film."""
    for option, given in (("--language", language), ("--theme", theme)):
        if given is not None and video is None:
            raise ConfigError(f"{option} is for a video: add --video FILE")
    if video is not None and track:
        raise ConfigError("--video shows what was tracked live: leave out --track")
    if theme is not None and theme not in THEMES:
        raise ConfigError(f"--theme {theme}: choose one of {', '.join(THEMES)}")
    if video is not None:
        require_video_place(video)
    words = None if language is None else load_messages(language)
    colours = DEFAULT if theme is None else THEMES[theme]

    def film(recording: Recording) -> Film:
        its_own = recording.header.session.language
        return Film(recording.rig, colours, words or load_messages(its_own))

    return film


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
