"""What `mrcpr doctor` says of the review on this machine: its database and its disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from mr.cli.check import Check
from mr.errors import ConfigError
from mr.files import is_there

LEAST_FREE_GB = 5.0


def check_review(folder: Path, url: str | None) -> Check:
    """Look whether a review's database can be opened, is of this version, and has room."""
    if not is_there(folder / "secret"):
        found = "no review on this machine"
        return Check("review", "absent", found, "`mrcpr review` starts one, if it is to serve here")
    from mr.review.store import schema
    from mr.review.store.database import Database

    database = None
    try:
        database = Database(url or f"sqlite:///{folder / 'review.db'}")
        database.require_reachable()
        schema.require_newest(database)
        version = schema.version_of(database)
    except ConfigError as error:
        return Check("review", "warning", str(error), "see docs/guides/technician/review.md")
    finally:
        if database is not None:
            database.close()
    free_gb = shutil.disk_usage(folder).free / 1e9
    found = f"{folder}: database of version {version}, {free_gb:.0f} GB free"
    if free_gb < LEAST_FREE_GB:
        return Check("review", "warning", found, "free some room, or move it: restore a backup")
    return Check("review", "ok", found)
