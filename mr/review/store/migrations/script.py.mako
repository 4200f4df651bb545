"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from mr.review.store.base import Utc

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    ${upgrades if upgrades else "pass"}
