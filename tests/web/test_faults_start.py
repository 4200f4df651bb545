"""What keeps a review from starting, what ends it, and a database that goes away meanwhile."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from mr.review.store.database import Database
from tests.web.commands import run, verified
from tests.web.conftest import POSTGRES_BIN
from tests.web.servers import Postgres, postgres, running
from tests.web.test_faults_kill import until
from tests.web.test_uploads import analysed, send

END_S = 5.0


def refused(*options: str, folder: Path, said: str, database: str | None = None) -> None:
    """`mrcpr review` itself must end with 2 and say this."""
    run("--port", "0", *options, folder=folder, database=database, code=2, said=said)


def test_a_second_server_is_refused_and_a_kill_leaves_no_lock(
    tmp_path: Path, database: str | None
) -> None:
    folder = tmp_path / "review"
    with running(folder, database) as server:
        refused(folder=folder, database=database, said=f"works there already ({server.address})")
        if database is not None:  # the same database from another folder
            said = "another review works with this database"
            refused(folder=tmp_path / "other", database=database, said=said)
        assert server.client().ok("GET", "/open")["needs_setup"]
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    with running(folder, database) as server:
        assert server.client().ok("GET", "/open")["needs_setup"]


def test_what_cannot_start_says_why(tmp_path: Path, database: str | None) -> None:
    folder = tmp_path / "review"
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        run("--port", port, folder=folder, database=database, code=2, said="choose another one")
    if database is None:
        refused(folder=Path("/proc/mrcpr"), said="cannot keep the review there")
        (tmp_path / "file").write_text("x")
        refused(folder=tmp_path / "file" / "in", said="cannot keep the review there")
    url = database or f"sqlite:///{folder / 'review.db'}"
    with closing(Database(url)) as opened, opened.all_or_nothing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    refused(folder=folder, database=database, said="which a newer mrcpr made")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://mrcpr:topsecret@127.0.0.1:1/none",
        "postgresql://mrcpr:topsecret@/none?host=/nowhere",
        "mysql://root:topsecret@localhost/x",
        "what is this",
    ],
)
def test_a_wrong_url_is_told_without_its_password(tmp_path: Path, url: str) -> None:
    said = run("--port", "0", folder=tmp_path, database=url, code=2, said="--database")
    assert "topsecret" not in said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_ends_in_time_amid_uploads_and_analyses(
    tmp_path: Path, database: str | None, recorded_demo: Path, number: signal.Signals, code: int
) -> None:
    folder = tmp_path / "review"
    with running(folder, database) as server:
        admin = server.client().set_up(server.setup_code)
        token = admin.cookies["mrcpr_session"]
        done = send(admin, recorded_demo)
        other = {"sha256": "1" * 64, "size": 50_000_000, "name": "other.mcap"}
        upload = admin.ok("POST", "/uploads", json=other)
        sender = threading.Thread(target=send_slowly, args=(server.address, token, admin.me["csrf"],
                                                             upload["upload_id"]))  # fmt: skip
        sender.start()
        until(lambda: admin.ok("GET", f"/uploads/{upload['upload_id']}")["offset"] > 0)
        begun_s = time.monotonic()
        os.killpg(server.process.pid, number)  # as a terminal, or systemd, does: to all of them
        assert server.process.wait(timeout=30) == code
        took_s = time.monotonic() - begun_s
        sender.join()
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""  # no traceback of any of them
    assert took_s < END_S
    with running(folder, database) as server:
        admin = server.client(token)
        assert admin.ok("POST", "/uploads", json=other)["offset"] > 0
        assert analysed(admin, done["session_id"])["state"] == "ready"
    assert verified(folder, database)["sound"]


def send_slowly(address: str, token: str, csrf: str, upload_id: str) -> None:
    headers = {"X-CSRF-Token": csrf}
    with httpx.Client(
        base_url=address, cookies={"mrcpr_session": token}, headers=headers, timeout=60
    ) as one:
        at = 0
        try:
            while True:
                answer = one.patch(f"/api/uploads/{upload_id}", content=b"x" * 10_000,
                                   headers={"Upload-Offset": str(at)})  # fmt: skip
                at += 10_000
                if answer.status_code != 200:
                    return
        except httpx.TransportError:
            return


def test_no_process_outlives_a_killed_server(tmp_path: Path, recorded_demo: Path) -> None:
    with running(tmp_path / "review") as server:
        admin = server.client().set_up(server.setup_code)
        assert analysed(admin, send(admin, recorded_demo)["session_id"])["state"] == "ready"
        children = children_of(server.process.pid)
        assert children
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in children))


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def test_a_database_that_goes_away_and_comes_back(tmp_path: Path, recorded_demo: Path) -> None:
    if not POSTGRES_BIN:
        pytest.skip("PostgreSQL is not here")
    with postgres(POSTGRES_BIN[-1]) as own:
        url = own.new_database()
        with running(tmp_path / "review", url) as server:
            admin = server.client().set_up(server.setup_code)
            go_away(own)
            no = admin.no(503, "GET", "/me")
            assert "does not answer" in no["error"]
            assert no == admin.no(503, "POST", "/classes", json={"title": "lost"})
            assert server.client().get("/").status_code == 200  # the page is there
            own.start(new=False)
            assert admin.ok("GET", "/classes") == []
            admin.ok("POST", "/classes", json={"title": "kept"})
            done = send(admin, recorded_demo)
            assert analysed(admin, done["session_id"])["state"] == "ready"  # its worker, too
        assert verified(tmp_path / "review", url)["sound"]


def go_away(server: Postgres) -> None:
    """End PostgreSQL as a power cut does, all of its processes."""
    assert server.process is not None
    for pid in [*children_of(server.process.pid), server.process.pid]:
        with suppress(ProcessLookupError):  # a helper of PostgreSQL's that had done its work
            os.kill(pid, signal.SIGKILL)
    server.process.wait()
