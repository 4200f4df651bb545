"""Who runs where: a sensing process that measures and records, a view process that draws.

Takes a picklable `SessionPlan`, gives a running `LiveSession` whose newest snapshot and
picture anyone in this process tree can read; leaves the loop itself to
`mr.session.sensing` and what a view does to the composition root. A stalled or crashed
view never delays sensing. Ctrl-C is answered by the parent alone: it asks sensing to stop,
and the recording is finished. When the parent dies, sensing notices and finishes too.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Self

from mr.clock.host import NowNs, SteppedClock, host_now_ns
from mr.config import SessionConfig
from mr.errors import DeviceError, MrError, RecordingError
from mr.recording.header import random_recording_id
from mr.rig import Rig
from mr.scoring.guideline import Guideline
from mr.session.hands import Findings, OpenFinder, hands_main, mediapipe_finder
from mr.session.headset import HeadsetLink
from mr.session.match import own_profile
from mr.session.motion_ring import NO_ROWS, MotionRing, Rows
from mr.session.pipeline import Pipeline
from mr.session.rest import rest
from mr.session.sensing import PUBLISH_EVERY_NS, SensingJob, sense
from mr.session.shared import Channel, Picture
from mr.session.signals import EndRequest, EndWord, held_back
from mr.session.taking import taken
from mr.types import Device, Snapshot

OpenDevices = Callable[[NowNs], Sequence[Device]]
"""Makes a session's devices, not yet entered; picklable, for it runs in the child."""

ViewMain = Callable[[tuple[str, str], EndWord], None]
"""A view process's main: the channel's names, and what asks it to end."""


@dataclass(frozen=True, slots=True)
class HeadsetView:
    """The view that also senses: it tells of head and hands through a pipe."""

    main: Callable[[Connection, tuple[str, str], EndWord], None]
    """Its main, as `ViewMain` behind the pipe's end."""
    model: str = ""
    """The headset's name, where one was there before."""


IDLE_S = 0.002
FAST_STEP_NS = 2_000_000
"""Shorter than the time between two samples, so that polling does not beat with pings."""
LEAVE_S = 10.0
"""A child that does not leave within this time of being asked is made to: a device that
does not open may keep it for the time of a handshake."""
FAULT = "fault"


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """What a session needs, before anything is open (`ConfigError` when it does not fit)."""

    open_devices: OpenDevices
    rig: Rig
    config: SessionConfig
    guideline: Guideline
    path: Path
    recording_id: str = field(default_factory=random_recording_id)

    def __post_init__(self) -> None:
        own_profile(self.guideline, self.rig, self.config)


def run_fast(
    plan: SessionPlan,
    publish: Callable[[Snapshot], None],
    publish_picture: Callable[[Picture], None],
    stopped: Callable[[], bool] = lambda: False,
) -> Pipeline:
    """Run a session in this process on a stepped clock, as quickly as the machine can.

    Only for sources that follow the clock they are given: the simulator and files.
    """
    clock = SteppedClock()

    def commands() -> Sequence[str]:
        return ("stop",) if stopped() else ()

    with ExitStack() as stack:
        devices = [stack.enter_context(device) for device in plan.open_devices(clock)]
        job = SensingJob(
            rig=plan.rig,
            config=plan.config,
            guideline=plan.guideline,
            path=plan.path,
            now=clock,
            wait=lambda: clock.advance(FAST_STEP_NS),
            arrived=lambda arrival_ns: clock.advance(max(0, arrival_ns - clock())),
            publish=publish,
            publish_picture=publish_picture,
            commands=commands,
            recording_id=plan.recording_id,
            soon_ns=PUBLISH_EVERY_NS,  # nobody waits for a snapshot, and each takes its time
        )
        return sense(devices, job)


def _sensing_main(
    plan: SessionPlan,
    names: tuple[str, str],
    words: Connection,
    answer: Connection,
    found: Connection,
    headset: tuple[Connection, str] | None,
    motion: str | None,
) -> None:
    """Run the sensing process; `found` brings hand landmarks, if anybody sends some.

    `headset` is the end of the pipe that its view tells through, and its model; `motion` names the
    ring that all motion goes into.
    """
    end = EndRequest()

    def commands() -> Sequence[str]:
        if end.is_set():
            return ("stop",)
        said = []
        while words.poll():
            said.append(words.recv())
        return said

    try:
        with Channel.attach(names) as channel, ExitStack() as stack:
            devices = [
                stack.enter_context(taken(device, host_now_ns))
                for device in plan.open_devices(host_now_ns)
            ]
            ring = None if motion is None else stack.enter_context(MotionRing.attach(motion))
            early = commands()
            answer.send(("open", ""))
            job = SensingJob(
                rig=plan.rig,
                config=plan.config,
                guideline=plan.guideline,
                path=plan.path,
                now=host_now_ns,
                wait=lambda: rest(devices, IDLE_S),
                publish=channel.publish,
                publish_picture=channel.publish_picture,
                headset=None if headset is None else HeadsetLink(*headset),
                landmarks=Findings(found, host_now_ns),
                commands=commands,
                moved=None if ring is None else ring.add,
                recording_id=plan.recording_id,
            )
            if "stop" not in early:  # else nothing was recorded, and no file is made
                sense(devices, job)
    except MrError as error:
        _tell(answer, type(error).__name__, str(error))
    except Exception as error:
        _tell(answer, FAULT, traceback.format_exc())
        raise SystemExit(1) from error
    else:
        _tell(answer, "done", "")


