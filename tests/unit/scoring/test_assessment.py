"""Assessments: the verdict by the interval, criteria that lock, attempts told apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mr.config import Attempt, Criteria, SessionConfig, load_criteria, parse
from mr.errors import ConfigError
from mr.recording.header import RecordingHeader
from mr.scoring.assessment import assess
from mr.types import Score, ScoreItem
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


def test_wrong_criteria_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "criteria.toml"
    for text, words in (
        ('schema = "mrcpr.criteria/1"', "nothing is asked for"),
        ('schema = "mrcpr.criteria/1"\nscore_min_pct = 175', "score_min_pct: input should be less"),
        ('schema = "mrcpr.criteria/1"\nscore = 75', "score: unknown key"),
        ('schema = "mrcpr.criteria/1"\n[item_min_pct]\nspeed = 7', "item_min_pct.speed"),
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
