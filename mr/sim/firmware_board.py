"""What the simulated firmware asks of its board, as ``firmware/core/port.h`` does.

Gives the contract and what a self-test reads off a board; leaves the rest to
`mr.sim.firmware` and its boards.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from mr.sim.adc import Counts
from mr.wire import AIRWAY_UNKNOWN, Fault

SUPPLY_MIN_MV = 4000
SUPPLY_MAX_MV = 5800
STACK_MIN_BYTES = 64
END_COUNTS = 8
"""A broken or shorted lead reads within so many counts of an end."""


class BoardState(NamedTuple):
    """What only the board knows of itself; 0 where it does not measure it."""

    rx_overruns: int = 0
    airway_errors: int = 0
    supply_mv: int = 0
    stack_free_bytes: int = 0


class Board(Protocol):
    """What the core asks of its board, as ``firmware/core/port.h`` does."""

    @property
    def storage(self) -> bytearray:
        """`STORAGE_BYTES` that are kept without power."""
        ...

    def now_ticks(self) -> int:
        """Tell the device's clock, modulo 2³²."""
        ...

    def send(self, wire: bytes) -> bool:
        """Queue a whole frame, or take nothing of it and say False."""
        ...

    def set_period(self, period_ticks: int) -> None:
        """Sample every `period_ticks` from now on, the first time one period from now."""
        ...

    def light(self, on: bool) -> None:
        """Turn the light on or off."""
        ...

    def state(self) -> BoardState:
        """Tell what only the board knows of itself."""
        ...


def faults(counts: Counts, state: BoardState, adc_bits: int) -> Fault:
    """Judge the last sample and the board's state; what is not measured is no fault."""
    chest, force, airway = counts
    found = Fault(0)
    for k, value in enumerate((chest, *force)):
        if not END_COUNTS <= value < (1 << adc_bits) - END_COUNTS:
            found |= Fault(Fault.CHEST << k)
    if airway == AIRWAY_UNKNOWN:
        found |= Fault.AIRWAY
    if state.supply_mv and not SUPPLY_MIN_MV <= state.supply_mv <= SUPPLY_MAX_MV:
        found |= Fault.SUPPLY
    if 0 < state.stack_free_bytes < STACK_MIN_BYTES:
        found |= Fault.STACK
    return found
