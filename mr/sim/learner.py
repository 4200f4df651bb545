"""Simulated learners: from a style, a mode and a seed to a `Script`.

Takes how a learner compresses, gives the plan of one session; leaves the motion between
the planned instants to `mr.sim.script`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mr.config import Mode
from mr.errors import ConfigError
from mr.sim.script import HandsSegment, PlannedBreath, PlannedCompression, Script

HANDS_ABSENT_S = 1.5
HANDS_RESTING_S = 1.5
"""Travel to the chest (0.45 s) and about a second without load."""
AFTER_S = 1.5
"""Time without hands after the last compression."""
BREATH_S = 1.3
"""An inspiration with its soft begin and end: one second as the guide measures it."""


@dataclass(frozen=True, slots=True)
class LearnerStyle:
    """How a learner compresses; spreads are one sigma from compression to compression."""

    name: str
    depth_mm: float = 54.0
    depth_spread_mm: float = 1.3
    rate_cpm: float = 110.0
    rate_spread_cpm: float = 2.0
    lean_mm: float = 0.5
    lean_spread_mm: float = 0.3
    down_share: float = 0.33
    hold_share: float = 0.10
    up_share: float = 0.42
    shallow_every: int = 0
    """Each so many-th compression is shallow; 0 for none."""
    shallow_mm: float = 45.0
    leaning_run: tuple[float, float] = (0.0, 0.0)
    """Between these shares of a session the learner leans by `leaning_mm`."""
    leaning_mm: float = 9.0
    tiring_mm: float = 0.0
    """By how much the depth has fallen at the end."""
    double_dip_every: int = 0
    breath_ml: float = 550.0
    breath_spread_ml: float = 40.0
    offset_mm: tuple[float, float] = (4.0, -3.0)
    slide_mm: tuple[float, float] = (-2.0, 3.0)
    sway_mm: tuple[float, float] = (1.2, 0.8)


STYLES = {
    style.name: style
    for style in (
        LearnerStyle("demo", shallow_every=9, leaning_run=(0.55, 0.75)),
        LearnerStyle("good"),
        LearnerStyle("shallow", depth_mm=42.0),
        LearnerStyle("deep", depth_mm=64.0),
        LearnerStyle("leaning", lean_mm=9.0, lean_spread_mm=1.0),
        LearnerStyle("fast", rate_cpm=134.0),
        LearnerStyle("slow", rate_cpm=86.0),
        LearnerStyle("tiring", depth_mm=55.0, tiring_mm=14.0),
        LearnerStyle(
            "double-dip", double_dip_every=4, hold_share=0.3, up_share=0.32, rate_cpm=95.0
        ),
        LearnerStyle("off-centre", offset_mm=(22.0, 14.0)),
    )
}


def style_named(name: str) -> LearnerStyle:
    """Give a style by its name, or raise `ConfigError` that lists the names."""
    if name not in STYLES:
        raise ConfigError(f"no simulated learner {name!r}: choose one of {', '.join(STYLES)}")
    return STYLES[name]


def make_script(
    style: str | LearnerStyle = "demo",
    mode: Mode = Mode.HANDS_ONLY,
    compressing_s: float = 30.0,
    seed: int = 1,
) -> Script:
    """Plan a session of about `compressing_s` s of compressions.

    The hands are absent for 1.5 s, come and rest on the chest without load for about
    1 s, then compress; in 30:2 and 15:2 two breaths follow each set.
    """
    learner = style_named(style) if isinstance(style, str) else style
    plan = _Plan(learner, np.random.default_rng([seed, 0x5C]))
    n = max(round(compressing_s * learner.rate_cpm / 60.0), 1)
    set_size = {Mode.C30_2: 30, Mode.C15_2: 15}.get(mode, n)
    for i in range(n):
        ends_set = (i + 1) % set_size == 0
        plan.compress(i, n, lets_go=ends_set or i == n - 1)
        if ends_set and i < n - 1:
            plan.breathe_twice()
    if mode is Mode.CONTINUOUS:
        plan.breathe_beside()
    end_s = plan.compressions[-1].release_s + 0.5
    plan.hands.append(HandsSegment(end_s, "away"))
    return Script(
        mode=mode,
        style=learner.name,
        seed=seed,
        duration_s=end_s + AFTER_S,
        compressions=tuple(plan.compressions),
        breaths=tuple(plan.breaths),
        hands=tuple(plan.hands),
        offset_mm=learner.offset_mm,
        slide_mm=learner.slide_mm,
        sway_mm=learner.sway_mm,
    )


def still_script(duration_s: float = 3.0, hands: bool = False, seed: int = 1) -> Script:
    """Plan a session without a compression; the hands are absent, or rest on the chest."""
    script = make_script("good", compressing_s=1.0, seed=seed)
    place = HandsSegment(0.0, "chest" if hands else "away")
    return replace(
        script, style="still", duration_s=duration_s, compressions=(), hands=(place,), _grid={}
    )


class _Plan:
    """A session while it is being planned; `t_s` is where it has come to."""

    def __init__(self, learner: LearnerStyle, rng: np.random.Generator) -> None:
        self.learner = learner
        self.rng = rng
        self.t_s = HANDS_ABSENT_S + HANDS_RESTING_S
        self.bout = 0
        self.start_mm = 0.0
        self.compressions: list[PlannedCompression] = []
        self.breaths: list[PlannedBreath] = []
        self.hands = [HandsSegment(0.0, "away"), HandsSegment(HANDS_ABSENT_S, "chest")]

    def compress(self, i: int, n: int, lets_go: bool) -> None:
        """Plan compression `i` of `n`; where the learner lets go, nothing is leaned on."""
        learner, rng = self.learner, self.rng
        share = i / max(n - 1, 1)
        period_s = 60.0 / (learner.rate_cpm + learner.rate_spread_cpm * float(rng.normal()))
        depth_mm = learner.depth_mm + learner.depth_spread_mm * float(rng.normal())
        depth_mm -= learner.tiring_mm * share
        if _is_every(learner.shallow_every, i):
            depth_mm = learner.shallow_mm + 0.5 * learner.depth_spread_mm * float(rng.normal())
        lean_mm = max(learner.lean_mm + learner.lean_spread_mm * float(rng.normal()), 0.0)
        low, high = learner.leaning_run
        if low <= share < high:
            lean_mm += learner.leaning_mm
        compression = PlannedCompression(
            onset_s=self.t_s,
            down_s=learner.down_share * period_s,
            hold_s=learner.hold_share * period_s,
            up_s=learner.up_share * period_s,
            start_depth_mm=self.start_mm,
            depth_mm=depth_mm,
            release_depth_mm=0.0 if lets_go else lean_mm,
            bout=self.bout,
            second_dip_mm=6.0 if _is_every(learner.double_dip_every, i) else 0.0,
        )
        self.compressions.append(compression)
        self.start_mm = compression.release_depth_mm
        self.t_s += period_s

    def breathe_twice(self) -> None:
        """Move the hands to the head, give two breaths and come back for the next set."""
        self.hands.append(HandsSegment(self.t_s + 0.3, "head"))
        self.t_s += 0.9
        for _ in range(2):
            inspiration_s = BREATH_S * (1.0 + 0.08 * float(self.rng.normal()))
            self._breathe(self.t_s, inspiration_s)
            self.t_s += inspiration_s + 0.1 + 0.9
        self.hands.append(HandsSegment(self.t_s, "chest"))
        self.t_s += 0.75
        self.bout += 1

    def breathe_beside(self) -> None:
        """Let a second rescuer give ten breaths a minute beside the compressions."""
        first_s = self.compressions[0].onset_s
        for start_s in np.arange(first_s + 3.0, self.t_s - 2.0, 6.0):
            self._breathe(float(start_s), BREATH_S)

    def _breathe(self, start_s: float, inspiration_s: float) -> None:
        learner = self.learner
        volume_ml = learner.breath_ml + learner.breath_spread_ml * float(self.rng.normal())
        self.breaths.append(
            PlannedBreath(start_s, inspiration_s, max(volume_ml, 50.0), expiration_s=0.9)
        )


def _is_every(n: int, i: int) -> bool:
    """Tell whether `i` is the last of each `n`; never when `n` is 0."""
    return n > 0 and i % n == n - 1
