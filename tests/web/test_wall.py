"""The wall's server side: the roster, all rigs at once, marks and their undoing, goal and race."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mr.clock.host import host_now_ns, wall_now_utc
from mr.review.live.frames import LiveState, Motion, encode_trace
from mr.review.live.messages import Mark, Start, Status
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded
from tests.web.kept import audited, kept
from tests.web.servers import PASSWORD, Client, Running
from tests.web.test_rigs import LIMIT_S, Desk, Joined, class_with, linked, rig
from tests.web.test_uploads import analysed, send

__all__ = ["rig"]  # a fixture
CLOSED_WITHIN_S = 25.0


RECORDING_ID = "rec-0123456789abcdef"


class Training(Desk):
    """A rig's desk half a minute into a session."""

    def __init__(self) -> None:
        super().__init__()
        self.has_told = threading.Event()

    def status(self) -> Status:
        return Status(state="training", recording_id=RECORDING_ID)

    def frame(self, seq: int) -> bytes | None:
        if seq > 0:
            self.has_told.set()
            return None
        state = LiveState("compressing", "sim", RECORDING_ID, elapsed_s=30.0)
        return encode_trace(seq, host_now_ns(), state, Motion())


def instructor(review: Running, admin: Client, name: str = "ina") -> Client:
    given = {"name": name, "role": "instructor", "sign_in_name": name, "password": PASSWORD}
    admin.ok("POST", "/people", json=given)
    return review.client().sign_in(name)


def test_a_class_s_wall_is_its_instructor_s(review: Running, admin: Client, rig: Joined) -> None:
    course, lena = class_with(admin, rig)
    wall = admin.ok("GET", f"/classes/{course}/wall")
    (shown,) = wall["rigs"]
    assert (shown["name"], shown["person_id"], shown["result"]) == ("Rig 1", lena, None)
    assert [each["name"] for each in wall["learners"]] == ["Lena"]
    assert wall["goal"]["n_right"] == 0 and "depth, rate and release" in wall["goal"]["what_counts"]
    assert wall["race"] is None
    ina = instructor(review, admin)
    ina.no(404, "GET", f"/classes/{course}/wall")
    ina.no(404, "POST", f"/live/classes/{course}/start", json={})
    ina.no(404, "POST", f"/live/classes/{course}/stop")
    refused = [entry for entry in audited(review) if entry[1] == "refused.object"]
    assert refused == 3 * [(f"person:{ina.me['person_id']}", "refused.object", f"class:{course}")]


def test_all_rigs_of_a_class_start_as_the_class_is(
    review: Running, admin: Client, rig: Joined
) -> None:
    course, _ = class_with(admin, rig)
    away = Joined(review, admin)
    extra = admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Max"]})["learners"]
    max_id = next(each["id"] for each in extra if each["name"] == "Max")
    admin.ok("PATCH", f"/rigs/{away.id}", json={"course_id": course, "person_id": max_id})
    Joined(review, admin)  # serves no class, and is told nothing
    set_so = {"mode": "30:2", "attempt": "cold", "duration_s": 90}
    assert admin.ok("PATCH", f"/classes/{course}", json=set_so)["attempt"] == "cold"
    with linked(rig) as desk:
        told = admin.ok("POST", f"/live/classes/{course}/start", json={})
        by_rig = {each["rig_id"]: each for each in told}
        assert set(by_rig) == {rig.id, away.id}
        assert by_rig[rig.id]["ok"] and not by_rig[away.id]["ok"]
        assert "is not here" in by_rig[away.id]["words"]
        (begun,) = desk.heard
        assert isinstance(begun, Start)
        assert (begun.mode, begun.attempt, begun.duration_s) == ("30:2", "cold", 90.0)
        admin.ok("POST", f"/live/rigs/{rig.id}/start", json={"duration_s": None})
        again = desk.heard[-1]
        assert isinstance(again, Start) and again.duration_s is None


def test_who_is_not_of_the_class_is_not_trained_in_it(
    review: Running, admin: Client, rig: Joined
) -> None:
    course, _ = class_with(admin, rig)
    other = admin.ok("POST", "/classes", json={"title": "Other"})["id"]
    page = admin.ok("POST", f"/classes/{other}/learners", json={"names": ["Olga"]})
    given = {"person_id": page["learners"][0]["id"]}
    with linked(rig):
        no = admin.no(422, "POST", f"/live/rigs/{rig.id}/start", json=given)
        assert "nobody of the rig's class" in no["error"]
        admin.ok("PATCH", f"/classes/{course}", json={"ended": True})
        assert admin.no(409, "POST", f"/live/rigs/{rig.id}/start", json={})["code"] == "ended"


def test_a_mark_is_kept_and_undone_by_who_made_it(
    review: Running, admin: Client, rig: Joined
) -> None:
    course, _ = class_with(admin, rig)
    ina = instructor(review, admin)
    admin.ok(
        "POST",
        f"/classes/{course}/members",
        json={"person_id": ina.me["person_id"], "role": "instructor"},
    )
    with linked(rig) as desk:
        kept = admin.ok("POST", f"/live/rigs/{rig.id}/mark", json={"what": "scene-safe"})
        note = {"what": "note", "text": "spoke to the bystander"}
        admin.ok("POST", f"/live/rigs/{rig.id}/mark", json=note)
        assert desk.heard == [Mark(id=1, key="scene-safe"), Mark(id=2, key="note")]
        path = f"/live/rigs/{rig.id}/marks"
        listed = admin.ok("GET", f"{path}?recording_id={kept['recording_id']}")
        assert [each["what"] for each in listed] == ["scene-safe", "note"]
        assert listed[0]["elapsed_s"] == 4.5 and listed[1]["text"] == note["text"]
        ina.no(404, "DELETE", f"{path}/{kept['id']}")
        admin.ok("DELETE", f"{path}/{kept['id']}")
        left = ina.ok("GET", f"{path}?recording_id={kept['recording_id']}")
        assert [each["what"] for each in left] == ["note"]
        assert kept["mine"] and listed[0]["mine"] and not left[0]["mine"]


