"""Strict settings: unknown keys and values out of bounds are refused by name.

Takes TOML or keyword values, gives frozen pydantic models: what a session and a camera
are told. Leaves the calibrated rig to `mr.rig` and guideline profiles to `mr.scoring`.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mr.errors import ConfigError


class Strict(BaseModel):
    """Base of every setting: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


Model = TypeVar("Model", bound=Strict)


def parse(model: type[Model], data: dict[str, Any], source: str) -> Model:
    """Validate `data` into `model`; `source` names the file in the error.

    Raises
    ------
    ConfigError
        One line that names the source, the key and what is wrong with it.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # A misspelt key is missing, too: name the misspelling.
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        key = ".".join(str(part) for part in first["loc"]) or "as a whole"
        what = "unknown key; remove it or mend its spelling"
        if first["type"] != "extra_forbidden":
            message = first["msg"].removeprefix("Value error, ")
            what = message[:1].lower() + message[1:]
        raise ConfigError(f"{source}: {key}: {what}") from error


class Mode(StrEnum):
    """How compressions and breaths are meant to alternate."""

    HANDS_ONLY = "hands-only"
    C30_2 = "30:2"
    C15_2 = "15:2"
    CONTINUOUS = "continuous"


LEARNER_ID = r"^learner-[0-9a-f]{8}$"
"""Only ids that this program makes are accepted, so that no name slips into a recording."""


def random_learner_id() -> str:
    """Make a random learner id; names are kept elsewhere, never in a recording."""
    return "learner-" + secrets.token_hex(4)


class SessionConfig(Strict):
    """What a session is told at its start, and its recording keeps."""

    learner_id: str = Field(default_factory=random_learner_id, pattern=LEARNER_ID)
    mode: Mode = Mode.HANDS_ONLY
    guideline: str = "aha-2025-adult-bls"
    guidance: bool = True
    """True: practice, with cues. False: assessment, cold, without cues."""
    start_on: Literal["first-compression", "key", "command"] = "first-compression"
    duration_s: float | None = Field(default=None, gt=0)
    storage_level: Literal[1, 2, 3] = 1
    out_dir: Path = Path("recordings")
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}$")
    """What the learner reads and hears."""
    prompts: bool = True
    """Written advice; False leaves the measured values."""
    voice: bool = False
    """Spoken advice: rare, and never in an assessment."""
    metronome: bool = True
    metronome_cpm: float | None = Field(default=None, ge=20, le=300)
    """None: the middle of the guideline's band. It adapts to nothing."""
    arms: bool = False
    """Experimental: look at elbows and shoulders, too. Ref: docs/decisions/0014-arms.md."""


Preset = Literal["default", "hand", "high-accuracy", "high-density", "medium-density"]


class CameraSettings(Strict):
    """What a depth camera is asked for; kept in the rig file, written and read back.

    The exposure is fixed and short because a moving hand smears and automatic exposure
    halves the rate in low light; the depth unit is fine because the usual 1 mm is coarser
    than the sensor at 0.5 to 0.7 m. None leaves a value as the camera has it.
    """

    depth_width_px: int = Field(default=848, gt=0)
    depth_height_px: int = Field(default=480, gt=0)
    depth_fps: int = Field(default=60, gt=0)
    color: bool = True
    """False: depth only, for measuring without a picture."""
    color_width_px: int = Field(default=848, gt=0)
    color_height_px: int = Field(default=480, gt=0)
    color_fps: int = Field(default=30, gt=0)
    preset: Preset | None = None
    """The maker's set of values; written first, for it changes the others."""
    exposure_us: int | None = Field(default=8000, gt=0, le=33000)
    gain: float | None = Field(default=None, gt=0)
    laser: bool | None = True
    """The infrared pattern without which bare skin and a plain shirt have no texture."""
    laser_power_mw: float | None = Field(default=None, gt=0)
    depth_unit_m: float = Field(default=0.0001, gt=0, le=0.001)
    silence_s: float = Field(default=5.0, gt=0)
    """A live camera whose depth is silent for longer is lost."""
