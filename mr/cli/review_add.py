"""`mrcpr review add`: recordings of this machine come into the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.inputs import inputs_of, kind_of
from mr.cli.patience import Patience
from mr.cli.review_places import DatabaseOption, DataOption, Place, place_of
from mr.errors import ConfigError, RecordingError
from mr.review.archive import Archive
from mr.review.intake.by_hand import bring
from mr.review.intake.uploads import Uploads
from mr.review.store.courses import Course
from mr.review.web.state import MAX_RECORDING_BYTES


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of one file."""

    name: str
    session_id: str
    is_new: bool
    why_refused: str = ""


def add(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Recordings (.mcap), or folders.")
    ],
    data: DataOption = None,
    database: DatabaseOption = None,
    course: Annotated[
        str | None, typer.Option(metavar="ID", help="The class that they belong to.")
    ] = None,
) -> None:
    """Bring recordings into the catalogue, whether its server runs or not.

    Ends with 2 when one was refused; the others are in all the same.
    """
    recordings = [one.path for one in inputs_of(files) if kind_of(one.path) == "recording"]
    if not recordings:
        raise RecordingError("there is no recording (.mcap) among these files")
    with _archive(place_of(context, data, database)) as archive, Patience() as patience:
        _require_class(archive, course)
        done = []
        for k, path in enumerate(recordings):
            patience.show(path.name, k, len(recordings))
            done.append(bring_one(archive, path, course))
    console = Output()
    for one in done:
        _tell(console, one)
    if any(one.why_refused for one in done):
        raise typer.Exit(2)


@contextmanager
def _archive(place: Place) -> Iterator[Archive]:
    if place.is_there:
        with place.archive() as archive:
            yield archive
    else:
        with place.archive_alone() as (archive, _):
            yield archive


def _require_class(archive: Archive, course_id: str | None) -> None:
    if course_id is None:
        return
    with archive.database.reading() as session:
        if session.get(Course, course_id) is None:
            raise ConfigError(f"--course: there is no class {course_id}: its page's address has it")


def bring_one(archive: Archive, path: Path, course_id: str | None = None) -> Brought:
    """Bring one recording in; that it was refused is told, not raised."""
    try:
        session_id, is_new = bring(Uploads(archive, MAX_RECORDING_BYTES), path, course_id)
    except RecordingError as error:
        return Brought(path.name, "", False, str(error))
    return Brought(path.name, session_id, is_new)


def _tell(console: Output, one: Brought) -> None:
    if one.why_refused:
        console.print(f"[bold red]✗ refused[/] {escape(one.why_refused)}")
        return
    what = "added" if one.is_new else "was there"
    console.print(
        f"[green]✓[/] {what}: {escape(one.name)}  [dim]/sessions/{one.session_id}[/]"
    )  # fmt: skip
