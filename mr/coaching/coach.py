"""The coach: one cue at a time, as a fold over situations.

Takes a `Situation` after another, gives the next `State` with its `Cue`; leaves the words to
the overlays' message catalogue and the rules to `mr.coaching.rules`. It reads no clock: time
is the samples' own, so a replay says the same at the same instants. The first rule that
applies is wanted; what stands stays for its least time unless an urgent one comes, and an
urgent one for a second, too: two that are wanted in turn do not flicker.
"""

from __future__ import annotations

from dataclasses import replace

from mr.coaching.lesson import Tally
from mr.coaching.measures import MEASURES, History
from mr.coaching.rules import (
    CYCLES,
    PROMPT_EVERY_S,
    RULE_OF,
    RULES,
    SPEECH_CYCLE,
    UNHEEDED,
    URGENT_S,
    Moment,
    Rule,
    Situation,
    State,
)
from mr.types import Compression, Cue, MetricsEvent, Phase, Ventilation

LOST_CUE = Cue("sensor_lost", "warning")
"""What is said when nothing measures any more, and no situation comes."""

FORGOTTEN = (History(),) * len(MEASURES)


def begin(t_ns: int = 0) -> State:
    """Give the state before anything has happened."""
    return State(Cue("start_when_ready", "hint", t_ns))


def step(state: State, now: Situation) -> State:
    """Take in what has happened, and choose what to say."""
    for event in now.events if now.phase is not Phase.WAITING else ():
        state = _after(state, event, now)
    if Moment(now, state).stopped:
        state = replace(state, histories=FORGOTTEN, paused=True)
    state = replace(state, lost_ns=_lost_since(state, now))
    return _said(_shown(state, now), now)


def _after(state: State, event: MetricsEvent, now: Situation) -> State:
    if isinstance(event, Compression):
        histories = tuple(
            history.then(measure.band(now.guideline).side(measure.of(event, now.guideline)))
            for measure, history in zip(MEASURES, state.histories, strict=True)
        )
        cycle, session = (t.then(event, now.guideline) for t in (state.cycle, state.session))
        return replace(state, histories=histories, cycle=cycle, session=session)
    if isinstance(event, Ventilation):
        return replace(state, breaths_n=state.breaths_n + 1)
    # A pause, or a time not measured: it is told with the first compression after it.
    return replace(state, histories=FORGOTTEN, cycle=Tally(), breaths_n=0, paused=False)


def _lost_since(state: State, now: Situation) -> int | None:
    if not now.lost:
        return None
    return now.t_ns if state.lost_ns is None else state.lost_ns


def _shown(state: State, now: Situation) -> State:
    """Choose the cue: the first that applies, once what stands has stood long enough."""
    moment = Moment(now, state)
    wanted = next((rule for rule in RULES if rule.applies(moment)), None)
    cue = state.cue
    if cue is not None:
        if wanted is not None and wanted.key == cue.key:
            return state
        held = moment.shown_s() < _least_s(RULE_OF[cue.key], wanted)
        if held and now.phase is not Phase.FINISHED:
            return state
    shown = None if wanted is None else Cue(wanted.key, wanted.severity, now.t_ns)
    return replace(state, cue=shown)


def _least_s(standing: Rule, wanted: Rule | None) -> float:
    """Tell how long a cue stands at least before the wanted one takes its place."""
    if wanted is None or not wanted.urgent:
        return standing.least_s
    return min(standing.least_s, URGENT_S) if standing.urgent else 0.0


def _said(state: State, now: Situation) -> State:
    """Decide whether what stands is worth saying aloud, once."""
    cue = state.cue
    if cue is None or cue.aloud:
        return state
    rule = RULE_OF[cue.key]
    if rule.aloud == "at once" and _may_prompt(state, now):
        return replace(state, cue=replace(cue, aloud=True), prompted_ns=now.t_ns)
    if rule.aloud == "unheeded" and _unheeded(state, rule) and _may_speak(state, now):
        return replace(state, cue=replace(cue, aloud=True), spoken_n=state.session.n)
    return state


def _unheeded(state: State, rule: Rule) -> bool:
    assert rule.corrects is not None
    measure, side = rule.corrects
    history: History = state.history(measure)
    return history.last(UNHEEDED, side)


def _may_prompt(state: State, now: Situation) -> bool:
    """Whether the last word that was spoken at once is long enough ago."""
    before_ns = state.prompted_ns
    return before_ns is None or now.t_ns - before_ns >= PROMPT_EVERY_S * 1e9


def _may_speak(state: State, now: Situation) -> bool:
    """Whether a cycle's compressions have passed since the last spoken correction."""
    cycle_n, _ = CYCLES.get(now.mode, (SPEECH_CYCLE, 0))
    return state.spoken_n is None or state.session.n - state.spoken_n >= cycle_n
