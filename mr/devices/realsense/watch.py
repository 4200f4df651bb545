"""What the frames themselves tell of a camera's state: its rate, its light, doubles.

Takes raw frames in order, gives `Complaint`s; leaves gaps and silence, which any stream
may have, to `mr.session.health`.
"""

from __future__ import annotations

from collections import deque

from mr.devices.depth_camera import Complaint, Happenings
from mr.devices.realsense.frames import TICKS_PER_S, RawFrame

WINDOW_S = 2.0
FEWEST = 16
SLOW_BELOW = 0.7
"""Share of the nominal rate; the same as `mr.session.health` calls degraded."""
LONG_EXPOSURE = 0.9
"""Share of the nominal period which an exposure must take to be what makes it slow."""

NO_STAMPS = (
    "its frames carry the computer's time, not the camera's: install the driver's metadata "
    "support, or rates and latency are worse than they claim"
)


class StreamWatch:
    """Watches one stream of a camera."""

    def __init__(self, stream: str, nominal_hz: float) -> None:
        self._stream = stream
        self._nominal_hz = nominal_hz
        size = max(FEWEST, round(WINDOW_S * nominal_hz))
        self._frames: deque[tuple[int, int]] = deque(maxlen=size)
        self._exposure_us: int | None = None
        self._auto: bool | None = None
        self._own_clock = True
        self._twice = Happenings(
            stream,
            "frames come twice, one of each is taken: check the USB port",
            "{n} frames came twice",
        )
        self._last = (-1, -1)
        self._newest_ns = 0

    def is_double(self, frame: RawFrame) -> bool:
        """Whether this is the last frame again, by number or stamp; if so it is counted."""
        number, ticks_us = self._last
        if frame.number != number and frame.ticks_us != ticks_us:
            self._last = (frame.number, frame.ticks_us)
            return False
        self._twice.happened(frame.arrival_ns)
        return True

    def see(self, frame: RawFrame, ticks: int) -> None:
        """Take in one frame with its unwrapped ticks."""
        self._frames.append((frame.number, ticks))
        self._exposure_us, self._auto = frame.exposure_us, frame.auto_exposure
        self._own_clock = frame.own_clock
        self._newest_ns = frame.arrival_ns

    def restart(self) -> None:
        """Forget what the camera's numbers and clock were."""
        self._frames.clear()
        self._last = (-1, -1)

    def complaints(self) -> list[Complaint]:
        """Say what ails the stream."""
        return [*self._slow(), *self._stamped(), *self._twice.complaint(self._newest_ns)]

    def _stamped(self) -> list[Complaint]:
        return [] if self._own_clock else [Complaint(self._stream, NO_STAMPS)]

    def own_rate_hz(self) -> float | None:
        """Tell at which rate the camera takes frames, whether they all came or not."""
        if len(self._frames) < FEWEST:
            return None
        (first, begin), (last, end) = self._frames[0], self._frames[-1]
        if last <= first or end <= begin:
            return None
        return (last - first) * TICKS_PER_S / (end - begin)

    def _slow(self) -> list[Complaint]:
        rate_hz = self.own_rate_hz()
        if rate_hz is None or rate_hz >= SLOW_BELOW * self._nominal_hz:
            return []
        asked = f"{self._nominal_hz:.0f} Hz"
        if self._exposure_us is not None and self._is_exposed_for_long(self._exposure_us):
            how = "automatic exposure" if self._auto else "exposure"
            return [
                Complaint(
                    self._stream,
                    f"low light: its {how} is longer than {asked} allow: "
                    "give it more light or a shorter exposure",
                )
            ]
        return [Complaint(self._stream, f"the camera itself is slower than {asked}")]

    def _is_exposed_for_long(self, exposure_us: int) -> bool:
        return exposure_us * self._nominal_hz > LONG_EXPOSURE * TICKS_PER_S
