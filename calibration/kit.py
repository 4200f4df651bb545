"""What a technician has at hand: the boards as printed, blocks, masses, the syringe.

Takes a TOML file beside the rig file (``rig.kit.toml``), gives what every procedure believes of
the things it uses, with their uncertainty; leaves using them to the procedures. A kit is
measured once and used for every rig of a lab.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Self

import tomlkit
from pydantic import Field, field_validator, model_validator

from calibration.boards.charuco import CharucoBoard
from calibration.boards.ruler import SCALE_LIMIT
from calibration.mannequin.chest import BLOCKS_MM, FULL_RANGE_M
from calibration.mannequin.matrix import LEAST_MASSES
from mr.config import Strict, parse
from mr.errors import ConfigError
from mr.files import write_whole

MOST_KG = 60.0
PRINT_SCALE_SIGMA = 1e-3
"""Relative one-sigma of a print that was measured with a ruler: 0.2 mm over 200 mm."""

LEAST_BLOCKS = 6
"""With five up to 70 mm the chest's curve misses its limit of 0.2 mm between them (simulated:
twice its sigma is 0.3 mm, with six up to 60 mm 0.14 mm)."""


class Kit(Strict):
    """A technician's things."""

    operator: str = ""
    """Name or staff number; goes into provenance, service log and report."""
    board: CharucoBoard = CharucoBoard()
    """As it was printed: `print_scale` is what its rulers measure over 100 mm."""
    print_scale_sigma: float = Field(default=PRINT_SCALE_SIGMA, gt=0, lt=0.05)
    registration_print_scale: tuple[float, float] = (1.0, 1.0)
    plates_print_scale: float = Field(default=1.0, gt=0.9, lt=1.1)
    step_mm: float = Field(default=50.0, gt=5, lt=200)
    """Height of the gauge block that lifts the board."""
    blocks_mm: tuple[float, ...] = tuple(BLOCKS_MM)
    """Depths of the chest for which there is a block."""
    check_block_mm: float = Field(default=50.0, gt=20, lt=80)
    """The one of the daily check."""
    masses_kg: tuple[float, ...] = (5.0, 10.0, 20.0, 40.0)
    syringe_ml: float = Field(default=500.0, gt=50, lt=5000)
    second_syringe_ml: float | None = Field(default=None, gt=50, lt=5000)
    """Another size, which finds a first one that is not what it says."""

    recalibrate_after_days: int | None = Field(default=None, gt=0, lt=3660)
    """How long a calibration holds in this lab; None: as `mr.validity` says."""

    @field_validator("blocks_mm", "masses_kg")
    @classmethod
    def _some(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if not all(math.isfinite(v) and v > 0 for v in values) or len(set(values)) != len(values):
            raise ValueError("each once, all above 0")
        return tuple(sorted(values))

    @field_validator("blocks_mm")
    @classmethod
    def _deep_enough(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if len(values) < LEAST_BLOCKS or values[-1] < 1e3 * FULL_RANGE_M:
            raise ValueError(
                f"{LEAST_BLOCKS} at least are needed, the deepest of {1e3 * FULL_RANGE_M:g} mm or "
                "more"
            )
        return values

    @field_validator("operator")
    @classmethod
    def _one_line(cls, operator: str) -> str:
        if not operator.isprintable():
            raise ValueError("letters and signs of one line")
        return operator

    @model_validator(mode="after")
    def _another_size(self) -> Self:
        if self.second_syringe_ml == self.syringe_ml:
            raise ValueError("second_syringe_ml: another size than the first shows a mistyped one")
        return self

    @field_validator("masses_kg")
    @classmethod
    def _enough(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if values and values[-1] > MOST_KG:
            raise ValueError(f"{values[-1]:g} kg: {MOST_KG:g} at most; the cells bear 400 N")
        if len(values) < LEAST_MASSES:
            raise ValueError(f"{LEAST_MASSES} different ones are needed at least")
        return values

    @field_validator("board", "registration_print_scale")
    @classmethod
    def _true_to_scale(
        cls, value: CharucoBoard | tuple[float, float]
    ) -> CharucoBoard | tuple[float, float]:
        """Refuse a ruler's millimetres in a scale's place."""
        scale = value.print_scale if isinstance(value, CharucoBoard) else value
        if any(not abs(s - 1.0) <= SCALE_LIMIT for s in scale):
            raise ValueError(
                "a print's scale is what its ruler of 100 mm measures, over 100: near 1"
            )
        return value


def kit_path(rig: Path) -> Path:
    """Tell where the kit of a rig file is: ``rig.kit.toml`` beside ``rig.toml``."""
    return rig.with_name(f"{rig.stem}.kit.toml")


def load_kit(path: Path) -> Kit:
    """Read a kit; the usual one where there is none.

    Raises
    ------
    ConfigError
        When it is no TOML, or has an unknown key or a value out of bounds.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        return Kit()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{path}: cannot read this kit ({error}): mend it, or move it away to begin with the "
            "usual one"
        ) from error
    return parse(Kit, data, str(path))


def save_kit(kit: Kit, path: Path) -> None:
    """Write a kit whole, with a word on each entry that has to be measured."""
    document = tomlkit.document()
    document.add(tomlkit.comment("What the technician has. Measure what was printed: 0.995 for a"))
    document.add(tomlkit.comment("ruler of 100 mm that came out 99.5 mm long."))
    for key, value in kit.model_dump(mode="json", exclude_none=True).items():
        document[key] = value
    try:
        write_whole(path, tomlkit.dumps(document).encode())
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot write this kit ({error.strerror}): choose another place"
        ) from error
