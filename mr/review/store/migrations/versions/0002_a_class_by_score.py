"""a class's sessions by score, over an index alone."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_index(
        op.f("ix_session_course_id_score_pct_id"), "session", ["course_id", "score_pct", "id"]
    )
