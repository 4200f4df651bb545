"""A rig of a class, as a whole: enrolled, commanded, seen, and its recordings uploaded."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mr.config import Attempt
from mr.recording.reader import open_recording
from mr.review.live.frames import LiveState, WallPart, decode_wall, unpack_state
from mr.review.live.messages import Mark, Shock, Start, Stop
from mr.session.offline import rerun
from mr.types import SessionEvent
from tests.class_server import ClassServer
from tests.cli.conftest import Finished, Running

LEARNER = "learner-0badcafe"
START = Start(
    learner_id=LEARNER, attempt=Attempt.COLD, course_id="class-7", duration_s=600, rescuers=2
)
SIMULATED = ("--simulate", "--no-sound", "--no-window", "--learner", "good")
Begin = Callable[..., Running]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClassServer]:
    folder = tmp_path / "server"
    folder.mkdir()
    with ClassServer(folder, codes={"4711", "4712"}) as running:
        yield running


@pytest.fixture
def join(start: Begin, server: ClassServer, tmp_path: Path) -> Callable[..., Running]:
    """Give a function that lets a simulated rig join."""

    def begin(*args: str) -> Running:
        return start(
            "join",
            server.url,
            *SIMULATED,
            *args,
            cwd=tmp_path,
            XDG_DATA_HOME=str(tmp_path / "data"),
        )

    return begin


def rig_here(rig: Running, server: ClassServer) -> str:
    """Wait until the rig is here and ready; give its id."""

    def ready() -> str | None:
        for rig_id in server.keys:
            status = server.hub.status(rig_id)
            if server.hub.presence(rig_id)[0] == "here" and status and status.state == "ready":
                return rig_id
        return None

    return str(rig.wait_until(ready, "a rig that is ready"))


@dataclass
class Watcher:
    """A viewer of one rig, in a thread of its own."""

    url: str
    rig_id: str
    parts: list[WallPart] = field(default_factory=list)

    def __enter__(self) -> Watcher:
        address = f"ws{self.url.removeprefix('http')}/api/live/wall?rigs={self.rig_id}"
        self._socket = connect(address)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()
        self._thread.join()

    def _watch(self) -> None:
        with suppress(ConnectionClosed):
            for message in self._socket:
                if isinstance(message, bytes):
                    self.parts += decode_wall(message)[2]

    @property
    def state(self) -> LiveState:
        return unpack_state(self.parts[-1].state_bytes)


def arrived(server: ClassServer, recording_id: str | None) -> Path | None:
    for upload in server.uploads.values():
        if upload.complete and upload.recording_id == recording_id:
            return upload.file
    return None


def leave(rig: Running) -> Finished:
    rig.signal_all(signal.SIGINT)
    return rig.end().require(0)


def test_a_session_from_the_wall_to_the_server(
    join: Callable[..., Running], server: ClassServer
) -> None:
    rig = join("--name", "Rig 1", "--code", "4711")
    rig_id = rig_here(rig, server)
    assert server.names == {rig_id: "Rig 1"}
    assert not server.command(rig_id, Stop()).ok, "there is nothing to stop"
    with Watcher(server.url, rig_id) as watcher:
        begun = server.command(rig_id, START)
        assert begun.ok, begun.words
        again = server.command(rig_id, START)
        assert not again.ok and "session" in again.words
        rig.wait_until(lambda: server.hub.state(rig_id).n_compressions >= 4, "compressions")
        marked = server.command(rig_id, Mark(key="help-called"))
        assert marked.ok and marked.recording_id == begun.recording_id
        assert marked.elapsed_s is not None and marked.elapsed_s > 1
        assert server.command(rig_id, Shock()).ok
        age = server.hub.age_s(rig_id)
        assert age is not None and -0.005 < age[0] < 2.0
        assert server.command(rig_id, Stop()).ok
        rig.wait_until(lambda: watcher.state.phase == "finished", "the end on the wall")
        file = rig.wait_until(lambda: arrived(server, begun.recording_id), "the recording")
        rig.wait_until(lambda: server.hub.status(rig_id).state == "ready", "readiness")
    last = watcher.state
    assert (last.learner_id, last.recording_id) == (LEARNER, begun.recording_id)
    assert (last.kind, last.mode, last.attempt) == ("sim", "hands-only", "cold")
    (upload,) = server.uploads.values()
    assert (upload.rig_id, upload.course_id) == (rig_id, "class-7")
    checked_by_the_recording(file, watcher.parts, last)
    assert leave(rig).out.count("uploaded") == 1


def checked_by_the_recording(file: Path, parts: list[WallPart], last: LiveState) -> None:
    """Hold what a viewer saw against what the server got."""
    recording = open_recording(file)
    assert recording.complete
    session = recording.header.session
    assert (session.learner_id, session.attempt, session.rescuers) == (LEARNER, "cold", 2)
    notes = [s.text for s in recording.samples() if isinstance(s, SessionEvent) and s.text]
    assert notes == ["mark:help-called", "shock"]
    again = rerun(file)
    assert again.pipeline.outcome().summary.n_compressions >= last.n_compressions - 1
    trace = again.pipeline.trace()
    t_ns = np.concatenate([part.motion.t_ns for part in parts])
    depth_mm = np.concatenate([part.motion.depth_mm for part in parts])
    assert parts[-1].dropped_n == 0
    assert len(t_ns) == len(trace.t_s), "no sample is lost on its way to a viewer"
    assert (np.diff(t_ns) > 0).all()
    known = ~np.isnan(depth_mm)
    np.testing.assert_allclose(depth_mm[known], trace.depth_mm[known], atol=1e-4)


def test_a_server_that_goes_away_costs_nothing(
    join: Callable[..., Running], server: ClassServer, tmp_path: Path
) -> None:
    rig = join("--name", "Rig 2", "--code", "4711")
    rig_id = rig_here(rig, server)
    begun = server.command(rig_id, START)
    rig.wait_until(lambda: server.hub.state(rig_id).n_compressions >= 2, "compressions")
    server.__exit__()
    rig.wait_until(lambda: "trying again" in rig.said(), "words about the server")
    with server:
        rig.wait_until(lambda: server.hub.state(rig_id).n_compressions >= 5, "the rig again")
        assert server.hub.state(rig_id).recording_id == begun.recording_id
    # Ctrl-C amid a session, and nobody there: the recording is whole and waits.
    done = leave(rig)
    assert "1 recordings wait" in done.out
    (kept,) = (tmp_path / "recordings").glob("*.mcap")
    assert open_recording(kept).complete
    with server:
        rig = join("--name", "Rig 2")  # enrolled before: no code
        file = rig.wait_until(lambda: arrived(server, begun.recording_id), "the recording")
        assert file.read_bytes() == kept.read_bytes()
        rig_here(rig, server)  # it has begun: Ctrl-C lets it leave, and does not break it off
        leave(rig)
    server.__enter__()  # for the fixture


def test_what_cannot_be_done_is_said_to_the_wall(
    join: Callable[..., Running], server: ClassServer
) -> None:
    rig = join("--name", "Rig 3", "--code", "4711")
    rig_id = rig_here(rig, server)
    refused = server.command(rig_id, START.model_copy(update={"guideline": "no-such-profile"}))
    assert not refused.ok
    assert "no-such-profile" in refused.words
    second = join("--name", "Rig 3").end()
    second.require_one_line("joined already")
    leave(rig)


def test_who_is_not_enrolled_is_told_how(
    mrcpr: Callable[..., Finished], server: ClassServer, tmp_path: Path
) -> None:
    def refused(*args: Any, words: str) -> None:
        done = mrcpr(*args, cwd=tmp_path, XDG_DATA_HOME=str(tmp_path / "data"))
        done.require_one_line(words)

    refused("join", server.url, *SIMULATED, words="--code")
    refused("join", server.url, *SIMULATED, "--code", "0000", words="not valid any more")
    refused("join", server.url, words="--simulate")
    refused("join", "server", "--simulate", words="address")
    refused("upload", "x.mcap", "--to", server.url, words="--code")


def test_a_recording_is_uploaded_by_hand(
    mrcpr: Callable[..., Finished],
    join: Callable[..., Running],
    server: ClassServer,
    recording: Path,
    tmp_path: Path,
) -> None:
    rig = join("--code", "4711")
    rig_here(rig, server)
    leave(rig)
    env = {"cwd": tmp_path, "XDG_DATA_HOME": str(tmp_path / "data")}
    sent = ("upload", recording, "--to", server.url, "--name", "Simulated")
    assert "uploaded" in mrcpr(*sent, **env).require(0).out
    assert arrived(server, open_recording(recording).header.recording_id) is not None
    server.refuse = "it is too old"
    server.uploads.clear()
    mrcpr(*sent, **env).require_one_line("it is too old")


def test_a_rig_with_a_mannequin_trains(
    start: Begin, server: ClassServer, play: Callable[..., Any], rig: Path, tmp_path: Path
) -> None:
    """The real firmware on a port, as `mrcpr run` has it."""
    board = play(60.0)
    joined = start(
        "join", server.url, "--rig", rig, "--port", board.port, "--no-camera", "--no-sound",
        "--no-window", "--code", "4711", cwd=tmp_path, XDG_DATA_HOME=str(tmp_path / "data"),
    )  # fmt: skip
    rig_id = rig_here(joined, server)
    begun = server.command(rig_id, START)
    assert begun.ok, begun.words
    joined.wait_until(lambda: server.hub.state(rig_id).n_compressions >= 3, "compressions")

    def is_well() -> bool:
        status = server.hub.status(rig_id)
        return status is not None and any(
            h.stream == "mannequin" and h.state == "ok" for h in status.health
        )

    joined.wait_until(is_well, "a mannequin in health")
    assert server.command(rig_id, Stop()).ok
    file = joined.wait_until(lambda: arrived(server, begun.recording_id), "the recording")
    assert open_recording(file).header.kind == "live"
    leave(joined)


def test_a_mannequin_that_is_not_there_is_said_to_the_wall(
    start: Begin, server: ClassServer, rig: Path, tmp_path: Path
) -> None:
    joined = start(
        "join", server.url, "--rig", rig, "--port", tmp_path / "nothing", "--no-camera",
        "--no-sound", "--no-window", "--code", "4711",
        cwd=tmp_path, XDG_DATA_HOME=str(tmp_path / "data"),
    )  # fmt: skip
    rig_id = rig_here(joined, server)
    assert server.command(rig_id, START).ok

    def refused() -> Any:
        status = server.hub.status(rig_id)
        return status if status is not None and status.state == "refused" else None

    assert "nothing" in joined.wait_until(refused, "the refusal").words
    again = server.command(rig_id, START)
    assert again.ok, "it may be tried again, with the mannequin plugged in"
    leave(joined)
    assert server.uploads == {}
