"""Which rig asks: requests that a rig signed with its own key.

Gives `Rig`, as `asking` gives `Me`: the rig that a request's signature is by. A request's nonce is
kept in the database while its time would be believed, so that none is taken twice, over a restart
of the server, too.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from mr.clock.host import wall_now_utc
from mr.review.live.server_link import TIME_ANSWER
from mr.review.live.signing import RIG_HEADER, SignatureError, require_request
from mr.review.store.database import Database
from mr.review.store.rigs import EnrolledRig, UsedNonce
from mr.review.web.asking import Running
from mr.review.web.refusals import answer


@dataclass(frozen=True, slots=True)
class AskingRig:
    """A rig that signed its request."""

    id: str
    name: str
    public_key: str
    course_id: str | None


def now_ms() -> int:
    """Tell the wall clock in unix ms."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class KeptNonces:
    """Nonces in the database."""

    database: Database

    def is_new(self, rig_id: str, nonce: str, until_ms: int) -> bool:
        """Tell whether a nonce was not here before, and keep it until then."""
        until = datetime.fromtimestamp(until_ms / 1000, UTC)
        try:
            with self.database.writing() as session:
                session.execute(delete(UsedNonce).where(UsedNonce.expires_utc < wall_now_utc()))
                session.add(UsedNonce(rig_id=rig_id, nonce=nonce, expires_utc=until))
        except IntegrityError:
            return False
        return True


def signed_path(connection: HTTPConnection) -> str:
    """Give the path as it was sent, with its query: that is what was signed."""
    scope = connection.scope
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return (path.split(b"?")[0] + (b"?" + query if query else b"")).decode("ascii", "replace")


def asking_rig(
    database: Database, connection: HTTPConnection, method: str, body: bytes
) -> AskingRig:
    """Tell which rig a request is by (`SignatureError` when by none)."""

    def public_key_of(rig_id: str) -> str | None:
        with database.reading() as session:
            rig = session.get(EnrolledRig, rig_id)
            return None if rig is None or rig.revoked_utc is not None else rig.public_key

    rig_id = require_request(
        method,
        signed_path(connection),
        connection.headers,
        hashlib.sha256(body).hexdigest(),
        public_key_of=public_key_of,
        now_ms=now_ms(),
        nonces=KeptNonces(database),
    )
    with database.reading() as session:
        rig = session.get_one(EnrolledRig, rig_id)
        return AskingRig(rig.id, rig.name, rig.public_key, rig.course_id)


def refusal(error: SignatureError) -> JSONResponse:
    """Answer a request that no rig of ours signed."""
    made = answer(401, error.code, str(error))
    made.headers[TIME_ANSWER] = str(now_ms())
    return made


def is_by_rig(request: Request) -> bool:
    """Tell whether a request says that it is by a rig."""
    return RIG_HEADER in request.headers


async def signing_rig(request: Request, review: Running) -> AskingRig | None:
    """Give the rig that signed a request; None for a request that says it is by none."""
    if not is_by_rig(request):
        return None
    body = await request.body()
    database = review.archive.database
    rig = await run_in_threadpool(asking_rig, database, request, request.method, body)
    request.state.actor = f"rig:{rig.id}"
    return rig


SigningRig = Annotated[AskingRig | None, Depends(signing_rig)]
