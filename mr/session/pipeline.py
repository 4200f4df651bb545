"""One session as a fold over its samples: clock → fusion → metrics → score → cue.

Takes samples in arrival order (live, or out of a recording), gives metrics events, a
`Snapshot` whenever one is asked for, and the `Outcome` at the end. It reads no clock, does
no input or output and owns no thread, so the same samples always give the same bits. Frames
of cameras pass it by: `mr.session.front` has made observations of them before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from mr.clock.mannequin import mannequin_clock
from mr.clock.ticks import TickClock
from mr.coaching.arms import ArmAlarm
from mr.coaching.coach import LOST_CUE, begin, step
from mr.coaching.rules import Situation
from mr.config import SessionConfig
from mr.fusion.fuser import MotionFuser
from mr.metrics.stepper import MetricsStepper
from mr.rig import Rig
from mr.scoring.guideline import Guideline
from mr.session.health import HealthWatch
from mr.session.match import require_own_profile
from mr.session.outcome import Outcome, Trace, judge, metrics_config
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
RECENT = 8
COACHED_EVERY_NS = 100_000_000
"""Advice is chosen at each event, and at least so often in the samples' time."""
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
    ) -> None:
        require_own_profile(guideline, rig, config.mode)
        self._config = config
        self._guideline = guideline
        self._kind = kind
        self._health = HealthWatch()
        for info in infos:
            self._health.expect(info)
        self._mannequin_clock = _clock_of_the_mannequin(infos)
        self._fuser = MotionFuser(rig)
        self._metrics = MetricsStepper(metrics_config(guideline))
        self._events: list[MetricsEvent] = []
        self._arm_alarm = ArmAlarm()
        self._coach = begin()
        self._coached_ns = 0
        self._cues: list[Cue] = []
        self._recent: deque[Compression] = deque(maxlen=RECENT)
        self._chest: ChestSample | None = None
        self._trace: list[tuple[int, float, float]] = []
        self._pose: Pose = rig.world_from_mannequin.pose()
        self._open_ns: int | None = None
        self._start_ns: int | None = None
        self._stop_ns: int | None = None
        self._n_before_start = 0
        self._score_pct: float | None = None
        self._unscored = 0
        self._airway_measured = False
        self._n_published = 0
        self._pictures_told: set[str] = set()
        """Streams of poses from pictures that are all told of, searched for markers or not."""

    # --- in ---------------------------------------------------------------------------

    def step(self, sample: Sample) -> list[MetricsEvent]:
        """Take in one sample; give the events that it completed."""
        if isinstance(sample, SessionEvent):
            self._happened(sample)
            return []
        self._count(sample)
        if isinstance(sample, ClockExchange):
            if self._mannequin_clock is not None:
                self._mannequin_clock.exchange(sample)
            return []
        if isinstance(sample, MannequinPose):
            self._placed(sample)
            return []
        if isinstance(sample, ArmPosture):
            self._arm_alarm.step(sample)
            return []
        return self._moved(self._fuse(sample))

    def _count(self, sample: Sample) -> None:
        """Let the health watch see an arrival; a camera's by what tracking made of its frames.

        Frames are recorded at the higher levels only, their observations always: so live and
        replayed health are the same.
        """
        if isinstance(sample, MannequinFrame):
            self._health.arrived(sample, sample.arrival)
        elif isinstance(sample, ClockExchange | HeadPose | HandJoints):
            self._health.arrived(None, sample.arrival)
        elif isinstance(sample, ChestObservation):
            self._health.arrived(None, _of_frames(sample.arrival, ".depth"))
        elif isinstance(sample, MarkersSeen):
            self._pictures_told.add(f"cam_{sample.camera_id}.pose")
            self._health.arrived(None, _of_frames(sample.arrival, ".color"))
        elif self._tells_of_a_picture(sample):
            self._health.arrived(None, _of_frames(sample.arrival, ".color"))

    def _tells_of_a_picture(self, sample: Sample) -> TypeGuard[MannequinPose]:
        """Whether nothing but this pose says that a picture came: so in older recordings."""
        if not isinstance(sample, MannequinPose):
            return False
        stream = sample.arrival.stream
        return stream.endswith(".pose") and stream not in self._pictures_told

    def finish(self) -> list[MetricsEvent]:
        """Close what is open at the session's end; give the events that this completed."""
        events = self._moved(self._fuser.finish())
        last = self._metrics.finish()
        self._note(last)
        self._advise(last)
        return events + last

    def _fuse(self, sample: Sample) -> list[ChestSample]:
        if isinstance(sample, MannequinFrame):
            if self._mannequin_clock is None:
                return []
            self._mannequin_clock.arrival(sample.arrival)
            stamp = self._mannequin_clock.stamp(sample.arrival.device_ticks)
            return [] if stamp is None else self._fuser.step(sample, stamp)
        if isinstance(sample, ChestObservation | HandSample):
            return self._fuser.step(sample, sample.stamp)
        return []

    def _moved(self, motion: Sequence[ChestSample]) -> list[MetricsEvent]:
        events: list[MetricsEvent] = []
        for chest in motion:
            self._chest = chest
            self._airway_measured |= chest.airway_ml is not None
            self._trace.append((chest.stamp.t_ns, chest.depth_m, chest.sigma_m))
            found: list[MetricsEvent] = []
            if self._stop_ns is None or chest.stamp.t_ns <= self._stop_ns:
                found = self._metrics.step(chest)
            self._note(found)
            if found or chest.stamp.t_ns >= self._coached_ns + COACHED_EVERY_NS:
                self._advise(found)
            events += found
        return events

    def _note(self, events: Sequence[MetricsEvent]) -> None:
        for event in events:
            self._events.append(event)
            if not isinstance(event, Compression):
                continue
            if self._start_ns is None and self._config.start_on == "first-compression":
                self._start_ns = event.onset_ns
            self._recent.append(event)
            self._unscored += 1

    def _happened(self, event: SessionEvent) -> None:
        if event.kind == "open":
            self._open_ns = event.t_ns
        elif event.kind == "start" and self._start_ns is None:
            self._start_ns = event.t_ns
            self._n_before_start = self._metrics.live.n_compressions
        elif event.kind == "stop":
            self._stop_ns = event.t_ns
        elif event.kind == "device_lost":
            names, _, why = event.text.partition(": ")
            self._health.gone(tuple(names.split(",")), why)
        elif event.kind in ("complaint", "remark", "settled"):
            self._health.told(event)

    def _placed(self, pose: MannequinPose) -> None:
        of_color = pose.arrival.stream.endswith(".pose")
        frame = _of_frames(pose.arrival, ".color" if of_color else ".depth")
        self._health.complain(frame.stream, pose.why, frame.arrival_ns, usable=pose.valid)
        if pose.valid:
            self._pose = pose.world_from_mannequin
            # What the other stream said last may be older: both tell of one belief.
            other = _of_frames(pose.arrival, ".depth" if of_color else ".color")
            self._health.measures_again(other.stream)

    # --- out --------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """Tell where the session stands."""
        live = self._metrics.live
        if self._stop_ns is not None:
            return Phase.FINISHED
        started = self._start_ns is not None or live.n_compressions > 0
        if not started or (self._config.start_on != "first-compression" and self._start_ns is None):
            return Phase.WAITING
        if live.breathing:
            return Phase.VENTILATING
        return Phase.PAUSED if live.hands_off_s > 0 else Phase.COMPRESSING

    @property
    def _n_since_start(self) -> int:
        """Count for the views; what was tried before a start by key or command is not in it."""
        if self._start_ns is None and self._config.start_on != "first-compression":
            return 0
        return self._metrics.live.n_compressions - self._n_before_start

    @property
    def start_ns(self) -> int | None:
        """Tell the instant of the session's start; None before it."""
        return self._start_ns

    @property
    def elapsed_s(self) -> float:
        """Tell how long the session has been going on since its start."""
        if self._start_ns is None or self._chest is None:
            return 0.0
        return max((self._chest.stamp.t_ns - self._start_ns) / 1e9, 0.0)

    @property
    def _ends_with_last_release(self) -> bool:
        """Without a set length, what comes after the last compression is not judged."""
        return self._config.start_on == "first-compression" and self._config.duration_s is None

    def outcome(self) -> Outcome:
        """Judge what has been seen so far, from the start to the stop or the last sample."""
        end_ns = self._chest.stamp.t_ns if self._chest else 0
        if self._stop_ns is not None:
            end_ns = min(self._stop_ns, end_ns)
            if self._ends_with_last_release:
                end_ns = max((c.release_ns for c in self._recent), default=end_ns)
        start_ns = self._start_ns
        if start_ns is None:
            start_ns = self._open_ns if self._open_ns is not None else end_ns
        return judge(
            self._events,
            start_ns,
            max(end_ns, start_ns),
            self._guideline,
            self._config.mode,
            self._kind,
            self._health.report(),
            airway_measured=self._airway_measured,
        )

    def trace(self) -> Trace:
        """Give the fused motion, in s from the session's start."""
        start_ns = self.outcome().start_ns
        t_ns, depth_m, sigma_m = np.array(self._trace).T if self._trace else np.zeros((3, 0))
        return Trace((t_ns - start_ns) / 1e9, 1000.0 * depth_m, 1000.0 * sigma_m)

    def snapshot(self, now_ns: int) -> Snapshot:
        """Give what a view may show now."""
        self._n_published += 1
        if self._unscored >= SCORED_EVERY or (self._unscored and self._stop_ns is not None):
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
            n_compressions=self._n_since_start,
            n_in_cycle=live.n_in_cycle,
            last_depth_mm=live.last_depth_mm,
            last_release_mm=live.last_release_mm,
            hands=chest.hands if chest is not None else "unknown",
            hand_offset_mm=None if offset is None else (1000.0 * offset[0], 1000.0 * offset[1]),
            hands_off_s=live.hands_off_s,
            targets=self._guideline.targets,
            cue=self._cue(now_ns),
            score_pct=self._score_pct,
            world_from_mannequin=self._pose,
            health=self._health.report(now_ns),
        )

    @property
    def cues(self) -> Sequence[Cue]:
        """All that the coach has said, in order; the same live and in a replay."""
        return tuple(self._cues)

    def _advise(self, found: Sequence[MetricsEvent]) -> None:
        """Let the coach see what the newest sample has brought."""
        chest, live = self._chest, self._metrics.live
        if chest is None or not self._config.guidance:
            return
        t_ns = self._coached_ns = chest.stamp.t_ns
        situation = Situation(
            t_ns=t_ns,
            phase=self.phase,
            mode=self._config.mode,
            hands=chest.hands,
            hands_off_s=live.hands_off_s,
            n_in_cycle=live.n_in_cycle,
            elapsed_s=self.elapsed_s,
            lost=bool(self._health.lost_streams(t_ns)),
            guideline=self._guideline,
            events=tuple(found),
            arms=self._arm_alarm.lasting(),
        )
        before, self._coach = self._coach.cue, step(self._coach, situation)
        if self._coach.cue is not None and self._coach.cue != before:
            self._cues.append(self._coach.cue)

    def _cue(self, now_ns: int) -> Cue | None:
        if not self._config.guidance:
            return None
        cue, chest = self._coach.cue, self._chest
        silent = chest is None or now_ns - chest.stamp.t_ns > SILENT_NS
        if silent and self._stop_ns is None and self._health.lost_streams(now_ns):
            cue = LOST_CUE
        return None if cue is None else replace(cue, written=self._config.prompts)
