"""kill -9 in edits, in an upgrade, in a backup, in a restore: nothing half done is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from mr.review.store.database import Database
from tests.conftest import ROOT
from tests.web.commands import environment, run, start, verified
from tests.web.servers import running
from tests.web.test_care import content

N_WRITERS = 6
LIMIT_S = 60.0


def until(what: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    end_s = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end_s, "it did not come to be"
        time.sleep(0.005)


def kill(process: subprocess.Popen[str]) -> None:
    """End it and its children as a power cut does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def test_a_kill_in_edits_leaves_each_of_them_whole_or_undone(
    tmp_path: Path, database: str | None
) -> None:
    folder = tmp_path / "review"
    granted: list[str] = []

    def write(address: str, token: str, csrf: str, k: int) -> None:
        with httpx.Client(base_url=address, cookies={"mrcpr_session": token}) as client:
            client.headers["X-CSRF-Token"] = csrf
            with suppress(httpx.TransportError):
                for n in range(10_000):
                    names = [f"{k}-{n}-a", f"{k}-{n}-b"]
                    path = f"/api/classes/{course}/learners"
                    answer = client.post(path, json={"names": names}, timeout=30)
                    if answer.status_code == 201:
                        granted.extend(names)

    with running(folder, database) as server:
        admin = server.client().set_up(server.setup_code)
        course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
        csrf = admin.me["csrf"]
        given = (server.address, admin.cookies["mrcpr_session"], csrf)
        writers = [threading.Thread(target=write, args=(*given, k)) for k in range(N_WRITERS)]
        for writer in writers:
            writer.start()
        until(lambda: len(granted) >= 40)
        server.kill()
        for writer in writers:
            writer.join()
    rows = content(folder, database)
    names = {row["name"] for row in rows["person"]} - {"Ada Admin"}
    assert set(granted) <= names  # what was granted is there
    assert {n[:-1] + "a" for n in names} == {n for n in names if n.endswith("a")}
    assert {n[:-1] + "b" for n in names} == {n for n in names if n.endswith("b")}  # no half
    learners = [row for row in rows["membership"] if row["role"] == "learner"]
    joined = [row for row in rows["audit"] if row["action"] == "class.joined"]
    assert len(names) == len(learners) == len(joined)
    assert verified(folder, database)["sound"]  # the chain, too


def slow_upgrade(
    steps: Path, folder: Path, database: str | None, seconds: float
) -> subprocess.Popen[str]:
    options = ["--data", str(folder), *(["--database", database] if database else [])]
    command = [sys.executable, "-m", "tests.web.slow_upgrade", str(steps), str(seconds)]
    return subprocess.Popen(
        [*command, "review", "upgrade", *options], cwd=ROOT, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def tables(folder: Path, url: str | None) -> set[str]:
    with closing(Database(url or f"sqlite:///{folder / 'review.db'}")) as opened:
        return set(sa.inspect(opened.engine).get_table_names())


def test_a_kill_in_an_upgrade_leaves_the_old_version_whole(
    tmp_path: Path, database: str | None
) -> None:
    folder, steps = tmp_path / "review", tmp_path / "steps"
    steps.mkdir()
    with running(folder, database) as server:
        server.client().set_up(server.setup_code)
        server.stop()
    before = content(folder, database)
    upgrading = slow_upgrade(steps, folder, database, 300.0)
    until((steps / "half-way").exists)
    run("upgrade", folder=folder, database=database, code=2, said="works there already")
    kill(upgrading)
    assert content(folder, database) == before
    assert "later" not in tables(folder, database)
    (backup,) = (folder / "backups").glob("*.mrcpr-backup")
    assert verified(folder, database)["sound"]
    run("upgrade", folder=folder, database=database, said="nothing to do")
    with running(folder, database) as server:  # the old software goes on with it
        assert server.client().sign_in("ada").me["role"] == "admin"
        server.stop()
    done = slow_upgrade(steps, folder, database, 0.0)
    said, _ = done.communicate(timeout=LIMIT_S)
    assert done.returncode == 0, said
    assert "to 0999" in said
    assert "later" in tables(folder, database)  # negative control: a whole one does change it
    for words in (("verify",), ("backup", str(tmp_path / "b"))):
        run(*words, folder=folder, database=database, code=2, said="which a newer mrcpr made")
    if database is None:
        run("restore", str(backup), "--replace", folder=folder, said="restored")
        assert content(folder, None) == before


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.2])
def test_a_kill_in_a_backup_leaves_none_and_one_in_a_restore_leaves_no_review(
    tmp_path: Path, database: str | None, after_s: float
) -> None:
    folder, out, new = tmp_path / "review", tmp_path / "b.mrcpr-backup", tmp_path / "new"
    many_recordings(folder, database)
    before = content(folder, database)
    backing_up = start("backup", str(out), folder=folder, database=database)
    until(lambda: any(".b.mrcpr-backup" in p.name for p in tmp_path.iterdir()))
    time.sleep(after_s)
    kill(backing_up)
    assert not out.exists() or after_s  # where it was that quick, it is whole
    out.unlink(missing_ok=True)
    run("backup", str(out), folder=folder, database=database, said=f"{N_RECORDINGS} sessions")
    restoring = start("restore", str(out), folder=new)
    until(lambda: new.exists() or any("restoring" in p.name for p in tmp_path.iterdir()))
    time.sleep(after_s)
    kill(restoring)
    assert not new.exists() or verified(new)["n_sessions"] == N_RECORDINGS
    if not new.exists():
        run("restore", str(out), folder=new, said=f"{N_RECORDINGS} sessions")
    assert not [p for p in tmp_path.iterdir() if "restoring" in p.name]
    assert content(new, None) == before


N_RECORDINGS = 300


def many_recordings(folder: Path, url: str | None) -> None:
    """Put many small files into the catalogue, so that a backup takes its time."""
    import hashlib

    from mr.clock.host import wall_now_utc
    from mr.review.archive import Archive
    from mr.review.store import schema
    from mr.review.store.sessions import Job, Recorded
    from mr.review.store.tables import METADATA

    assert METADATA.tables
    with closing(Archive.open(folder, url)) as archive:
        schema.upgrade(archive.database)
        with archive.database.writing() as session:
            for k in range(N_RECORDINGS):
                data = os.urandom(1 << 16)
                sha256 = hashlib.sha256(data).hexdigest()
                part = archive.upload_path(str(k))
                part.write_bytes(data)
                archive.take_in(part, sha256)
                row = Recorded(
                    recording_id=f"r{k}", sha256=sha256, size_bytes=len(data), source_name="x",
                    learner_id="learner-00000000", made_utc=wall_now_utc(), kind="session",
                    received_utc=wall_now_utc(), attempt="practice", mode="hands-only",
                    guideline_id="g", storage_level=1,
                )  # fmt: skip
                session.add(row)
                session.flush()
                session.add(Job(session_id=row.id))
