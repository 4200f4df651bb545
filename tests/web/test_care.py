"""What keeps the review's data safe: each command, on each database, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from mr.review.care.portable import lines_of, tables_of
from mr.review.store.database import Database
from tests.web.commands import run, verified
from tests.web.servers import PASSWORD, Client, Postgres, Running, running
from tests.web.test_uploads import analysed, send


@pytest.fixture(params=["sqlite", "postgresql"])
def another(request: pytest.FixtureRequest) -> str | None:
    """A second, empty database: what is backed up from one is restored into each."""
    if request.param == "sqlite":
        return None
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.new_database()


def opened(folder: Path, url: str | None = None) -> Database:
    return Database(url or f"sqlite:///{folder / 'review.db'}")


def content(folder: Path, url: str | None) -> dict[str, list[Any]]:
    """All rows of all tables, as a backup says them; the audit without the restore's own."""
    with closing(opened(folder, url)) as database, database.one_state() as connection:
        rows = {
            table.name: [json.loads(line) for line in lines_of(connection, table)]
            for table in tables_of(connection)
        }
    rows["audit"] = [row for row in rows["audit"] if row["action"] != "restored"]
    return rows


@pytest.fixture
def filled(review: Running, admin: Client, recorded_demo: Path) -> Iterator[str]:
    """A review with people, a class and an analysed session; gives the session's id."""
    course = admin.ok("POST", "/classes", json={"title": "Monday: 心肺蘇生"})["id"]
    admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Lena Läufer"]})
    admin.ok("POST", f"/classes/{course}/badges")
    done = send(admin, recorded_demo, course_id=course)
    assert analysed(admin, done["session_id"])["state"] == "ready"
    yield done["session_id"]


def test_a_backup_of_either_database_is_restored_into_either(
    review: Running, admin: Client, filled: str, another: str | None, tmp_path: Path
) -> None:
    out, new = tmp_path / "b.mrcpr-backup", tmp_path / "new"
    run("backup", str(out), folder=review.folder, database=review.database, said="checked")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    before = content(review.folder, review.database)
    shown = admin.get(f"/api/sessions/{filled}/analysis").text
    run("restore", str(out), folder=new, database=another, said="1 sessions, 2 people")
    assert content(new, another) == before
    found = verified(new, another)
    assert (found["sound"], found["n_sessions"]) == (True, 1)
    assert stat.S_IMODE(new.stat().st_mode) == 0o700
    with running(new, another) as server:
        again = server.client().sign_in("ada")
        assert again.get(f"/api/sessions/{filled}/analysis").text == shown
        again.ok("POST", "/classes", json={"title": "after it"})  # its counters go on
        server.client().no(401, "GET", "/me")  # logins are not in it
    assert verified(new, another)["sound"]


def test_what_is_there_is_not_overwritten_but_kept_aside(
    review: Running, admin: Client, filled: str, tmp_path: Path
) -> None:
    out, folder, database = tmp_path / "b.mrcpr-backup", review.folder, review.database
    run("backup", str(out), folder=folder, database=database)
    run("backup", str(out), folder=folder, database=database, code=2, said="is there already")
    admin.ok("POST", "/classes", json={"title": "after the backup"})
    options = ("restore", str(out), "--replace")
    run(*options, folder=folder, database=database, code=2, said="a review works there already")
    review.stop()
    run("restore", str(out), folder=folder, database=database, code=2, said="is not empty")
    said = run(*options, folder=folder, database=database, said="before")
    kept = Path(re.findall(r"before: (/\S+)", said)[0])
    if database is None:
        assert {row["title"] for row in content(kept, None)["class"]} >= {"after the backup"}
    else:
        schema = re.findall(r"schema (\w+)", said)[0]
        with closing(opened(folder, database)) as there, there.engine.connect() as connection:
            found = connection.scalars(sa.text(f"SELECT title FROM {schema}.class"))
            assert "after the backup" in set(found)
    assert [row["title"] for row in content(folder, database)["class"]] == ["Monday: 心肺蘇生"]
    assert verified(folder, database)["sound"]


