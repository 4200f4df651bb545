"""Tracking run again, as `mrcpr replay --track` shows it.

Takes a recording's path, gives what `mr.session.retrack` found, with a line of progress
meanwhile, and prints what has changed as tables.
"""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from mr.cli.console import Output
from mr.rig import Rig
from mr.session.changes import Change, StrokeChange
from mr.session.retrack import Retracked, track_again

TELL_EVERY = 10
"""Depth pictures between two words of progress."""


def tracked(path: Path, rig: Rig | None, console: Output) -> Retracked:
    """Track a recording again; a terminal shows how far it has come."""
    with console.status("tracking again") as status:

        def watch(session_s: float, n_depth: int) -> None:
            if n_depth % TELL_EVERY == 0 and console.can_redraw:
                status.update(
                    f"tracking again: {session_s:.0f} s of the session, {n_depth} depth pictures"
                )

        return track_again(path, rig, watch)


def print_changes(console: Output, done: Retracked, rig: Path | None) -> None:
    """Say who measured when, with what, and what has come out differently."""
    console.print(
        f"tracked live by {escape(done.recorded_by)}, now by {escape(done.tracked_by)}, "
        f"from {done.n_depth} whole depth pictures"
        + (f", with the rig {escape(str(rig))}" if rig is not None else "")
    )
    if done.from_pictures:
        console.prose(
            "[yellow]the markers were looked for in pictures that are kept with losses (JPEG): "
            "the mannequin's place is not what was seen live to the last bit[/]"
        )
    if done.identical:
        n = len(done.again.compressions)
        console.print(
            f"[green]identical[/] to the live run to the last bit: "
            f"{sum(c.n_recorded for c in done.changes)} observations, {n} compressions"
        )
        return
    console.print(_observations(done.changes))
    console.print(_strokes(done.strokes))
    if done.must_be_identical and rig is None:
        console.prose(
            "[bold red]different[/] though the version is the same: another machine, or "
            "a program that was changed without a new version"
        )


def _observations(changes: tuple[Change, ...]) -> Table:
    table = Table(title="what the cameras observed", title_justify="left", box=None, pad_edge=False)
    table.add_column("", style="dim")
    for name in ("measured then", "now", "same bits", "rms, mm", "most, mm"):
        table.add_column(name, justify="right")
    for c in changes:
        table.add_row(
            c.what,
            f"{c.n_known_recorded} of {c.n_recorded}",
            f"{c.n_known_now} of {c.n_now}",
            str(c.n_same),
            _number(c.rms_mm, 3),
            _number(c.most_mm, 3),
        )
    return table


def _strokes(change: StrokeChange) -> Table:
    table = Table(title="compressions", title_justify="left", box=None, pad_edge=False)
    for name in ("live", "now", "in both", "depth now - live, mm", "rms, mm", "most, mm"):
        table.add_column(name, justify="right")
    table.add_row(
        str(change.n_live),
        str(change.n_now),
        str(change.n_paired),
        _number(change.mean_mm, 2, "+"),
        _number(change.rms_mm, 2),
        _number(change.most_mm, 2),
    )
    return table


def _number(value: float | None, digits: int, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign}.{digits}f}"
