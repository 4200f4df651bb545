"""One session as a fold over its samples: clock → fusion → metrics → score → cue.

Takes samples in arrival order (live, or out of a recording), gives metrics events, a
`Snapshot` whenever one is asked for, and the `Outcome` at the end. It reads no clock, does
no input or output and owns no thread, so the same samples always give the same bits. Frames
of cameras pass it by: `mr.session.front` has made observations of them before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from mr.blocks import ChestBlock, MannequinBlock, MannequinRun
from mr.clock.mannequin import mannequin_clock
from mr.clock.ticks import TickClock
from mr.coaching.cycle import Cycles
from mr.config import SessionConfig
from mr.fusion.diary import Diary
from mr.fusion.fuser import MotionFuser
from mr.metrics.stepper import MetricsStepper
from mr.rig import Rig
from mr.scoring.guideline import Guideline
from mr.session.advice import Adviser
from mr.session.bounds import Bounds
from mr.session.drift import DriftWatch
from mr.session.drift_limits import DriftReading
from mr.session.findings import FindingsLog
from mr.session.headset import STREAMS as HEADSET_STREAMS
from mr.session.health import HealthWatch
from mr.session.match import own_profile
from mr.session.outcome import Outcome, Trace, judge, metrics_config
from mr.session.placing import HeadsetPlace
from mr.session.track import Track
from mr.types import (
    ArmPosture,
    Arrival,
    ChestObservation,
    ChestSample,
    ClockExchange,
    Compression,
    Cue,
    DeviceInfo,
    HandJoints,
    HandSample,
    HeadPose,
    MannequinFrame,
    MannequinPose,
    MarkersSeen,
    MetricsEvent,
    Phase,
    Pose,
    Sample,
    SessionEvent,
    Snapshot,
    SourceKind,
)

MANNEQUIN_STREAM = "mannequin"
SHOCK = "shock"
"""The text of a note that marks a shock."""
LIVE_BLOCK = 4
"""So many of the mannequin's frames are taken in at once, where no snapshot is asked for
before: a live session asks for one at each frame up to 250 Hz, a fast one at every third."""
SILENT_NS = 1_000_000_000
"""Advice is older than nothing when no motion has come for so long."""
SCORED_EVERY = 5
"""For a view, the score so far is judged anew after so many compressions."""


def _clock_of_the_mannequin(infos: Sequence[DeviceInfo]) -> TickClock | None:
    for info in infos:
        if any(stream.name == MANNEQUIN_STREAM for stream in info.streams):
            return mannequin_clock(info)
    return None


def _of_frames(arrival: Arrival, stream: str) -> Arrival:
    """Give the arrival of the frame that an observation was made of."""
    return replace(arrival, stream=arrival.stream.rpartition(".")[0] + stream)


class Pipeline:
    """The state of one session."""

    def __init__(
        self,
        rig: Rig,
        config: SessionConfig,
        guideline: Guideline,
        infos: Sequence[DeviceInfo],
        kind: SourceKind,
        diary: Diary | None = None,
        *,
        coached: bool = True,
        moved: Callable[[ChestBlock], None] | None = None,
    ) -> None:
        """Begin; a `diary` is kept for `mr.session.smoothed`.

        Advice is for the moment: who only wants the numbers does without (`coached`), and
        gets them several times as fast. `moved` is told all motion, in order, as it is fused.
        """
        self._config = config
        self._guideline = own_profile(guideline, rig, config)
        self._kind = kind
        self._health = HealthWatch()
        for info in infos:
            self._health.expect(info)
        self._mannequin_clock = _clock_of_the_mannequin(infos)
        self._fuser, self._diary = MotionFuser(rig, diary), diary
        self._findings = FindingsLog(self._health)
        self._drift = DriftWatch(rig, self._health)
        self._metrics = MetricsStepper(metrics_config(self._guideline))
        self._events: list[MetricsEvent] = []
        self._adviser = Adviser(config, self._guideline, coached=coached)
        self._cycles = Cycles()
        self._waiting: list[MannequinFrame] = []
        self._completed: list[MetricsEvent] = []
        """By frames that a snapshot did not wait for; given with the next sample."""
        self._newest: ChestBlock | None = None
        self._newest_chest: ChestSample | None = None
        """The last sample of the newest block, once it was asked for."""
        self._headset = HeadsetPlace(rig, infos, config.learner_id)
        self._trace = Track()
        self._tell_moved = moved
        self._lies = rig.world_from_mannequin
        """Where the rig says that the mannequin lies."""
        # No first snapshot waits for SciPy to be loaded; who wants only numbers asks for none.
        self._pose: Pose | None = self._lies.pose() if coached else None
        """Where it was seen last; None: nobody has asked or seen it."""
        self._bounds = Bounds(config)
        self._score_pct: float | None = None
        self._unscored = 0
        self._airway_measured = False
        self._shocks_ns: list[int] = []
        self._n_published = 0
        self._pictures_told: set[str] = set()
        """Streams of poses from pictures that are all told of, searched for markers or not."""

    # --- in ---------------------------------------------------------------------------

    def step(self, sample: Sample) -> list[MetricsEvent]:
        """Take in one sample; give the events that were completed.

        The mannequin's frames wait for each other, `LIVE_BLOCK` at most, for a snapshot, or
        for a sample of another stream; the results are the same to the bit.
        """
        if isinstance(sample, MannequinFrame):
            self._waiting.append(sample)
            if len(self._waiting) < LIVE_BLOCK:
                return []
        self._settle()
        events, self._completed = self._completed, []
        return events if isinstance(sample, MannequinFrame) else events + self._other(sample)

    def run(self, run: MannequinRun) -> list[MetricsEvent]:
        """Take in many of the mannequin's samples; give the events that were completed."""
        self._settle()
        events, self._completed = self._completed, []
        # Advice may be that nothing is heard of the clock: it must not see what comes later.
        for part in run.between_exchanges() if self._adviser.speaks else (run,):
            events += self._frames(part)
        return events

    def _settle(self) -> None:
        """Take in the frames that wait."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._completed += self._frames(MannequinRun(MannequinBlock.of(waiting)))

    def _frames(self, run: MannequinRun) -> list[MetricsEvent]:
        frames = run.frames
        self._health.arrived_block(frames)
        self._drift.frames(frames)
        for _, exchange in run.exchanges:
            self._count(exchange)
        if self._mannequin_clock is None:
            return []
        stamps = self._mannequin_clock.block(frames.device_ticks, frames.arrival_ns, run.exchanges)
        known, t_ns, sigma_ns = stamps.known, stamps.t_ns, stamps.sigma_ns
        if not known.all():
            if not known.any():
                return []
            frames, t_ns, sigma_ns = frames.part(known), t_ns[known], sigma_ns[known]
        motion = self._fuser.block(frames, t_ns, sigma_ns)
        self._hear()
        self._drift.moved(motion)
        return self._moved(motion)

    def _hear(self) -> None:
        for at_ns, findings in self._fuser.news():
            self._findings.hear(findings, at_ns)

    def _other(self, sample: Sample) -> list[MetricsEvent]:
        if isinstance(sample, SessionEvent):
            self._happened(sample)
            return []
        self._count(sample)
        self._headset.step(sample)
        if isinstance(sample, ClockExchange):
            if self._mannequin_clock is not None:
                self._mannequin_clock.exchange(sample)
            return []
        if isinstance(sample, MannequinPose):
            self._placed(sample)
            return []
        if isinstance(sample, ArmPosture):
            self._adviser.arms(sample)
            return []
        if isinstance(sample, ChestObservation | HandSample):
            motion = self._fuser.step(sample, sample.stamp)
            self._hear()
            if isinstance(sample, ChestObservation):
                wants = self._drift.wants(sample)
                self._drift.looked(sample, self._fuser.taught() if wants else None)
            return self._moved([ChestBlock.of([chest]) for chest in motion])
        return []

    def _count(self, sample: Sample) -> None:
        """Let the health watch see an arrival; a camera's by what tracking made of its frames.

        Frames are recorded at the higher levels only, their observations always: so live and
        replayed health are the same.
        """
        if isinstance(sample, ClockExchange | HeadPose | HandJoints):
            self._health.arrived(sample.arrival)
        elif isinstance(sample, ChestObservation):
            self._health.arrived(_of_frames(sample.arrival, ".depth"))
        elif isinstance(sample, MarkersSeen):
            self._pictures_told.add(f"cam_{sample.camera_id}.pose")
            self._health.arrived(_of_frames(sample.arrival, ".color"))
        elif self._tells_of_a_picture(sample):
            self._health.arrived(_of_frames(sample.arrival, ".color"))

    def _tells_of_a_picture(self, sample: Sample) -> TypeGuard[MannequinPose]:
        """Whether nothing but this pose says that a picture came: so in older recordings."""
        if not isinstance(sample, MannequinPose):
            return False
        stream = sample.arrival.stream
        return stream.endswith(".pose") and stream not in self._pictures_told

    def finish(self) -> list[MetricsEvent]:
        """Close what is open at the session's end; give the events that this completed."""
        self._settle()
        events, self._completed = self._completed, []
        rest = self._fuser.finish()
        self._hear()
        events += self._moved([ChestBlock.of([chest]) for chest in rest])
        last = self._metrics.finish()
        self._note(last)
        self._adviser.hear(last)
        self._advise()
        return events + last

    def _moved(self, motion: Sequence[ChestBlock]) -> list[MetricsEvent]:
        if self._diary is not None:
            self._diary.motion += motion
        events, stop_ns = list[MetricsEvent](), self._bounds.stop_ns
        for block in motion:
            self._trace.add(block)
            if self._tell_moved is not None:
                self._tell_moved(block)
            self._airway_measured = self._airway_measured or not np.isnan(block.airway_ml).all()
            for part in self._adviser.between(block):
                self._newest, self._newest_chest = part, None
                judged = part if stop_ns is None else part.part(part.t_ns <= stop_ns)
                if self._diary is not None:
                    self._diary.n_judged += len(judged)
                found = self._metrics.block(judged) if len(judged) else []
                self._note(found)
                events += found
                self._adviser.hear(found)
                if self._adviser.is_due(int(part.t_ns[-1])):
                    self._advise()
        return events

    @property
    def _chest(self) -> ChestSample | None:
        if self._newest_chest is None and self._newest is not None:
            (self._newest_chest,) = self._newest.part(slice(-1, None)).samples()
        return self._newest_chest

    def _note(self, events: Sequence[MetricsEvent]) -> None:
        for event in events:
            self._events.append(event)
            self._bounds.found(event)
            self._unscored += isinstance(event, Compression)
        if events and self._adviser.speaks and self.phase is not Phase.WAITING:
            self._cycles = self._cycles.then(events, self._guideline)

    def _happened(self, event: SessionEvent) -> None:
        self._bounds.happened(event, self._metrics.live.n_compressions)
        if event.kind == "note" and event.text == SHOCK:
            self._shocks_ns.append(event.t_ns)
        elif event.kind == "device_lost":
            names, _, why = event.text.partition(": ")
            streams = tuple(names.split(","))
            self._health.gone(streams, why)
            if HEADSET_STREAMS[0] in streams:
                self._headset.away(event.t_ns)
        elif event.kind in ("complaint", "remark", "settled"):
            self._health.told(event)

    def _placed(self, pose: MannequinPose) -> None:
        of_color = pose.arrival.stream.endswith(".pose")
        frame = _of_frames(pose.arrival, ".color" if of_color else ".depth")
        self._health.complain(frame.stream, pose.why, frame.arrival_ns, usable=pose.valid)
        self._drift.placed(pose)
        if pose.valid:
            self._pose = pose.world_from_mannequin
            # What the other stream said last may be older: both tell of one belief.
            other = _of_frames(pose.arrival, ".depth" if of_color else ".color")
            self._health.measures_again(other.stream)

    # --- out --------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """Tell where the session stands."""
        return self._bounds.phase(self._metrics.live)

    @property
    def start_ns(self) -> int | None:
        """Tell the instant of the session's start; None before it."""
        return self._bounds.start_ns

    @property
    def hands_off_s(self) -> float:
        """Tell for how long nobody has pushed, as far as the motion goes."""
        return self._metrics.live.hands_off_s

    @property
    def elapsed_s(self) -> float:
        """Tell how long the session has been going on since its start."""
        return self._bounds.elapsed_s(None if self._chest is None else self._chest.stamp.t_ns)

    def outcome(self) -> Outcome:
        """Judge what has been seen so far, from the start to the stop or the last sample."""
        self._settle()
        newest_ns = self._chest.stamp.t_ns if self._chest else 0
        start_ns, end_ns = self._bounds.judged_ns(newest_ns, self._events)
        return judge(
            self._events,
            start_ns,
            end_ns,
            self._guideline,
            self._config.mode,
            self._kind,
            self._health.report(),
            airway_measured=self._airway_measured,
            shocks_ns=self._shocks_ns,
            rescuers=self._config.rescuers,
        )

    @property
    def events(self) -> Sequence[MetricsEvent]:
        """All that was found, also outside the judged bounds."""
        return self._events

    @property
    def shocks_ns(self) -> Sequence[int]:
        """Every shock that was marked, also outside the judged bounds."""
        return self._shocks_ns

    @property
    def airway_measured(self) -> bool:
        """Tell whether a breath would have been seen."""
        return self._airway_measured

    def trace(self) -> Trace:
        """Give the fused motion, in s from the session's start."""
        start_ns = self.outcome().start_ns
        t_ns, depth_m, sigma_m = self._trace.columns()
        return Trace((t_ns - start_ns) / 1e9, 1000.0 * depth_m, 1000.0 * sigma_m)

    def snapshot(self, now_ns: int) -> Snapshot:
        """Give what a view may show now."""
        self._settle()
        self._n_published += 1
        if self._unscored >= SCORED_EVERY or (self._unscored and self._bounds.stop_ns is not None):
            self._score_pct, self._unscored = self.outcome().score.value_pct, 0
        live, chest = self._metrics.live, self._chest
        known = chest is not None and chest.zero_known
        offset = chest.hand_offset_m if chest is not None else None
        return Snapshot(
            t_ns=now_ns,
            seq=self._n_published,
            phase=self.phase,
            mode=self._config.mode.value,
            guidance=self._config.guidance,
            kind=self._kind,
            elapsed_s=self.elapsed_s,
            depth_mm=1000.0 * chest.depth_m if chest is not None and known else None,
            depth_sigma_mm=1000.0 * chest.sigma_m if chest is not None and known else None,
            velocity_mm_s=1000.0 * chest.velocity_m_s if chest is not None else None,
            rate_cpm=live.rate_cpm,
            n_compressions=self._bounds.n_since_start(live.n_compressions),
            n_in_cycle=live.n_in_cycle,
            last_depth_mm=live.last_depth_mm,
            last_release_mm=live.last_release_mm,
            hands=chest.hands if chest is not None else "unknown",
            hand_offset_mm=None if offset is None else (1000.0 * offset[0], 1000.0 * offset[1]),
            hands_off_s=live.hands_off_s,
            targets=self._guideline.targets,
            cue=self._cue(now_ns),
            score_pct=self._score_pct,
            world_from_mannequin=self._world_from_mannequin(),
            health=self._health.report(now_ns),
            measured_ns=None if chest is None else chest.stamp.t_ns,
            level=self._config.level,
            n_breaths=self._cycles.breaths_n,
            cycle=self._cycles.finished(resting=self._rests),
            placing=self._headset.placing(),
        )

    @property
    def _rests(self) -> bool:
        return self._bounds.stop_ns is not None or self._metrics.live.hands_off_s > 0

    def _world_from_mannequin(self) -> Pose:
        if self._pose is None:
            self._pose = self._lies.pose()
        return self._pose

    def drift(self) -> tuple[DriftReading, ...]:
        """Tell how far the rig has drifted since it was calibrated, as far as it is known."""
        return self._drift.readings()

    @property
    def cues(self) -> Sequence[Cue]:
        """All that the coach has said, in order; the same live and in a replay."""
        return self._adviser.cues

    def _advise(self) -> None:
        """Let the coach see what has happened since it last looked."""
        chest = self._chest
        if chest is None or not self._adviser.speaks:
            return
        lost = self._sensor_lost(chest.stamp.t_ns, exact=True)
        self._adviser.advise(chest, self._metrics.live, self.phase, self.elapsed_s, lost=lost)

    def _cue(self, now_ns: int) -> Cue | None:
        if not self._config.guidance:
            return None
        chest = self._chest
        silent = chest is None or now_ns - chest.stamp.t_ns > SILENT_NS
        gone = silent and self._bounds.stop_ns is None and self._sensor_lost(now_ns)
        return self._adviser.cue(lost=gone)

    def _sensor_lost(self, now_ns: int, *, exact: bool = False) -> bool:
        """Whether anything is lost that measures: a headset only shows."""
        lost = self._health.lost_streams(now_ns, exact=exact)
        return any(name not in HEADSET_STREAMS for name in lost)
