"""The hub: who is here, who is told what, and what became of a command; on clocks that stand."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from mr.errors import DeviceError, ProtocolError
from mr.review.live.hub import ANSWER_WITHIN_NS, LOST_AFTER_NS, Seat
from mr.review.live.messages import Ack, Pong, Status, Stop, read_of_server
from mr.review.live.rig_link import STATUS_EVERY_NS
from tests.unit.review.live.conftest import BUSY, RIG_AHEAD_NS, SECOND_NS, START, Room

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


def test_a_rig_whose_status_is_late_is_not_lost(room: Room) -> None:
    """A busy machine may hold one up; a second rig, whose status does not come at all, is lost."""
    seat = room.join()
    room.join("rig-2")
    for _ in range(4):
        seat.hear(Status(state="ready").model_dump_json())
        room.pass_s(STATUS_EVERY_NS / 1e9 + 0.75)
        assert room.hub.presence("rig-1")[0] == "here"
    assert room.hub.presence("rig-2")[0] == "lost"


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
