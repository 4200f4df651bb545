"""Whole sessions with two virtual cameras on one bus, in a process of their own."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from mr.clock.host import host_now_ns
from mr.config import SessionConfig
from mr.devices.realsense import RealSenseSource
from mr.recording.reader import open_recording
from mr.rig import PoseEntry, Provenance, Rig
from mr.scoring.profiles import load_guideline
from mr.session.offline import rerun
from mr.session.pipeline import Pipeline
from mr.session.sensing import SensingJob, sense
from mr.session.taking import TakenCamera
from mr.types import ChestObservation, Health, Pose, SessionEvent, Snapshot
from tests.devices.realsense_bus import SMALL, Bus, flat, until
from tests.devices.realsense_worker import calibration, run_case

HZ = 30  # a busy machine keeps up with it
SERIALS = {"a": "S1", "b": "S2"}


def rig() -> Rig:
    model = calibration(color=False)
    return Rig(
        name="two cameras",
        cameras={k: model.model_copy(update={"serial": s}) for k, s in SERIALS.items()},
        world_from_mannequin=PoseEntry.of(Pose.identity()),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )


class Pusher:
    """Delivers one virtual camera's depth frames at its own pace until it is unplugged."""

    def __init__(self, bus: Bus, serial: str) -> None:
        self._bus, self._serial = bus, serial
        self.hz = float(HZ)
        self.ahead_s = 0.0
        """How far the camera's clock is off; changing it is a jump."""
        self.paused = False
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        camera = self._bus.plug(self._serial, HZ)
        self._ended.clear()

        def push() -> None:
            begin_s = due_s = time.monotonic()
            while not self._ended.wait(max(0.0, due_s - time.monotonic())):
                due_s = max(due_s + 1 / self.hz, time.monotonic())  # what was missed is not made up
                if not self.paused:
                    camera.push_depth(1 + self.ahead_s + time.monotonic() - begin_s, flat())

        self._thread = threading.Thread(target=push)
        self._thread.start()

    def unplug(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._bus.cameras.pop(self._serial, None)


class Session:
    """A session that runs in a thread, and what it publishes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.newest: Snapshot | None = None
        self.states: dict[str, list[str]] = {}
        self.stopped = False
        self.pipeline: Pipeline | None = None

    def run(self, bus: Bus) -> None:
        want = SMALL.model_copy(update={"color": False, "depth_fps": HZ, "silence_s": 2.0})
        cameras = [
            RealSenseSource.live(serial, camera_id, want, host_now_ns, bus)
            for camera_id, serial in SERIALS.items()
        ]
        with ExitStack() as stack:
            devices = [stack.enter_context(TakenCamera(c, host_now_ns)) for c in cameras]
            self.pipeline = sense(
                devices,
                SensingJob(
                    rig=rig(),
                    config=SessionConfig(),
                    guideline=load_guideline("aha-2025-adult-bls"),
                    path=self.path,
                    now=host_now_ns,
                    wait=lambda: time.sleep(0.002),
                    publish=self.see,
                    publish_picture=lambda _: None,
                    commands=lambda: ("stop",) if self.stopped else (),
                ),
            )

    def see(self, snapshot: Snapshot) -> None:
        self.newest = snapshot
        for health in snapshot.health:
            states = self.states.setdefault(health.stream, [])
            if not states or states[-1] != health.state:
                states.append(health.state)

    def health(self, camera_id: str) -> Health:
        """Give what is known of one camera's depth."""
        found = until(
            lambda: [
                h
                for h in (self.newest.health if self.newest else ())
                if h.stream == f"cam_{camera_id}.depth"
            ],
            "no health",
        )
        assert isinstance(found[0], Health)
        return found[0]

    def wait(self, camera_id: str, true: Callable[[Health], Any], what: str) -> Health:
        def so() -> Health | None:
            health = self.health(camera_id)
            return health if true(health) else None

        found = until(so, what)
        assert isinstance(found, Health)
        return found


@contextmanager
def running(path: Path) -> Iterator[tuple[Session, dict[str, Pusher]]]:
    """Run a session with both cameras plugged in; it is stopped, and whole, afterwards."""
    bus, session = Bus(), Session(path)
    pushers = {k: Pusher(bus, serial) for k, serial in SERIALS.items()}
    for pusher in pushers.values():
        pusher.paused = True
        pusher.plug()
    worker = threading.Thread(target=session.run, args=(bus,))
    worker.start()
    try:
        until(lambda: session.newest, "no snapshot")  # of a camera that is still to come
        for pusher in pushers.values():
            pusher.paused = False
        for camera_id in SERIALS:
            session.wait(camera_id, lambda h: h.state == "ok", f"{camera_id} does not begin")
        yield session, pushers
    finally:
        session.stopped = True
        worker.join()
        for pusher in pushers.values():
            pusher.unplug()


def widest_gap_ns(arrivals_ns: list[int]) -> tuple[int, int]:
    """Give when a camera was silent for the longest."""
    return max(itertools.pairwise(arrivals_ns), key=lambda pair: pair[1] - pair[0])


def told(session: Session) -> dict[str, Any]:
    """Tell what a session recorded, and whether its replay has the same health."""
    assert session.pipeline is not None
    samples = list(open_recording(session.path).samples())
    seen = [s for s in samples if isinstance(s, ChestObservation)]
    out: dict[str, Any] = {
        "same_in_replay": (
            rerun(session.path).pipeline.outcome().health == session.pipeline.outcome().health
        ),
        "end": {h.stream: [h.state, h.why] for h in session.pipeline.outcome().health},
        "events": [
            [s.kind, s.text] for s in samples if isinstance(s, SessionEvent) if s.kind != "remark"
        ],
    }
    silence = widest_gap_ns([s.arrival.arrival_ns for s in seen if s.camera_id == "a"])
    for camera_id in SERIALS:
        mine = [s for s in seen if s.camera_id == camera_id]
        stamps = [s.stamp.t_ns for s in mine]
        out[camera_id] = {
            "n_while_a_is_silent": sum(
                silence[0] < s.arrival.arrival_ns < silence[1] for s in mine
            ),
            "lost": mine[-1].arrival.seq - mine[0].arrival.seq + 1 - len(mine),
            "rising": all(b > a for a, b in itertools.pairwise(stamps)),
            "late_ms": (mine[-1].arrival.arrival_ns - mine[-1].stamp.t_ns) / 1e6,
        }
    return out


def unplugged(path: str) -> dict[str, Any]:
    """Unplug one of two cameras in the middle and plug it in again; the other goes on."""
    with running(Path(path)) as (session, pushers):
        pushers["a"].unplug()
        silent = session.wait("a", lambda h: "silent" in h.why and h.state == "lost", "not lost")
        gone = session.wait("a", lambda h: "check its cable" in h.why, "no error is told")
        later = session.wait("a", lambda h: h.age_s > 3, "time stands still")
        other = session.health("b")
        pushers["a"].plug()
        back = session.wait("a", lambda h: "came back" in h.why, "it does not come back")
        session.wait("a", lambda h: h.state == "ok", "it is not well again")
        states = deepcopy(session.states)  # closing the recording may take its time
    return told(session) | {
        "silent": silent.why,
        "gone": gone.why,
        "later": [later.state, later.why],
        "other": [other.state, other.why],
        "back": back.why,
        "states": states,
    }


def ailing(path: str) -> dict[str, Any]:
    """A stalled stream, half the rate and a jump of the clock, one after the other."""
    out: dict[str, Any] = {}
    with running(Path(path)) as (session, pushers):
        a = pushers["a"]
        a.hz = 8.0
        out["slow"] = session.wait("a", lambda h: " of 30 Hz for" in h.why, "not slow").why
        a.hz = float(HZ)
        session.wait("a", lambda h: h.state == "ok", "it is not well again")
        a.ahead_s = 500.0
        out["jump"] = session.wait("a", lambda h: "jumped" in h.why, "no jump is told").why
        out["stepped"] = session.wait("a", lambda h: "(for 3 s)" in h.why, "not since when").why
        n = session.health("a").lost
        out["lost in the jump"] = n
        a.paused = True
        out["stalled"] = session.wait("a", lambda h: h.state == "lost", "not lost").why
        session.wait("a", lambda h: h.age_s > 1.3, "time stands still")  # the other goes on
        a.paused = False
        session.wait("a", lambda h: h.state != "lost", "it stays lost")
        out["states"] = session.states
    return out | told(session)


if __name__ == "__main__":
    run_case(globals())
