"""The sensing loop: devices → recording and pipeline → snapshots.

Takes open devices and a `SensingJob`, gives a whole recording and a stream of snapshots;
leaves processes to `mr.session.processes` and drawing to the views. What goes into the
recording goes into the pipeline in the same order, so a replay sees what the live run saw.
A lost device never ends a session: it is noted, tried again, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from mr.blocks import ChestBlock
from mr.clock.host import NowNs
from mr.config import SessionConfig
from mr.errors import DeviceError, MrError, ProtocolError
from mr.recording.header import RecordingHeader
from mr.recording.writer import RecordingWriter
from mr.rig import Rig
from mr.scoring.guideline import Guideline
from mr.scoring.profiles import profile_as_json
from mr.session.complaints import ComplaintLog
from mr.session.front import FrontEnd
from mr.session.headset import HeadsetLink
from mr.session.match import require_own_rig
from mr.session.pipeline import SHOCK, Pipeline
from mr.session.shared import Picture
from mr.session.showing import Shown
from mr.types import (
    ChestObservation,
    Device,
    EndOfStream,
    HandLandmarks,
    MannequinFrame,
    MetricsEvent,
    Phase,
    Sample,
    SessionEvent,
    Snapshot,
    SourceKind,
)

OF_THE_CHEST = (MannequinFrame, ChestObservation)
SOON_NS = 4_000_000
"""News of the chest are published at once, but on the mean no more often: each sample at 200 Hz.
Sensing then takes about twice the time a sample that it does with a snapshot each third
(`python -m tests.bench --only timing`)."""
PUBLISH_EVERY_NS = 16_000_000
"""With nothing new views are still told so often how the time goes on."""
RETRY_EVERY_NS = 1_000_000_000
"""How often a lost device is tried again that does not say itself how often it may be."""
MARK = "mark:"
"""How a word begins that an observer marks a moment with."""
LATEST_S = 0.5
"""Samples of an instant have arrived by so long after it, or do not come."""


@runtime_checkable
class Reopenable(Protocol):
    """A device that can come back after it was lost."""

    def reopen(self) -> None:
        """Begin to open it again, or raise `DeviceError`; it is back with its first sample."""
        ...


@runtime_checkable
class QuickToReopen(Protocol):
    """A device that may be tried again often, because to fail costs it next to nothing."""

    @property
    def reopen_every_ns(self) -> int:
        """How long to wait between two tries."""
        ...


@runtime_checkable
class KnowsWhyAway(Protocol):
    """A device that looks for itself while it is away: each new reason it finds is told.

    Of others only the first reason is: what tries to reopen them stumble over is a symptom.
    """

    @property
    def knows_why_away(self) -> bool:
        """Whether it does."""
        ...


@dataclass(slots=True)
class SensingJob:
    """All that one session needs besides its devices."""

    rig: Rig
    config: SessionConfig
    guideline: Guideline
    path: Path
    now: NowNs
    wait: Callable[[], None]
    """Called when nothing had arrived: sleeps a little, or moves a stepped clock on."""
    publish: Callable[[Snapshot], None]
    publish_picture: Callable[[Picture], None]
    headset: HeadsetLink | None = None
    """Where there is one: a device that nobody is measured by."""
    landmarks: Callable[[], Sequence[HandLandmarks | SessionEvent]] = field(default=lambda: ())
    """What the hands process has found since the last call, or a note that it has ended."""
    arrived: Callable[[int], None] = field(default=lambda _arrival_ns: None)
    """Told when each sample arrived, so that a stepped clock can follow a file's own time."""
    commands: Callable[[], Sequence[str]] = field(default=lambda: ())
    """New words since the last call: ``start``, ``shock`` (mark it), ``mark:`` and what an observer
    saw, ``stop`` (end the session)."""
    moved: Callable[[ChestBlock], None] | None = None
    """Told all motion, in order, as it is fused."""
    recording_id: str | None = None
    """The recording's, where others were told of it before; else a new one."""
    soon_ns: int = SOON_NS
    """The least time between two snapshots, on the mean."""


def session_kind(devices: Sequence[Device]) -> SourceKind:
    """Name a session after the least real of its devices."""
    kinds = {device.info.kind for device in devices}
    return "sim" if "sim" in kinds else "replay" if "replay" in kinds else "live"


def sense(devices: Sequence[Device], job: SensingJob) -> Pipeline:
    """Run one session on open devices until it ends; its recording is then whole."""
    return _Loop(devices, job).run()


