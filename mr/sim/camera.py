"""A simulated depth camera as a `Device`: frames of a scripted scene, with a camera's time.

Takes the true rig, a script and the host's clock, gives depth and colour frames that
arrive late and with jitter, stamped by a device clock of its own that starts anywhere and
runs a little fast. Leaves the scene to `mr.sim.render` and the noise to `mr.sim.noise`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from mr.clock.host import NowNs, SteppedClock
from mr.sim.body import RISE_M_PER_ML
from mr.sim.limbs import Physique
from mr.sim.noise import CountsArray, NoiseField, NoiseModel, Stereo, measure
from mr.sim.paint import BgrArray, Painter
from mr.sim.render import Scene
from mr.sim.rig import BASELINE_ERROR, FOCAL_ERROR, SimRig
from mr.sim.script import Script
from mr.sim.shapes import PixelBox, View
from mr.types import (
    Arrival,
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    EndOfStream,
    FloatArray,
    Sample,
    StreamInfo,
)

TICKS_PER_S = 1e6
M_PER_COUNT = 1e-4
EXPOSURE_S = 0.008
FOCUS_MARGIN_PX = (8, 8, 136, 8)
"""Left, above, right, below: what is nearer casts a stereo shadow on pixels at its left."""
SHARP_M = 0.0005
"""A chest that moves less during an exposure does not smear."""


@dataclass(frozen=True, slots=True)
class CameraTraits:
    """How a camera delivers its frames."""

    latency_s: float = 0.030
    """From the middle of the exposure to the host, at least."""
    jitter_s: float = 0.002
    exposure_s: float = EXPOSURE_S
    """What moves meanwhile is seen at its mean place; colours smear."""
    dropped_share: float = 0.0
    """Share of frames that never arrive; their numbers are missing."""


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """A device's clock: ticks of a microsecond, from an arbitrary start, a little fast."""

    offset_ticks: int
    ppm: float

    def ticks(self, t_s: float) -> int:
        """Tell the ticks at an instant of the script."""
        return self.offset_ticks + round(t_s * TICKS_PER_S * (1.0 + self.ppm * 1e-6))

    def true_s(self, device_s: float) -> float:
        """Tell the script's time when this much device time has passed."""
        return device_s / (1.0 + self.ppm * 1e-6)


class Imager(Protocol):
    """What a camera's pictures come from."""

    def depth_counts(self, t_s: float) -> CountsArray:
        """Give the depth image (H, W) as the camera reports it."""
        ...

    def bgr(self, t_s: float) -> BgrArray:
        """Give the colour image (H, W, 3)."""
        ...

    def painter(self) -> object:
        """Make now what the first colour image would wait for."""
        ...


