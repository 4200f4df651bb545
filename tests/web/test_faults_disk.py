"""A full disk: said in words, nothing half-written, and all goes on when there is room again."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.commands import run, verified
from tests.web.servers import Client, running
from tests.web.test_uploads import PIECE, offered, send

ROOMY_MIB = 1024
"""An upload is refused before it begins where the database would lack room."""


class SmallDisk:
    """A real file system of its own, whose size can be changed while it is in use."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def mount(self) -> bool:
        self.place.mkdir()
        return self._mount(f"size={ROOMY_MIB}m", "-t", "tmpfs", "none")

    def resize_kib(self, size_kib: int) -> None:
        assert self._mount(f"remount,size={size_kib}k")

    def used_kib(self) -> int:
        found = os.statvfs(self.place)
        return (found.f_blocks - found.f_bfree) * found.f_frsize // 1024

    def _mount(self, options: str, *words: str) -> bool:
        command = ["mount", "-o", options, *words, str(self.place)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def unmount(self) -> None:
        """Take it away, as soon as no process that was killed holds a file of it any more."""
        until_s = time.monotonic() + 60
        while subprocess.run(["umount", str(self.place)], check=False).returncode:
            assert time.monotonic() < until_s, f"{self.place} is in use"
            time.sleep(0.2)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    made = SmallDisk(tmp_path / "disk")
    if sys.platform != "linux" or os.geteuid() != 0 or not made.mount():
        pytest.skip("only root can mount a small disk; the limit of a file's size is tested below")
    yield made
    made.unmount()


def test_an_upload_and_an_edit_on_a_full_disk(
    disk: SmallDisk, recorded_demo: Path, tmp_path: Path
) -> None:
    folder = disk.place / "review"
    with running(folder) as server:
        admin = server.client().set_up(server.setup_code)
        upload = admin.ok("POST", "/uploads", json=offered(recorded_demo))
        address = f"/uploads/{upload['upload_id']}"
        data = recorded_demo.read_bytes()
        assert len(data) < PIECE
        disk.resize_kib(disk.used_kib() + 64)
        headers = {"Upload-Offset": "0"}
        no = admin.no(507, "PATCH", address, headers=headers, content=data)
        assert "disk is full" in no["error"]
        assert admin.ok("GET", address)["offset"] == 0  # nothing of the piece was kept
        no = admin.no(507, "POST", "/uploads", json=offered(recorded_demo) | {"sha256": "0" * 64})
        assert "too little" in no["error"]
        n = edits_until_full(admin)
        assert admin.ok("GET", "/people")["total"] == n + 1  # it can be read all the same
        run("backup", str(disk.place / "b"), folder=folder, code=2, said="free some room")
        assert not (disk.place / "b").exists()
        disk.resize_kib(ROOMY_MIB * 1024)
        assert send(admin, recorded_demo)["state"] == "done"
        give(admin, "after it")
        assert admin.ok("GET", "/people")["total"] == n + 2
        assert verified(folder)["sound"]
        run("backup", str(tmp_path / "b"), folder=folder)
        disk.resize_kib(disk.used_kib() + 64)
        run("restore", str(tmp_path / "b"), folder=disk.place / "new", code=2, said="room")
        assert [p.name for p in disk.place.iterdir()] == ["review"]


def give(admin: Client, name: str) -> int:
    given = {"name": name, "role": "learner"}
    return admin.post("/api/people", json=given).status_code


def edits_until_full(admin: Client) -> int:
    """Write until it is refused; gives how many were kept."""
    for n in range(2000):
        status = give(admin, "L" * 110)
        if status != 201:
            assert status == 507
            return n
    raise AssertionError("the disk was never full")


def test_a_file_that_may_not_grow_is_told_and_resumed(tmp_path: Path, recorded_demo: Path) -> None:
    """The same without root: the system refuses to let a file of the server's grow."""
    with running(tmp_path / "review") as server:
        admin = server.client().set_up(server.setup_code)
        upload = admin.ok("POST", "/uploads", json=offered(recorded_demo))
        data, address = recorded_demo.read_bytes(), f"/uploads/{upload['upload_id']}"
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (100_000, hard))
        admin.no(507, "PATCH", address, headers={"Upload-Offset": "0"}, content=data)
        assert admin.ok("GET", address)["offset"] == 0
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert send(admin, recorded_demo)["state"] == "done"
