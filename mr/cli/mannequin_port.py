"""What the commands of `mrcpr mannequin` share: options, the port, JSON and progress.

Takes what was typed, gives an open `MannequinConsole` and one look of the output; leaves
what is asked of the mannequin to the commands.
"""

from __future__ import annotations

import json as json_format
import select
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from mr.cli.console import Output
from mr.devices.mannequin.console import MannequinConsole
from mr.devices.mannequin.console import Progress as Told
from mr.devices.mannequin.find import resolve_port

PortOption = Annotated[
    str | None,
    typer.Option(metavar="PORT", help="Path or USB id of its serial port; default: found."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the same as JSON.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
RigOption = Annotated[Path, typer.Option(metavar="FILE", help="A rig's calibration, rig.toml.")]
AnyRigOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A rig's calibration, rig.toml.")
]

LISTEN_S = 0.1


@contextmanager
def opened(port: str | None, console: Output) -> Iterator[tuple[str, MannequinConsole]]:
    """Give the path of the port and the mannequin behind it, greeted."""
    path = resolve_port(port)
    with ExitStack() as stack:
        with console.status(f"greeting the mannequin on {escape(path)}"):
            mannequin = stack.enter_context(MannequinConsole(path))
        yield path, mannequin


@contextmanager
def shown_progress(console: Output, what: str) -> Iterator[Told]:
    """Show a bar for what takes longer than a second, where lines can be redrawn."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f}%"))
    bar = Progress(*columns, console=console, transient=True, disable=not console.can_redraw)
    with bar:
        task = bar.add_task(what, total=1.0)
        yield lambda fraction: bar.update(task, completed=fraction)


def print_json(kind: str, data: dict[str, Any]) -> None:
    """Print one object, with the name of its schema first."""
    whole = {"schema": f"mrcpr.mannequin-{kind}/1"} | data
    typer.echo(json_format.dumps(whole, indent=2, ensure_ascii=False))


def answer_of(console: Output, question: str) -> str | None:
    """Ask whoever sits there; None when the input has ended. Ctrl-C ends the command."""
    console.print(question, end="", markup=False)
    try:
        _wait_for_a_line()
        return input()
    except EOFError:
        console.print()
        return None
    except KeyboardInterrupt:
        console.print()  # the terminal wrote ^C beside the question
        raise


def _wait_for_a_line() -> None:
    """Wait in steps: `input` does not hear a Ctrl-C of the instant before it begins to wait."""
    if sys.platform != "win32":  # which cannot wait for a console so
        while not select.select([sys.stdin], (), (), LISTEN_S)[0]:
            pass


def has_a_person() -> bool:
    """Tell whether there is somebody who can answer a question."""
    return sys.stdin.isatty() and sys.stdout.isatty()
