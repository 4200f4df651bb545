"""Whatever the API's description allows, sent by each role: never a fault of the server's.

schemathesis makes the requests, valid and not, from the server's own OpenAPI; half of the ids in
them are of things that are there, so that they lead further than to "not there".
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from mr.clock.host import wall_now_utc
from mr.corrections import Corrections, ZeroCorrection
from mr.review.archive import Archive
from mr.review.live.server_link import Address, ServerTime
from mr.review.live.signing import Signer, public_text
from mr.review.people import logins
from mr.review.store.people import Person
from mr.review.store.rigs import EnrolledRig
from mr.review.store.sessions import Analysis, Annotation, Bookmark, Corrected, Recorded
from mr.review.web.guard import HEADERS
from tests.web.servers import PASSWORD, Client, Postgres, Running, running
from tests.web.test_rigs import linked
from tests.web.test_uploads import analysed, send

ADDED = ("instructor", "technician", "learner")
ROLES = (*ADDED, "nobody", "admin")
"""The admin last: what an admin has erased is not taken in again."""
EXAMPLES = 8
"""Of each operation, by each role, valid ones and as many that are not."""
SEED = 20261130
HERE_S = 60.0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, recorded_demo: Path
) -> Iterator[House]:
    """A review that is set up, on each database, and what is needed to fill it."""
    url: str | None = None
    if request.param == "postgresql":
        server_of_all: Postgres = request.getfixturevalue("postgres_server")
        url = server_of_all.new_database()
    with running(tmp_path_factory.mktemp("described") / "review", url) as server:
        admin = server.client().set_up(server.setup_code)
        yield House(server, recorded_demo, {"admin": admin.me["person_id"]})


@dataclass(slots=True)
class Rig:
    """A rig that is known by its key."""

    address: Address
    time: ServerTime
    signer: Signer


def be_here(url: str, rig_id: str, key: bytes, is_here: Event, done: Event) -> None:
    time = ServerTime()
    signer = Signer(rig_id, Ed25519PrivateKey.from_private_bytes(key), time)
    with linked(Rig(Address.of(url), time, signer)):
        is_here.set()
        done.wait()


@contextmanager
def here(url: str, rig_id: str, key: Ed25519PrivateKey) -> Iterator[None]:
    """Let a rig be here, in a process of its own: what it draws by chance is not hypothesis'."""
    spawn = multiprocessing.get_context("spawn")
    is_here, done = spawn.Event(), spawn.Event()
    given = (url, rig_id, key.private_bytes_raw(), is_here, done)
    process = spawn.Process(target=be_here, args=given)
    process.start()
    try:
        assert is_here.wait(HERE_S), "the rig did not come"
        yield
    finally:
        done.set()
        process.join()


