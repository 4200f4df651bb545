"""Real review servers for tests: the command itself, on SQLite and on PostgreSQL.

Takes a folder, gives a running `mrcpr review` and clients signed in to it. PostgreSQL is Debian's
own, started once a test process in a folder of its own, reached by a socket in it.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT

START_S = 60.0
PASSWORD = "a long enough password"


@dataclass(slots=True)
class Running:
    """A review that answers."""

    process: subprocess.Popen[str]
    address: str
    setup_code: str | None
    folder: Path
    database: str | None
    said: str
    """The address that it printed, with all that stood behind it."""
    clients: list[Client] = field(default_factory=list)

    def client(self, token: str | None = None) -> Client:
        """Give somebody who is not signed in, or has this cookie."""
        self.clients.append(Client(self.address, token))
        return self.clients[-1]

    def kill(self) -> None:
        """End it as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """End it as Ctrl-C does; gives its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=START_S)


class Client(httpx.Client):
    """A browser without a page: keeps its cookie, sends the token with what changes something."""

    def __init__(
        self, address: str, token: str | None = None, trusts: ssl.SSLContext | bool = True
    ) -> None:
        super().__init__(base_url=address, timeout=30.0, verify=trusts)
        self.me: dict[str, Any] = {}
        if token is not None:
            self.cookies.set("mrcpr_session", token)
            self._took(self.get("/api/me"))

    def _took(self, answer: httpx.Response) -> Client:
        assert answer.status_code < 300, answer.text
        self.me = answer.json()
        self.headers["X-CSRF-Token"] = self.me["csrf"]
        return self

    def sign_in(self, name: str, password: str = PASSWORD) -> Client:
        """Sign in by name and password."""
        given = {"sign_in_name": name, "password": password}
        return self._took(self.post("/api/sign-in", json=given))

    def set_up(self, code: str | None) -> Client:
        """Make the first admin."""
        given = {"code": code, "name": "Ada Admin", "sign_in_name": "ada", "password": PASSWORD}
        return self._took(self.post("/api/setup", json=given))

    def ok(self, method: str, path: str, **given: Any) -> Any:
        """Ask for what must be granted; gives the answer's JSON."""
        answer = self.request(method, f"/api{path}", **given)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def no(self, status: int, method: str, path: str, **given: Any) -> dict[str, Any]:
        """Ask for what must be refused so; gives the answer's JSON."""
        answer = self.request(method, f"/api{path}", **given)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        body: dict[str, Any] = answer.json()
        assert set(body) == {"error", "code"}
        return body


def until_refused(
    ask: Callable[[], httpx.Response], per_minute: int, till_then: int | None = None
) -> None:
    """Ask as often as is allowed, and find the next one refused; `till_then` each answer's status.

    The count forgets by the clock's minutes: only where one turns amid the asking, it allows a
    few more, and never those of two.
    """
    if (second := time.time() % 60) > 45:
        time.sleep(60 - second)  # so that whoever asks next asks in the same minute
    minute = time.time() // 60
    answers = []
    while len(answers) < 2 * per_minute and (answer := ask()).status_code != 429:
        answers.append(answer.status_code)
    n = len(answers)
    assert till_then is None or set(answers) == {till_then}
    assert answer.json()["code"] == "too-often"
    turned = time.time() // 60 > minute
    assert n == per_minute or (turned and n > per_minute), f"refused after {n}"


@contextmanager
def running(
    folder: Path,
    database: str | None = None,
    *options: str,
    env: dict[str, str] | None = None,
    program: Sequence[str] = (sys.executable, "-m", "mr.cli"),
    cwd: Path = ROOT,
) -> Iterator[Running]:
    """Start `mrcpr review` on a free port and wait until it answers."""
    command = [*program, "review", "--data", str(folder), "--port", "0"]
    command += ["--database", database] if database else []
    process = subprocess.Popen(
        [*command, *options],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = ""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            said += line
            found = re.search(r"(https?://[^/\s]+)(?:/setup\S*?#(\S+)|/\S*)?(?=\s|$)", line)
            if found and ("set up" in line or line.startswith("review:")):
                server = Running(process, found[1], found[2], folder, database, found[0])
                try:
                    yield server
                finally:
                    for client in server.clients:
                        client.close()
                return
        raise AssertionError(f"the review did not start: {said}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


@dataclass(slots=True)
class Postgres:
    """A PostgreSQL of our own."""

    folder: Path
    bin: Path
    process: subprocess.Popen[bytes] | None = None
    _made: int = field(default=0)

    def start(self, *, new: bool = True) -> None:
        """Make a cluster, or take the one that was made, and run it; not as root."""
        data = self.folder / "data"
        user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        as_user = user if os.geteuid() == 0 else []
        if as_user:
            shutil.chown(self.folder, "nobody", "nogroup")
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        initdb = [self.bin / "initdb", "-D", data, "-U", "mrcpr", "-A", "trust", "-N", "-E", "UTF8"]
        if new:
            subprocess.run([*as_user, *initdb, "--locale=C.UTF-8"], check=True, cwd="/", **quiet)
        options = ["-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        self.process = subprocess.Popen(
            [*as_user, self.bin / "postgres", "-D", data, *options], cwd="/", **quiet
        )
        until = time.monotonic() + START_S
        ready = [self.bin / "pg_isready", "-h", self.folder, "-U", "mrcpr"]
        while subprocess.run(ready, check=False, **quiet).returncode:
            assert time.monotonic() < until, "PostgreSQL did not start"
            time.sleep(0.05)

    def new_database(self) -> str:
        """Make an empty database; gives its URL."""
        name = f"t{secrets.token_hex(6)}"
        create = [self.bin / "createdb", "-h", self.folder, "-U", "mrcpr", name]
        subprocess.run(create, check=True)
        return f"postgresql://mrcpr@/{name}?host={self.folder}"

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=START_S)


@contextmanager
def postgres(bin_folder: Path) -> Iterator[Postgres]:
    """Run a PostgreSQL while the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="mrcpr-pg-"))
    folder.chmod(0o755)
    server = Postgres(folder, bin_folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
