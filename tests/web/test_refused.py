"""Each role's refused journeys: nothing of it leaks, all of it is in the audit.

The other's session, class and person carry names and numbers that occur nowhere else, so that a
test sees them wherever they came out; each test sees them first where they are meant to be seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mr.clock.host import wall_now_utc
from mr.review.people.logins import AT_DESK, IDLE, IDLE_BY, LONGEST
from mr.review.store.audit import AuditEntry
from mr.review.store.people import Login
from mr.review.store.sessions import Corrected, Recorded
from tests.web.crowd import Crowd, put_session
from tests.web.kept import kept
from tests.web.servers import Client, Running
from tests.web.test_desk import badges_of, desk_of, signed_in
from tests.web.test_rigs import Joined, class_with, rig

__all__ = ["rig"]  # a fixture
FORGED = "0123456789abcdef"
NUMBERS = {"score_pct": 73.3125, "mean_depth_mm": 51.8125, "n_compressions": 9173}
"""Of the other's session."""
ROLES = ("lena", "ina", "tess", "admin")


@dataclass(frozen=True, slots=True)
class Other:
    """What belongs to Luis and his class, which Lena, Ina and Tess have no part in."""

    crowd: Crowd
    session: Recorded

    @property
    def luis(self) -> str:
        return str(self.crowd.luis.me["person_id"])

    @property
    def secrets(self) -> list[str]:
        """Give what only Luis, Otto and an admin may read."""
        shown = [str(number) for number in NUMBERS.values()]
        luis = self.crowd.luis.me
        return [
            "Luis",
            "Latecomer",
            "Friday",
            luis["learner_id"],
            self.session.recording_id,
            *shown,
        ]

    def leaked(self, text: str) -> list[str]:
        """List what of it a text holds."""
        return [secret for secret in self.secrets if secret in text]


@pytest.fixture
def other(review: Running, all_of_them: Crowd) -> Other:
    luis = all_of_them.luis.me["learner_id"]
    return Other(all_of_them, put_session(review, luis, all_of_them.b, 1.0, **NUMBERS))


def asked_of(session: str, course: str, person: str) -> Iterator[tuple[str, str, Any]]:
    """Give all that can be asked about a session, a class and a person."""
    at = f"/sessions/{session}"
    kinds = ("csv", "xlsx", "pdf", "json", "mcap")
    for path in ("", "/analysis", "/analyses", "/corrections", "/annotations", "/bookmarks",
                 "/film", "/film.webm", "/trace?from_s=0&to_s=9",
                 *(f"/export.{kind}" for kind in kinds)):  # fmt: skip
        yield "GET", at + path, None
    why = {"reason": "because"}
    yield "PATCH", at, {"course_id": course}
    yield "POST", f"{at}/original", why
    yield "POST", f"{at}/approval", None
    yield "DELETE", f"{at}/approval", None
    yield "POST", f"{at}/annotations", {"text": "hello", "t_s": 1.0}
    yield "DELETE", at, None
    of = f"/classes/{course}"
    for path in ("", "/wall", "/figures", "/sheet.pdf", "/sessions.csv"):
        yield "GET", of + path, None
    yield "PATCH", of, {"title": "taken over"}
    yield "POST", f"{of}/badges", None
    yield "POST", f"{of}/learners", {"names": ["Mallory"]}
    yield "DELETE", f"{of}/members/{person}", None
    yield "POST", f"/live/classes/{course}/start", {}
    for path in (f"/people/{person}", f"/learners/{person}", f"/people/{person}/export",
                 f"/people/{person}/consents", f"/people/{person}/looks",
                 f"/compare/months?person_id={person}"):  # fmt: skip
        yield "GET", path, None
    yield "PATCH", f"/people/{person}", {"name": "Mallory"}


def told(crowd: Crowd, client: Client) -> list[tuple[str, str]]:
    """Give what somebody was refused, by the audit as an admin reads it."""
    me = f"person:{client.me['person_id']}"
    rows = crowd.audit(actor=me, action="refused.", count=500)
    assert all("more" not in row["detail"] for row in rows)
    return [(row["action"], row["about"]) for row in rows]


