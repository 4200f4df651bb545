"""Advice in its place among the samples: when the coach looks, and what it then sees.

Takes blocks of motion, events and what is known of the arms, gives the cue of the moment and
all cues so far; leaves what to say to `mr.coaching`. Advice is chosen at instants of the
samples' time, wherever blocks begin, so it is the same live and in a replay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mr.blocks import ChestBlock
from mr.coaching.arms import ArmAlarm
from mr.coaching.coach import LOST_CUE, begin, step
from mr.coaching.rules import Situation
from mr.config import SessionConfig
from mr.metrics.stepper import LiveState
from mr.scoring.guideline import Guideline
from mr.types import ArmPosture, ChestSample, Cue, MetricsEvent, Phase

COACHED_EVERY_NS = 100_000_000
"""Advice is chosen so often, in the samples' time."""


class Adviser:
    """The coach of one session; who only wants the numbers does without (`coached`)."""

    def __init__(self, config: SessionConfig, guideline: Guideline, *, coached: bool) -> None:
        self._config, self._guideline = config, guideline
        self._alarm = ArmAlarm()
        self._coach = begin()
        self.speaks = coached and config.guidance
        """Whether there is any advice."""
        self._due_ns = 0
        self._unadvised: list[MetricsEvent] = []
        self._cues: list[Cue] = []

    @property
    def cues(self) -> Sequence[Cue]:
        """All that the coach has said, in order; the same live and in a replay."""
        return tuple(self._cues)

    def arms(self, posture: ArmPosture) -> None:
        """Take in what a camera says of the arms."""
        self._alarm.step(posture)

    def hear(self, events: Sequence[MetricsEvent]) -> None:
        """Take in what was completed, for the next advice."""
        if self.speaks:
            self._unadvised += events

    def is_due(self, t_ns: int) -> bool:
        """Whether the coach is to look with the sample of this instant."""
        return self.speaks and t_ns >= self._due_ns

    def between(self, block: ChestBlock) -> Iterator[ChestBlock]:
        """Cut a block behind each sample at which advice is due, wherever the block began."""
        if not self.speaks or block.t_ns[-1] < self._due_ns:
            yield block
            return
        k = 0
        while k < len(block):
            due = k + int(np.searchsorted(block.t_ns[k:], self._due_ns))
            part = slice(k, min(due + 1, len(block)))
            yield block.part(part)
            k = part.stop

    def advise(
        self, chest: ChestSample, live: LiveState, phase: Phase, elapsed_s: float, *, lost: bool
    ) -> None:
        """Let the coach see what has happened since it last looked; `lost`: a sensor is."""
        t_ns = chest.stamp.t_ns
        self._due_ns = t_ns + COACHED_EVERY_NS
        found, self._unadvised = tuple(self._unadvised), []
        situation = Situation(
            t_ns=t_ns,
            phase=phase,
            mode=self._config.mode,
            hands=chest.hands,
            hands_off_s=live.hands_off_s,
            n_in_cycle=live.n_in_cycle,
            elapsed_s=elapsed_s,
            lost=lost,
            guideline=self._guideline,
            rescuers=self._config.rescuers,
            events=found,
            arms=self._alarm.lasting(),
        )
        before, self._coach = self._coach.cue, step(self._coach, situation)
        if self._coach.cue is not None and self._coach.cue != before:
            self._cues.append(self._coach.cue)

    def cue(self, *, lost: bool) -> Cue | None:
        """Give what a view may say now; `lost`: nothing measures any more."""
        cue = LOST_CUE if lost else self._coach.cue
        return None if cue is None else replace(cue, written=self._config.prompts)
