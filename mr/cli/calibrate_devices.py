"""The devices that a procedure reads: the mannequin for a second, cameras picture by picture.

Takes open sources, gives plain arrays and frames; leaves what is made of them to the guides
and opening to the commands. The same readers read live devices, recorded camera files and
simulated ones.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mr.clock.host import NowNs, SteppedClock, host_now_ns
from mr.errors import DeviceError
from mr.session.rest import rest
from mr.types import (
    ColorFrame,
    DepthFrame,
    Device,
    DeviceInfo,
    EndOfStream,
    FloatArray,
    MannequinFrame,
    Sample,
)

READ_S = 1.1
"""A station is read for so long: a second, and what the port delivers late."""
STALE_S = 0.15
"""What came before the technician answered is not of this station."""
REST_S, RESTED_S = 0.5, 1.0
"""A stroke begins and ends with air at rest."""
FLOWS_COUNTS = 8.0
"""Air that moves the sensor by more flows: ten times its noise."""
STROKE_MOST_S = 12.0
POLL_S = 0.005
STEP_NS = 1_000_000
SILENT_S = 3.0
"""A device that gives nothing for so long is lost."""


class Reader:
    """Several open devices, polled together."""

    def __init__(self, devices: Sequence[Device], now: NowNs = host_now_ns) -> None:
        self._devices = list(devices)
        self._now = now
        self._ended: set[int] = set()

    @property
    def infos(self) -> list[DeviceInfo]:
        """Who the devices are."""
        return [device.info for device in self._devices]

    @property
    def now_ns(self) -> int:
        """The clock that the devices' arrivals are told by."""
        return self._now()

    def poll(self) -> list[Sample]:
        """Give what has come from all of them; `EndOfStream` when all have ended."""
        came: list[Sample] = []
        for k, device in enumerate(self._devices):
            if k in self._ended:
                continue
            try:
                came += device.poll()
            except EndOfStream:
                self._ended.add(k)
        if len(self._ended) == len(self._devices):
            raise EndOfStream
        return came

    def drain(self) -> None:
        """Throw away what came while nobody looked; a file plays on where it was."""
        if not isinstance(self._now, SteppedClock):
            for k, device in enumerate(self._devices):
                if k not in self._ended and device.info.kind == "live":
                    device.poll()

    def rest(self) -> None:
        """Wait until something may have come; on a stepped clock, step."""
        if isinstance(self._now, SteppedClock):
            self._now.advance(STEP_NS)
        else:
            rest(self._devices, POLL_S)

    def samples(self) -> Iterator[Sample]:
        """Give samples in their order of arrival, until all devices have ended."""
        for came in self.batches():
            yield from came

    def batches(self) -> Iterator[list[Sample]]:
        """Give what has come together, until all devices have ended.

        Raises
        ------
        DeviceError
            When nothing comes for a while.
        """
        heard_s = time.monotonic()
        while True:
            try:
                came = self.poll()
            except EndOfStream:
                return
            if came:
                yield came
                heard_s = time.monotonic()  # whoever took it may have asked somebody meanwhile
            elif time.monotonic() - heard_s > SILENT_S:
                raise DeviceError(
                    f"nothing has come for {SILENT_S:g} s: check the cables and try again"
                )
            else:
                self.rest()


def read_station(reader: Reader, ticks_per_s: float) -> tuple[FloatArray, FloatArray]:
    """Read the mannequin for a second from now: times (n,) s by its own clock, counts (n, 6)."""
    frames: list[MannequinFrame] = []
    for since_s, frame in _from_now(reader):
        if since_s > READ_S:
            break
        frames.append(frame)
    return _columns(frames, ticks_per_s)


def read_stroke(reader: Reader, ticks_per_s: float) -> tuple[FloatArray, FloatArray]:
    """Read the mannequin until air has flowed and rested: times (n,) s, counts (n, 6).

    Where nothing flows it ends after a while, and the guide says what is missing.
    """
    frames: list[MannequinFrame] = []
    flowed_s: float | None = None
    rest: float | None = None
    for since_s, frame in _from_now(reader):
        frames.append(frame)
        if rest is None and since_s > REST_S:
            rest = float(np.median([f.airway_counts for f in frames]))
        if rest is not None and abs(frame.airway_counts - rest) > FLOWS_COUNTS:
            flowed_s = since_s
        rested = flowed_s is not None and since_s > flowed_s + RESTED_S
        if rested or since_s > STROKE_MOST_S:
            break
    return _columns(frames, ticks_per_s)


def _from_now(reader: Reader) -> Iterator[tuple[float, MannequinFrame]]:
    """Give the mannequin's frames that arrive from now on, with how long from now."""
    start_ns = reader.now_ns
    for sample in reader.samples():
        if isinstance(sample, MannequinFrame):
            since_s = (sample.arrival.arrival_ns - start_ns) * 1e-9
            if since_s > STALE_S:
                yield since_s, sample


def _columns(frames: Sequence[MannequinFrame], ticks_per_s: float) -> tuple[FloatArray, FloatArray]:
    if not frames:
        raise DeviceError("the mannequin sent nothing: check its cable and try again")
    ticks = np.array([f.arrival.device_ticks for f in frames], dtype=np.float64)
    counts = np.array(
        [(f.chest_counts, *f.force_counts, f.airway_counts) for f in frames], dtype=np.float64
    )
    return (ticks - ticks[0]) / ticks_per_s, counts


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What one camera saw at nearly one instant."""

    camera_id: str
    color: ColorFrame
    depth: DepthFrame | None
    """The depth frame that came next to it; None while none has come."""
    t_s: float
    """When the colour frame came, since the first one."""


def pictures(reader: Reader, camera_ids: Sequence[str]) -> Iterator[Picture]:
    """Give each camera's colour pictures as they come, each with its newest depth frame.

    Where pictures come faster than they are looked at, only the newest ones are given: a
    technician waits for what is shown.
    """
    newest: dict[str, DepthFrame] = {}
    first_ns: int | None = None
    for came in reader.batches():
        colors: dict[str, ColorFrame] = {}
        for sample in came:
            if isinstance(sample, DepthFrame):
                newest[sample.camera_id] = sample
            elif isinstance(sample, ColorFrame) and sample.camera_id in camera_ids:
                colors[sample.camera_id] = sample
        for camera_id, color in colors.items():
            at_ns = color.arrival.arrival_ns
            first_ns = at_ns if first_ns is None else first_ns
            yield Picture(camera_id, color, newest.get(camera_id), (at_ns - first_ns) * 1e-9)
