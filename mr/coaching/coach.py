"""What to say now: one cue at a time, for the most critical mistake.

Takes the session's present state and its last compressions, gives a `Cue`; leaves the
words to the overlays' message catalogue. The rules stand in one table, most critical
first. A mistake must persist over four compressions before it is named, so that advice
does not flicker (CPRmeter's rule), and recoil wins over depth because correcting depth
increases leaning (PMC3162914).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from mr.coaching.arms import Fault
from mr.config import Mode
from mr.scoring.guideline import Guideline
from mr.types import Compression, Cue, Phase

PERSISTENCE = 4
"""Consecutive misses before a mistake is named. Ref: CPRmeter, in FIELD notes."""

SWAP_AFTER_S = 120.0
"""When another rescuer should take over. Ref: rescuer swap at 2 min."""

HANDS_OFF_S = 2.0
"""Hands off for longer than this, out of a breath pause, is worth a word. Source: ours."""

COMPRESSIONS_PER_CYCLE = {Mode.C30_2: 30, Mode.C15_2: 15}


@dataclass(frozen=True, slots=True)
class Situation:
    """What the coach looks at."""

    phase: Phase
    mode: Mode
    hands: Literal["on", "off", "unknown"]
    hands_off_s: float
    n_in_cycle: int
    compressing_s: float
    lost_streams: tuple[str, ...]
    recent: Sequence[Compression]
    """The last compressions, oldest first."""
    guideline: Guideline
    arms: frozenset[Fault] = frozenset()
    """Faults of the arms that last; always empty unless arms are looked at (experimental)."""


def _all_recent(
    situation: Situation,
    value_of: Callable[[Compression], float | None],
    miss: Callable[[float], bool],
) -> bool:
    recent = situation.recent[-PERSISTENCE:]
    values = [value_of(c) for c in recent]
    return len(values) == PERSISTENCE and all(v is not None and miss(v) for v in values)


def _leaning(s: Situation) -> bool:
    limit_mm = s.guideline.recoil.release_max_mm
    return _all_recent(s, lambda c: c.release_depth_mm.value, lambda v: v > limit_mm)


def _too_shallow(s: Situation) -> bool:
    return _all_recent(s, lambda c: c.depth_mm.value, lambda v: v < s.guideline.depth.low_mm)


def _too_deep(s: Situation) -> bool:
    high_mm = s.guideline.depth.high_mm
    if high_mm is None:
        return False
    return _all_recent(s, lambda c: c.depth_mm.value, lambda v: v > high_mm)


def _too_slow(s: Situation) -> bool:
    return _all_recent(s, lambda c: c.rate_cpm.value, lambda v: v < s.guideline.rate.low_cpm)


def _too_fast(s: Situation) -> bool:
    return _all_recent(s, lambda c: c.rate_cpm.value, lambda v: v > s.guideline.rate.high_cpm)


def _misplaced(s: Situation) -> bool:
    def offset_mm(c: Compression) -> float | None:
        x, y = c.hand_offset_mm
        if x.value is None or y.value is None:
            return None
        return float((x.value**2 + y.value**2) ** 0.5)

    return _all_recent(s, offset_mm, lambda v: v > s.guideline.hands.offset_max_mm)


def _cycle_done(s: Situation) -> bool:
    return s.n_in_cycle >= COMPRESSIONS_PER_CYCLE.get(s.mode, s.n_in_cycle + 1)


def _pressing(s: Situation) -> bool:
    return s.phase is Phase.COMPRESSING


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    key: str
    severity: Literal["good", "hint", "warning"]
    applies: Callable[[Situation], bool]


RULES: tuple[Rule, ...] = (
    Rule("finished", "good", lambda s: s.phase is Phase.FINISHED),
    Rule("sensor_lost", "warning", lambda s: bool(s.lost_streams)),
    Rule("start_when_ready", "hint", lambda s: s.phase is Phase.WAITING),
    Rule("breathe", "hint", lambda s: _cycle_done(s) and s.phase is not Phase.WAITING),
    Rule(
        "hands_on_chest",
        "warning",
        lambda s: s.phase is Phase.PAUSED and s.hands == "off" and s.hands_off_s > HANDS_OFF_S,
    ),
    Rule("resume", "warning", lambda s: s.phase is Phase.PAUSED and s.hands_off_s > HANDS_OFF_S),
    Rule("let_it_rise", "warning", _leaning),
    Rule("move_hands", "warning", _misplaced),
    Rule("push_deeper", "warning", _too_shallow),
    Rule("push_less", "warning", _too_deep),
    Rule("slower", "hint", _too_fast),
    Rule("faster", "hint", _too_slow),
    Rule("straighten_arms", "hint", lambda s: _pressing(s) and "elbows_bent" in s.arms),
    Rule("shoulders_over", "hint", lambda s: _pressing(s) and "shoulders_back" in s.arms),
    Rule("swap", "hint", lambda s: s.compressing_s > SWAP_AFTER_S),
    Rule("keep_going", "good", lambda s: s.phase is Phase.COMPRESSING),
)


def advise(situation: Situation) -> Cue | None:
    """Give the cue of the first rule that applies, or None when nothing needs saying."""
    for rule in RULES:
        if rule.applies(situation):
            return Cue(rule.key, rule.severity)
    return None
