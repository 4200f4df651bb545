"""Rigs join, are seen and commanded, and send what they signed; all else is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from mr.recording.reader import open_recording
from mr.review.live.enrol import enrol
from mr.review.live.frames import decode_wall
from mr.review.live.messages import Ack, Mark, Shock, Start, Status, Stop
from mr.review.live.rig_link import RigLink
from mr.review.live.server_link import Address, ServerLink, ServerTime
from mr.review.live.signing import Signer
from mr.review.web.signed import now_ms
from tests.web.servers import Client, Running
from tests.web.test_uploads import offered

LIMIT_S = 60.0


class Known(Protocol):
    """What a server has to know of a rig that links itself to it."""

    address: Address
    time: ServerTime
    signer: Signer


class Joined:
    """A rig that joined, as far as its key and its id."""

    def __init__(self, review: Running, admin: Client, ca: Path | None = None) -> None:
        code = admin.ok("POST", "/rigs/codes")["code"]
        self.key = Ed25519PrivateKey.generate()
        self.address = Address.of(review.address, ca)
        self.time = ServerTime()
        link = ServerLink(self.address, self.time, lambda: None)
        self.id = enrol(link, self.key, code, "Rig 1", {"software": "mrcpr test"})
        self.signer = Signer(self.id, self.key, now_ms)

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send a signed request."""
        with httpx.Client(base_url=self.address.url, timeout=LIMIT_S) as client:
            request = client.build_request(method, f"/api{path}", **given)
            headers = self.signer.headers(method, f"/api{path}", request.content)
            request.headers.update(headers)
            return client.send(request)


class Desk:
    """A rig's desk that does nothing and says so."""

    def __init__(self) -> None:
        self.heard: list[Start | Stop | Shock | Mark] = []

    def status(self) -> Status:
        return Status(state="ready", software="mrcpr test", rig_name="Rig 1")

    def frame(self, seq: int) -> bytes | None:
        return None

    def hear(self, command: Start | Stop | Shock | Mark) -> Ack:
        self.heard.append(command)
        if isinstance(command, Shock):
            return Ack(id=command.id, ok=False, words="no session runs")
        return Ack(id=command.id, ok=True, recording_id="rec-0123456789abcdef", elapsed_s=4.5)


@contextmanager
def linked(rig: Known, desk: Desk | None = None) -> Iterator[Desk]:
    desk, here = desk or Desk(), threading.Event()

    def told(is_here: bool, _words: str) -> None:
        if is_here:
            here.set()

    with RigLink(rig.address, rig.time, rig.signer, desk, told):
        assert here.wait(LIMIT_S)
        yield desk


@pytest.fixture
def rig(review: Running, admin: Client) -> Joined:
    return Joined(review, admin)


def class_with(admin: Client, rig: Joined) -> tuple[str, str]:
    course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    page = admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Lena"]})
    lena: str = page["learners"][0]["id"]
    given = {"course_id": course, "person_id": lena}
    assert admin.ok("PATCH", f"/rigs/{rig.id}", json=given)["learner"] == "Lena"
    return course, lena


def test_a_code_takes_one_rig_in_and_no_other(review: Running, admin: Client) -> None:
    code = admin.ok("POST", "/rigs/codes")["code"]
    link = ServerLink(Address.of(review.address), ServerTime(), lambda: None)
    key = Ed25519PrivateKey.generate()
    enrol(link, key, code, "Rig 1", {})
    for tried in (code, "AAAA-AAAA"):
        with pytest.raises(Exception, match="code is wrong, used or too old"):
            enrol(link, Ed25519PrivateKey.generate(), tried, "Rig 2", {})
    assert [r["name"] for r in admin.ok("GET", "/rigs")] == ["Rig 1"]


def test_the_wall_sees_a_rig_and_its_word_arrives(
    review: Running, admin: Client, rig: Joined
) -> None:
    course, lena = class_with(admin, rig)
    cookie = f"mrcpr_session={admin.cookies['mrcpr_session']}"
    wall = f"ws{review.address.removeprefix('http')}/api/live/wall?course={course}"
    with linked(rig) as desk:
        with connect(wall, additional_headers={"Cookie": cookie}) as socket:
            seen: set[str] = set()
            while "here" not in seen:
                message = socket.recv(timeout=LIMIT_S)
                if isinstance(message, bytes):
                    seen |= {part.presence for part in decode_wall(message)[2]}
            ack = admin.ok("POST", f"/live/rigs/{rig.id}/start", json={"attempt": "cold"})
        assert ack["recording_id"] == "rec-0123456789abcdef"
        (begun,) = desk.heard
        assert isinstance(begun, Start)
        person = admin.ok("GET", f"/people/{lena}")
        assert (begun.learner_id, begun.attempt) == (person["learner_id"], "cold")
        assert begun.course_id == course
        marked = admin.ok("POST", f"/live/rigs/{rig.id}/mark", json={"what": "help-called"})
        assert marked["elapsed_s"] == 4.5
        no = admin.no(409, "POST", f"/live/rigs/{rig.id}/shock")
        assert no["error"] == "no session runs"
        admin.ok("POST", f"/live/rigs/{rig.id}/stop")
    away = admin.no(503, "POST", f"/live/rigs/{rig.id}/stop")
    assert "is not here" in away["error"]


