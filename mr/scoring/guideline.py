"""Guideline profiles: what a learner is judged by, each value with its source.

Takes a profile's tables, gives a `Guideline`; leaves finding and reading them to
`mr.scoring.profiles` and the judging to `mr.scoring.score`. A profile is keyed by body,
year, age group, provider level, rescuers and airway mode. A wrong one is refused with the
key and the bound.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from mr.config import Mode, Strict
from mr.errors import ConfigError
from mr.types import Targets

Standing = Literal["seen", "seen-secondary", "recalled", "ours"]
"""How well a value is founded: read in the named source; on a page about it; from
memory; or chosen by this project where the guidelines are silent."""
A = {"adult": "an adult", "child": "a child", "infant": "an infant"}


def _ordered(low: float | None, high: float | None, name: str, unit: str) -> None:
    if low is not None and high is not None and high <= low:
        raise ValueError(f"{name}high_{unit} ({high:g}) must be above {name}low_{unit} ({low:g})")


class Sourced(Strict):
    """A value with where it comes from; shown beside the number it judges."""

    source: str = Field(min_length=3)
    standing: Standing


class ModesByRescuers(Sourced):
    """The modes that one rescuer and two rescuers are judged in."""

    one: tuple[Mode, ...]
    two: tuple[Mode, ...]


class DepthTarget(Sourced):
    """Compression depth; without `high_mm` the target is one-sided.

    The least depth is either `low_mm`, or `low_ap_share` of the chest's AP diameter, which
    is the mannequin's own (`Guideline.for_chest`).
    """

    model_config = ConfigDict(populate_by_name=True)

    fixed_low_mm: float | None = Field(default=None, gt=0, le=100, alias="low_mm")
    low_ap_share: float | None = Field(default=None, gt=0, lt=1)
    chest_ap_mm: float | None = Field(default=None, exclude=True)
    """Not of the profile: the mannequin's, once it is known."""
    high_mm: float | None = Field(default=None, gt=0, le=100)
    zero_at_mm: float = Field(gt=0)
    """How far outside the band a compression's depth earns nothing."""

    @model_validator(mode="after")
    def _one_least_depth(self) -> Self:
        if (self.fixed_low_mm is None) == (self.low_ap_share is None):
            raise ValueError("needs either low_mm or low_ap_share")
        _ordered(self.fixed_low_mm, self.high_mm, "", "mm")
        return self

    @property
    def low_mm(self) -> float:
        """Least depth, on the mannequin at hand where it is a share of its chest."""
        if self.fixed_low_mm is not None:
            return self.fixed_low_mm
        if self.low_ap_share is None or self.chest_ap_mm is None:
            raise ConfigError(
                "depth.low_ap_share: the chest's AP diameter is not known: judge on a rig whose "
                "mannequin has chest_ap_m, or by a profile of your own with depth.low_mm"
            )
        return round(self.low_ap_share * self.chest_ap_mm, 1)


class RateTarget(Sourced):
    """Compression rate within compression periods."""

    low_cpm: float = Field(gt=0, le=200)
    high_cpm: float = Field(gt=0, le=200)
    zero_at_cpm: float = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _ordered(self.low_cpm, self.high_cpm, "", "cpm")
        return self


class RecoilTarget(Sourced):
    """Recoil, by what is left at release: displacement or force, one of them counts."""

    criterion: Literal["displacement", "force"] = "displacement"
    release_max_mm: float = Field(ge=0, le=50)
    zero_at_mm: float = Field(gt=0)
    release_max_n: float | None = Field(default=None, gt=0, le=200)
    zero_at_n: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _force_is_given(self) -> Self:
        if self.criterion == "force" and (self.release_max_n is None or self.zero_at_n is None):
            raise ValueError('criterion "force" needs release_max_n and zero_at_n')
        return self


