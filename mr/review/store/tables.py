"""Every table, so that the metadata is whole whoever asks for it."""

from __future__ import annotations

from mr.review.store import audit, courses, desks, erasures, people, rigs, sessions, settings
from mr.review.store.base import Table

METADATA = Table.metadata
EVERY = (audit, courses, desks, erasures, people, rigs, sessions, settings)
