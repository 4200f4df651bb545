"""Assessments: the verdict by the interval, criteria that lock, attempts told apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mr.config import Attempt, Criteria, Mode, SessionConfig, load_criteria, parse
from mr.errors import ConfigError
from mr.recording.header import RecordingHeader
from mr.scoring.assessment import assess, needs_force, require_items
from mr.scoring.performance import Performance
from mr.scoring.profiles import load_guideline
from mr.scoring.score import LABELS, items_of, score_performance
from mr.types import Measured, Score, ScoreItem
from tests.unit.recording.conftest import a_rig


def criteria(**asked: object) -> Criteria:
    return parse(Criteria, {"schema": "mrcpr.criteria/1", **asked}, "here")


def a_score(value: float | None, low: float = 0.0, high: float = 0.0) -> Score:
    interval = None if value is None else (low, high)
    depth = ScoreItem("depth", "Compression depth", 30.0, value, 0.0, "", interval)
    return Score(value, (depth,), "x", (), interval)


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        (a_score(80.0, 76.0, 82.0), "passed"),
        (a_score(76.0, 74.0, 78.0), "borderline"),
        (a_score(74.0, 72.0, 76.0), "borderline"),
        (a_score(70.0, 68.0, 74.9), "not passed"),
        (a_score(None), "unscored"),
    ],
)
def test_the_verdict_respects_what_is_not_known(score: Score, verdict: str) -> None:
    assert assess(score, criteria(score_min_pct=75.0)).verdict == verdict
    assert assess(score, criteria(item_min_pct={"depth": 75.0})).verdict == verdict


def test_the_worst_check_counts() -> None:
    asked = criteria(score_min_pct=75.0, item_min_pct={"depth": 81.0, "ventilation": 50.0})
    verdict = assess(a_score(80.0, 76.0, 82.0), asked)
    assert [c.verdict for c in verdict.checks] == ["passed", "borderline", "unscored"]
    assert verdict.verdict == "unscored"
    missed = criteria(score_min_pct=99.0, item_min_pct={"ventilation": 50.0})
    assert assess(a_score(80.0, 76.0, 82.0), missed).verdict == "not passed"


@pytest.mark.parametrize("mode", Mode)
def test_criteria_for_what_the_mode_has_not_are_refused(mode: Mode) -> None:
    """And for nothing else: what a score of the mode has, an assessment may ask for."""
    nothing = Performance([], [], [], Measured.unknown("no compressions were seen"))
    name = "aha-2025-child-bls" if mode is Mode.C15_2 else "aha-2025-adult-als"
    score = score_performance(nothing, load_guideline(name).for_chest(150.0), mode, rescuers=2)
    assert items_of(mode) == tuple(item.key for item in score.items)
    for key in LABELS:
        asked = criteria(item_min_pct={key: 60.0})
        if key in items_of(mode):
            require_items(asked, mode)
            continue
        with pytest.raises(ConfigError, match=f"item_min_pct.{key}: mode {mode} .*leave it out"):
            require_items(asked, mode)
        # A recording that was locked with it still opens, and says it in words.
        (check,) = assess(score, asked).checks
        assert (check.label, check.verdict) == (LABELS[key], "unscored")


def test_what_only_force_can_judge_is_known_before() -> None:
    displacement = load_guideline("aha-2025-adult-bls")
    limits = {"release_max_n": 24.5, "zero_at_n": 24.5}
    recoil = displacement.recoil.model_copy(update={"criterion": "force", **limits})
    force = displacement.model_copy(update={"recoil": recoil})
    depth, of_recoil = (criteria(item_min_pct={key: 60.0}) for key in ("depth", "recoil"))
    for asked in (None, of_recoil, criteria(score_min_pct=75.0)):
        assert needs_force(force, Mode.HANDS_ONLY, asked)
        assert not needs_force(displacement, Mode.HANDS_ONLY, asked)
    assert not needs_force(force, Mode.HANDS_ONLY, depth)
    assert not needs_force(force, Mode.VENTILATION_ONLY, None)


def test_wrong_criteria_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "criteria.toml"
    for text, words in (
        ("score_min_pct = 75", 'schema: field required: write schema = "mrcpr.criteria/1"$'),
        ('schema = "mrcpr.criteria/1"', "nothing is asked for"),
        ('schema = "mrcpr.criteria/1"\nscore_min_pct = 175', "score_min_pct: input should be less"),
        ('schema = "mrcpr.criteria/1"\nscore = 75', "score: unknown key"),
        (
            'schema = "mrcpr.criteria/1"\n[item_min_pct]\nspeed = 7',
            "item_min_pct.speed: unknown key; choose one of depth, rate.*or ventilation$",
        ),
        (
            'schema = "mrcpr.criteria/1"\nscore_min_pct = 0.75',
            "score_min_pct: 0.75 is 0.75 %, which all pass.*write 75",
        ),
        (
            'schema = "mrcpr.criteria/1"\n[item_min_pct]\ndepth = 80\nrecoil = 1.0',
            "item_min_pct.recoil: 1 is 1 %.*over 1 and at most 100",
        ),
        ("no toml [", "not a TOML file"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=words):
            load_criteria(path)
    with pytest.raises(ConfigError, match="cannot read these criteria"):
        load_criteria(tmp_path / "none.toml")


def test_a_recording_locked_with_a_share_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "criteria.toml"
    path.write_text('schema = "mrcpr.criteria/1"\nscore_min_pct = 1.5')
    assert load_criteria(path).score_min_pct == 1.5
    assert criteria(score_min_pct=0.75).score_min_pct == 0.75


def test_attempts_follow_guidance_and_the_other_way_round() -> None:
    assert SessionConfig().attempt is Attempt.PRACTICE
    assert SessionConfig(guidance=False).attempt is Attempt.ASSESSMENT  # an older recording's
    assert SessionConfig(attempt=Attempt.COLD).guidance is False
    for wrong in (
        {"attempt": "cold", "guidance": True},
        {"criteria": criteria(score_min_pct=75.0)},
    ):
        with pytest.raises(ConfigError):
            parse(SessionConfig, wrong, "here")


def test_a_recording_locks_its_criteria() -> None:
    config = SessionConfig(attempt=Attempt.ASSESSMENT, criteria=criteria(score_min_pct=75.0))
    kept = RecordingHeader.make("sim", config, a_rig(), []).to_json()
    assert parse(RecordingHeader, kept, "r").session.criteria == config.criteria
    kept["session"]["criteria"]["score_min_pct"] = 50.0
    with pytest.raises(ConfigError, match="changed after the session"):
        parse(RecordingHeader, kept, "r")


def test_an_older_head_still_opens() -> None:
    kept = RecordingHeader.make("sim", SessionConfig(guidance=False), a_rig(), []).to_json()
    for key in ("guideline_profile", "criteria_sha256"):
        del kept[key]
    for key in ("attempt", "rescuers", "criteria"):
        del kept["session"][key]
    head = parse(RecordingHeader, kept, "r")
    assert head.session.attempt is Attempt.ASSESSMENT
    assert head.guideline_profile is None


def test_an_own_profile_is_named_by_its_id_and_not_by_a_path_that_may_hold_a_name() -> None:
    config = SessionConfig(guideline="people/anna.meier/course.toml")
    head = RecordingHeader.make("sim", config, a_rig(), [], {"id": "course"}).to_json()
    assert "meier" not in json.dumps(head)
    assert head["guideline_id"] == head["session"]["guideline"] == "course"
    assert "meier" in json.dumps(RecordingHeader.make("sim", config, a_rig(), []).to_json())
