"""A recording that is judged by other values than its own says so, whatever their name."""

from __future__ import annotations

from pathlib import Path

import pytest

from mr.config import SessionConfig
from mr.recording.header import RecordingHeader
from mr.scoring.profiles import load_guideline, profile_as_json
from mr.session.offline import judged_otherwise, recorded_guideline
from tests.unit.recording.conftest import a_rig

NAME = "aha-2025-adult-bls"


def head(profile: dict[str, object] | None) -> RecordingHeader:
    return RecordingHeader.make("sim", SessionConfig(guideline=NAME), a_rig(), [], profile)


@pytest.fixture
def amended() -> dict[str, object]:
    """Give the profile as it may have been when the recording was made."""
    profile = profile_as_json(load_guideline(NAME))
    return {**profile, "version": 1, "depth": {**profile["depth"], "high_mm": 62.0}}


def test_its_own_values_need_no_word(amended: dict[str, object]) -> None:
    for profile in (amended, profile_as_json(load_guideline(NAME))):
        assert judged_otherwise(head(profile), recorded_guideline(head(profile))) == ()
    same = head(profile_as_json(load_guideline(NAME)))
    assert judged_otherwise(same, recorded_guideline(same, NAME)) == (), "named, and unchanged"


def test_a_profile_that_was_amended_under_its_name_is_told(amended: dict[str, object]) -> None:
    (words,) = judged_otherwise(head(amended), recorded_guideline(head(amended), NAME))
    assert f"judged by {NAME}, version 2 (sha256" in words
    assert f"was recorded with {NAME}, version 1 (sha256" in words


def test_an_older_recording_keeps_a_name_only() -> None:
    (words,) = judged_otherwise(head(None), recorded_guideline(head(None)))
    assert f"judged by today's {NAME}, version 2" in words
    assert "keeps no values of it" in words


def test_a_course_of_its_own_is_told(tmp_path: Path, amended: dict[str, object]) -> None:
    path = tmp_path / "own.toml"
    path.write_text(f'extends = "{NAME}"\nid = "own"\nversion = 7\ntitle = "Ours"\n')
    (words,) = judged_otherwise(head(amended), load_guideline(str(path)))
    assert "judged by own, version 7" in words
