"""A technician at a real rig: asks for what the guides want, and reads the devices.

Takes the choices of a command line, gives candidates for each step from live devices, or from
recorded camera files in their place; leaves what is taken to the guides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from calibration.boards.charuco import find_board
from calibration.mannequin.station import StationsGuide
from calibration.plan import Task
from calibration.steps.step import Setup
from mr.cli.calibrate_capture import stations
from mr.cli.calibrate_devices import Reader, pictures, read_station, read_stroke
from mr.cli.calibrate_screen import Screen
from mr.cli.sources import MANNEQUIN_HZ, driver_of, find_port
from mr.clock.host import host_now_ns
from mr.devices.mannequin.source import MannequinSource
from mr.devices.realsense.source import RealSenseSource
from mr.errors import CalibrationError
from mr.rig import CameraModel
from mr.types import ColorFrame, Device, FloatArray

Grey = np.ndarray[Any, np.dtype[np.uint8]]


class LiveTechnician:
    """Reads real devices for each step; they are open only while it lasts.

    Parameters
    ----------
    port
        Of the mannequin; None: the only one.
    camera_files
        Recordings that play in place of cameras, by camera id.
    """

    def __init__(self, port: str | None, camera_files: Mapping[str, Path]) -> None:
        self._port = port
        self._files = dict(camera_files)
        self._ways: dict[str, Callable[[Setup, Any, Screen], Iterable[Any]]] = {
            "intrinsics": self._intrinsics,
            "chest": self._stations,
            "cells": self._stations,
            "airway": self._strokes,
        }

    def candidates(self, task: Task, setup: Setup, guide: Any, screen: Screen) -> Iterable[Any]:
        """Give candidates for one task."""
        way = self._ways.get(task.procedure.name)
        if way is None:
            raise CalibrationError(f"{task.procedure.name} cannot be captured yet")
        return way(setup, guide, screen)

    # --- the mannequin ----------------------------------------------------------------

    def _stations(self, setup: Setup, guide: StationsGuide[Any], screen: Screen) -> Iterator[Any]:
        yield from self._read_by(setup, guide, screen, read_station)

    def _strokes(self, setup: Setup, guide: StationsGuide[Any], screen: Screen) -> Iterator[Any]:
        yield from self._read_by(setup, guide, screen, read_stroke)

    def _read_by(
        self,
        setup: Setup,
        guide: StationsGuide[Any],
        screen: Screen,
        read: Callable[[Reader, float], tuple[FloatArray, FloatArray]],
    ) -> Iterator[Any]:
        with MannequinSource(find_port(self._port), sample_rate_hz=MANNEQUIN_HZ) as source:
            require_serial("mannequin", source.info.serial, setup.mannequin.serial)
            reader, ticks_per_s = Reader([source]), source.info.streams[0].ticks_per_s
            yield from stations(guide, lambda: read(reader, ticks_per_s), screen)

    # --- cameras ----------------------------------------------------------------------

    def _intrinsics(self, setup: Setup, guide: Any, screen: Screen) -> Iterator[Any]:
        del guide, screen
        with ExitStack() as stack:
            reader = self._opened(stack, {setup.subject: setup.camera})
            for picture in pictures(reader, [setup.subject]):
                yield find_board(grey_of(picture.color), setup.kit.board)

    def _opened(self, stack: ExitStack, cameras: Mapping[str, CameraModel]) -> Reader:
        """Open cameras, or the files in their place, refusing other serial numbers."""
        devices: list[Device] = []
        for camera_id, camera in cameras.items():
            if camera_id in self._files:
                device: Device = RealSenseSource.file(self._files[camera_id], camera_id)
            else:
                device = driver_of(camera.driver)(camera, camera_id, host_now_ns)
            stack.enter_context(device)
            require_serial(f"camera {camera_id}", device.info.serial, camera.serial)
            devices.append(device)
        return Reader(devices)


def grey_of(frame: ColorFrame) -> Grey:
    """Give a colour frame in grey."""
    return np.asarray(cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def require_serial(what: str, found: str, wanted: str) -> None:
    """Refuse another device than the rig's."""
    if found != wanted:
        raise CalibrationError(
            f"{what}: this is {found}, and the rig's is {wanted}: connect that one, or begin a "
            "rig of its own with `mrcpr calibrate new`"
        )
