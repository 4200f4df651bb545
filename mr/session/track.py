"""All of a session's motion, for the plots at its end, in as little memory as it needs.

Takes blocks of motion, gives three columns; leaves what is drawn to `mr.review`.
"""

from __future__ import annotations

from array import array

import numpy as np

from mr.blocks import ChestBlock
from mr.types import FloatArray, IntArray


class Track:
    """Grows by blocks: 24 bytes a sample."""

    def __init__(self) -> None:
        self._t_ns = array("q")
        self._depth_m = array("d")
        self._sigma_m = array("d")

    def add(self, block: ChestBlock) -> None:
        """Take in a block."""
        self._t_ns.frombytes(block.t_ns.tobytes())
        self._depth_m.frombytes(block.depth_m.tobytes())
        self._sigma_m.frombytes(block.sigma_m.tobytes())

    def columns(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Give instants (ns), depths and sigmas (m), (N,) each."""
        return (
            np.array(self._t_ns, np.int64),
            np.array(self._depth_m, np.float64),
            np.array(self._sigma_m, np.float64),
        )
