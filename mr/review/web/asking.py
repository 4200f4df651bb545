"""Who asks: what routes depend on, from the cookie to a person who may.

Gives `Me` (signed in, and for what changes something with the page's own token), and `MyRole`
checks. A route that takes none of them is open to nobody's eyes but the three in `routes.entry`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from mr.review.people import access, logins
from mr.review.people.logins import SignedIn
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded
from mr.review.web.guard import SAFE
from mr.review.web.noted import NOBODY, Refusal
from mr.review.web.refusals import NotThere, Refused
from mr.review.web.state import Review, review_of

COOKIE = "mrcpr_session"
CSRF_HEADER = "X-CSRF-Token"
Running = Annotated[Review, Depends(review_of)]


def actor(me: SignedIn | None) -> str:
    """Name who did something, for the audit."""
    return NOBODY if me is None else f"person:{me.person_id}"


def signed_in(request: Request, review: Running) -> SignedIn:
    """Tell who asks (`Refused` when nobody is signed in, or another site's page asks)."""
    token = request.cookies.get(COOKIE)
    database = review.archive.database
    with database.reading() as session:
        me = logins.who(session, token)
        whose = None if me is not None else logins.was(session, token)
    if me is None:
        raise _ended(whose) if token else Refused(401, "sign-in", "sign in first")
    request.state.actor = actor(me)
    if request.method not in SAFE:
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), me.csrf.encode()):
            raise Refused(403, "csrf", "this did not come from this page: load it again")
    if me.is_stale:
        with database.writing() as session:
            logins.seen(session, me.token_sha256)
    return me


def _ended(person_id: str | None) -> Refused:
    """Refuse a cookie that is worth nothing any more; whose it was, where that is known."""
    about = "" if person_id is None else f"person:{person_id}"
    return Refused(
        401,
        "sign-in",
        "your sign-in has ended: sign in again",
        about=about,
        subject=person_id or "",
        noted="refused.stale",
    )


Me = Annotated[SignedIn, Depends(signed_in)]


def role(*roles: str) -> Callable[..., SignedIn]:
    """Make a dependency that lets only some roles through."""

    def checked(me: Me) -> SignedIn:
        if me.role in roles:
            return me
        raise Refused(403, "role", f"this is for: {', '.join(roles)}")

    return checked


Staff = Annotated[SignedIn, Depends(role("instructor", "admin"))]
Admin = Annotated[SignedIn, Depends(role("admin"))]
Technician = Annotated[SignedIn, Depends(role("technician", "admin"))]


def not_yours(review: Review, me: SignedIn, about: str) -> NotThere:
    """Write down that somebody asked for what is not theirs; gives the answer to raise."""
    review.noted.note(Refusal("refused.object", actor(me), about), actor(me))
    return NotThere(about)


def session_seen(session: Session, review: Review, me: SignedIn, session_id: str) -> Recorded:
    """Give a session that somebody may see (`NotThere`, and in the audit, when not)."""
    recorded = session.get(Recorded, session_id)
    if recorded is None or not access.may_see_session(session, me, recorded):
        session.close()  # its lock, or its view of the database, ends before the audit's begins
        raise not_yours(review, me, f"session:{session_id}")
    return recorded


def session_judged(session: Session, review: Review, me: SignedIn, session_id: str) -> Recorded:
    """Give a session that somebody may judge, as its class's instructor."""
    recorded = session.get(Recorded, session_id)
    if recorded is None or not access.may_judge_session(session, me, recorded):
        session.close()
        raise not_yours(review, me, f"session:{session_id}")
    return recorded


def subject_of(session: Session, recorded: Recorded) -> str:
    """Give the id of the person whose session it is, for the audit; empty: nobody known here."""
    query = select(Person.id).where(Person.learner_id == recorded.learner_id)
    return session.scalars(query).first() or ""


def class_taught(session: Session, review: Review, me: SignedIn, course_id: str) -> None:
    """Refuse who does not teach a class (`NotThere`, and in the audit)."""
    if not access.teaches(session, me, course_id):
        session.close()
        raise not_yours(review, me, f"class:{course_id}")


Json = dict[str, Any]
