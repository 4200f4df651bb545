"""Pieces of a stream of blocks: so many rows each, wherever the blocks began.

Takes blocks of columns one by one, gives pieces; leaves what they mean to who asked. What is
made of a piece does not depend on how the stream was cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

PIECE = 100
"""Rows of a piece: half a second of the mannequin at 200 Hz."""


class Sized(Protocol):
    """Anything with rows."""

    def __len__(self) -> int:
        """Tell how many."""
        ...


Block = TypeVar("Block", bound=Sized)


@dataclass(frozen=True, slots=True)
class Piece(Generic[Block]):
    """`PIECE` rows in parts of blocks; a column costs only who asks for it."""

    parts: tuple[tuple[Block, int, int], ...]
    """Blocks with the first of their rows and the one after the last."""

    def column(self, name: str) -> npt.NDArray[Any]:
        """Give one column, whole, in memory of its own."""
        return np.concatenate([getattr(block, name)[a:b] for block, a, b in self.parts])

    def last(self, name: str) -> int:
        """Give a column's last value, an integer."""
        block, _, end = self.parts[-1]
        return int(getattr(block, name)[end - 1])


class Pieces(Generic[Block]):
    """Cuts a stream."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Block, int, int]] = []
        self._n = 0

    def add(self, block: Block) -> Iterable[Piece[Block]]:
        """Take in a block; give the pieces that are whole now."""
        n = len(block)
        if self._n + n < PIECE:
            self._waiting.append((block, 0, n))
            self._n += n
            return ()
        return self._cut(block, n)

    def _cut(self, block: Block, n: int) -> Iterable[Piece[Block]]:
        start = 0
        while self._n + n - start >= PIECE:
            end = start + PIECE - self._n
            yield Piece((*self._waiting, (block, start, end)))
            self._waiting, self._n, start = [], 0, end
        if start < n:
            self._waiting, self._n = [(block, start, n)], n - start