@pytest.mark.parametrize("who", ["lena", "ina", "tess"])
def test_anothers_session_class_and_person(other: Other, who: str) -> None:
    crowd = other.crowd
    page = crowd.otto.get(f"/api/sessions/{other.session.id}").text
    assert {"73.3125", "9173", "Luis", "Friday"} <= set(other.leaked(page))  # seen where it may be
    client: Client = getattr(crowd, who)
    everything = asked_of(other.session.id, crowd.b, other.luis)
    for n, (method, path, body) in enumerate(everything, 1):
        answer = client.request(method, f"/api{path}", json=body)
        assert answer.status_code in {403, 404}, f"{method} {path}: {answer.text}"
        assert answer.json()["code"] in {"role", "not-there"}, f"{method} {path}: {answer.text}"
        assert other.leaked(answer.text) == [], f"{method} {path}"
        assert len(told(crowd, client)) == n, f"{method} {path} is not in the audit"
    about = {about for action, about in told(crowd, client) if action == "refused.object"}
    assert about >= {f"session:{other.session.id}", f"person:{other.luis}"}
    for path in ("/sessions", "/learners", "/people", "/classes", "/home", "/me/data", "/rigs"):
        assert other.leaked(client.get(f"/api{path}").text) == [], path
    assert crowd.otto.ok("GET", f"/classes/{crowd.b}")["title"] == "Friday"  # nothing was changed
    assert crowd.otto.ok("GET", f"/sessions/{other.session.id}")["person_id"] == other.luis


@pytest.mark.parametrize("who", ROLES)
def test_a_forged_id_is_answered_as_anothers_is(other: Other, who: str) -> None:
    """Nobody learns by asking whether an id is one; an admin, who may see all, finds none."""
    crowd = other.crowd
    client: Client = getattr(crowd, who)
    real = asked_of(other.session.id, crowd.b, other.luis)
    n = 0
    for (method, path, body), (_, theirs, _) in zip(
        asked_of(FORGED, FORGED, FORGED), real, strict=True
    ):
        answer = client.request(method, f"/api{path}", json=body)
        assert answer.status_code in {403, 404}, f"{method} {path}: {answer.text}"
        assert other.leaked(answer.text) == []
        n += 1
        if client is not crowd.admin:
            same = client.request(method, f"/api{theirs}", json=body)
            assert (same.status_code, same.text) == (answer.status_code, answer.text), theirs
    assert f"session:{FORGED}" in {about for _, about in told_at_most(crowd, client)}
    if client is crowd.admin:
        assert len(told(crowd, client)) == n


def told_at_most(crowd: Crowd, client: Client) -> list[tuple[str, str]]:
    """Give what of many refusals was written down each for itself."""
    rows = crowd.audit(actor=f"person:{client.me['person_id']}", action="refused.", count=500)
    return [(row["action"], row["about"]) for row in rows]


def age(review: Running, client: Client, how: str) -> None:
    """Make somebody's login as old as one that is not taken any more."""
    now = wall_now_utc()
    with kept(review) as database, database.writing() as session:
        for login in session.query(Login).where(Login.person_id == client.me["person_id"]):
            if how == "idle":
                login.seen_utc = now - IDLE
            else:
                login.created_utc = now - LONGEST - timedelta(seconds=1)
                login.expires_utc = login.created_utc + LONGEST


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("how", ["idle", "expired"])
def test_a_stale_session(review: Running, other: Other, who: str, how: str) -> None:
    crowd = other.crowd
    client: Client = getattr(crowd, who)
    watcher = review.client().sign_in("ada")
    assert client.ok("GET", "/me")["name"] == client.me["name"]
    if who == "admin":  # the one who watches goes on: it is another login of the same person
        stale = {"mrcpr_session": client.cookies["mrcpr_session"]}
        age(review, client, how)
        watcher = review.client().sign_in("ada")
    else:
        stale = {"mrcpr_session": client.cookies["mrcpr_session"]}
        age(review, client, how)
    headers = {"X-CSRF-Token": client.me["csrf"]}
    with httpx.Client(base_url=review.address, cookies=stale, headers=headers, timeout=60) as old:
        answers = [
            old.get("/api/me"),
            old.get("/api/sessions"),
            old.get(f"/api/sessions/{other.session.id}"),
            old.get("/api/people"),
            old.post("/api/classes", json={"title": "Stale"}),
            old.post("/api/sign-out"),
        ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "sign-in"), answer.url
        assert other.leaked(answer.text) == []
        assert client.me["name"] not in answer.text
    rows = watcher.ok("GET", "/audit", params={"action": "refused.stale"})["rows"]
    if how == "idle" or who != "admin":
        me = f"person:{client.me['person_id']}"
        assert [(row["actor"], row["about"]) for row in rows] == [("nobody", me)] * len(answers)
    else:  # a new sign-in sweeps what has expired: the cookie is then nobody's any more
        assert len(rows) == len(answers)
    assert "Stale" not in str(watcher.ok("GET", "/classes"))


