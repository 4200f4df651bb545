"""A learner in numbers: compressions fed to the coach, and what it said of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from mr.coaching.coach import begin, step
from mr.coaching.rules import RULE_OF, Situation, State
from mr.config import Mode
from mr.scoring.profiles import load_guideline
from mr.types import Compression, Cue, Measured, MetricsEvent, Pause, Phase, Ventilation

PERIOD_NS = 545_000_000
TICK_NS = 100_000_000

CALM = Situation(
    t_ns=0,
    phase=Phase.COMPRESSING,
    mode=Mode.HANDS_ONLY,
    hands="on",
    hands_off_s=0.0,
    n_in_cycle=0,
    elapsed_s=0.0,
    lost=False,
    guideline=load_guideline("aha-2025-adult-bls"),
)


def compression(
    depth_mm: float | None = 55.0,
    release_mm: float | None = 1.0,
    rate_cpm: float | None = 110.0,
    x_mm: float | None = 0.0,
    sigma: float = 0.1,
) -> Compression:
    def measured(value: float | None) -> Measured:
        return Measured.unknown("not seen") if value is None else Measured(value, sigma)

    return Compression(
        0, 0, 1, 2, measured(depth_mm), measured(release_mm), measured(rate_cpm), Measured(0.5),
        Measured(400.0), Measured(450.0), (measured(x_mm), measured(0.0)),
    )  # fmt: skip


@dataclass
class Practice:
    """Feeds the coach in its own time and keeps every cue that it showed."""

    mode: Mode = Mode.HANDS_ONLY
    state: State = field(default_factory=begin)
    t_ns: int = 0
    n_in_cycle: int = 0
    shown: list[Cue | None] = field(default_factory=list)
    aloud_at_n: list[int] = field(default_factory=list)
    """After how many compressions corrections were spoken."""

    @property
    def key(self) -> str | None:
        return self.state.cue.key if self.state.cue else None

    @property
    def keys(self) -> list[str | None]:
        return [cue.key if cue else None for cue in self.shown]

    def see(self, *events: MetricsEvent, **change: Any) -> Practice:
        before = self.state.cue
        now = replace(
            CALM,
            t_ns=self.t_ns,
            mode=self.mode,
            n_in_cycle=self.n_in_cycle,
            elapsed_s=self.t_ns / 1e9,
            events=events,
        )
        self.state = step(self.state, replace(now, **change))
        cue = self.state.cue
        if cue is None or before is None or cue.since_ns != before.since_ns:
            self.shown.append(cue)
        was_aloud = before is not None and before == cue
        if cue is not None and cue.aloud and not was_aloud and RULE_OF[cue.key].corrects:
            self.aloud_at_n.append(self.state.session.n)
        return self

    def push(self, count: int = 1, **wrong: Any) -> Practice:
        for _ in range(count):
            self.t_ns += PERIOD_NS
            self.n_in_cycle += 1
            self.see(compression(**wrong))
        return self

    def rest(self, seconds: float, **change: Any) -> Practice:
        """Time passes without a compression."""
        for k in range(round(seconds * 1e9 / TICK_NS)):
            self.t_ns += TICK_NS
            off_s = 1.0 + (k + 1) * TICK_NS / 1e9
            self.see(**{"phase": Phase.PAUSED, "hands_off_s": off_s} | change)
        return self

    def breathe(self) -> Practice:
        self.rest(1.0, phase=Phase.VENTILATING)
        breath = Ventilation(self.t_ns - 10**9, self.t_ns, Measured(550.0), 1.0)
        return self.see(breath, phase=Phase.PAUSED, hands_off_s=3.0)

    def resume(self, **wrong: Any) -> Practice:
        self.t_ns += PERIOD_NS
        self.n_in_cycle = 1
        return self.see(Pause(0, self.t_ns, "ventilation"), compression(**wrong))
