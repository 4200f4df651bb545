"""The kit as a form: texts that a technician types, and the kit that they mean.

Takes a `Kit`, gives a text for each field, and back; what is no kit is refused with the field's
own words. Leaves the fields' boxes to `calibration.page.panels`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from calibration.kit import Kit
from mr.errors import ConfigError

RULER_MM = 100.0
RULER_OFF_MM = 10.0
"""A ruler that came out so far off was read wrongly, or is no ruler of this print."""


@dataclass(frozen=True, slots=True)
class Field:
    """One box of the form."""

    key: str
    """Of `Kit`; with ``.0`` or ``.1`` one of a pair of rulers."""
    label: str
    hint: str
    kind: str
    """"text", "ruler", "number", "maybe" (a number, or nothing) or "list"."""


FIELDS = (
    Field("operator", "operator", "name or staff number: goes into the report", "text"),
    Field("board.0", "board: ruler across, mm", "the printed 100 mm ruler, as measured", "ruler"),
    Field("board.1", "board: ruler down, mm", "the printed 100 mm ruler, as measured", "ruler"),
    Field(
        "registration_print_scale.0",
        "registration board: across, mm",
        "the printed 100 mm ruler, as measured",
        "ruler",
    ),
    Field(
        "registration_print_scale.1",
        "registration board: down, mm",
        "the printed 100 mm ruler, as measured",
        "ruler",
    ),
    Field("plates_print_scale", "marker plates: ruler, mm", "as measured", "ruler"),
    Field("step_mm", "block under the board, mm", "lifts the board for the depth camera", "number"),
    Field("blocks_mm", "gauge blocks, mm", "depths of the chest: 0, 10, 20 …", "list"),
    Field("check_block_mm", "block of the daily check, mm", "one of them", "number"),
    Field("masses_kg", "masses, kg", "for the force cells: 5, 10, 20 …", "list"),
    Field("syringe_ml", "syringe, mL", "the calibration syringe's volume", "number"),
    Field("second_syringe_ml", "second syringe, mL", "empty: none", "maybe"),
)
LABELS = {field.key.split(".")[0]: field.label for field in reversed(FIELDS)}


def texts_of(kit: Kit) -> dict[str, str]:
    """Write a kit into the form's boxes, by the fields' keys."""
    return {field.key: _text(field, _value(kit, field)) for field in FIELDS}


def kit_of(texts: Mapping[str, str], before: Kit) -> Kit:
    """Read the form; what it has no box for stays as it was before.

    Raises
    ------
    ConfigError
        When a box has no number, or one that cannot be; the box is named.
    """
    read = {field.key: _read(field, texts[field.key]) for field in FIELDS}
    data = before.model_dump()
    data["board"]["print_scale"] = (read.pop("board.0"), read.pop("board.1"))
    across, down = (read.pop(f"registration_print_scale.{k}") for k in (0, 1))
    data |= read | {"registration_print_scale": (across, down)}
    try:
        return Kit.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        what = first["msg"].removeprefix("Value error, ")
        label = LABELS.get(str(first["loc"][0]) if first["loc"] else "", "the kit")
        raise ConfigError(f"{label}: {what[:1].lower()}{what[1:]}") from error


def _value(kit: Kit, field: Field) -> Any:
    if field.key.startswith("board."):
        return kit.board.print_scale[int(field.key[-1])]
    name, _, k = field.key.partition(".")
    value = getattr(kit, name)
    return value[int(k)] if k else value


def _text(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if field.kind == "ruler":
        return f"{RULER_MM * value:.8g}"
    if field.kind == "list":
        return ", ".join(f"{v:.8g}" for v in value)
    return str(value) if field.kind == "text" else f"{value:.8g}"


def _read(field: Field, text: str) -> Any:
    text = text.strip()
    if field.kind == "text":
        return text
    if field.kind == "maybe" and not text:
        return None
    if field.kind == "list":
        parts = text.replace(";", " ").replace(", ", " ").split()
        if not parts:
            raise ConfigError(f"{field.label}: give at least one number ({field.hint})")
        return tuple(_number(field, part.strip(",")) for part in parts)
    value = _number(field, text)
    if field.kind != "ruler":
        return value
    if abs(value - RULER_MM) > RULER_OFF_MM:
        raise ConfigError(
            f"{field.label}: a ruler of 100 mm cannot have come out {value:g} mm long: measure it "
            "again, in millimetres"
        )
    return round(value / RULER_MM, 10)  # 0.9951, not a hair beside it


def _number(field: Field, text: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f"{field.label}: {text!r} is no number ({field.hint})")
    return value