def test_a_mark_is_kept_while_the_rig_is_away(review: Running, admin: Client, rig: Joined) -> None:
    class_with(admin, rig)
    path = f"/live/rigs/{rig.id}/mark"
    with linked(rig):  # no session goes on
        pass
    assert admin.no(503, "POST", path, json={"what": "scene-safe"})["code"] == "rig-away"
    desk = Training()
    with linked(rig, desk):
        assert desk.has_told.wait(LIMIT_S)
        admin.ok("POST", path, json={"what": "aed"})  # its answer comes after what was told
        assert [mark.key for mark in desk.heard if isinstance(mark, Mark)] == ["aed"]
    begun_s = time.monotonic()
    kept = admin.ok("POST", path, json={"what": "scene-safe"})
    again = admin.ok("POST", path, json={"what": "help-called"})
    assert len(desk.heard) == 1
    assert kept["recording_id"] == again["recording_id"] == RECORDING_ID
    passed_s = time.monotonic() - begun_s
    assert 30.0 <= kept["elapsed_s"] < again["elapsed_s"]
    assert again["elapsed_s"] - kept["elapsed_s"] < passed_s
    listed = admin.ok("GET", f"{path}s?recording_id={RECORDING_ID}")
    assert [each["what"] for each in listed] == ["aed", "scene-safe", "help-called"]
    assert admin.no(503, "POST", f"/live/rigs/{rig.id}/stop")["code"] == "rig-away"


def test_a_race_ranks_only_who_opted_in(review: Running, admin: Client, rig: Joined) -> None:
    course, lena = class_with(admin, rig)
    names = {"names": ["Nora", "Olga"]}
    page = admin.ok("POST", f"/classes/{course}/learners", json=names)
    by_name = {each["name"]: each for each in page["learners"]}
    admin.ok("PATCH", f"/classes/{course}", json={"race": True, "goal_compressions": 500})
    assert admin.ok("GET", f"/classes/{course}/wall")["race"] == []
    today = wall_now_utc()
    with kept(review) as database, database.writing() as session:
        for name in ("Lena", "Olga"):
            session.get_one(Person, by_name[name]["id"]).races = True
        for k, (name, score_pct, made_utc) in enumerate(
            (
                ("Lena", 70.0, today),
                ("Lena", 99.0, today - timedelta(days=2)),
                ("Nora", 95.0, today),  # who did not opt in takes nobody's place
                ("Olga", 80.0, today),
            )
        ):
            of = by_name[name]["learner_id"]
            session.add(recorded(k, course, of, score_pct, made_utc, rig.id))
    wall = admin.ok("GET", f"/classes/{course}/wall")
    assert [(r["name"], r["best_pct"]) for r in wall["race"]] == [("Olga", 80.0), ("Lena", 70.0)]
    assert wall["goal"] == wall["goal"] | {"n_right": 30, "goal": 500, "n_sessions": 3}
    assert wall["rigs"][0]["result"]["score_pct"] in {70.0, 80.0, 95.0}
    assert lena == by_name["Lena"]["id"]


def recorded(
    k: int, course: str, learner_id: str, score_pct: float, made_utc: datetime, rig_id: str
) -> Recorded:
    return Recorded(
        recording_id=f"rec-{k:016x}", sha256=f"{k:064x}", size_bytes=1, source_name="x.mcap",
        learner_id=learner_id, course_id=course, rig_id=rig_id, made_utc=made_utc,
        received_utc=made_utc, kind="sim", attempt="practice", mode="hands-only",
        guideline_id="aha-2025-adult-bls", storage_level=1, state="ready", score_pct=score_pct,
        n_right=10,
    )  # fmt: skip


def test_the_goal_counts_the_right_compressions_of_a_real_session(
    review: Running, admin: Client, recorded_demo: Path
) -> None:
    course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    done = send(admin, recorded_demo, course_id=course)
    assert analysed(admin, done["session_id"])["state"] == "ready"
    goal = admin.ok("GET", f"/classes/{course}/wall")["goal"]
    analysis = admin.ok("GET", f"/sessions/{done['session_id']}/analysis")
    assert 0 < goal["n_right"] < len(analysis["compressions"])
    assert (goal["n_sessions"], goal["n_waiting"]) == (1, 0)


def test_a_stale_sign_in_s_wall_is_closed(review: Running, admin: Client, rig: Joined) -> None:
    course, _ = class_with(admin, rig)
    cookie = f"mrcpr_session={admin.cookies['mrcpr_session']}"
    wall = f"ws{review.address.removeprefix('http')}/api/live/wall?course={course}"
    with linked(rig), connect(wall, additional_headers={"Cookie": cookie}) as socket:
        socket.recv(timeout=LIMIT_S)
        admin.ok("POST", "/sign-out")
        until = time.monotonic() + CLOSED_WITHIN_S
        with pytest.raises(ConnectionClosed) as closed:
            while time.monotonic() < until:
                socket.recv(timeout=CLOSED_WITHIN_S)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
