"""A technician at a terminal, who lays on the mannequin what the command asks for.

Takes a terminal with `mrcpr calibrate chest` or another bench procedure in it and a live board,
gives what the board reads; leaves what it should read to `mr.sim.bench`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from mr.sim.bench import Workbench
from mr.types import FloatArray
from tests.cli.calibrate.live_board import LiveBoard
from tests.cli.pseudo_terminal import Terminal

ASKED = r"\[[^\]]*the last one again\] "


class Person:
    """Reads one question after the other and does what it asks for."""

    def __init__(self, terminal: Terminal, board: LiveBoard, seed: int = 3) -> None:
        self.terminal, self.board = terminal, board
        self.bench = Workbench(seed)
        self._read = 0

    def question(self) -> str:
        """Wait for the next question; gives all that was written since the last one."""
        terminal = self.terminal
        terminal.wait_for(rf"(?s)\A.{{{self._read}}}.*?{ASKED}")
        found = re.compile(ASKED).search(terminal.text, self._read)
        assert found is not None
        said = terminal.text[self._read : found.end()]
        self._read = found.end()
        return said

    def block(self, said: str) -> FloatArray:
        """Press the chest onto the block that is asked for; counts (n, 6)."""
        onto = re.findall(r"onto the ([\d.]+) mm block", said)
        depth_m = float(onto[-1]) / 1e3 if onto else 0.0
        return self.bench.depth(depth_m, "out" if "come up onto" in said else "in", 3.0)

    def answer(self, counts: FloatArray | None = None, keys: str = "") -> None:
        """Lay something on, if it is given, and press Enter."""
        if counts is not None:
            self.board.lay(counts)
        self.terminal.type(keys + "\n")

    def go_on(self, how_often: int, do: Callable[[str], FloatArray] | None = None) -> list[str]:
        """Do so many stations well, leaving out what may be; gives the questions."""
        asked = []
        for _ in range(how_often):
            asked.append(said := self.question())
            if "s: leave it out" in said:
                self.answer(keys="s")
            else:
                self.answer((do or self.block)(said))
        return asked


def drifting(counts: FloatArray, by_counts: float) -> FloatArray:
    """Let a reading drift by so much in each second."""
    t_s = np.arange(len(counts)) / 200.0
    return counts + by_counts * t_s[:, None] * np.array([1.0, 0, 0, 0, 0, 0])
