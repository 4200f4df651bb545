"""The hub: who is here, who is told what, and what became of a command; on clocks that stand."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import numpy as np
import pytest

from mr.clock.host import SteppedClock
from mr.errors import DeviceError, ProtocolError
from mr.review.live import row_ring, viewer
from mr.review.live.frames import IDLE, LiveState, Motion, WallPart, decode_wall, encode_trace
from mr.review.live.hub import ANSWER_WITHIN_NS, LOST_AFTER_NS, MAX_WATCHED, Hub, Seat
from mr.review.live.messages import Ack, Pong, Start, Status, Stop, read_of_server
from mr.review.live.viewer import Viewer

SECOND_NS = 1_000_000_000
RIG_AHEAD_NS = 77 * SECOND_NS
"""By how much the rig's monotonic clock is ahead of the server's."""
START = Start(learner_id="learner-0badcafe")
BUSY = replace(IDLE, phase="compressing", kind="sim", n_compressions=3)


class Room:
    """A hub, its clocks, and what it has sent to each rig."""

    def __init__(self) -> None:
        self.clock = SteppedClock(100 * SECOND_NS)
        self.hub = Hub(lambda: self.clock() / 1e6, self.clock)
        self.sent: dict[str, list[str]] = {}
        self._seq = 0

    def join(self, rig_id: str = "rig-1") -> Seat:
        self.sent[rig_id] = []
        return self.hub.join(rig_id, self.sent[rig_id].append)

    def frame(self, n: int = 8, state: LiveState = BUSY) -> bytes:
        """A rig's message of `n` samples, the newest captured just now."""
        self._seq += 1
        rig_ns = self.clock() + RIG_AHEAD_NS
        t_ns = rig_ns - 5_000_000 * np.arange(n - 1, -1, -1)
        return encode_trace(self._seq, rig_ns, state, Motion(t_ns, np.ones(n), np.ones(n)))

    def answer_ping(self, seat: Seat, trip_ns: int) -> None:
        """Let a ping go out, and the rig answer it half-way through the round trip."""
        seat.next_ping_ns = 0
        self.hub.tick()
        ping = read_of_server(self.sent[seat.rig.rig_id][-1])
        self.clock.advance(trip_ns // 2)
        rig_ns = self.clock() + RIG_AHEAD_NS
        self.clock.advance(trip_ns - trip_ns // 2)
        seat.hear(Pong(id=ping.id, rig_ns=rig_ns).model_dump_json())

    def pass_s(self, seconds: float, *talking: Seat) -> None:
        """Let time pass, ticked as the server does."""
        for _ in range(round(seconds / 0.25)):
            self.clock.advance(SECOND_NS // 4)
            for seat in talking:
                seat.hear(self.frame())
            self.hub.tick()

    def took(self, seen: Viewer) -> list[WallPart]:
        """What a viewer is told when it takes all that is new."""
        binary = [m for m in seen.take(self.hub.wall_ms()) if isinstance(m, bytes)]
        return decode_wall(binary[0])[2] if binary else []


@pytest.fixture
def room() -> Room:
    return Room()


# --- presence ----------------------------------------------------------------------------


def test_a_silent_rig_is_lost_within_two_seconds_and_back_when_it_is(room: Room) -> None:
    seat = room.join()
    room.pass_s(3.0, seat)
    assert room.hub.presence("rig-1") == ("here", 100_000.0)
    silent_since_ms = room.hub.wall_ms()
    room.pass_s(2.0)
    presence, since_ms = room.hub.presence("rig-1")
    assert presence == "lost"
    assert since_ms is not None
    assert since_ms - silent_since_ms <= 2000
    room.pass_s(5.0)
    assert room.hub.presence("rig-1") == ("lost", since_ms), "since when does not move on"
    seat.hear(room.frame())
    assert room.hub.presence("rig-1") == ("here", room.hub.wall_ms())


def test_a_rig_that_speaks_is_not_lost(room: Room) -> None:
    """Negative control: its status alone keeps it here."""
    seat = room.join()
    for _ in range(20):
        room.clock.advance(SECOND_NS)
        seat.hear(Status(state="ready").model_dump_json())
        room.hub.tick()
    assert room.hub.presence("rig-1")[0] == "here"
    assert LOST_AFTER_NS > SECOND_NS


def test_a_closed_connection_is_lost_at_once(room: Room) -> None:
    seat = room.join()
    room.join("rig-2")
    watched = room.hub.subscribe(["rig-1", "rig-2", "rig-3"])
    assert [p.presence for p in room.took(watched)] == ["here", "here", "never"]
    seat.leave()
    (part,) = room.took(watched)
    assert (part.rig_id, part.presence) == ("rig-1", "lost")


def test_a_session_s_time_passes_while_its_rig_is_away(room: Room) -> None:
    recording_id = "rec-0123456789abcdef"
    assert room.hub.session("rig-1") is None
    seat = room.join()
    seat.hear(Status(state="training", recording_id=recording_id).model_dump_json())
    assert room.hub.session("rig-1") == (recording_id, None), "it has not begun"
    seat.hear(room.frame(state=replace(BUSY, recording_id=recording_id, elapsed_s=30.0)))
    seat.leave()
    room.clock.advance(3 * SECOND_NS)
    assert room.hub.session("rig-1") == (recording_id, 33.0)
    seat = room.join()  # it is back, and no session goes on
    seat.hear(Status(state="ready").model_dump_json())
    assert room.hub.session("rig-1") is None


def test_the_session_before_has_no_time_in_the_next(room: Room) -> None:
    seat = room.join()
    before = replace(BUSY, recording_id="rec-0123456789abcdef", elapsed_s=30.0)
    seat.hear(room.frame(state=before))
    seat.hear(Status(state="starting", recording_id="rec-fedcba9876543210").model_dump_json())
    assert room.hub.session("rig-1") == ("rec-fedcba9876543210", None)


def test_of_two_connections_of_a_rig_the_newer_one_counts(room: Room) -> None:
    closed = list[str]()
    older = room.hub.join("rig-1", list[str]().append, closed.append)
    newer = room.join()
    assert len(closed) == 1
    newer.hear(room.frame(state=replace(BUSY, n_compressions=9)))
    older.hear(room.frame())
    older.leave()
    assert room.hub.presence("rig-1")[0] == "here"
    assert room.hub.state("rig-1").n_compressions == 9


def test_a_bad_message_changes_nothing(room: Room) -> None:
    seat = room.join()
    seat.hear(room.frame())
    for bad in (b"MRCL", room.frame()[:-1], "{}", '{"type":"status"}', "[" * 100_000):
        with pytest.raises(ProtocolError):
            seat.hear(bad)
    assert room.hub.state("rig-1") == BUSY
    with pytest.raises(ProtocolError, match="rig id"):
        room.hub.join("../rig", list[str]().append)


# --- viewers -----------------------------------------------------------------------------


def test_a_viewer_gets_each_sample_once(room: Room) -> None:
    seat = room.join()
    watched = room.hub.subscribe(["rig-1"])
    t_ns = list[int]()
    for k in range(100):
        room.clock.advance(40_000_000)
        seat.hear(room.frame(8))
        if k % 3 == 0:
            for part in room.took(watched):
                t_ns += part.motion.t_ns.tolist()
                assert part.dropped_n == 0
    assert len(t_ns) == 800
    assert (np.diff(t_ns) > 0).all()
    assert room.took(watched) == []


def test_a_slow_viewer_gets_the_newest_and_is_told_what_it_missed(room: Room) -> None:
    seat = room.join()
    slow, quick = room.hub.subscribe(["rig-1"]), room.hub.subscribe(["rig-1"])
    quick_n = 0
    for k in range(1000):
        room.clock.advance(40_000_000)
        seat.hear(room.frame(8, replace(BUSY, n_compressions=k)))
        quick_n += sum(len(p.motion) for p in room.took(quick))
    (part,) = room.took(slow)
    assert quick_n == 8000
    assert len(part.motion) == viewer.TAKES_N
    assert part.dropped_n == 8000 - viewer.TAKES_N
    assert part.motion.t_ns[-1] == pytest.approx(room.clock() + RIG_AHEAD_NS, abs=1000)
    assert room.hub.state("rig-1").n_compressions == 999
    for _ in range(2):
        room.clock.advance(40_000_000)
        seat.hear(room.frame(1))
    (part,) = room.took(slow)
    assert (len(part.motion), part.dropped_n) == (2, 8000 - viewer.TAKES_N)


def test_a_rig_keeps_no_more_than_its_ring(room: Room) -> None:
    seat = room.join()
    for _ in range(3):
        room.clock.advance(60 * SECOND_NS)
        seat.hear(room.frame(4000))
    assert seat.rig.rows.end == 3 * row_ring.CAPACITY
    motion, passed_n = seat.rig.rows.since(0, 10**6)
    assert (len(motion), passed_n) == (row_ring.CAPACITY, 2 * row_ring.CAPACITY)


def test_rows_that_come_again_are_taken_once(room: Room) -> None:
    seat = room.join()
    message = room.frame(8)
    seat.hear(message)
    seat.hear(message)
    assert seat.rig.rows.end == 8


def test_a_rig_that_was_switched_off_goes_on_with_another_clock(room: Room) -> None:
    room.join().hear(room.frame(8))
    watched = room.hub.subscribe(["rig-1"])
    seat = room.join()
    early = Motion(np.arange(3) * 5_000_000, np.ones(3), np.ones(3))
    seat.hear(encode_trace(1, 20_000_000, BUSY, early))
    (part,) = room.took(watched)
    assert part.motion.t_ns.tolist() == early.t_ns.tolist()


def test_messages_are_no_more_than_asked_for(room: Room) -> None:
    watched = room.hub.subscribe(["rig-1"], hz=20)
    assert watched.wait_s() == 0
    watched.take(0.0)
    assert watched.wait_s() == pytest.approx(0.05)
    room.clock.advance(30_000_000)
    assert watched.wait_s() == pytest.approx(0.02)
    room.clock.advance(SECOND_NS)
    assert watched.wait_s() == 0


def test_a_status_is_told_once_and_again_when_it_changes(room: Room) -> None:
    seat = room.join()
    watched = room.hub.subscribe(["rig-1"])
    said = list[str]()
    for state in ("ready", "ready", "training"):
        seat.hear(Status(state=state, rig_name="Rig 1").model_dump_json())  # type: ignore[arg-type]
        said += [m for m in watched.take(0.0) if isinstance(m, str)]
    assert [json.loads(text)["status"]["state"] for text in said] == ["ready", "training"]
    assert json.loads(said[0])["rig_id"] == "rig-1"


def test_the_stream_of_messages_is_paced_and_ends_well(room: Room) -> None:
    slept = list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        room.clock.advance(round(seconds * 1e9))

    room.hub = Hub(lambda: room.clock() / 1e6, room.clock, sleep)
    seat = room.join()
    watched = room.hub.subscribe(["rig-1"], hz=10)

    async def watch() -> int:
        n = 0
        messages = room.hub.messages(watched)
        async for message in messages:
            assert isinstance(message, bytes)
            n += 1
            if n == 5:
                break
            room.clock.advance(10_000_000)
            seat.hear(room.frame())
        await messages.aclose()  # type: ignore[attr-defined]
        return n

    assert asyncio.run(watch()) == 5
    assert slept == pytest.approx([0.09] * 4)
    assert not room.hub._viewers, "who has left is told nothing"


def test_who_leaves_while_nothing_happens_is_let_go(room: Room) -> None:
    watched = room.hub.subscribe(["rig-1"])
    watched.take(0.0)

    async def watch() -> list[bytes | str]:
        watching = asyncio.ensure_future(taken())
        await asyncio.sleep(0)
        room.hub.unsubscribe(watched)
        return await watching

    async def taken() -> list[bytes | str]:
        return [message async for message in room.hub.messages(watched)]

    assert asyncio.run(watch()) == []
    assert not room.hub._viewers


def test_a_rig_that_is_taken_out_is_closed_and_forgotten(room: Room) -> None:
    closed = list[str]()
    seat = room.hub.join("rig-1", list[str]().append, closed.append)
    seat.hear(room.frame())
    room.hub.forget("rig-1")
    assert len(closed) == 1
    assert room.hub.presence("rig-1") == ("never", None)
    seat.hear(room.frame())
    assert room.hub.presence("rig-1") == ("never", None)


def test_too_many_rigs_are_refused(room: Room) -> None:
    room.hub.subscribe([f"rig-{k}" for k in range(MAX_WATCHED)])
    with pytest.raises(ProtocolError):
        room.hub.subscribe([f"rig-{k}" for k in range(MAX_WATCHED + 1)])


# --- clocks ------------------------------------------------------------------------------


def test_a_samples_age_is_known_by_pings(room: Room) -> None:
    seat = room.join()
    seat.hear(room.frame())
    assert room.hub.age_s("rig-1") is None, "before any answer nothing is known"
    room.answer_ping(seat, trip_ns=4_000_000)
    message = room.frame()
    room.clock.advance(30_000_000)
    seat.hear(message)
    age = room.hub.age_s("rig-1")
    assert age is not None
    age_s, bound_s = age
    assert age_s == pytest.approx(0.030, abs=1e-5)
    assert bound_s == pytest.approx(0.002)
    (part,) = room.took(room.hub.subscribe(["rig-1"]))
    assert part.captured_ms == pytest.approx(room.hub.wall_ms() - 30, abs=0.01)


def test_the_quickest_exchange_is_believed(room: Room) -> None:
    seat = room.join()
    room.answer_ping(seat, trip_ns=400_000_000)
    room.pass_s(1.0, seat)
    room.answer_ping(seat, trip_ns=2_000_000)
    assert seat.clock.bound_ns == 1_000_000
    assert seat.clock.server_ns(RIG_AHEAD_NS) == pytest.approx(0, abs=1)


def test_an_answer_to_no_ping_teaches_nothing(room: Room) -> None:
    seat = room.join()
    seat.hear(Pong(id=999, rig_ns=1).model_dump_json())
    assert seat.clock.best is None


# --- commands ----------------------------------------------------------------------------


def commanded(room: Room, act: object, *, answer: bool) -> Ack:
    seat = room.join()

    async def go() -> Ack:
        task = asyncio.ensure_future(room.hub.command("rig-1", START))
        await asyncio.sleep(0)
        sent = read_of_server(room.sent["rig-1"][-1])
        assert sent.model_copy(update={"id": 0}) == START
        if answer:
            seat.hear(Ack(id=sent.id, ok=True, recording_id="rec-1").model_dump_json())
        else:
            assert callable(act)
            act(seat)
        return await task

    return asyncio.run(go())


def test_a_command_is_answered(room: Room) -> None:
    ack = commanded(room, None, answer=True)
    assert (ack.ok, ack.recording_id) == (True, "rec-1")


def test_a_command_without_an_answer_fails_in_time(room: Room) -> None:
    def wait(seat: Seat) -> None:
        room.pass_s(ANSWER_WITHIN_NS / 1e9 - 0.5, seat)
        assert seat.waiting
        room.pass_s(1.0, seat)

    with pytest.raises(DeviceError, match="did not answer"):
        commanded(room, wait, answer=False)


def test_a_command_fails_when_the_connection_ends(room: Room) -> None:
    with pytest.raises(DeviceError, match="connection has ended"):
        commanded(room, lambda seat: seat.leave(), answer=False)


def test_nobody_commands_a_rig_that_is_not_here(room: Room) -> None:
    with pytest.raises(DeviceError, match="not here"):
        asyncio.run(room.hub.command("rig-1", Stop()))


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"start","learner_id":"Anna"}',
        '{"type":"start","learner_id":"learner-0badcafe","guideline":"/etc/passwd"}',
        '{"type":"start","learner_id":"learner-0badcafe","shell":"rm"}',
        '{"type":"mark","key":"Anna was slow"}',
        '{"type":"reboot"}',
        "",
        "nonsense",
    ],
)
def test_a_rig_does_nothing_that_it_does_not_know(text: str) -> None:
    with pytest.raises(ProtocolError):
        read_of_server(text)
