"""`mrcpr review`: the instructor's web app, and what keeps its data safe.

Gives the group of commands; without one it serves.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import platformdirs
import typer
from rich.markup import escape

from mr import DISCLAIMER
from mr.cli.console import Output
from mr.cli.review_analyse import analyse_recording
from mr.cli.review_film import film_recording
from mr.errors import ConfigError
from mr.review.archive import Archive
from mr.review.serving import Listening, serve
from mr.review.store import schema
from mr.review.web.state import Review

DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="Where the review keeps everything."),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="MRCPR_DATABASE",
        help="PostgreSQL's URL (postgresql://USER@HOST/NAME); default: SQLite in --data.",
    ),
]

review = typer.Typer(
    name="review",
    help="Serve the instructor's review: a class live, a session in depth.",
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def data_folder(given: Path | None) -> Path:
    """Give the folder that was named, or the user's own."""
    return given or Path(platformdirs.user_data_dir("mrcpr", appauthor=False)) / "review"


def open_archive(data: Path | None, database: str | None) -> Archive:
    """Open the review's archive; a new one gets its tables, an older one is refused."""
    archive = Archive.open(data_folder(data), database)
    if schema.version_of(archive.database) is None:
        schema.upgrade(archive.database)
    schema.require_newest(archive.database)
    return archive


@review.callback(invoke_without_command=True)
def _serve(
    context: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; others than this machine's "
                          "own need TLS.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65535)] = 8700,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="A name by which browsers ask for it; several times."),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key, PEM.")] = None,
    behind_tls: Annotated[
        bool, typer.Option("--behind-tls", help="A proxy on this machine speaks TLS for it.")
    ] = False,
) -> None:  # fmt: skip
    """Serve the instructor's review: a class live, a session in depth."""
    if context.invoked_subcommand is not None:
        return
    if (tls_cert is None) != (tls_key is None):
        raise ConfigError("--tls-cert and --tls-key belong together: give both")
    for file in (tls_cert, tls_key):
        if file is not None and not file.is_file():
            raise ConfigError(f"{file}: there is no such file: give the path of a PEM")
    listening = Listening(host, port, tuple(name or ()), tls_cert, tls_key, behind_tls)
    console = Output()
    console.prose(f"[dim]{DISCLAIMER}[/]")
    if not listening.on_this_machine_only and not listening.secure:
        console.prose(
            "[yellow]![/] passwords and learners' data leave this machine unencrypted: give "
            "--tls-cert and --tls-key (docs/guides/technician/tls.md)"
        )
    with closing(open_archive(data, database)) as archive:
        archive.sweep()

        def ready(running: Review, address: str) -> None:
            _announce(console, running, address)

        serve(archive, analyse_recording, film_recording, listening, ready)


def _announce(console: Output, running: Review, address: str) -> None:
    if running.needs_setup:
        console.print(
            f"set up the first account: [bold]{escape(address)}/setup#{running.setup_code}[/]"
        )
    else:
        console.print(f"review: [bold]{escape(address)}[/]  (Ctrl-C ends it)")
