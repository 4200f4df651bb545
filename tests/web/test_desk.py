"""A rig's desk: made by an instructor, good for one rig; who signs in there trains there."""

from __future__ import annotations

import itertools
from datetime import timedelta

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mr.clock.host import wall_now_utc
from mr.review.live.messages import Start, Stop
from mr.review.store.desks import Desk
from mr.review.store.people import Login
from mr.review.web.routes.entry import TRIES_PER_MINUTE
from tests.web.kept import audited, kept
from tests.web.servers import Client, Running, until_refused
from tests.web.test_rigs import LIMIT_S, Joined, class_with, linked, rig

__all__ = ["rig"]  # a fixture


def desk_of(review: Running, rig_id: str, name: str = "ada") -> Client:
    """Make a device a rig's desk; its client is signed in as nobody."""
    device = review.client().sign_in(name)
    device.ok("POST", f"/desk/{rig_id}/device")
    del device.headers["X-CSRF-Token"]
    return device


def signed_in(device: Client, rig_id: str, **by: str) -> Client:
    return device._took(device.post(f"/api/desk/{rig_id}/sign-in", json=by))


def badges_of(admin: Client, course: str) -> dict[str, dict[str, str]]:
    found = admin.ok("POST", f"/classes/{course}/badges")
    return {each["person"]["name"]: each for each in found}


def test_a_learner_signs_in_at_the_desk_and_trains_there(
    review: Running, admin: Client, rig: Joined
) -> None:
    course, lena = class_with(admin, rig)
    admin.ok("PATCH", f"/rigs/{rig.id}", json={"person_id": None})
    pin = badges_of(admin, course)["Lena"]["pin"]
    with linked(rig) as told:
        device = desk_of(review, rig.id)
        device.no(401, "GET", "/me")  # making the desk signed its instructor out
        page = device.ok("GET", f"/desk/{rig.id}")
        assert (page["rig"], page["course"], page["presence"]) == ("Rig 1", "Monday", "here")
        assert "Lena" not in str(page)
        signed_in(device, rig.id, pin=pin)
        assert (device.me["name"], device.me["by"]) == ("Lena", "desk")
        assert admin.ok("GET", f"/classes/{course}/wall")["rigs"][0]["person_id"] == lena
        ack = device.ok("POST", f"/desk/{rig.id}/start")
        (begun,) = told.heard
        assert isinstance(begun, Start)
        assert (begun.learner_id, begun.duration_s) == (device.me["learner_id"], 120.0)
        result = f"/desk/{rig.id}/result?recording_id={ack['recording_id']}"
        assert device.ok("GET", result)["state"] == "coming"
        device.ok("POST", f"/desk/{rig.id}/stop")
        assert isinstance(told.heard[-1], Stop)
        device.no(404, "POST", f"/live/rigs/{rig.id}/start", json={})
        device.no(404, "GET", f"/classes/{course}/wall")
    actions = [action for _, action, about in audited(review) if about == f"rig:{rig.id}"]
    assert [
        a for a in actions if a in {"desk.made", "rig.taken", "rig.started", "rig.stopped"}
    ] == ["desk.made", "rig.taken", "rig.started", "rig.stopped"]


def test_a_badge_does_at_the_desk_what_a_pin_does(
    review: Running, admin: Client, rig: Joined
) -> None:
    course, _ = class_with(admin, rig)
    token = badges_of(admin, course)["Lena"]["url"].split("#")[1]
    device = desk_of(review, rig.id)
    assert signed_in(device, rig.id, badge=token).me["by"] == "desk"


def test_a_pin_is_taken_at_a_desk_of_its_class_only(
    review: Running, admin: Client, rig: Joined
) -> None:
    course, _ = class_with(admin, rig)
    pin = {"pin": badges_of(admin, course)["Lena"]["pin"]}
    anywhere = review.client()
    assert anywhere.no(403, "POST", f"/desk/{rig.id}/sign-in", json=pin)["code"] == "no-desk"
    assert anywhere.post("/api/sign-in/pin", json=pin).status_code == 405
    other_rig = Joined(review, admin)
    other = admin.ok("POST", "/classes", json={"title": "Other"})["id"]
    admin.ok("PATCH", f"/rigs/{other_rig.id}", json={"course_id": other})
    device = desk_of(review, other_rig.id)
    device.no(403, "POST", f"/desk/{rig.id}/sign-in", json=pin)  # another rig's desk
    device.no(403, "GET", f"/desk/{rig.id}")
    device.no(403, "POST", f"/desk/{other_rig.id}/sign-in", json=pin)  # another class
    told = [entry[1:] for entry in audited(review)]
    assert told.count(("refused.desk", f"rig:{rig.id}")) == 2
    assert ("sign-in.failed", f"rig:{other_rig.id}") in told


