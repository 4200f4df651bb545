"""Which sources disagree about how deep the chest went, and which of them it is that is off.

Takes each source's scale against a common one, with its sigma; gives `Finding`s in words. A
pair that disagrees is named as a pair: with two witnesses nobody knows who lies. A source that
disagrees with all others, which agree, is named alone. The rig holds no stiffness of the chest,
so the load cells are no witness here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from mr.fusion.give import FULL_M

NAMED = 0.045
"""A disagreement by so much is named; healthy rigs stay under it (docs/FIGURES.md)."""
SURE = 3.0
"""... and only if it is so many sigmas."""
LASTS_S = 2.0
"""... and for so long: some compressions."""
OVER = 0.5
"""It is over when it is under so much of that."""
STAYS = 1.0
STAYS_ON_HANDS, LEAST_ON_HANDS, REACHED_M = 2.0, 1.2, 0.050
"""What a camera's pixels are each off stays from frame to frame, in sigmas of one look. Where no
chest is seen beside the hands the scale hangs on how the reading bends over the stroke, and
that error weighs double up to a depth; the deeper the strokes, the better the bend is told from
the scale. Ref: 260 drawn learners (as in tests/truth), ours."""
LATE_S = 0.010
"""A lag beyond the calibrated one is told from so much on: 3 mm of a quick downstroke."""
MANNEQUIN = "mannequin"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is off with one source; `usable` if its measurements are put right all the same."""

    source: str
    """A camera's id, or `MANNEQUIN`."""
    topic: str
    words: str
    usable: bool = False


LEAST = 0.1
"""A ratio is never taken for less: what measures a tenth is broken, not out of scale."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How deep one source measures, against what all are compared with."""

    ratio: float
    sigma: float


def camera_scale(ratio: float, sigma: float, noise_m: float, stays: float = STAYS) -> Scale:
    """Give a camera's scale with what stays of a look's noise in it."""
    return Scale(ratio, math.hypot(sigma, stays * noise_m / FULL_M))


def stays_on_hands(reach_m: float) -> float:
    """Tell how much stays (in sigmas of one look) where strokes reach so deep and no chest is seen.

    Examples
    --------
    >>> [round(stays_on_hands(mm / 1000), 2) for mm in (40, 50, 58, 70)]
    [2.0, 2.0, 1.49, 1.2]
    """
    share = (REACHED_M / max(reach_m, REACHED_M)) ** 2
    return max(STAYS_ON_HANDS * share, LEAST_ON_HANDS)


class Witness:
    """Names pairs, and takes the names back; it remembers which were named."""

    def __init__(self) -> None:
        self._named: set[tuple[str, str]] = set()
        self._since_s: dict[tuple[str, str], float] = {}

    def compare(self, known: Mapping[str, Scale], t_s: float) -> tuple[Finding, ...]:
        """Compare all sources of which the scale is known."""
        pairs = {
            (a, b): known[a].ratio / known[b].ratio - 1.0
            for a, b in itertools.permutations(known, 2)
        }
        # By the logarithm, so that a pair is off whichever comes first.
        off = {(a, b) for a, b in pairs if self._off(a, b, known)}
        self._since_s = {pair: self._since_s.get(pair, t_s) for pair in off}
        lasting = {pair for pair, since_s in self._since_s.items() if t_s - since_s >= LASTS_S}
        self._named = lasting | (self._named & off)
        culprit = self._culprit(known)
        if culprit is not None:
            others = sorted((b for b in known if b != culprit), key=_is_mannequin)
            by = sum(pairs[culprit, b] for b in others) / len(others)
            words = f"measures {_by(by)} than {' and '.join(map(_name, others))}: recalibrate it"
            return (Finding(culprit, "scale", f"{_name(culprit)} {words}"),)
        found: dict[str, list[str]] = {}
        for a, b in itertools.combinations(sorted(known, key=_is_mannequin), 2):
            if (a, b) in self._named:
                words = f"{_name(a)} measures {_by(pairs[a, b])} than {_name(b)}"
                for source in (a, b):
                    found.setdefault(source, []).append(words)
        return tuple(
            Finding(source, "scale", "; ".join(words) + ": recalibrate")
            for source, words in found.items()
        )

    def _off(self, a: str, b: str, known: Mapping[str, Scale]) -> bool:
        by = abs(math.log(max(known[a].ratio, LEAST) / max(known[b].ratio, LEAST)))
        least = max(NAMED, SURE * math.hypot(known[a].sigma, known[b].sigma))
        return by > (OVER * NAMED if (a, b) in self._named else least)

    def _culprit(self, known: Mapping[str, Scale]) -> str | None:
        """Tell who disagrees with all others, if there are at least two that agree."""
        if len(known) < 3 or not self._named:
            return None
        for source in known:
            mine = {(a, b) for a, b in itertools.permutations(known, 2) if source in (a, b)}
            if self._named == mine:
                return source
        return None


def lag_finding(camera_id: str, lag_s: float) -> Finding | None:
    """Tell that a camera's instants are late, or early, by much; they are put right."""
    if abs(lag_s) < LATE_S:
        return None
    how = "later" if lag_s > 0 else "earlier"
    words = (
        f"its pictures come {abs(1e3 * lag_s):.0f} ms {how} than calibrated, which is put right: "
        "recalibrate"
    )
    return Finding(camera_id, "lag", words, usable=True)


def _is_mannequin(source: str) -> tuple[bool, str]:
    return source == MANNEQUIN, source


def _name(source: str) -> str:
    return "the mannequin" if source == MANNEQUIN else f"cam_{source}"


def _by(ratio: float) -> str:
    return f"{abs(100.0 * ratio):.0f} % {'deeper' if ratio > 0 else 'shallower'}"
