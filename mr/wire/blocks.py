"""What the mannequin keeps without power, byte by byte.

Gives one named tuple a block with its bytes; leaves moving them to
`mr.devices.mannequin` and what curves mean to `mr.rig`. The truth is
``firmware/protocol/mrcpr_protocol.h``; tests/firmware/test_layout.py holds them together.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, Self

from mr.wire.layout import NAME_LENGTH

IDENTITY_LENGTH = NAME_LENGTH
CHEST_KNOTS = 20
CELL_KNOTS = 12
AIRWAY_KNOTS = 24
CALIBRATION_LAYOUT = 1
ZERO_AIRWAY_UNKNOWN = -(1 << 31)
"""`ZeroBlock.airway_16ths` when the airway sensor was silent."""

_ZERO = struct.Struct("<HHHHHHi")
_CALIBRATION = struct.Struct(
    f"<BBIHHHH8h{2 * CHEST_KNOTS}H{4 * 2 * CELL_KNOTS}H{2 * AIRWAY_KNOTS}h"
)
CALIBRATION_LENGTH = _CALIBRATION.size

Knot = tuple[int, int]
"""Counts, and the value there in the block's unit."""


class ZeroBlock(NamedTuple):
    """Means of the unloaded mannequin, in sixteenths of a count."""

    samples: int
    chest_16ths: int
    force0_16ths: int
    force1_16ths: int
    force2_16ths: int
    force3_16ths: int
    airway_16ths: int

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read the block; ValueError when it has another length."""
        if len(content) != _ZERO.size:
            raise ValueError(f"a zero block is {_ZERO.size} bytes, not {len(content)}")
        return cls._make(_ZERO.unpack(content))

    def to_bytes(self) -> bytes:
        """Write the block."""
        return _ZERO.pack(*self)


class CalibrationBlock(NamedTuple):
    """The mannequin's curves in whole units of the block."""

    body: int
    """0 adult, 1 child, 2 infant."""
    made_utc_s: int
    chest_ap_10um: int
    chest_sigma_um: int
    cell_sigma_10mn: int
    flow_sigma_100ul_s: int
    cell_xy_10um: tuple[Knot, Knot, Knot, Knot]
    chest: tuple[Knot, ...]
    """`CHEST_KNOTS` of counts and depth_10um."""
    cells: tuple[tuple[Knot, ...], ...]
    """Four times `CELL_KNOTS` of counts and force_10mn."""
    airway: tuple[Knot, ...]
    """`AIRWAY_KNOTS` of counts and flow_100ul_s."""

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read the block; ValueError when it has another length or layout."""
        if len(content) != _CALIBRATION.size or content[0] != CALIBRATION_LAYOUT:
            raise ValueError(
                f"a calibration block is {_CALIBRATION.size} bytes of layout "
                f"{CALIBRATION_LAYOUT}, not {len(content)} of layout {content[:1].hex() or '-'}"
            )
        numbers = _CALIBRATION.unpack(content)
        pairs = tuple(zip(numbers[7::2], numbers[8::2], strict=True))
        at = (4, 4 + CHEST_KNOTS, 4 + CHEST_KNOTS + 4 * CELL_KNOTS)
        cells = pairs[at[1] : at[2]]
        curves = (
            pairs[at[0] : at[1]],
            tuple(cells[k : k + CELL_KNOTS] for k in range(0, len(cells), CELL_KNOTS)),
            pairs[at[2] :],
        )
        return cls._make((*numbers[1:7], pairs[: at[0]], *curves))

    def to_bytes(self) -> bytes:
        """Write the block; `struct.error` when a number does not fit."""
        cells = tuple(knot for cell in self.cells for knot in cell)
        pairs = (*self.cell_xy_10um, *self.chest, *cells, *self.airway)
        return _CALIBRATION.pack(
            CALIBRATION_LAYOUT, *self[:6], *(value for pair in pairs for value in pair)
        )
