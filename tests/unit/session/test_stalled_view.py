"""A view that stops for seconds is not noticed by sensing: judged by numbers, not by times."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.clock.host import host_now_ns
from mr.config import Mode, SessionConfig
from mr.recording.reader import open_recording
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.processes import LiveSession, SessionPlan
from mr.session.sensing import SensingJob, sense
from mr.session.shared import Channel
from mr.session.signals import EndWord
from mr.types import MannequinFrame, Snapshot

LONG_S = 300.0
STALLED_S = 1.5
WAIT_S = 60.0
A_FEW = 20
"""Snapshots; 200 samples a second arrive."""


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrated_rig(1)


def mannequin() -> SimSources:
    return SimSources("good", Mode.HANDS_ONLY, LONG_S, 1, 5.0, 1.0, camera=False)


def wait_for(true: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < give_up_s
        time.sleep(0.02)


def reading_view(log: Path, names: tuple[str, str], end: EndWord) -> None:
    """Read snapshots as fast as it goes, and keep the newest one's number in a file."""
    with Channel.attach(names) as channel:
        (log.parent / "pid").write_text(str(os.getpid()))
        while not end.is_set():
            snapshot = channel.snapshot()
            if snapshot is not None:
                log.write_text(str(snapshot.seq))
            time.sleep(0.01)


def state_of(pid: int) -> str:
    """Tell what a process does, as Linux writes it: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_a_view_stopped_for_seconds_costs_no_sample(rig: Rig, tmp_path: Path) -> None:
    path, log = tmp_path / "s.mcap", tmp_path / "seq"
    guideline = load_guideline("aha-2025-adult-bls")
    plan = SessionPlan(mannequin(), rig, SessionConfig(), guideline, path)

    def seen() -> int:
        return int((log.exists() and log.read_text()) or 0)

    def published(session: LiveSession) -> int:
        snapshot = session.snapshot()
        return 0 if snapshot is None else snapshot.seq

    with LiveSession(plan, [partial(reading_view, log)]) as session:
        wait_for(lambda: seen() > A_FEW)
        pid = int((tmp_path / "pid").read_text())
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: state_of(pid) == "T")  # it may still be writing
        stopped_at, before = seen(), published(session)
        time.sleep(STALLED_S)
        assert seen() == stopped_at, "the control: the view did stand still"
        during = published(session) - before
        os.kill(pid, signal.SIGCONT)
        wait_for(lambda: seen() > before + during)
        session.say("stop")
        wait_for(lambda: not session.running)
        session.result()
    assert during > A_FEW
    frames = [s for s in open_recording(path).samples() if isinstance(s, MannequinFrame)]
    seqs = [f.arrival.seq for f in frames]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_a_lock_that_a_view_kept_would_be_seen(rig: Rig, tmp_path: Path) -> None:
    """Negative control: sensing that waits for its reader publishes nothing while it stands."""
    lock, stop, numbers = threading.Lock(), threading.Event(), list[int]()

    def publish(snapshot: Snapshot) -> None:
        with lock:
            numbers.append(snapshot.seq)

    def run() -> None:
        (device,) = mannequin()(host_now_ns)
        with device:
            job = SensingJob(
                rig=rig,
                config=SessionConfig(),
                guideline=load_guideline("aha-2025-adult-bls"),
                path=tmp_path / "s.mcap",
                now=host_now_ns,
                wait=lambda: time.sleep(0.002),
                publish=publish,
                publish_picture=lambda _picture: None,
                commands=lambda: ("stop",) if stop.is_set() else (),
            )
            sense([device], job)

    sensing = threading.Thread(target=run)
    sensing.start()
    try:
        wait_for(lambda: len(numbers) > A_FEW)
        with lock:
            before = len(numbers)
            time.sleep(STALLED_S)
            during = len(numbers) - before
        wait_for(lambda: len(numbers) > before + A_FEW)
    finally:
        stop.set()
        sensing.join(WAIT_S)
    assert during == 0