class SimImager:
    """Pictures of a script's scene at any instant; what the camera sees, without its time.

    `calibration_error` applies the factory's focal and baseline errors to the depth that
    is reported, as `sim_calibration` states them. With `focus_m`, points (n, 3) of the
    mannequin's frame, only the depth around them is new in every frame (three times as
    quick); the rest keeps one picture of the scene at rest.
    """

    def __init__(
        self,
        rig: SimRig,
        script: Script,
        seed: int = 0,
        noise: NoiseModel | None = None,
        calibration_error: bool = True,
        physique: Physique | None = None,
        exposure_s: float = EXPOSURE_S,
        focus_m: FloatArray | None = None,
    ) -> None:
        self.rig = rig
        self.script = script
        self._seed = seed
        self._noise = NoiseModel() if noise is None else noise
        camera = rig.camera
        true_fb = camera.depth.fx_px * camera.baseline_m
        error = (1 + FOCAL_ERROR) * (1 + BASELINE_ERROR) if calibration_error else 1.0
        self._stereo = Stereo(true_fb, true_fb * error, M_PER_COUNT)
        self._view = View(camera.depth, rig.mannequin_from_cam)
        self._physique = physique
        self._exposure_s = exposure_s
        self._scene = Scene(self._view, rig.plates, physique)
        self._still_m = self._scene.depth_m(self._scene.still.distance_m, self._view.full)
        self._field = NoiseField(self._noise, self._view.shape, seed)
        self._painter: Painter | None = None
        self._window: PixelBox | None = None
        if focus_m is not None:
            self._window = self._view.box_of_spheres(focus_m, np.zeros(len(focus_m)))
            self._window = self._window.grown(FOCUS_MARGIN_PX, self._view.full)
            self._resting = measure(self._still_m, self._stereo, self._noise, self._field, 0.0)

    def true_depth_m(self, t_s: float) -> npt.NDArray[np.float32]:
        """Give the true depth (H, W) m along the optical axis, exposed around an instant."""
        box, cast = self._scene.cast(
            self._chest_m(self._moments(t_s)), self.script.hands_at(t_s), self._window
        )
        image = self._still_m.copy()
        image[box.window] = self._scene.depth_m(cast.distance_m, box)
        return image

    def depth_counts(self, t_s: float) -> CountsArray:
        """Give the depth image (H, W) as the camera reports it."""
        depth_m, window = self.true_depth_m(t_s), self._window
        if window is None:
            return measure(depth_m, self._stereo, self._noise, self._field, t_s)
        part = np.ascontiguousarray(depth_m[window.window])
        corner = (window.y0, window.x0)
        image = self._resting.copy()
        image[window.window] = measure(part, self._stereo, self._noise, self._field, t_s, corner)
        return image

    def bgr(self, t_s: float) -> BgrArray:
        """Give the colour image (H, W, 3)."""
        moments = self._moments(t_s)
        if abs(self._chest_m(moments[0]) - self._chest_m(moments[-1])) < SHARP_M:
            moments = moments[1:2]
        return self.painter().picture(
            [(self._chest_m(t), self.script.hands_at(float(t))) for t in moments]
        )

    def _moments(self, t_s: float) -> FloatArray:
        """Give instants of the exposure: its beginning, middle and end."""
        return t_s + self._exposure_s * np.array([-0.5, 0.0, 0.5])

    def _chest_m(self, t_s: FloatArray | float) -> float:
        """Tell the chest's mean depth over some instants; negative while a breath lifts it."""
        depth_m = np.mean(self.script.chest_depth_m(t_s))
        return float(depth_m - RISE_M_PER_ML * np.mean(self.script.lung_ml(t_s)))

    def painter(self) -> Painter:
        """Give the painter of colour images; the first call takes some 0.2 s to make it."""
        if self._painter is None:
            view = View(self.rig.camera.color, self.rig.mannequin_from_color)
            scene = Scene(view, self.rig.plates, self._physique)
            self._painter = Painter(scene, self.rig.dictionary, self._seed)
        return self._painter


@dataclass(slots=True)
class _Stream:
    """The schedule of one stream: frame `seq` is exposed at seq/hz of device time."""

    name: str
    hz: float
    rng: np.random.Generator
    seq: int = 0
    arrival_s: float = 0.0
    """When the next frame arrives, in the script's time."""


