"""All about oneself as a zip, who saw it, and how somebody is erased so that it stays erased."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mr.review.archive import Archive
from mr.review.store.audit import verify
from mr.review.store.erasures import Erasing
from mr.review.store.people import Person
from mr.review.store.sessions import Annotation, Bookmark, Recorded
from mr.review.store.tables import METADATA
from tests.conftest import ROOT
from tests.web.crowd import Crowd, archive_of, crowd, put_session
from tests.web.servers import Client, Running, running
from tests.web.test_uploads import analysed, offered, send


def zipped(client: Client, path: str) -> zipfile.ZipFile:
    answer = client.get(f"/api{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    made = zipfile.ZipFile(io.BytesIO(answer.content))
    assert made.testzip() is None
    return made


def read(made: zipfile.ZipFile, name: str) -> Any:
    return json.loads(made.read(name))


def test_ones_own_data_are_all_there_and_nobody_elses(
    all_of_them: Crowd, recorded_demo: Path
) -> None:
    who = all_of_them
    brought = send(who.ina, recorded_demo, course_id=who.a)["session_id"]
    analysed(who.ina, brought)
    who.ina.ok("PATCH", f"/sessions/{brought}", json={"person_id": who.lena.me["person_id"]})
    put_session(who.review, who.luis.me["learner_id"], who.b, 3)
    who.lena.ok("POST", "/me/consents", json={"kind": "research", "given": True})
    with archive_of(who.review) as archive, archive.database.writing() as session:
        recorded = session.get_one(Recorded, brought)
        given = {"by_person_id": who.ina.me["person_id"], "made_utc": recorded.made_utc}
        session.add(Annotation(session_id=brought, t_s=4.5, text="elbows bent", **given))

    made = zipped(who.lena, "/me/export")
    person = read(made, "person.json")
    assert person["person"]["name"] == "Lena Learner"
    assert "password_hash" not in person["person"]
    assert "argon2" not in made.read("person.json").decode()
    assert [c["title"] for c in person["classes"]] == ["Monday"]
    assert [c["kind"] for c in person["consents"]] == ["research"]
    folder = f"sessions/{recorded.recording_id}"
    session_file = read(made, f"{folder}/session.json")
    assert session_file["annotations"][0]["text"] == "elbows bent"
    assert made.read(f"{folder}/recording.mcap") == recorded_demo.read_bytes()
    (analysis,) = [n for n in made.namelist() if n.startswith(f"{folder}/analysis-")]
    assert made.read(analysis).decode() == who.lena.get(f"/api/sessions/{brought}/analysis").text
    assert {n.split("/")[1] for n in made.namelist() if "/" in n} == {recorded.recording_id}
    actions = [e["action"] for e in read(made, "audit.json")]
    assert {"session.assigned", "consent.given", "person.exported"} <= set(actions)
    everything = b"".join(made.read(name) for name in made.namelist())
    for stranger in (who.luis.me["person_id"], who.luis.me["learner_id"], "Latecomer"):
        assert stranger.encode() not in everything

    same = zipped(who.admin, f"/people/{who.lena.me['person_id']}/export")
    assert set(same.namelist()) == set(made.namelist())


def test_nobody_gets_anothers_data(all_of_them: Crowd) -> None:
    who = all_of_them
    lena, luis = who.lena.me["person_id"], who.luis.me["person_id"]
    who.luis.no(404, "GET", f"/people/{lena}/export")
    who.ina.no(404, "GET", f"/people/{lena}/export")  # their instructor sees, but takes not along
    who.tess.no(404, "GET", f"/people/{lena}/export")
    who.admin.no(404, "GET", "/people/0123456789abcdef/export")
    who.review.client().no(401, "GET", f"/people/{lena}/export")
    zipped(who.lena, f"/people/{lena}/export")
    for client in (who.luis, who.ina, who.tess):
        assert who.refused(client) == [f"export:{lena}"]
    for client in (who.luis, who.ina, who.lena, who.tess):
        client.no(403, "POST", f"/people/{luis}/erase", json={"name": "Luis Latecomer"})
        client.no(403, "GET", f"/people/{luis}/looks")
        client.no(403, "GET", "/erasures")
        client.no(403, "GET", "/house")
        client.no(403, "GET", "/audit")
        client.no(403, "POST", "/audit/verify")
        assert len(who.refused(client)) >= 6


def test_who_looked_is_told_with_name_and_role(all_of_them: Crowd) -> None:
    who = all_of_them
    learner_id = who.lena.me["learner_id"]
    session_id = put_session(who.review, learner_id, who.a, 2).id
    lena = who.lena.me["person_id"]
    for _ in range(2):  # twice within an hour is once
        who.ina.ok("GET", f"/sessions/{session_id}")
        who.ina.ok("GET", f"/learners/{lena}")
    who.lena.ok("GET", f"/sessions/{session_id}")  # oneself is no look
    who.otto.no(404, "GET", f"/sessions/{session_id}")
    zipped(who.admin, f"/people/{lena}/export")
    looks = who.lena.ok("GET", "/me/looks")
    told = [(row["name"], row["role"], row["action"]) for row in looks["rows"]]
    assert told == [
        ("Ada Admin", "admin", "person.exported"),
        ("Ina Instructor", "instructor", "learner.viewed"),
        ("Ina Instructor", "instructor", "session.viewed"),
    ]
    assert looks["total"] == 3
    assert who.luis.ok("GET", "/me/looks")["total"] == 0


def everywhere(archive: Archive, words: tuple[str, ...]) -> list[str]:
    """List the tables, but the audit and what may not come back, that still hold a word."""
    found = []
    with archive.database.reading() as session:
        for table in METADATA.sorted_tables:
            if table.name in {"audit", "erased"}:
                continue
            for row in session.execute(select(table)):
                text = repr(tuple(row))
                found += [f"{table.name}: {text[:200]}" for word in words if word in text]
    return found


def test_who_is_erased_is_gone_from_every_table_and_file_and_stays_gone(
    all_of_them: Crowd, recorded_demo: Path
) -> None:
    who = all_of_them
    lena = who.lena.me
    brought = send(who.ina, recorded_demo, course_id=who.a)["session_id"]
    analysed(who.ina, brought)
    who.ina.ok("PATCH", f"/sessions/{brought}", json={"person_id": lena["person_id"]})
    older = put_session(who.review, lena["learner_id"], None, 40)
    other = put_session(who.review, who.luis.me["learner_id"], who.b, 3)
    half = offered(recorded_demo, sha256="ab" * 32)
    with archive_of(who.review) as archive:
        files = [archive.recording_path(s) for s in (older.sha256, half["sha256"])]
        with archive.database.writing() as session:
            recorded = session.get_one(Recorded, brought)
            files[1] = archive.recording_path(recorded.sha256)
            session.add(
                Bookmark(
                    recording_id=recorded.recording_id, rig_id="r", at_utc=recorded.made_utc,
                    by_person_id=who.ina.me["person_id"], what="aed",
                )
            )  # fmt: skip
    assert all(path.exists() for path in files)
    asked = who.lena.ok("POST", "/me/erasure")
    assert asked["erasure_asked_utc"] is not None
    (wish,) = who.admin.ok("GET", "/erasures")
    assert (wish["person"]["name"], wish["n_sessions"]) == ("Lena Learner", 2)
    address = f"/people/{lena['person_id']}/erase"
    assert who.admin.no(422, "POST", address, json={"name": "Luis"})["code"] == "name"
    who.admin.ok("POST", address, json={"name": "Lena Learner"})

    who.lena.no(401, "GET", "/me")
    assert not any(path.exists() for path in files)
    with archive_of(who.review) as archive:
        words = (lena["person_id"], lena["learner_id"], "Lena", older.sha256, brought)
        assert everywhere(archive, words) == []
        assert archive.recording_path(other.sha256).exists()
        with archive.database.reading() as session:
            assert verify(session).broken_at is None
            assert session.scalars(select(Erasing)).all() == []
        if archive.database.is_sqlite:
            for file in who.review.folder.glob("review.db*"):
                assert b"Lena Learner" not in file.read_bytes(), file
    assert who.admin.ok("POST", "/audit/verify")["broken_at"] is None
    (erased,) = who.audit(action="person.erased")
    assert erased["subject"] == lena["person_id"]
    assert erased["subject_name"] is None
    assert erased["detail"] == {"n_sessions": 2}
    # a rig that still has it sends it once more
    upload = who.ina.ok("POST", "/uploads", json=offered(recorded_demo))
    data = recorded_demo.read_bytes()
    for at in range(0, len(data), 1 << 20):
        answer = who.ina.patch(
            f"/api/uploads/{upload['upload_id']}",
            headers={"Upload-Offset": str(at)},
            content=data[at : at + (1 << 20)],
        )
    assert answer.status_code == 422
    assert "erased here" in answer.json()["error"]
    assert who.admin.ok("GET", "/sessions")["total"] == 1  # Luis's


def test_one_session_is_erased_by_an_admin_only(all_of_them: Crowd) -> None:
    who = all_of_them
    row = put_session(who.review, who.lena.me["learner_id"], who.a, 2)
    for client in (who.ina, who.otto, who.lena, who.luis, who.tess):
        client.no(404, "DELETE", f"/sessions/{row.id}")
        assert who.refused(client)[0] == f"session:{row.id}"
    who.admin.no(404, "DELETE", "/sessions/0123456789abcdef")
    who.admin.ok("DELETE", f"/sessions/{row.id}")
    assert who.admin.ok("GET", "/sessions")["total"] == 0
    assert not list((who.review.folder / "recordings").glob("*/*"))
    (erased,) = who.audit(action="session.erased")
    assert erased["subject"] == who.lena.me["person_id"]
    assert erased["detail"] == {"why": "by hand"}


def test_the_last_admin_stays(review: Running, admin: Client) -> None:
    address = f"/people/{admin.me['person_id']}/erase"
    assert admin.no(409, "POST", address, json={"name": "Ada Admin"})["code"] == "last-admin"
    assert admin.ok("GET", "/me")["name"] == "Ada Admin"


KILLED = """
import os, signal, sys
from pathlib import Path
from mr.review.archive import Archive
from mr.review.care import erase

