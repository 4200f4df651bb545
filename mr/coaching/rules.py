"""The rules: what may be said, when, for how long, how loudly, and who says so.

Takes a `Moment` (the situation now and the coach's state), tells which rows apply; leaves
choosing among them and holding them on the screen to `mr.coaching.coach`. One table, most
critical first. Recoil stands before depth, and speech is rare, because repeated spoken
correction increased incomplete release (PMC3162914).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from mr.coaching.arms import Fault
from mr.coaching.lesson import LESSON_GOOD, LESSONS, Tally
from mr.coaching.measures import KEPT, MADE, MEASURES, PERSISTENCE, History, Side
from mr.config import Mode
from mr.scoring.guideline import Guideline, Standing
from mr.types import Cue, MetricsEvent, Phase

HANDS_OFF_S = 2.0
"""Hands off for longer than this, out of a breath pause, is worth a word. Source: ours."""
BREATHE_S = 3.0
"""Where no breath is seen, "give breaths" stands so long in the pause. Source: ours."""
PRAISE_S = 3.0
"""Praise stands so long. Source: ours."""
LOST_S = 4.0
"""A lost sensor is named so long; the head line goes on naming it. Source: ours."""
URGENT_S = 1.0
"""So long even an urgent cue stands before another urgent one. Source: ours."""
PROMPT_EVERY_S = 5.0
"""What is spoken at once is spoken at most so often. Source: ours."""
SWAP_EVERY_S, SWAP_S = 120.0, 10.0
"""When another rescuer should take over, and for how long that stands."""
SWAP_SOON_S = 10.0
"""So long before it two rescuers are told, to get ready. Source: ours."""
CYCLES: dict[Mode, tuple[int, int]] = {Mode.C30_2: (30, 2), Mode.C15_2: (15, 2)}
"""Compressions and breaths of a cycle, in the modes that have breaths in pauses."""
SPEECH_CYCLE = 30
"""Without breaths, so many compressions count as a cycle for speech. Source: ours, as 30:2."""
_RUNNING = (Phase.COMPRESSING, Phase.VENTILATING, Phase.PAUSED)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the coach looks at."""

    t_ns: int
    phase: Phase
    mode: Mode
    hands: Literal["on", "off", "unknown"]
    hands_off_s: float
    n_in_cycle: int
    elapsed_s: float
    lost: bool
    """Whether a sensor is lost."""
    guideline: Guideline
    rescuers: int = 1
    events: tuple[MetricsEvent, ...] = ()
    """What has been completed since the step before."""
    arms: frozenset[Fault] = frozenset()
    """Faults of the arms that last; always empty unless arms are looked at (experimental)."""


@dataclass(frozen=True, slots=True)
class State:
    """What the coach remembers; nothing else goes into a step but the situation."""

    cue: Cue | None = None
    histories: tuple[History, ...] = (History(),) * len(MEASURES)
    cycle: Tally = field(default_factory=Tally)
    """The compressions since the last pause."""
    session: Tally = field(default_factory=Tally)
    breaths_n: int = 0
    """Breaths given in this pause."""
    paused: bool = False
    """Whether there was a pause since the compressions of this cycle."""
    spoken_n: int | None = None
    """How many compressions there had been at the last spoken correction."""
    prompted_ns: int | None = None
    """When something was last spoken at once."""
    lost_ns: int | None = None
    """Since when a sensor has been lost."""

    def history(self, key: str) -> History:
        """Give the history of a measure."""
        return next(h for m, h in zip(MEASURES, self.histories, strict=True) if m.key == key)

    def shows(self, key: str) -> bool:
        """Whether this cue stands now."""
        return self.cue is not None and self.cue.key == key


