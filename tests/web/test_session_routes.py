"""A session's trace, analyses, annotations, exports and comparisons; and who is refused them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.web.servers import Client
from tests.web.taught import Taught, join, person

REFUSED_GETS = (
    "",
    "/analysis",
    "/analyses",
    "/trace?from_s=0&to_s=5&points=100",
    "/annotations",
    "/bookmarks",
    "/corrections",
    "/film",
    "/film.webm",
    "/export.csv",
    "/export.mcap",
)


def rows_of(answer: httpx.Response) -> np.ndarray[Any, Any]:
    assert answer.status_code == 200, answer.text
    rows = np.frombuffer(answer.content, "<f4").reshape(-1, 4)
    assert len(rows) == int(answer.headers["X-Rows"])
    return rows


def trace(client: Client, path: str, **query: Any) -> httpx.Response:
    return client.get(f"/api{path}/trace", params=query)


def test_the_trace_holds_every_peak_of_the_analysis_at_each_zoom(taught: Taught) -> None:
    analysis = taught.lena.ok("GET", f"{taught.path}/analysis")
    first = analysis["compressions"][0]
    end_s = analysis["summary"]["duration_s"]
    exact = trace(taught.lena, taught.path, from_s=first["onset_s"], to_s=first["release_s"])
    assert exact.headers["X-Exact"] == "1"
    rows = rows_of(exact)
    assert rows[:, 2].max() == pytest.approx(first["depth_mm"], abs=0.1)
    whole = trace(taught.lena, taught.path, from_s=0, to_s=end_s, points=300)
    assert whole.headers["X-Exact"] == "0"
    rows = rows_of(whole)
    assert len(rows) <= 300
    deepest = max(c["depth_mm"] for c in analysis["compressions"])
    assert np.nanmax(rows[:, 2]) == pytest.approx(deepest, abs=0.1)


def test_a_window_that_cannot_be_is_refused(taught: Taught) -> None:
    for query in ({"from_s": 5, "to_s": 1}, {"from_s": 0, "to_s": "nan"}, {"from_s": 0},
                  {"from_s": 0, "to_s": 1, "points": 1}, {"from_s": 0, "to_s": 1e12}):  # fmt: skip
        taught.lena.no(422, "GET", f"{taught.path}/trace", params=query)
    query = {"from_s": 0, "to_s": 1, "analysis_id": "0" * 16}
    taught.lena.no(404, "GET", f"{taught.path}/trace", params=query)


def test_the_analysis_comes_packed_as_the_browser_takes_it(taught: Taught) -> None:
    url = f"{taught.review.address}/api{taught.path}/analysis"
    cookies = dict(taught.lena.cookies)
    found = {}
    for way in ("zstd", "gzip", "identity"):
        with httpx.stream("GET", url, cookies=cookies, headers={"Accept-Encoding": way}) as answer:
            raw = b"".join(answer.iter_raw())
            found[way] = (answer.headers.get("Content-Encoding"), len(raw))
    assert [found[way][0] for way in found] == ["zstd", "gzip", None]
    assert found["zstd"][1] < found["gzip"][1] < found["identity"][1]


def test_nothing_of_anothers_session_is_given(taught: Taught) -> None:
    for who in (taught.omar, taught.tom):
        for tail in REFUSED_GETS:
            assert who.no(404, "GET", f"{taught.path}{tail}")["code"] == "not-there"
        who.no(404, "POST", f"{taught.path}/annotations", json={"text": "x"})
    assert taught.audited("refused.object") == 2 * (len(REFUSED_GETS) + 1)
    for tail in REFUSED_GETS:
        taught.review.client().no(401, "GET", f"{taught.path}{tail}")
        taught.ina.no(404, "GET", f"/sessions/0123456789abcdef{tail}")  # a forged id


def test_annotations_are_an_instructors_and_removed_by_who_wrote_them(taught: Taught) -> None:
    path = f"{taught.path}/annotations"
    at = taught.ina.ok("POST", path, json={"text": "hands slid", "t_s": 12.5})
    taught.ina.ok("POST", path, json={"text": "well done"})
    taught.lena.no(404, "POST", path, json={"text": "I was tired"})
    shown = taught.lena.ok("GET", path)
    assert [(a["text"], a["t_s"], a["by"], a["mine"]) for a in shown] == [
        ("well done", None, "Ina", False), ("hands slid", 12.5, "Ina", False)]  # fmt: skip
    taught.admin.no(404, "DELETE", f"{path}/{at['id']}")
    taught.ina.ok("DELETE", f"{path}/{at['id']}")
    assert [a["text"] for a in taught.lena.ok("GET", path)] == ["well done"]
    for wrong in ({"text": ""}, {"text": "\x07"}, {"text": "x", "t_s": 1e9}, {"text": "x" * 1001}):
        taught.ina.no(422, "POST", path, json=wrong)


def export(client: Client, taught: Taught, kind: str) -> httpx.Response:
    answer = client.get(f"/api{taught.path}/export.{kind}")
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
    return answer


def test_exports_hold_the_analysis_and_say_what_was_edited(
    taught: Taught, recorded_breaths: Path
) -> None:
    analysis = taught.lena.ok("GET", f"{taught.path}/analysis")
    rows = list(csv.DictReader(io.StringIO(export(taught.lena, taught, "csv").text)))
    assert [float(r["depth_mm"]) for r in rows] == [c["depth_mm"] for c in analysis["compressions"]]
    assert {r["edited"] for r in rows} == {"false"}
    assert export(taught.lena, taught, "json").json() == analysis
    raw = export(taught.lena, taught, "mcap").content
    assert hashlib.sha256(raw).digest() == hashlib.sha256(recorded_breaths.read_bytes()).digest()
    pdf = export(taught.ina, taught, "pdf")
    assert pdf.content.startswith(b"%PDF")
    pause = analysis["pauses"][0]
    span = {"start_s": pause["start_s"], "end_s": pause["end_s"]}
    wanted = {"schema": "mrcpr.corrections/1",
              "pauses": [{**span, "becomes": "excused", "reason": "talk"}]}  # fmt: skip
    body = {"corrections": wanted, "reason": "talk", "count": True}
    taught.settled(taught.ina.ok("POST", f"{taught.path}/corrections", json=body)["id"])
    edited = export(taught.lena, taught, "csv")
    assert "-edited.csv" in edited.headers["Content-Disposition"]
    assert {r["edited"] for r in csv.DictReader(io.StringIO(edited.text))} == {"true"}
    book = zipfile.ZipFile(io.BytesIO(export(taught.ina, taught, "xlsx").content))
    words = book.read("xl/sharedStrings.xml").decode()
    assert "EDITED" in words and "talk" in words and "Ina" in words
    assert export(taught.lena, taught, "json").json()["corrected"]["corrections"] == wanted | {
        "bounds": None, "zero": None}  # fmt: skip
    measured = export(taught.lena, taught, "mcap")  # what was measured stays, and its name
    assert measured.content == raw
    assert f'"session-{taught.session_id}.mcap"' in measured.headers["Content-Disposition"]
    taken = zipfile.ZipFile(io.BytesIO(taught.lena.get("/api/me/export").content))
    marked = {n: "corrected" in json.loads(taken.read(n)) for n in taken.namelist()
              if "/analysis-" in n}  # fmt: skip
    assert sorted(marked.values()) == [False, True]
    assert all(name.endswith("-edited.json") == edited for name, edited in marked.items())
    assert taught.audited("session.exported") == 8
    taught.lena.no(422, "GET", f"{taught.path}/export.exe")


def test_a_class_is_printed_for_its_instructor_only(taught: Taught) -> None:
    path = f"/classes/{taught.course}/sheet.pdf"
    assert taught.ina.get(f"/api{path}").content.startswith(b"%PDF")
    taught.lena.no(403, "GET", path)
    taught.tom.no(404, "GET", path)
    assert (
        taught.tom.no(409, "GET", f"/classes/{taught.other_course}/sheet.pdf")["code"] == "not-so"
    )


def test_a_class_goes_out_as_rows_with_names_or_without(taught: Taught) -> None:
    path = f"/api/classes/{taught.course}/sessions.csv"
    learner_id = taught.lena.me["learner_id"]
    for names, who, other in ((True, "Lena", learner_id), (False, learner_id, "Lena")):
        text = taught.ina.get(path, params={"names": names}).text
        (row,) = csv.DictReader(io.StringIO(text))
        assert row["learner"] == who and other not in text
        assert float(row["score_pct"]) == taught.ina.ok("GET", taught.path)["score_pct"]
        sheet = taught.ina.get(f"/api{taught.path}/export.xlsx", params={"names": names}).content
        strings = zipfile.ZipFile(io.BytesIO(sheet)).read("xl/sharedStrings.xml").decode()
        assert (who in strings, other in strings) == (True, False)
    taught.lena.no(403, "GET", f"/classes/{taught.course}/sessions.csv")
    taught.tom.no(404, "GET", f"/classes/{taught.course}/sessions.csv")
    assert taught.audited("class.exported") == 2


def test_months_are_compared_and_only_with_who_may_see_them(taught: Taught) -> None:
    me = taught.lena.me["person_id"]
    analysis = taught.lena.ok("GET", f"{taught.path}/analysis")
    for who in (taught.lena, taught.ina):
        months = who.ok("GET", "/compare/months", params={"person_id": me})
        assert (months["now"]["n_sessions"], months["before"]["n_sessions"]) == (1, 0)
        score = months["now"]["measures"]["score_pct"]
        assert score == {"n": 1, "mean": analysis["score"]["value_pct"], "sd": None}
    assert taught.audited("person.compared") == 1  # Ina's look; one's own is none
    for who in (taught.omar, taught.tom):
        who.no(404, "GET", "/compare/months", params={"person_id": me})
    for wrong in ("0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "yesterday"):
        taught.lena.no(422, "GET", "/compare/months", params={"person_id": me, "at": wrong})
    next_month = taught.lena.ok(
        "GET", "/compare/months", params={"person_id": me, "at": "2999-12-31T00:00:00Z"}
    )
    assert next_month["now"]["n_sessions"] == 0


def test_a_learner_beside_a_class_too_small_is_told_nothing_of_it(taught: Taught) -> None:
    query = {"person_id": taught.lena.me["person_id"], "course_id": taught.course}
    beside = taught.lena.ok("GET", "/compare/class", params=query)
    score = beside["measures"]["score_pct"]
    assert (score["others_mean"], score["quartiles"]) == (None, None)
    assert "fewer than 4" in score["why"]
    assert score["own"] == taught.lena.ok("GET", taught.path)["score_pct"]
    taught.omar.no(404, "GET", "/compare/class", params=query)
    taught.tom.no(404, "GET", "/compare/class", params=query)
    assert "Omar" not in json.dumps(beside)


def test_a_technician_sees_no_session(taught: Taught) -> None:
    tess = person(taught.review, taught.admin, "Tess", "technician")
    assert tess.ok("GET", "/sessions")["total"] == 0
    tess.no(404, "GET", taught.path)
    with pytest.raises(AssertionError):  # nor is she made an instructor of a class
        join(taught.admin, taught.course, tess, "instructor")
