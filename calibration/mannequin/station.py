"""Readings on the bench: something known is applied, the mannequin is read for a second.

Takes the stream of counts read at one station, gives whether it rested meanwhile, its mean and
standard error; and a guide through a plan of stations. Leaves applying gauge blocks, masses
and a syringe to the technician, and what the readings mean to the procedures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from calibration.guide import Progress, Verdict
from mr.types import FloatArray

CHANNELS = ("chest", "force cell 0", "force cell 1", "force cell 2", "force cell 3", "airway")
"""Columns of counts, in the order of the stream."""
CHEST, CELLS, AIRWAY = 0, (1, 2, 3, 4), 5
N_CELLS = len(CELLS)
LEAST_SAMPLES = 60
"""0.6 s at 100 Hz, the slowest rate: a mean then has an eighth of a reading's noise."""
COUNTS_END = 1023.0
"""The converter's last count; a cable that is broken or shorted reads 0 or this."""
END_SHARE = 0.05
"""Of the samples, so many at an end are no noise."""
MOVED_COUNTS = 1.5
"""Between the parts of a second at rest: 0.15 mm of the chest or 1 N of a cell, before noise."""
MOVED_SIGMAS = 5.0
LEAST_SIGMA_COUNTS = 0.3
"""A converter's step alone, 1/sqrt(12): a reading without any noise is no surer than that."""
ALIKE_COUNTS = 3.0
"""Two stations with different things on them differ by more, whatever the sensor."""


@dataclass(frozen=True, slots=True)
class Mean:
    """What was read at one station: counts of all channels, (6,) each."""

    counts: FloatArray
    se_counts: FloatArray
    """Standard error of the mean."""


def mean_of(counts: FloatArray) -> Mean:
    """Average a station's stream (n, 6)."""
    n = len(counts)
    spread = np.maximum(counts.std(axis=0, ddof=1), LEAST_SIGMA_COUNTS)
    return Mean(counts.mean(axis=0), spread / np.sqrt(n))


def unfit(counts: FloatArray, channels: Sequence[int]) -> str:
    """Say what is wrong with a reading that should have rested; empty if nothing is.

    Parameters
    ----------
    counts
        (n, 6) of about a second.
    channels
        Those that are looked at; the others may do what they like.
    """
    if counts.ndim != 2 or counts.shape[1] != len(CHANNELS) or not np.isfinite(counts).all():
        return "the reading is no stream of six channels: read it again"
    if len(counts) < LEAST_SAMPLES:
        return (
            f"only {len(counts)} samples, {LEAST_SAMPLES} are needed: read for a whole second, "
            "and check the cable if that was one"
        )
    for channel in channels:
        for what in (_at_an_end(counts[:, channel]), _moved(counts[:, channel])):
            if what:
                return f"{CHANNELS[channel]}: {what}"
    return ""


def _at_an_end(counts: FloatArray) -> str:
    """Say whether a converter is at one of its ends."""
    for end, why in ((0.0, "check its cable"), (COUNTS_END, "less load, or check its cable")):
        if np.mean(np.abs(counts - end) < 0.5) > END_SHARE:
            return f"the converter is at its end ({end:.0f} counts): {why}, then read again"
    return ""