def test_who_was_erased_after_a_backup_does_not_come_back_with_it(
    review: Running, admin: Client, filled: str, tmp_path: Path
) -> None:
    out, folder, database = tmp_path / "b.mrcpr-backup", review.folder, review.database
    lena = admin.ok("GET", "/people?role=learner")["rows"][0]["id"]
    run("backup", str(out), folder=folder, database=database)
    admin.ok("POST", f"/people/{lena}/erase", json={"name": "Lena Läufer"})
    admin.ok("DELETE", f"/sessions/{filled}")
    review.stop()
    options = ("restore", str(out), "--replace")
    run(*options, folder=folder, database=database, said="erased again: 2")
    assert "Lena Läufer" not in {row["name"] for row in content(folder, database)["person"]}
    assert content(folder, database)["session"] == []
    assert list((folder / "recordings").glob("*/*")) == []
    assert verified(folder, database)["sound"]
    # in an empty place nothing knows of it, and that is said
    new = tmp_path / "new"
    run("restore", str(out), folder=new, said="nothing here knows who was erased")
    assert "Lena Läufer" in {row["name"] for row in content(new, None)["person"]}


def test_a_consent_withdrawn_after_a_backup_stays_withdrawn(
    review: Running, admin: Client, tmp_path: Path
) -> None:
    out, folder, database = tmp_path / "b.mrcpr-backup", review.folder, review.database
    admin.ok("PUT", "/house", json={"video_allowed": True})
    agreed = {"video": True, "research": True}
    for kind in agreed:
        admin.ok("POST", "/me/consents", json={"kind": kind, "given": True})
    run("backup", str(out), folder=folder, database=database)
    admin.ok("POST", "/me/consents", json={"kind": "video", "given": False})
    review.stop()
    options = ("restore", str(out), "--replace")
    run(*options, folder=folder, database=database, said="withdrawn again: 1 consents")
    newest = {row["kind"]: row["given"] for row in content(folder, database)["consent"]}
    assert newest == {"video": False, "research": True}
    assert verified(folder, database)["sound"]


