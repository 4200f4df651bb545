"""A real rig of a class: `mrcpr join --simulate`, started, killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.web.servers import Client, Running

LIMIT_S = 90.0


@dataclass(slots=True)
class SimulatedRig:
    """One rig that runs in a process of its own."""

    process: subprocess.Popen[bytes]
    id: str
    log: Path

    def kill(self) -> None:
        """End it as a power cut does, with all it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Let it say nothing for a while, as when its network fails: all of it stands still."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.process.pid, signal.SIGCONT)


def rig_named(admin: Client, name: str) -> dict[str, Any] | None:
    """Find a rig that has enrolled."""
    return next((r for r in admin.ok("GET", "/rigs") if r["name"] == name), None)


def presence(admin: Client, rig_id: str) -> str:
    """Tell whether a rig is here."""
    rows = admin.ok("GET", "/fleet")
    return str(next(row["presence"] for row in rows if row["id"] == rig_id))


@contextmanager
def simulated(
    review: Running, admin: Client, folder: Path, name: str = "Sim 1", *options: str
) -> Iterator[SimulatedRig]:
    """Let a simulated rig join, enrolled when it was not; it is here when the block begins."""
    folder.mkdir(exist_ok=True)
    known = rig_named(admin, name)
    code = () if known else ("--code", admin.ok("POST", "/rigs/codes")["code"])
    command = [sys.executable, "-m", "mr.cli", "join", review.address, "--simulate", "--no-sound"]
    command += ["--no-window", "--learner", "good", "--name", name, *code, *options]
    log = folder / "join.log"
    with log.open("ab") as said:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "XDG_DATA_HOME": str(folder / "data"),
                "NO_COLOR": "1",
            },
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + LIMIT_S
        while True:
            assert process.poll() is None and time.monotonic() < until, log.read_text()
            known = rig_named(admin, name)
            if known is not None and presence(admin, known["id"]) == "here":
                break
            time.sleep(0.2)
        yield SimulatedRig(process, known["id"], log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
