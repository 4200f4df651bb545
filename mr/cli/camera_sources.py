"""Which camera `mrcpr camera mount` looks through, and what is known of it.

Takes the choices of a command line, gives a device with its optical model, the mannequin's
markers and its calibrated place where a rig file knows them; leaves judging to
`mr.tracking.mount`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mr.cli.sources import driver
from mr.clock.host import SteppedClock, host_now_ns
from mr.devices.realsense.source import RealSenseSource
from mr.errors import ConfigError
from mr.rig import CameraCalibration, MarkerLayout, Rig
from mr.sim.camera import SimCamera
from mr.sim.learner import make_script
from mr.sim.rig import CameraPlace, make_sim_rigs, sim_calibration
from mr.tracking.mount import MountWatch
from mr.types import Device, Pose

SIM_SECONDS = 600.0
SIM_STYLE = "good"
SIM_DEPTH_HZ, SIM_COLOR_HZ = 60.0, 1.0
UNNAMED_ID = "new"


@dataclass(frozen=True, slots=True, eq=False)
class MountSource:
    """One camera to be looked through, not open yet."""

    device: Device
    known: CameraCalibration | None = None
    """Its models by the rig file; None: its own, which it tells once it is open."""
    layout: MarkerLayout | None = None
    calibrated: Pose | None = None
    """``cam_from_mannequin`` by the rig file."""
    is_file: bool = False
    stepped: SteppedClock | None = None
    """The clock of a simulated camera that runs as fast as the machine can."""

    def watch(self) -> MountWatch:
        """Begin to watch; the device is open.

        Raises
        ------
        CalibrationError
            When neither the rig file nor the camera tells its optical model.
        """
        calibration = self.known
        if calibration is None:
            assert isinstance(self.device, RealSenseSource)
            calibration = self.device.calibration()
        return MountWatch(calibration, self.layout, self.calibrated)


def simulated(place: CameraPlace, live: bool) -> MountSource:
    """Give a simulated camera at a place; the learner kneels on the mannequin's right.

    Live it runs in real time, else on a clock of its own, the same on every machine.
    """
    stepped = None if live else SteppedClock()
    rig = make_sim_rigs({UNNAMED_ID: place})[UNNAMED_ID]
    script = make_script(SIM_STYLE, compressing_s=SIM_SECONDS)
    camera = SimCamera(
        rig,
        script,
        stepped or host_now_ns,
        depth_hz=SIM_DEPTH_HZ,
        color_hz=SIM_COLOR_HZ,
        drop_late=True,
    )
    return MountSource(camera, sim_calibration(rig), rig.marker_layout(), stepped=stepped)


def chosen(
    rig: Rig | None, camera_id: str | None, serial: str | None, file: Path | None
) -> MountSource:
    """Give the camera that a rig file, a serial number or a recording names.

    Raises
    ------
    ConfigError
        When the rig file has several cameras and none is named, or not this one.
    """
    entry_id = _entry(rig, camera_id, serial)
    known = rig.cameras[entry_id] if rig is not None and entry_id is not None else None
    name = entry_id or camera_id or UNNAMED_ID
    if file is not None:
        device: Device = RealSenseSource.file(file, name)
    elif rig is not None and known is not None:
        device = driver(rig, name)(known, name, host_now_ns)
    else:
        device = RealSenseSource.live(serial, name)
    calibrated = None
    if rig is not None and known is not None:
        calibrated = known.world_from_cam.pose().inverse() @ rig.world_from_mannequin.pose()
    layout = None if rig is None else rig.markers
    return MountSource(device, known, layout, calibrated, is_file=file is not None)


def _entry(rig: Rig | None, camera_id: str | None, serial: str | None) -> str | None:
    """Find the rig's entry of this camera; None when it has none yet."""
    if rig is None or not rig.cameras:
        return None
    if camera_id is not None:
        if camera_id not in rig.cameras:
            raise ConfigError(
                f"rig {rig.name!r} has no camera {camera_id!r} (it has: "
                f"{', '.join(sorted(rig.cameras))}): mend --camera"
            )
        if serial is not None and rig.cameras[camera_id].serial != serial:
            raise ConfigError(
                f"rig {rig.name!r}: camera {camera_id!r} is {rig.cameras[camera_id].serial}, not "
                f"{serial}: leave out --camera or --serial"
            )
        return camera_id
    if serial is not None:
        return next((k for k, c in rig.cameras.items() if c.serial == serial), None)
    if len(rig.cameras) > 1:
        raise ConfigError(
            f"rig {rig.name!r} has several cameras ({', '.join(sorted(rig.cameras))}): "
            "name one with --camera"
        )
    return next(iter(rig.cameras))
