"""Processes of a session: neither a stalled view nor the hands process delays sensing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.recording.reader import Recording, open_recording
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session import processes
from mr.session.processes import LiveSession, SessionPlan
from mr.session.shared import Channel
from mr.session.signals import EndWord
from mr.tracking.landmarks import FETCH, HINT, model_path
from mr.types import HandLandmarks, MannequinFrame, SessionEvent
from tests.conftest import Require
from tests.recordings import holds

SECONDS = 3.0
LONG_S = 120.0
"""Of a session that is told to stop: loading takes a busy machine as long as it takes."""
MORE_S = 0.5
RATE_HZ = 200.0


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrated_rig(1)


def plan(
    rig: Rig, path: Path, color_hz: float = 0.0, compressing_s: float = SECONDS
) -> SessionPlan:
    sources = SimSources(
        "good", Mode.HANDS_ONLY, compressing_s, 1, 5.0, color_hz, camera=color_hz > 0
    )
    guideline = load_guideline("aha-2025-adult-bls")
    return SessionPlan(sources, rig, SessionConfig(), guideline, path)


def stalled_view(log: Path, names: tuple[str, str], end: EndWord) -> None:
    """See one snapshot, then stop dead, as a hung compositor would."""
    with Channel.attach(names) as channel:
        while channel.snapshot() is None and not end.is_set():
            pass
        log.write_text("seen")
        os.kill(os.getpid(), signal.SIGSTOP)


def asking_view(log: Path, _names: tuple[str, str], end: EndWord) -> None:
    """Do nothing but ask whether to end."""
    log.write_text(str(os.getpid()))
    while not end.is_set():
        pass


def run(session: LiveSession) -> None:
    while session.running:
        session._answer.poll(0.05)
    session.result()


def run_until(session: LiveSession, true: Callable[[], object], more_s: float = MORE_S) -> None:
    """Run a long session until something has come true, and a little longer."""
    while session.running and not true():
        session._answer.poll(0.05)
    session._answer.poll(more_s)
    session.say("stop")
    run(session)


def mannequin_frames(recording: Recording) -> list[MannequinFrame]:
    return [s for s in recording.samples() if isinstance(s, MannequinFrame)]


def test_a_stalled_view_costs_no_sample(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LEAVE_S", 3.0)
    path, log = tmp_path / "s.mcap", tmp_path / "log"
    with LiveSession(
        plan(rig, path, compressing_s=LONG_S), [partial(stalled_view, log)]
    ) as session:
        run_until(session, log.exists, SECONDS)
    recording = open_recording(path)
    frames = mannequin_frames(recording)
    assert log.read_text() == "seen"
    assert recording.complete
    seqs = [f.arrival.seq for f in frames]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert len(frames) > 0.95 * RATE_HZ * SECONDS


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_a_view_that_stops_while_it_asks_holds_nobody_up(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """A lock that both sides take, as an event of `multiprocessing` has one, could be kept."""
    monkeypatch.setattr(processes, "LEAVE_S", 1.0)
    path, log = tmp_path / "s.mcap", tmp_path / "log"
    with LiveSession(plan(rig, path), [partial(asking_view, log)]) as session:
        while not log.exists() or not log.read_text():
            session._answer.poll(0.01)
        os.kill(int(log.read_text()), number)
        run(session)
    assert open_recording(path).complete


def test_hand_landmarks_come_from_a_process_of_their_own(
    rig: Rig, tmp_path: Path, require: Require
) -> None:
    require.module("mediapipe", HINT)
    if not model_path().exists():
        require.missing("the hand model", FETCH)
    path = tmp_path / "s.mcap"
    with LiveSession(plan(rig, path, 4.0, LONG_S), hands=True) as session:
        run_until(session, lambda: holds(path, HandLandmarks))
    recording = open_recording(path)
    found = [s for s in recording.samples() if isinstance(s, HandLandmarks)]
    arrivals = [f.arrival.arrival_ns for f in mannequin_frames(recording)]
    assert found, f"no hand was found in {LONG_S:.0f} s of simulated pictures"
    for landmarks in found:
        assert landmarks.landmarks_px.shape == (21, 2)
        assert landmarks.stamp.sigma_ns > 0
        assert arrivals[0] - 100_000_000 < landmarks.stamp.t_ns < arrivals[-1]


def test_without_its_model_the_session_goes_on(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "anna.mueller"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "nowhere"))
    path = tmp_path / "s.mcap"
    with LiveSession(plan(rig, path, 1.0, LONG_S), hands=True) as session:
        run_until(session, lambda: not session._views[0].is_alive(), more_s=SECONDS)
    recording = open_recording(path)
    assert recording.complete
    assert mannequin_frames(recording)
    assert not any(isinstance(s, HandLandmarks) for s in recording.samples())
    said = capfd.readouterr().err
    assert "no hand landmarks" in said
    assert "anna.mueller" in said, "whoever sits there has to find the file"
    kept = [s.text for s in recording.samples() if isinstance(s, SessionEvent)]
    assert any("no hand landmarks: ~" in text for text in kept)
    assert not any("anna.mueller" in text for text in kept)
