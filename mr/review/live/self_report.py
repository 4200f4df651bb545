"""What a rig reports of itself now and then: its parts, its daily checks, how it drifts.

Takes what lies beside a rig's file, gives one strict message, and back: the rig writes it and the
server reads it with the same model. Nothing in it is about a person. Numbers are finite and lists
have an end: a report comes from a machine that somebody may have taken over.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from mr.config import Strict

PATH = "/api/rigs/report"
MOST_CHECKS, MOST_DRIFTS, MOST_FAULTS = 60, 60, 60
Words = Annotated[str, Field(max_length=500)]
Short = Annotated[str, Field(max_length=100)]
Number = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]


class Part(Strict):
    """One device of a rig, as it was when it was last open."""

    what: Short
    """"mannequin", "camera front"."""
    model: Short = ""
    serial: Short = ""
    firmware: Short = ""


class RigSheet(Strict):
    """Who a rig is now."""

    software: Short
    kind: Literal["live", "sim"]
    rig_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    parts: Annotated[tuple[Part, ...], Field(max_length=20)] = ()
    parts_utc: AwareDatetime | None = None
    """When its devices were last open; None: since it joined, never."""
    calibrated_utc: Short = ""
    due_utc: AwareDatetime | None = None
    """When its calibration is due; None: it has no age, or none that is known."""
    due_why: Words = ""
    concerns: Annotated[tuple[Words, ...], Field(max_length=20)] = ()
    foreseen: Annotated[tuple[Words, ...], Field(max_length=20)] = ()
    """What its drift foretells, in words."""


class CheckedItem(Strict):
    """One number of a daily check against its limits."""

    item: Short
    value: Number | None
    """None: it could not be measured."""
    unit: Annotated[str, Field(max_length=20)]
    sigma: Number | None = None
    low: Number | None = None
    high: Number | None = None
    passed: bool
    why: Words = ""


class DailyCheck(Strict):
    """One daily check."""

    made_utc: AwareDatetime
    passed: bool
    text: Words = ""
    """What did not pass."""
    items: Annotated[tuple[CheckedItem, ...], Field(max_length=80)] = ()
    """Of the newest only."""


class DriftValue(Strict):
    """One reading."""

    topic: Short
    subject: Short
    value: Number
    sigma: Number
    unit: Annotated[str, Field(max_length=20)]
    warn_at: Number | None = None
    limit: Number | None = None
    advice: Words = ""


class DriftRead(Strict):
    """What one session or check told of a rig's drift."""

    made_utc: AwareDatetime
    source: Literal["session", "check"]
    rig_sha256: Annotated[str, Field(max_length=64)]
    readings: Annotated[tuple[DriftValue, ...], Field(max_length=80)]


class Fault(Strict):
    """Something that went wrong on a rig."""

    made_utc: AwareDatetime
    words: Words


class SelfReport(Strict):
    """All of it; what the server has already is not kept twice."""

    sheet: RigSheet
    checks: Annotated[tuple[DailyCheck, ...], Field(max_length=MOST_CHECKS)] = ()
    drift: Annotated[tuple[DriftRead, ...], Field(max_length=MOST_DRIFTS)] = ()
    faults: Annotated[tuple[Fault, ...], Field(max_length=MOST_FAULTS)] = ()
