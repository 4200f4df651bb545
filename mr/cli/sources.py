"""What a session's devices are, as plain values that a child process can open.

Takes the choices of a command line, gives callables `(now) -> devices` that pickle;
leaves opening and closing to the session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from mr.clock.host import NowNs
from mr.config import Mode
from mr.devices.mannequin.find import find_mannequins
from mr.devices.mannequin.source import MannequinSource
from mr.devices.realsense.source import RealSenseSource
from mr.errors import ConfigError, DeviceError
from mr.rig import CameraModel, Rig
from mr.sim.camera import SimCamera
from mr.sim.learner import make_script
from mr.sim.mannequin import SimMannequinPort
from mr.sim.plant import Plant
from mr.sim.rig import make_sim_rig
from mr.sim.script import Script
from mr.types import Device, DeviceInfo, EndOfStream, Sample

MANNEQUIN_HZ = 200
"""What a session samples at, whatever rate an earlier program left in force."""
SIM_TICK_PPM = 35.0
"""How fast the simulated mannequin's crystal runs: an ordinary one is some tens of ppm off."""

OpenCamera = Callable[[CameraModel, str, NowNs], Device]
"""Makes a live camera from its calibration, the id it has in the rig, and the clock."""


def _open_realsense(camera: CameraModel, camera_id: str, now: NowNs) -> Device:
    return RealSenseSource.live(camera.serial, camera_id, camera.live_settings(), now)


REALSENSE = "realsense"
DRIVERS: dict[str, OpenCamera] = {REALSENSE: _open_realsense}
"""Another maker's camera is one module and one row here."""


@dataclass(frozen=True, slots=True)
class SimSources:
    """A simulated rig with a simulated learner."""

    style: str
    mode: Mode
    compressing_s: float
    seed: int
    depth_hz: float
    color_hz: float
    camera: bool = True
    mannequin: bool = True

    def script(self) -> Script:
        """Give the learner's plan; its truth is what the demo compares with."""
        return make_script(self.style, self.mode, self.compressing_s, self.seed)

    def __call__(self, now: NowNs) -> Sequence[Device]:
        """Make the devices; their common time starts now."""
        sim_rig, script = make_sim_rig(), self.script()
        devices: list[Device] = []
        start_ns = now()
        if self.mannequin:
            port = SimMannequinPort(
                Plant(script, self.seed),
                now,
                serial=sim_rig.mannequin_serial,
                tick_ppm=SIM_TICK_PPM,
            )
            source = MannequinSource(port, now, kind="sim")
            devices.append(Ending(source, now, start_ns + round(script.duration_s * 1e9)))
        if self.camera:
            devices.append(
                SimCamera(
                    sim_rig,
                    script,
                    now,
                    depth_hz=self.depth_hz,
                    color_hz=self.color_hz,
                    seed=self.seed,
                    start_ns=start_ns,
                )
            )
        return devices


class Ending:
    """A device that ends at an instant: the simulated mannequin, which would never."""

    def __init__(self, device: Device, now: NowNs, end_ns: int) -> None:
        self._device = device
        self._now = now
        self._end_ns = end_ns

    @property
    def info(self) -> DeviceInfo:
        """Who the device is."""
        return self._device.info

    def __enter__(self) -> Self:
        """Open the device."""
        self._device.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._device.__exit__(exc_type, exc, tb)

    def poll(self) -> Sequence[Sample]:
        """Give what the device gives, until its end."""
        if self._now() > self._end_ns:
            raise EndOfStream
        return self._device.poll()


@dataclass(frozen=True, slots=True)
class RigSources:
    """The devices that a rig file names, or files and ports in their place."""

    rig: Rig
    port: str | None
    camera_files: tuple[tuple[str, Path], ...]
    """Camera id and recorded file: played instead of the live camera."""
    use_mannequin: bool
    use_cameras: bool
    mannequin_hz: int = MANNEQUIN_HZ

    def __call__(self, now: NowNs) -> Sequence[Device]:
        """Make the devices.

        Raises
        ------
        ConfigError, DeviceError
            When nothing is left to measure with, or a device cannot be found.
        """
        devices: list[Device] = []
        if self.use_mannequin and self.rig.mannequin is not None:
            port = find_port(self.port)
            devices.append(MannequinSource(port, now, sample_rate_hz=self.mannequin_hz))
        if self.use_cameras:
            devices += self._cameras(now)
        if not devices:
            raise ConfigError(
                f"rig {self.rig.name!r}: nothing to measure with: leave out --no-mannequin "
                "or --no-camera, or calibrate a device into the rig"
            )
        return devices

    def _cameras(self, now: NowNs) -> list[Device]:
        files = dict(self.camera_files)
        # Cameras' own clocks have nothing in common: several files begin together.
        in_step = now if len(files) > 1 else None
        devices: list[Device] = []
        for camera_id, camera in self.rig.cameras.items():
            if camera_id in files:
                devices.append(RealSenseSource.file(files[camera_id], camera_id, in_step))
            elif not files:
                devices.append(driver(self.rig, camera_id)(camera, camera_id, now))
        return devices


def driver(rig: Rig, camera_id: str) -> OpenCamera:
    """Find the module that opens a live camera (`ConfigError` when there is none)."""
    return driver_of(rig.cameras[camera_id].driver, f"rig {rig.name!r}: camera {camera_id}")


def driver_of(name: str | None, whose: str = "a camera") -> OpenCamera:
    """Find the module of that name; `ConfigError` when there is none."""
    name = name or REALSENSE
    if name not in DRIVERS:
        raise ConfigError(
            f"{whose} has the driver {name!r}, which is not here: "
            f"use one of {', '.join(sorted(DRIVERS))}"
        )
    return DRIVERS[name]


def find_port(text: str | None, *, or_without: bool = True) -> str:
    """Give what `MannequinSource` opens: what was typed, or nothing for the only mannequin.

    `or_without` tells that the command can go on with ``--no-mannequin``.

    Raises
    ------
    DeviceError
        When nothing was typed and no port may be a mannequin.
    """
    if text is None and not any(info.likely for info in find_mannequins()):
        how = "plug it in, or name its port with --port"
        if or_without:
            how = "plug it in, name its port with --port, or go on without it with --no-mannequin"
        raise DeviceError(f"no mannequin found on any serial port: {how} (mrcpr doctor says more)")
    return text or ""
