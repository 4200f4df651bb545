"""The hands process may hang, flood or die: the depth path sees every frame all the same.

Real processes and real pipes. The camera delivers each frame when it is due and drops none,
so that what was processed can be counted to the frame on any machine; how long the sensing
loop was away from its devices is printed.
"""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from mr.cli.demo import calibrated_rig
from mr.clock.host import NowNs, host_now_ns
from mr.config import SessionConfig
from mr.recording.reader import Recording, open_recording
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session import hands, processes
from mr.session.hands import MOST_AT_ONCE, Findings, hands_main
from mr.session.processes import LiveSession, SessionPlan
from mr.session.sensing import SensingJob, sense
from mr.session.shared import Channel
from mr.session.signals import EndWord
from mr.sim.camera import SimCamera, SimImager
from mr.sim.learner import still_script
from mr.sim.rig import make_sim_rig
from mr.tracking.landmarks import Window
from mr.types import (
    Arrival,
    ChestObservation,
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    EndOfStream,
    HandLandmarks,
    Sample,
    SessionEvent,
    Stamp,
)
from tests.recordings import holds

N_FRAMES = 75
EVERY_S = 1 / 30
COLOR_EVERY = 5
LIMIT_S = 120.0
ENDED = "the hands process has ended"


class PacedCamera:
    """A camera that gives each frame when it is due, however late it is asked.

    It ends `N_FRAMES` after the file `go` is there.
    """

    def __init__(self, log: Path, go: Path, now: NowNs) -> None:
        self._log, self._go, self._now = log, go, now
        self._sim = make_sim_rig()
        script = still_script(hands=True)
        self._info = SimCamera(self._sim, script, now).info
        imager = SimImager(self._sim, script, seed=1)
        self._depth = [imager.depth_counts(0.1 * k) for k in range(3)]
        self._bgr = imager.bgr(0.5)
        self._given = 0
        self._polls: list[int] = []

    @property
    def info(self) -> DeviceInfo:
        return self._info

    def __enter__(self) -> Self:
        self._open_ns = self._now()
        self._end: int | None = None
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        gaps_ms = np.diff(self._polls) / 1e6
        self._log.write_text(
            f"{self._given} frames; between two looks at the camera: "
            f"median {np.median(gaps_ms):.1f}, 99 % {np.percentile(gaps_ms, 99):.1f}, "
            f"most {gaps_ms.max():.1f} ms"
        )

    def poll(self) -> Sequence[Sample]:
        if self._end is None and self._go.exists():
            self._end = self._given + N_FRAMES
        if self._given == self._end:
            raise EndOfStream
        if self._end is not None:
            self._polls.append(self._now())
        due_ns = self._open_ns + round(self._given * EVERY_S * 1e9)
        if self._now() < due_ns:
            return ()
        k, name = self._given, self._sim.camera_id
        self._given += 1
        ticks = (due_ns - self._open_ns) // 1000
        arrival = Arrival(f"cam_{name}.depth", k, ticks, self._now())
        samples: list[Sample] = [DepthFrame(arrival, name, self._depth[k % 3], 1e-4)]
        if k % COLOR_EVERY == 0:
            arrival = replace(arrival, stream=f"cam_{name}.color", seq=k // COLOR_EVERY)
            samples.append(ColorFrame(arrival, name, self._bgr))
        return samples


def open_camera(log: Path, go: Path, now: NowNs) -> Sequence[PacedCamera]:
    return [PacedCamera(log, go, now)]


@dataclass
class Finder:
    """A finder that says where it runs, then finds, hangs or floods."""

    log: Path
    what: str

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    def find(self, frame: ColorFrame, stamp: Stamp, window: Window) -> list[HandLandmarks]:
        self.log.write_text(str(os.getpid()))
        if self.what == "hangs":
            time.sleep(1e6)
        return [self._one(frame, stamp, window)] if self.what == "finds" else _Endless(
            self._one(frame, stamp, window)
        )  # fmt: skip

    def _one(self, frame: ColorFrame, stamp: Stamp, window: Window) -> HandLandmarks:
        rows, columns = window
        middle = ((columns.start + columns.stop) / 2, (rows.start + rows.stop) / 2)
        arrival = replace(frame.arrival, stream=f"cam_{frame.camera_id}.landmarks")
        pixels = np.tile(np.array(middle), (21, 1))
        return HandLandmarks(arrival, stamp, frame.camera_id, pixels, 0.9, "left")


class _Endless(list[HandLandmarks]):
    """A list that never ends."""

    def __init__(self, one: HandLandmarks) -> None:
        super().__init__([one])

    def __iter__(self) -> Iterator[HandLandmarks]:
        while True:
            yield self[0]


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrated_rig(1)


@pytest.fixture(autouse=True)
def _leave_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LEAVE_S", 1.0)


@dataclass
class Ran:
    recording: Recording
    samples: list[Sample]
    polls: str

    def of(self, kind: type) -> list[Sample]:
        return [s for s in self.samples if isinstance(s, kind)]

    @property
    def every_frame_was_seen(self) -> bool:
        """Whether there is one observation a frame, from the clock's first stamp to the end."""
        seen = [s.arrival.seq for s in self.samples if isinstance(s, ChestObservation)]
        given = int(self.polls.split()[0])
        return seen == list(range(seen[0], given)) and seen[0] < given - N_FRAMES // 2

    @property
    def notes(self) -> list[str]:
        return [s.text for s in self.samples if isinstance(s, SessionEvent) and s.kind == "note"]


def run(rig: Rig, folder: Path, what: str | None, number: int | None = None) -> Ran:
    """Run a session with such a finder; send its process a signal once it looks at pictures.

    Most frames come after the finder has begun to hang, flood or find, or was signalled.
    """
    path, log, polls, go = (folder / name for name in ("s.mcap", "pid", "polls", "go"))
    guideline = load_guideline("aha-2025-adult-bls")
    plan = SessionPlan(partial(open_camera, polls, go), rig, SessionConfig(), guideline, path)
    hands = what is not None
    until = time.monotonic() + LIMIT_S
    with LiveSession(
        plan, hands=hands, open_finder=partial(Finder, log, what or "finds")
    ) as session:
        while session.running:
            assert time.monotonic() < until, "the session stands still"
            begun = not hands or bool(log.exists() and log.read_text())
            if begun and not go.exists() and (what != "finds" or holds(path, HandLandmarks)):
                if number is not None:
                    os.kill(int(log.read_text()), number)
                go.touch()
            session._answer.poll(0.02)
        session.result()
    recording = open_recording(path)
    return Ran(recording, list(recording.samples()), polls.read_text())


def test_every_frame_is_seen_with_the_hands_process_absent_or_at_work(
    rig: Rig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, what in (("without hands process", None), ("finding", "finds")):
        (tmp_path / name).mkdir()
        ran = run(rig, tmp_path / name, what)
        assert ran.every_frame_was_seen, ran.polls
        assert bool(ran.of(HandLandmarks)) == (what is not None)
        assert not ran.notes
        with capfd.disabled():
            print(f"\n{name}: {ran.polls}")
    assert ENDED not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("what", "number"),
    [("hangs", None), ("finds", signal.SIGSTOP), ("floods", None)],
)
def test_a_stalled_hands_process_costs_no_frame(
    rig: Rig, tmp_path: Path, capfd: pytest.CaptureFixture[str], what: str, number: int | None
) -> None:
    ran = run(rig, tmp_path, what, number)
    assert ran.every_frame_was_seen, ran.polls
    assert ran.recording.complete
    if what == "hangs":
        assert not ran.of(HandLandmarks)
    with capfd.disabled():
        print(f"\n{what}, signal {number}: {len(ran.of(HandLandmarks))} landmarks; {ran.polls}")


def test_a_killed_hands_process_is_said_and_costs_no_frame(
    rig: Rig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ran = run(rig, tmp_path, "hangs", signal.SIGKILL)
    assert ran.every_frame_was_seen, ran.polls
    assert ran.recording.complete
    assert [ENDED in note for note in ran.notes] == [True]
    assert capfd.readouterr().err.count(ENDED) == 1


def test_a_message_is_never_half_in_the_pipe() -> None:
    """What POSIX writes whole, a reader that was told that something is there never waits for."""
    found = Finder(Path(os.devnull), "finds")._one(
        ColorFrame(Arrival("cam_side.color", 2**62, 2**62, 2**62), "side" * 8, np.zeros((1, 1, 3))),
        Stamp(2**62, 2**62),
        (slice(0, 10), slice(0, 10)),
    )
    size = 4 + len(ForkingPickler.dumps(found))
    print(f"landmarks take {size} bytes of {select.PIPE_BUF}")
    assert size <= select.PIPE_BUF


def test_a_pipe_that_is_full_blocks_its_sender_alone() -> None:
    found, finds = multiprocessing.Pipe(duplex=False)
    frame = ColorFrame(Arrival("cam_a.color", 0, 0, 0), "a", np.zeros((9, 9, 3), np.uint8))
    one = Finder(Path(os.devnull), "finds")._one(frame, Stamp(0, 1), (slice(0, 9), slice(0, 9)))
    sent = []

    def send() -> None:
        for k in range(5000):
            finds.send(one)
            sent.append(k)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    before = -1
    while before != len(sent) or len(sent) <= MOST_AT_ONCE:  # until the sender gets no further
        before = len(sent)
        time.sleep(0.2)
    assert sender.is_alive()
    assert len(sent) < 5000
    take = Findings(found, host_now_ns)
    assert len(take()) == MOST_AT_ONCE
    while sender.is_alive():
        take()
    finds.close()
    while landmarks := take():
        last = landmarks[-1]
    assert isinstance(last, SessionEvent)
    assert take() == []


def test_a_reader_that_waits_is_found_out(rig: Rig, tmp_path: Path) -> None:
    """The control: the same session, but one reader waits for what a silent process sends."""

    def job(name: str, landmarks) -> SensingJob:
        return SensingJob(
            rig=rig,
            config=SessionConfig(),
            guideline=load_guideline("aha-2025-adult-bls"),
            path=tmp_path / name,
            now=host_now_ns,
            wait=lambda: time.sleep(0.001),
            publish=lambda _: None,
            publish_picture=lambda _: None,
            landmarks=landmarks,
        )

    def ends(name: str, landmarks, within_s: float, let_go) -> bool:
        (tmp_path / "go").touch()
        with PacedCamera(tmp_path / "polls", tmp_path / "go", host_now_ns) as camera:
            loop = threading.Thread(target=sense, args=([camera], job(name, landmarks)))
            loop.start()
            loop.join(within_s)
            ended = not loop.is_alive()
            let_go()
            loop.join(LIMIT_S)
        return ended

    found, finds = multiprocessing.Pipe(duplex=False)
    assert ends("polls", Findings(found, host_now_ns), LIMIT_S, finds.close)
    let_go = threading.Event()

    def waiting() -> list[HandLandmarks]:
        let_go.wait()
        return []

    assert not ends("waits", waiting, 2 * N_FRAMES * EVERY_S, let_go.set)


def test_without_pictures_it_ends_when_asked(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    # It runs in this process, whose children would be deaf to Ctrl-C in every later test.
    monkeypatch.setattr(hands, "leave_ctrl_c_to_the_parent", lambda: None)
    context = multiprocessing.get_context("spawn")
    asked, word = context.Pipe(duplex=False)
    found, finds = context.Pipe(duplex=False)
    with Channel.create() as channel:
        word.close()
        hands_main(
            rig, finds, partial(Finder, Path(os.devnull), "finds"), channel.names, EndWord(asked)
        )
    assert Findings(found, host_now_ns)() == []
