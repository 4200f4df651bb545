"""Snapshots and pictures through shared memory: whole, newest, and from another process."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
from dataclasses import fields, is_dataclass, replace
from multiprocessing.connection import Connection

import numpy as np
import pytest

from mr.session.shared import POSIX_SHARED, Channel, Picture
from mr.session.snapshot_record import pack_snapshot, unpack_snapshot
from mr.types import Arrival, CycleDigest, Health, Placing, Pose, Registration, Snapshot, Targets
from tests.snapshots import IN_FULL_SWING

SNAPSHOT = replace(
    IN_FULL_SWING,
    mode="30:2",
    velocity_mm_s=-120.0,
    score_pct=91.0,
    world_from_mannequin=Pose(np.eye(3), np.array([0.1, 0.2, 0.3])),
    health=(Health("mannequin", "sim", "ok", 199.8, 0, 0.01, "“ü” " * 100),),
    measured_ns=123_456_789_012,
    level="reduced",
    n_breaths=1,
    cycle=CycleDigest(3, 30, 52.5, None, 1.5, 90.0, None, 70.0, 5, "lesson_deep"),
    placing=Placing(
        "weak",
        Registration(Pose(np.eye(3), np.array([0.0, 1.0, 2.0])), 0.004, 77, 9, 0.002, "touch"),
        "sweep",
        2,
        0.25,
    ),
)


def plain(value: object) -> object:
    """Turn a value into tuples that are equal only when all of it is."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if is_dataclass(value):
        return tuple(plain(getattr(value, field.name)) for field in fields(value))
    return value


def same(a: Snapshot, b: Snapshot) -> bool:
    return plain(replace(a, health=())) == plain(replace(b, health=()))


def test_every_field_survives() -> None:
    again = unpack_snapshot(pack_snapshot(SNAPSHOT))
    assert same(SNAPSHOT, again)
    assert again.health[0].stream == "mannequin"
    assert again.health[0].why.startswith("“ü”")


def test_unknown_stays_unknown() -> None:
    unknown = replace(
        SNAPSHOT,
        depth_mm=None,
        rate_cpm=None,
        hand_offset_mm=None,
        cue=None,
        world_from_mannequin=None,
        score_pct=None,
        targets=Targets(50.0, None, 100.0, 120.0, 5.0, 20.0),
        measured_ns=None,
        cycle=None,
        placing=None,
    )
    again = unpack_snapshot(pack_snapshot(unknown))
    assert same(unknown, again)
    assert not same(SNAPSHOT, again)
    for placing in (Placing("unknown"), Placing("lost", ask="touch")):
        told = replace(SNAPSHOT, placing=placing)
        assert same(told, unpack_snapshot(pack_snapshot(told)))


def _reader(names: tuple[str, str], answer: Connection) -> None:
    with Channel.attach(names) as channel:
        answer.send("ready")
        seen, torn = set(), 0
        while not answer.poll():
            snapshot = channel.snapshot()
            if snapshot is None:
                continue
            # The writer keeps these two equal: a torn read would not.
            torn += snapshot.seq != snapshot.t_ns
            if snapshot.seq not in seen and len(seen) == 1:
                answer.send("a second one")
            seen.add(snapshot.seq)
        answer.send((len(seen), torn))


def test_a_reader_in_another_process_never_sees_half_a_snapshot() -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    with Channel.create() as channel:
        assert channel.snapshot() is None
        reader = context.Process(target=_reader, args=(channel.names, there))
        reader.start()
        assert here.poll(30)
        here.recv()
        k = 0
        while k < 4000 or not here.poll():  # a reader may be kept waiting
            k += 1
            channel.publish(replace(SNAPSHOT, seq=k, t_ns=k))
        assert here.recv() == "a second one"
        here.send("stop")
        n_seen, n_torn = here.recv()
        reader.join()
        last = channel.snapshot()
    assert n_seen > 1
    assert n_torn == 0
    assert last is not None
    assert last.seq == k


def test_a_write_under_way_is_not_read() -> None:
    """Negative control of the seqlock: an odd sequence number gives nothing."""
    with Channel.create() as channel:
        channel.publish(SNAPSHOT)
        head = channel._snapshots._head
        assert head is not None
        head[0] += 1
        assert channel.snapshot() is None
        head[0] += 1
        head[1] += 1  # a wrong checksum
        assert channel.snapshot() is None


def test_nothing_is_decoded_twice() -> None:
    with Channel.create() as channel:
        channel.publish(SNAPSHOT)
        first = channel.snapshot()
        assert first is not None
        assert channel.snapshot() is first
        channel.publish(replace(SNAPSHOT, seq=SNAPSHOT.seq + 1))
        second = channel.snapshot()
        assert second is not None
        assert second.seq == first.seq + 1


def test_a_torn_write_leaves_what_was_read_last() -> None:
    with Channel.create() as channel:
        channel.publish(SNAPSHOT)
        first = channel.snapshot()
        assert first is not None
        head = channel._snapshots._head
        assert head is not None
        head[0] += 1
        assert channel.snapshot() is first


def test_pictures() -> None:
    picture = Picture(
        Arrival("cam_side.color", 5, 6, 7),
        "side",
        np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3),
    )
    with Channel.create() as channel:
        assert channel.picture() is None
        channel.publish_picture(picture)
        again = channel.picture()
        assert again is not None
        assert again.arrival == picture.arrival
        assert again.camera_id == "side"
        assert np.array_equal(again.bgr, picture.bgr)
        assert not again.bgr.flags.writeable  # it is given to every later reader, too
        assert channel.picture() is again
        with pytest.raises(ValueError, match="larger"):
            channel.publish_picture(
                Picture(picture.arrival, "side", np.zeros((2000, 2000, 3), np.uint8))
            )


def test_what_a_killed_session_left_is_swept_away() -> None:
    if not POSIX_SHARED.is_dir():
        pytest.skip("this system keeps shared memory elsewhere")
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = POSIX_SHARED / f"mrcpr_{gone.pid}_dead"
    ours = POSIX_SHARED / f"mrcpr_{os.getpid()}_alive"
    for path in (left, ours):
        path.write_bytes(b"x")
    try:
        with Channel.create():
            assert not left.exists()
            assert ours.exists()
    finally:
        ours.unlink()
