"""A catalogue full of sessions, and how long the review's lists and pages take on it.

`fill` writes classes, learners, sessions and audit entries in bulk, as if years had passed;
``python -m tests.bench --only review-catalogue`` fills one with 100,000 sessions on SQLite and on
PostgreSQL where that is installed, starts the real server on it, and prints how long each list and
page takes. Nothing is asserted.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert, text

from mr.clock.host import wall_now_utc
from mr.config import random_learner_id
from mr.review.archive import Archive
from mr.review.people.passwords import hash_password
from mr.review.store import schema
from mr.review.store.audit import FIRST, AuditEntry, entry_sha256
from mr.review.store.base import new_id
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded
from tests.web.servers import PASSWORD, Client, Running, postgres, running

LIMIT_MS = 100.0
ITEMS = {"depth": 30.0, "rate": 20.0, "recoil": 20.0, "flow": 20.0, "hands": 10.0}
WHY = "{n} of 60 not on target"
FIRST_NAMES = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jana")
LAST_NAMES = ("Abel", "Brandt", "Cole", "Dietz", "Ebert", "Frey", "Graf", "Hahn", "Lang")


@dataclass(frozen=True, slots=True)
class Filled:
    """Whom a catalogue was filled with."""

    courses: list[str]
    learners: list[str]
    """Ids of persons."""


def fill(
    archive: Archive, n_sessions: int, n_classes: int, n_learners: int, seed: int = 1
) -> Filled:
    """Fill a catalogue: learners practise about monthly and come along; some have stopped."""
    rng, now = np.random.default_rng(seed), wall_now_utc()
    courses = [_course(i, now) for i in range(n_classes)]
    people = [_person(rng, i, now) for i in range(n_learners)]
    members = [
        {"course_id": courses[i % n_classes]["id"], "person_id": p["id"], "role": "learner"}
        for i, p in enumerate(people)
    ]
    made: list[dict[str, Any]] = []
    for i, person in enumerate(people):
        n = n_sessions // n_learners + (i < n_sessions % n_learners)
        made += _sessions(rng, person, courses[i % n_classes]["id"], n, now)
    with archive.database.writing() as session:
        for table, rows in ((Course, courses), (Person, people), (Membership, members)):
            session.execute(insert(table), rows)
        for at in range(0, len(made), 5000):
            session.execute(insert(Recorded), made[at : at + 5000])
        if not archive.database.is_sqlite:
            session.execute(text("ANALYZE"))
    return Filled([c["id"] for c in courses], [p["id"] for p in people])


def fill_audit(archive: Archive, filled: Filled, n: int, seed: int = 1) -> None:
    """Lengthen the audit's chain by so many looks at learners."""
    rng, now = np.random.default_rng(seed), wall_now_utc()
    with archive.database.writing() as session:
        last = session.execute(
            text("SELECT seq, sha256 FROM audit ORDER BY seq DESC LIMIT 1")
        ).first()
        seq, before = (0, FIRST) if last is None else (last.seq, last.sha256)
        rows = []
        for i in range(n):
            subject = filled.learners[int(rng.integers(len(filled.learners)))]
            entry = AuditEntry(
                seq=seq + i + 1,
                at_utc=now,
                actor="system" if i % 3 else f"person:{new_id()}",
                action=("session.viewed", "analysed", "learner.viewed", "sign-in")[i % 4],
                about=f"person:{subject}",
                subject=subject,
                detail={},
                before_sha256=before,
            )
            before = entry.sha256 = entry_sha256(entry)
            columns = AuditEntry.__table__.columns.keys()
            rows.append({name: getattr(entry, name) for name in columns})
        for at in range(0, n, 5000):
            session.execute(insert(AuditEntry), rows[at : at + 5000])


def _course(i: int, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(), "title": f"Class {i + 1}", "created_utc": now - timedelta(days=900 - i),
        "mode": "hands-only", "guideline": "aha-2025-adult-bls", "race": False,
    }  # fmt: skip


def _person(rng: np.random.Generator, i: int, now: datetime) -> dict[str, Any]:
    first = FIRST_NAMES[int(rng.integers(len(FIRST_NAMES)))]
    last = LAST_NAMES[int(rng.integers(len(LAST_NAMES)))]
    return {
        "id": new_id(), "role": "learner", "name": f"{first} {last} {i + 1}",
        "learner_id": random_learner_id(), "created_utc": now - timedelta(days=900),
        "disabled": False, "races": False,
    }  # fmt: skip


