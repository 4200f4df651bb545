"""Rigs report of themselves, technicians read it; hostile reports leave nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mr.clock.host import wall_now_utc
from mr.review.store.rigs import RigReport
from tests.web.kept import kept
from tests.web.servers import PASSWORD, Client, Running
from tests.web.test_rigs import Joined, class_with, rig

__all__ = ["rig"]  # a fixture


def report_of(**other: Any) -> dict[str, Any]:
    now = wall_now_utc()
    reading = {
        "topic": "stiffness", "subject": "", "value": 6.5, "sigma": 0.4, "unit": "%",
        "warn_at": 5.0, "limit": 10.0, "advice": "look at the spring",
    }  # fmt: skip
    item = {"item": "depth", "value": 0.7, "unit": "mm", "low": -0.5, "high": 0.5, "passed": False}
    return {
        "sheet": {
            "software": "mrcpr 0.0.1",
            "kind": "live",
            "rig_sha256": "ab" * 32,
            "parts": [{"what": "mannequin", "serial": "M-7", "firmware": "1.4.0"}],
            "calibrated_utc": "2026-01-01T00:00:00+00:00",
            "due_utc": (now + timedelta(days=9)).isoformat(),
            "foreseen": ["the spring will be beyond its limit in about 9 days"],
        },
        "checks": [
            {"made_utc": (now - timedelta(days=1)).isoformat(), "passed": True},
            {
                "made_utc": (now - timedelta(hours=1)).isoformat(),
                "passed": False,
                "text": "depth",
                "items": [item],
            },
        ],
        "drift": [
            {
                "made_utc": (now - timedelta(days=k)).isoformat(),
                "source": "session",
                "rig_sha256": "ab" * 32 if k < 3 else "cd" * 32,
                "readings": [{**reading, "value": 6.5 - k}],
            }
            for k in range(4)
        ],
        "faults": [{"made_utc": now.isoformat(), "words": "a session could not be done: no port"}],
    } | other


def technician(review: Running, admin: Client) -> Client:
    given = {"name": "Tom", "role": "technician", "sign_in_name": "tom", "password": PASSWORD}
    admin.ok("POST", "/people", json=given)
    return review.client().sign_in("tom")


def test_a_technician_sees_what_needs_attention_and_no_learner(
    review: Running, admin: Client, rig: Joined
) -> None:
    class_with(admin, rig)
    well = Joined(review, admin)
    assert rig.ask("POST", "/rigs/report", json=report_of()).status_code == 204
    tom = technician(review, admin)
    rows = tom.ok("GET", "/fleet")
    assert [row["id"] for row in rows] == [rig.id, well.id]  # the one in need comes first
    told = [(a["urgency"], a["words"]) for a in rows[0]["attention"]]
    assert told[0] == ("bad", "its newest daily check did not pass: depth")
    words = " | ".join(words for _, words in told)
    for wanted in (
        "calibration is due on", "beyond its limit in about 9 days", "stiffness is off by 6.5 %",
        "no port", "it runs mrcpr 0.0.1",
    ):  # fmt: skip
        assert wanted in words
    assert "Lena" not in str(rows)
    page = tom.ok("GET", f"/fleet/{rig.id}")
    assert [check["passed"] for check in page["checks"]] == [False, True]
    assert page["checks"][0]["items"][0]["item"] == "depth"
    (series,) = page["drift"]
    assert [point["value"] for point in series["points"]] == [4.5, 5.5, 6.5]  # this calibration's
    assert page["parts"][0]["firmware"] == "1.4.0"
    tom.no(403, "POST", f"/classes/{'0' * 16}/badges")
    assert tom.ok("GET", "/sessions") == {"rows": [], "total": 0}


def test_the_same_report_again_keeps_nothing_twice(
    review: Running, admin: Client, rig: Joined
) -> None:
    report = report_of()
    for _ in range(2):
        assert rig.ask("POST", "/rigs/report", json=report).status_code == 204
    with kept(review) as database, database.reading() as session:
        assert session.query(RigReport).count() == 2 + 4 + 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sheet": {"software": "x", "kind": "live", "rig_sha256": "zz"}}, "rig_sha256"),
        ({"learner": "Lena"}, "learner"),
        ({"faults": [{"made_utc": "2199-01-01T00:00:00Z", "words": "later"}]}, "later than now"),
        ({"faults": [{"made_utc": "2026-01-01T00:00:00", "words": "no zone"}]}, "timezone"),
        ({"faults": [{"made_utc": "2026-01-01T00:00:00Z", "words": "x" * 501}]}, "500"),
        ({"checks": [{"made_utc": "2026-01-01T00:00:00Z", "passed": True}] * 61}, "60"),
    ],
)
def test_a_hostile_report_is_refused_and_leaves_nothing(
    review: Running, admin: Client, rig: Joined, wrong: dict[str, Any], words: str
) -> None:
    answer = rig.ask("POST", "/rigs/report", json=report_of(**wrong))
    assert answer.status_code == 422 and words in answer.json()["error"]
    with kept(review) as database, database.reading() as session:
        assert session.query(RigReport).count() == 0


def test_numbers_that_are_none_and_unsigned_reports_are_refused(
    review: Running, admin: Client, rig: Joined
) -> None:
    endless = str(report_of()).encode()
    address = f"{review.address}/api/rigs/report"
    assert httpx.post(address, json=report_of(), timeout=60).status_code == 401
    body = b'{"sheet": {"software": "x", "kind": "sim", "rig_sha256": "' + b"a" * 64 + b'"}, '
    body += b'"drift": [{"made_utc": "2026-01-01T00:00:00Z", "source": "check", "rig_sha256": "a", '
    body += b'"readings": [{"topic": "zero", "subject": "", "value": NaN, "sigma": 1, "unit": ""}]}]}'  # fmt: skip  # noqa: E501
    json_type = {"Content-Type": "application/json"}
    no = rig.ask("POST", "/rigs/report", content=body, headers=json_type)
    assert no.status_code == 422
    assert rig.ask("POST", "/rigs/report", content=endless, headers=json_type).status_code == 422


def test_learners_and_instructors_have_no_fleet(
    review: Running, admin: Client, rig: Joined
) -> None:
    from tests.web.test_wall import instructor

    ina = instructor(review, admin)
    ina.no(403, "GET", "/fleet")
    ina.no(403, "GET", f"/fleet/{rig.id}")
    review.client().no(401, "GET", "/fleet")
    assert admin.no(404, "GET", "/fleet/0123456789abcdef")
