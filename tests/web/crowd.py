"""People for tests: two classes, each with its instructor and a learner, and a technician.

Takes a review's first admin, gives everybody signed in; sessions can be put into the catalogue with
a file of their own, without the work of recording them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mr.clock.host import wall_now_utc
from mr.review.archive import Archive
from mr.review.store.sessions import Recorded
from tests.web.servers import PASSWORD, Client, Running


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody, signed in; Ina teaches Lena in class a, Otto teaches Luis in class b."""

    review: Running
    admin: Client
    ina: Client
    otto: Client
    lena: Client
    luis: Client
    tess: Client
    a: str
    b: str

    def audit(self, **filters: Any) -> list[dict[str, Any]]:
        """List the audit's entries, the newest first."""
        rows: list[dict[str, Any]] = self.admin.ok("GET", "/audit", params=filters)["rows"]
        return rows

    def refused(self, client: Client) -> list[str]:
        """List what somebody was refused, the newest first."""
        rows = self.audit(actor=f"person:{client.me['person_id']}", action="refused.")
        return [row["about"] for row in rows]


def crowd(review: Running, admin: Client) -> Crowd:
    """Make everybody."""

    def person(name: str, role: str) -> Client:
        sign_in_name = name.split(maxsplit=1)[0].lower()
        given = {"name": name, "role": role, "sign_in_name": sign_in_name, "password": PASSWORD}
        admin.ok("POST", "/people", json=given)
        return review.client().sign_in(sign_in_name)

    ina, otto = person("Ina Instructor", "instructor"), person("Otto Other", "instructor")
    lena, luis = person("Lena Learner", "learner"), person("Luis Latecomer", "learner")
    a = ina.ok("POST", "/classes", json={"title": "Monday"})["id"]
    b = otto.ok("POST", "/classes", json={"title": "Friday"})["id"]
    for course, learner in ((a, lena), (b, luis)):
        member = {"person_id": learner.me["person_id"]}
        admin.ok("POST", f"/classes/{course}/members", json=member)
    tess = person("Tess Technician", "technician")
    return Crowd(review, admin, ina, otto, lena, luis, tess, a, b)


@contextmanager
def archive_of(review: Running) -> Iterator[Archive]:
    """Open a running review's archive from beside it."""
    archive = Archive.open(review.folder, review.database)
    try:
        yield archive
    finally:
        archive.close()


def put_session(
    review: Running, learner_id: str, course_id: str | None, days_ago: float, **other: Any
) -> Recorded:
    """Put a session into the catalogue, with a file that is no recording but has its place."""
    data = f"{learner_id}, {days_ago} days ago, {other}".encode()
    sha256 = hashlib.sha256(data).hexdigest()
    made_utc = wall_now_utc() - timedelta(days=days_ago)
    given: dict[str, Any] = {
        "recording_id": sha256[:32], "sha256": sha256, "size_bytes": len(data),
        "source_name": "session.mcap", "learner_id": learner_id, "course_id": course_id,
        "made_utc": made_utc, "received_utc": made_utc, "kind": "live", "attempt": "practice",
        "mode": "hands-only", "guideline_id": "aha-2025-adult-bls", "storage_level": 1,
        "state": "ready", "duration_s": 60.0, "score_pct": 80.0, "score_low_pct": 78.0,
        "score_high_pct": 82.0, "n_compressions": 110, "mean_depth_mm": 52.0,
        "mean_rate_cpm": 110.0, "release_in_target_pct": 90.0, "ccf_pct": 88.0,
        "items": {}, "reasons": {},
    }  # fmt: skip
    with archive_of(review) as archive:
        place = archive.recording_path(sha256)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
        with archive.database.writing() as session:
            row = Recorded(**{**given, **other})
            session.add(row)
        return row
