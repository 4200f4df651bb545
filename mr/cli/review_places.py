"""Where a review's things are, for all of its commands: its folder and its database.

Gives the options, and an archive that is open: made when it is not there, or required to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from mr.cli.places import DATABASE_VARIABLE, default_review_folder
from mr.errors import ConfigError
from mr.files import is_there
from mr.review.archive import Archive
from mr.review.lock import Lock, the_only_one
from mr.review.store import schema

DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="Where the review keeps everything."),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar=DATABASE_VARIABLE,
        help="PostgreSQL's URL (postgresql://USER@HOST/NAME); default: SQLite in --data.",
    ),
]


@dataclass(frozen=True, slots=True)
class Place:
    """One review's folder, and its database's URL where it is not in it."""

    folder: Path
    url: str | None

    @property
    def is_there(self) -> bool:
        """Tell whether there is a review."""
        return is_there(self.folder / "secret")

    def require_there(self) -> None:
        """Raise `ConfigError` where there is no review."""
        if not self.is_there:
            raise ConfigError(
                f"{self.folder}: there is no review: name its folder with --data, or start one "
                "with `mrcpr review`"
            )

    @contextmanager
    def archive(self) -> Iterator[Archive]:
        """Open a review that is there, of this software's version."""
        self.require_there()
        with in_words(), closing(Archive.open(self.folder, self.url)) as archive:
            schema.require_newest(archive.database)
            yield archive

    @contextmanager
    def archive_alone(self, *, newest: bool = True) -> Iterator[tuple[Archive, Lock]]:
        """Open a review with which nobody else works; a new one is made, and gets its tables."""
        with (
            the_only_one(self.folder) as lock,
            in_words(),
            closing(Archive.open(self.folder, self.url)) as archive,
            archive.database.alone(),
        ):
            if schema.version_of(archive.database) is None:
                schema.upgrade(archive.database)
            if newest:
                schema.require_newest(archive.database)
            yield archive, lock


def place_of(context: typer.Context, data: Path | None, database: str | None) -> Place:
    """Tell the place from a command's options, or those that stood before the command."""
    before: Place | None = context.obj if isinstance(context.obj, Place) else None
    if before is not None:
        return Place(data or before.folder, database or before.url)
    return Place(data or default_review_folder(), database)


@contextmanager
def in_words() -> Iterator[None]:
    """Say in words that the database refused: its disk is full, or it went away."""
    try:
        yield
    except DBAPIError as error:
        words = str(error.orig).strip().splitlines()[0]
        raise ConfigError(
            f"the database refused ({words}): nothing was changed; mend that and try again"
        ) from error
