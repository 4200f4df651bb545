"""The live wire: rigs tell, walls watch, and an instructor's word goes to a rig.

Sockets only pass on: what a rig tells goes into the hub, what a wall may see comes out of it. A
browser's socket ends with its sign-in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from mr.clock.host import wall_now_utc
from mr.config import Attempt, Mode
from mr.errors import DeviceError, ProtocolError
from mr.review.live.messages import Ack, Mark, Shock, Start, Status, Stop
from mr.review.live.signing import SignatureError
from mr.review.people import access, logins
from mr.review.people.logins import SignedIn
from mr.review.store.audit import note
from mr.review.store.courses import Course
from mr.review.store.people import Person
from mr.review.store.rigs import EnrolledRig
from mr.review.store.sessions import Bookmark
from mr.review.web import signed
from mr.review.web.asking import COOKIE, Me, Running, actor, class_taught, not_yours
from mr.review.web.refusals import Refused
from mr.review.web.state import Review
from mr.types import GuidanceLevel

router = APIRouter(prefix="/live", tags=["live"])
SEEN_EVERY_S = 60.0
"""How exactly it is kept when a rig was last here."""
ASKS_AGAIN_S = 15.0
"""So often a wall's sign-in is looked at."""
UNWANTED, GONE = 1008, 1000
MAX_UNSENT = 64


class StartIn(BaseModel):
    """A session to begin, by whom; what is left out is the class's."""

    person_id: Annotated[str, Field(max_length=16)] | None = None
    """None: who the rig was given to."""
    mode: Mode | None = None
    guideline: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] | None = None
    attempt: Attempt = Attempt.PRACTICE
    level: GuidanceLevel | None = None
    duration_s: float | None = Field(default=None, ge=5, le=3600)
    rescuers: int = Field(default=1, ge=1, le=2)


class MarkIn(BaseModel):
    """What an observer tapped."""

    what: str = Field(pattern=r"^[a-z0-9-]{1,24}$")
    text: str = Field(default="", max_length=500)


@router.websocket("/rig")
async def rig_socket(socket: WebSocket) -> None:
    """Take a rig's connection for as long as it lasts."""
    review: Review = socket.app.state.review
    database = review.archive.database
    try:
        rig = await run_in_threadpool(signed.asking_rig, database, socket, "GET", b"")
    except SignatureError as error:
        await socket.send_denial_response(signed.refusal(error))
        return
    await socket.accept()
    unsent: asyncio.Queue[str] = asyncio.Queue(MAX_UNSENT)
    seat = review.hub.join(rig.id, unsent.put_nowait)
    ends = review.rig_is_here(rig.id, lambda: asyncio.ensure_future(socket.close(UNWANTED)))
    sending = asyncio.ensure_future(_send_all(socket, unsent))
    seen_s = float("-inf")
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                break
            seat.hear(message["bytes"] if message.get("bytes") is not None else message["text"])
            now_s = asyncio.get_running_loop().time()
            status = review.hub.status(rig.id)
            if status is not None and now_s - seen_s > SEEN_EVERY_S:
                seen_s = now_s
                await run_in_threadpool(_seen, review, rig.id, status)
    except ProtocolError as error:
        with suppress(RuntimeError):
            await socket.close(UNWANTED, str(error)[:100])
    finally:
        sending.cancel()
        ends()
        seat.leave()


async def _send_all(socket: WebSocket, unsent: asyncio.Queue[str]) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        while True:
            await socket.send_text(await unsent.get())


def _seen(review: Review, rig_id: str, status: Status) -> None:
    facts = status.model_dump(mode="json", exclude={"type", "health", "recording_id", "words"})
    with review.archive.database.writing() as session:
        rig = session.get(EnrolledRig, rig_id)
        if rig is not None:
            rig.seen_utc, rig.facts = wall_now_utc(), {**rig.facts, **facts}


def _watchable(review: Review, token: str | None, course_id: str | None) -> list[str] | None:
    """Give the ids of the rigs that a wall may watch; None: nobody may."""
    with review.archive.database.reading() as session:
        me = logins.who(session, token)
        if me is None:
            return None
        query = select(EnrolledRig.id).where(EnrolledRig.revoked_utc.is_(None))
        if course_id is not None:
            if not access.teaches(session, me, course_id):
                return None
            query = query.where(EnrolledRig.course_id == course_id)
        elif me.role not in {"technician", "admin"}:
            return None
        return list(session.scalars(query.order_by(EnrolledRig.name)))


