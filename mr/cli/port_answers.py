"""Who answers on a serial port, asked in a process of its own.

Takes paths of ports, gives a `PortAnswer` each; leaves choosing ports to
`mr.devices.mannequin.find`. A port may hang when it is opened, and a board that is reset by
that needs up to two seconds to answer: so every port is asked at the same time, in a child
with a time limit: ``python -m mr.cli.port_answers PORT SECONDS`` prints one answer as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Literal

from mr.devices.mannequin.handshake import shake_hands
from mr.devices.mannequin.port import PORT_ERRORS, open_serial
from mr.errors import DeviceError, ProtocolError
from mr.wire import BlockId, Decoder, Hello, name_text

Kind = Literal["mannequin", "other protocol", "silent", "not opened"]
ANSWER_S = 3.0
"""A Nano's bootloader holds it for 2 s after its port was opened."""
LEAVE_S = 1.0
LIMIT_S = 8.0
"""Then a port hangs: a slow computer may need some seconds to start its child."""


@dataclass(frozen=True, slots=True)
class PortAnswer:
    """What came back from one port; the fields of a mannequin are empty for anything else."""

    port: str
    kind: Kind
    why: str = ""
    """What is wrong and what to do, unless a mannequin answered."""
    serial_number: str = ""
    firmware: str = ""
    protocol: int | None = None
    board: str = ""
    stored: tuple[str, ...] = ()


def stored_blocks(hello: Hello) -> tuple[str, ...]:
    """Name the blocks that hold something valid."""
    return tuple(b.name.lower() for b in BlockId if hello.stored_blocks >> b & 1)


def firmware_version(hello: Hello) -> str:
    """Write the firmware's version as people do."""
    return f"{hello.firmware_major}.{hello.firmware_minor}.{hello.firmware_patch}"


def ask_port(path: str, timeout_s: float = ANSWER_S) -> PortAnswer:
    """Open a port, ask who is there, and close it again."""
    try:
        port = open_serial(path)
    except DeviceError as error:
        return PortAnswer(path, "not opened", str(error))
    try:
        hello, _ = shake_hands(port, path, Decoder(), timeout_s)
    except ProtocolError as error:
        return PortAnswer(path, "other protocol", str(error))
    except DeviceError as error:
        return PortAnswer(path, "silent", str(error))
    finally:
        with suppress(*PORT_ERRORS):  # it was unplugged meanwhile: what it said, it said
            port.close()
    return PortAnswer(
        port=path,
        kind="mannequin",
        serial_number=name_text(hello.serial_number),
        firmware=firmware_version(hello),
        protocol=hello.protocol_version,
        board=name_text(hello.board_name),
        stored=stored_blocks(hello),
    )


class AskedPorts:
    """All ports asked at once; `answers` waits for them."""

    def __init__(self, paths: Sequence[str], timeout_s: float = ANSWER_S) -> None:
        self._started_s = time.monotonic()
        self._children = {
            path: subprocess.Popen(
                [sys.executable, "-P", "-m", "mr.cli.port_answers", path, str(timeout_s)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for path in paths
        }

    def answers(self, limit_s: float = LIMIT_S) -> list[PortAnswer]:
        """Wait until `limit_s` after the start at most, and leave no child behind."""
        try:
            return [self._answer(path, limit_s) for path in self._children]
        finally:
            for child in self._children.values():
                child.kill()
            for child in self._children.values():
                with suppress(subprocess.TimeoutExpired):  # a driver may keep even a killed one
                    child.wait(timeout=LEAVE_S)
                if child.stdout is not None:
                    child.stdout.close()

    def _answer(self, path: str, limit_s: float) -> PortAnswer:
        child = self._children[path]
        left_s = self._started_s + limit_s - time.monotonic()
        try:
            answer, _ = child.communicate(timeout=max(0.05, left_s))
        except subprocess.TimeoutExpired:
            return PortAnswer(
                path,
                "not opened",
                f"port {path} did not open within {limit_s:g} s: "
                "close other programs that use it, or plug it in again",
            )
        if child.returncode != 0:
            return PortAnswer(
                path,
                "not opened",
                f"asking port {path} ended with code {child.returncode}: run "
                f"`python -m mr.cli.port_answers {path} {ANSWER_S:g}` to see why",
            )
        data = json.loads(answer.splitlines()[-1])
        return PortAnswer(**{**data, "stored": tuple(data["stored"])})


if __name__ == "__main__":
    print(json.dumps(asdict(ask_port(sys.argv[1], float(sys.argv[2])))))  # noqa: T201 -- the answer
