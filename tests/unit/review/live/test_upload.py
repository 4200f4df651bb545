"""Recordings reach the server: in parts, resumed, once; or stay, with the reason why not."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mr.errors import ConfigError, RecordingError
from mr.review.live import upload as uploading
from mr.review.live.background import Patience
from mr.review.live.enrol import enrol
from mr.review.live.outbox import Outbox
from mr.review.live.server_link import Address, AwayError, ServerLink, ServerTime
from mr.review.live.signing import Signer, public_text
from mr.review.live.upload import PART, Uploader
from tests.class_server import ClassServer

LONG_S = 20.0
RECORDING = "rec-0123456789abcdef"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClassServer]:
    folder = tmp_path / "server"
    folder.mkdir()
    with ClassServer(folder) as running:
        yield running


@pytest.fixture
def signer(server: ClassServer) -> Signer:
    key = Ed25519PrivateKey.generate()
    server.keys["rig-1"] = public_text(key)
    return Signer("rig-1", key, ServerTime())


@pytest.fixture
def link(server: ClassServer, signer: Signer) -> ServerLink:
    assert isinstance(signer.now_ms, ServerTime)
    return ServerLink(Address.of(server.url), signer.now_ms, lambda: signer)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "session.mcap"
    path.write_bytes(os.urandom(2 * PART + 1234))
    return path


def until(true: Callable[[], object]) -> None:
    end_s = time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end_s, "it did not come true"
        threading.Event().wait(0.01)


def uploader(outbox: Outbox, link: ServerLink, signer: Signer) -> tuple[Uploader, list[str]]:
    said: list[str] = []
    return Uploader(outbox, link, signer, said.append), said


def arrived(server: ClassServer, recording: Path) -> bool:
    return any(
        u.complete and u.file.read_bytes() == recording.read_bytes()
        for u in server.uploads.values()
    )


def test_a_recording_arrives_whole_in_parts(
    server: ClassServer, signer: Signer, link: ServerLink, outbox: Outbox, recording: Path
) -> None:
    outbox.put(recording, RECORDING, course_id="class-1")
    sender, said = uploader(outbox, link, signer)
    assert sender.send()
    assert arrived(server, recording)
    assert server.part_sizes == [PART, PART, 1234]
    assert outbox.tickets() == []
    assert recording.exists()
    assert said == [f"recording {RECORDING} is uploaded"]
    (kept,) = server.uploads.values()
    assert (kept.recording_id, kept.course_id) == (RECORDING, "class-1")


def test_the_same_again_is_not_sent_again(
    server: ClassServer, signer: Signer, link: ServerLink, outbox: Outbox, recording: Path
) -> None:
    for _ in range(2):
        outbox.put(recording, RECORDING)
        assert uploader(outbox, link, signer)[0].send()
    assert len(server.part_sizes) == 3
    assert len(server.uploads) == 1


def test_it_goes_on_where_it_stopped(
    server: ClassServer, signer: Signer, link: ServerLink, outbox: Outbox, recording: Path
) -> None:
    """The rig was switched off after a part: a new program finds its ticket and goes on."""
    outbox.put(recording, RECORDING)
    server.part_answers = [503]
    assert not uploader(outbox, link, signer)[0].send()
    upload = next(iter(server.uploads.values()))
    upload.file.write_bytes(recording.read_bytes()[: PART + 7])
    again = Outbox(outbox.folder)
    assert len(again.waiting()) == 1
    assert uploader(again, link, signer)[0].send()
    assert server.part_sizes == [PART, 1234 - 7]
    assert arrived(server, recording)


def test_a_part_that_came_while_the_answer_got_lost_is_not_sent_twice(
    server: ClassServer,
    signer: Signer,
    link: ServerLink,
    outbox: Outbox,
    recording: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half-way the server has more than the rig knows of: it says so, and the rig follows."""
    outbox.put(recording, RECORDING)
    read = uploading._part

    def meanwhile(ticket: object, offset: int) -> bytes:
        part = read(ticket, offset)  # type: ignore[arg-type]
        if offset == 0:
            next(iter(server.uploads.values())).file.write_bytes(part)
        return part

    monkeypatch.setattr(uploading, "_part", meanwhile)
    assert uploader(outbox, link, signer)[0].send()
    assert server.part_sizes == [PART, 1234]
    assert arrived(server, recording)