def test_pins_are_not_tried_through(review: Running, admin: Client, rig: Joined) -> None:
    class_with(admin, rig)
    device = desk_of(review, rig.id)
    tried = itertools.count()

    def guess() -> httpx.Response:
        pin = {"pin": f"{next(tried):06}"}
        return device.post(f"/api/desk/{rig.id}/sign-in", json=pin)

    until_refused(guess, TRIES_PER_MINUTE, till_then=403)


def test_a_learner_begins_on_their_own_rig_only(
    review: Running, admin: Client, rig: Joined
) -> None:
    course, _ = class_with(admin, rig)
    admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Max"]})
    badges = badges_of(admin, course)
    second = Joined(review, admin)
    admin.ok("PATCH", f"/rigs/{second.id}", json={"course_id": course})
    with linked(rig) as first_told, linked(second) as second_told:
        device = desk_of(review, rig.id)
        signed_in(device, rig.id, pin=badges["Lena"]["pin"])
        device.no(403, "POST", f"/desk/{second.id}/start")  # not at that desk
        elsewhere = desk_of(review, second.id)
        signed_in(elsewhere, second.id, pin=badges["Max"]["pin"])
        lenas = elsewhere.cookies["mrcpr_desk"], device.cookies["mrcpr_session"]
        carried = review.client(lenas[1])  # Lena's sign-in, brought to the other rig's desk
        carried.cookies.set("mrcpr_desk", lenas[0])
        carried.no(404, "POST", f"/desk/{second.id}/start")
        carried.no(404, "POST", f"/desk/{second.id}/stop")
        elsewhere.ok("POST", f"/desk/{second.id}/start")
        assert first_told.heard == [] and len(second_told.heard) == 1


def test_who_signed_in_elsewhere_begins_nothing_at_a_desk(
    review: Running, admin: Client, rig: Joined
) -> None:
    course, lena = class_with(admin, rig)
    token = badges_of(admin, course)["Lena"]["url"].split("#")[1]
    with linked(rig) as told:
        device = desk_of(review, rig.id)
        device._took(device.post("/api/sign-in/badge", json={"token": token}))  # not at the desk
        assert admin.ok("GET", f"/classes/{course}/wall")["rigs"][0]["person_id"] == lena
        device.no(404, "POST", f"/desk/{rig.id}/start")
        assert told.heard == []


def test_only_its_class_s_instructor_makes_and_ends_a_desk(
    review: Running, admin: Client, rig: Joined
) -> None:
    from tests.web.test_wall import instructor

    course, _ = class_with(admin, rig)
    ina = instructor(review, admin)
    ina.no(404, "POST", f"/desk/{rig.id}/device")
    ina.no(404, "DELETE", f"/desk/{rig.id}/device")
    device = desk_of(review, rig.id)
    admin.ok("DELETE", f"/desk/{rig.id}/device")
    assert device.no(403, "GET", f"/desk/{rig.id}")["code"] == "no-desk"
    device = desk_of(review, rig.id)
    admin.ok("PATCH", f"/classes/{course}", json={"ended": True})  # the class day is over
    device.no(403, "GET", f"/desk/{rig.id}")


def test_a_desk_and_a_sign_in_at_it_end(review: Running, admin: Client, rig: Joined) -> None:
    course, _ = class_with(admin, rig)
    device = desk_of(review, rig.id)
    signed_in(device, rig.id, pin=badges_of(admin, course)["Lena"]["pin"])
    wall = f"ws{review.address.removeprefix('http')}/api/live/wall?rig={rig.id}"
    cookie = {"Cookie": f"mrcpr_desk={device.cookies['mrcpr_desk']}"}
    with linked(rig), connect(wall, additional_headers=cookie) as socket:
        socket.recv(timeout=LIMIT_S)  # the desk sees its rig
    with kept(review) as database, database.writing() as session:
        for login in session.query(Login).where(Login.by == "desk"):
            login.seen_utc = wall_now_utc() - timedelta(minutes=4)
    device.no(401, "GET", "/me")
    with kept(review) as database, database.writing() as session:
        for desk in session.query(Desk):
            desk.expires_utc = wall_now_utc()
    device.no(403, "GET", f"/desk/{rig.id}")
    with connect(wall, additional_headers=cookie) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=LIMIT_S)
