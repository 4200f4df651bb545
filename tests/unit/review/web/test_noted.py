"""What was refused is in the audit, and nobody fills it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from mr.review.archive import Archive
from mr.review.store import schema
from mr.review.store.audit import AuditEntry, verify
from mr.review.web.noted import (
    KNOWN_PER_MINUTE,
    MOST_ASKERS,
    STRANGERS_PER_MINUTE,
    Noted,
    Refusal,
    printed,
)

SITE = Refusal("refused.site", about="/api/classes", detail={"why": "other-site"})


class Clock:
    """A clock that is set."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive.open(tmp_path / "review", None)
    schema.upgrade(opened.database)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def noted(archive: Archive, clock: Clock) -> Noted:
    return Noted(archive.database, clock)


def entries(archive: Archive) -> list[tuple[str, dict[str, Any]]]:
    with archive.database.reading() as session:
        assert verify(session).broken_at is None
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
        return [(entry.action, entry.detail) for entry in found]


def told(archive: Archive) -> int:
    """Count the refusals that the audit tells of, however few its entries are."""
    return sum(1 + detail.get("more", 0) for _, detail in entries(archive))


def test_a_few_a_minute_are_written_and_the_rest_is_a_number(
    archive: Archive, noted: Noted, clock: Clock
) -> None:
    for _ in range(STRANGERS_PER_MINUTE + 500):
        noted.note(SITE, "10.0.0.7")
    assert entries(archive) == [("refused.site", {"why": "other-site"})] * STRANGERS_PER_MINUTE
    clock.now_s += 60.0
    noted.note(SITE, "10.0.0.7")
    assert entries(archive)[-1] == ("refused.site", {"why": "other-site", "more": 500})
    assert told(archive) == STRANGERS_PER_MINUTE + 501


def test_askers_and_kinds_are_counted_apart(archive: Archive, noted: Noted) -> None:
    for _ in range(STRANGERS_PER_MINUTE + 1):
        noted.note(SITE, "10.0.0.7")
    noted.note(SITE, "10.0.0.8")
    noted.note(Refusal("refused.wall"), "10.0.0.7")
    assert len(entries(archive)) == STRANGERS_PER_MINUTE + 2


def test_who_is_known_may_be_refused_more_often(archive: Archive, noted: Noted) -> None:
    for _ in range(KNOWN_PER_MINUTE + 1):
        noted.note(Refusal("refused.object", actor="person:p"), "person:p")
    assert len(entries(archive)) == KNOWN_PER_MINUTE


def test_a_flood_that_stopped_is_told_when_its_minute_is_over(
    archive: Archive, noted: Noted, clock: Clock
) -> None:
    for _ in range(STRANGERS_PER_MINUTE + 7):
        noted.note(SITE, "10.0.0.7")
    noted.settle()
    assert told(archive) == STRANGERS_PER_MINUTE  # the minute goes on
    clock.now_s += 60.0
    noted.settle()
    noted.settle()
    assert len(entries(archive)) == STRANGERS_PER_MINUTE + 1
    assert told(archive) == STRANGERS_PER_MINUTE + 7


def test_the_end_of_the_server_tells_what_is_left(archive: Archive, noted: Noted) -> None:
    for _ in range(STRANGERS_PER_MINUTE + 1):
        noted.note(SITE, "10.0.0.7")
    noted.settle(all_of_them=True)
    assert told(archive) == STRANGERS_PER_MINUTE + 1


def test_many_askers_share_a_count(archive: Archive, noted: Noted, clock: Clock) -> None:
    for k in range(5000):
        noted.note(SITE, f"10.0.{k >> 8}.{k & 255}")
    assert len(entries(archive)) == MOST_ASKERS + STRANGERS_PER_MINUTE
    assert len(noted._minutes) <= MOST_ASKERS + 1
    clock.now_s += 60.0
    noted.settle()
    assert told(archive) == 5000
    assert noted._minutes == {}


def test_what_the_database_does_not_take_is_told_later(
    archive: Archive, noted: Noted, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def busy(*_: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    event.listen(archive.database.engine, "before_cursor_execute", busy)
    noted.note(SITE, "10.0.0.7")
    event.remove(archive.database.engine, "before_cursor_execute", busy)
    assert entries(archive) == []
    assert "yet to be written down" in caplog.text
    clock.now_s += 60.0
    noted.settle()
    assert told(archive) == 1


def test_the_event_loop_waits_for_no_database(archive: Archive, noted: Noted) -> None:
    """While a writer holds the database, what is refused waits for it, and nothing else does."""

    async def beside() -> None:
        with archive.database.writing():
            waiting = asyncio.ensure_future(noted.note_beside(SITE, "10.0.0.7"))
            for _ in range(50):
                await asyncio.sleep(0)
            assert not waiting.done()
        await waiting

    asyncio.run(beside())
    assert told(archive) == 1


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[2J", "\ud800", "é", "x" * 500])
def test_what_a_stranger_sent_is_short_and_plain(text: str) -> None:
    shown = printed(text)
    assert len(shown) <= 60 and shown.isascii() and shown.isprintable()