class _Loop:
    def __init__(self, devices: Sequence[Device], job: SensingJob) -> None:
        self._job = job
        self._devices = list(devices)
        self._n_measuring = len(devices)
        """The first ones; with the last of them the session ends."""
        if job.headset is not None:
            self._devices.append(job.headset)
        self._lost: dict[int, int] = {}
        """Devices that are away, and when they were last tried."""
        self._returning: set[int] = set()
        """Devices that are open again and have given nothing yet."""
        self._told: dict[int, str] = {}
        """Why devices were away, as it was last told."""
        self._ended: set[int] = set()
        self._next_publish_ns = 0
        self._news = False
        """Whether something was heard of the chest since the last snapshot."""
        self._shown = Shown()
        self._complaints = ComplaintLog()
        infos = [device.info for device in self._devices]
        require_own_rig(job.rig, infos)
        self._kind = session_kind(devices)
        self._front = FrontEnd(job.rig, infos, arms=job.config.arms)
        self._pipeline = Pipeline(
            job.rig, job.config, job.guideline, infos, self._kind, moved=job.moved
        )

    def run(self) -> Pipeline:
        job, pipeline = self._job, self._pipeline
        infos = [device.info for device in self._devices]
        header = RecordingHeader.make(
            self._kind,
            job.config,
            job.rig,
            infos,
            profile_as_json(job.guideline),
            job.recording_id,
        )
        with RecordingWriter(job.path, header, job.rig, now=job.now) as writer:
            self._writer = writer
            self._take(SessionEvent(job.now(), "open"))
            while not self._over():
                busy = self._round()
                for found in job.landmarks():
                    self._receive(found)
                if not busy:
                    job.wait()
                    writer.tick()
                self._publish(job.now())
            self._take(SessionEvent(job.now(), "stop"))
            self._keep(pipeline.finish())
            score = pipeline.outcome().score
            writer.write_result("score", asdict(score))
        self._publish(job.now(), force=True)
        return pipeline

    def _over(self) -> bool:
        words = list(self._job.commands())
        if self._job.headset is not None:
            words += self._job.headset.words()
        if "start" in words and self._pipeline.phase is Phase.WAITING:
            self._take(SessionEvent(self._job.now(), "start"))
        for word in words:
            if word == SHOCK or word.startswith(MARK):
                self._take(SessionEvent(self._job.now(), "note", word))
        duration_s = self._job.config.duration_s
        done = duration_s is not None and self._elapsed_s() >= duration_s
        left = any(k not in self._ended for k in range(self._n_measuring))
        return "stop" in words or done or self._given_up() or not left

    def _given_up(self) -> bool:
        """Whether nobody has pushed for so long that this was the end, without a word."""
        after_s, phase = self._job.config.stop_after_s, self._pipeline.phase
        idle = phase in (Phase.PAUSED, Phase.VENTILATING)
        return after_s is not None and idle and self._pipeline.hands_off_s >= after_s

    def _elapsed_s(self) -> float:
        """Tell the time since the start; it goes on when all devices are lost."""
        start_ns = self._pipeline.start_ns
        waited_s = 0.0 if start_ns is None else (self._job.now() - start_ns) / 1e9 - LATEST_S
        return max(self._pipeline.elapsed_s, waited_s)

    def _round(self) -> bool:
        """Ask every device once; tell whether anything had arrived."""
        busy = False
        for k, device in enumerate(self._devices):
            if k in self._ended or (k in self._lost and not self._reopened(k)):
                continue
            try:
                samples = device.poll()
            except EndOfStream:
                self._ended.add(k)
                continue
            except (DeviceError, ProtocolError) as error:
                self._lose(k, str(error))
                continue
            if samples:
                self._welcome(k)
            busy = busy or bool(samples)
            for sample in samples:
                self._receive(sample)
            self._show(samples)
            for event in self._complaints.news(k, device, self._job.now()):
                self._take(event)
        return busy

    def _show(self, samples: Sequence[Sample]) -> None:
        """Publish the newest picture only: a view that has to catch up shows the past."""
        picture = self._shown.choose(samples)
        if picture is not None:
            self._job.publish_picture(picture)

    def _receive(self, sample: Sample) -> None:
        arrival = getattr(sample, "arrival", None)
        if arrival is not None:
            self._job.arrived(arrival.arrival_ns)
        for made in self._front.step(sample):
            self._take(made)

    def _take(self, sample: Sample) -> None:
        """Record a sample, then let the pipeline see it: always both, in this order."""
        self._writer.write(sample)
        self._keep(self._pipeline.step(sample))
        self._news = self._news or isinstance(sample, OF_THE_CHEST)

    def _keep(self, events: Sequence[MetricsEvent]) -> None:
        """Keep what was computed live beside the raw samples, to compare a replay with."""
        for event in events:
            self._writer.write_result(type(event).__name__.lower(), asdict(event))

    def _lose(self, k: int, why: str) -> None:
        self._lost[k] = self._job.now()
        if k in self._returning:
            self._returning.remove(k)  # it was never back
            if why == self._told[k] or not isinstance(self._devices[k], KnowsWhyAway):
                return
        self._told[k] = why
        names = ",".join(s.name for s in self._devices[k].info.streams)
        self._take(SessionEvent(self._job.now(), "device_lost", f"{names}: {why}"))

    def _reopened(self, k: int) -> bool:
        device, now_ns = self._devices[k], self._job.now()
        if not isinstance(device, Reopenable):
            self._ended.add(k)
            return False
        every_ns = device.reopen_every_ns if isinstance(device, QuickToReopen) else RETRY_EVERY_NS
        if now_ns - self._lost[k] < every_ns:
            return False
        self._lost[k] = now_ns
        try:
            device.reopen()
        except MrError:
            return False  # still away; it was said when it was lost, and Health keeps saying it
        del self._lost[k]
        self._returning.add(k)
        return True

    def _welcome(self, k: int) -> None:
        """Note that a device is back, once it gives samples again."""
        if k in self._returning:
            self._returning.remove(k)
            names = ",".join(s.name for s in self._devices[k].info.streams)
            self._take(SessionEvent(self._job.now(), "device_back", names))

    def _publish(self, now_ns: int, force: bool = False) -> None:
        soon_ns = self._job.soon_ns
        idle_ns = max(PUBLISH_EVERY_NS - soon_ns, 0)
        if force or now_ns >= self._next_publish_ns + (0 if self._news else idle_ns):
            # One that was late does not make the next one late.
            self._next_publish_ns = max(self._next_publish_ns, now_ns - soon_ns) + soon_ns
            self._news = False
            self._job.publish(self._pipeline.snapshot(now_ns))
