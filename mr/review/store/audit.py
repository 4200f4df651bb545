"""Who did what, in a chain that shows when somebody changes it afterwards.

Takes what happened, gives entries of which each carries the hash of the one before. The
database refuses to change or remove one (a trigger); who goes around it breaks the chain, and
`verify` says where. Entries hold ids, never names, so that erasing a person leaves the chain whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from mr.clock.host import wall_now_utc
from mr.review.store.base import Table

FIRST = "0" * 64
CHAIN_LOCK = 0x6D726370
"""PostgreSQL's advisory lock of the chain: two entries never follow the same one."""


class AuditEntry(Table):
    """One thing that somebody did, or tried to."""

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "actor", "seq"),
        Index(None, "action", "seq"),
        Index(None, "about", "seq"),
        Index(None, "subject", "seq"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_utc: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(40))
    """person:ID, rig:ID, system, or nobody (who is not signed in)."""
    action: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(60))
    """kind:ID of what it was done to; empty where there is none."""
    subject: Mapped[str] = mapped_column(String(16), default="")
    """The person whose data it concerns; empty where there is none."""
    detail: Mapped[dict[str, Any]]
    before_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))


def entry_sha256(entry: AuditEntry) -> str:
    """Give the hash of an entry: of all it says, and of the one before it."""
    said = [
        entry.seq,
        entry.at_utc.isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.about,
        entry.subject,
        entry.detail,
        entry.before_sha256,
    ]
    packed = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(packed.encode()).hexdigest()


def hold(session: Session) -> None:
    """Let nobody else add to the chain until this transaction ends.

    SQLite's writers have queued already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({CHAIN_LOCK})"))


def note(
    session: Session, actor: str, action: str, about: str = "", subject: str = "", **detail: Any
) -> None:
    """Write an entry at the chain's end, in the transaction of what it is about."""
    hold(session)
    session.flush()
    last = session.execute(
        select(AuditEntry.seq, AuditEntry.sha256).order_by(AuditEntry.seq.desc()).limit(1)
    ).first()
    entry = AuditEntry(
        seq=1 if last is None else last.seq + 1,
        at_utc=wall_now_utc(),
        actor=actor,
        action=action,
        about=about,
        subject=subject,
        detail=detail,
        before_sha256=FIRST if last is None else last.sha256,
    )
    entry.sha256 = entry_sha256(entry)
    session.add(entry)
    session.flush()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain is whole."""

    n_entries: int
    broken_at: int | None
    """The first entry that is not what it was, or does not follow its predecessor."""
    last_sha256: str
    """To be kept elsewhere: a chain that was cut at its end, or made anew, does not hold it."""


def verify(session: Session) -> Verdict:
    """Go through the chain."""
    before, n = FIRST, 0
    for entry in _entries(session):
        n += 1
        follows = entry.seq == n and entry.before_sha256 == before
        if not follows or entry.sha256 != entry_sha256(entry):
            return Verdict(n, entry.seq, before)
        before = entry.sha256
    return Verdict(n, None, before)


def _entries(session: Session) -> Iterator[AuditEntry]:
    query = select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=1000)
    yield from session.scalars(query)
