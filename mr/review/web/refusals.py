"""How the server says no: one shape of answer, in words for a person.

``{"error": words, "code": word}`` with the HTTP status. What somebody may not see is answered as
if it were not there; that they tried is in the audit.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from mr.errors import MrError
from mr.review.live.server_link import TIME_ANSWER
from mr.review.live.signing import RIG_HEADER, SignatureError
from mr.review.web.noted import NOBODY, Refusal, client
from mr.review.web.state import review_of

LOG = logging.getLogger("mr.review")


class Problem(BaseModel):
    """An answer that is a no."""

    error: str
    code: str


class Refused(Exception):  # noqa: N818 -- not every no is an error
    """A request that is not granted; the answer is made of it, and where it matters an entry.

    `about` says for the audit to what it was to be done (empty: to the path), `subject` whose data
    it was, `noted` what it is called there (None: as its code is, in `NOTED`).
    """

    def __init__(
        self,
        status: int,
        code: str,
        words: str,
        *,
        about: str = "",
        subject: str = "",
        noted: str | None = None,
    ) -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words
        self.about, self.subject = about, subject
        self.noted = NOTED.get(code, "") if noted is None else noted


NOTED = {
    "code": "refused.code",
    "csrf": "refused.csrf",
    "last-admin": "refused.last-admin",
    "last-instructor": "refused.last-instructor",
    "own": "refused.own-result",
    "role": "refused.role",
    "too-often": "refused.too-often",
}
"""A refusal's code and what it is called in the audit; of others there is no entry."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DISK_FULL = "the server's disk is full: nothing was changed; free some room and try again"
NO_DATABASE = "the database does not answer: nothing was changed; try again"
CONFLICT = "this does not fit what is there: it was changed meanwhile; load it again"
NOT_THERE = "there is nothing here, or it is not yours to see"


class NotThere(Refused):
    """Not there, or not theirs to see; `about` says what they asked for, for the audit."""

    def __init__(self, about: str = "", words: str = NOT_THERE, noted: str = "") -> None:
        super().__init__(404, "not-there", words, about=about, noted=noted)


def answer(status: int, code: str, words: str) -> JSONResponse:
    """Make the answer."""
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({"error": words, "code": code}, status, headers=headers)


def field_words(errors: Sequence[Any]) -> str:
    """Say which field is wrong and how, without repeating what was sent."""
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query", "path"})
    what = str(first["msg"]).removeprefix("Value error, ")
    return f"{where}: {what[:1].lower()}{what[1:]}" if where else what


def install(app: FastAPI) -> None:
    """Answer every no in the one shape."""

    @app.exception_handler(Refused)
    def _refused(request: Request, no: Refused) -> JSONResponse:
        if no.noted:
            _note(request, Refusal(no.noted, about=no.about, subject=no.subject))
        return answer(no.status, no.code, no.words)

    @app.exception_handler(RequestValidationError)
    def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(422, "invalid", field_words(error.errors()))

    @app.exception_handler(SignatureError)
    def _unsigned(request: Request, error: SignatureError) -> JSONResponse:
        review_of(request).noted.note(unsigned(request, error), client(request))
        made = answer(401, error.code, str(error))
        made.headers[TIME_ANSWER] = str(time.time_ns() // 1_000_000)
        return made

    @app.exception_handler(MrError)
    def _mistake(_request: Request, error: MrError) -> JSONResponse:
        return answer(422, "refused", str(error))

    @app.exception_handler(HTTPException)
    def _http(_request: Request, error: HTTPException) -> JSONResponse:
        code = {404: "not-there", 405: "not-so"}.get(error.status_code, "refused")
        words = NOT_THERE if error.status_code == 404 else str(error.detail).lower()
        return answer(error.status_code, code, words)

    @app.exception_handler(DataError)
    @app.exception_handler(UnicodeEncodeError)
    @app.exception_handler(OverflowError)
    def _cannot_be_kept(_request: Request, _error: Exception) -> JSONResponse:
        return answer(422, "invalid", "a character or a number in this cannot be kept: change it")

    @app.exception_handler(IntegrityError)
    def _does_not_fit(request: Request, error: DBAPIError) -> JSONResponse:
        LOG.warning("does not fit (%s %s): %s", request.method, request.url.path, _said(error))
        return answer(409, "conflict", CONFLICT)

    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    def _database(request: Request, error: DBAPIError) -> JSONResponse:
        LOG.error(
            "the database refused (%s %s): %s", request.method, request.url.path, _said(error)
        )
        return _full() if "full" in str(error.orig) else answer(503, "busy", NO_DATABASE)

    @app.exception_handler(PoolTimeout)
    def _all_taken(_request: Request, _error: PoolTimeout) -> JSONResponse:
        return answer(503, "busy", NO_DATABASE)

    @app.exception_handler(OSError)
    def _system(request: Request, error: OSError) -> JSONResponse:
        if error.errno not in NO_ROOM:
            raise error
        LOG.error("no room (%s %s): %s", request.method, request.url.path, error.strerror)
        return _full()


def _note(request: Request, refusal: Refusal) -> None:
    """Write a refusal down, by who asked as far as that is known."""
    actor = getattr(request.state, "actor", NOBODY)
    asker = client(request) if actor == NOBODY else actor
    about = refusal.about or request.url.path
    review_of(request).noted.note(replace(refusal, actor=actor, about=about), asker)


def unsigned(connection: HTTPConnection, error: SignatureError) -> Refusal:
    """Give for the audit what no rig of ours signed; which rig it says that it is is no proof."""
    rig_id = connection.headers.get(RIG_HEADER)
    about = f"rig:{rig_id}" if rig_id else connection.url.path
    return Refusal("refused.signature", about=about, detail={"why": error.code})


def _said(error: DBAPIError) -> str:
    """Give the first line of what the database said: those after it may hold a row's values."""
    return str(error.orig).partition("\n")[0]


def _full() -> JSONResponse:
    return answer(507, "disk-full", DISK_FULL)
