"""The command `mrcpr`: one module a subcommand, imported when it is called.

Exit codes: 0 done; 2 something the user can mend, said in one line; 1 an internal fault,
whose traceback is kept in a file that the line names (and a replay that differs); 130 and
143 when Ctrl-C or a TERM signal ended it before it was done.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import platformdirs
import typer
import typer.core

import mr
from mr.cli.console import Output
from mr.cli.streams import OutputError, drop_output, prepare_streams
from mr.errors import MrError
from mr.recording.harmless import harmless
from mr.session.signals import ENDING, held_back

FAULT_LENGTH = 300

COMMANDS = {
    "demo": "Train on a simulated rig: sensors, overlay, score, report and picture.",
    "run": "Train on the rig that RIG.toml describes.",
    "join": "Join a class: train when its wall says so, and upload the recordings.",
    "upload": "Upload recordings of this rig to a class's server.",
    "replay": "Run RECORDING through the pipeline again and compare with the live run.",
    "analyze": "Count, measure and score the compressions of each FILE.",
    "report": "Write an HTML report of RECORDING: score, plots and every compression.",
    "review": "Serve the instructor's review: a class live, a session in depth.",
    "simulate": "Write a simulated rig into FOLDER: rig.toml, a camera recording, the truth.",
    "fetch-hands": "Download the hand model for --hands (35 MB, once) and check it.",
    "calibrate": "Calibrate a rig, check it, prove it, and see what has changed.",
    "mannequin": "Name, check and calibrate sensor mannequins, and watch their counts.",
    "camera": "List depth cameras, and hang them where they see the chest.",
    "doctor": "Say what is installed, connected and missing, and how to get it.",
}


class LazyGroup(typer.core.TyperGroup):
    """Imports a subcommand only when it is called, so that ``mrcpr --help`` is quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the subcommands in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Give a stand-in with the help line; `resolve_command` gives the real one."""
        text = COMMANDS.get(cmd_name)
        return None if text is None else typer.core.TyperCommand(cmd_name, help=text)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the subcommand that is about to run."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        with held_back():  # a Ctrl-C amid an import comes out as any kind of error
            command = stand_in if name is None else load_command(name)
        return name, command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand; that the reader of its output has gone is nobody's fault."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            drop_output()  # a pager or `head` has read enough
            return 0


def load_command(name: str) -> Any:
    """Import ``mr.cli.<name>`` and make a command of its function of the same name.

    Where that name is a group of commands, give the group.
    """
    function = name.replace("-", "_")
    module: Any = importlib.import_module(f"mr.cli.{function}")
    if isinstance(made := getattr(module, function), typer.Typer):
        return typer.main.get_command(made)
    single = typer.Typer(
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    single.command(name)(made)
    return typer.main.get_command(single)


app = typer.Typer(
    name="mrcpr",
    cls=LazyGroup,
    help=f"Mixed-reality CPR trainer: measure, coach, score and review.\n\n{mr.DISCLAIMER}",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mrcpr {mr.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Take the options that stand before a subcommand."""


def _keep_traceback() -> str:
    """Keep a fault's traceback in a file; give words that say where, or how to see it."""
    path = Path(platformdirs.user_log_dir("mrcpr", appauthor=False)) / "last-fault.txt"
    when = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"mrcpr {mr.__version__}, {when}\n{traceback.format_exc()}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        return f"{path} cannot be written ({error.strerror}): MRCPR_DEBUG=1 shows more"
    return f"please report it with {path}"


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """Treat every signal that asks to end like Ctrl-C."""
    _ended_by.append(number)
    raise KeyboardInterrupt


_ended_by: list[int] = []


def _one_line(text: str) -> str:
    return harmless(" ".join(text.splitlines()))


def _complain(head: str, text: str) -> None:
    """Say one line on standard error, if that can be written."""
    console = Output(stderr=True)
    with suppress(OSError):
        console.print(f"[bold red]{head}:[/] ", end="")
        console.print(text, markup=False)


def _refused(error: MrError) -> int:
    """Say what a user can mend; give the exit code."""
    if isinstance(error, OutputError):
        drop_output()
    _complain("mrcpr", _one_line(str(error)))
    return 2


def _run() -> int:
    try:
        app()
    except MrError as error:
        return _refused(error)
    except KeyboardInterrupt:
        return 130
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 0
    except Exception as error:
        if os.environ.get("MRCPR_DEBUG"):
            raise
        text = _one_line(f"{type(error).__name__}: {error}")[:FAULT_LENGTH]
        _complain("mrcpr: internal fault", f"{text} ({_one_line(_keep_traceback())})")
        return 1
    return 0


def main() -> None:
    """Run the command line and turn errors into one line and an exit code."""
    prepare_streams()
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # ignored: started by nohup
            signal.signal(number, _interrupt)
    code = _run()
    if code == 130 and _ended_by:
        code = 128 + _ended_by[0]
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
    except OutputError as error:
        refused = _refused(error)
        code = code or refused
    sys.exit(code)
