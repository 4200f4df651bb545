"""Desks: devices beside a rig at which learners sign in by pin or badge."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from mr.review.store.base import ID_LENGTH, Table


class Desk(Table):
    """One device that an instructor made a rig's desk for a class day."""

    __tablename__ = "desk"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the token in the device's own cookie."""
    rig_id: Mapped[str] = mapped_column(ForeignKey("rig.id", ondelete="CASCADE"), index=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("class.id", ondelete="CASCADE"))
    made_by: Mapped[str] = mapped_column(String(ID_LENGTH))
    made_utc: Mapped[datetime]
    expires_utc: Mapped[datetime] = mapped_column(index=True)
