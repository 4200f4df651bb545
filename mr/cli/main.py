"""The command `mrcpr`: one module a subcommand, imported when it is called.

Exit codes: 0 done; 2 something the user can mend, said in one line; 1 an internal fault,
whose traceback is kept in a file that the line names; 130 Ctrl-C.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import platformdirs
import typer
import typer.core
from rich.console import Console

import mr
from mr.errors import MrError

COMMANDS = {
    "demo": "Train on a simulated rig: sensors, overlay, score, report and picture.",
    "run": "Train on the rig that RIG.toml describes.",
    "replay": "Run RECORDING through the pipeline again and compare with the live run.",
    "analyze": "Count, measure and score the compressions of FILE.",
    "report": "Write an HTML report of RECORDING: score, plots and every compression.",
    "simulate": "Write a simulated rig into FOLDER: rig.toml, a camera recording, the truth.",
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
        return name, stand_in if name is None else load_command(name), rest


def load_command(name: str) -> Any:
    """Import ``mr.cli.<name>`` and make a command of its function of the same name."""
    module: Any = importlib.import_module(f"mr.cli.{name}")
    single = typer.Typer(
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    single.command(name)(getattr(module, name))
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


def _keep_traceback() -> Path:
    folder = Path(platformdirs.user_log_dir("mrcpr", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "last-fault.txt"
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return path


def main() -> None:
    """Run the command line and turn errors into one line and an exit code."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        app()
        code = 0
    except MrError as error:
        console.print("[bold red]mrcpr:[/] ", end="")
        console.print(str(error), markup=False)
        code = 2
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader of our output has gone (a pager, `head`): not a fault of anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if os.environ.get("MRCPR_DEBUG"):
            raise
        console.print(
            f"[bold red]mrcpr: internal fault:[/] {type(error).__name__}: {error} "
            f"(please report it with {_keep_traceback()})"
        )
        code = 1
    sys.exit(code)