def damaged(out: Path, how: str, to: Path) -> Path:
    data = bytearray(out.read_bytes())
    if how == "cut":
        to.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        data[len(data) // 2] ^= 1
        to.write_bytes(data)
    elif how == "none":
        to.write_bytes(b"a letter")
    else:
        with zipfile.ZipFile(out) as old, zipfile.ZipFile(to, "w") as new:
            for name in old.namelist():
                text = old.read(name)
                if how == "changed" and name == "tables/person.jsonl":
                    text = text.replace(b"admin", b"owner")
                if how == "newer" and name == "manifest.json":
                    text = re.sub(rb'"version": "\d+"', b'"version": "9999"', text)
                if how != "lacking" or name != "secret":
                    new.writestr(name, text)
            if how == "more":
                new.writestr("../../escaped", b"x")
    return to


def test_a_damaged_backup_is_refused_and_leaves_nothing(
    tmp_path: Path, recorded_demo: Path
) -> None:
    folder, out, new = tmp_path / "review", tmp_path / "b.mrcpr-backup", tmp_path / "new"
    with running(folder) as server:
        server.client().set_up(server.setup_code)
    run("add", str(recorded_demo), folder=folder)
    run("backup", str(out), folder=folder)
    for how, said in {
        "cut": "was cut off",
        "flipped": "is damaged",
        "none": "is no backup",
        "changed": "tables/person.jsonl is damaged",
        "newer": "a newer mrcpr made",
        "lacking": "not those of its manifest",
        "more": "not those of its manifest",
    }.items():
        bad = damaged(out, how, tmp_path / f"{how}.mrcpr-backup")
        run("restore", str(bad), folder=new, code=2, said=said)
        assert not new.exists(), how
    assert not [p for p in tmp_path.iterdir() if "restoring" in p.name or p.name == "escaped"]
    run("restore", str(out), folder=new)  # negative control: the whole one is taken


def test_verify_finds_what_was_done_behind_the_servers_back(
    tmp_path: Path, recorded_demo: Path
) -> None:
    folder = tmp_path / "review"
    with running(folder) as server:
        admin = server.client().set_up(server.setup_code)
        done = send(admin, recorded_demo)
        assert analysed(admin, done["session_id"])["state"] == "ready"
    assert verified(folder)["sound"]
    (recording,) = (folder / "recordings").glob("*/*.mcap")
    data = bytearray(recording.read_bytes())
    data[len(data) // 2] ^= 1
    recording.write_bytes(data)
    stray = recording.with_name("0" * 64 + ".mcap")
    stray.write_bytes(b"x")
    with closing(sqlite3.connect(folder / "review.db")) as connection, connection:
        connection.execute("UPDATE analysis SET json_zstd = x'00'")
        connection.execute("DROP TRIGGER audit_keeps")
        connection.execute("UPDATE audit SET actor = 'person:somebody' WHERE seq = 2")
    found = verified(folder, code=2)
    kinds = {fault["kind"]: fault["about"] for fault in found["faults"]}
    about = f"session:{done['session_id']}"
    assert kinds == {"audit": "entry:2", "damaged": about, "analysis": about, "stray": stray.name}
    recording.unlink()
    assert "missing" in {fault["kind"] for fault in verified(folder, code=2)["faults"]}


def test_a_signature_that_does_not_fit_is_found(tmp_path: Path, recorded_demo: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from mr.clock.host import wall_now_utc
    from mr.review.live.signing import Signer, public_text
    from mr.review.store.rigs import EnrolledRig
    from mr.review.store.sessions import Recorded
    from mr.review.store.tables import METADATA

    assert "class" in METADATA.tables  # what a rig's row refers to

    folder, key = tmp_path / "review", Ed25519PrivateKey.generate()
    run("add", str(recorded_demo), folder=folder)
    with closing(opened(folder)) as database, database.writing() as session:
        rig = EnrolledRig(name="r", public_key=public_text(key), enrolled_utc=wall_now_utc(),
                          enrolled_by="x", facts={})  # fmt: skip
        session.add(rig)
        session.flush()
        recorded = session.scalars(sa.select(Recorded)).one()
        recorded.rig_id = rig.id
        signer = Signer(rig.id, key, lambda: 0)
        recorded.signature = signer.recording(recorded.recording_id, recorded.sha256)
    assert verified(folder)["n_signed"] == 1
    with closing(opened(folder)) as database, database.writing() as session:
        recorded = session.scalars(sa.select(Recorded)).one()
        recorded.signature = signer.recording(recorded.recording_id, "0" * 64)
    (fault,) = verified(folder, code=2)["faults"]
    assert fault["kind"] == "signature"


def test_recordings_are_added_while_the_server_runs_and_while_it_does_not(
    tmp_path: Path, database: str | None, recorded_demo: Path
) -> None:
    folder, shelf = tmp_path / "review", tmp_path / "shelf"
    shelf.mkdir()
    shutil.copy(recorded_demo, shelf / "one.mcap")
    (shelf / "holiday.mcap").write_bytes(b"no recording" * 100)
    said = run("add", str(shelf), folder=folder, database=database, code=2, said="added: one.mcap")
    assert "holiday.mcap" in said
    with running(folder, database) as server:
        admin = server.client().set_up(server.setup_code)
        course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
        (row,) = admin.ok("GET", "/sessions")["rows"]
        assert analysed(admin, row["id"])["state"] == "ready"
        run("add", str(recorded_demo), folder=folder, database=database, said="was there")
        run("add", "--course", "nope", str(recorded_demo), folder=folder, database=database, code=2,
            said="no class nope")  # fmt: skip
        run("add", "--course", course, str(recorded_demo), folder=folder, database=database)
        assert admin.ok("GET", "/sessions")["total"] == 1
    assert verified(folder, database)["sound"]


def test_one_command_opens_a_recordings_page(tmp_path: Path, recorded_demo: Path) -> None:
    folder = tmp_path / "review"
    with running(folder, None, "--open", str(recorded_demo)) as server:
        back, code = re.fullmatch(r".*/setup\?back=(/sessions/\w+)#(\S+)", server.said).groups()
        admin = server.client().set_up(code)
        assert admin.get(back).status_code == 200
        session_id = back.removeprefix("/sessions/")
        assert analysed(admin, session_id)["state"] == "ready"
    with running(folder, None, "--open", str(recorded_demo)) as server:
        assert server.said.endswith(f"/sessions/{session_id}")
        assert httpx.get(server.said, timeout=60).status_code == 200


def test_a_password_is_reset_and_all_logins_end(
    review: Running, admin: Client, tmp_path: Path
) -> None:
    said = run("reset-password", "ADA", folder=review.folder, database=review.database)
    password = re.findall(r"new password of ADA: (\S+)", said)[0]
    admin.no(401, "GET", "/me")
    old = {"sign_in_name": "ada", "password": PASSWORD}
    review.client().no(403, "POST", "/sign-in", json=old)
    assert review.client().sign_in("ada", password).me["name"] == "Ada Admin"
    run("reset-password", "eve", folder=review.folder, database=review.database, code=2,
        said="nobody signs in as eve")  # fmt: skip
    actions = [row["action"] for row in content(review.folder, review.database)["audit"]]
    assert "password.reset" in actions


def test_where_no_review_is_nothing_is_made(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    backup, reset = ("backup", str(tmp_path / "b")), ("reset-password", "a")
    for words in (backup, ("verify",), ("upgrade",), reset):
        run(*words, folder=nowhere, code=2, said="there is no review")
    assert not nowhere.exists()
    assert os.listdir(tmp_path) == []  # noqa: PTH208