class FlowTarget(Sourced):
    """Chest compression fraction, per mode, and the longest pause that is accepted."""

    ccf_min_pct: dict[Mode, float]
    ccf_zero_pct: float = Field(ge=0, lt=100)
    pause_max_s: float = Field(gt=0)

    @model_validator(mode="after")
    def _above_zero(self) -> Self:
        for mode, least_pct in self.ccf_min_pct.items():
            if not self.ccf_zero_pct < least_pct <= 100.0:
                raise ValueError(
                    f'ccf_min_pct."{mode}" ({least_pct:g}) must be above ccf_zero_pct '
                    f"({self.ccf_zero_pct:g}) and at most 100"
                )
        return self


class ShockTarget(Sourced):
    """The pause around a shock."""

    pause_max_s: float = Field(gt=0)
    zero_at_s: float = Field(gt=0)


class HandTarget(Sourced):
    """How far the hands may be from the compression point."""

    offset_max_mm: float = Field(gt=0)
    zero_at_mm: float = Field(gt=0)


class VentilationTarget(Sourced):
    """One breath: its volume, how long it flows, the time since the breath before.

    The time between breaths is judged where compressions do not wait for them. A part that
    is not given is not judged.
    """

    volume_low_ml: float | None = Field(default=None, gt=0)
    volume_high_ml: float | None = Field(default=None, gt=0)
    volume_zero_at_ml: float = Field(default=300.0, gt=0)
    inspiration_min_s: float = Field(gt=0)
    """Faster is too fast; slower costs nothing here."""
    inspiration_zero_at_s: float = Field(gt=0)
    interval_low_s: float | None = Field(default=None, gt=0)
    interval_high_s: float | None = Field(default=None, gt=0)
    interval_zero_at_s: float = Field(default=3.0, gt=0)

    @model_validator(mode="after")
    def _bands(self) -> Self:
        _ordered(self.volume_low_ml, self.volume_high_ml, "volume_", "ml")
        _ordered(self.interval_low_s, self.interval_high_s, "interval_", "s")
        if (self.interval_low_s is None) != (self.interval_high_s is None):
            raise ValueError("needs both interval_low_s and interval_high_s, or neither")
        return self


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

    schema_id: Literal["mrcpr.guideline/2"] = Field(alias="schema")
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    version: int = Field(ge=1)
    title: str
    body: str
    year: int
    age_group: Literal["adult", "child", "infant"]
    provider_level: Literal["lay", "BLS", "ALS"]
    modes: ModesByRescuers
    definitions: Definitions
    depth: DepthTarget
    rate: RateTarget
    recoil: RecoilTarget
    flow: FlowTarget
    shock: ShockTarget | None = None
    """None: the pause around a shock is told and not judged."""
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

    def require_mode(self, mode: Mode, rescuers: int = 1) -> None:
        """Refuse a mode that this profile does not judge so many rescuers in (`ConfigError`)."""
        modes = self.modes.one if rescuers == 1 else self.modes.two
        needs_ccf = mode is not Mode.VENTILATION_ONLY
        if mode not in modes or (needs_ccf and mode not in self.flow.ccf_min_pct):
            known = ", ".join(m.value for m in modes)
            word = "one rescuer" if rescuers == 1 else f"{rescuers} rescuers"
            raise ConfigError(
                f"guideline {self.id}: no mode {mode.value!r} for {word}: choose one of {known}"
            )

    def require_body(self, age_group: str) -> None:
        """Refuse a mannequin of another age group (`ConfigError`)."""
        if age_group != self.age_group:
            raise ConfigError(
                f"guideline {self.id} is for {A[self.age_group]} but the mannequin is "
                f"{A[age_group]}: choose a profile for {A[age_group]}"
            )

    def for_chest(self, chest_ap_mm: float | None) -> Self:
        """Give the profile on a chest of this AP diameter; refuse one that does not fit it.

        Raises
        ------
        ConfigError
            When a share of the diameter is wanted and it is unknown (None), or that share
            is not below the deepest that is allowed.
        """
        if self.depth.low_ap_share is None:
            return self
        depth = self.depth.model_copy(update={"chest_ap_mm": chest_ap_mm})
        try:
            _ordered(depth.low_mm, depth.high_mm, "", "mm")
        except (ConfigError, ValueError) as error:
            raise ConfigError(f"guideline {self.id}: {error}") from error
        return self.model_copy(update={"depth": depth})
