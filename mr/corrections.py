"""What an instructor corrected in a session: its bounds, its pauses, its zero.

Takes JSON or keyword values, gives a frozen, checked `Corrections`; leaves judging a recording
with them to `mr.session.corrected`, and who made them and when to `mr.review`. The recording
itself never changes. Documented in docs/guides/instructor/corrections.md.

All times are seconds from the start of the *original* analysis, below zero before it: so
corrections do not move when a bound is among them, and a later set can take an earlier one's
place without arithmetic.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from mr.config import Strict, parse
from mr.errors import ConfigError

CORRECTIONS_SCHEMA = "mrcpr.corrections/1"
DAY_S = 86400.0
MAX_PAUSES = 500
MAX_FILE_BYTES = 1 << 20

Becomes = Literal["ventilation", "hands_off", "hands_resting", "excused"]
"""What a span becomes: a pause of this kind, or time that is not judged."""


def _can_be_shown(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("say why in one line of words, without control characters")
    return text


Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_can_be_shown)]
Seconds = Annotated[float, Field(ge=-DAY_S, le=DAY_S, allow_inf_nan=False)]


class BoundsCorrection(Strict):
    """Where what is judged begins and ends; None: where it did."""

    start_s: Seconds | None = None
    end_s: Seconds | None = None
    reason: Reason

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.start_s is None and self.end_s is None:
            raise ValueError("neither start_s nor end_s is given: give one, or leave bounds out")
        if self.end_s is not None and self.end_s <= (self.start_s or 0.0):
            raise ValueError(
                f"end_s {self.end_s:g} is not after the start at {self.start_s or 0.0:g} s"
            )
        return self


class PauseCorrection(Strict):
    """What a span was.

    As `ventilation`, `hands_off` or `hands_resting` it says that nobody pressed there: the
    pause around it, from the release before it to the onset after it, has this kind, and what
    was taken for a compression in it is none. As `excused` (the instructor stopped the learner,
    a sensor was moved) exactly this span is time that was not measured.
    """

    start_s: Seconds
    end_s: Seconds
    becomes: Becomes
    reason: Reason

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end_s <= self.start_s:
            raise ValueError(f"end_s {self.end_s:g} is not after start_s {self.start_s:g}")
        return self


class ZeroCorrection(Strict):
    """A wrong zero: `zero_mm` is taken off each depth, in a part of the session or in all."""

    zero_mm: float = Field(ge=-50.0, le=50.0, allow_inf_nan=False)
    from_s: Seconds | None = None
    """None: from the recording's first sample."""
    to_s: Seconds | None = None
    """None: to its last one."""
    reason: Reason

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.zero_mm == 0.0:
            raise ValueError("zero_mm 0 corrects nothing: leave zero out")
        if self.from_s is not None and self.to_s is not None and self.to_s <= self.from_s:
            raise ValueError(f"to_s {self.to_s:g} is not after from_s {self.from_s:g}")
        return self


class Corrections(Strict):
    """All that was corrected in one session; takes the place of any set before it."""

    schema_id: Literal["mrcpr.corrections/1"] = Field(default="mrcpr.corrections/1", alias="schema")
    bounds: BoundsCorrection | None = None
    pauses: tuple[PauseCorrection, ...] = Field(default=(), max_length=MAX_PAUSES)
    """In the order of time, whatever order they were given in."""
    zero: ZeroCorrection | None = None

    @field_validator("pauses")
    @classmethod
    def _apart(cls, pauses: tuple[PauseCorrection, ...]) -> tuple[PauseCorrection, ...]:
        ordered = tuple(sorted(pauses, key=lambda p: (p.start_s, p.end_s)))
        for before, after in itertools.pairwise(ordered):
            if after.start_s < before.end_s:
                raise ValueError(
                    f"{_span(before)} and {_span(after)} overlap: correct each time once"
                )
        return ordered

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to correct."""
        return self.bounds is None and not self.pauses and self.zero is None

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values; `Corrections.of_json` makes the same of them again."""
        return dict(self.model_dump(mode="json", by_alias=True))

    @property
    def sha256(self) -> str:
        """Fingerprint of all that is corrected, with the reasons."""
        text = json.dumps(self.to_json(), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @staticmethod
    def of_json(data: Any, source: str = "corrections") -> Corrections:
        """Read JSON values; `source` names them in errors (`ConfigError`)."""
        if not isinstance(data, dict) or data.get("schema") != CORRECTIONS_SCHEMA:
            raise ConfigError(
                f'{source}: no corrections: "schema" has to be "{CORRECTIONS_SCHEMA}"'
            )
        return parse(Corrections, data, source)


NOTHING_CORRECTED = Corrections()


def load_corrections(path: Path) -> Corrections:
    """Read a file of corrections (`ConfigError` when there is none or a wrong one)."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot read these corrections ({error.strerror}): give a .json's path"
        ) from error
    if len(text) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: larger than 1 MiB, which no corrections are")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a JSON file ({error})") from error
    return Corrections.of_json(data, str(path))


def _span(pause: PauseCorrection) -> str:
    return f"the span from {pause.start_s:g} to {pause.end_s:g} s"