def _sessions(
    rng: np.random.Generator, person: dict[str, Any], course_id: str, n: int, now: datetime
) -> list[dict[str, Any]]:
    """Make a learner's sessions, the oldest first: cold, practice and retest, and so on."""
    stopped_days = float(rng.choice([2, 10, 25, 70]))
    days = stopped_days + np.sort(rng.uniform(0, 800, n))[::-1]
    skill = np.clip(np.linspace(rng.uniform(35, 60), rng.uniform(70, 97), n), 0, 100)
    return [
        _session(rng, person, course_id, now - timedelta(days=float(ago)), float(s), k)
        for k, (ago, s) in enumerate(zip(days, skill, strict=True))
    ]


def _session(
    rng: np.random.Generator,
    person: dict[str, Any],
    course_id: str,
    made_utc: datetime,
    skill_pct: float,
    k: int,
) -> dict[str, Any]:
    values = np.clip(rng.normal(skill_pct, 8, len(ITEMS)), 0, 100)
    lost = [w * (100 - v) / 100 for w, v in zip(ITEMS.values(), values, strict=True)]
    score, sigma = 100 - sum(lost), float(rng.uniform(1, 4))
    return {
        "id": new_id(), "recording_id": secrets.token_hex(16), "sha256": secrets.token_hex(32),
        "size_bytes": 1_000_000, "source_name": "session.mcap",
        "learner_id": person["learner_id"], "course_id": course_id, "made_utc": made_utc,
        "received_utc": made_utc, "kind": "live", "attempt": ("cold", "practice", "retest")[k % 3],
        "mode": "hands-only", "guideline_id": "aha-2025-adult-bls", "storage_level": 1,
        "why_incomplete": "", "state": "ready", "why_failed": "", "edited": False,
        "duration_s": 120.0, "score_pct": score, "score_low_pct": max(0.0, score - sigma),
        "score_high_pct": min(100.0, score + sigma), "n_compressions": 220,
        "mean_depth_mm": float(rng.normal(52, 4)), "mean_rate_cpm": float(rng.normal(110, 7)),
        "depth_in_target_pct": float(values[0]), "rate_in_target_pct": float(values[1]),
        "release_in_target_pct": float(values[2]), "ccf_pct": float(values[3]),
        "items": {k: [float(v), x] for k, v, x in zip(ITEMS, values, lost, strict=True)},
        "reasons": {
            k: WHY.format(n=round(60 * (100 - v) / 100)) if v < 100 else "all 60 on target"
            for k, v in zip(ITEMS, values, strict=True)
        },
    }  # fmt: skip


def timed_ms(client: Client, path: str, n: int = 9) -> tuple[float, float]:
    """Ask so many times; gives the median and the longest of the answers' times."""
    client.ok("GET", path)
    took = []
    for _ in range(n):
        begun = time.perf_counter()
        client.ok("GET", path)
        took.append((time.perf_counter() - begun) * 1000)
    return float(np.median(took)), max(took)


def paths(filled: Filled) -> list[str]:
    """List what is measured: each list and page that reads the catalogue."""
    learner, course = filled.learners[0], filled.courses[0]
    return [
        "/sessions", "/sessions?order=best", "/sessions?order=worst&start=50000",
        "/sessions?start=90000", f"/sessions?course={course}", "/sessions?attempt=cold&count=200",
        "/learners", "/learners?overdue=true", "/learners?q=Ada", f"/learners?course={course}",
        f"/learners/{learner}", f"/classes/{course}/figures",
        f"/classes/{course}/figures?which=all", f"/classes/{course}/figures?which=best",
        "/classes", f"/classes/{course}", "/people", "/people?q=Lang", "/me/data", "/me/looks",
        "/audit", "/audit?action=analysed", "/audit?action=sign-in&before=50000",
        f"/audit?subject={learner}", f"/people/{learner}/looks", "/house",
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Took:
    """How long one list or page took, on one database, for somebody."""

    database: str
    who: str
    path: str
    median_ms: float
    longest_ms: float


@contextmanager
def full(
    folder: Path, url: str | None, n_sessions: int, n_audit: int
) -> Iterator[tuple[Running, Client, Filled]]:
    """Fill a catalogue and start a server on it; gives an admin's client, too."""
    archive = Archive.open(folder, url)
    schema.upgrade(archive.database)
    filled = fill(archive, n_sessions, n_classes=50, n_learners=1000)
    with running(folder, url) as server:
        admin = server.client()
        _make_admin(archive)
        fill_audit(archive, filled, n_audit)
        admin.sign_in("ada")
        if url:
            with archive.database.engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            ) as connection:
                connection.execute(text("VACUUM ANALYZE"))
        yield server, admin, filled
    archive.close()