@router.websocket("/wall")
async def wall_socket(
    socket: WebSocket, course: Annotated[str | None, Query(max_length=16)] = None
) -> None:
    """Show a class's rigs to its instructor, or all to a technician, for as long as they may."""
    review: Review = socket.app.state.review
    token = socket.cookies.get(COOKIE)
    rig_ids = await run_in_threadpool(_watchable, review, token, course)
    await socket.accept()
    if rig_ids is None:
        await socket.close(UNWANTED, "sign in first, as the class's instructor")
        return
    try:
        viewer = review.hub.subscribe(rig_ids[:30])
    except ProtocolError as error:
        await socket.close(UNWANTED, str(error)[:100])
        return

    async def still_may() -> None:
        while True:
            await asyncio.sleep(ASKS_AGAIN_S)
            now = await run_in_threadpool(_watchable, review, token, course)
            if now != rig_ids:
                words = "sign in again" if now is None else "the class's rigs are others now"
                await socket.close(UNWANTED if now is None else GONE, words)
                return

    async def until_gone() -> None:
        with suppress(RuntimeError, WebSocketDisconnect):
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass

    async def show() -> None:
        with suppress(RuntimeError, WebSocketDisconnect):
            async for message in review.hub.messages(viewer):
                if isinstance(message, bytes):
                    await socket.send_bytes(message)
                else:
                    await socket.send_text(message)

    tasks = [asyncio.ensure_future(each()) for each in (still_may, until_gone, show)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        review.hub.unsubscribe(viewer)


def _rig_of_mine(review: Review, me: SignedIn, rig_id: str) -> EnrolledRig:
    with review.archive.database.reading() as session:
        rig = session.get(EnrolledRig, rig_id)
        if rig is None or rig.revoked_utc is not None or rig.course_id is None:
            session.close()
            raise not_yours(review, me, f"rig:{rig_id}")
        class_taught(session, review, me, rig.course_id)
        return rig


def _start_of(review: Review, me: SignedIn, rig_id: str, given: StartIn) -> tuple[Start, str]:
    rig = _rig_of_mine(review, me, rig_id)
    with review.archive.database.reading() as session:
        person_id = given.person_id or rig.learner_person_id
        if person_id is None:
            raise Refused(409, "no-learner", "say who trains: give the rig to a learner first")
        person = session.get(Person, person_id)
        if person is None or not access.may_see_person(session, me, person_id):
            session.close()
            raise not_yours(review, me, f"person:{person_id}")
        course = session.get_one(Course, rig.course_id)
        return Start.model_validate(
            {
                "learner_id": person.learner_id,
                "mode": given.mode or course.mode,
                "guideline": given.guideline or course.guideline,
                "attempt": given.attempt,
                "level": given.level,
                "duration_s": given.duration_s,
                "rescuers": given.rescuers,
                "course_id": course.id,
            }
        ), person_id


async def _say(review: Review, rig_id: str, word: Start | Stop | Shock | Mark) -> Ack:
    try:
        ack = await review.hub.command(rig_id, word)
    except DeviceError as error:
        raise Refused(503, "rig-away", str(error)) from error
    if not ack.ok:
        raise Refused(409, "rig-refuses", ack.words or "the rig does not do this now")
    return ack


async def _told(review: Review, write: Callable[[], None]) -> None:
    await run_in_threadpool(write)


@router.post("/rigs/{rig_id}/start")
async def start(rig_id: str, given: StartIn, me: Me, review: Running) -> Ack:
    """Begin a session on a rig of one's class."""
    word, person_id = await run_in_threadpool(_start_of, review, me, rig_id, given)
    ack = await _say(review, rig_id, word)

    def write() -> None:
        with review.archive.database.writing() as session:
            rig = session.get_one(EnrolledRig, rig_id)
            rig.learner_person_id = person_id
            note(session, actor(me), "rig.started", f"rig:{rig_id}", person_id,
                 recording=ack.recording_id)  # fmt: skip

    await _told(review, write)
    return ack


@router.post("/rigs/{rig_id}/stop")
async def stop(rig_id: str, me: Me, review: Running) -> Ack:
    """End the session on a rig of one's class."""
    await run_in_threadpool(_rig_of_mine, review, me, rig_id)
    ack = await _say(review, rig_id, Stop())

    def write() -> None:
        with review.archive.database.writing() as session:
            note(session, actor(me), "rig.stopped", f"rig:{rig_id}")

    await _told(review, write)
    return ack


@router.post("/rigs/{rig_id}/shock")
async def shock(rig_id: str, me: Me, review: Running) -> Ack:
    """Mark a shock: the pause about it is judged."""
    await run_in_threadpool(_rig_of_mine, review, me, rig_id)
    return await _say(review, rig_id, Shock())


@router.post("/rigs/{rig_id}/mark", status_code=201)
async def mark(rig_id: str, given: MarkIn, me: Me, review: Running) -> Ack:
    """Keep what an observer saw, with the session's time; the words stay on the server."""
    rig = await run_in_threadpool(_rig_of_mine, review, me, rig_id)
    at_utc = wall_now_utc()
    ack = await _say(review, rig_id, Mark(key=given.what))
    if ack.recording_id is None:
        raise Refused(409, "no-session", "no session is running on this rig")
    recording_id = ack.recording_id

    def write() -> None:
        with review.archive.database.writing() as session:
            session.add(
                Bookmark(
                    recording_id=recording_id,
                    rig_id=rig_id,
                    course_id=rig.course_id,
                    by_person_id=me.person_id,
                    at_utc=at_utc,
                    elapsed_s=ack.elapsed_s,
                    what=given.what,
                    text=given.text,
                )
            )
            note(session, actor(me), "bookmark", f"rig:{rig_id}", what=given.what)

    await _told(review, write)
    return ack
