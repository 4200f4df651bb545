"""A class with an instructor, another one, learners and a session: what session tests begin with.

Takes a running review and a recording, gives clients signed in as each of them, and the session's
id once it is analysed; leaves what is asked to the tests.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.web.servers import PASSWORD, Client, Running
from tests.web.test_uploads import analysed, send

COMPUTED_S = 120.0


@pytest.fixture(scope="session")
def recorded_breaths(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated assessment of 30:2 without a camera: with pauses and breaths in it."""
    folder = tmp_path_factory.mktemp("breaths")
    command = [sys.executable, "-m", "mr.cli", "demo", "--fast", "--no-camera"]
    command += ["--seconds", "36", "--mode", "30:2", "--attempt", "assessment"]
    command += ["--out", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (path,) = folder.glob("**/*.mcap")
    return path


@dataclass(slots=True)
class Taught:
    """A class in a review, and who is in it."""

    review: Running
    admin: Client
    course: str
    lena: Client
    """A learner, whose session it is."""
    omar: Client
    """Another learner of the class."""
    ina: Client
    """The class' instructor."""
    tom: Client
    """An instructor of another class."""
    other_course: str
    session_id: str = ""
    more: dict[str, Client] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where the session is asked for."""
        return f"/sessions/{self.session_id}"

    def bring(self, recording: Path, whose: Client) -> str:
        """Bring a recording into the class and give it to somebody; gives the session's id."""
        done = send(self.admin, recording, course_id=self.course)
        session_id: str = done["session_id"]
        page = analysed(self.admin, session_id, COMPUTED_S)
        assert page["state"] == "ready", page["why_failed"]
        given = {"person_id": whose.me["person_id"]}
        self.admin.ok("PATCH", f"/sessions/{session_id}", json=given)
        return session_id

    def settled(self, correction_id: str) -> dict[str, Any]:
        """Wait until a correction is computed; gives it."""
        until = time.monotonic() + COMPUTED_S
        while True:
            rows = self.admin.ok("GET", f"{self.path}/corrections")
            (row,) = [row for row in rows if row["id"] == correction_id]
            if row["state"] != "waiting":
                return dict(row)
            assert time.monotonic() < until, "the correction was not computed in time"
            time.sleep(0.2)

    def audited(self, action: str) -> int:
        """Count an action in the audit."""
        total: int = self.admin.ok("GET", "/audit", params={"action": action})["total"]
        return total


def person(review: Running, admin: Client, name: str, role: str) -> Client:
    """Add somebody and sign them in."""
    given = {"name": name, "role": role, "sign_in_name": name.lower(), "password": PASSWORD}
    admin.ok("POST", "/people", json=given)
    return review.client().sign_in(name.lower())


def join(admin: Client, course: str, who: Client, role: str) -> None:
    """Put somebody into a class."""
    given = {"person_id": who.me["person_id"], "role": role}
    admin.ok("POST", f"/classes/{course}/members", json=given)


def make_class(review: Running, admin: Client) -> Taught:
    """Make the class, yet without a session."""
    course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    lena, omar = (person(review, admin, name, "learner") for name in ("Lena", "Omar"))
    ina, tom = (person(review, admin, name, "instructor") for name in ("Ina", "Tom"))
    join(admin, course, lena, "learner")
    join(admin, course, omar, "learner")
    join(admin, course, ina, "instructor")
    other = tom.ok("POST", "/classes", json={"title": "Tom's"})["id"]
    return Taught(review, admin, course, lena, omar, ina, tom, other)


@pytest.fixture
def taught(review: Running, admin: Client, recorded_breaths: Path) -> Taught:
    """The class with one session of Lena's."""
    made = make_class(review, admin)
    made.session_id = made.bring(recorded_breaths, made.lena)
    return made
