"""What a procedure found, as it is shown, filed and compared: the same for all of them.

Takes numbers with their uncertainty and limits, gives a `Record` that a terminal, a report
and a rig's history hold alike; leaves measuring to the procedures. A procedure returns its
own result with its own names and units, and a `Record` beside it; nothing computes on a
`Record`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from mr.config import Strict


class Check(Strict):
    """One number that a procedure found, against its limit."""

    item: str
    """What it is, in the field's words: "focal length, colour"."""
    value: float
    unit: str
    """"mm", "px", "deg", "ms", "%", "N", or "" for a count."""
    sigma: float | None = None
    """One-sigma of `value`, in its unit; None where it is no estimate (a count, a residual)."""
    low: float | None = None
    high: float | None = None
    """`value` must lie between; None: no limit at that side. Both None: for information."""
    why: str = ""
    """Where the limit is from; or, when it is not kept, what is wrong and what to do."""

    @property
    def limited(self) -> bool:
        """Whether it can fail."""
        return self.low is not None or self.high is not None

    @property
    def passed(self) -> bool:
        """Whether it keeps its limits; a number that is none (NaN) keeps no limit."""
        low = self.low is None or self.value >= self.low
        high = self.high is None or self.value <= self.high
        return low and high

    @property
    def limits(self) -> str:
        """The limits in print: "≤ 1.5", "± 0.5", "280 … 680"; empty where there is none."""
        low, high = self.low, self.high
        if low is not None and high is not None:
            return f"± {plain(high)}" if low == -high else f"{plain(low)} … {plain(high)}"
        if high is not None:
            return f"≤ {plain(high)}"
        return "" if low is None else f"≥ {plain(low)}"


class BudgetLine(Strict):
    """One source of a result's uncertainty."""

    source: str
    sigma: float
    """One-sigma that it leaves in the result, in `unit`."""
    unit: str
    how: str
    """"measured: …", "stated: …" (a maker's or a gauge's figure) or "assumed: …"."""


class Series(Strict):
    """One set of points of a plot."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: Literal["points", "line", "band"] = "points"
    """"band": `y` and `y_high` are its edges."""
    y_high: tuple[float, ...] = ()


class Plot(Strict):
    """A picture for the report: labels carry their units."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    equal: bool = False
    """x and y have one scale: a map."""


class Record(Strict):
    """What one procedure found about one thing."""

    procedure: str
    """Its command's name: "intrinsics", "chest"."""
    subject: str
    """The camera's id, the mannequin's serial number, "headset"."""
    checks: tuple[Check, ...]
    budget: tuple[BudgetLine, ...] = ()
    plots: tuple[Plot, ...] = ()
    n_samples: int = Field(ge=0)
    inputs_sha256: dict[str, str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What a reader must know besides: weak, assumed, left out."""

    @property
    def passed(self) -> bool:
        """Whether all that has a limit keeps it."""
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """What does not keep its limits."""
        return tuple(check for check in self.checks if not check.passed)


def points(name: str, x: npt.ArrayLike, y: npt.ArrayLike) -> Series:
    """Make a series of points."""
    return Series(name=name, x=_floats(x), y=_floats(y))


def line(name: str, x: npt.ArrayLike, y: npt.ArrayLike) -> Series:
    """Make a series of a line."""
    return Series(name=name, x=_floats(x), y=_floats(y), style="line")


def band(name: str, x: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> Series:
    """Make a filled band between two lines."""
    return Series(name=name, x=_floats(x), y=_floats(low), y_high=_floats(high), style="band")


def sha256_of(arrays: Sequence[npt.NDArray[Any]]) -> str:
    """Hash arrays in their order, with their shapes and types."""
    digest = hashlib.sha256()
    for array in arrays:
        whole = np.ascontiguousarray(array)
        digest.update(f"{whole.dtype.str}{whole.shape}".encode())
        digest.update(whole.tobytes())
    return digest.hexdigest()


def plain(value: float) -> str:
    """Write a number to four digits, with a true minus."""
    return f"{value:.4g}".replace("-", "−")


def _floats(values: npt.ArrayLike) -> tuple[float, ...]:
    return tuple(float(v) for v in np.asarray(values, dtype=np.float64).ravel())
