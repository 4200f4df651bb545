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
    rng = np.random.default_rng([seed, 0x5C])
    set_size = {Mode.C30_2: 30, Mode.C15_2: 15}.get(mode)
    n = max(round(compressing_s * learner.rate_cpm / 60.0), 1)
    hands = [HandsSegment(0.0, "away"), HandsSegment(HANDS_ABSENT_S, "chest")]
    compressions: list[PlannedCompression] = []
    breaths: list[PlannedBreath] = []
    t_s = HANDS_ABSENT_S + HANDS_RESTING_S
    bout, in_bout = 0, 0
    for i in range(n):
        period_s = 60.0 / (learner.rate_cpm + learner.rate_spread_cpm * float(rng.normal()))
        start_mm = compressions[-1].release_depth_mm if in_bout else 0.0
        compressions.append(
            _compression(
                learner,
                rng,
                i=i,
                n=n,
                onset_s=t_s,
                period_s=period_s,
                start_mm=start_mm,
                bout=bout,
            )
        )
        t_s += period_s
        in_bout += 1
        if set_size and in_bout == set_size and i < n - 1:
            t_s = _breathe(learner, rng, t_s, hands, breaths)
            bout, in_bout = bout + 1, 0
    if mode is Mode.CONTINUOUS:
        breaths = _breaths_while_compressing(learner, rng, compressions[0].onset_s, t_s)
    hands.append(HandsSegment(compressions[-1].release_s + 0.5, "away"))
    return Script(
        mode=mode,
        style=learner.name,
        seed=seed,
        duration_s=compressions[-1].release_s + 0.5 + AFTER_S,
        compressions=tuple(compressions),
        breaths=tuple(breaths),
        hands=tuple(hands),
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


def _compression(
    learner: LearnerStyle,
    rng: np.random.Generator,
    *,
    i: int,
    n: int,
    onset_s: float,
    period_s: float,
    start_mm: float,
    bout: int,
) -> PlannedCompression:
    share = i / max(n - 1, 1)
    depth_mm = learner.depth_mm + learner.depth_spread_mm * float(rng.normal())
    depth_mm -= learner.tiring_mm * share
    if learner.shallow_every and i % learner.shallow_every == learner.shallow_every - 1:
        depth_mm = learner.shallow_mm + 0.5 * learner.depth_spread_mm * float(rng.normal())
    lean_mm = max(learner.lean_mm + learner.lean_spread_mm * float(rng.normal()), 0.0)
    low, high = learner.leaning_run
    if low <= share < high:
        lean_mm += learner.leaning_mm
    dips = learner.double_dip_every
    return PlannedCompression(
        onset_s=onset_s,
        down_s=learner.down_share * period_s,
        hold_s=learner.hold_share * period_s,
        up_s=learner.up_share * period_s,
        start_depth_mm=start_mm,
        depth_mm=depth_mm,
        release_depth_mm=lean_mm,
        bout=bout,
        second_dip_mm=6.0 if dips and i % dips == dips - 1 else 0.0,
    )


def _breathe(
    learner: LearnerStyle,
    rng: np.random.Generator,
    t_s: float,
    hands: list[HandsSegment],
    breaths: list[PlannedBreath],
) -> float:
    """Move the hands to the head, give two breaths, come back; gives the next onset."""
    hands.append(HandsSegment(t_s + 0.3, "head"))
    start_s = t_s + 0.9
    for _ in range(2):
        inspiration_s = 1.0 + 0.08 * float(rng.normal())
        breaths.append(_breath(learner, rng, start_s, inspiration_s))
        start_s += inspiration_s + 0.1 + 0.9
    hands.append(HandsSegment(start_s, "chest"))
    return start_s + 0.75


def _breath(
    learner: LearnerStyle, rng: np.random.Generator, start_s: float, inspiration_s: float
) -> PlannedBreath:
    volume_ml = learner.breath_ml + learner.breath_spread_ml * float(rng.normal())
    return PlannedBreath(start_s, inspiration_s, max(volume_ml, 50.0), expiration_s=0.9)


def _breaths_while_compressing(
    learner: LearnerStyle, rng: np.random.Generator, first_s: float, last_s: float
) -> list[PlannedBreath]:
    """Ten breaths a minute by a second rescuer, beside the compressions."""
    starts = np.arange(first_s + 3.0, last_s - 2.0, 6.0)
    return [_breath(learner, rng, float(start_s), 1.0) for start_s in starts]
