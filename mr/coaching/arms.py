"""When bent elbows, or shoulders that are not over the hands, are worth a word.

Takes one `ArmPosture` after another, tells which of two faults has lasted; leaves the
order of advice to `mr.coaching.coach`. Experimental: docs/decisions/0014-arms.md has the
measured rates of false alarms and of hits.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from mr.types import ArmPosture

Fault = Literal["elbows_bent", "shoulders_back"]

BENT_RAD = float(np.radians(20.0))
"""An elbow that is bent by more does not pass the body's weight on. Source: ours; guidelines
say "straight" without a number."""
LEANING_RAD = float(np.radians(15.0))
"""Shoulders farther off push at a slant: over 3 % of the force is lost. Source: ours."""
HELD_NS = 3_000_000_000
"""A fault must last this long. Source: ours; some five compressions, as `PERSISTENCE`."""
UNSEEN_NS = 1_000_000_000
"""A fault that has not been seen for so long begins anew."""


class ArmAlarm:
    """Follows what each camera says of the arms; `step` each observation, in order."""

    def __init__(self) -> None:
        self._since_ns: dict[tuple[str, Fault], int] = {}
        self._last_ns: dict[tuple[str, Fault], int] = {}
        self._now_ns = 0

    def step(self, posture: ArmPosture) -> None:
        """Take in one observation; what it does not know changes nothing."""
        self._now_ns = max(self._now_ns, posture.stamp.t_ns)
        bends = [bend.value for bend in posture.bend_rad if bend.value is not None]
        if bends:
            self._note(posture, "elbows_bent", max(bends) > BENT_RAD)
        if posture.lean_rad.value is not None:
            self._note(posture, "shoulders_back", posture.lean_rad.value > LEANING_RAD)

    def lasting(self) -> frozenset[Fault]:
        """Give the faults that have lasted and are still seen, by any camera."""
        return frozenset(
            fault
            for fault in get_args(Fault)
            if any(
                key[1] == fault
                and self._last_ns[key] - since_ns >= HELD_NS
                and self._now_ns - self._last_ns[key] <= UNSEEN_NS
                for key, since_ns in self._since_ns.items()
            )
        )

    def _note(self, posture: ArmPosture, fault: Fault, is_there: bool) -> None:
        key, t_ns = (posture.camera_id, fault), posture.stamp.t_ns
        if not is_there:
            self._since_ns.pop(key, None)
            return
        if t_ns - self._last_ns.get(key, t_ns) > UNSEEN_NS:
            self._since_ns.pop(key, None)
        self._since_ns.setdefault(key, t_ns)
        self._last_ns[key] = t_ns
