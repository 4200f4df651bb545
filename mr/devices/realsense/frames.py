"""From the SDK's frames and profiles to ours.

Takes SDK frames and stream profiles, gives copied arrays with device ticks, and camera
models; leaves where frames come from to `live_feed` and `file_feed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mr.errors import CalibrationError, DeviceError
from mr.rig import Intrinsics, PoseEntry
from mr.types import Pose

TICKS_PER_S = 1e6
Kind = Literal["depth", "color"]
KINDS: tuple[Kind, ...] = ("depth", "color")

_MAX_FIT_ERROR = 1e-4  # of the focal length: 0.06 px


def stream_kinds(rs: Any) -> tuple[tuple[Kind, Any], ...]:
    """Pair our names of the streams with the SDK's."""
    return (("depth", rs.stream.depth), ("color", rs.stream.color))


@dataclass(frozen=True, slots=True, eq=False)
class RawFrame:
    """One frame, copied out of the SDK.

    `pixels` is (H, W) uint16 depth counts or (H, W, 3) uint8 blue-green-red; `ticks_us`
    are microseconds of the camera's clock as it gave them (they wrap at 2³²). How long it
    was exposed, and whether the camera chose that, is None where no metadata tell it.
    """

    kind: Kind
    number: int
    ticks_us: int
    arrival_ns: int
    pixels: npt.NDArray[np.uint16] | npt.NDArray[np.uint8]
    m_per_count: float
    exposure_us: int | None = None
    auto_exposure: bool | None = None
    own_clock: bool = True
    """Whether `ticks_us` are the camera's own, not the computer's."""


def ticks_of(rs: Any, frame: Any) -> tuple[int, bool]:
    """Tell a frame's time in µs, and whether it is of the camera's own clock.

    A "global" or system time follows the wall clock's steps, so the camera's metadata is
    taken instead wherever there is any. Without it (a driver that lacks metadata support)
    the host's time is all there is.
    """
    stamp = rs.frame_metadata_value.frame_timestamp
    own = frame.get_frame_timestamp_domain() == rs.timestamp_domain.hardware_clock
    if not own and frame.supports_frame_metadata(stamp):
        return int(frame.get_frame_metadata(stamp)), True
    return round(float(frame.get_timestamp()) * 1000.0), own


def copy_frame(rs: Any, frame: Any, arrival_ns: int | None) -> RawFrame:
    """Copy a frame so that the SDK can have its memory back at once.

    `arrival_ns` None means a file: the frame's own time stands for its arrival.

    Raises
    ------
    DeviceError
        When its pixels have a format this program does not read.
    """
    profile = frame.get_profile()
    pixels = np.array(frame.get_data(), copy=True)
    m_per_count = 0.0
    kind: Kind = "color"
    if profile.format() == rs.format.z16:
        kind = "depth"
        m_per_count = float(f"{frame.as_depth_frame().get_units():.7g}")  # the SDK's float32
    elif profile.format() == rs.format.rgb8:
        pixels = np.ascontiguousarray(pixels[..., ::-1])
    elif profile.format() != rs.format.bgr8:
        raise DeviceError(
            f"{profile.stream_name()} pixels come as {profile.format()}: ask for z16, bgr8 or rgb8"
        )
    ticks_us, own_clock = ticks_of(rs, frame)
    auto = _metadata(rs, frame, "auto_exposure")
    return RawFrame(
        kind=kind,
        number=int(frame.get_frame_number()),
        ticks_us=ticks_us,
        arrival_ns=ticks_us * 1000 if arrival_ns is None else arrival_ns,
        pixels=pixels,
        m_per_count=m_per_count,
        exposure_us=_metadata(rs, frame, "actual_exposure"),
        auto_exposure=None if auto is None else bool(auto),
        own_clock=own_clock,
    )


def _metadata(rs: Any, frame: Any, name: str) -> int | None:
    value = getattr(rs.frame_metadata_value, name)
    return int(frame.get_frame_metadata(value)) if frame.supports_frame_metadata(value) else None


def intrinsics_of(rs: Any, profile: Any) -> Intrinsics:
    """Read a stream's camera model, distortion in OpenCV's terms.

    Raises
    ------
    CalibrationError
        When the lens model cannot be written with OpenCV's five coefficients.
    """
    model = profile.as_video_stream_profile().get_intrinsics()
    distortion = _fit_distortion(rs, model) if any(model.coeffs) else (0.0, 0.0, 0.0, 0.0, 0.0)
    return Intrinsics(
        width_px=model.width,
        height_px=model.height,
        fx_px=model.fx,
        fy_px=model.fy,
        cx_px=model.ppx,
        cy_px=model.ppy,
        distortion=distortion,
    )


def _fit_distortion(rs: Any, model: Any) -> tuple[float, float, float, float, float]:
    """Fit k1 k2 p1 p2 k3 to any of the SDK's lens models (its colour model is an inverse one).

    The SDK itself maps a grid of pixels to rays; OpenCV's model is linear in its
    coefficients, so that one least-squares solution is exact.
    """
    if model.model not in {rs.distortion.brown_conrady, rs.distortion.inverse_brown_conrady}:
        raise CalibrationError(  # the SDK gives rays of other models as if they had no lens
            f"lens model {model.model} cannot be read from the SDK: "
            "calibrate this camera's intrinsics"
        )
    u, v = np.meshgrid(np.linspace(0, model.width - 1, 17), np.linspace(0, model.height - 1, 13))
    pixels = np.column_stack([u.ravel(), v.ravel()])
    rays = [rs.rs2_deproject_pixel_to_point(model, [float(a), float(b)], 1.0) for a, b in pixels]
    x, y = np.array(rays)[:, 0], np.array(rays)[:, 1]
    seen_x = (pixels[:, 0] - model.ppx) / model.fx
    seen_y = (pixels[:, 1] - model.ppy) / model.fy
    r2 = x * x + y * y
    rows_x = np.column_stack([x * r2, x * r2**2, 2 * x * y, r2 + 2 * x * x, x * r2**3])
    rows_y = np.column_stack([y * r2, y * r2**2, r2 + 2 * y * y, 2 * x * y, y * r2**3])
    rows = np.vstack([rows_x, rows_y])
    moved = np.concatenate([seen_x - x, seen_y - y])
    k, *_ = np.linalg.lstsq(rows, moved, rcond=None)
    worst = float(np.abs(rows @ k - moved).max())
    if worst > _MAX_FIT_ERROR:
        raise CalibrationError(
            f"lens model {model.model} does not fit five coefficients "
            f"({worst * model.fx:.2f} px off): calibrate this camera's intrinsics"
        )
    return (float(k[0]), float(k[1]), float(k[2]), float(k[3]), float(k[4]))


def color_from_depth_of(depth_profile: Any, color_profile: Any) -> PoseEntry:
    """Read the transform from the depth to the colour sensor (the SDK's is column-major)."""
    given = depth_profile.get_extrinsics_to(color_profile)
    rotation = np.array(given.rotation, dtype=np.float64).reshape(3, 3).T
    return PoseEntry.of(Pose(rotation, np.array(given.translation, dtype=np.float64)))
