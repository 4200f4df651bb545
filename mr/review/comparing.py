"""Sessions beside others: a month beside the month before, a learner beside their class.

Takes the numbers of sessions as the catalogue lists them, gives means and distributions; leaves
which sessions may be seen to whoever calls. Of a class nothing is told by which one of the others
could be known: no mean of fewer than `FEWEST`, no quartiles of fewer than `FEWEST_SPREAD`, and
all of it in whole units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, quantiles, stdev

MEASURES = (
    "score_pct",
    "mean_depth_mm",
    "mean_rate_cpm",
    "depth_in_target_pct",
    "rate_in_target_pct",
    "release_in_target_pct",
    "ccf_pct",
)
FEWEST = 4
"""So many others there have to be before anything is told of them."""
FEWEST_SPREAD = 8
Numbers = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Spread:
    """How a measure lies in several sessions or people."""

    n: int
    mean: float | None
    sd: float | None
    """Of the values themselves, by n - 1; None below two."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A measure of a learner beside that of the others of their class."""

    own: float | None
    """The mean of the learner's sessions."""
    n_others: int
    others_mean: float | None
    quartiles: tuple[float, float, float] | None
    why: str
    """Why nothing, or not all, is told of the others; else empty."""


def spread(values: Sequence[float | None]) -> Spread:
    """Give mean and standard deviation of the known values."""
    known = [v for v in values if v is not None]
    mean = fmean(known) if known else None
    return Spread(len(known), mean, stdev(known) if len(known) > 1 else None)


def spreads(sessions: Sequence[Numbers]) -> dict[str, Spread]:
    """Give each measure's spread over some sessions."""
    return {name: spread([s[name] for s in sessions]) for name in MEASURES}


def beside_class(own: Sequence[Numbers], others: Sequence[Sequence[Numbers]]) -> dict[str, Beside]:
    """Set a learner beside the others of a class, each of whom counts once, by their mean."""
    return {name: _beside(name, own, others) for name in MEASURES}


def _beside(name: str, own: Sequence[Numbers], others: Sequence[Sequence[Numbers]]) -> Beside:
    mine = spread([s[name] for s in own]).mean
    means = [spread([s[name] for s in theirs]).mean for theirs in others]
    known = [m for m in means if m is not None]
    n = len(known)
    if n < FEWEST:
        why = (
            f"{n} of the others have this number: with fewer than {FEWEST}, one of them could be "
            "told from the mean"
        )
        return Beside(mine, n, None, None, why)
    mean = float(round(fmean(known)))
    if n < FEWEST_SPREAD:
        why = f"no quartiles of fewer than {FEWEST_SPREAD} others: they would tell single ones"
        return Beside(mine, n, mean, None, why)
    low, middle, high = (float(round(q)) for q in quantiles(known, n=4, method="inclusive"))
    return Beside(mine, n, mean, (low, middle, high), "")
