"""Alembic's entry: runs the steps on the connection that `mr.review.store.schema` hands over."""

from __future__ import annotations

from alembic import context

from mr.review.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot alter most of a table
    transaction_per_migration=False,
)
context.run_migrations()
