"""How far a rig may drift: the limits of the watch in a session and of the daily check.

Takes a reading's numbers, gives its level and its words; leaves reading to
`mr.session.drift` and `calibration.daily`. All limits are ours, tied to what a session must
keep (0.5 mm of depth's bias) and to where fusion stops putting things right by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mr.fusion.airway import LEAST_QUIET_ML_S
from mr.fusion.mannequin import LET_GO_N
from mr.fusion.witness import LATE_S, NAMED

Level = Literal["ok", "warn", "beyond", "information"]
SURE = 2.0
"""A reading is told when it is so many sigmas from none at all ..."""
STAYS_TOLD = 0.7
"""... and taken back when it is under so much of what it was told from."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How far one thing may drift."""

    warn_at: float
    """Told from here on, before numbers go wrong."""
    limit: float
    unit: str
    why: str
    """Where it is from."""
    recalibrate: str
    """What to do beyond it."""


LIMITS = {
    "zero": Limit(
        0.5,
        1.0,
        "mm",
        "ours: a session takes the zero out, but the bend of the chest's curve then leaves a "
        "third of it at 50 mm, and 0.5 mm are allowed in all",
        "calibrate the chest",
    ),
    "stiffness": Limit(
        6.0,
        10.0,
        "%",
        "ours: a tenth is what a hand begins to feel; depths stay right",
        "replace the spring or calibrate the cells",
    ),
    "scale": Limit(
        3.5,
        100.0 * NAMED,
        "%",
        "ours: where fusion names a disagreement (mr.fusion.witness.NAMED); healthy cameras read "
        "up to 3 % off in a session (simulated), so less is told by the log over sessions only",
        "calibrate `motion`, or the chest",
    ),
    "lag": Limit(
        5.0,
        1000.0 * LATE_S,
        "ms",
        "ours: where fusion names a lag (mr.fusion.witness.LATE_S), 3 mm of a quick downstroke",
        "calibrate `motion`",
    ),
    "markers": Limit(
        2.0,
        3.0,
        "mm",
        "ours: a plate that lies 3 mm off is named as moved (mr.tracking.plates.MOVED_M)",
        "calibrate `plates` and `rest`",
    ),
    "airway": Limit(
        9.0,
        LEAST_QUIET_ML_S,
        "mL/s",
        "ours: over it no flow is taken for none, and the volume drifts "
        "(mr.fusion.airway.LEAST_QUIET_ML_S)",
        "calibrate the airway",
    ),
    "cell": Limit(
        1.5,
        0.75 * LET_GO_N,
        "N",
        "ours: three quarters of the force under which hands are off "
        "(mr.fusion.mannequin.LET_GO_N)",
        "calibrate the cells",
    ),
}
CHECK_FIRST = "run `mrcpr calibrate check`"


@dataclass(frozen=True, slots=True)
class DriftReading:
    """How far one thing has drifted since the rig was calibrated."""

    topic: str
    """A key of `LIMITS`, with a cell's number behind it ("cell 2"); or "place" and "turn"."""
    subject: str
    """"mannequin", or a camera's id."""
    value: float
    sigma: float
    """One-sigma of `value`, in its unit."""
    unit: str
    what: str
    """What was found, in words."""
    warn_at: float | None = None
    limit: float | None = None
    """None: for information, no drift."""
    advice: str = ""
    """What to do beyond the limit."""

    @property
    def level(self) -> Level:
        """Tell whether it is to be told, and as what."""
        if self.limit is None or self.warn_at is None:
            return "information"
        far = abs(self.value)
        if far < self.warn_at or far < SURE * self.sigma:
            return "ok"
        return "warn" if far < self.limit else "beyond"

    def as_json(self) -> dict[str, Any]:
        """Give it as the analysis has it."""
        return {
            "topic": self.topic,
            "subject": self.subject,
            "value": self.value,
            "sigma": self.sigma,
            "unit": self.unit,
            "warn_at": self.warn_at,
            "limit": self.limit,
            "level": self.level,
            "words": self.words,
        }

    @property
    def words(self) -> str:
        """Say it, with what to do where there is something to do."""
        if self.level in ("ok", "information"):
            return self.what
        return f"{self.what}: {CHECK_FIRST if self.level == 'warn' else self.advice}"


def reading(topic: str, subject: str, value: float, sigma: float, what: str) -> DriftReading:
    """Make a reading that has limits; `topic` begins with a key of `LIMITS`."""
    limit = LIMITS[topic.partition(" ")[0]]
    return DriftReading(
        topic, subject, value, sigma, limit.unit, what, limit.warn_at, limit.limit,
        limit.recalibrate,
    )  # fmt: skip
