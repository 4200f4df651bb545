"""How a capture is guided: what was taken, what is still missing, what to do next.

Takes candidate samples one at a time, gives a verdict on each and words for the technician;
leaves cameras, ports and clocks to the commands, which hand samples in, and measuring to the
procedures, which take `samples` when it is `done`. A guide is pure: the same samples give
the same words, in a terminal, on the technician's page, and when a capture is resumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from mr.types import FloatArray

Sample_contra = TypeVar("Sample_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a candidate."""

    taken: bool
    why: str = ""
    """If it was not taken: what is wrong with it and what to do ("blurred: hold it still")."""


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How far a capture is."""

    share: float
    """0 … 1 of what is needed."""
    done: bool
    """Enough is there; more may be taken."""
    next: str
    """What to do now, in the imperative: "tilt the board away from you, at the upper left"."""
    n_taken: int
    residual: str = ""
    """How well what was taken agrees so far, with its unit: "0.21 px rms"."""
    coverage: FloatArray | None = None
    """(rows, columns) of 0 … 1: how well each part of what must be covered is, for a picture."""
    coverage_of: str = ""
    """What `coverage` shows: "the picture of camera side"."""


class Guide(Protocol[Sample_contra]):
    """One procedure's capture."""

    def offer(self, sample: Sample_contra) -> Verdict:
        """Take a candidate, or say why not."""
        ...

    @property
    def progress(self) -> Progress:
        """How far it is."""
        ...
