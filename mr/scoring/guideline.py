"""Guideline profiles: what a learner is judged by, each value with its source.

Takes a profile's id (shipped in `mr.scoring.guidelines`) or the path of a user's own
TOML, gives a `Guideline`; leaves the judging to `mr.scoring.score`. A profile is keyed
by body, year, age group, provider level, rescuers and airway mode. A wrong one is
refused with the key and the bound.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from mr.config import Mode, Strict, parse
from mr.errors import ConfigError
from mr.types import Targets

Standing = Literal["seen", "seen-secondary", "recalled", "ours"]
"""How well a value is founded: read in the named source; on a page about it; from
memory; or chosen by this project where the guidelines are silent."""


class Sourced(Strict):
    """A value with where it comes from; shown beside the number it judges."""

    source: str = Field(min_length=3)
    standing: Standing


class DepthTarget(Sourced):
    """Compression depth; without `high_mm` the target is one-sided."""

    low_mm: float = Field(gt=0, le=100)
    high_mm: float | None = Field(default=None, gt=0, le=100)
    zero_at_mm: float = Field(gt=0)
    """How far outside the band a compression's depth earns nothing."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high_mm is not None and self.high_mm <= self.low_mm:
            raise ValueError(f"high_mm ({self.high_mm}) must be above low_mm ({self.low_mm})")
        return self


class RateTarget(Sourced):
    """Compression rate within compression periods."""

    low_cpm: float = Field(gt=0, le=200)
    high_cpm: float = Field(gt=0, le=200)
    zero_at_cpm: float = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high_cpm <= self.low_cpm:
            raise ValueError(f"high_cpm ({self.high_cpm}) must be above low_cpm ({self.low_cpm})")
        return self


class RecoilTarget(Sourced):
    """Recoil, judged by displacement left at release (the profile's one criterion)."""

    release_max_mm: float = Field(ge=0, le=50)
    zero_at_mm: float = Field(gt=0)


class FlowTarget(Sourced):
    """Chest compression fraction, per mode, and the longest pause that is accepted."""

    ccf_min_pct: dict[Mode, float]
    ccf_zero_pct: float = Field(ge=0, lt=100)
    pause_max_s: float = Field(gt=0)


class HandTarget(Sourced):
    """How far the hands may be from the compression point."""

    offset_max_mm: float = Field(gt=0)
    zero_at_mm: float = Field(gt=0)


class VentilationTarget(Sourced):
    """Volume of one breath."""

    low_ml: float = Field(gt=0)
    high_ml: float = Field(gt=0)
    zero_at_ml: float = Field(gt=0)


class Definitions(Sourced):
    """What counts as a compression and as a pause."""

    min_excursion_mm: float = Field(gt=0)
    pause_threshold_s: float = Field(gt=0)


class Weights(Sourced):
    """What each sub-skill is worth; shares of the items that the mode judges."""

    depth: float = Field(ge=0)
    rate: float = Field(ge=0)
    recoil: float = Field(ge=0)
    flow: float = Field(ge=0)
    hands: float = Field(ge=0)
    ventilation: float = Field(ge=0)


class Guideline(Strict):
    """One profile: who is compressed, by whom, and what good means."""

    schema_id: Literal["mrcpr.guideline/1"] = Field(alias="schema")
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    version: int = Field(ge=1)
    title: str
    body: str
    year: int
    age_group: Literal["adult", "child", "infant"]
    provider_level: Literal["lay", "BLS", "ALS"]
    rescuers: tuple[int, ...]
    modes: tuple[Mode, ...]
    definitions: Definitions
    depth: DepthTarget
    rate: RateTarget
    recoil: RecoilTarget
    flow: FlowTarget
    hands: HandTarget
    ventilation: VentilationTarget
    weights: Weights

    @property
    def targets(self) -> Targets:
        """The bands that a view shows."""
        return Targets(
            depth_low_mm=self.depth.low_mm,
            depth_high_mm=self.depth.high_mm,
            rate_low_cpm=self.rate.low_cpm,
            rate_high_cpm=self.rate.high_cpm,
            release_max_mm=self.recoil.release_max_mm,
            hand_offset_max_mm=self.hands.offset_max_mm,
        )

    def require_mode(self, mode: Mode) -> None:
        """Refuse a mode that this profile does not judge (`ConfigError`)."""
        if mode not in self.modes or mode not in self.flow.ccf_min_pct:
            known = ", ".join(m.value for m in self.modes)
            raise ConfigError(f"guideline {self.id}: no mode {mode.value!r}: choose one of {known}")

    def require_body(self, age_group: str) -> None:
        """Refuse a mannequin of another age group (`ConfigError`)."""
        if age_group != self.age_group:
            raise ConfigError(
                f"guideline {self.id} is for an {self.age_group} but the mannequin is a "
                f"{age_group}: choose a profile for a {age_group}"
            )


def shipped_guidelines() -> tuple[str, ...]:
    """List the ids of the profiles in the package."""
    folder = resources.files("mr.scoring.guidelines")
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    )


def load_guideline(name: str) -> Guideline:
    """Load a profile by its id, or a user's own by the path of its TOML file.

    Raises
    ------
    ConfigError
        When there is no such profile, or it has a wrong key or bound.
    """
    if name.endswith(".toml"):
        path = Path(name)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "no text"
            raise ConfigError(
                f"{name}: cannot read this guideline profile ({why}): give a .toml's path"
            ) from error
    elif name in shipped_guidelines():
        text = resources.files("mr.scoring.guidelines").joinpath(f"{name}.toml").read_text("utf-8")
    else:
        known = ", ".join(shipped_guidelines())
        raise ConfigError(f"no guideline profile {name!r}: choose one of {known}, or give a .toml")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not a TOML file ({error})") from error
    return parse(Guideline, data, name)
