"""A hand's turn over a second instead of one fifth of it.

Takes pairs of one hand in order, gives them a little later with their turn averaged over the
pairs before and after. A turn that jitters looks to a filter like a hand that is turned, and
like news about the user's bias, which it is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mr.fusion.hand_pairs import Pair
from mr.types import FloatArray

NEIGHBOURS = 2
"""Pairs to each side. A hand that turns to and fro by 50 deg in 9 s turns otherwise by 1 deg."""
APART_S = 0.35
"""Pairs farther apart are no neighbours."""


class HandTurns:
    """Holds each hand's last pairs back until their neighbours are known."""

    def __init__(self) -> None:
        self._held: dict[str, list[Pair]] = {}
        self._told: dict[str, int] = {}

    def forget(self) -> None:
        """Drop what is held back."""
        self._held.clear()
        self._told.clear()

    def step(self, pair: Pair) -> list[Pair]:
        """Take in a pair; gives those whose neighbours are known now."""
        if pair.kind != "hand" or pair.turn_in_world is None:
            return [pair]
        held = self._held.setdefault(pair.side, [])
        done: list[Pair] = []
        if held and not 0 < (pair.t_ns - held[-1].t_ns) * 1e-9 < APART_S:
            done = self._rest(pair.side)
            held = self._held.setdefault(pair.side, [])
        held.append(pair)
        told = self._told.get(pair.side, 0)
        if len(held) - told > NEIGHBOURS:
            done.append(_averaged(held, told))
            self._told[pair.side] = told + 1
            if told + 1 > NEIGHBOURS:
                held.pop(0)
                self._told[pair.side] = told
        return done

    def overdue(self, before_ns: int) -> list[Pair]:
        """Give the pairs of hands of which nothing has come since an instant."""
        late = [side for side, held in self._held.items() if held and held[-1].t_ns < before_ns]
        return [pair for side in late for pair in self._rest(side)]

    def _rest(self, side: str) -> list[Pair]:
        held, told = self._held.pop(side, []), self._told.pop(side, 0)
        return [_averaged(held, k) for k in range(told, len(held))]


def _averaged(held: list[Pair], k: int) -> Pair:
    near = held[max(k - NEIGHBOURS, 0) : k + NEIGHBOURS + 1]
    turns = [pair.turn_in_world for pair in near if pair.turn_in_world is not None]
    return replace(held[k], turn_in_world=_mean_turn(np.array(turns)))


def _mean_turn(turns: FloatArray) -> FloatArray:
    u, _, vt = np.linalg.svd(turns.mean(axis=0))
    return np.asarray(u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt)
