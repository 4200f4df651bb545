"""What a camera is asked for; the defaults suit a chest at 0.5 to 0.7 m."""

from __future__ import annotations

from pydantic import Field

from mr.config import Strict


class CameraSettings(Strict):
    """Sizes, rates and exposure of a live camera.

    The exposure is fixed and short because a moving hand smears and automatic exposure
    halves the rate in low light; the depth unit is fine because the default of 1 mm is
    coarser than the sensor at this distance.
    """

    depth_width_px: int = Field(default=848, gt=0)
    depth_height_px: int = Field(default=480, gt=0)
    depth_fps: int = Field(default=60, gt=0)
    color: bool = True
    color_width_px: int = Field(default=848, gt=0)
    color_height_px: int = Field(default=480, gt=0)
    color_fps: int = Field(default=30, gt=0)
    exposure_us: int | None = Field(default=8000, gt=0, le=33000)
    """None leaves the exposure to the camera."""
    depth_unit_m: float = Field(default=0.0001, gt=0, le=0.001)
    silence_s: float = Field(default=5.0, gt=0)
    """A live camera that is silent for longer is lost."""
