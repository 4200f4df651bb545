"""The live wire: rigs tell, walls watch, and an instructor's word goes to a rig.

Sockets only pass on: what a rig tells goes into the hub, what a wall may see comes out of it. A
browser's socket ends with its sign-in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from mr.clock.host import wall_now_utc
from mr.errors import ProtocolError
from mr.review.live.hub import MAX_WATCHED
from mr.review.live.messages import Ack, Shock, Start, Status, Stop
from mr.review.live.signing import SignatureError
from mr.review.people import access, logins
from mr.review.people.logins import SignedIn
from mr.review.store.audit import note
from mr.review.store.rigs import EnrolledRig
from mr.review.web import signed
from mr.review.web.asking import COOKIE, Me, Running, actor, class_taught, not_yours
from mr.review.web.at_desk import COOKIE as DESK_COOKIE
from mr.review.web.at_desk import desk_of
from mr.review.web.commanding import HowToTrain, say, start_of
from mr.review.web.noted import Refusal, client
from mr.review.web.refusals import Refused, unsigned
from mr.review.web.state import Review

router = APIRouter(prefix="/live", tags=["live"])
SEEN_EVERY_S = 60.0
"""How exactly it is kept when a rig was last here."""
ASKS_AGAIN_S = 15.0
"""So often a wall's sign-in is looked at."""
UNWANTED, GONE = 1008, 1000
MAX_UNSENT = 64


class StartIn(HowToTrain):
    """A session to begin, by whom."""

    person_id: Annotated[str, Field(max_length=16)] | None = None
    """None: who the rig was given to."""


class Told(BaseModel):
    """What became of a word to one of several rigs."""

    rig_id: str
    ok: bool
    words: str
    recording_id: str | None = None


@router.websocket("/rig")
async def rig_socket(socket: WebSocket) -> None:
    """Take a rig's connection for as long as it lasts."""
    review: Review = socket.app.state.review
    database = review.archive.database
    try:
        rig = await run_in_threadpool(signed.asking_rig, database, socket, "GET", b"")
    except SignatureError as error:
        await review.noted.note_beside(unsigned(socket, error), client(socket))
        await socket.send_denial_response(signed.refusal(error))
        return
    await socket.accept()
    unsent: asyncio.Queue[str] = asyncio.Queue(MAX_UNSENT)
    closing: set[asyncio.Future[None]] = set()

    def close(why: str) -> None:
        closing.add(asyncio.ensure_future(_close(socket, why)))

    def send(text: str) -> None:
        if unsent.full():
            close("this rig does not take what it is told")
        else:
            unsent.put_nowait(text)

    seat = review.hub.join(rig.id, send, close)
    sending = asyncio.ensure_future(_send_all(socket, unsent))
    seen_s = float("-inf")
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                break
            said = message.get("bytes")
            seat.hear(message.get("text") or "" if said is None else said)
            now_s = asyncio.get_running_loop().time()
            status = review.hub.status(rig.id)
            if status is not None and now_s - seen_s > SEEN_EVERY_S:
                seen_s = now_s
                await run_in_threadpool(_seen, review, rig.id, status)
    except ProtocolError as error:
        await _close(socket, str(error))
    finally:
        sending.cancel()
        seat.leave()


async def _close(socket: WebSocket, why: str) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(UNWANTED, why[:100])


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


@dataclass(frozen=True, slots=True)
class _Watching:
    """Who watches, and what."""

    login: str | None
    desk: str | None
    course_id: str | None
    rig_id: str | None


def _watchable(review: Review, asked: _Watching) -> list[str] | None:
    """Give the ids of the rigs that somebody may watch; None: none."""
    course_id = asked.course_id
    with review.archive.database.reading() as session:
        if asked.rig_id is not None:
            desk = desk_of(session, asked.desk)
            return None if desk is None or desk.rig_id != asked.rig_id else [desk.rig_id]
        me = logins.who(session, asked.login)
        if me is None:
            return None
        query = select(EnrolledRig.id).where(EnrolledRig.revoked_utc.is_(None))
        if course_id is not None:
            if not access.teaches(session, me, course_id):
                return None
            query = query.where(EnrolledRig.course_id == course_id)
        elif me.role not in {"technician", "admin"}:
            return None
        return list(session.scalars(query.order_by(EnrolledRig.name, EnrolledRig.id)))


def _unwatchable(review: Review, asked: _Watching, asker: str) -> tuple[Refusal, str]:
    """Give for the audit who may not watch what, and who asked."""
    with review.archive.database.reading() as session:
        me = logins.who(session, asked.login)
    about = "rigs"
    if asked.rig_id is not None:
        about = f"rig:{asked.rig_id}"
    elif asked.course_id is not None:
        about = f"class:{asked.course_id}"
    return Refusal("refused.wall", actor(me), about), asker if me is None else actor(me)


