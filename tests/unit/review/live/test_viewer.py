"""Who watches rigs: each sample once, the newest to the slow, and no more than asked for."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import numpy as np
import pytest

from mr.errors import ProtocolError
from mr.review.live import row_ring, viewer
from mr.review.live.frames import Motion, encode_trace
from mr.review.live.hub import MAX_WATCHED, Hub
from mr.review.live.messages import Status
from tests.unit.review.live.conftest import BUSY, RIG_AHEAD_NS, SECOND_NS, Room


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
