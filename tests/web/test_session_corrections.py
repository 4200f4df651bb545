"""Corrections and approvals: computed, side by side, nobody's own word on their own result."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.web.servers import Client
from tests.web.taught import Taught

WHY = "the mask was not connected"


def a_pause(analysis: dict[str, Any], becomes: str = "excused") -> dict[str, Any]:
    pause = analysis["pauses"][0]
    span = {"start_s": pause["start_s"], "end_s": pause["end_s"], "becomes": becomes}
    return {"schema": "mrcpr.corrections/1", "pauses": [{**span, "reason": WHY}]}


def propose(client: Client, taught: Taught, *, count: bool, becomes: str = "excused") -> str:
    original = taught.admin.ok("GET", f"{taught.path}/analysis")
    body = {"corrections": a_pause(original, becomes), "reason": WHY, "count": count}
    row = client.ok("POST", f"{taught.path}/corrections", json=body)
    assert row["state"] == "waiting"
    correction_id: str = row["id"]
    return correction_id


def test_a_correction_is_computed_and_then_counts_and_goes_back(
    taught: Taught, recorded_breaths: Path, tmp_path: Path
) -> None:
    before = taught.ina.ok("GET", taught.path)
    original = taught.ina.get(f"/api{taught.path}/analysis").text
    row = taught.settled(propose(taught.ina, taught, count=False))
    assert (row["state"], row["may_approve"]) == ("proposed", True)
    assert taught.ina.ok("GET", taught.path)["edited"] is False  # it does not count yet
    query = {"analysis_id": row["analysis_id"]}
    shown = taught.ina.get(f"/api{taught.path}/analysis", params=query).text
    given = tmp_path / "corrections.json"
    given.write_text(json.dumps(row["corrections"]))
    command = [sys.executable, "-m", "mr.cli", "analyze", str(recorded_breaths), "--json"]
    command += ["--corrections", str(given)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert shown == said  # to the last digit
    taught.ina.ok("POST", f"{taught.path}/corrections/{row['id']}/approve")
    after = taught.ina.ok("GET", taught.path)
    assert after["edited"] and after["analysis_id"] == row["analysis_id"]
    assert after["ccf_pct"] == json.loads(said)["summary"]["ccf_pct"] != before["ccf_pct"]
    assert taught.ina.ok("GET", "/sessions")["rows"][0]["edited"]
    kept = taught.ina.get(
        f"/api{taught.path}/analysis", params={"analysis_id": before["analysis_id"]}
    )
    assert kept.text == original  # the original stays what it was
    made = taught.ina.ok("GET", f"{taught.path}/analyses")
    assert [(a["counts"], a["by"], a["reason"]) for a in made] == [
        (True, "Ina", WHY), (False, None, None)]  # fmt: skip
    back = taught.ina.ok("POST", f"{taught.path}/original", json={"reason": "I was wrong"})
    assert back["state"] == "counts"
    assert taught.ina.ok("GET", taught.path)["ccf_pct"] == before["ccf_pct"]
    states = [r["state"] for r in taught.ina.ok("GET", f"{taught.path}/corrections")]
    assert states == ["counts", "replaced"]
    assert taught.audited("correction.made") == 2
    assert taught.audited("correction.approved") == 1


def test_bounds_are_computed_as_the_command_does(
    taught: Taught, recorded_breaths: Path, tmp_path: Path
) -> None:
    before = taught.ina.ok("GET", f"{taught.path}/analysis")
    third, last = before["compressions"][2], before["compressions"][-3]
    start_s, end_s = third["onset_s"] - 0.05, last["release_s"] + 0.05
    bounds = {"start_s": start_s, "end_s": end_s, "reason": "it began by accident"}
    wanted = {"schema": "mrcpr.corrections/1", "bounds": bounds}
    body = {"corrections": wanted, "reason": WHY, "count": True}
    row = taught.settled(taught.ina.ok("POST", f"{taught.path}/corrections", json=body)["id"])
    assert row["state"] == "counts", row
    shown = taught.ina.get(f"/api{taught.path}/analysis").text
    given = tmp_path / "corrections.json"
    given.write_text(json.dumps(wanted))
    command = [sys.executable, "-m", "mr.cli", "analyze", str(recorded_breaths), "--json"]
    command += ["--corrections", str(given)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert shown == said  # to the last digit
    after = json.loads(said)
    assert after["summary"]["duration_s"] == pytest.approx(end_s - start_s, abs=1e-6)
    assert len(after["compressions"]) == len(before["compressions"]) - 4  # two at each end
    assert after["corrected"]["offset_s"] == pytest.approx(start_s, abs=1e-6)
    page = taught.ina.ok("GET", taught.path)
    assert page["edited"] and page["n_compressions"] == len(after["compressions"])


def test_who_corrects_anothers_session_may_let_it_count_at_once(taught: Taught) -> None:
    row = taught.settled(propose(taught.ina, taught, count=True))
    assert row["state"] == "counts"
    assert taught.ina.ok("GET", taught.path)["edited"]


def test_nobody_lets_a_correction_of_their_own_session_count(taught: Taught) -> None:
    """The same correction by the same instructor counts at once on Lena's session (above)."""
    whose = {"person_id": taught.ina.me["person_id"]}
    taught.admin.ok("PATCH", taught.path, json=whose)  # now it is Ina's own
    ina, path = taught.ina, taught.path
    row = taught.settled(propose(ina, taught, count=True))
    assert (row["state"], row["approved_by"]) == ("proposed", None)
    mine = ina.ok("GET", f"{path}/corrections")[0]
    assert not mine["may_approve"]
    assert ina.no(403, "POST", f"{path}/corrections/{row['id']}/approve")["code"] == "own"
    assert ina.ok("GET", path)["edited"] is False
    assert taught.audited("refused.own-result") == 1
    # Nor by giving the session away, approving, and taking it back.
    lena = {"person_id": taught.lena.me["person_id"]}
    assert ina.no(403, "PATCH", path, json=lena)["code"] == "own"
    assert taught.audited("refused.own-result") == 2
    # Another instructor of the class may; before joining it, that one may not even see it.
    approve = f"{path}/corrections/{row['id']}/approve"
    taught.tom.no(404, "POST", approve)
    given = {"person_id": taught.tom.me["person_id"], "role": "instructor"}
    taught.admin.ok("POST", f"/classes/{taught.course}/members", json=given)
    assert taught.tom.ok("POST", approve)["approved_by"] == "Tom"
    assert ina.ok("GET", path)["edited"]
    # Back to the original is a correction, too: her own word does not do it.
    back = ina.ok("POST", f"{path}/original", json={"reason": "I liked it better"})
    assert back["state"] == "proposed"
    assert ina.ok("GET", path)["edited"]
    taught.admin.ok("POST", f"{path}/corrections/{back['id']}/approve")
    assert ina.ok("GET", path)["edited"] is False