def test_a_rig_that_was_taken_out_is_closed_out(
    review: Running, admin: Client, rig: Joined
) -> None:
    address = f"ws{review.address.removeprefix('http')}/api/live/rig"
    headers = rig.signer.headers("GET", "/api/live/rig")
    with connect(address, additional_headers=headers) as socket:
        admin.ok("DELETE", f"/rigs/{rig.id}")
        with pytest.raises(ConnectionClosed):
            while True:
                socket.recv(timeout=LIMIT_S)
    with pytest.raises(InvalidStatus) as refused:
        connect(address, additional_headers=rig.signer.headers("GET", "/api/live/rig"))
    assert refused.value.response.status_code == 401


def test_a_signed_recording_comes_in_and_a_forged_one_does_not(
    review: Running, admin: Client, rig: Joined, recorded_demo: Path
) -> None:
    recording_id = open_recording(recorded_demo).header.recording_id
    foreign = admin.ok("POST", "/classes", json={"title": "Not this rig's"})["id"]
    offer = offered(recorded_demo, recording_id=recording_id, course_id=foreign)
    forged = {**offer, "signature": rig.signer.recording(recording_id, "0" * 64)}
    no = rig.ask("POST", "/uploads", json=forged)
    assert (no.status_code, no.json()["code"]) == (401, "bad-signature")
    other = Signer(rig.id, Ed25519PrivateKey.generate(), now_ms)
    forged = {**offer, "signature": other.recording(recording_id, offer["sha256"])}
    assert rig.ask("POST", "/uploads", json=forged).status_code == 401
    good = {**offer, "signature": rig.signer.recording(recording_id, offer["sha256"])}
    upload = rig.ask("POST", "/uploads", json=good).json()
    data, at = recorded_demo.read_bytes(), 0
    while not upload["complete"]:
        piece = data[at : at + (1 << 20)]
        path = f"/uploads/{upload['upload_id']}"
        answer = rig.ask("PATCH", path, headers={"Upload-Offset": str(at)}, content=piece)
        assert answer.status_code == 200, answer.text
        upload = answer.json()
        at = upload["offset"]
    page = admin.ok("GET", f"/sessions/{upload['session_id']}")
    assert (page["signed"], page["rig"]) == (True, "Rig 1")
    assert page["course_id"] is None  # neither the rig nor the learner is of the class it named


def test_a_request_is_taken_once_and_unchanged(review: Running, rig: Joined) -> None:
    body = b'{"sha256": "x"}'
    headers = {"Content-Type": "application/json"}
    headers |= rig.signer.headers("POST", "/api/uploads", body)
    address = f"{review.address}/api/uploads"
    asked = partial(httpx.post, address, headers=headers, timeout=LIMIT_S)
    assert asked(content=body).status_code == 422
    again = asked(content=body)
    assert (again.status_code, again.json()["code"]) == (401, "replayed")
    headers |= rig.signer.headers("POST", "/api/uploads", body)
    changed = asked(content=b'{"sha256": "y"}')
    assert (changed.status_code, changed.json()["code"]) == (401, "bad-signature")


def test_who_may_not_watch_sees_nothing(review: Running, admin: Client, rig: Joined) -> None:
    course, _ = class_with(admin, rig)
    given = {"name": "I", "role": "instructor", "sign_in_name": "ina", "password": "long enough pw"}
    admin.ok("POST", "/people", json=given)
    ina = review.client().sign_in("ina", "long enough pw")
    token = ina.cookies["mrcpr_session"]
    for cookie in ("", f"mrcpr_session={token}"):
        wall = f"ws{review.address.removeprefix('http')}/api/live/wall?course={course}"
        with (
            connect(wall, additional_headers={"Cookie": cookie}) as socket,
            pytest.raises(ConnectionClosed),
        ):
            socket.recv(timeout=LIMIT_S)
    ina.no(404, "POST", f"/live/rigs/{rig.id}/start", json={})
    ina.no(404, "PATCH", f"/rigs/{rig.id}", json={"course_id": None})
    assert ina.ok("GET", "/rigs")[0]["learner"] is None
    other = {"Cookie": f"mrcpr_session={admin.cookies['mrcpr_session']}"}
    with pytest.raises(InvalidStatus):
        connect(wall, additional_headers=other, origin="https://evil.example")  # type: ignore[arg-type]
