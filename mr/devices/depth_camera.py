"""What a depth camera is, whoever made it, and how it says what ails it.

Takes nothing, gives the `DepthCamera` protocol that a new maker's module satisfies, and
the `Complaint`s that a session shows as `Health`; leaves the cameras to their modules.
docs/guides/technician/another-camera.md says how to write one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from mr.config import CameraSettings
from mr.rig import CameraCalibration
from mr.types import Device, Pose

RECENT_NS = 10_000_000_000
"""What happened so long ago ails a camera no more; it is still told."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What ails one stream, in words that stay the same while it lasts.

    A session notes when it began and when it was over. A remark does no harm now: it tells
    what was, or what may matter later.
    """

    stream: str
    words: str
    remark: bool = False


@runtime_checkable
class Complaining(Protocol):
    """A device that says what ails its streams."""

    def complaints(self) -> Sequence[Complaint]:
        """What ails it now; none is the rule. Never waits; the device is open."""
        ...


@runtime_checkable
class DepthCamera(Device, Complaining, Protocol):
    """A depth camera: live, recorded or virtual.

    Its streams are ``cam_<id>.depth`` and, where it has colour, ``cam_<id>.color``, each
    at its own rate; both tick on one clock. `poll` gives `DepthFrame`s and `ColorFrame`s
    that the camera's driver writes to no more: depth as (H, W) uint16 counts with 0 for no
    measurement, never filtered over time nor its holes filled, colour as (H, W, 3) uint8
    blue-green-red. Their `Arrival` counts what the camera took (a gap is a lost frame, no
    number comes twice), with the ticks of the camera's own clock, unwrapped, ever rising
    in a stream. A clock that has begun anew, or jumped, goes on
    `mr.clock.ticks.RESTART_TICKS` or more further on.

    `isinstance` is for open cameras: it asks for `info`, which a closed one refuses.

    A live camera may also be reopened: see `mr.session.sensing.Reopenable`.
    """

    @property
    def settings(self) -> CameraSettings | None:
        """What it was asked for; None where nothing can be asked, as of a file."""
        ...

    def calibration(self, world_from_cam: Pose | None = None) -> CameraCalibration:
        """The factory calibration; where the camera stands is the caller's.

        Raises
        ------
        CalibrationError
            When the camera does not tell it.
        DeviceError
            When it is not open.
        """
        ...


class Happenings:
    """One thing that happens to a stream now and then: a complaint while it is recent.

    Parameters
    ----------
    stream
        The stream's name.
    now_words
        What is said while it goes on.
    then_words
        What is said later; ``{n}`` stands for how often it was.
    """

    def __init__(self, stream: str, now_words: str, then_words: str) -> None:
        self._stream = stream
        self._words = (now_words, then_words)
        self._last_ns = 0
        self.n = 0

    def happened(self, at_ns: int, n: int = 1) -> None:
        """Note that it has happened (`n` times) at this instant."""
        self.n += n
        self._last_ns = at_ns

    def complaint(self, now_ns: int) -> list[Complaint]:
        """Say it: nothing, or one complaint, or one remark."""
        if not self.n:
            return []
        if now_ns - self._last_ns < RECENT_NS:
            return [Complaint(self._stream, self._words[0])]
        return [Complaint(self._stream, self._words[1].format(n=self.n), remark=True)]
