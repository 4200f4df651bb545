"""`mrcpr review`: the instructor's web app, and what keeps its data safe.

Gives the group of commands; without one it serves.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr import DISCLAIMER
from mr.cli.console import Output
from mr.cli.review_add import add, bring_one
from mr.cli.review_analyse import analyse_recording
from mr.cli.review_care import backup, restore, upgrade, verify
from mr.cli.review_film import film_recording
from mr.cli.review_people import reset_password
from mr.cli.review_places import DatabaseOption, DataOption, place_of
from mr.errors import ConfigError, RecordingError
from mr.review.archive import Archive
from mr.review.lock import InUseError, Lock, address_of
from mr.review.serving import Listening, serve
from mr.review.web.state import Review

review = typer.Typer(
    name="review",
    help="Serve the instructor's review: a class live, a session in depth.",
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


review.command("add")(add)
review.command("backup")(backup)
review.command("restore")(restore)
review.command("upgrade")(upgrade)
review.command("verify")(verify)
review.command("reset-password")(reset_password)


@review.callback(invoke_without_command=True)
def _serve(
    context: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; others than this machine's "
                          "own need TLS.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Its port; 0: any that is free.")
    ] = 8700,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="A name by which browsers ask for it; several times."),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key, PEM.")] = None,
    behind_tls: Annotated[
        bool, typer.Option("--behind-tls", help="A proxy on this machine speaks TLS for it.")
    ] = False,
    show: Annotated[
        Path | None,
        typer.Option("--open", metavar="REC", help="Bring a recording in and open its page."),
    ] = None,
) -> None:  # fmt: skip
    """Serve the instructor's review: a class live, a session in depth."""
    place = place_of(context, data, database)
    if context.invoked_subcommand is not None:
        context.obj = place
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
    try:
        with place.archive_alone() as (archive, lock):
            _run(console, archive, lock, listening, show)
    except InUseError:
        at = address_of(place.folder)
        if show is None or not at:
            raise
        with place.archive() as archive:  # its server is up: the page is there already
            _lead_to(console, f"{at}/sessions/{_brought(archive, show)}")


def _run(
    console: Output, archive: Archive, lock: Lock, listening: Listening, show: Path | None
) -> None:
    archive.sweep()
    path = "" if show is None else f"/sessions/{_brought(archive, show)}"

    def ready(running: Review, address: str) -> None:
        lock.tell(address)
        if running.needs_setup:
            back = f"?back={path}" if path else ""
            address = f"{address}/setup{back}#{running.setup_code}"
            console.print(f"set up the first account: [bold]{escape(address)}[/]")
        else:
            console.print(f"review: [bold]{escape(address + path)}[/]  (Ctrl-C ends it)")
        if show is not None:
            _open_browser(console, address if running.needs_setup else address + path)

    serve(archive, analyse_recording, film_recording, listening, ready)


def _brought(archive: Archive, recording: Path) -> str:
    one = bring_one(archive, recording)
    if one.why_refused:
        raise RecordingError(one.why_refused)
    return one.session_id


def _lead_to(console: Output, address: str) -> None:
    console.print(f"review: [bold]{escape(address)}[/]")
    _open_browser(console, address)


def _open_browser(console: Output, address: str) -> None:
    """Open the page where a person sits at a screen."""
    has_screen = sys.platform in {"win32", "darwin"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if console.is_terminal and has_screen:
        typer.launch(address)
