"""The headset as a device: told through a pipe, lost and back, and never in anybody's way."""

from __future__ import annotations

import itertools
import multiprocessing
import pickle
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.clock.host import SteppedClock
from mr.config import Mode, SessionConfig
from mr.devices.depth_camera import Complaint
from mr.devices.mannequin.source import MannequinSource
from mr.errors import DeviceError
from mr.recording.reader import open_recording
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.headset import HANDS, HEAD, SHOWN, STOP, HeadsetLink, HeadsetTeller
from mr.session.offline import differences, rerun
from mr.session.sensing import SensingJob, sense
from mr.sim.learner import make_script
from mr.sim.mannequin import SimMannequinPort
from mr.sim.plant import Plant
from mr.sim.rig import make_sim_rig
from mr.types import (
    Arrival,
    FrameShown,
    HandJoints,
    HeadPose,
    Pose,
    SessionEvent,
    Snapshot,
    Stamp,
)

PIPE_PIECE = 4096


def head(seq: int, t_ns: int) -> HeadPose:
    arrival = Arrival(HEAD, seq, t_ns, t_ns)
    return HeadPose(arrival, Stamp(t_ns, 0), Pose(np.eye(3), np.array([0.0, 1.0, seq])))


def hand(seq: int, t_ns: int, side: str = "left") -> HandJoints:
    rng = np.random.default_rng(seq)
    arrival = Arrival(HANDS, seq, t_ns, t_ns)
    return HandJoints(
        arrival, Stamp(t_ns, 0), side, rng.normal(size=(26, 3)), np.ones(26, dtype=bool)
    )


def pair() -> tuple[HeadsetLink, HeadsetTeller]:
    told, tells = multiprocessing.Pipe(duplex=False)
    return HeadsetLink(told, "Quest 3"), HeadsetTeller(tells)


def test_samples_words_and_ails_come_through_in_order() -> None:
    link, teller = pair()
    teller.tell([head(1, 10), hand(2, 10)])
    teller.ails(Complaint(HEAD, "not tracked"))
    teller.ails(Complaint(HEAD, "not tracked"))
    teller.word(STOP)
    samples = link.poll()
    assert [type(sample).__name__ for sample in samples] == ["HeadPose", "HandJoints"]
    assert link.words() == [STOP]
    assert link.words() == []
    assert [c.words for c in link.complaints()] == ["not tracked"]
    assert link.poll() == []


def test_a_loss_is_raised_after_what_came_before_and_it_comes_back() -> None:
    link, teller = pair()
    teller.tell([head(1, 10)])
    teller.lost("the battery is empty")
    assert len(link.poll()) == 1
    with pytest.raises(DeviceError, match="battery"):
        link.poll()
    link.reopen()
    assert link.poll() == []
    teller.tell([head(2, 20)])
    assert len(link.poll()) == 1


def test_what_is_to_be_known_is_told_again_after_a_loss() -> None:
    link, teller = pair()
    room = Complaint(HEAD, "the room is not seen", remark=True)
    teller.ails(room)
    link.poll()
    teller.lost("taken off")
    with pytest.raises(DeviceError):
        link.poll()
    assert link.complaints() == ()
    teller.ails(room)
    link.poll()
    assert link.complaints() == (room,)


def test_a_process_that_ends_is_lost_for_good() -> None:
    told, tells = multiprocessing.Pipe(duplex=False)
    link = HeadsetLink(told)
    tells.close()
    with pytest.raises(DeviceError, match="has ended"):
        while True:
            link.poll()
    with pytest.raises(DeviceError, match="new session"):
        link.reopen()


def test_a_session_that_is_over_is_told_without_an_error() -> None:
    told, tells = multiprocessing.Pipe(duplex=False)
    told.close()
    teller = HeadsetTeller(tells)
    teller.tell([head(1, 10)])
    teller.lost("late")


def test_no_message_is_larger_than_what_a_pipe_takes_in_one_piece() -> None:
    """Else a view that is stopped in the middle of one would hold up measuring."""
    for told in (hand(1, 2**62), head(2**62, 2**62), FrameShown(head(1, 1).arrival, 1, 1, True)):
        assert len(pickle.dumps(told)) < PIPE_PIECE


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrated_rig(1)


def run_with(
    rig: Rig,
    path: Path,
    link: HeadsetLink | None,
    config: SessionConfig,
    tell: Callable[[int], None] = lambda _now_ns: None,
) -> list[Snapshot]:
    """Run a simulated session to its end, with the headset beside it."""
    snapshots: list[Snapshot] = []
    clock = SteppedClock()

    def wait() -> None:
        clock.advance(2_000_000)
        tell(clock())

    sources = SimSources("good", Mode.HANDS_ONLY, 4.0, 1, 5.0, 0.0, camera=False)
    job = SensingJob(
        rig=rig,
        config=config,
        guideline=load_guideline(config.guideline),
        path=path,
        now=clock,
        wait=wait,
        publish=snapshots.append,
        publish_picture=lambda _picture: None,
        headset=link,
    )
    with ExitStack() as stack:
        sense([stack.enter_context(device) for device in sources(clock)], job)
    return snapshots


