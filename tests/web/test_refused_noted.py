"""What is refused at the door, on the wire and by a limit is in the audit; a flood is a number."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from mr.clock.host import wall_now_utc
from mr.review.live.frames import decode_wall
from mr.review.live.hub import MAX_WATCHED
from mr.review.live.messages import Ack
from mr.review.live.signing import Signer, enrolment_proof, public_text
from mr.review.people.logins import IDLE, LONGEST
from mr.review.store.people import Login
from mr.review.store.rigs import EnrolledRig
from mr.review.web.noted import STRANGERS_PER_MINUTE
from mr.review.web.routes.corrections import CORRECTIONS_PER_MINUTE
from mr.review.web.routes.entry import TRIES_PER_MINUTE
from mr.review.web.routes.exports import EXPORTS_A_MINUTE
from mr.review.web.routes.fleet import REPORTS_PER_MINUTE
from mr.review.web.routes.own import ZIPS_PER_MINUTE
from mr.review.web.routes.rigs import ENROLS_PER_MINUTE
from mr.review.web.routes.uploads import OFFERS_PER_MINUTE
from mr.review.web.signed import now_ms
from tests.web.crowd import Crowd, put_session
from tests.web.kept import kept
from tests.web.servers import PASSWORD, Client, Running, running, until_refused
from tests.web.test_fleet import report_of
from tests.web.test_rigs import LIMIT_S, Joined, class_with, linked, rig

__all__ = ["rig"]  # a fixture


def entries(admin: Client, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Give who was refused what, the oldest first."""
    rows = admin.ok("GET", "/audit", params={"action": action})["rows"]
    return [(row["actor"], row["about"], row["detail"]) for row in reversed(rows)]


def wall_of(review: Running, query: str) -> str:
    return f"ws{review.address.removeprefix('http')}/api/live/wall?{query}"


def me_of(client: Client) -> str:
    return f"person:{client.me['person_id']}"


def test_another_sites_request_and_another_name(review: Running, admin: Client) -> None:
    other = {"Origin": "https://evil.example"}
    admin.no(403, "POST", "/classes", json={"title": "x"}, headers=other)
    admin.no(403, "GET", "/me", headers={"Host": "rebound.example"})
    with pytest.raises(InvalidStatus):
        connect(wall_of(review, "course=x"), origin="https://evil.example")  # type: ignore[arg-type]
    site, name, wall = entries(admin, "refused.site")
    assert site == (
        "nobody", "/api/classes", {"why": "other-site", "said": "https://evil.example"}
    )  # fmt: skip
    assert name == ("nobody", "/api/me", {"why": "other-name", "said": "rebound.example"})
    assert wall[1:] == ("/api/live/wall", {"why": "other-site", "said": "https://evil.example"})


def test_a_flood_is_a_few_entries_and_holds_nobody_up(review: Running, admin: Client) -> None:
    with httpx.Client(
        base_url=review.address, headers={"Origin": "https://evil.example"}, timeout=60
    ) as evil:
        for _ in range(STRANGERS_PER_MINUTE + 60):
            assert evil.post("/api/classes", json={"title": "x"}).status_code == 403
    assert len(entries(admin, "refused.site")) == STRANGERS_PER_MINUTE
    assert admin.ok("POST", "/audit/verify")["broken_at"] is None


def test_what_a_flood_came_to_is_told_at_the_servers_end(review: Running, admin: Client) -> None:
    with httpx.Client(
        base_url=review.address, headers={"Origin": "https://evil.example"}, timeout=60
    ) as evil:
        for _ in range(STRANGERS_PER_MINUTE + 60):
            evil.post("/api/classes", json={"title": "x"})
    review.stop()

    with running(review.folder, review.database) as again:
        found = entries(again.client(admin.cookies["mrcpr_session"]), "refused.site")
    assert sum(1 + detail.get("more", 0) for _, _, detail in found) == STRANGERS_PER_MINUTE + 60
    assert len(found) == STRANGERS_PER_MINUTE + 1


def test_a_path_that_no_database_keeps_is_refused_and_noted(review: Running, admin: Client) -> None:
    path = f"{review.address}/api/%00%1b%ff"
    assert (
        httpx.post(path, headers={"Origin": "https://evil.example"}, timeout=60).status_code == 403
    )
    (entry,) = entries(admin, "refused.site")
    assert entry[1].startswith("/api/") and entry[1].isprintable()


