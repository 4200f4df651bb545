"""Where commands put their files: folders that are made, and taken away again if unused.

Takes a folder's path, gives the folder; leaves writing whole files to `mr.files`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from mr.errors import ConfigError
from mr.files import is_there

DATABASE_VARIABLE = "MRCPR_DATABASE"
"""Names the review's database in the environment, so that a password is in no list of processes."""


def default_review_folder() -> Path:
    """Give the folder of the user's own review."""
    return Path(platformdirs.user_data_dir("mrcpr", appauthor=False)) / "review"


@contextmanager
def folder_for_results(folder: Path) -> Iterator[Path]:
    """Make a folder and its parents; if nothing has come into them at the end, remove them.

    Raises
    ------
    ConfigError
        When it cannot be made.
    """
    missing = [f for f in (folder, *folder.parents) if not is_there(f)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ConfigError(
            f"{folder}: cannot make this folder, a file is in the way: choose another"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{folder}: cannot make this folder ({error.strerror or error}): choose another place"
        ) from error
    try:
        yield folder
    finally:
        with suppress(OSError):  # not empty: something came of it
            for made in missing:
                made.rmdir()


def unused(folder: Path) -> Path:
    """Give a name that is not taken yet: the folder's own, or one with a number."""
    number = 2
    free = folder
    while is_there(free):
        free = folder.with_name(f"{folder.name}_{number}")
        number += 1
    return free
