"""What the house decides: how long sessions are kept; and the audit that nobody can rewrite."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mr.review.care.retention import keep_to_retention
from tests.bench.review_catalogue import fill, fill_audit
from tests.web.crowd import Crowd, archive_of, put_session
from tests.web.servers import running


def test_sessions_are_kept_as_long_as_the_house_says_or_their_learner(all_of_them: Crowd) -> None:
    who, admin = all_of_them, all_of_them.admin
    lena, luis = who.lena.me["learner_id"], who.luis.me["learner_id"]
    rows = {
        (name, days): put_session(who.review, learner_id, None, days)
        for name, learner_id in (("lena", lena), ("luis", luis))
        for days in (5, 15, 45)
    }
    assert admin.ok("GET", "/house") == {
        "retention_days": None, "video_allowed": False, "n_due": 0,
    }  # fmt: skip
    who.lena.ok("PATCH", "/me/data", json={"keep_days": 10})
    assert admin.ok("GET", "/house")["n_due"] == 2
    assert admin.ok("PUT", "/house", json={"retention_days": 30})["n_due"] == 3
    for client in (who.ina, who.lena, who.tess):
        client.no(403, "PUT", "/house", json={"retention_days": 1})
        client.no(403, "POST", "/house/retention")
    assert admin.ok("POST", "/house/retention") == {"n_sessions": 3}
    left = {row["id"] for row in admin.ok("GET", "/sessions")["rows"]}
    kept = [("lena", 5), ("luis", 5), ("luis", 15)]
    assert left == {rows[each].id for each in kept}
    with archive_of(who.review) as archive:
        there = {each for each, row in rows.items() if archive.recording_path(row.sha256).exists()}
        assert there == set(kept)
        assert keep_to_retention(archive) == 0  # nothing is due any more
    assert {e["detail"]["why"] for e in who.audit(action="session.erased")} == {"retention"}
    admin.no(422, "PUT", "/house", json={"retention_days": 0})
    who.lena.no(422, "PATCH", "/me/data", json={"keep_days": 0})


def test_what_is_due_goes_when_the_server_starts(tmp_path: Path, database: str | None) -> None:
    folder = tmp_path / "review"
    with running(folder, database) as server:
        admin = server.client().set_up(server.setup_code)
        token = admin.cookies["mrcpr_session"]
        admin.ok("PUT", "/house", json={"retention_days": 30})
        put_session(server, "learner-00000001", None, 29)
        put_session(server, "learner-00000001", None, 31)
        assert admin.ok("GET", "/sessions")["total"] == 2
    with running(folder, database) as server:
        admin = server.client(token)
        until_s = time.monotonic() + 60
        while admin.ok("GET", "/sessions")["total"] > 1:
            assert time.monotonic() < until_s, "what was due is still there"
            time.sleep(0.1)
        assert admin.ok("GET", "/sessions")["total"] == 1


def test_the_audit_is_filtered_and_walked_page_by_page(all_of_them: Crowd) -> None:
    who = all_of_them
    whole = who.audit(count=500)
    seqs = [row["seq"] for row in whole]
    assert seqs == list(range(len(whole), 0, -1))
    first = who.admin.ok("GET", "/audit", params={"count": 5})
    assert first["total"] == len(whole)
    second = who.audit(count=5, before=first["rows"][-1]["seq"])
    assert [r["seq"] for r in first["rows"] + second] == seqs[:10]
    by_ina = who.audit(actor=f"person:{who.ina.me['person_id']}")
    assert {row["actor_name"] for row in by_ina} == {"Ina Instructor"}
    assert {row["action"] for row in who.audit(action="class.")} == {"class.begun", "class.joined"}
    assert set(first["actions"]) == {row["action"] for row in whole}
    assert who.audit(until=whole[-1]["at_utc"]) == []
    assert who.audit(since=whole[0]["at_utc"])[0]["seq"] == seqs[0]


def test_nobody_changes_the_audit_unseen(all_of_them: Crowd) -> None:
    who = all_of_them
    verdict = who.admin.ok("POST", "/audit/verify")
    newest = who.audit(count=1)[0]
    assert verdict["broken_at"] is None
    assert newest["action"] == "audit.verified"
    assert newest["seq"] == verdict["n_entries"] + 1
    with archive_of(who.review) as archive:
        for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
            with pytest.raises(DBAPIError, match="only added to"), archive.database.writing() as s:
                s.execute(text(statement))
        with archive.database.writing() as session:  # somebody goes around the trigger
            if archive.database.is_sqlite:
                session.execute(text("DROP TRIGGER audit_keeps"))
            else:
                session.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
            session.execute(text("UPDATE audit SET actor = 'nobody' WHERE seq = 4"))
    assert who.admin.ok("POST", "/audit/verify")["broken_at"] == 4


def test_a_long_chain_is_found_whole(all_of_them: Crowd) -> None:
    who = all_of_them
    with archive_of(who.review) as archive:
        fill_audit(archive, fill(archive, 20, 2, 4), 3000)
    verdict = who.admin.ok("POST", "/audit/verify")
    assert verdict["broken_at"] is None
    assert verdict["n_entries"] > 3000