class SimCamera:
    """A simulated depth camera that plays a script from `start_ns` on.

    When the caller is slower than the camera, late frames are dropped, newest wins, as in
    a live camera's driver; sequence numbers keep counting and `skipped` says how many. On
    a `SteppedClock` nothing is late and every frame is rendered (`drop_late` overrides).
    `imager` takes the place of the renderer, as `mr.sim.film` does.
    """

    def __init__(
        self,
        rig: SimRig,
        script: Script,
        now: NowNs,
        *,
        depth_hz: float = 30.0,
        color_hz: float = 5.0,
        seed: int = 0,
        start_ns: int | None = None,
        noise: NoiseModel | None = None,
        physique: Physique | None = None,
        traits: CameraTraits | None = None,
        focus_m: FloatArray | None = None,
        drop_late: bool | None = None,
        imager: Imager | None = None,
    ) -> None:
        rng = np.random.default_rng([seed, 0xCA])
        self._rig = rig
        self._script = script
        self._now = now
        self._start_ns = start_ns
        self._drop_late = not isinstance(now, SteppedClock) if drop_late is None else drop_late
        self.clock = DeviceClock(int(rng.integers(10**8, 10**10)), float(rng.uniform(-60, 60)))
        self._traits = traits or CameraTraits()
        exposure_s = self._traits.exposure_s
        self._imager: Imager = imager or SimImager(
            rig, script, seed, noise, physique=physique, exposure_s=exposure_s, focus_m=focus_m
        )
        prefix = f"cam_{rig.camera_id}"
        self._depth = _Stream(f"{prefix}.depth", depth_hz, np.random.default_rng([seed, 1]))
        self._streams = [self._depth]
        if color_hz > 0:
            color = _Stream(f"{prefix}.color", color_hz, np.random.default_rng([seed, 2]))
            self._streams.append(color)
        for stream in self._streams:
            stream.arrival_s = self._arrival_s(stream, 0.0)
        self.skipped = 0

    @property
    def info(self) -> DeviceInfo:
        """Who it is."""
        return DeviceInfo(
            kind="sim",
            maker="MR-CPR",
            model="simulated D435",
            serial=self._rig.camera.serial,
            firmware="sim",
            streams=tuple(StreamInfo(s.name, s.hz, TICKS_PER_S) for s in self._streams),
            details={"style": self._script.style, "script_seed": str(self._script.seed)},
        )

    @property
    def start_ns(self) -> int | None:
        """The host's instant of the script's time 0; None before the camera is open."""
        return self._start_ns

    def __enter__(self) -> Self:
        """Start the script now, unless told when."""
        if len(self._streams) > 1:
            self._imager.painter()
        if self._start_ns is None:
            self._start_ns = self._now()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    def capture_s(self, stream: str, seq: int) -> float:
        """Tell the true instant of exposure of a frame, in the script's time."""
        hz = next(s.hz for s in self._streams if s.name == stream)
        return self.clock.true_s(seq / hz)

    def poll(self) -> Sequence[Sample]:
        """Render and give the frames that have arrived since the last call, in order."""
        if self._start_ns is None:
            raise RuntimeError("poll() before the camera was opened")
        now_s = (self._now() - self._start_ns) / 1e9
        due: list[tuple[float, _Stream, int]] = []
        for stream in self._streams:
            mine = self._due(stream, now_s)
            if self._drop_late and len(mine) > 1:
                self.skipped += len(mine) - 1
                mine = mine[-1:]
            due += [(arrival_s, stream, seq) for arrival_s, seq in mine]
        if not due and all(self._ended(stream) for stream in self._streams):
            raise EndOfStream
        due.sort(key=lambda entry: entry[0])
        return [self._frame(stream, seq, arrival_s) for arrival_s, stream, seq in due]

    def frames(self) -> Iterator[tuple[float, CountsArray, BgrArray | None]]:
        """Render the whole script as fast as can be: (t_s, depth counts, colour or None).

        `t_s` is the exposure in the device's own time; colour comes with the depth frame
        at or next after its own exposure.
        """
        n = int(self._script.duration_s * self._depth.hz)
        color_hz = self._streams[1].hz if len(self._streams) > 1 else 0.0
        pictures = 0
        for seq in range(n):
            device_s = seq / self._depth.hz
            t_s = self.clock.true_s(device_s)
            bgr = None
            if color_hz > 0 and device_s >= pictures / color_hz - 1e-9:
                bgr = self._imager.bgr(t_s)
                pictures += 1
            yield device_s, self._imager.depth_counts(t_s), bgr

    def _ended(self, stream: _Stream) -> bool:
        return self.clock.true_s(stream.seq / stream.hz) >= self._script.duration_s

    def _due(self, stream: _Stream, now_s: float) -> list[tuple[float, int]]:
        """Take from a schedule what has arrived by now: (arrival_s, seq)."""
        due = []
        while stream.arrival_s <= now_s and not self._ended(stream):
            if not self._is_dropped(stream):
                due.append((stream.arrival_s, stream.seq))
            stream.seq += 1
            stream.arrival_s = self._arrival_s(stream, stream.arrival_s)
        return due

    def _is_dropped(self, stream: _Stream) -> bool:
        share = self._traits.dropped_share
        return share > 0 and float(stream.rng.random()) < share

    def _arrival_s(self, stream: _Stream, last_s: float) -> float:
        """Draw when the next frame arrives: after its exposure, never before the last."""
        jitter_s = float(stream.rng.gamma(1.5, self._traits.jitter_s))
        arrival_s = self.clock.true_s(stream.seq / stream.hz) + self._traits.latency_s + jitter_s
        return max(arrival_s, last_s + 1e-5)

    def _frame(self, stream: _Stream, seq: int, arrival_s: float) -> Sample:
        t_s = self.clock.true_s(seq / stream.hz)
        assert self._start_ns is not None
        arrival = Arrival(
            stream=stream.name,
            seq=seq,
            device_ticks=self.clock.ticks(t_s),
            arrival_ns=self._start_ns + round(arrival_s * 1e9),
        )
        if stream is self._depth:
            counts = self._imager.depth_counts(t_s)
            return DepthFrame(arrival, self._rig.camera_id, counts, M_PER_COUNT)
        return ColorFrame(arrival, self._rig.camera_id, self._imager.bgr(t_s))
