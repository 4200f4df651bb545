"""Ways that a reader of the code found to get what is not theirs, each closed."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from mr.cli.review_analyse import analyse_recording
from mr.clock.host import wall_now_utc
from mr.errors import RecordingError
from mr.review.archive import Archive
from mr.review.intake.accept import accept
from mr.review.intake.catalogue import Arrived, enter
from mr.review.intake.worker import Worker
from mr.review.store import schema
from mr.review.store.people import Login
from mr.review.web.state import MISSES, Review
from tests.web.kept import kept
from tests.web.servers import PASSWORD, Client, Running
from tests.web.taught import Taught


def test_nobody_gets_a_colleagues_login_by_a_badge(review: Running, admin: Client) -> None:
    given = {"name": "Ina", "role": "instructor", "sign_in_name": "ina", "password": PASSWORD}
    ina_id = admin.ok("POST", "/people", json=given)["id"]
    course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    member = {"person_id": ina_id, "role": "instructor"}
    admin.ok("POST", f"/classes/{course}/members", json=member)
    ina, me = review.client().sign_in("ina"), admin.me["person_id"]
    as_learner = {"person_id": me, "role": "learner"}
    no = ina.no(422, "POST", f"/classes/{course}/members", json=as_learner)
    assert "staff" in no["error"]
    ina.no(404, "POST", f"/classes/{course}/members/{me}/badge")
    assert ina.ok("POST", f"/classes/{course}/badges") == []


def test_a_badge_is_void_when_its_learner_becomes_staff(review: Running, admin: Client) -> None:
    course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    given = {"name": "Lena", "role": "learner", "sign_in_name": "lena", "password": PASSWORD}
    lena = admin.ok("POST", "/people", json=given)["id"]
    admin.ok("POST", f"/classes/{course}/members", json={"person_id": lena})
    (badge,) = admin.ok("POST", f"/classes/{course}/badges")
    token = {"token": badge["url"].split("#")[1]}
    review.client().ok("POST", "/sign-in/badge", json=token)
    admin.ok("PATCH", f"/people/{lena}", json={"role": "admin"})
    review.client().no(403, "POST", "/sign-in/badge", json=token)


def test_a_badge_s_login_is_short(review: Running, admin: Client) -> None:
    course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Lena"]})
    (badge,) = admin.ok("POST", f"/classes/{course}/badges")
    lena = review.client()
    lena.ok("POST", "/sign-in/badge", json={"token": badge["url"].split("#")[1]})
    now = wall_now_utc()
    with kept(review) as database, database.writing() as session:
        (login,) = session.scalars(select(Login).where(Login.by == "badge"))
        assert login.expires_utc - now < timedelta(hours=2, minutes=1)
        login.seen_utc = now - timedelta(minutes=14)
    lena.ok("GET", "/me")
    with kept(review) as database, database.writing() as session:
        for each in session.scalars(select(Login)):
            each.seen_utc = now - timedelta(minutes=16)
    lena.no(401, "GET", "/me")
    admin.ok("GET", "/me")  # the control: by a password it is two hours


def test_a_body_without_an_end_is_refused_at_once(review: Running) -> None:
    at = urlsplit(review.address)
    with socket.create_connection((at.hostname, at.port), timeout=10) as wire:
        wire.sendall(
            b"GET /api/uploads/x HTTP/1.1\r\nHost: localhost\r\nX-Rig-Id: a\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n1000\r\n" + b"x" * 0x1000 + b"\r\n"
        )
        assert b" 411 " in wire.recv(4096).split(b"\r\n")[0]


def entered(archive: Archive, file: Path, **by: Any) -> str:
    with archive.database.writing() as session:
        return enter(session, Arrived(accept(file), file.name, **by))[0].sha256


def test_only_who_sent_a_cut_recording_sends_it_whole(tmp_path: Path, recorded_demo: Path) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(recorded_demo.read_bytes()[: recorded_demo.stat().st_size * 2 // 3])
    archive = Archive.open(tmp_path / "review")
    try:
        schema.upgrade(archive.database)
        was = entered(archive, cut, brought_by="a" * 16)
        with pytest.raises(RecordingError, match="only who sent it"):
            entered(archive, recorded_demo, brought_by="b" * 16)
        assert entered(archive, recorded_demo, brought_by="a" * 16) != was
    finally:
        archive.close()


def test_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "there-before"
    folder.mkdir(mode=0o755)
    archive = Archive.open(folder)
    try:
        schema.upgrade(archive.database)
        modes = {p.name: p.stat().st_mode & 0o077 for p in folder.glob("review.db*")}
        assert modes and set(modes.values()) == {0}
    finally:
        archive.close()


def test_an_approval_does_not_go_with_a_session_to_somebody_else(taught: Taught) -> None:
    omar = taught.omar.me["person_id"]
    taught.ina.ok("POST", f"{taught.path}/approval")
    assert taught.ina.ok("GET", taught.path)["approved_by"] is not None
    taught.ina.ok("PATCH", taught.path, json={"person_id": omar})
    assert taught.ina.ok("GET", taught.path)["approved_by"] is None
    looks = taught.lena.ok("GET", "/me/looks")
    assert looks["total"] >= 1


@pytest.mark.parametrize("part", ["analysis", "trace?from_s=0&to_s=5"])
def test_a_look_at_a_part_is_a_look(taught: Taught, part: str) -> None:
    before = taught.lena.ok("GET", "/me/looks")["total"]
    assert taught.ina.get(f"/api{taught.path}/{part}").status_code == 200
    assert taught.lena.ok("GET", "/me/looks")["total"] == before + 1


def test_wrong_pins_run_out_for_the_hour(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path / "review")
    schema.upgrade(archive.database)
    with Worker(archive, analyse_recording) as worker:
        review = Review(archive, worker)
        for _ in range(MISSES.amount):
            assert review.may_guess("pin", "this desk")
            review.missed("pin", "this desk")
        assert not review.may_guess("pin", "this desk")
        assert review.may_guess("pin", "another desk")
    archive.close()


def test_a_learner_sees_who_teaches_and_no_more(taught: Taught) -> None:
    teachers = taught.lena.ok("GET", f"/classes/{taught.course}")["instructors"]
    assert {teacher["name"] for teacher in teachers} >= {"Ada Admin"}
    assert {(t["sign_in_name"], t["learner_id"]) for t in teachers} == {(None, None)}
    seen = taught.ina.ok("GET", f"/classes/{taught.course}")["instructors"]
    assert None not in {teacher["sign_in_name"] for teacher in seen}
