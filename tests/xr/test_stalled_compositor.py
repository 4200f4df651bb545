"""A compositor that stops dead stops the view, and nothing else: each sample is recorded."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

from monado import HERE, Client, Monado

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.recording.reader import open_recording
from mr.scoring.profiles import load_guideline
from mr.session.processes import LiveSession, SessionPlan
from mr.types import MannequinFrame

LONG_S = 300.0
STALLED_S = 2.0
WAIT_S = 60.0
A_FEW = 20
"""Frames, or snapshots: at 200 samples a second one in a tenth of a second."""


def seq_of(session: LiveSession) -> int:
    snapshot = session.snapshot()
    return 0 if snapshot is None else snapshot.seq


def wait_for(true: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < give_up_s
        time.sleep(0.02)


def frames_said(client: Client) -> int:
    """Read away what the view has said, and count it."""
    pipe, n = client._process.stdout, 0
    assert pipe is not None
    while select.select([pipe], [], [], 0.0)[0] and (line := pipe.readline()):
        assert b"device_error" not in line, line
        n += line.startswith(b'{"seq"')
    return n


def test_a_stopped_compositor_costs_no_sample(own_monado: Monado, tmp_path: Path) -> None:
    path = tmp_path / "session.mcap"
    sources = SimSources("good", Mode.HANDS_ONLY, LONG_S, 1, 5.0, 1.0, camera=False)
    guideline = load_guideline("aha-2025-adult-bls")
    plan = SessionPlan(sources, calibrated_rig(1), SessionConfig(), guideline, path)
    with LiveSession(plan) as session:
        wait_for(lambda: seq_of(session) > A_FEW)  # from here on it measures
        names = json.dumps(session._channel.names)
        client = own_monado.client(
            HERE / "stalled_client.py", tmp_path / "client.log", CHANNEL=names
        )
        n_frames = 0

        def shown(n: int) -> bool:
            nonlocal n_frames
            n_frames += frames_said(client)
            return n_frames >= n

        wait_for(lambda: shown(A_FEW))
        os.kill(own_monado.service.pid, signal.SIGSTOP)
        try:
            time.sleep(0.5)  # a frame or two may be under way
            frames_said(client)
            stalled_ns, before = time.monotonic_ns(), seq_of(session)
            time.sleep(STALLED_S)
            during, on_ns = seq_of(session) - before, time.monotonic_ns()
            n_stalled = frames_said(client)
        finally:
            os.kill(own_monado.service.pid, signal.SIGCONT)
        n_frames = 0
        wait_for(lambda: shown(A_FEW))
        client.leave()
        session.say("stop")
        wait_for(lambda: not session.running)
        session.result()
    assert n_stalled <= 1, "the control: the view did stand still"
    assert during > A_FEW, "snapshots went on"
    recording = open_recording(path)
    assert recording.complete
    frames = [s for s in recording.samples() if isinstance(s, MannequinFrame)]
    seqs = [f.arrival.seq for f in frames]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert sum(stalled_ns <= f.arrival.arrival_ns < on_ns for f in frames) > 10 * A_FEW