@dataclass(frozen=True, slots=True)
class Moment:
    """What a rule looks at."""

    now: Situation
    state: State

    @property
    def pressing(self) -> bool:
        """Whether compressions are going on."""
        return self.now.phase is Phase.COMPRESSING

    @property
    def stopped(self) -> bool:
        """Whether the session is on, but nobody pushes."""
        return self.now.phase in (Phase.VENTILATING, Phase.PAUSED)

    @property
    def breath_pause(self) -> bool:
        """Whether this is a pause for breaths: they are due, or being given."""
        compressions, _ = CYCLES.get(self.now.mode, (None, 0))
        due = compressions is not None and self.now.n_in_cycle >= compressions
        given = self.now.phase is Phase.VENTILATING or self.state.breaths_n > 0
        return self.stopped and compressions is not None and (due or given)

    @property
    def breaths_over(self) -> bool:
        """Whether all breaths were given, or the pause is longer than the guideline allows."""
        _, breaths = CYCLES.get(self.now.mode, (0, 0))
        over = self.now.hands_off_s > self.now.guideline.flow.pause_max_s
        return self.breath_pause and (self.state.breaths_n >= breaths or over)

    @property
    def lesson(self) -> str | None:
        """Give the lesson to be shown now: in the pause for breaths, or at the end."""
        if self.now.phase is Phase.FINISHED:
            return self.state.session.lesson()
        begun = (
            self.now.phase is Phase.VENTILATING
            or self.state.breaths_n > 0
            or self.now.hands_off_s > BREATHE_S
        )
        if self.breath_pause and begun and not self.breaths_over:
            return self.state.cycle.lesson()
        return None

    def shown_s(self) -> float:
        """Tell how long the present cue has stood."""
        return 0.0 if self.state.cue is None else (self.now.t_ns - self.state.cue.since_ns) / 1e9


