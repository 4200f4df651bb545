"""A guided capture: candidates go in, what is taken is kept, the technician sees how far it is.

Takes a guide, where candidates come from, where they are kept and a screen; gives the samples
that the procedure measures. Leaves the words to the guide, and devices to `calibrate_devices`.
A capture that is interrupted keeps what was taken: begun again, it goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from calibration.guide import Guide, Verdict
from calibration.mannequin.station import Station, StationsGuide
from mr.cli.calibrate_screen import Screen
from mr.errors import CalibrationError
from mr.types import FloatArray

S = TypeVar("S")
T = TypeVar("T", bound=Station)
Read = Callable[[], tuple[FloatArray, FloatArray]]
"""Reads the mannequin for about a second: times (n,) in s, counts (n, 6)."""


class Keeping(Protocol[S]):
    """Where the samples of one capture are kept: `calibration.workbook`'s folder."""

    @property
    def samples(self) -> Sequence[S]:
        """What was kept so far."""
        ...

    def add(self, sample: S) -> object:
        """Keep one more, whole, before it returns."""
        ...

    def drop(self, sample: S) -> None:
        """Let go of one that was kept."""
        ...

    def refill(self, guide: Guide[S]) -> Sequence[str]:
        """Give a new guide all that was kept; tells why of each that it did not take."""
        ...


class NotKept:
    """Keeps nothing: for captures that are repeated more quickly than stored."""

    samples: tuple[Any, ...] = ()

    def add(self, sample: object) -> None:
        """Forget it."""

    def drop(self, sample: object) -> None:
        """Nothing was kept."""

    def refill(self, guide: object) -> Sequence[str]:
        """Nothing was kept."""
        return ()


class TakeBack:
    """In a sample's place: the technician wants the last one again."""


class Guided(Guide[S], Protocol[S]):
    """A guide that gives back what it took."""

    @property
    def samples(self) -> Sequence[S]:
        """What was taken."""
        ...


class Revisable(Guided[S], Protocol[S]):
    """A guide that forgets its last sample when it is told to."""

    def take_back(self) -> Verdict:
        """Forget the last sample, or say why not."""
        ...


def capture(
    guide: Guided[S], candidates: Iterable[S | TakeBack], kept: Keeping[S], screen: Screen
) -> Sequence[S]:
    """Take candidates until there are enough.

    Raises
    ------
    CalibrationError
        When the candidates end before; what was taken is kept.
    """
    refused = kept.refill(guide)
    for why in refused:
        screen.say(f"left out of what was taken before: {why}")
    resumed = len(kept.samples) - len(refused)
    if resumed:
        screen.say(f"goes on with {resumed} taken before")
    progress = guide.progress
    screen.show(progress, None)
    if not progress.done:
        for sample in candidates:
            if isinstance(sample, TakeBack):
                _say_refusal(_taken_back(cast(Revisable[S], guide), kept), screen)
                screen.show(guide.progress, None)
                continue
            verdict = guide.offer(sample)
            if verdict.taken:
                kept.add(sample)
            screen.show(guide.progress, verdict)
            if guide.progress.done:
                break
    progress = guide.progress
    if not progress.done:
        raise CalibrationError(
            f"the capture ended with {progress.n_taken} taken, {100 * progress.share:.0f} % of "
            f"what is needed ({progress.next}): begin it again, it goes on from there"
        )
    return guide.samples


def _taken_back(guide: Revisable[S], kept: Keeping[S]) -> Verdict:
    """Forget the last sample where it is kept, too: a resumed capture must not find it."""
    last = guide.samples[-1:]
    verdict = guide.take_back()
    if verdict.taken:
        kept.drop(last[0])
    return verdict


def stations(guide: StationsGuide[T], read: Read, screen: Screen) -> Iterator[T | TakeBack]:
    """Ask for one station of a bench procedure after the other, and read each.

    Raises
    ------
    CalibrationError
        When nobody answers.
    """
    while (step := guide.current) is not None:
        words = "s: leave it out; " if step.optional else ""
        answer = screen.ask(f"{guide.progress.next} [{words}b: the last one again]")
        if answer is None:
            raise CalibrationError(
                f"{step.ask}: nobody is there to do it; run this in a terminal, or try it with "
                "--simulate"
            )
        if answer.strip().lower() == "s":
            _say_refusal(guide.leave_out(), screen)
            screen.show(guide.progress, None)
            continue
        if answer.strip().lower() == "b":
            yield TakeBack()
            continue
        t_s, counts = read()
        yield step.make(t_s, np.asarray(counts, dtype=np.float64))


def _say_refusal(verdict: Verdict, screen: Screen) -> None:
    if not verdict.taken:
        screen.say(verdict.why)
