"""A virtual camera: the SDK's software device, fed with somebody else's pixels.

Takes a camera's calibration and frames as arrays, gives an SDK device that the source and
the recorder treat like any other; leaves making the pixels to `mr.sim`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mr.devices.realsense.describe import SIMULATED_NAME
from mr.devices.realsense.frames import Kind
from mr.devices.realsense.sdk import load_sdk
from mr.errors import DeviceError
from mr.rig import CameraCalibration, Intrinsics
from mr.types import SourceKind


class VirtualCamera:
    """A software device with a depth and, where the calibration has one, a colour sensor.

    Its name says that it is simulated unless `kind` is ``live``, the case of real frames
    that are written again. `fps` and `color_fps` (the same if not given) are the nominal
    rates; frames may be pushed at any.
    """

    def __init__(
        self,
        calibration: CameraCalibration,
        fps: int,
        m_per_count: float = 0.0001,
        kind: SourceKind = "sim",
        color_fps: int | None = None,
    ) -> None:
        rs = load_sdk()
        self._rs = rs
        self._m_per_count = m_per_count
        self._numbers: dict[Kind, int] = {"depth": 0, "color": 0}
        self.calibration = calibration
        self.device = rs.software_device()
        name = calibration.model or "depth camera"
        if kind != "live" and not name.startswith(SIMULATED_NAME):
            name = SIMULATED_NAME + name.removeprefix(SIMULATED_NAME.lower())
        self.device.register_info(rs.camera_info.name, name)
        self.device.register_info(rs.camera_info.serial_number, calibration.serial)
        self._depth_sensor = self.device.add_sensor("Stereo Module")
        depth = self._stream("depth", calibration.depth, fps)
        self._depth_profile = self._depth_sensor.add_video_stream(depth)
        self._depth_sensor.add_read_only_option(rs.option.depth_units, m_per_count)
        self._depth_sensor.add_read_only_option(
            rs.option.stereo_baseline, calibration.baseline_m * 1000.0
        )
        self._color_sensor: Any = None
        if calibration.color is not None:
            self._add_color(calibration, calibration.color, color_fps or fps)

    def _add_color(self, calibration: CameraCalibration, model: Intrinsics, fps: int) -> None:
        rs = self._rs
        self._color_sensor = self.device.add_sensor("RGB Camera")
        color = self._stream("color", model, fps)
        self._color_profile = self._color_sensor.add_video_stream(color)
        if calibration.color_from_depth is not None:
            pose = calibration.color_from_depth.pose()
            given = rs.extrinsics()
            given.rotation = [float(v) for v in pose.R.T.ravel()]  # column-major
            given.translation = [float(v) for v in pose.t_m]
            self._depth_profile.register_extrinsics_to(self._color_profile, given)

    def _stream(self, kind: Kind, model: Intrinsics, fps: int) -> Any:
        rs = self._rs
        lens = rs.intrinsics()
        lens.width, lens.height = model.width_px, model.height_px
        lens.fx, lens.fy, lens.ppx, lens.ppy = (
            model.fx_px,
            model.fy_px,
            model.cx_px,
            model.cy_px,
        )
        lens.model = rs.distortion.brown_conrady
        lens.coeffs = list(model.distortion)
        video = rs.video_stream()
        video.index, video.fps, video.intrinsics = 0, fps, lens
        video.width, video.height = model.width_px, model.height_px
        if kind == "depth":
            video.type, video.uid, video.fmt, video.bpp = rs.stream.depth, 0, rs.format.z16, 2
        else:
            video.type, video.uid, video.fmt, video.bpp = rs.stream.color, 1, rs.format.bgr8, 3
        return video

    def expose(self, exposure_us: int, automatic: bool) -> None:
        """Say how long the depth frames from now on were exposed."""
        value = self._rs.frame_metadata_value
        self._depth_sensor.set_metadata(value.actual_exposure, exposure_us)
        self._depth_sensor.set_metadata(value.auto_exposure, int(automatic))

    def lose(self, kind: Kind, n: int) -> None:
        """Count `n` frames more (or fewer) than were delivered."""
        self._numbers[kind] += n

    def push_depth(self, t_s: float, depth_counts: npt.NDArray[np.uint16]) -> None:
        """Deliver one (H, W) uint16 depth image taken at `t_s` on the camera's clock."""
        frame = self._frame("depth", t_s, depth_counts, self.calibration.depth)
        frame.profile = self._depth_profile.as_video_stream_profile()
        frame.depth_units = self._m_per_count
        self._depth_sensor.on_video_frame(frame)

    def push_color(self, t_s: float, bgr: npt.NDArray[np.uint8]) -> None:
        """Deliver one (H, W, 3) uint8 blue-green-red image taken at `t_s`."""
        if self.calibration.color is None:
            raise DeviceError(
                f"camera {self.calibration.serial} has no colour: give it a colour calibration"
            )
        frame = self._frame("color", t_s, bgr, self.calibration.color)
        frame.profile = self._color_profile.as_video_stream_profile()
        self._color_sensor.on_video_frame(frame)

    def _frame(self, kind: Kind, t_s: float, pixels: npt.NDArray[Any], model: Intrinsics) -> Any:
        """Wrap pixels in a new SDK frame; the SDK checks neither size nor layout."""
        rs = self._rs
        size = (model.height_px, model.width_px)
        shape, dtype = (size, np.uint16) if kind == "depth" else ((*size, 3), np.uint8)
        if pixels.shape != shape or pixels.dtype != dtype:
            raise DeviceError(
                f"{kind} pixels are {pixels.shape} {pixels.dtype}, the camera's are {shape} "
                f"{np.dtype(dtype)}: give frames of the calibrated size"
            )
        if t_s < 0:
            raise DeviceError(f"{kind} frame at {t_s} s: a camera's clock starts at 0")
        self._numbers[kind] += 1
        frame = rs.software_video_frame()  # never used twice: the SDK aborts the process then
        frame.bpp = pixels.itemsize * (1 if kind == "depth" else 3)
        frame.stride = frame.bpp * model.width_px
        frame.timestamp = t_s * 1000.0
        frame.domain = rs.timestamp_domain.hardware_clock
        frame.frame_number = self._numbers[kind]
        frame.pixels = np.ascontiguousarray(pixels)
        return frame
