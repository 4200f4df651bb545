"""Classes and who is in them (`Course` in Python, where `class` is a word of its own)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from mr.review.store.base import ID_LENGTH, Table, new_id


class Course(Table):
    """A class: people who train together, and those who teach them."""

    __tablename__ = "class"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(String(120))
    created_utc: Mapped[datetime]
    ended_utc: Mapped[datetime | None]
    mode: Mapped[str] = mapped_column(String(16), default="hands-only")
    guideline: Mapped[str] = mapped_column(String(64), default="aha-2025-adult-bls")
    attempt: Mapped[str] = mapped_column(String(16), default="practice")
    """What a session is begun as where nobody says otherwise."""
    duration_s: Mapped[float | None] = mapped_column(default=120.0)
    """How long one lasts then; None: until it is stopped."""
    goal_compressions: Mapped[int | None]
    """What the class wants to reach together: compressions with everything right."""
    race: Mapped[bool] = mapped_column(default=False)
    """Whether those who opted in are shown in a quality race."""


class Membership(Table):
    """One person in one class, as what."""

    __tablename__ = "membership"

    course_id: Mapped[str] = mapped_column(
        ForeignKey("class.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(16))
    """instructor or learner."""
    pin_hmac: Mapped[str | None] = mapped_column(String(64), index=True)
    """Of the learner's pin in this class, by the server's secret."""
    badge_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the token in the learner's QR code."""
