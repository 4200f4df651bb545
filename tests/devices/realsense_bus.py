"""A bus with virtual cameras that can be plugged in and unplugged, and what drives them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from mr.config import CameraSettings
from mr.devices.realsense import VirtualCamera
from tests.devices.realsense_worker import SIZE, calibration

SMALL = CameraSettings(
    depth_width_px=SIZE[1],
    depth_height_px=SIZE[0],
    color_width_px=SIZE[1],
    color_height_px=SIZE[0],
    silence_s=1.0,
)


class Bus:
    """What the SDK's context is to a source: the list of what is plugged in."""

    def __init__(self) -> None:
        self.cameras: dict[str, VirtualCamera] = {}

    def plug(self, serial: str, fps: int = 60, color_fps: int = 30) -> VirtualCamera:
        model = calibration().model_copy(update={"serial": serial})
        camera = VirtualCamera(model, fps, color_fps=color_fps)
        self.cameras[serial] = camera
        return camera

    def query_devices(self) -> list[Any]:
        return [camera.device for camera in self.cameras.values()]


def flat(counts: int = 7000) -> npt.NDArray[np.uint16]:
    return np.full(SIZE, counts, np.uint16)


def gray() -> npt.NDArray[np.uint8]:
    return np.full((*SIZE, 3), 90, np.uint8)


def until(true: Callable[[], Any], what: str, limit_s: float = 60.0) -> Any:
    """Wait for something to come true; gives what `true` gave."""
    deadline_s = time.monotonic() + limit_s
    while not (found := true()):
        if time.monotonic() > deadline_s:
            raise TimeoutError(what)
        time.sleep(0.002)
    return found
