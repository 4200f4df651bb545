"""From raw samples to what recordings keep: frames become observations.

Takes samples of devices in arrival order, gives samples for recording and pipeline:
mannequin samples as they are, camera frames stamped on the host's clock and turned into
observations by `mr.tracking`. Replay enters behind this point, with the observations.
"""

from __future__ import annotations

from collections.abc import Sequence

from mr.clock.ticks import TickClock
from mr.rig import Rig
from mr.tracking.tracker import CameraTracker
from mr.types import ColorFrame, DepthFrame, DeviceInfo, Sample


class FrontEnd:
    """One clock and one tracker a camera."""

    def __init__(self, rig: Rig, infos: Sequence[DeviceInfo]) -> None:
        self._rig = rig
        self._trackers: dict[str, CameraTracker] = {}
        self._ticks_per_s = {s.name: s.ticks_per_s for info in infos for s in info.streams}
        self._clocks: dict[str, TickClock] = {}

    def step(self, sample: Sample) -> Sequence[Sample]:
        """Turn one sample into what is recorded of it (frames: at higher levels only)."""
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
            self._trackers[camera_id] = CameraTracker(self._rig, camera_id)
        clock.arrival(sample.arrival)
        stamp = clock.stamp(sample.arrival.device_ticks)
        if stamp is None:
            return (sample,)
        return (sample, *self._trackers[camera_id].step(sample, stamp))
