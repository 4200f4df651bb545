"""Which step does which procedure of the plan."""

from __future__ import annotations

from typing import Any

from calibration.steps.bench import AirwayStep, CellsStep, ChestStep
from calibration.steps.cameras import DepthStep, IntrinsicsStep, WorldStep
from calibration.steps.headset import HeadsetStep
from calibration.steps.motion import MotionStep
from calibration.steps.place import PlatesStep, RestStep
from calibration.steps.step import Step

STEPS: dict[str, Step[Any]] = {
    "intrinsics": IntrinsicsStep(),
    "depth": DepthStep(),
    "world": WorldStep(),
    "plates": PlatesStep(),
    "rest": RestStep(),
    "chest": ChestStep(),
    "cells": CellsStep(),
    "airway": AirwayStep(),
    "motion": MotionStep(),
    "headset": HeadsetStep(),
}


def step_of(name: str) -> Step[Any]:
    """Give the step of a procedure of the plan."""
    return STEPS[name]