def test_what_the_server_refuses_stays_and_says_why(
    server: ClassServer, signer: Signer, link: ServerLink, outbox: Outbox, recording: Path
) -> None:
    server.refuse = "this recording is of another kind"
    outbox.put(recording, RECORDING)
    sender, said = uploader(outbox, link, signer)
    assert sender.send(), "it is not tried for ever"
    (ticket,) = Outbox(outbox.folder).refused()
    assert ticket.refused == server.refuse
    assert server.refuse in said[0]
    assert recording.exists()
    server.refuse = ""
    outbox.put(recording, RECORDING)  # somebody asks again
    assert sender.send()
    assert arrived(server, recording)


def test_a_file_that_was_changed_is_refused(
    server: ClassServer, signer: Signer, link: ServerLink, outbox: Outbox, recording: Path
) -> None:
    outbox.put(recording, RECORDING)
    with recording.open("r+b") as file:
        file.write(b"else")
    assert uploader(outbox, link, signer)[0].send()
    (ticket,) = outbox.refused()
    assert "not what was signed" in str(ticket.refused)
    outbox.put(recording, RECORDING)
    recording.write_bytes(recording.read_bytes()[:PART])
    assert uploader(outbox, link, signer)[0].send()
    assert "shorter" in str(outbox.refused()[0].refused)
    outbox.put(recording, RECORDING)
    recording.unlink()
    assert uploader(outbox, link, signer)[0].send()
    assert "cannot read" in str(outbox.refused()[0].refused)


def test_it_waits_for_a_server_that_is_away(
    server: ClassServer,
    signer: Signer,
    link: ServerLink,
    outbox: Outbox,
    recording: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Uploader, "PATIENCE", Patience(0.02, 0.05, None, 5.0))
    server.part_answers = [503, 429, 500]
    server.__exit__()
    with pytest.raises(AwayError):
        link.ask("HEAD", "/api/uploads/x")
    sender, said = uploader(outbox, link, signer)
    with sender:
        outbox.put(recording, RECORDING)
        sender.wake()
        threading.Event().wait(0.2)
        assert (len(outbox.waiting()), said) == (1, [])
        with server:
            until(lambda: said)
            assert arrived(server, recording)
            assert server.part_answers == []
        server.__enter__()  # for the fixture


def test_a_rigs_wrong_clock_is_set_by_the_server(
    server: ClassServer, signer: Signer, link: ServerLink, outbox: Outbox, recording: Path
) -> None:
    server.ahead_ms = 86_400_000
    outbox.put(recording, RECORDING)
    assert uploader(outbox, link, signer)[0].send()
    assert arrived(server, recording)


def test_a_rig_that_is_not_known_keeps_its_recordings(
    server: ClassServer, signer: Signer, link: ServerLink, outbox: Outbox, recording: Path
) -> None:
    server.keys.clear()
    outbox.put(recording, RECORDING)
    assert not uploader(outbox, link, signer)[0].send()
    assert len(outbox.waiting()) == 1
    assert server.uploads == {}


def test_a_damaged_ticket_hides_no_other(outbox: Outbox, recording: Path) -> None:
    outbox.put(recording, RECORDING)
    (outbox.folder / "rec-ffffffffffffffff.json").write_text('{"schema":')
    (ticket,) = outbox.tickets()
    assert ticket.sha256 == hashlib.sha256(recording.read_bytes()).hexdigest()
    with pytest.raises(RecordingError, match="cannot read"):
        outbox.put(recording.with_name("none.mcap"), RECORDING)


def test_a_code_enrols_once(server: ClassServer) -> None:
    server.codes = {"4711"}
    key = Ed25519PrivateKey.generate()
    link = ServerLink(Address.of(server.url), ServerTime(), lambda: None)
    rig_id = enrol(link, key, "4711", "Rig 1", {})
    assert server.keys[rig_id] == public_text(key)
    with pytest.raises(ConfigError, match="not valid any more"):
        enrol(link, key, "4711", "Rig 1", {})


@pytest.mark.parametrize(
    "url", ["server", "ftp://x", "http://", "http://x?y", "http://u:p@x", "http://[", "http://x:0"]
)
def test_an_address_is_one(url: str) -> None:
    with pytest.raises(ConfigError, match="address"):
        Address.of(url)


def test_who_can_listen_is_said() -> None:
    assert Address.of("http://10.0.0.1:8642").is_open_to_listeners
    for url in ("http://127.0.0.1:1", "http://localhost", "http://[::1]:5", "https://10.0.0.1"):
        assert not Address.of(url).is_open_to_listeners
    assert Address.of("https://x/mr/").live_url == "wss://x/mr"
    assert Address.of("https://x/mr/").path_of("/api") == "/mr/api"
