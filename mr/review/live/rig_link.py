"""A rig's WebSocket to the server: kept up for ever, so that a wall sees and commands it.

Takes a desk (what the rig has to tell, and who does what it is told), keeps a connection in a
thread of its own, and says how that goes; leaves sessions to the desk. While the server is away
nothing is lost but time: the desk holds motion back as long as it can.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from mr.clock.host import NowNs, host_now_ns
from mr.errors import ProtocolError
from mr.review.live.messages import (
    MAX_TEXT,
    Ack,
    Mark,
    Ping,
    Pong,
    Shock,
    Start,
    Status,
    Stop,
    read_of_server,
)
from mr.review.live.server_link import TIME_ANSWER, Address, ServerTime
from mr.review.live.signing import Signer

LIVE_PATH = "/api/live/rig"
FRAME_EVERY_NS = 40_000_000
STATUS_EVERY_NS = 500_000_000
"""A third of the silence after which a rig is lost: it may be late by most of a second."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
OPENS_WITHIN_S = 5.0
STEADY_S = 5.0
"""A connection that held so long was a good one: the next wait begins small again."""


class Desk(Protocol):
    """What a rig tells and does; its methods are called in the link's thread."""

    def status(self) -> Status:
        """Say what the rig has to say of itself."""
        ...

    def frame(self, seq: int) -> bytes | None:
        """Give motion and state since the last call; None where there is nothing to tell.

        `seq` counts from 0 on a new connection, which is told the state in any case.
        """
        ...

    def hear(self, command: Start | Stop | Shock | Mark) -> Ack:
        """Do what the wall says, or say why not, at once."""
        ...


@dataclass(slots=True)
class RigLink:
    """Keeps a rig connected for as long as it is entered."""

    address: Address
    time: ServerTime
    signer: Signer
    desk: Desk
    told: Callable[[bool, str], None]
    """Told whether the server is there, and in words why not, when that changes."""
    now_ns: NowNs = host_now_ns
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _said: tuple[bool, str] | None = None

    def __enter__(self) -> RigLink:
        """Begin to connect."""
        self._thread = threading.Thread(target=self._run, name="mrcpr-live", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the connection."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(timeout=OPENS_WITHIN_S + 1.0)

    def require_alive(self) -> None:
        """Raise when a fault of ours has ended the link; its traceback was printed."""
        if self._thread is not None and not self._thread.is_alive():
            raise RuntimeError("the connection's thread has ended")

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._end.is_set():
            begun_ns = self.now_ns()
            why = self._connected_once()
            if self.now_ns() - begun_ns > STEADY_S * 1e9:
                wait_s = FIRST_WAIT_S
            if why == "again":
                continue
            if self._end.is_set():
                return  # who leaves knows it
            self._say(False, why)
            self._end.wait(wait_s * random.uniform(0.5, 1.0))
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _say(self, here: bool, words: str) -> None:
        if (here, words) != self._said:
            self._said = here, words
            self.told(here, words)

    def _connected_once(self) -> str:
        """Connect and talk until that ends; say why it did."""
        path = self.address.path_of(LIVE_PATH)
        try:
            with connect(
                self.address.live_url + LIVE_PATH,
                additional_headers=self.signer.headers("GET", path),
                ssl=self.address.verify,
                proxy=None,
                open_timeout=OPENS_WITHIN_S,
                ping_interval=5,
                ping_timeout=10,
                close_timeout=1,
                max_size=4 * MAX_TEXT,
                compression=None,
            ) as socket:
                self._say(True, "")
                self._talk(socket)
            return "this rig is leaving"
        except InvalidStatus as error:
            if error.response.status_code == 401 and self._learnt(error):
                return "again"
            return _refusal(error)
        except ConnectionClosed as error:
            closed = error.rcvd
            words = closed.reason if closed is not None and closed.reason else "it broke off"
            return f"the connection has ended: {words}"
        except (OSError, TimeoutError, WebSocketException) as error:
            return f"cannot be reached ({error})"

    def _learnt(self, error: InvalidStatus) -> bool:
        """Take the server's time after a refusal; tell whether it was another one."""
        before_ms = self.time()
        told = self.time.learn(error.response.headers.get(TIME_ANSWER))
        return told and abs(self.time() - before_ms) > 1000

    def _talk(self, socket: Connection) -> None:
        seq, said = 0, None
        frame_ns = status_ns = self.now_ns()
        while not self._end.is_set():
            self._hear(socket, max(0.0, (frame_ns - self.now_ns()) / 1e9))
            now_ns = self.now_ns()
            if now_ns < frame_ns:
                continue
            frame_ns = max(frame_ns + FRAME_EVERY_NS, now_ns)
            status = self.desk.status()
            if status != said or now_ns >= status_ns:
                said, status_ns = status, now_ns + STATUS_EVERY_NS
                socket.send(status.model_dump_json())
            frame = self.desk.frame(seq)
            if frame is not None:
                socket.send(frame)
                seq += 1

    def _hear(self, socket: Connection, wait_s: float) -> None:
        """Answer what comes within a time."""
        until_s = time.monotonic() + wait_s
        while True:
            try:
                text = socket.recv(timeout=max(0.0, until_s - time.monotonic()))
            except TimeoutError:
                return
            arrived_ns = self.now_ns()
            try:
                said = read_of_server(text if isinstance(text, str) else "")
            except ProtocolError as error:
                raise ConnectionError(f"the server speaks otherwise: {error}") from error
            if isinstance(said, Ping):
                answer: Pong | Ack = Pong(id=said.id, rig_ns=arrived_ns)
            else:
                answer = self.desk.hear(said).model_copy(update={"id": said.id})
            socket.send(answer.model_dump_json())


def _refusal(error: InvalidStatus) -> str:
    status = error.response.status_code
    if status in (401, 403):
        return "the server refuses this rig: enrol it again with a new --code"
    return f"the server answered {status}"
