"""What somebody asked to be erased, what is being erased, and what may not come back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from mr.review.store.base import ID_LENGTH, Table, new_id


class ErasureAsked(Table):
    """Somebody's wish that all about them be erased; an admin grants it."""

    __tablename__ = "erasure_asked"

    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    asked_utc: Mapped[datetime]


class Erasing(Table):
    """Files whose rows are erased and that are still to be removed from the disk."""

    __tablename__ = "erasing"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    about: Mapped[str] = mapped_column(String(60))
    """kind:ID of what is erased."""
    begun_utc: Mapped[datetime]
    recordings: Mapped[list[Any]]
    """Their SHA-256."""
    uploads: Mapped[list[Any]]
    """Their ids."""


class Erased(Table):
    """What was erased and is not taken in again, should a rig send it once more."""

    __tablename__ = "erased"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A recording's SHA-256, or a learner's random id."""
    at_utc: Mapped[datetime]