def _moved(counts: FloatArray) -> str:
    """Say whether it drifted or jumped: whichever explains more of what is not noise."""
    n = len(counts)
    u = np.linspace(-0.5, 0.5, n)
    noise = max(float(np.std(np.diff(counts))) / np.sqrt(2.0), LEAST_SIGMA_COUNTS)
    centred = counts - counts.mean()
    slope = float(u @ centred / (u @ u))
    # A jump between k and k + 1: means before and after, for every k that leaves a tenth.
    k = np.arange(n // 10, n - n // 10)
    before = np.cumsum(counts)[k - 1] / k
    after = (counts.sum() - np.cumsum(counts)[k - 1]) / (n - k)
    gained = (after - before) ** 2 * k * (n - k) / n
    best = int(np.argmax(gained))
    limit = MOVED_COUNTS + MOVED_SIGMAS * noise / np.sqrt(n / 4)
    jump = float(after[best] - before[best])
    if max(abs(slope), abs(jump)) < limit:
        return ""
    if gained[best] > slope**2 * float(u @ u):
        return (
            f"it jumped from {before[best]:.0f} to {after[best]:.0f} counts in the middle: "
            "did something slip? Let it rest and read again"
        )
    return f"it drifted by {slope:+.1f} counts meanwhile: let it rest and read again"


class Station(Protocol):
    """One sample of a bench procedure."""

    @property
    def step(self) -> str:
        """The step of the plan that it belongs to."""
        ...

    @property
    def counts(self) -> FloatArray:
        """The stream, (n, 6)."""
        ...


S = TypeVar("S", bound=Station)


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """One thing to apply and read."""

    name: str
    """Unique in its plan: "in 20 mm"."""
    ask: str
    """In the imperative: "put the 20 mm block under the plate"."""
    make: Callable[[FloatArray, FloatArray], S]
    """Makes the sample of the stream: its times (n,) in s and its counts (n, 6)."""
    trouble: Callable[[S], str]
    """Says what is wrong with a sample; empty if nothing is."""
    moves: tuple[int, ...] = ()
    """Channels of which at least one must read otherwise than at the step before."""
    optional: bool = False


class StationsGuide(Generic[S]):
    """Leads through a plan; stations may be repeated, and optional steps left out.

    Parameters
    ----------
    plan
        In the best order.
    taken
        Stations of an earlier, interrupted capture.
    """

    def __init__(self, plan: Sequence[Step[S]], taken: Iterable[S] = ()) -> None:
        self._plan = {step.name: step for step in plan}
        self._left_out: set[str] = set()
        self._samples: list[S] = [s for s in taken if s.step in self._plan]

    @property
    def samples(self) -> tuple[S, ...]:
        """What was taken, in order; a repeated step stands there twice."""
        return tuple(self._samples)

    @property
    def current(self) -> Step[S] | None:
        """The step that is due; None when all are taken or left out."""
        done = {sample.step for sample in self._samples} | self._left_out
        return next((step for name, step in self._plan.items() if name not in done), None)

    def offer(self, sample: S) -> Verdict:
        """Take a station, or say why not."""
        step = self._plan.get(sample.step)
        if step is None:
            return Verdict(False, f"{sample.step!r} is no step of this plan: choose one of it")
        trouble = step.trouble(sample)
        if trouble:
            return Verdict(False, trouble)
        last = self._samples[-1] if self._samples else None
        if last is not None and step.moves and self._follows(last.step, sample.step):
            change = sample.counts.mean(axis=0) - last.counts.mean(axis=0)
            if np.abs(change[list(step.moves)]).max() < ALIKE_COUNTS:
                return Verdict(
                    False,
                    f"it reads like {last.step!r} before it: {step.ask}; if that was done, "
                    "check the sensor's cable",
                )
        self._samples.append(sample)
        return Verdict(True)

    def _follows(self, before: str, step: str) -> bool:
        """Whether one step of the plan comes right behind another."""
        names = list(self._plan)
        return names.index(step) - names.index(before) == 1

    def leave_out(self) -> Verdict:
        """Pass over the step that is due, if the procedure can do without it."""
        step = self.current
        if step is None:
            return Verdict(False, "nothing is left to do")
        if not step.optional:
            return Verdict(False, f"{step.name!r} is needed: {step.ask}")
        self._left_out.add(step.name)
        return Verdict(True)

    def take_back(self) -> Verdict:
        """Forget the last station, to do it again."""
        if not self._samples:
            return Verdict(False, "nothing was taken yet")
        self._samples.pop()
        return Verdict(True)

    @property
    def progress(self) -> Progress:
        """How far it is; what is optional counts until it is left out."""
        done = {sample.step for sample in self._samples}
        wanted = [step for name, step in self._plan.items() if name not in self._left_out]
        n = sum(step.name in done for step in wanted)
        enough = all(step.optional or step.name in done for step in wanted)
        due = self.current
        ask = "all is read" if due is None else due.ask
        if due is not None and "press Enter" not in ask:  # a stroke is begun with it
            ask += ", let it rest, press Enter"
        if due is not None and due.optional:
            ask += " (may be left out)"
        return Progress(n / max(len(wanted), 1), enough, ask, len(self._samples))