def _tell(answer: Connection, word: str, message: str) -> None:
    with suppress(BrokenPipeError):  # the parent is gone; the recording is finished all the same
        answer.send((word, message))


class LiveSession:
    """A session in processes of its own; use it as a context manager.

    With `hands`, `open_finder` says what looks for hand landmarks in their process; with
    `headset`, it is shown there, too; with `motion`, each sample of it can be had.
    """

    def __init__(
        self,
        plan: SessionPlan,
        views: Sequence[ViewMain] = (),
        *,
        hands: bool = False,
        open_finder: OpenFinder = mediapipe_finder,
        headset: HeadsetView | None = None,
        motion: bool = False,
    ) -> None:
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self._plan = plan
        self._follows_motion = motion
        self._ring: MotionRing | None = None
        self._found, self._finds = self._context.Pipe(duplex=False)
        self._view_mains = list(views)
        if hands:
            self._view_mains.append(partial(hands_main, plan.rig, self._finds, open_finder))
        self._headset = headset
        self._headset_told, self._headset_tells = self._context.Pipe(duplex=False)
        if headset is not None:
            self._view_mains.append(partial(headset.main, self._headset_tells))
        self._senders = [self._finds] if hands else []
        self._senders += [self._headset_tells] if headset is not None else []
        self._views: list[SpawnProcess] = []
        self._view_end, self._view_word = self._context.Pipe(duplex=False)
        self._child_words, self._words = self._context.Pipe(duplex=False)
        self._answer, self._child_answer = self._context.Pipe(duplex=False)

    def __enter__(self) -> Self:
        """Start sensing, wait until its devices are open, then start the views.

        Raises
        ------
        MrError
            When a device cannot be opened; nothing is left behind.
        """
        with held_back():  # Python's own helper process for shared memory starts here, too
            self._channel = Channel.create()
            if self._follows_motion:
                self._ring = MotionRing.create()
        self._sensing = self._context.Process(
            target=_sensing_main,
            args=(
                self._plan,
                self._channel.names,
                self._child_words,
                self._child_answer,
                self._found,
                None if self._headset is None else (self._headset_told, self._headset.model),
                None if self._ring is None else self._ring.name,
            ),
            name="mrcpr-sensing",
        )
        try:
            with held_back():
                self._sensing.start()
            self._child_answer.close()
            self._found.close()  # so that a process that outlives sensing hears it
            self._headset_told.close()
            self._expect("open")
            for main in self._view_mains:
                args = (self._channel.names, EndWord(self._view_end))
                view = self._context.Process(target=main, args=args)
                with held_back():
                    view.start()
                self._views.append(view)
            for sender in self._senders:
                sender.close()  # now sensing hears it when that process ends
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        """End all processes; sensing is given the time to finish its recording."""
        self._view_word.close()
        try:
            self.say("stop")
            _see_off(self._sensing)
        finally:
            for view in self._views:
                _see_off(view)
            self._channel.close()
            if self._ring is not None:
                self._ring.close()

    def _expect(self, word: str) -> None:
        try:
            said, message = self._answer.recv()
        except (EOFError, ConnectionResetError):
            self._sensing.join()
            raise RecordingError(
                f"{self._plan.path}: measuring was ended from outside (exit code "
                f"{self._sensing.exitcode}): what was recorded until then can be read with "
                "`mrcpr replay`"
            ) from None
        if said == FAULT:
            raise RuntimeError(f"in the sensing process: {message}")
        if said != word:
            raise _error_named(said)(message)

    @property
    def running(self) -> bool:
        """Tell whether sensing is still at work."""
        return self._sensing.is_alive() and not self._answer.poll()

    def result(self) -> None:
        """Raise the error that ended sensing, if one did."""
        self._expect("done")

    def say(self, word: str) -> None:
        """Send ``start``, ``shock`` or ``stop``; a session that has ended hears nothing."""
        if self._sensing.is_alive():
            with suppress(BrokenPipeError):
                self._words.send(word)

    def snapshot(self) -> Snapshot | None:
        """Give the newest snapshot."""
        return self._channel.snapshot()

    def motion(self) -> Rows:
        """Give all motion since the last call; nothing where none is followed."""
        return NO_ROWS if self._ring is None else self._ring.take()

    def picture(self) -> Picture | None:
        """Give the newest colour picture."""
        return self._channel.picture()


def _see_off(process: SpawnProcess) -> None:
    """Wait for a process that was asked to leave; one that stays is ended."""
    if process.pid is None:
        return  # it was never started
    process.join(timeout=LEAVE_S)
    if process.is_alive():
        process.kill()
        process.join()


def _error_named(name: str) -> type[MrError]:
    """Find the error class that a child process named."""
    for kind in MrError.__subclasses__():
        if kind.__name__ == name:
            return kind
    return DeviceError
