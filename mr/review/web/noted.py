"""What was refused, in the audit: each kind and asker a few times a minute, the rest as a number.

Takes a refusal, gives the audit an entry. The audit only grows, and SQLite has one writer, so that
who is refused as often as they can ask must neither fill the one nor hold the other: what is more
than a few a minute is counted in memory, and told by the next entry (``more``), at the latest when
its minute is over. Leaves what is refused to who refuses it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from mr.recording.harmless import harmless
from mr.review.store.audit import note
from mr.review.store.database import Database

LOG = logging.getLogger("mr.review")
STRANGERS_PER_MINUTE, KNOWN_PER_MINUTE = 20, 60
"""So many entries a minute of one kind: by one machine nobody is signed in at, by one person."""
MOST_ASKERS = 32
"""So many kinds and askers are told apart at once; those that are more share a count."""
MINUTE_S = 60.0
OTHERS = "others"
NOBODY = "nobody"
ABOUT_LENGTH = 60


def client(connection: HTTPConnection) -> str:
    """Tell from where somebody asks, for counting tries."""
    return connection.client.host if connection.client else "unknown"


def printed(text: str) -> str:
    """Give what a stranger sent as an entry can hold it: short, and of plain characters."""
    return harmless(text.encode("ascii", "replace").decode())[:ABOUT_LENGTH]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that was refused."""

    action: str
    """refused.WHY"""
    actor: str = NOBODY
    about: str = ""
    subject: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Minute:
    """What one asker was refused in one minute."""

    began_s: float
    last: Refusal
    written: int = 0
    more: int = 0
    """Refused, and not yet told by an entry."""


class Noted:
    """The refusals of one running review; may be used by several threads."""

    def __init__(self, database: Database, now_s: Callable[[], float] = time.monotonic) -> None:
        self._database, self._now_s = database, now_s
        self._minutes: dict[tuple[str, str], _Minute] = {}
        self._lock = threading.Lock()

    def note(self, refusal: Refusal, asker: str) -> None:
        """Write a refusal down, or count it; in no transaction of one's own."""
        due = self._due(refusal, asker)
        if due is not None:
            self._write(due, refusal, asker)

    async def note_beside(self, refusal: Refusal, asker: str) -> None:
        """Do the same from the event loop, which waits for no database."""
        due = self._due(refusal, asker)
        if due is not None:
            await run_in_threadpool(self._write, due, refusal, asker)

    def settle(self, *, all_of_them: bool = False) -> None:
        """Write down what was only counted in minutes that are over."""
        for (_, asker), last, more in self._over(all_of_them):
            self._write(more, last, asker)

    def _due(self, refusal: Refusal, asker: str) -> int | None:
        """Count a refusal; gives how many more its entry has to tell, None: no entry now."""
        now_s = self._now_s()
        with self._lock:
            minute = self._minute(refusal, asker, now_s)
            minute.last = refusal
            known = refusal.actor != NOBODY
            if minute.written >= (KNOWN_PER_MINUTE if known else STRANGERS_PER_MINUTE):
                minute.more += 1
                return None
            minute.written += 1
            more, minute.more = minute.more, 0
            return more

    def _minute(self, refusal: Refusal, asker: str, now_s: float) -> _Minute:
        key = (refusal.action, asker)
        if key not in self._minutes and len(self._minutes) >= MOST_ASKERS:
            self._forget(now_s)
            if len(self._minutes) >= MOST_ASKERS:
                key = (refusal.action, OTHERS)
        found = self._minutes.get(key)
        if found is None or now_s - found.began_s >= MINUTE_S:
            more = 0 if found is None else found.more
            found = self._minutes[key] = _Minute(now_s, refusal, more=more)
        return found

    def _forget(self, now_s: float) -> None:
        over = [
            key
            for key, minute in self._minutes.items()
            if now_s - minute.began_s >= MINUTE_S and not minute.more
        ]
        for key in over:
            del self._minutes[key]

    def _over(self, all_of_them: bool) -> list[tuple[tuple[str, str], Refusal, int]]:
        now_s, found = self._now_s(), []
        with self._lock:
            for key, minute in list(self._minutes.items()):
                if all_of_them or now_s - minute.began_s >= MINUTE_S:
                    del self._minutes[key]
                    if minute.more:  # the entry is one of them
                        found.append((key, minute.last, minute.more - 1))
        return found

    def _write(self, more: int, refusal: Refusal, asker: str) -> None:
        detail = refusal.detail | ({"more": more} if more else {})
        try:
            with self._database.writing() as session:
                note(
                    session,
                    refusal.actor,
                    refusal.action,
                    printed(refusal.about),
                    refusal.subject,
                    **detail,
                )
        except SQLAlchemyError as error:  # it stays refused; that it was is told later
            LOG.error("a refusal is yet to be written down: %s", type(error).__name__)
            with self._lock:
                self._minute(refusal, asker, self._now_s()).more += more + 1