@router.websocket("/wall")
async def wall_socket(
    socket: WebSocket,
    course: Annotated[str | None, Query(max_length=16)] = None,
    rig: Annotated[str | None, Query(max_length=16)] = None,
) -> None:
    """Show a class's rigs to its instructor, all to a technician, one to its desk."""
    review: Review = socket.app.state.review
    cookies = socket.cookies
    asked = _Watching(cookies.get(COOKIE), cookies.get(DESK_COOKIE), course, rig)
    rig_ids = await run_in_threadpool(_watchable, review, asked)
    await socket.accept()
    if rig_ids is None:
        refusal, asker = await run_in_threadpool(_unwatchable, review, asked, client(socket))
        await review.noted.note_beside(refusal, asker)
        await socket.close(UNWANTED, "sign in first, as the class's instructor")
        return
    try:
        viewer = review.hub.subscribe(rig_ids[:MAX_WATCHED])
    except ProtocolError as error:
        await socket.close(UNWANTED, str(error)[:100])
        return

    async def still_may() -> None:
        while True:
            await asyncio.sleep(ASKS_AGAIN_S)
            now = await run_in_threadpool(_watchable, review, asked)
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


def rig_of_mine(review: Review, me: SignedIn, rig_id: str) -> EnrolledRig:
    """Give a rig of a class that somebody teaches (`NotThere`, and in the audit, when not)."""
    with review.archive.database.reading() as session:
        rig = session.get(EnrolledRig, rig_id)
        if rig is None or rig.revoked_utc is not None or rig.course_id is None:
            session.close()
            raise not_yours(review, me, f"rig:{rig_id}")
        class_taught(session, review, me, rig.course_id)
        return rig


def _start_of(review: Review, me: SignedIn, rig_id: str, given: StartIn) -> tuple[Start, str]:
    rig = rig_of_mine(review, me, rig_id)
    person_id = given.person_id or rig.learner_person_id
    if person_id is None:
        raise Refused(409, "no-learner", "say who trains: give the rig to a learner first")
    with review.archive.database.reading() as session:
        return start_of(session, str(rig.course_id), person_id, given), person_id


@router.post("/rigs/{rig_id}/start")
async def start(rig_id: str, given: StartIn, me: Me, review: Running) -> Ack:
    """Begin a session on a rig of one's class."""
    word, person_id = await run_in_threadpool(_start_of, review, me, rig_id, given)
    ack = await say(review, rig_id, word)

    def write() -> None:
        with review.archive.database.writing() as session:
            rig = session.get_one(EnrolledRig, rig_id)
            rig.learner_person_id = person_id
            note(session, actor(me), "rig.started", f"rig:{rig_id}", person_id,
                 recording=ack.recording_id)  # fmt: skip

    await run_in_threadpool(write)
    return ack


@router.post("/rigs/{rig_id}/stop")
async def stop(rig_id: str, me: Me, review: Running) -> Ack:
    """End the session on a rig of one's class."""
    await run_in_threadpool(rig_of_mine, review, me, rig_id)
    ack = await say(review, rig_id, Stop())

    def write() -> None:
        with review.archive.database.writing() as session:
            note(session, actor(me), "rig.stopped", f"rig:{rig_id}")

    await run_in_threadpool(write)
    return ack


@router.post("/rigs/{rig_id}/shock")
async def shock(rig_id: str, me: Me, review: Running) -> Ack:
    """Mark a shock: the pause about it is judged."""
    await run_in_threadpool(rig_of_mine, review, me, rig_id)
    ack = await say(review, rig_id, Shock())

    def write() -> None:
        with review.archive.database.writing() as session:
            note(session, actor(me), "rig.shock", f"rig:{rig_id}", recording=ack.recording_id)

    await run_in_threadpool(write)
    return ack


def _rigs_of_class(review: Review, me: SignedIn, course_id: str) -> list[tuple[str, str | None]]:
    with review.archive.database.reading() as session:
        class_taught(session, review, me, course_id)
        query = (
            select(EnrolledRig.id, EnrolledRig.learner_person_id)
            .where(EnrolledRig.course_id == course_id, EnrolledRig.revoked_utc.is_(None))
            .order_by(EnrolledRig.name)
        )
        return [(rig_id, person_id) for rig_id, person_id in session.execute(query)]


async def _each(rig_ids: list[str], act: Callable[[str], Awaitable[Ack]]) -> list[Told]:
    async def told(rig_id: str) -> Told:
        try:
            ack = await act(rig_id)
        except Refused as no:
            return Told(rig_id=rig_id, ok=False, words=no.words)
        return Told(rig_id=rig_id, ok=True, words=ack.words, recording_id=ack.recording_id)

    return list(await asyncio.gather(*map(told, rig_ids)))


@router.post("/classes/{course_id}/start")
async def start_all(course_id: str, given: HowToTrain, me: Me, review: Running) -> list[Told]:
    """Begin a session on each rig of a class that a learner has and that is free."""
    rigs = await run_in_threadpool(_rigs_of_class, review, me, course_id)
    asked = StartIn(**given.model_dump(exclude_unset=True))
    with_learner = [rig_id for rig_id, person_id in rigs if person_id is not None]
    return await _each(with_learner, lambda rig_id: start(rig_id, asked, me, review))


@router.post("/classes/{course_id}/stop")
async def stop_all(course_id: str, me: Me, review: Running) -> list[Told]:
    """End every session that runs in a class."""
    rigs = await run_in_threadpool(_rigs_of_class, review, me, course_id)
    training = [rig_id for rig_id, _ in rigs if review.hub.is_training(rig_id)]
    return await _each(training, lambda rig_id: stop(rig_id, me, review))
