"""Mannequins on the bench, good and bad, and what the commands say of them."""

from __future__ import annotations

import json
import os
import pty
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

from mr.sim.adc import Counts
from mr.wire import Hello, encode
from tests.cli.conftest import Finished

Run = Callable[..., Finished]
AtRest = Callable[..., str]
RESTING: Counts = (74, (31, 27, 38, 22), 512)
"""What the simulated rig's sensors read unloaded."""
NO_PORT = "/dev/no-such-port"
HELLO = Hello._make(0 for _ in Hello._fields)._replace(
    request_id=1, serial_number=b"OLD", board_name=b"host"
)


def data_of(done: Finished, kind: str) -> dict[str, Any]:
    """Read the JSON that a command printed."""
    data: dict[str, Any] = json.loads(done.out)
    assert data.pop("schema") == f"mrcpr.mannequin-{kind}/1"
    return data


@contextmanager
def silent_port() -> Iterator[str]:
    """Give a port where nobody answers."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        yield os.ttyname(slave)
    finally:
        os.close(slave)
        os.close(master)


@contextmanager
def old_board(version: int) -> Iterator[str]:
    """Give the port of a board that says HELLO in another protocol version."""
    hello = HELLO._replace(protocol_version=version)
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    over = Event()

    def answer() -> None:
        while not over.wait(0.05):
            with suppress(BlockingIOError):  # nobody reads
                os.write(master, b"\0" + encode(hello))

    thread = Thread(target=answer)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        over.set()
        thread.join()
        os.close(slave)
        os.close(master)