def measure(
    database: str, folder: Path, url: str | None, n_sessions: int, n_audit: int
) -> list[Took]:
    """Fill a catalogue and ask for everything."""
    with full(folder, url, n_sessions, n_audit) as (server, admin, filled):
        return [
            Took(database, who, path, *timed_ms(client, path))
            for who, client, path in asked(server, admin, filled)
        ]


def asked(server: Running, admin: Client, filled: Filled) -> list[tuple[str, Client, str]]:
    """List who asks for what: an admin for everything, an instructor for what is theirs."""
    ina = _instructor(server.client(), admin, filled)
    theirs = [p for p in paths(filled) if not p.startswith(("/audit", "/house", "/people/"))]
    return [("admin", admin, path) for path in paths(filled)] + [
        ("instructor", ina, path) for path in theirs
    ]


def _make_admin(archive: Archive) -> None:
    with archive.database.writing() as session:
        session.add(
            Person(
                role="admin", name="Ada Admin", sign_in_name="ada",
                password_hash=hash_password(PASSWORD), created_utc=wall_now_utc(),
                learner_id=random_learner_id(),
            )
        )  # fmt: skip


def _instructor(client: Client, admin: Client, filled: Filled) -> Client:
    given = {"name": "Ina", "role": "instructor", "sign_in_name": "ina", "password": PASSWORD}
    ina = admin.ok("POST", "/people", json=given)["id"]
    for course in filled.courses[:10]:
        member = {"person_id": ina, "role": "instructor"}
        admin.ok("POST", f"/classes/{course}/members", json=member)
    return client.sign_in("ina")


def measure_catalogue(n: int) -> dict[str, Any]:
    """Measure with so many sessions and audit entries on each database that is installed."""
    load = [round(os.getloadavg()[0], 1)]
    with tempfile.TemporaryDirectory() as folder:
        took = measure("SQLite", Path(folder) / "review", None, n, n)
    load.append(round(os.getloadavg()[0], 1))
    for newest in sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]:
        with tempfile.TemporaryDirectory() as folder, postgres(newest) as server:
            took += measure("PostgreSQL", Path(folder) / "review", server.new_database(), n, n)
        load.append(round(os.getloadavg()[0], 1))
    return {"n_sessions": n, "took": [asdict(each) for each in took], "load": load,
            "cores": os.cpu_count()}  # fmt: skip


def print_catalogue(console: Console, found: dict[str, Any]) -> None:
    """Put it into a table, and name what takes longer than it may."""
    table = Table(
        title=f"{found['n_sessions']} sessions in the catalogue, load {min(found['load'])} to "
        f"{max(found['load'])} on {found['cores']} cores",
        caption=f"! longer than {LIMIT_MS:.0f} ms",
    )
    for name in ("database", "who asks", "list or page"):
        table.add_column(name)
    for name in ("median (ms)", "longest of 9 (ms)", ""):
        table.add_column(name, justify="right")
    for each in found["took"]:
        table.add_row(
            each["database"], each["who"], each["path"], f"{each['median_ms']:.1f}",
            f"{each['longest_ms']:.1f}", "!" if each["longest_ms"] > LIMIT_MS else "",
        )  # fmt: skip
    console.print(table)
    for database in dict.fromkeys(each["database"] for each in found["took"]):
        took = [each for each in found["took"] if each["database"] == database]
        slowest = max(took, key=lambda each: float(each["median_ms"]))
        over = sum(each["longest_ms"] > LIMIT_MS for each in took)
        console.print(
            f"  {database}: the slowest of {len(took)} is {slowest['path']} "
            f"({slowest['who']}), median {slowest['median_ms']:.1f} ms; {over} took longer than "
            f"{LIMIT_MS:.0f} ms at least once"
        )
