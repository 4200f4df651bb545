"""The headset as a device of the session: its head, its hands, and when it was seen what.

The headset's frame loop belongs to the view process, so this device only takes what that
process tells through a pipe. It is a stream like any other: recorded, watched, lost and back
again; but nobody is measured by it, so a session neither waits for it nor ends with it. Leaves
frames to `overlays.xr` and where its frame lies to `mr.fusion`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from mr.devices.depth_camera import Complaint
from mr.errors import DeviceError
from mr.types import (
    DeviceInfo,
    FrameShown,
    HandJoints,
    HeadPose,
    Sample,
    StreamInfo,
)

HEAD, HANDS, SHOWN = "headset.head", "headset.hands", "headset.shown"
STREAMS = (HEAD, HANDS, SHOWN)
HEAD_HZ, HANDS_HZ = 30.0, 1.0
"""What is expected at least: runtimes show 72 to 120 frames a second; a hand that nobody sees is
told of once a second."""
NS_PER_S = 1_000_000_000.0
MOST_AT_ONCE = 64
"""Messages taken in one round of sensing."""
STOP = "stop"
"""The learner has ended the session without hands."""

FromHeadset = HeadPose | HandJoints | FrameShown


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no headset now, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Ails:
    """All that is to be known of the headset now, each with the stream it is about."""

    complaints: tuple[Complaint, ...]


Told = FromHeadset | Lost | Ails | str
"""What the view process says; a text is a word for the session, such as `STOP`."""


class HeadsetTeller:
    """The view process's end of the pipe; it never fails: who does not listen misses it.

    Each message is smaller than what a pipe takes in one piece (4096 bytes), so that a view that
    stands still in the middle of a word never holds the session up.
    """

    def __init__(self, pipe: Connection | None) -> None:
        self._pipe = pipe
        self._ails: tuple[Complaint, ...] = ()

    def tell(self, samples: Iterable[FromHeadset]) -> None:
        """Pass samples on."""
        for sample in samples:
            self._send(sample)

    def lost(self, why: str) -> None:
        """Say that there is no headset now; what ailed it is over with it."""
        self._ails = ()
        self._send(Lost(why))

    def ails(self, *complaints: Complaint) -> None:
        """Say what is to be known of the headset now; what was said before is over."""
        if complaints != self._ails:
            self._ails = complaints
            self._send(Ails(complaints))

    def word(self, word: str) -> None:
        """Say a word for the session, such as `STOP`."""
        self._send(word)

    def _send(self, told: Told) -> None:
        if self._pipe is None:
            return
        try:
            self._pipe.send(told)
        except OSError:  # a broken pipe: the session is over
            self._pipe = None


class HeadsetLink:
    """The session's end of the pipe: a `Device` that can be lost and come back."""

    def __init__(self, told: Connection, model: str = "") -> None:
        """Take what comes through `told`; `model` is the headset's name, where it is known."""
        self._told: Connection | None = told
        self._words: list[str] = []
        self._ails: tuple[Complaint, ...] = ()
        self._error: DeviceError | None = None
        self._info = DeviceInfo(
            kind="live",
            maker="OpenXR",
            model=model,
            serial="",
            firmware="",
            streams=(
                StreamInfo(HEAD, HEAD_HZ, NS_PER_S),
                StreamInfo(HANDS, HANDS_HZ, NS_PER_S),
                StreamInfo(SHOWN, 0.0, NS_PER_S),
            ),
        )

    @property
    def info(self) -> DeviceInfo:
        """Who it is; the model is "" where no headset was there when the session began."""
        return self._info

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._told is not None:
            with suppress(OSError):
                self._told.close()
            self._told = None

    def poll(self) -> Sequence[Sample]:
        """Give what has come; a loss once all before it has been given."""
        samples = self._taken() if self._error is None else []
        if samples or self._error is None:
            return samples
        error, self._error = self._error, None
        raise error

    def reopen(self) -> None:
        """Go on listening: the view process looks for the headset itself."""
        if self._told is None:
            raise DeviceError("the headset's process has ended: start a new session to use it")

    @property
    def knows_why_away(self) -> bool:
        """Its software may come up meanwhile: then only the headset itself is missing."""
        return True

    def complaints(self) -> Sequence[Complaint]:
        """Say what ails it, as the view process last told."""
        return self._ails

    def words(self) -> list[str]:
        """Give the words for the session that have come since the last call."""
        words, self._words = self._words, []
        return words

    def _taken(self) -> list[Sample]:
        samples: list[Sample] = []
        try:
            for _ in range(MOST_AT_ONCE):
                if self._told is None or not self._told.poll():
                    break
                told = self._told.recv()
                if isinstance(told, Lost):
                    self._error, self._ails = DeviceError(told.why), ()
                    break
                if isinstance(told, Ails):
                    self._ails = told.complaints
                elif isinstance(told, str):
                    self._words.append(told)
                else:
                    samples.append(told)
        except (EOFError, OSError):
            self._told, self._ails = None, ()
            self._error = DeviceError("the headset's process has ended")
        return samples
