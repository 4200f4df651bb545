"""The command `mrcpr`: one module a subcommand, imported when it is called.

Exit codes: 0 done; 2 something the user can mend, said in one line; 1 an internal fault,
whose traceback is kept in a file that the line names; 130 Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import click
import platformdirs
import typer
from rich.console import Console

import mr
from mr.cli import analyze, demo, doctor, replay, report, run, simulate
from mr.errors import MrError

app = typer.Typer(
    name="mrcpr",
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


app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("replay")(replay.replay)
app.command("analyze")(analyze.analyze)
app.command("report")(report.report)
app.command("doctor")(doctor.doctor)
app.command("simulate")(simulate.simulate)


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
        code = app(standalone_mode=False)
    except MrError as error:
        console.print(f"[bold red]mrcpr:[/] {error}", markup=True)
        code = 2
    except click.ClickException as error:
        error.show()
        code = 2
    except (KeyboardInterrupt, click.Abort):
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
    sys.exit(code or 0)
