"""By which steps a calibration came, and how long it holds.

Takes what is written in a rig file, gives the day on which its calibration is due and one line
where it is past that; leaves the numbers themselves to `mr.rig` and measuring to `calibration`.
A rig past its day is told about and never refused: only a technician knows what it went through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, Self

from pydantic import Field, field_validator, model_validator

from mr.config import Strict

RECALIBRATE_AFTER_DAYS = 365
"""Where a rig file says nothing: once a year. Ours; no figure of a real rig's drift exists yet."""
CLOCK_SLACK = timedelta(days=1)
"""Computers' clocks and time zones differ by that much; made later than that is a mistake."""
LATEST = datetime.max.replace(tzinfo=UTC)


class Found(Strict):
    """One number that a procedure found: its value, one-sigma, and the limits it was held to."""

    value: float
    unit: str = ""
    sigma: float | None = None
    low: float | None = None
    high: float | None = None


class Step(Strict):
    """One procedure that was gone through: who, when, with what, what came of it."""

    procedure: str
    subject: str
    """The camera's id, the mannequin's serial number, "headset"."""
    made_utc: str
    software: str
    operator: str = ""
    passed: bool
    n_samples: int = Field(default=0, ge=0)
    found: dict[str, Found] = Field(default_factory=dict)
    inputs_sha256: dict[str, str] = Field(default_factory=dict)
    note: str = ""

    @property
    def key(self) -> str:
        """What a rig file files it under; the same procedure done again takes its place."""
        return f"{self.procedure} {self.subject}"

    @field_validator("made_utc")
    @classmethod
    def _a_date(cls, text: str) -> str:
        return _require_date(text)


class Validity(Strict):
    """How long, and in what surroundings, a calibration is taken to hold."""

    recalibrate_after_days: int | None = Field(default=None, gt=0)
    """After each step. None: `RECALIBRATE_AFTER_DAYS`."""
    valid_until_utc: str | None = None
    """A day after which nothing holds, whenever it was made."""
    temperature_low_c: float | None = None
    temperature_high_c: float | None = None
    """Of the room, as it was while calibrating and should be while training."""

    @field_validator("valid_until_utc")
    @classmethod
    def _a_date(cls, text: str | None) -> str | None:
        return None if text is None else _require_date(text)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.temperature_low_c, self.temperature_high_c
        if low is not None and high is not None and low > high:
            raise ValueError(f"from {low:g} to {high:g} degrees is no range: swap them")
        return self


@dataclass(frozen=True, slots=True)
class Due:
    """When a calibration is due again, and because of what."""

    at: datetime
    why: str


class Made(Protocol):
    """A rig's provenance, as far as it concerns its age."""

    @property
    def made_utc(self) -> str:
        """When the rig was made."""
        ...

    @property
    def kind(self) -> str:
        """Either "live" or "sim"."""
        ...

    @property
    def steps(self) -> Mapping[str, Step]:
        """By which procedures."""
        ...


def read_date(text: str) -> datetime | None:
    """Read an ISO 8601 date or time, as UTC where it names no zone; None when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def due(made: Made, validity: Validity | None) -> Due | None:
    """Tell when the first part of a calibration is due; None when its dates cannot be read.

    A rig without steps (an older file) counts from when it was made; a simulated one has no age.
    """
    if made.kind == "sim":
        return None
    held = validity or Validity()
    days = held.recalibrate_after_days or RECALIBRATE_AFTER_DAYS
    dates = {key: read_date(step.made_utc) for key, step in made.steps.items()}
    known = {
        what: at for what, at in (dates or {"the rig": read_date(made.made_utc)}).items() if at
    }
    if not known:
        return None
    what, oldest = min(known.items(), key=lambda item: item[1])
    # A plan of thousands of years is a plan of never.
    at = LATEST if LATEST - oldest < timedelta(days=days) else oldest + timedelta(days=days)
    last = None if held.valid_until_utc is None else read_date(held.valid_until_utc)
    if last is not None and last < at:
        return Due(last, "the rig file's valid_until_utc")
    return Due(at, f"{days} days after {what}, {oldest:%Y-%m-%d}")


def concerns(made: Made, validity: Validity | None, now: datetime) -> tuple[str, ...]:
    """Say what a session should know of a rig's age and failures; nothing when all is well.

    `now` is the wall time, with its zone.
    """
    if made.kind == "sim":
        return ()
    said = []
    failed = [step.key for step in made.steps.values() if not step.passed]
    if failed:
        said.append(f"did not keep its limits when calibrated: {', '.join(failed)}")
    found = due(made, validity)
    if found is None:
        said.append(f"its date {made.made_utc!r} cannot be read, so its age is not known")
    elif found.at < now:
        days = (now - found.at).days
        late = "today" if days == 0 else f"{days} day{'s' if days > 1 else ''} ago"
        said.append(f"its calibration was due {late} ({found.why}): recalibrate")
    dates = [
        read_date(text) for text in (made.made_utc, *(s.made_utc for s in made.steps.values()))
    ]
    if any(at is not None and at > now + CLOCK_SLACK for at in dates):
        said.append("it was calibrated after today: is this computer's clock right?")
    return tuple(said)


def _require_date(text: str) -> str:
    if read_date(text) is None:
        raise ValueError(f"{text!r} is no date in ISO 8601 (2026-11-30T08:15:00+00:00)")
    return text