def die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

folder, url, person_id, where = sys.argv[1:]
archive = Archive.open(Path(folder), url or None)
if where == "before the end of the transaction":
    erase.note = die
elif where == "before the first file":
    Path.unlink = die
else:
    first, unlink = [], Path.unlink
    def once(path, **given):
        die() if first else first.append(unlink(path, **given))
    Path.unlink = once
erase.erase_person(archive, person_id, "system")
"""


@pytest.mark.parametrize(
    "where", ["before the end of the transaction", "before the first file", "after the first file"]
)
def test_a_kill_in_an_erasure_leaves_all_or_is_brought_to_its_end(
    tmp_path: Path, database: str | None, where: str
) -> None:
    folder = tmp_path / "review"
    with running(folder, database) as server:
        who = crowd(server, server.client().set_up(server.setup_code))
        token, lena = who.admin.cookies["mrcpr_session"], who.lena.me
        rows = [put_session(server, lena["learner_id"], who.a, days) for days in (1, 2, 3)]
        server.kill()
    command = [sys.executable, "-c", KILLED, str(folder), database or "", lena["person_id"], where]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    with running(folder, database) as server:
        admin = server.client(token)
        there = where == "before the end of the transaction"
        assert admin.ok("GET", "/sessions")["total"] == (3 if there else 0)
        with archive_of(server) as archive:
            wait_for_worker(archive)
            kept = [archive.recording_path(row.sha256).exists() for row in rows]
            assert kept == [there] * 3
            with archive.database.reading() as session:
                assert (session.get(Person, lena["person_id"]) is not None) is there
                assert verify(session).broken_at is None


def wait_for_worker(archive: Archive) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with archive.database.reading() as session:
            if session.scalars(select(Erasing)).first() is None:
                return
        time.sleep(0.05)
    raise AssertionError("what was begun was not brought to its end")
