"""Examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import calibration
import mr
import overlays

OPTIONAL = {"xr", "OpenGL", "moderngl", "glfw", "pyrealsense2", "mediapipe", "miniaudio"}


def test_all_examples() -> None:
    attempted = 0
    for package in (mr, calibration, overlays):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            try:
                module = importlib.import_module(info.name)
            except ModuleNotFoundError as error:
                assert error.name is not None
                assert error.name.split(".")[0] in OPTIONAL
                continue
            result = doctest.testmod(module)
            assert result.failed == 0, info.name
            attempted += result.attempted
    assert attempted > 0
