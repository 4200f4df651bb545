"""Recordings come in, in pieces: whole or not at all, and never twice."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.web.servers import Client, Running, running

PIECE = 1 << 20


def offered(path: Path, **other: Any) -> dict[str, Any]:
    data = path.read_bytes()
    offer = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "name": path.name}
    return offer | other


def send(client: Client, path: Path, piece: int = PIECE, **other: Any) -> dict[str, Any]:
    upload: dict[str, Any] = client.ok("POST", "/uploads", json=offered(path, **other))
    data = path.read_bytes()
    while upload["state"] == "open":
        at = upload["offset"]
        headers = {"Upload-Offset": str(at)}
        address = f"/uploads/{upload['upload_id']}"
        upload = client.ok("PATCH", address, headers=headers, content=data[at : at + piece])
    return upload


def analysed(client: Client, session_id: str, limit_s: float = 90.0) -> dict[str, Any]:
    until = time.monotonic() + limit_s
    while True:
        page: dict[str, Any] = client.ok("GET", f"/sessions/{session_id}")
        if page["state"] != "waiting":
            return page
        assert time.monotonic() < until, "it was not analysed in time"
        time.sleep(0.2)


def test_a_recording_comes_in_and_its_analysis_is_that_of_the_command(
    review: Running, admin: Client, recorded_demo: Path
) -> None:
    done = send(admin, recorded_demo, piece=100_000)
    page = analysed(admin, done["session_id"])
    assert page["state"] == "ready", page["why_failed"]
    shown = admin.get(f"/api/sessions/{done['session_id']}/analysis").text
    command = [sys.executable, "-m", "mr.cli", "analyze", str(recorded_demo), "--json"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert shown == said  # to the last digit
    analysis = json.loads(said)
    assert page["score_pct"] == analysis["score"]["value_pct"]
    assert page["mean_depth_mm"] == analysis["summary"]["mean_depth_mm"]
    again = send(admin, recorded_demo)
    assert again["session_id"] == done["session_id"]
    assert admin.ok("GET", "/sessions")["total"] == 1


def test_a_piece_that_does_not_follow_is_refused(
    review: Running, admin: Client, recorded_demo: Path
) -> None:
    upload = admin.ok("POST", "/uploads", json=offered(recorded_demo))
    address = f"/uploads/{upload['upload_id']}"
    admin.ok("PATCH", address, headers={"Upload-Offset": "0"}, content=b"x" * 10)
    for offset in ("0", "9", "11"):
        headers = {"Upload-Offset": offset}
        no = admin.no(409, "PATCH", address, headers=headers, content=b"y")
        assert no["code"] == "offset"
    assert admin.ok("GET", address)["offset"] == 10


def test_what_was_damaged_on_the_way_is_refused_and_leaves_nothing(
    review: Running, admin: Client, recorded_demo: Path
) -> None:
    data = bytearray(recorded_demo.read_bytes())
    upload = admin.ok("POST", "/uploads", json=offered(recorded_demo))
    data[len(data) // 2] ^= 1
    address = f"/uploads/{upload['upload_id']}"
    for at in range(0, len(data), PIECE):
        answer = admin.patch(
            f"/api{address}",
            headers={"Upload-Offset": str(at)},
            content=bytes(data[at : at + PIECE]),
        )
    assert answer.status_code == 422
    assert "damaged on the way" in answer.json()["error"]
    assert admin.ok("GET", address)["state"] == "refused"
    assert admin.ok("GET", "/sessions")["total"] == 0
    assert not list((review.folder / "uploads").iterdir())
    assert not list((review.folder / "recordings").glob("*/*"))


def test_a_kill_in_an_upload_loses_nothing(
    tmp_path: Path, database: str | None, recorded_demo: Path
) -> None:
    folder, data = tmp_path / "review", recorded_demo.read_bytes()
    half = len(data) // 2
    with running(folder, database) as server:
        admin = server.client().set_up(server.setup_code)
        token = admin.cookies["mrcpr_session"]
        upload = admin.ok("POST", "/uploads", json=offered(recorded_demo))
        headers = {"Upload-Offset": "0"}
        address = f"/uploads/{upload['upload_id']}"
        for at in range(0, half, PIECE):
            headers = {"Upload-Offset": str(at)}
            admin.ok("PATCH", address, headers=headers, content=data[at : min(at + PIECE, half)])
        server.kill()
    with running(folder, database) as server:
        admin = server.client(token)
        assert admin.ok("POST", "/uploads", json=offered(recorded_demo))["offset"] == half
        done = send(admin, recorded_demo)
        assert analysed(admin, done["session_id"])["state"] == "ready"


def test_a_kill_in_an_analysis_is_made_good_at_the_next_start(
    tmp_path: Path, database: str | None, recorded_demo: Path
) -> None:
    folder = tmp_path / "review"
    with running(folder, database) as server:
        admin = server.client().set_up(server.setup_code)
        token = admin.cookies["mrcpr_session"]
        done = send(admin, recorded_demo)
        server.kill()
    with running(folder, database) as server:
        assert analysed(server.client(token), done["session_id"])["state"] == "ready"


def test_what_is_too_large_or_no_recording_is_refused_in_words(
    review: Running, admin: Client, tmp_path: Path
) -> None:
    stray = tmp_path / "holiday.mcap"
    stray.write_bytes(b"this is no recording" * 50)
    upload = admin.ok("POST", "/uploads", json=offered(stray))
    address = f"/uploads/{upload['upload_id']}"
    headers = {"Upload-Offset": "0"}
    no = admin.no(422, "PATCH", address, headers=headers, content=stray.read_bytes())
    assert "holiday.mcap" in no["error"]
    huge = offered(stray) | {"size": 1 << 50}
    assert "at most" in admin.no(422, "POST", "/uploads", json=huge)["error"]


@pytest.mark.parametrize("who", ["learner", "stranger"])
def test_who_may_not_bring_recordings(
    review: Running, admin: Client, recorded_demo: Path, who: str
) -> None:
    if who == "stranger":
        review.client().no(401, "POST", "/uploads", json=offered(recorded_demo))
        return
    given = {"name": "L", "role": "learner", "sign_in_name": "lena", "password": "long enough pw"}
    admin.ok("POST", "/people", json=given)
    learner = review.client().sign_in("lena", "long enough pw")
    learner.no(403, "POST", "/uploads", json=offered(recorded_demo))
