"""What simulated learners are told: the right thing, calmly, seldom aloud, the same in a replay.

Each learner's mannequin goes through the live pipeline; what they do wrong is the plan of their
script, so what they must hear is known. The same compressions, judged one by one and without a
memory, are the negative control of calmness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.coaching.measures import MEASURES
from mr.coaching.rules import RULE_OF
from mr.config import Mode, SessionConfig
from mr.scoring.profiles import load_guideline
from mr.session.offline import rerun
from mr.session.processes import SessionPlan, run_fast
from mr.sim.learner import STYLES, LearnerStyle
from mr.types import Compression, Cue, Snapshot

GUIDELINE = load_guideline("aha-2025-adult-bls")
WAVERING = LearnerStyle("wavering", depth_mm=50.0, depth_spread_mm=2.5)
"""Crosses the border of the band again and again."""
CALM_S = 1.5
"""Advice and praise stand at least so long."""
CHANGE_EVERY = 6
"""The line of advice changes at most once in so many compressions."""
SPEECH_CYCLE = 30
LENGTHS_S = {"good": 7.0, "shallow": 12.0, "leaning": 7.0, "fast": 7.0, "wavering": 24.0}
WANTED = {"good": set(), "shallow": {"push_deeper"}, "leaning": {"let_it_rise"}, "fast": {"slower"}}


@dataclass(frozen=True)
class Told:
    """One learner's session."""

    cues: Sequence[Cue]
    compressions: Sequence[Compression]
    seen: Sequence[Cue | None]
    path: Path

    @property
    def corrections(self) -> set[str]:
        return {cue.key for cue in self.cues if RULE_OF[cue.key].corrects}


def told(path: Path, style: str, seconds: float, mode: Mode, guidance: bool = True) -> Told:
    rig = calibrated_rig(3)
    sources = SimSources(style, mode, seconds, 3, 30.0, 2.0, camera=False)
    config = SessionConfig(mode=mode, guidance=guidance)
    seen: list[Cue | None] = []

    def publish(snapshot: Snapshot) -> None:
        if not seen or seen[-1] != snapshot.cue:
            seen.append(snapshot.cue)

    plan = SessionPlan(sources, rig, config, GUIDELINE, path)
    pipeline = run_fast(plan, publish, lambda _picture: None)
    return Told(pipeline.cues, pipeline.outcome().compressions, seen, path)


@pytest.fixture(scope="module")
def learners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    folder = tmp_path_factory.mktemp("coaching")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(STYLES, "wavering", WAVERING)
        yield {
            style: told(folder / f"{style}.mcap", style, seconds, Mode.HANDS_ONLY)
            for style, seconds in LENGTHS_S.items()
        }


def test_each_learner_is_told_what_is_wrong_and_nothing_else(learners: dict[str, Told]) -> None:
    for style, wanted in WANTED.items():
        assert learners[style].corrections == wanted, style
    assert "very_good" in {cue.key for cue in learners["good"].cues}
    others = {style: told.corrections for style, told in learners.items()}
    assert others["shallow"] != others["leaning"] != others["fast"], "they can be told apart"


def standing_s(shown: Sequence[tuple[int, str]]) -> list[float]:
    """Give how long each correction and each praise stood, but for the last cue."""
    return [
        (shown[k + 1][0] - t_ns) / 1e9
        for k, (t_ns, key) in enumerate(shown[:-1])
        if RULE_OF[key].corrects or key in {"good_depth", "good_release", "good_rate", "good_hands"}
    ]


def showings(cues: Sequence[Cue]) -> list[tuple[int, str]]:
    """Give each showing once, also one that became worth a word while it stood."""
    return sorted({(cue.since_ns, cue.key) for cue in cues})


def without_memory(compressions: Sequence[Compression]) -> list[tuple[int, str]]:
    """Advise after each compression for that one alone: how it must not be."""
    names = {rule.corrects: key for key, rule in RULE_OF.items() if rule.corrects}
    shown: list[tuple[int, str]] = []
    for compression in compressions:
        sides = [(m.key, m.band(GUIDELINE).side(m.of(compression, GUIDELINE))) for m in MEASURES]
        key = next((names[at] for at in sides if at in names), "keep_going")
        if not shown or shown[-1][1] != key:
            shown.append((compression.release_ns, key))
    return shown


def test_advice_does_not_flicker(learners: dict[str, Told]) -> None:
    for style, learner in learners.items():
        nervous = without_memory(learner.compressions)
        calm = showings(learner.cues)
        print(
            f"{style}: {len(learner.compressions)} compressions, {len(calm)} cues, "
            f"shortest advice {min(standing_s(calm), default=0.0):.1f} s; "
            f"without memory {len(nervous)} cues"
        )
        assert all(s >= CALM_S - 1e-6 for s in standing_s(calm)), style
    wavering = learners["wavering"]
    assert len(showings(wavering.cues)) <= len(wavering.compressions) / CHANGE_EVERY
    control = without_memory(wavering.compressions)
    assert len(control) > len(wavering.compressions) / CHANGE_EVERY
    assert min(standing_s(control)) < CALM_S


def spoken_within_a_cycle(told: Told) -> int:
    """Give the most corrections spoken within any `SPEECH_CYCLE` compressions."""
    spoken = [cue.since_ns for cue in told.cues if cue.aloud and RULE_OF[cue.key].corrects]
    ends = [c.release_ns for c in told.compressions]
    return max(
        (
            sum(ends[k] <= t_ns < ends[min(k + SPEECH_CYCLE, len(ends)) - 1] for t_ns in spoken)
            for k in range(len(ends))
        ),
        default=0,
    )


def test_speech_is_rare(learners: dict[str, Told]) -> None:
    for style, learner in learners.items():
        assert spoken_within_a_cycle(learner) <= 1, style
    assert spoken_within_a_cycle(learners["shallow"]) == 1, "it can be counted"
    assert not any(cue.aloud for cue in learners["good"].cues if RULE_OF[cue.key].corrects)


def test_a_replay_says_the_same_at_the_same_instants(learners: dict[str, Told]) -> None:
    for style in ("shallow", "wavering"):
        learner = learners[style]
        assert rerun(learner.path, 17, coached=True).pipeline.cues == learner.cues
        assert set(learner.seen) - {None} <= {Cue("start_when_ready", "hint"), *learner.cues}
    assert learners["shallow"].cues != learners["wavering"].cues


def test_a_cycle_with_breaths_gets_its_sentence_in_the_pause(tmp_path: Path) -> None:
    learner = told(tmp_path / "cycles.mcap", "shallow", 18.0, Mode.C30_2)
    keys = [key for _, key in showings(learner.cues)]
    pauses = [k for k, key in enumerate(keys) if key == "breathe"]
    assert len(pauses) == 1
    for k in pauses:
        assert keys[k + 1 : k + 3] == ["lesson_shallow", "resume"], keys


def test_an_assessment_says_nothing(tmp_path: Path) -> None:
    learner = told(tmp_path / "cold.mcap", "shallow", 4.0, Mode.HANDS_ONLY, guidance=False)
    assert learner.cues == ()
    assert learner.seen == [None]
