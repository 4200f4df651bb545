"""People, their logins and their consent. The one table that holds names is `person`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from mr.review.store.base import ID_LENGTH, Table, new_id


class Person(Table):
    """Somebody who signs in or is trained."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    role: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(120))
    sign_in_name: Mapped[str | None] = mapped_column(String(120), unique=True)
    """In lower case; None: somebody who signs in by pin or badge only."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    learner_id: Mapped[str | None] = mapped_column(String(16), unique=True)
    """What this person's recordings say instead of a name."""
    created_utc: Mapped[datetime]
    disabled: Mapped[bool] = mapped_column(default=False)
    races: Mapped[bool] = mapped_column(default=False)
    """Whether they take part in a quality race: only who opts in is shown in one."""
    keep_days: Mapped[int | None]
    """How long their sessions are kept, where they asked for less than the house keeps."""


class Login(Table):
    """A signed-in browser: what its cookie stands for, on the server's side."""

    __tablename__ = "login"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(16))
    """How they signed in: password, pin, badge, setup."""
    created_utc: Mapped[datetime]
    seen_utc: Mapped[datetime]
    expires_utc: Mapped[datetime] = mapped_column(index=True)


class Consent(Table):
    """What somebody agreed to or withdrew; the newest of a kind counts, all are kept."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """motion, video, or research."""
    given: Mapped[bool]
    at_utc: Mapped[datetime]
    by_person_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    """Who wrote it down: themselves, or an instructor with the signed form."""
