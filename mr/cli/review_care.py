"""`mrcpr review backup`, `restore`, `upgrade` and `verify`: what keeps a review's data safe."""

from __future__ import annotations

import json as json_format
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.patience import Patience
from mr.cli.review_places import DatabaseOption, DataOption, in_words, place_of
from mr.review.care.backup import Told, write_backup
from mr.review.care.manifest import SUFFIX, Manifest
from mr.review.care.restore import restore as restore_backup
from mr.review.care.said_since import do_again, said_since
from mr.review.care.soundness import SCHEMA, Soundness
from mr.review.care.soundness import verify as verify_archive
from mr.review.care.upgrading import upgrade as upgrade_archive

PRIVATE = "it holds personal data (names, recordings, the secret of pins): keep it like those"
Source = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


@contextmanager
def _patience() -> Iterator[Told]:
    with Patience() as patience:
        yield patience.show


def backup(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT", help=f"The file to write (*{SUFFIX}).")],
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write everything into one file, and check it; a server may go on meanwhile."""
    with place_of(context, data, database).archive() as archive, _patience() as told:
        manifest = write_backup(archive, out, told)
    console = Output()
    size_mib = out.stat().st_size / 2**20
    console.print(
        f"backup: {escape(str(out))}  [dim]{_what(manifest)}, {size_mib:.1f} MiB, checked[/]"
    )
    _lacks(console, manifest)
    console.prose(f"Only you may read this file: {PRIVATE}.")


def _what(manifest: Manifest) -> str:
    return f"{manifest.rows.get('session', 0)} sessions, {manifest.rows.get('person', 0)} people"


def _lacks(console: Output, manifest: Manifest) -> None:
    for what, which in (("not there", manifest.missing), ("damaged", manifest.damaged)):
        if which:
            console.print(
                f"[yellow]![/] {len(which)} recordings were {what} when it was made: "
                "`mrcpr review verify` names them"
            )


def restore(
    context: typer.Context,
    source: Source,
    data: DataOption = None,
    database: DatabaseOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Keep what is there aside, and take its place.")
    ] = False,
) -> None:
    """Make a review of a backup: in an empty place, all of it or nothing."""
    place = place_of(context, data, database)
    with in_words(), _patience() as told:
        done = restore_backup(source, place.folder, place.url, replace=replace, told=told)
    with place.archive_alone() as (archive, _):
        again = do_again(archive, said_since(done, place.url))
    console = Output()
    made = f"{done.manifest.made_utc:%Y-%m-%d %H:%M} UTC"
    console.print(
        f"restored: {escape(str(place.folder))}  [dim]{_what(done.manifest)}, as of {made}[/]"
    )
    _lacks(console, done.manifest)
    for person_id in again.left:
        console.prose(
            f"[yellow]![/] person {person_id} was erased after the backup and is its last admin: "
            "make another admin, and erase them again"
        )
    if again.n_withdrawn:
        console.print(f"withdrawn again: {again.n_withdrawn} consents")
    if again.n:
        console.print(f"erased again: {again.n} people and sessions that came back with the backup")
    elif done.kept_folder is None:
        console.prose(
            "[yellow]![/] nothing here knows who was erased after this backup was made, or "
            "withdrew a consent: do it again"
        )
    if done.kept_folder is not None:
        console.print(f"what was there before: {escape(str(done.kept_folder))}")
    if done.kept_schema is not None:
        console.print(f"the tables from before: schema {escape(done.kept_schema)}")
    console.prose("Everybody signs in again; passwords, pins and badges are those of the backup.")


def upgrade(
    context: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    backups: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where its backup goes; default: backups in --data."),
    ] = None,
) -> None:
    """Bring the data to this mrcpr's version; keeps a backup first."""
    place = place_of(context, data, database)
    place.require_there()
    with place.archive_alone(newest=False) as (archive, _), _patience() as told:
        done = upgrade_archive(archive, backups, told)
    console = Output()
    if done is None:
        console.print("nothing to do: the data is of this mrcpr's version")
        return
    console.print(f"upgraded from version {done.before} to {done.now}")
    console.print(f"backup from before: {escape(str(done.backup))}")


def verify(
    context: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Look whether the audit, all recordings and analyses are whole; changes nothing.

    Ends with 2 when something is wrong, else with 0.
    """
    with place_of(context, data, database).archive() as archive, _patience() as told:
        found = verify_archive(archive, told)
    if json:
        said = {"schema": SCHEMA, "sound": not found.faults, **asdict(found)}
        typer.echo(json_format.dumps(said, indent=2))
    else:
        _tell(Output(), found)
    if found.faults:
        raise typer.Exit(2)


def _tell(console: Output, found: Soundness) -> None:
    for fault in found.faults:
        console.print(
            f"[bold red]✗ {fault.kind}[/] {escape(fault.about)}: {escape(fault.words)}"
        )  # fmt: skip
    console.print(
        f"{found.n_sessions} sessions ({found.n_signed} signed by rigs), {found.n_audit_entries} "
        "entries in the audit"
    )
    console.print(f"the audit's last hash: {found.audit_sha256}  [dim]write it down elsewhere[/]")
    if not found.faults:
        console.print("[green]✓[/] all of it is whole")
