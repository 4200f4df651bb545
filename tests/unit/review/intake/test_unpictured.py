"""Pictures are taken out a day after a no, and whatever comes between: one whole file is there."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mr.clock.host import wall_now_utc
from mr.recording.reader import open_recording
from mr.review.archive import Archive, recording_place
from mr.review.care.erase import erase_sessions
from mr.review.intake import unpictured
from mr.review.intake.catalogue import IS_NEW
from mr.review.intake.unpictured import rewritten, take_out_pictures, withdrawn
from mr.review.intake.uploads import DiskFullError, sha256_of
from mr.review.store import schema
from mr.review.store.people import Consent, Person
from mr.review.store.sessions import Job, Recorded, Upload
from tests.unit.recording.conftest import Write, one_of_each, write

__all__ = ["write"]  # a fixture
LENA, OMAR = "learner-0a1b2c3d", "learner-11111111"
NOW = wall_now_utc()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with closing(Archive.open(tmp_path / "review")) as opened:
        schema.upgrade(opened.database)
        yield opened


class House:
    """A review with Lena's recording of three days ago, and what she said about pictures."""

    def __init__(self, archive: Archive, recording: Path) -> None:
        self.archive = archive
        self.sha256 = sha256_of(recording)
        place = archive.recording_path(self.sha256)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(recording.read_bytes())
        came = NOW - timedelta(days=3)
        with archive.database.writing() as session:
            self.lena = Person(role="learner", name="Lena", learner_id=LENA, created_utc=came)
            row = Recorded(
                recording_id="rec-1", sha256=self.sha256, size_bytes=place.stat().st_size,
                source_name="a.mcap", learner_id=LENA, made_utc=came, received_utc=came,
                kind="sim", attempt="practice", mode="hands-only", guideline_id="g",
                storage_level=3, state="ready",
            )  # fmt: skip
            session.add_all([self.lena, row])
            session.flush()
            self.session_id = row.id

    def says(self, given: bool, days_ago: float) -> None:
        with self.archive.database.writing() as session:
            at_utc = NOW - timedelta(days=days_ago)
            session.add(Consent(person_id=self.lena.id, kind="video", given=given, at_utc=at_utc,
                                by_person_id=self.lena.id))  # fmt: skip

    @property
    def row(self) -> Recorded:
        with self.archive.database.reading() as session:
            return session.get_one(Recorded, self.session_id)

    def wanted(self) -> bool:
        return withdrawn(self.archive) == [(self.session_id, self.sha256)]

    def take_out(self, rewrite: unpictured.Rewrite = rewritten) -> bool:
        return take_out_pictures(self.archive, self.session_id, self.sha256, rewrite)

    def files(self) -> list[str]:
        return sorted(path.stem for path in self.archive.recordings())

    def require_untouched(self) -> None:
        assert (self.row.sha256, self.row.storage_level) == (self.sha256, 3)
        assert self.files() == [self.sha256]
        assert list((self.archive.folder / "uploads").iterdir()) == []


@pytest.fixture
def house(archive: Archive, write: Write) -> House:
    return House(archive, write(one_of_each()))


def test_pictures_go_a_day_after_the_no_and_the_old_file_with_them(house: House) -> None:
    house.says(True, 4)
    assert not house.wanted()
    house.says(False, 1.1)
    assert house.wanted()
    with house.archive.database.writing() as session:  # somebody else half-sent the same file
        half = Upload(sha256=house.sha256, size_bytes=9, source_name="a.mcap", made_utc=NOW)
        session.add(half)
        session.flush()
        half_id = half.id
    house.archive.upload_path(half_id).write_bytes(b"picture")
    assert house.take_out()
    row = house.row
    assert (row.storage_level, row.pictured_sha256) == (2, house.sha256)
    assert house.files() == [row.sha256] != [house.sha256]
    path = house.archive.recording_path(row.sha256)
    assert "ColorFrame" not in open_recording(path).kinds()
    assert row.size_bytes == path.stat().st_size
    assert list((house.archive.folder / "uploads").iterdir()) == []
    assert not withdrawn(house.archive)
    with house.archive.database.reading() as session:
        assert session.scalars(select(Job.session_id)).all() == [house.session_id]
        assert session.scalars(select(Upload.id)).all() == []
    # who is erased afterwards is erased by both hashes
    erase_sessions(house.archive, [house.session_id], "system", "test")
    assert house.files() == []


@pytest.mark.parametrize(
    "said",
    [
        [(True, 4.0), (False, 0.9)],  # a slip may be taken back for a day
        [(False, 2.0), (True, 1.9)],
        [(False, 3.5)],  # before it came: who it was given to by mistake never agreed
        [],
    ],
)
def test_without_a_lasting_no_they_stay(house: House, said: list[tuple[bool, float]]) -> None:
    for given, days_ago in said:
        house.says(given, days_ago)
    assert not house.wanted() and not house.take_out()
    house.require_untouched()


def test_what_is_being_analysed_waits(house: House) -> None:
    house.says(False, 2)
    with house.archive.database.writing() as session:
        session.add(Job(session_id=house.session_id, priority=IS_NEW))
    assert not house.wanted() and not house.take_out()
    house.require_untouched()


def test_who_is_erased_meanwhile_leaves_nothing(house: House) -> None:
    house.says(False, 2)

    def slow(path: Path, out: Path) -> str:
        sha256 = rewritten(path, out)
        erase_sessions(house.archive, [house.session_id], "system", "test")
        return sha256

    assert not house.take_out(slow)
    assert house.files() == []
    assert list((house.archive.folder / "uploads").iterdir()) == []


def test_a_database_that_fails_leaves_the_old_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.says(False, 2)

    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError("no connection")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(unpictured, "note", fail)
        house.take_out()
    house.require_untouched()
    assert house.take_out()


def test_a_full_disk_is_told_before_anything_is_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.says(False, 2)
    monkeypatch.setattr(Archive, "has_room", lambda _self, _size: False)
    with pytest.raises(DiskFullError):
        house.take_out()
    house.require_untouched()


def be_killed(folder: Path, session_id: str, sha256: str, where: str) -> None:
    """Take the pictures out in a process that is gone all of a sudden."""

    def gone(inner: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **more: object) -> object:
            inner(*args, **more)
            os._exit(9)

        return run

    archive = Archive.open(folder)
    rewrite: Any = gone(rewritten) if where == "rewritten" else rewritten
    if where == "taken in":
        Archive.take_in = gone(Archive.take_in)  # type: ignore[method-assign,assignment]
    if where == "committed":
        unpictured.finish = gone(lambda _archive: 0)  # type: ignore[assignment]
    take_out_pictures(archive, session_id, sha256, rewrite)


@pytest.mark.parametrize("where", ["rewritten", "taken in", "committed"])
def test_a_kill_leaves_one_whole_file(house: House, where: str) -> None:
    house.says(False, 2)
    house.archive.close()
    given = (house.archive.folder, house.session_id, house.sha256, where)
    child = multiprocessing.get_context("spawn").Process(target=be_killed, args=given)
    child.start()
    child.join(60)
    assert child.exitcode == 9
    with closing(Archive.open(house.archive.folder)) as again:
        house.archive = again
        unpictured.finish(again)  # as the next start does
        again.sweep()
        assert house.files() == [house.row.sha256]
        assert sha256_of(recording_place(again.folder, house.row.sha256)) == house.row.sha256
        if where == "committed":
            assert house.row.storage_level == 2 and not withdrawn(again)
        else:
            house.require_untouched()
            assert house.wanted() and house.take_out()
