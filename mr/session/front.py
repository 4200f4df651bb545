"""From raw samples to what recordings keep: frames become observations.

Takes samples of devices in arrival order, gives samples for recording and pipeline:
mannequin samples as they are, camera frames stamped on the host's clock and turned into
observations by `mr.tracking`. Replay enters behind this point, with the observations; tracking
that is run again enters here, with the depth frames and the markers of each colour frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mr.clock.ticks import TickClock
from mr.rig import Rig
from mr.tracking.tracker import CameraTracker
from mr.types import (
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    HandLandmarks,
    MarkersSeen,
    Sample,
    Stamp,
)

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
        if not isinstance(sample, DepthFrame | ColorFrame | MarkersSeen):
            return (sample,)
        camera_id = sample.camera_id
        if camera_id not in self._rig.cameras:
            return (sample,)
        clock = self._clocks.get(camera_id)
        if clock is None:
            # Both streams of a camera tick on its one clock.
            clock = TickClock(self._ticks_per_s[_stream_of(sample)])
            self._clocks[camera_id] = clock
            self._trackers[camera_id] = CameraTracker(self._rig, camera_id, arms=self._arms)
        clock.arrival(sample.arrival)
        stamp = clock.stamp(sample.arrival.device_ticks)
        tracker = self._trackers[camera_id]
        made: list[Sample] = [sample]
        if isinstance(sample, ColorFrame):
            # Told of every picture: without it the clock could not be run again.
            sample = tracker.look(sample, None if stamp is None else stamp.t_ns)
            made.append(sample)
        if stamp is not None:
            if isinstance(sample, MarkersSeen):
                self._remember(sample, stamp)
            made += tracker.step(sample, stamp)
        return made

    def _stamped(self, found: HandLandmarks) -> Sequence[Sample]:
        """Give landmarks of another process their picture's instant, and the tracker a look.

        What depth lifts them to comes beside them.
        """
        stamp = self._colored.get((found.camera_id, found.arrival.seq))
        if stamp is None:
            return ()
        stamped = replace(found, stamp=stamp)
        points = self._trackers[found.camera_id].landmarks(stamped)
        return (stamped,) if points is None else (stamped, points)

    def _remember(self, frame: MarkersSeen, stamp: Stamp) -> None:
        """Keep the instants of the last pictures: a clock tells each tick only once."""
        self._colored[frame.camera_id, frame.arrival.seq] = stamp
        while len(self._colored) > REMEMBERED:
            del self._colored[next(iter(self._colored))]


def _stream_of(sample: DepthFrame | ColorFrame | MarkersSeen) -> str:
    """Name the device's stream that a sample came on."""
    stream = sample.arrival.stream
    return stream.rpartition(".")[0] + ".color" if isinstance(sample, MarkersSeen) else stream
