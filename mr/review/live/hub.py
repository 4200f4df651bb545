"""Rigs that tell, viewers who are told, commands that go to a rig.

Takes what arrives on rigs' connections, gives each viewer the newest, and each command its
answer; leaves sockets, rights and names to the web's routes. Nothing here waits and nothing
is put into a queue for a viewer: a viewer takes when it can, all that is new since its last
time, so a slow one delays nobody and costs no memory. Time passes by `tick`, on clocks that are
handed in. All of it runs on one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from mr.clock.host import NowNs, host_now_ns
from mr.errors import DeviceError, ProtocolError
from mr.review.live.frames import IDLE, RIG_ID, LiveState, TraceFrame, decode_trace, pack_state
from mr.review.live.messages import (
    Ack,
    Mark,
    Ping,
    Pong,
    Shock,
    Start,
    Status,
    Stop,
    read_of_rig,
)
from mr.review.live.rig_clock import Exchange, RigClock
from mr.review.live.row_ring import RowRing
from mr.review.live.viewer import IN_SESSION, Presence, SeenRig, Viewer

LOST_AFTER_NS = 1_500_000_000
"""A rig says something at least twice a second."""
PING_EVERY_NS = 2_000_000_000
FIRST_PINGS = 5
FIRST_PING_EVERY_NS = 200_000_000
ANSWER_WITHIN_NS = 5_000_000_000
TICK_S = 0.25
MAX_VIEWERS = 64
MAX_WATCHED = 30
IDLE_BYTES = pack_state(IDLE)

Send = Callable[[str], None]
"""Hands a text to a rig's connection and returns at once."""
Close = Callable[[str], None]
"""Ends a connection, with the reason why, and returns at once."""
WallMs = Callable[[], float]
"""The server's wall clock, unix ms."""


@dataclass(slots=True)
class _Waiting:
    answer: asyncio.Future[Ack]
    until_ns: int


@dataclass(slots=True, eq=False)
class Seat:
    """One connection of a rig: its route hands in what arrives, and leaves when it ends."""

    hub: Hub
    rig: SeenRig
    send: Send
    close: Close = lambda _why: None
    clock: RigClock = field(default_factory=RigClock)
    heard_ns: int = 0
    next_ping_ns: int = 0
    pings_n: int = 0
    pings: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, _Waiting] = field(default_factory=dict)

    def hear(self, message: bytes | str) -> None:
        """Take in a message; `ProtocolError` when it is none, and the rig had better go."""
        if self.hub.seats.get(self.rig.rig_id) is not self:
            return  # another connection of the same rig has its place
        now_ns = self.hub.now_ns()
        if isinstance(message, bytes):
            frame = decode_trace(message)
            age_s = self._age_s(frame, now_ns)
            captured_ms = None if age_s is None else self.hub.wall_ms() - 1e3 * age_s
            self.rig.told(frame, now_ns, captured_ms, age_s)
        else:
            self._said(read_of_rig(message), now_ns)
        self.heard_ns = now_ns
        self.hub.is_here(self)

    def _age_s(self, frame: TraceFrame, now_ns: int) -> float | None:
        """Say how old the newest of a message's samples is; None while the clocks are apart."""
        if not len(frame.motion):
            return None
        captured_ns = self.clock.server_ns(int(frame.motion.t_ns[-1]))
        return None if captured_ns is None else (now_ns - captured_ns) / 1e9

    def _said(self, said: Status | Pong | Ack, now_ns: int) -> None:
        if isinstance(said, Status):
            self.rig.status_told(said)
        elif isinstance(said, Pong):
            sent_ns = self.pings.pop(said.id, None)
            if sent_ns is not None:
                self.clock.add(Exchange(sent_ns, said.rig_ns, now_ns))
        else:
            waiting = self.waiting.pop(said.id, None)
            if waiting is not None and not waiting.answer.done():
                waiting.answer.set_result(said)

    def leave(self) -> None:
        """The connection has ended."""
        self.hub.left(self)

    def tick(self, now_ns: int) -> None:
        """Ask for the rig's clock when it is time, and give up on what was not answered."""
        if now_ns >= self.next_ping_ns:
            first = self.pings_n < FIRST_PINGS
            self.next_ping_ns = now_ns + (FIRST_PING_EVERY_NS if first else PING_EVERY_NS)
            self.pings_n += 1
            self.pings = {k: t for k, t in self.pings.items() if k > self.pings_n - 8}
            self.pings[self.pings_n] = now_ns
            self.send(Ping(id=self.pings_n).model_dump_json())
        late = [k for k, waiting in self.waiting.items() if now_ns >= waiting.until_ns]
        self._give_up(late, "it did not answer in time: look whether it stands still")

    def give_up_all(self) -> None:
        """Tell who waits for an answer that none will come."""
        self._give_up(list(self.waiting), "its connection has ended: what it did is not known")

    def _give_up(self, ids: list[int], why: str) -> None:
        for k in ids:
            answer = self.waiting.pop(k).answer
            if not answer.done():
                answer.set_exception(DeviceError(f"rig {self.rig.rig_id}: {why}"))


