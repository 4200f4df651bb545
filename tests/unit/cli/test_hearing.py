"""Who is to hear what: by the session's settings, and never waiting for the program that speaks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration.simulated.quick import calibrate_simulated
from mr.cli import hearing
from mr.cli.hearing import Hearing, beat_of
from mr.config import SessionConfig
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.processes import SessionPlan
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.types import Cue
from overlays.messages import ENGLISH
from tests.snapshots import IN_FULL_SWING

GUIDELINE = load_guideline("aha-2025-adult-bls")


def no_devices(_now: Any) -> Sequence[Any]:
    return ()


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrate_simulated(make_sim_rig(), Bench(1))


@pytest.fixture
def plan(rig: Rig, tmp_path: Path) -> Callable[..., SessionPlan]:
    def plan_of(**settings: object) -> SessionPlan:
        config = SessionConfig.model_validate({"out_dir": tmp_path, **settings})
        return SessionPlan(no_devices, rig, config, GUIDELINE, tmp_path / "a.mcap")

    return plan_of


@pytest.mark.parametrize(
    ("settings", "rate_cpm"),
    [
        ({}, 110.0),
        ({"metronome_cpm": 104.0}, 104.0),
        ({"metronome": False}, None),
        ({"level": "none"}, None),
        ({"level": "sound"}, 110.0),
        ({"attempt": "assessment"}, None),
    ],
)
def test_there_is_a_beat_just_where_there_are_to_be_clicks(
    settings: dict[str, object], rate_cpm: float | None
) -> None:
    beat = beat_of(SessionConfig.model_validate(settings), GUIDELINE)
    assert (None if beat is None else pytest.approx(beat.rate_cpm)) == rate_cpm


class FakeLoudspeaker:
    """Takes what would be played; there is no device in a test."""

    sounding = True

    def __init__(self, *_args: object) -> None:
        self.played: list[np.ndarray] = []

    def start(self) -> bool:
        return True

    def stop(self) -> None:
        pass

    def speak(self, words: np.ndarray) -> None:
        self.played.append(words)


@pytest.fixture
def loudspeaker(monkeypatch: pytest.MonkeyPatch) -> FakeLoudspeaker:
    made = FakeLoudspeaker()
    monkeypatch.setattr(hearing, "Loudspeaker", lambda *_args: made)
    return made


def snapshot_saying(key: str, since_ns: int) -> Any:
    return replace(IN_FULL_SWING, cue=Cue(key, "warning", since_ns, aloud=True))


def test_a_word_that_is_not_ready_is_dropped_counted_and_told(
    tmp_path: Path,
    plan: Callable[..., SessionPlan],
    loudspeaker: FakeLoudspeaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = tmp_path / "espeak-ng"
    fake.write_text(f"#!/bin/sh\nwhile [ ! -e '{tmp_path}/go' ]; do sleep 0.02; done\n")
    fake.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(fake))
    said: list[str] = []
    try:
        with Hearing(plan(voice=True), ENGLISH, None, said.append) as heard:
            heard.hear(snapshot_saying("push_deeper", 1))
            heard.hear(snapshot_saying("push_deeper", 1))
            heard.hear(snapshot_saying("swap", 2))
        assert loudspeaker.played == []
        assert said[-1] == "not spoken, for want of time to make it: 2 words"
    finally:
        (tmp_path / "go").touch()  # only now: it ends without a sound, and that is said, too


def test_a_word_that_is_ready_is_said_once(
    plan: Callable[..., SessionPlan], loudspeaker: FakeLoudspeaker, require
) -> None:
    require.program("espeak-ng", "./system-packages.sh voice")
    said: list[str] = []
    with Hearing(plan(voice=True), ENGLISH, None, said.append) as heard:
        assert heard._voice is not None and heard._voice.wait(60.0)
        for _ in range(3):
            heard.hear(snapshot_saying("push_deeper", 1))
        heard.hear(None)
        heard.hear(replace(IN_FULL_SWING, cue=Cue("slower", "hint", 5, aloud=False)))
    assert len(loudspeaker.played) == 1
    assert said == []


@pytest.mark.parametrize("settings", [{"level": "none"}, {"attempt": "assessment"}, {}])
def test_who_is_not_to_be_helped_or_wants_no_voice_hears_nothing(
    plan: Callable[..., SessionPlan], loudspeaker: FakeLoudspeaker, settings: dict[str, object]
) -> None:
    wants = {"voice": True} if settings else {}
    with Hearing(plan(**wants, **settings), ENGLISH, None) as heard:
        heard.hear(snapshot_saying("push_deeper", 1))
    assert loudspeaker.played == []
    assert heard._loudspeaker is None


class FakeVoice:
    """Has every word ready; no program speaks in a test."""

    missed_n = 0

    def __init__(self, *_args: object) -> None:
        pass

    def prepare(self, texts: Any) -> None:
        list(texts)

    def close(self) -> None:
        pass

    def samples(self, _text: str) -> np.ndarray:
        return np.zeros(8, dtype=np.float32)


@pytest.mark.parametrize(
    ("level", "heard_n"), [("full", 2), ("reduced", 1), ("sound", 2), ("none", 0)]
)
def test_where_only_warnings_are_written_only_warnings_are_spoken(
    level: str,
    heard_n: int,
    plan: Callable[..., SessionPlan],
    loudspeaker: FakeLoudspeaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hearing, "Voice", FakeVoice)
    with Hearing(plan(voice=True, level=level), ENGLISH, None) as heard:
        for since_ns, severity in enumerate(("hint", "warning"), start=1):
            # Without prompts: what is not written may be spoken all the same.
            cue = Cue("push_deeper", severity, since_ns, aloud=True, written=False)
            heard.hear(replace(IN_FULL_SWING, level=level, cue=cue))
    assert len(loudspeaker.played) == heard_n
