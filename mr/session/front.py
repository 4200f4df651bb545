"""From raw samples to what recordings keep: frames become observations.

Takes samples of devices in arrival order, gives samples for recording and pipeline:
mannequin samples as they are, camera frames stamped on the host's clock and turned into
observations by `mr.tracking`. Replay enters behind this point, with the observations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mr.clock.ticks import TickClock
from mr.rig import Rig
from mr.tracking.tracker import CameraTracker
from mr.types import ColorFrame, DepthFrame, DeviceInfo, HandLandmarks, Sample, Stamp

REMEMBERED = 32
"""Pictures for which landmarks may still come."""


class FrontEnd:
    """One clock and one tracker a camera."""

    def __init__(self, rig: Rig, infos: Sequence[DeviceInfo], *, arms: bool = False) -> None:
        self._rig = rig
        self._arms = arms
        self._trackers: dict[str, CameraTracker] = {}
        self._ticks_per_s = {s.name: s.ticks_per_s for info in infos for s in info.streams}
        self._clocks: dict[str, TickClock] = {}
        self._colored: dict[tuple[str, int], Stamp] = {}

    def step(self, sample: Sample) -> Sequence[Sample]:
        """Turn one sample into what is recorded of it (frames: at higher levels only)."""
        if isinstance(sample, HandLandmarks):
            return self._stamped(sample)
        if not isinstance(sample, DepthFrame | ColorFrame):
            return (sample,)
        camera_id = sample.camera_id
        if camera_id not in self._rig.cameras:
            return (sample,)
        clock = self._clocks.get(camera_id)
        if clock is None:
            # Both streams of a camera tick on its one clock.
            clock = TickClock(self._ticks_per_s[sample.arrival.stream])
            self._clocks[camera_id] = clock
            self._trackers[camera_id] = CameraTracker(self._rig, camera_id, arms=self._arms)
        clock.arrival(sample.arrival)
        stamp = clock.stamp(sample.arrival.device_ticks)
        if stamp is None:
            return (sample,)
        if isinstance(sample, ColorFrame):
            self._remember(sample, stamp)
        return (sample, *self._trackers[camera_id].step(sample, stamp))

    def _stamped(self, found: HandLandmarks) -> Sequence[Sample]:
        """Give landmarks of another process the instant of the picture they were found in."""
        stamp = self._colored.get((found.camera_id, found.arrival.seq))
        return () if stamp is None else (replace(found, stamp=stamp),)

    def _remember(self, frame: ColorFrame, stamp: Stamp) -> None:
        """Keep the instants of the last pictures: a clock tells each tick only once."""
        self._colored[frame.camera_id, frame.arrival.seq] = stamp
        while len(self._colored) > REMEMBERED:
            del self._colored[next(iter(self._colored))]