@pytest.mark.parametrize("how", ["idle", "longest", "unknown"])
def test_a_stale_cookie(review: Running, all_of_them: Crowd, how: str) -> None:
    lena, admin = all_of_them.lena, all_of_them.admin
    if how == "unknown":
        stale = {"mrcpr_session": "x" * 43}
    else:
        stale = {"mrcpr_session": lena.cookies["mrcpr_session"]}
        with kept(review) as database, database.writing() as session:
            for login in session.query(Login).where(Login.person_id == lena.me["person_id"]):
                if how == "idle":
                    login.seen_utc = wall_now_utc() - IDLE
                else:
                    login.expires_utc = login.created_utc = wall_now_utc() - timedelta(seconds=1)
                    login.created_utc -= LONGEST
    answer = httpx.get(f"{review.address}/api/me", cookies=stale, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in")
    about = "/api/me" if how == "unknown" else me_of(lena)
    assert entries(admin, "refused.stale") == [("nobody", about, {})]
    review.client().no(401, "GET", "/me")  # who has no cookie is not signed in, and that is all
    assert len(entries(admin, "refused.stale")) == 1


def test_a_wall_that_is_not_theirs(review: Running, all_of_them: Crowd) -> None:
    asked: list[tuple[Client | None, str]] = [
        (all_of_them.otto, f"course={all_of_them.a}"),
        (all_of_them.lena, f"course={all_of_them.a}"),
        (all_of_them.tess, f"course={all_of_them.a}"),
        (all_of_them.ina, "x=1"),
        (None, f"course={all_of_them.a}"),
        (None, "rig=0123456789abcdef"),
    ]
    for client, query in asked:
        cookie = "" if client is None else f"mrcpr_session={client.cookies['mrcpr_session']}"
        with (
            connect(wall_of(review, query), additional_headers={"Cookie": cookie}) as socket,
            pytest.raises(ConnectionClosed),
        ):
            socket.recv(timeout=LIMIT_S)
    a = f"class:{all_of_them.a}"
    assert [entry[:2] for entry in entries(all_of_them.admin, "refused.wall")] == [
        (me_of(all_of_them.otto), a),
        (me_of(all_of_them.lena), a),
        (me_of(all_of_them.tess), a),
        (me_of(all_of_them.ina), "rigs"),
        ("nobody", a),
        ("nobody", "rig:0123456789abcdef"),
    ]


def offer_of(name: str = "x") -> dict[str, Any]:
    return {"sha256": hashlib.sha256(name.encode()).hexdigest(), "size": 9, "name": name}


def test_an_upload_by_who_may_not_and_of_somebody_else(review: Running, all_of_them: Crowd) -> None:
    lena, ina, otto, admin = (
        all_of_them.lena, all_of_them.ina, all_of_them.otto, all_of_them.admin
    )  # fmt: skip
    lena.no(403, "POST", "/uploads", json=offer_of())
    role = (me_of(lena), "/api/uploads", {})
    assert entries(admin, "refused.role") == [role]
    upload_id = ina.ok("POST", "/uploads", json=offer_of())["upload_id"]
    otto.no(404, "GET", f"/uploads/{upload_id}")
    headers = {"Upload-Offset": "0"}
    otto.no(404, "PATCH", f"/uploads/{upload_id}", headers=headers, content=b"y" * 9)
    foreign = (me_of(otto), f"upload:{upload_id}", {})
    assert entries(admin, "refused.upload") == [foreign] * 2
    assert ina.ok("GET", f"/uploads/{upload_id}")["offset"] == 0


def test_a_rigs_wrong_and_repeated_signature(review: Running, admin: Client, rig: Joined) -> None:
    forger = Signer(rig.id, Ed25519PrivateKey.generate(), now_ms)
    body = json.dumps(offer_of()).encode()
    address = f"{review.address}/api/uploads"
    kind = {"Content-Type": "application/json"}
    forged = kind | forger.headers("POST", "/api/uploads", body)
    assert httpx.post(address, content=body, headers=forged, timeout=60).status_code == 401
    good = kind | rig.signer.headers("POST", "/api/uploads", b"{}")
    assert httpx.post(address, content=b"{}", headers=good, timeout=60).status_code == 422
    assert httpx.post(address, content=b"{}", headers=good, timeout=60).status_code == 401
    live = f"ws{review.address.removeprefix('http')}/api/live/rig"
    for headers in (forger.headers("GET", "/api/live/rig"), {}):
        with pytest.raises(InvalidStatus):
            connect(live, additional_headers=headers)
    mine = f"rig:{rig.id}"
    assert entries(admin, "refused.signature") == [
        ("nobody", mine, {"why": "bad-signature"}),
        ("nobody", mine, {"why": "replayed"}),
        ("nobody", mine, {"why": "bad-signature"}),
        ("nobody", "/api/live/rig", {"why": "unsigned"}),
    ]


def test_a_wrong_set_up_code_and_a_wrong_enrol_code(review: Running) -> None:
    given = {"code": "wrong", "name": "E", "sign_in_name": "eve", "password": PASSWORD}
    review.client().no(403, "POST", "/setup", json=given)
    admin = review.client().set_up(review.setup_code)
    key, code = Ed25519PrivateKey.generate(), "AAAA-AAAA"
    joining = {"code": code, "public_key": public_text(key), "name": "Rig",
               "proof": enrolment_proof(key, code)}  # fmt: skip
    assert review.client().no(403, "POST", "/rigs/enrol", json=joining)["code"] == "code"
    review.client().no(401, "POST", "/rigs/enrol", json={**joining, "code": "BBBB-BBBB"})
    assert entries(admin, "refused.code") == [
        ("nobody", "/api/setup", {}), ("nobody", "/api/rigs/enrol", {})
    ]  # fmt: skip
    assert entries(admin, "refused.signature") == [
        ("nobody", "/api/rigs/enrol", {"why": "bad-signature"})
    ]


def too_often(admin: Client) -> list[tuple[str, str]]:
    return [entry[:2] for entry in entries(admin, "refused.too-often")]


def test_who_tries_to_enrol_too_often(review: Running, admin: Client) -> None:
    key, code = Ed25519PrivateKey.generate(), "AAAA-AAAA"
    joining = {"code": code, "public_key": public_text(key), "name": "Rig",
               "proof": enrolment_proof(key, code)}  # fmt: skip
    code = admin.ok("POST", "/rigs/codes")["code"]
    right = joining | {"code": code, "proof": enrolment_proof(key, code)}
    stranger = review.client()
    until_refused(lambda: stranger.post("/api/rigs/enrol", json=joining), ENROLS_PER_MINUTE)
    stranger.no(429, "POST", "/rigs/enrol", json=right)  # nor by the right one
    assert too_often(admin) == [("nobody", "/api/rigs/enrol")] * 2


def test_who_tries_to_sign_in_too_often(review: Running, admin: Client) -> None:
    wrong = {"sign_in_name": "ada", "password": "wrong"}
    stranger = review.client()
    until_refused(lambda: stranger.post("/api/sign-in", json=wrong), TRIES_PER_MINUTE)
    assert too_often(admin) == [("nobody", "/api/sign-in")]


def test_a_rig_that_reports_too_often(review: Running, admin: Client, rig: Joined) -> None:
    until_refused(lambda: rig.ask("POST", "/rigs/report", json=report_of()), REPORTS_PER_MINUTE)
    assert too_often(admin) == [(f"rig:{rig.id}", "/api/rigs/report")]


def test_who_offers_recordings_too_often(review: Running, admin: Client) -> None:
    until_refused(lambda: admin.post("/api/uploads", json=offer_of()), OFFERS_PER_MINUTE)
    assert too_often(admin) == [(me_of(admin), "/api/uploads")]


def test_who_prints_too_often(review: Running, all_of_them: Crowd) -> None:
    ina = all_of_them.ina
    path = f"/api/classes/{all_of_them.a}/sheet.pdf"
    until_refused(lambda: ina.get(path), EXPORTS_A_MINUTE)
    assert too_often(all_of_them.admin) == [(me_of(ina), path[:60])]
    assert all_of_them.otto.get(path).status_code == 404  # another's prints are theirs


def test_who_takes_their_data_along_too_often(review: Running, all_of_them: Crowd) -> None:
    lena = all_of_them.lena
    until_refused(lambda: lena.get("/api/me/export"), ZIPS_PER_MINUTE)
    assert too_often(all_of_them.admin) == [(me_of(lena), "/api/me/export")]


def test_who_corrects_too_often(review: Running, all_of_them: Crowd) -> None:
    session = put_session(review, all_of_them.lena.me["learner_id"], all_of_them.a, 1.0)
    path = f"/api/sessions/{session.id}/original"
    given = {"reason": "so"}
    ina = all_of_them.ina
    until_refused(lambda: ina.post(path, json=given), CORRECTIONS_PER_MINUTE)
    assert too_often(all_of_them.admin) == [(me_of(ina), path)]


def test_the_last_admin_and_the_last_instructor(review: Running, all_of_them: Crowd) -> None:
    admin, ina, a = all_of_them.admin, all_of_them.ina, all_of_them.a
    admin.no(409, "PATCH", f"/people/{admin.me['person_id']}", json={"role": "learner"})
    ina.no(409, "DELETE", f"/classes/{a}/members/{ina.me['person_id']}")
    assert entries(admin, "refused.last-admin") == [(me_of(admin), me_of(admin), {})]
    assert entries(admin, "refused.last-instructor") == [(me_of(ina), f"class:{a}", {})]


def test_a_wrong_old_password(review: Running, admin: Client) -> None:
    admin.no(403, "POST", "/me/password", json={"old": "wrong", "new": "another good password"})
    assert entries(admin, "refused.password") == [(me_of(admin), "/api/me/password", {})]


def test_a_role_that_a_route_refuses_by_itself(
    review: Running, all_of_them: Crowd, rig: Joined
) -> None:
    given: list[tuple[Client, dict[str, Any]]] = [
        (all_of_them.ina, {"name": "Mine"}),
        (all_of_them.tess, {"course_id": all_of_them.a}),
    ]
    for client, change in given:
        client.no(403, "PATCH", f"/rigs/{rig.id}", json=change)
    path = f"/api/rigs/{rig.id}"
    found = [entry[:2] for entry in entries(all_of_them.admin, "refused.role")]
    assert found == [(me_of(all_of_them.ina), path), (me_of(all_of_them.tess), path)]


def test_a_shock_is_noted_where_the_rig_marked_it(
    review: Running, admin: Client, rig: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_with(admin, rig)
    with linked(rig) as desk:
        admin.no(409, "POST", f"/live/rigs/{rig.id}/shock")  # no session runs
        assert entries(admin, "rig.shock") == []

        def hear(command: Any) -> Ack:
            return Ack(id=command.id, ok=True, recording_id="rec-0123456789abcdef")

        monkeypatch.setattr(desk, "hear", hear)
        admin.ok("POST", f"/live/rigs/{rig.id}/shock")
    recording = {"recording": "rec-0123456789abcdef"}
    assert entries(admin, "rig.shock") == [(me_of(admin), f"rig:{rig.id}", recording)]


def test_a_wall_says_how_many_rigs_it_does_not_show(review: Running, all_of_them: Crowd) -> None:
    with kept(review) as database, database.writing() as session:
        for k in range(MAX_WATCHED + 3):
            session.add(
                EnrolledRig(
                    name="Rig",  # all alike: their ids put them in order
                    public_key=f"key {k}",
                    enrolled_utc=wall_now_utc(),
                    enrolled_by=all_of_them.admin.me["person_id"],
                    facts={},
                    course_id=all_of_them.a,
                )
            )
    page = all_of_them.ina.ok("GET", f"/classes/{all_of_them.a}/wall")
    assert (len(page["rigs"]), page["n_rigs"]) == (MAX_WATCHED, MAX_WATCHED + 3)
    shown = [each["id"] for each in page["rigs"]]
    assert shown == sorted(shown)
    cookie = {"Cookie": f"mrcpr_session={all_of_them.ina.cookies['mrcpr_session']}"}
    with connect(wall_of(review, f"course={all_of_them.a}"), additional_headers=cookie) as socket:
        message = socket.recv(timeout=LIMIT_S)
    assert isinstance(message, bytes)
    assert [part.rig_id for part in decode_wall(message)[2]] == shown
