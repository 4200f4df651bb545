"""Strict settings: unknown keys and values out of bounds are refused by name.

Takes TOML or keyword values, gives frozen pydantic models: what a session and a camera
are told. Leaves the calibrated rig to `mr.rig` and guideline profiles to `mr.scoring`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

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
        of_key = first["loc"][-1:] == ("[key]",)
        parts = first["loc"][:-1] if of_key else first["loc"]
        key = ".".join(str(part) for part in parts) or "as a whole"
        what = "unknown key; remove it or mend its spelling"
        if of_key and "expected" in first.get("ctx", {}):
            known = str(first["ctx"]["expected"]).replace("'", "")
            what = f"unknown key; choose one of {known}"
        elif first["type"] == "missing" and key == "schema":
            (wanted,) = get_args(model.model_fields["schema_id"].annotation)
            what = f'field required: write schema = "{wanted}"'
        elif first["type"] != "extra_forbidden":
            message = first["msg"].removeprefix("Value error, ")
            what = message[:1].lower() + message[1:]
        raise ConfigError(f"{source}: {key}: {what}") from error


class Mode(StrEnum):
    """How compressions and breaths are meant to alternate."""

    HANDS_ONLY = "hands-only"
    C30_2 = "30:2"
    C15_2 = "15:2"
    CONTINUOUS = "continuous"
    """With an advanced airway: compressions do not wait for breaths."""
    VENTILATION_ONLY = "ventilation-only"


LEARNER_ID = r"^learner-[0-9a-f]{8}$"
"""Only ids that this program makes are accepted, so that no name slips into a recording."""


def random_learner_id() -> str:
    """Make a random learner id; names are kept elsewhere, never in a recording."""
    return "learner-" + secrets.token_hex(4)


class Attempt(StrEnum):
    """What a session is for; all but practice are without cues."""

    COLD = "cold"
    """Before practice, to see what is there."""
    PRACTICE = "practice"
    RETEST = "retest"
    """Cold again, after practice or a time without it."""
    ASSESSMENT = "assessment"


Item = Literal["depth", "rate", "recoil", "flow", "hands", "ventilation"]


class Criteria(Strict):
    """What an instructor asks of an assessment; locked when its session starts."""

    schema_id: Literal["mrcpr.criteria/1"] = Field(alias="schema")
    title: str = ""
    score_min_pct: float | None = Field(default=None, gt=0, le=100)
    item_min_pct: dict[Item, Annotated[float, Field(gt=0, le=100)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.score_min_pct is None and not self.item_min_pct:
            raise ValueError("nothing is asked for: give score_min_pct or an item in item_min_pct")
        return self

    @property
    def sha256(self) -> str:
        """Fingerprint of all that is asked for."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def load_criteria(path: Path) -> Criteria:
    """Read an instructor's criteria (`ConfigError` when there are none or wrong ones)."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot read these criteria ({error.strerror}): give a .toml's path"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file ({error})") from error
    criteria = parse(Criteria, data, str(path))
    _are_per_cent(criteria, str(path))
    return criteria


def _are_per_cent(criteria: Criteria, source: str) -> None:
    """Refuse shares of 1 in a file; recordings that were locked with such still open."""
    asked = {f"item_min_pct.{key}": pct for key, pct in criteria.item_min_pct.items()}
    for key, pct in {"score_min_pct": criteria.score_min_pct, **asked}.items():
        if pct is not None and pct <= 1.0:
            raise ConfigError(
                f"{source}: {key}: {pct:g} is {pct:g} %, which all pass: give per cent, over 1 "
                f"and at most 100; for a share of {pct:g} write {100.0 * pct:g}"
            )


class SessionConfig(Strict):
    """What a session is told at its start, and its recording keeps."""

    learner_id: str = Field(default_factory=random_learner_id, pattern=LEARNER_ID)
    mode: Mode = Mode.HANDS_ONLY
    guideline: str = "aha-2025-adult-bls"
    guidance: bool = True
    """True: practice, with cues. False: cold, without cues."""
    level: Literal["full", "reduced", "sound", "none"] = "full"
    """How much practice is helped; it stays as it is for the whole session."""
    attempt: Attempt = Attempt.PRACTICE
    rescuers: Literal[1, 2] = 1
    criteria: Criteria | None = None
    """What an assessment must reach."""
    start_on: Literal["first-compression", "key", "command"] = "first-compression"
    duration_s: float | None = Field(default=None, gt=0)
    stop_after_s: float | None = Field(default=None, ge=5, le=600)
    """Without hands: the session ends when nobody has pushed for so long after its start."""
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

    @model_validator(mode="before")
    @classmethod
    def _one_follows_the_other(cls, data: Any) -> Any:
        """Where only one is said: cues are for practice, and without them it is an assessment."""
        if not isinstance(data, dict):
            return data
        if "attempt" not in data:
            kind = Attempt.PRACTICE if data.get("guidance", True) else Attempt.ASSESSMENT
            data = {**data, "attempt": kind}
        practice = data["attempt"] == Attempt.PRACTICE
        return {"guidance": practice, "level": "full" if practice else "none", **data}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.guidance and self.attempt is not Attempt.PRACTICE:
            raise ValueError("guidance: cues are for practice only")
        if self.level != "none" and not self.guidance:
            raise ValueError(f"level: {self.level} guidance is for practice only: leave it out")
        if self.criteria is not None and self.attempt is not Attempt.ASSESSMENT:
            raise ValueError("criteria: are for an assessment only")
        return self


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