class House:
    """A running review, who is in it, and ids of what is there."""

    def __init__(self, server: Running, recording: Path, people: dict[str, str]) -> None:
        self.server, self.recording, self.people = server, recording, people
        self.ids: dict[str, str] = {}
        self.schema: Any = schemathesis.openapi.from_dict(
            httpx.get(f"{server.address}/api/openapi.json").json()
        )

    @contextmanager
    def filled(self, role: str) -> Iterator[set[str]]:
        """Let there be somebody of each role, a class, a session and all that belongs to them.

        What another role took away before is there again. Gives the names of all ids.
        """
        admin = self.client("admin")
        here_already = {row["id"] for row in admin.ok("GET", "/people")["rows"]}
        for name in ADDED:
            if self.people.get(name) not in here_already:
                given = {"name": name, "role": name, "password": PASSWORD,
                         "sign_in_name": f"{name}-{len(here_already)}"}  # fmt: skip
                self.people[name] = admin.ok("POST", "/people", json=given)["id"]
        course = admin.ok("POST", "/classes", json={"title": f"Of {role}"})["id"]
        for name in ("instructor", "learner"):
            member = {"person_id": self.people[name], "role": name}
            admin.ok("POST", f"/classes/{course}/members", json=member)
        session = send(admin, self.recording, course_id=course)["session_id"]
        analysed(admin, session)
        begun = {"sha256": "1" * 64, "size": 9, "name": "x"}
        upload = admin.ok("POST", "/uploads", json=begun)["upload_id"]
        self.ids = {"person_id": self.people["learner"], "course_id": course,
                    "session_id": session, "upload_id": upload, "kind": "csv"}  # fmt: skip
        with self._with_things_of(role) as known:
            yield known

    def client(self, role: str) -> Client:
        """Sign somebody in anew: what was tried may have ended all of their logins."""
        if role == "nobody":
            return self.server.client()
        with (
            closing(Archive.open(self.server.folder, self.server.database)) as archive,
            archive.database.writing() as session,
        ):
            person = session.get_one(Person, self.people[role])
            person.role, person.disabled = role, False
            token = logins.sign_in(session, person, "password")
        return self.server.client(token)

    @contextmanager
    def _with_things_of(self, role: str) -> Iterator[set[str]]:
        """Let there be a rig that is here, a mark, a correction to approve and an annotation.

        Gives the names of the ids of all that there is.
        """
        by, course = self.people.get(role, self.people["admin"]), self.ids["course_id"]
        now, key = wall_now_utc(), Ed25519PrivateKey.generate()
        with (
            closing(Archive.open(self.server.folder, self.server.database)) as archive,
            archive.database.writing() as session,
        ):
            recorded = session.get_one(Recorded, self.ids["session_id"])
            recorded.course_id = course
            counts = session.get_one(Analysis, recorded.analysis_id)
            rig = EnrolledRig(
                name="Rig", public_key=public_text(key), enrolled_utc=now, enrolled_by=by,
                course_id=course, learner_person_id=self.people["learner"],
            )  # fmt: skip
            said = {"session_id": recorded.id, "by_person_id": by, "made_utc": now}
            wanted = Corrections(zero=ZeroCorrection(zero_mm=1.0, reason="it slipped"))
            correction = Corrected(
                **said, reason="it slipped", corrections=wanted.to_json(), state="proposed"
            )
            annotation = Annotation(**said, t_s=1.0, text="watch the left hand")
            session.add_all([rig, correction, annotation])
            session.flush()
            # It can be undone for a minute: from whenever that is tried.
            mark = Bookmark(
                recording_id=recorded.recording_id, rig_id=rig.id, course_id=course,
                by_person_id=by, at_utc=now + timedelta(minutes=20), what="note",
            )  # fmt: skip
            same = {name: getattr(counts, name) for name in ("json_zstd", "pyramid")}
            computed = Analysis(
                session_id=recorded.id, software=counts.software, made_utc=now,
                correction_id=correction.id, **same,
            )  # fmt: skip
            session.add_all([mark, computed])
            session.flush()
            self.ids |= {"rig_id": rig.id, "correction_id": correction.id,
                         "annotation_id": annotation.id, "mark_id": mark.id}  # fmt: skip
        with here(self.server.address, self.ids["rig_id"], key):
            yield set(self.ids)


def operations(house: House) -> list[Any]:
    """List all, those last that take away what others need."""
    order = ("get", "post", "put", "patch", "delete")

    def late(operation: Any) -> tuple[int, int]:
        erases = operation.path.endswith("/erase")
        return order.index("delete" if erases else operation.method), -operation.path.count("/")

    return sorted((found.ok() for found in house.schema.get_all_operations()), key=late)


def test_the_description_is_whole(house: House) -> None:
    labels = {operation.label for operation in operations(house)}
    assert {"POST /api/sign-in", "GET /api/sessions/{session_id}", "POST /api/uploads"} <= labels
    assert len(labels) > 20


@pytest.mark.parametrize("role", ROLES)
def test_nothing_that_the_description_allows_is_a_fault(house: House, role: str) -> None:
    faults: dict[str, str] = {}
    statuses: set[int] = set()
    with house.filled(role) as known:
        for operation in operations(house):
            client = house.client(role)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                try_all(house, operation, mode, client, statuses, faults)
            client.close()
    assert faults == {}
    assert {name for each in operations(house) for name in names_in(each.path)} <= known
    assert {401 if role == "nobody" else 200, 422} <= statuses  # negative control: both were met


def names_in(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def try_all(
    house: House,
    operation: Any,
    mode: GenerationMode,
    client: Client,
    statuses: set[int],
    faults: dict[str, str],
) -> None:
    """Send some requests of one operation; what the server did wrong goes into `faults`."""

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def one(case: Any, known: bool) -> None:
        if known:
            case.path_parameters = {k: house.ids.get(k, v) for k, v in case.path_parameters.items()}
        answer = sent(case, client, house.server.address)
        if answer is None:
            return
        statuses.add(answer.status_code)
        lacking = [name for name in HEADERS if name not in answer.headers]
        if answer.status_code >= 500 or lacking:
            said = f"{answer.status_code} {answer.text[:200]} {lacking}"
            faults.setdefault(f"{case.as_curl_command()}"[:600], said)

    try:
        one()
    except Exception as error:
        if "Unsatisfiable" not in type(error).__name__ + str(error):
            raise


def sent(case: Any, client: Client, address: str) -> httpx.Response | None:
    """Send a request as it is; None: HTTP itself cannot carry it."""
    asked = case.as_transport_kwargs(base_url=address)
    given = {k: v for k, v in asked.items() if k in {"params", "json", "data", "headers"} and v}
    headers = dict(given.pop("headers", {}) or {})
    headers.pop("User-Agent", None)
    content = given.pop("data", None)
    try:
        return client.request(
            asked["method"], asked["url"], content=content, headers=headers, **given
        )
    except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError, TypeError):
        return None