def test_a_login_lasts_no_longer_than_the_longest_however_it_is_used(
    review: Running, all_of_them: Crowd
) -> None:
    lena = all_of_them.lena
    with kept(review) as database, database.writing() as session:
        (login,) = session.query(Login).where(Login.person_id == lena.me["person_id"])
        assert login.expires_utc - login.created_utc == LONGEST
        login.expires_utc = wall_now_utc() + timedelta(minutes=1)
        login.seen_utc = wall_now_utc() - IDLE + timedelta(minutes=1)
    lena.ok("GET", "/me")  # yet a minute; and it is used now
    with kept(review) as database, database.writing() as session:
        (login,) = session.query(Login).where(Login.person_id == lena.me["person_id"])
        assert wall_now_utc() - login.seen_utc < timedelta(minutes=1)
        login.expires_utc = wall_now_utc()
    lena.no(401, "GET", "/me")


def test_a_desk_forgets_its_learner_after_three_minutes(
    review: Running, admin: Client, rig: Joined
) -> None:
    idle = IDLE_BY[AT_DESK]
    assert idle == timedelta(minutes=3)
    course, lena = class_with(admin, rig)
    device = desk_of(review, rig.id)
    signed_in(device, rig.id, pin=badges_of(admin, course)["Lena"]["pin"])
    for ago, status in ((idle - timedelta(seconds=30), 200), (idle, 401)):
        with kept(review) as database, database.writing() as session:
            (login,) = session.query(Login).where(Login.by == "desk")
            login.seen_utc = wall_now_utc() - ago
        answer = device.get("/api/me")
        assert answer.status_code == status
        assert ("Lena" in answer.text) == (status == 200)
    rows = admin.ok("GET", "/audit", params={"action": "refused.stale"})["rows"]
    assert [row["about"] for row in rows] == [f"person:{lena}"]


def test_nobody_approves_their_own_not_even_an_admin(review: Running, all_of_them: Crowd) -> None:
    crowd, admin, ina = all_of_them, all_of_them.admin, all_of_them.ina
    for client in (admin, ina):
        own = put_session(review, client.me["learner_id"], crowd.a, 1.0, attempt="assessment")
        with kept(review) as database, database.writing() as session:
            correction = Corrected(
                session_id=own.id, by_person_id=crowd.otto.me["person_id"],
                made_utc=wall_now_utc(), reason="so", corrections={}, state="proposed",
            )  # fmt: skip
            session.add(correction)
        at = f"/sessions/{own.id}"
        assert client.no(403, "POST", f"{at}/approval")["code"] == "own"
        approve = f"{at}/corrections/{correction.id}/approve"
        assert client.no(403, "POST", approve)["code"] == "own"
        lena = {"person_id": crowd.lena.me["person_id"]}
        assert client.no(403, "PATCH", at, json=lena)["code"] == "own"
        assert told(crowd, client) == [("refused.own-result", f"session:{own.id}")] * 3
        page = client.ok("GET", at)
        assert (page["approved_by"], page["mine"]) == (None, True)
        another = admin if client is ina else ina
        another.ok("POST", f"{at}/approval")  # whose it is not may


def test_the_audit_of_all_that_is_whole(review: Running, other: Other) -> None:
    crowd = other.crowd
    for client in (crowd.lena, crowd.ina, crowd.tess):
        client.no(404, "GET", f"/sessions/{other.session.id}")
    assert crowd.admin.ok("POST", "/audit/verify")["broken_at"] is None
    with kept(review) as database, database.reading() as session:
        texts = [json.dumps([e.about, e.detail]) for e in session.query(AuditEntry)]
    assert not [text for text in texts if "Luis" in text or "9173" in text]  # ids, never names
    for client in (crowd.lena, crowd.ina, crowd.tess):
        client.no(403, "GET", "/audit")  # which none of them reads
