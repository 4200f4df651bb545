"""One cue at a time: the most critical, and only when it persists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mr.coaching.coach import PERSISTENCE, Situation, advise
from mr.config import Mode
from mr.scoring.profiles import load_guideline
from mr.types import Compression, Measured, Phase


def compression(depth_mm=55.0, release_mm=1.0, rate_cpm=110.0, x_mm=0.0) -> Compression:
    return Compression(
        0, 0, 1, 2, Measured(depth_mm), Measured(release_mm), Measured(rate_cpm), Measured(0.5),
        Measured(400.0), Measured(450.0), (Measured(x_mm), Measured(0.0)),
    )  # fmt: skip


CALM = Situation(
    phase=Phase.COMPRESSING,
    mode=Mode.HANDS_ONLY,
    hands="on",
    hands_off_s=0.0,
    n_in_cycle=10,
    compressing_s=20.0,
    lost_streams=(),
    recent=[compression()] * 6,
    guideline=load_guideline("aha-2025-adult-bls"),
)


def key(situation: Situation) -> str | None:
    cue = advise(situation)
    return cue.key if cue else None


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"depth_mm": 42.0}, "push_deeper"),
        ({"depth_mm": 66.0}, "push_less"),
        ({"rate_cpm": 90.0}, "faster"),
        ({"rate_cpm": 130.0}, "slower"),
        ({"release_mm": 9.0}, "let_it_rise"),
        ({"x_mm": 35.0}, "move_hands"),
        ({"depth_mm": 42.0, "release_mm": 9.0}, "let_it_rise"),
    ],
)
def test_a_persistent_mistake_is_named_recoil_first(wrong: dict[str, float], expected: str) -> None:
    assert key(replace(CALM, recent=[compression(**wrong)] * PERSISTENCE)) == expected


def test_fewer_than_four_misses_say_nothing_new() -> None:
    recent = [compression()] + [compression(depth_mm=42.0)] * (PERSISTENCE - 1)
    assert key(replace(CALM, recent=recent)) == "keep_going"


def test_unknown_values_never_become_advice() -> None:
    unknown = replace(compression(), depth_mm=Measured.unknown("no zero"))
    assert key(replace(CALM, recent=[unknown] * 6)) == "keep_going"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"phase": Phase.WAITING}, "start_when_ready"),
        ({"phase": Phase.FINISHED}, "finished"),
        ({"lost_streams": ("mannequin",)}, "sensor_lost"),
        ({"mode": Mode.C30_2, "n_in_cycle": 30}, "breathe"),
        ({"phase": Phase.PAUSED, "hands": "off", "hands_off_s": 3.0}, "hands_on_chest"),
        ({"phase": Phase.PAUSED, "hands": "on", "hands_off_s": 3.0}, "resume"),
        ({"phase": Phase.PAUSED, "hands_off_s": 1.0}, None),
        ({"compressing_s": 130.0}, "swap"),
    ],
)
def test_situations(change: dict[str, object], expected: str | None) -> None:
    assert key(replace(CALM, **change)) == expected


def test_arms_come_after_what_is_measured_better() -> None:
    both = frozenset({"elbows_bent", "shoulders_back"})
    assert key(replace(CALM, arms=both)) == "straighten_arms"
    assert key(replace(CALM, arms=frozenset({"shoulders_back"}))) == "shoulders_over"
    assert key(CALM) == "keep_going", "without a fault nothing is said of arms"
    shallow = [compression(depth_mm=42.0)] * PERSISTENCE
    assert key(replace(CALM, arms=both, recent=shallow)) == "push_deeper"
    assert key(replace(CALM, arms=both, phase=Phase.PAUSED)) is None