def test_nobody_takes_anothers_session_for_their_own(taught: Taught) -> None:
    mine = {"person_id": taught.ina.me["person_id"]}
    assert taught.ina.no(403, "PATCH", taught.path, json=mine)["code"] == "own"
    assert taught.audited("refused.own-result") == 1
    assert taught.ina.ok("GET", taught.path)["person_id"] == taught.lena.me["person_id"]


def test_a_result_is_approved_by_another_and_void_when_it_changes(taught: Taught) -> None:
    path = taught.path
    taught.lena.no(404, "POST", f"{path}/approval")  # her own, and no instructor
    taught.tom.no(404, "POST", f"{path}/approval")
    taught.ina.ok("POST", f"{path}/approval")
    assert taught.lena.ok("GET", path)["approved_by"] == "Ina"
    taught.settled(propose(taught.ina, taught, count=True))
    assert taught.lena.ok("GET", path)["approved_by"] is None  # it was of other numbers
    taught.admin.ok("PATCH", path, json={"person_id": taught.ina.me["person_id"]})
    assert taught.ina.no(403, "POST", f"{path}/approval")["code"] == "own"


def test_what_cannot_be_is_refused_in_words(taught: Taught) -> None:
    path = f"{taught.path}/corrections"
    schema = {"schema": "mrcpr.corrections/1"}
    empty = {"corrections": schema, "reason": WHY}
    assert "nothing is corrected" in taught.ina.no(422, "POST", path, json=empty)["error"]
    wrong = {"corrections": {**schema, "zero": {"zero_mm": 900, "reason": WHY}}, "reason": WHY}
    assert "zero_mm" in taught.ina.no(422, "POST", path, json=wrong)["error"]
    silent = {"corrections": a_pause(taught.ina.ok("GET", f"{taught.path}/analysis")), "reason": ""}
    taught.ina.no(422, "POST", path, json=silent)
    far = {"start_s": 900.0, "end_s": 905.0, "becomes": "excused", "reason": WHY}
    outside = {"corrections": {**schema, "pauses": [far]}, "reason": WHY, "count": True}
    row = taught.settled(taught.ina.ok("POST", path, json=outside)["id"])
    assert row["state"] == "failed" and row["why_failed"]
    assert taught.ina.ok("GET", taught.path)["state"] == "ready"  # the session goes on
    taught.ina.ok("POST", f"{path}/{row['id']}/withdraw")
    assert taught.ina.no(409, "POST", f"{path}/{row['id']}/approve")["code"] == "not-so"
    assert (
        taught.ina.no(409, "POST", f"{taught.path}/original", json={"reason": "x"})["code"]
        == "not-so"
    )


def test_who_may_not_correct(taught: Taught) -> None:
    path = f"{taught.path}/corrections"
    analysis = taught.ina.ok("GET", f"{taught.path}/analysis")
    body = {"corrections": a_pause(analysis), "reason": WHY, "count": True}
    for who in (taught.lena, taught.omar, taught.tom):
        who.no(404, "POST", path, json=body)
    taught.review.client().no(401, "POST", path, json=body)
    assert taught.lena.ok("GET", path) == []  # her own session's list she may read
    for who in (taught.omar, taught.tom):
        who.no(404, "GET", path)
    forged = "0123456789abcdef"
    for act in ("approve", "withdraw"):
        taught.ina.no(404, "POST", f"{path}/{forged}/{act}")
    assert taught.audited("refused.object") == 7
    taught.ina.headers["X-CSRF-Token"] = "forged"
    assert taught.ina.no(403, "POST", path, json=body)["code"] == "csrf"
    assert taught.audited("refused.csrf") == 1
