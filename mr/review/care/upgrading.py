"""An archive comes to this software's version: after a backup, all of it or nothing.

Takes an archive that nobody else works with, gives what was done. Leaves the steps themselves to
`mr.review.store.migrations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mr.clock.host import wall_now_utc
from mr.errors import ConfigError
from mr.review.archive import Archive
from mr.review.care.backup import Told, untold, write_backup
from mr.review.care.manifest import SUFFIX
from mr.review.store import schema
from mr.review.store.audit import note


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which version to which, and where the backup from before is."""

    before: str
    now: str
    backup: Path


def upgrade(archive: Archive, backups: Path | None = None, told: Told = untold) -> Upgraded | None:
    """Keep a backup and upgrade; None: there was nothing to do.

    Raises
    ------
    ConfigError
        When a newer software made the database, or no backup can be kept.
    """
    before, now = schema.version_of(archive.database), schema.newest_version()
    if before == now:
        return None
    if before is None:
        raise ConfigError("the database is empty: `mrcpr review` makes its tables when it starts")
    if not schema.is_known(before):
        schema.require_newest(archive.database)  # says which software knows it
    name = f"before-{now}-{wall_now_utc():%Y%m%d-%H%M%S}{SUFFIX}"
    backup = (backups or archive.folder / "backups") / name
    write_backup(archive, backup, told)
    schema.upgrade(archive.database)
    with archive.database.writing() as session:
        note(session, "system", "upgraded", before=before, now=now)
    return Upgraded(before, now, backup)
