"""A worker takes a camera's frames: none lost in a slow round, and what is lost is told."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from mr.clock.host import host_now_ns
from mr.devices.depth_camera import Complaint
from mr.errors import DeviceError
from mr.session.taking import TakenCamera, taken
from mr.types import (
    Arrival,
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    EndOfStream,
    Sample,
    StreamInfo,
)

HZ = 60.0


class HandFed:
    """A camera whose driver holds `deep` frames, as the SDK does, and drops the oldest."""

    def __init__(self, deep: int = 64) -> None:
        self.waiting: deque[Sample] = deque(maxlen=deep)
        self.error: Exception | None = None
        self.reopens: list[str] = []
        self.gone = False
        self.said: tuple[Complaint, ...] = ()
        self.threads: set[str] = set()
        self.closed = 0
        self.polls = 0
        self._seq = 0

    @property
    def info(self) -> DeviceInfo:
        streams = (StreamInfo("cam_a.depth", HZ, 1e6), StreamInfo("cam_a.color", 30.0, 1e6))
        return DeviceInfo("live", "x", "y", "S1", "1", streams)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.closed += 1

    def feed(self) -> None:
        self._seq += 1
        arrival = Arrival("cam_a.depth", self._seq, self._seq * 16_667, 0)
        self.waiting.append(DepthFrame(arrival, "a", np.zeros((2, 2), np.uint16), 0.0001))

    def poll(self) -> Sequence[Sample]:
        self.polls += 1
        self.threads.add(threading.current_thread().name)
        if self.error is not None:
            raise self.error
        samples: list[Sample] = []
        while self.waiting:
            samples.append(self.waiting.popleft())
        return samples

    def complaints(self) -> Sequence[Complaint]:
        return self.said

    def reopen(self) -> None:
        self.reopens.append(threading.current_thread().name)
        if self.gone:
            raise DeviceError("still away")
        self.error = None


def until(true: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.002)


def stall(camera: HandFed, n: int) -> None:
    """Let `n` frames come while nobody polls; as fast as the worker takes them."""
    for _ in range(n):
        camera.feed()
        until(lambda: not camera.waiting, "the worker does not take the frames")
    polls = camera.polls  # at the next one, these are in the queue
    until(lambda: camera.polls > polls, "the worker stands still")


def seqs(samples: Sequence[Sample]) -> list[int]:
    return [s.arrival.seq for s in samples if isinstance(s, DepthFrame | ColorFrame)]


def test_a_slow_round_loses_nothing_and_one_too_slow_says_what() -> None:
    camera = HandFed()
    with TakenCamera(camera, host_now_ns) as device:
        stall(camera, 30)  # half a second
        assert seqs(device.poll()) == list(range(1, 31))
        stall(camera, 180)  # all that the queue holds: 2 s of both streams
        assert seqs(device.poll()) == list(range(31, 211))
        assert device.complaints() == ()
        stall(camera, 250)
        assert seqs(device.poll()) == list(range(281, 461))  # the newest
        (said,) = device.complaints()
        assert (said.stream, said.remark) == ("cam_a.depth", False)
        assert "frames are lost" in said.words
        assert device.poll() == []
    assert camera.closed == 1
    assert camera.threads == {"mrcpr-taking"}


def test_without_a_worker_the_driver_loses_frames() -> None:
    camera = HandFed()
    for _ in range(70):
        camera.feed()
    assert seqs(camera.poll()) == list(range(7, 71))  # the control of the test above


def test_a_lost_camera_is_opened_again_by_the_worker() -> None:
    camera = HandFed()
    with TakenCamera(camera, host_now_ns) as device:
        stall(camera, 2)
        camera.gone, camera.error = True, DeviceError("unplugged")
        assert seqs(device.poll()) == [1, 2]  # what came before is given first
        for _ in range(2):
            with pytest.raises(DeviceError):
                until(lambda: bool(device.poll()), "the loss is not told")
            assert device.poll() == []  # told once
            device.reopen()
        until(lambda: len(camera.reopens) == 2, "it is not tried")
        with pytest.raises(DeviceError, match="still away"):
            until(lambda: bool(device.poll()), "the failure is not told")
        camera.gone = False
        device.reopen()
        until(lambda: len(camera.reopens) == 3, "it is not tried")
        stall(camera, 1)
        assert seqs(device.poll()) == [3]
    assert set(camera.reopens) == {"mrcpr-taking"}


def test_the_end_and_a_fault_are_told() -> None:
    for error in (EndOfStream(), ZeroDivisionError("a fault of ours")):
        camera = HandFed()
        with TakenCamera(camera, host_now_ns) as device:
            camera.error = error
            with pytest.raises(type(error)):
                until(lambda d=device: bool(d.poll()), "it is not told")  # type: ignore[misc]
        assert camera.closed == 1


def test_what_the_camera_says_is_passed_on() -> None:
    camera = HandFed()
    with TakenCamera(camera, host_now_ns) as device:
        assert device.complaints() == ()
        camera.said = (Complaint("cam_a.depth", "low light"),)
        until(lambda: device.complaints() == camera.said, "it is not passed on")


def test_only_live_cameras_are_taken() -> None:
    class File(HandFed):
        reopen = None  # type: ignore[assignment]

    live, file = HandFed(), File()
    assert isinstance(taken(live, host_now_ns), TakenCamera)
    assert taken(file, host_now_ns) is file
