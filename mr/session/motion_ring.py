"""All motion of a session in shared memory, for one who follows it from another process.

Takes blocks of motion in the sensing process, gives a reader each sample once, in order; leaves
the newest snapshot to `mr.session.shared`. Sensing never waits: a reader who does not come for
`CAPACITY` samples loses the oldest, and is told how many. Each row carries its number and a
checksum, so a row that is being written while it is read is not taken for a whole one.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mr.blocks import ChestBlock
from mr.session.shared import PREFIX
from mr.types import FloatArray, IntArray

CAPACITY = 4096
"""20 s at 200 Hz."""
SLACK = 64
"""So many of the oldest rows are not read any more: they may be overwritten meanwhile."""
SALT = np.uint32(0x9E3779B9)
"""So that a row of nothing but zeros is no whole one."""
_ROW = np.dtype(
    [
        ("number", "i8"),
        ("t_ns", "i8"),
        ("depth_mm", "f4"),
        ("sigma_mm", "f4"),
        ("check", "u4"),
        ("spare", "u4"),
    ]
)
_WORDS = _ROW.itemsize // 4
_CHECKED = 6
"""A row's words before its checksum."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Motion since the last look: (N,) each, NaN where the zero is not known."""

    t_ns: IntArray
    depth_mm: FloatArray
    sigma_mm: FloatArray
    lost_n: int
    """Samples before the first of these that came too early for the reader."""


NO_ROWS = Rows(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), 0)


def _checks(rows: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
    words = rows.view(np.uint32).reshape(-1, _WORDS)[:, :_CHECKED]
    checks: npt.NDArray[np.uint32] = np.bitwise_xor.reduce(words, axis=1) ^ SALT
    return checks


class MotionRing:
    """One writer, one reader; made by the parent process, attached by name in the child."""

    def __init__(self, memory: SharedMemory, owner: bool) -> None:
        assert memory.buf is not None
        self._memory, self._owner = memory, owner
        self._head: npt.NDArray[np.int64] | None = np.ndarray(1, np.int64, memory.buf)
        self._rows: npt.NDArray[Any] | None = np.ndarray(CAPACITY, _ROW, memory.buf, offset=8)
        self._seen = 0

    @classmethod
    def create(cls) -> Self:
        """Make the shared memory; the maker removes it in `close`."""
        name = f"{PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
        size = 8 + CAPACITY * _ROW.itemsize
        ring = cls(SharedMemory(name=name, create=True, size=size), owner=True)
        assert ring._head is not None
        ring._head[0] = 0
        return ring

    @classmethod
    def attach(cls, name: str) -> Self:
        """Open a ring that another process made."""
        return cls(SharedMemory(name=name), owner=False)

    @property
    def name(self) -> str:
        """What `attach` wants."""
        return self._memory.name

    def add(self, block: ChestBlock) -> None:
        """Write a block's samples."""
        head, ring = self._head, self._rows
        assert head is not None
        assert ring is not None
        written, n = int(head[0]), len(block)
        rows = np.zeros(n, _ROW)
        rows["number"] = written + 1 + np.arange(n)
        rows["t_ns"] = block.t_ns
        known = block.zero_known
        rows["depth_mm"] = np.where(known, 1000.0 * block.depth_m, np.nan)
        rows["sigma_mm"] = np.where(known, 1000.0 * block.sigma_m, np.nan)
        rows["check"] = _checks(rows)
        for k in range(0, n, CAPACITY):  # what comes twice round overwrites itself
            part = rows[k : k + CAPACITY]
            ring[(part["number"] - 1) % CAPACITY] = part
        head[0] = written + n

    def take(self) -> Rows:
        """Give the samples since the last call."""
        head, ring = self._head, self._rows
        assert head is not None
        assert ring is not None
        written = int(head[0])
        first = max(self._seen, written - (CAPACITY - SLACK))
        if first == written:
            return NO_ROWS
        numbers = np.arange(first, written)
        rows = ring[numbers % CAPACITY]
        whole = (rows["number"] == numbers + 1) & (rows["check"] == _checks(rows))
        if not whole.any():
            return NO_ROWS  # what is not whole yet is looked at again
        end = int(np.flatnonzero(whole)[-1]) + 1
        found = rows[:end][whole[:end]]
        lost_n = first + end - self._seen - len(found)
        self._seen = first + end
        return Rows(
            found["t_ns"].copy(),
            found["depth_mm"].astype(np.float64),
            found["sigma_mm"].astype(np.float64),
            lost_n,
        )

    def close(self) -> None:
        """Let go of the shared memory; its maker also removes it."""
        self._head = self._rows = None
        self._memory.close()
        if self._owner:
            self._memory.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()
