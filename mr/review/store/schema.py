"""Which version of the tables a database has, and how it gets the newest.

Takes a `Database`, gives its version, and brings it up to this software's: all steps in one
transaction, so that a power cut leaves the old version whole. The steps are Alembic's, in
`migrations/versions`.
"""

from __future__ import annotations

from importlib import resources
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from mr.errors import ConfigError
from mr.review.store.database import WRITES, Database


def newest_version() -> str:
    """Tell the version of the tables that this software works with."""
    return cast(str, ScriptDirectory.from_config(_config()).get_current_head())


def version_of(database: Database) -> str | None:
    """Tell a database's version; None: it is empty."""
    with database.engine.connect() as connection:
        return version_at(connection)


def version_at(connection: Connection) -> str | None:
    """Tell the version of the tables that a connection sees; None: there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def require_newest(database: Database) -> None:
    """Raise `ConfigError` when a database is of another version than this software."""
    found = version_of(database)
    if found == newest_version():
        return
    if found is not None and not is_known(found):
        raise ConfigError(
            f"the database is of version {found}, which a newer mrcpr made: use that one, or "
            "restore a backup from before with `mrcpr review restore`"
        )
    raise ConfigError(
        f"the database is of version {found or 'none'} and this mrcpr needs {newest_version()}: "
        "run `mrcpr review upgrade`, which keeps a backup first"
    )


def upgrade(database: Database) -> bool:
    """Bring a database to the newest version, all of it or nothing; tells whether it was older."""
    if version_of(database) == newest_version():
        return False
    engine: Engine = database.engine.execution_options(**{WRITES: True})
    with engine.begin() as connection:
        bring_to(connection)
    return True


def bring_to(connection: Connection, version: str = "head") -> None:
    """Bring the tables to a version, in the connection's own transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def is_known(version: str) -> bool:
    """Tell whether this software knows a version of the tables."""
    steps = ScriptDirectory.from_config(_config()).walk_revisions()
    return version in {step.revision for step in steps}


def _config() -> Config:
    config = Config()
    config.set_main_option(
        "script_location", str(resources.files("mr.review.store").joinpath("migrations"))
    )
    return config