def test_it_is_recorded_and_a_replay_is_the_same(rig: Rig, tmp_path: Path) -> None:
    link, teller = pair()
    numbers = itertools.count(1)

    def tell(now_ns: int) -> None:
        k = next(numbers)
        if k == 300:
            teller.lost("taken off")
        elif k % 10 == 0 and not 300 <= k < 700:
            shown = FrameShown(Arrival(SHOWN, k // 10, now_ns, now_ns), now_ns + 5, now_ns, False)
            teller.tell([head(k // 10, now_ns), hand(k // 10, now_ns), shown])

    path = tmp_path / "a.mcap"
    snapshots = run_with(rig, path, link, SessionConfig(), tell)
    recording = open_recording(path)
    samples = list(recording.samples())
    n = {kind: sum(isinstance(s, kind) for s in samples) for kind in (HeadPose, FrameShown)}
    assert n[HeadPose] == n[FrameShown] > 50
    events = [s.kind for s in samples if isinstance(s, SessionEvent)]
    assert events.count("device_lost") == events.count("device_back") == 1
    assert recording.header.devices[-1].model == "Quest 3"
    states = {h.state for s in snapshots for h in s.health if h.stream == HEAD}
    assert {"ok", "lost"} <= states
    assert not any(s.cue is not None and s.cue.key == "sensor_lost" for s in snapshots), (
        "a headset measures nothing: without it nothing is lost that counts"
    )
    assert differences(rerun(path)) == []


def test_another_reason_while_it_is_away_is_told_and_the_same_one_is_not(
    rig: Rig, tmp_path: Path
) -> None:
    """Its software may have come up meanwhile: then only the headset itself is missing."""
    link, teller = pair()
    numbers = itertools.count(1)
    told_at = {50: "no runtime", 100: "no runtime", 200: "no headset", 250: "no headset"}

    def tell(now_ns: int) -> None:
        k = next(numbers)
        if k in told_at:
            teller.lost(told_at[k])
        elif k == 400:
            teller.tell([head(1, now_ns)])
        elif k == 450:
            teller.lost("no headset")

    path = tmp_path / "a.mcap"
    snapshots = run_with(rig, path, link, SessionConfig(), tell)
    events = [s for s in open_recording(path).samples() if isinstance(s, SessionEvent)]
    lost = [e.text.partition(": ")[2] for e in events if e.kind == "device_lost"]
    assert lost == ["no runtime", "no headset", "no headset"], "the last one after it was back"
    assert [e.kind for e in events].count("device_back") == 1
    whys = [h.why for s in snapshots for h in s.health if h.stream == HEAD]
    assert [why for why, _ in itertools.groupby(whys) if "no " in why][:2] == [
        "no runtime",
        "no headset",
    ]


def test_the_session_ends_with_its_sensors_not_with_the_headset(rig: Rig, tmp_path: Path) -> None:
    link, _ = pair()
    run_with(rig, tmp_path / "a.mcap", link, SessionConfig())  # and it has come to its end


def test_the_learner_ends_it_by_a_word_from_the_headset(rig: Rig, tmp_path: Path) -> None:
    link, teller = pair()
    config = SessionConfig()
    whole = run_with(rig, tmp_path / "a.mcap", None, config)[-1].elapsed_s

    def tell(now_ns: int) -> None:
        if now_ns > 4_000_000_000:
            teller.word(STOP)

    assert run_with(rig, tmp_path / "b.mcap", link, config, tell)[-1].elapsed_s < whole - 0.5


def test_it_ends_by_itself_when_nobody_pushes_any_more(rig: Rig, tmp_path: Path) -> None:
    """The simulated learner compresses for 4 s; the mannequin goes on for half a minute."""

    def ended_s(path: Path, config: SessionConfig) -> float:
        clock = SteppedClock()
        script = make_script("good", Mode.HANDS_ONLY, 4.0, 1)
        serial = make_sim_rig().mannequin_serial
        port = SimMannequinPort(Plant(script, 1), clock, serial=serial)
        job = SensingJob(
            rig=rig,
            config=config,
            guideline=load_guideline(config.guideline),
            path=path,
            now=clock,
            wait=lambda: clock.advance(2_000_000),
            publish=lambda _snapshot: None,
            publish_picture=lambda _picture: None,
            commands=lambda: ("stop",) if clock() > begun_ns + 30_000_000_000 else (),
        )
        begun_ns = clock()
        with MannequinSource(port, clock, kind="sim") as mannequin:
            sense([mannequin], job)
        return (clock() - begun_ns) / 1e9

    assert ended_s(tmp_path / "a.mcap", SessionConfig()) > 29.9
    assert 9.0 < ended_s(tmp_path / "b.mcap", SessionConfig(stop_after_s=5.0)) < 15.0