Applies = Callable[[Moment], bool]
Aloud = Literal["never", "at once", "unheeded"]
"""Unheeded: only when the miss has gone on for `PERSISTENCE` more compressions, and no other
correction was spoken in this cycle."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    key: str
    severity: Literal["good", "hint", "warning"]
    applies: Applies
    source: str
    standing: Standing
    least_s: float = 0.0
    """It stands at least so long, unless an urgent one comes."""
    urgent: bool = False
    """It waits for no other that is not urgent, too, and for an urgent one `URGENT_S` at most."""
    aloud: Aloud = "never"
    corrects: tuple[str, Side] | None = None
    """The measure and the side whose misses this row is about."""


def _breathe(m: Moment) -> bool:
    compressions, _ = CYCLES.get(m.now.mode, (None, 0))
    due = compressions is not None and m.now.n_in_cycle >= compressions
    begun_anew = m.pressing and m.state.paused  # the new cycle's first is not counted yet
    return m.now.phase in _RUNNING and due and not m.breaths_over and not begun_anew


def _resume(m: Moment) -> bool:
    if m.breath_pause:
        return m.breaths_over
    return m.stopped and m.now.hands_off_s > HANDS_OFF_S


def _hands_on_chest(m: Moment) -> bool:
    return _resume(m) and not m.breath_pause and m.now.hands == "off"


def _lost(m: Moment) -> bool:
    since_ns = m.state.lost_ns
    lately = since_ns is not None and m.now.t_ns - since_ns < LOST_S * 1e9
    return lately and m.now.phase is not Phase.FINISHED


def _swap(m: Moment) -> bool:
    due = m.now.elapsed_s >= SWAP_EVERY_S and m.now.elapsed_s % SWAP_EVERY_S < SWAP_S
    return m.pressing and due


def _swap_soon(m: Moment) -> bool:
    left_s = SWAP_EVERY_S - m.now.elapsed_s % SWAP_EVERY_S
    return m.pressing and m.now.rescuers > 1 and left_s <= SWAP_SOON_S


def _very_good(m: Moment) -> bool:
    if not m.pressing:
        return False
    histories = m.state.histories
    if m.state.shows("very_good"):
        missed = any(h.last(2, "low") or h.last(2, "high") for h in histories)
        return not missed and all(m.state.history(k).known for k in ("release", "depth", "rate"))
    all_good = all(
        m.state.history(k).last(PERSISTENCE, "good") for k in ("release", "depth", "rate")
    )
    hands = m.state.history("hands").sides[-PERSISTENCE:]
    return all_good and all(side == "good" for side in hands)


def _arms(fault: Fault) -> Applies:
    return lambda m: m.pressing and fault in m.now.arms


def _correction(
    key: str,
    severity: Literal["hint", "warning"],
    corrects: tuple[str, Side],
    source: str,
    standing: Standing,
) -> Rule:
    """Make the row of a correction: it comes after four misses and goes after three without."""
    measure, side = corrects

    def applies(m: Moment) -> bool:
        history = m.state.history(measure)
        goes_on = m.state.shows(key) and history.known and not history.made(side)
        return m.pressing and (history.last(PERSISTENCE, side) or goes_on)

    return Rule(
        key, severity, applies, source, standing, least_s=3.0, aloud="unheeded", corrects=corrects
    )


def _praise(key: str, measure: str, corrections: tuple[Rule, ...]) -> Rule:
    """Make the row of a praise: it follows its correction when that was made."""

    def applies(m: Moment) -> bool:
        history = m.state.history(measure)
        if m.state.shows(key):
            missed = history.last(2, "low") or history.last(2, "high")
            return m.pressing and not missed and m.shown_s() < PRAISE_S
        corrected = any(m.state.shows(rule.key) for rule in corrections)
        return m.pressing and corrected and history.last(MADE, "good")

    return Rule(key, "good", applies, "praise when corrected: this project", "ours", least_s=1.5)


def _lesson(key: str) -> Rule:
    severity: Literal["good", "hint"] = "good" if key == LESSON_GOOD else "hint"
    source = "one sentence after each cycle, for what cost most by the score: this project"
    return Rule(key, severity, lambda m: m.lesson == key, source, "ours", 2.0, urgent=True)


_CPRMETER = "four misses in a row: CPRmeter"
_RECOIL = f"recoil wins over depth: PMC3162914; {_CPRMETER}"

CORRECTIONS = (
    _correction("let_it_rise", "warning", ("release", "high"), _RECOIL, "seen"),
    _correction("move_hands", "warning", ("hands", "high"), _CPRMETER, "seen"),
    _correction("push_deeper", "warning", ("depth", "low"), _CPRMETER, "seen"),
    _correction("push_less", "warning", ("depth", "high"), _CPRMETER, "seen"),
    _correction("slower", "hint", ("rate", "high"), _CPRMETER, "seen"),
    _correction("faster", "hint", ("rate", "low"), _CPRMETER, "seen"),
)
_ARMS = "straight arms, shoulders over the hands; when and how much: this project, decision 0014"
_OURS = "this project"

RULES: tuple[Rule, ...] = (
    Rule("sensor_lost", "warning", _lost, _OURS, "ours", LOST_S, urgent=True),
    *(_lesson(key) for key in (*LESSONS.values(), LESSON_GOOD)),
    Rule("finished", "good", lambda m: m.now.phase is Phase.FINISHED, _OURS, "ours", urgent=True),
    Rule("start_when_ready", "hint", lambda m: m.now.phase is Phase.WAITING, _OURS, "ours"),
    Rule("breathe", "hint", _breathe, "30:2 (AHA, ERC)", "seen-secondary", 1.0, urgent=True),
    Rule(
        "hands_on_chest", "warning", _hands_on_chest, "no pauses (AHA BLS dos and don'ts); "
        "from 2 s on: this project", "ours", 1.0, urgent=True, aloud="at once",
    ),
    Rule(
        "resume", "warning", _resume, "no pause over 10 s (AHA BLS dos and don'ts); after the "
        "breaths, and from 2 s on: this project", "ours", 1.0, urgent=True, aloud="at once",
    ),
    Rule("swap", "hint", _swap, "rescuer swap at 2 min", "seen-secondary", 3.0, aloud="at once"),
    *CORRECTIONS,
    Rule("swap_soon", "hint", _swap_soon, "10 s before a swap, for two: this project", "ours"),
    _praise("good_release", "release", CORRECTIONS[:1]),
    _praise("good_hands", "hands", CORRECTIONS[1:2]),
    _praise("good_depth", "depth", CORRECTIONS[2:4]),
    _praise("good_rate", "rate", CORRECTIONS[4:]),
    Rule("straighten_arms", "hint", _arms("elbows_bent"), _ARMS, "ours", 3.0),
    Rule("shoulders_over", "hint", _arms("shoulders_back"), _ARMS, "ours", 3.0),
    Rule("very_good", "good", _very_good, "four good ones in a row: this project", "ours"),
    Rule("keep_going", "hint", lambda m: m.pressing, _OURS, "ours"),
)  # fmt: skip
"""Most critical first: the first row that applies is wanted."""

RULE_OF = {rule.key: rule for rule in RULES}
UNHEEDED = KEPT
"""A correction is spoken only after so many misses in a row: seen first, heard later."""
