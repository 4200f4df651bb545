"""Rigs that joined, the codes by which they do, and what they report of themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from mr.review.store.base import ID_LENGTH, Table, new_id


class EnrolCode(Table):
    """A one-time code by which a rig joins."""

    __tablename__ = "enrol_code"

    code_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    made_by: Mapped[str] = mapped_column(String(ID_LENGTH))
    expires_utc: Mapped[datetime]
    used_utc: Mapped[datetime | None]


class EnrolledRig(Table):
    """A rig that may send recordings and be seen on the wall."""

    __tablename__ = "rig"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    public_key: Mapped[str] = mapped_column(String(64))
    """Ed25519, as `mr.review.live.signing.public_text` writes it."""
    enrolled_utc: Mapped[datetime]
    enrolled_by: Mapped[str] = mapped_column(String(ID_LENGTH))
    revoked_utc: Mapped[datetime | None]
    seen_utc: Mapped[datetime | None]
    course_id: Mapped[str | None] = mapped_column(ForeignKey("class.id", ondelete="SET NULL"))
    """The class that it serves now."""
    learner_person_id: Mapped[str | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )
    """Who trains on it now."""
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The newest of what it says of itself: software, firmware, mannequin, calibration."""


class RigReport(Table):
    """What a rig reported once: a daily check, a reading of drift, a fault."""

    __tablename__ = "rig_report"
    __table_args__ = (Index(None, "rig_id", "kind", "at_utc"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    rig_id: Mapped[str] = mapped_column(ForeignKey("rig.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """check, drift, fault, or facts."""
    at_utc: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class UsedNonce(Table):
    """A signed request's nonce, kept while its time would still be believed."""

    __tablename__ = "used_nonce"

    rig_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_utc: Mapped[datetime] = mapped_column(index=True)