class Hub:
    """All that goes on live in this process."""

    def __init__(
        self,
        wall_ms: WallMs,
        now_ns: NowNs = host_now_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.now_ns, self.wall_ms = now_ns, wall_ms
        self.seats: dict[str, Seat] = {}
        self._sleep = sleep
        self._rigs: dict[str, SeenRig] = {}
        self._viewers: set[Viewer] = set()
        self._last_id = 0

    # --- rigs ---------------------------------------------------------------------------

    def join(self, rig_id: str, send: Send, close: Close = lambda _why: None) -> Seat:
        """Give a rig's new connection its place; an older one of the same rig is closed."""
        if not RIG_ID.fullmatch(rig_id):
            raise ProtocolError(f"rig id {rig_id!r}: up to 32 letters, digits, '-' and '_'")
        before = self.seats.pop(rig_id, None)
        if before is not None:
            before.give_up_all()
            before.close("this rig has joined by another connection")
        seat = Seat(self, self._rig(rig_id), send, close, heard_ns=self.now_ns())
        seat.rig.rows.restart()
        self.seats[rig_id] = seat
        self.is_here(seat)
        seat.tick(self.now_ns())
        return seat

    def _rig(self, rig_id: str) -> SeenRig:
        return self._rigs.setdefault(rig_id, SeenRig(rig_id, RowRing(), IDLE_BYTES))

    def is_here(self, seat: Seat) -> None:
        """Note that a rig was heard, and wake who looks at it."""
        seat.rig.become("here", self.wall_ms())
        for viewer in self._viewers:
            viewer.wake(seat.rig.rig_id)

    def left(self, seat: Seat) -> None:
        """Note that a connection has ended: the rig is lost at once."""
        seat.give_up_all()
        if self.seats.get(seat.rig.rig_id) is seat:
            del self.seats[seat.rig.rig_id]
            self._lose(seat.rig)

    def _lose(self, rig: SeenRig) -> None:
        rig.become("lost", self.wall_ms())
        for viewer in self._viewers:
            viewer.wake(rig.rig_id)

    def forget(self, rig_id: str) -> None:
        """Forget a rig that was taken out of the class's or the school's list."""
        seat = self.seats.pop(rig_id, None)
        if seat is not None:
            seat.give_up_all()
            seat.close("this rig was taken out of the list")
        self._rigs.pop(rig_id, None)

    def presence(self, rig_id: str) -> tuple[Presence, float | None]:
        """Tell whether a rig is here, and since when (unix ms)."""
        rig = self._rigs.get(rig_id)
        return ("never", None) if rig is None else (rig.presence, rig.since_ms)

    def state(self, rig_id: str) -> LiveState:
        """Tell how a rig's session stands, as far as it was told."""
        rig = self._rigs.get(rig_id)
        return IDLE if rig is None else rig.state

    def is_training(self, rig_id: str) -> bool:
        """Tell whether a rig is here and a session goes on, begins or is being finished there."""
        rig = self._rigs.get(rig_id)
        if rig is None or rig.presence != "here" or rig.status is None:
            return False
        return rig.status.state in IN_SESSION

    def session(self, rig_id: str) -> tuple[str, float | None] | None:
        """Tell which session goes on at a rig, here or away, and where in it now is (s)."""
        rig = self._rigs.get(rig_id)
        return None if rig is None else rig.session(self.now_ns())

    def status(self, rig_id: str) -> Status | None:
        """Give what a rig said of itself last."""
        rig = self._rigs.get(rig_id)
        return None if rig is None else rig.status

    def age_s(self, rig_id: str) -> tuple[float, float] | None:
        """Tell how old a rig's newest sample was when it came, and how far off that may be."""
        seat, rig = self.seats.get(rig_id), self._rigs.get(rig_id)
        if seat is None or rig is None or rig.age_s is None or seat.clock.bound_ns is None:
            return None
        return rig.age_s, seat.clock.bound_ns / 1e9

    # --- commands -----------------------------------------------------------------------

    async def command(self, rig_id: str, command: Start | Stop | Shock | Mark) -> Ack:
        """Send a command and wait for the rig's answer.

        Raises
        ------
        DeviceError
            When the rig is not here, or does not answer in time.
        """
        seat = self.seats.get(rig_id)
        if seat is None or seat.rig.presence != "here":
            raise DeviceError(
                f"rig {rig_id} is not here: look whether it is switched on and `mrcpr join` runs"
            )
        self._last_id += 1
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        seat.waiting[self._last_id] = _Waiting(answer, self.now_ns() + ANSWER_WITHIN_NS)
        try:
            seat.send(command.model_copy(update={"id": self._last_id}).model_dump_json())
            return await answer
        finally:
            seat.waiting.pop(self._last_id, None)

    # --- viewers ------------------------------------------------------------------------

    def subscribe(self, rig_ids: Iterable[str], hz: float = 20.0) -> Viewer:
        """Let somebody watch rigs; `ProtocolError` when they are too many."""
        wanted = list(dict.fromkeys(rig_ids))
        if len(wanted) > MAX_WATCHED or not all(RIG_ID.fullmatch(each) for each in wanted):
            raise ProtocolError(f"at most {MAX_WATCHED} rigs can be watched at once")
        if len(self._viewers) >= MAX_VIEWERS:
            raise ProtocolError(f"{MAX_VIEWERS} viewers watch already: close one")
        viewer = Viewer([self._rig(each) for each in wanted], hz, self.now_ns)
        self._viewers.add(viewer)
        return viewer

    def unsubscribe(self, viewer: Viewer) -> None:
        """Let a viewer go; its stream of messages ends. One who has left sees no message fail."""
        viewer.close()
        self._viewers.discard(viewer)

    def close(self) -> None:
        """Let all go: the server stops."""
        for viewer in list(self._viewers):
            self.unsubscribe(viewer)
        for seat in list(self.seats.values()):
            seat.close("the server stops")

    async def messages(self, viewer: Viewer) -> AsyncIterator[bytes | str]:
        """Give a viewer's messages for as long as it takes them; text is JSON."""
        try:
            while not viewer.closed:
                await viewer.news()
                wait_s = viewer.wait_s()
                if wait_s > 0:
                    await self._sleep(wait_s)
                for message in () if viewer.closed else viewer.take(self.wall_ms()):
                    yield message
        finally:
            self.unsubscribe(viewer)

    # --- time ---------------------------------------------------------------------------

    def tick(self) -> None:
        """Let time pass: rigs that are silent are lost, pings go out, late answers fail."""
        now_ns = self.now_ns()
        for seat in list(self.seats.values()):
            if seat.rig.presence == "here" and now_ns - seat.heard_ns >= LOST_AFTER_NS:
                self._lose(seat.rig)
            seat.tick(now_ns)

    async def run(self) -> None:
        """Tick for ever; a task of the server."""
        while True:
            self.tick()
            await self._sleep(TICK_S)
