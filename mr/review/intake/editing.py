"""What becomes of a correction: computed, let count, approved by another, or withdrawn.

Takes a session's row and who acts, changes rows; leaves who may act at all to `mr.review.people`
and the computing to `mr.review.intake.worker`. The original analysis stays beside every other.

A correction of one's own session never counts by one's own word: it waits for another's.
"""

from __future__ import annotations

import json

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.corrections import Corrections
from mr.errors import MrError
from mr.review.intake.catalogue import SOMEBODY_WAITS, analysis_text, let_count
from mr.review.people.access import is_own
from mr.review.people.logins import SignedIn
from mr.review.store.sessions import Analysis, Corrected, Job, Recorded

MOST_OPEN = 20
"""So many corrections of one session may wait or be proposed at once."""
OPEN = ("waiting", "proposed")


class OwnResultError(MrError):
    """Somebody would approve what is their own."""

    def __init__(self) -> None:
        super().__init__(
            "this is your own session: another instructor of its class, or an admin, has to "
            "approve it"
        )


class NotSoError(MrError):
    """A correction is not in the state for what is asked."""


def original_of(session: Session, recorded: Recorded) -> Analysis | None:
    """Give a session's newest analysis without corrections."""
    return session.scalars(
        select(Analysis)
        .where(Analysis.session_id == recorded.id, Analysis.correction_id.is_(None))
        .order_by(Analysis.made_utc.desc(), Analysis.id)
        .limit(1)
    ).first()


def analysis_of(session: Session, corrected: Corrected) -> Analysis | None:
    """Give a correction's newest analysis; None: it is not computed."""
    return session.scalars(
        select(Analysis)
        .where(Analysis.correction_id == corrected.id)
        .order_by(Analysis.made_utc.desc(), Analysis.id)
        .limit(1)
    ).first()


def is_back_to_original(corrected: Corrected) -> bool:
    """Tell whether a correction takes all others back."""
    return Corrections.of_json(corrected.corrections).is_empty


def propose(
    session: Session,
    recorded: Recorded,
    me: SignedIn,
    corrections: Corrections,
    reason: str,
    *,
    count: bool,
) -> Corrected:
    """Keep a correction, to be computed; with `count` it counts then, unless it is one's own.

    Raises
    ------
    NotSoError
        When there is nothing yet to correct, or too many corrections are open.
    """
    if original_of(session, recorded) is None:
        raise NotSoError("this session is not analysed yet: correct it when it is")
    open_n = len(
        session.scalars(
            select(Corrected.id).where(
                Corrected.session_id == recorded.id, Corrected.state.in_(OPEN)
            )
        ).all()
    )
    if open_n >= MOST_OPEN:
        raise NotSoError(f"{open_n} corrections of this session are open: withdraw some first")
    counts = count and not is_own(me, recorded)
    row = Corrected(
        session_id=recorded.id,
        by_person_id=me.person_id,
        made_utc=wall_now_utc(),
        reason=reason,
        corrections=corrections.to_json(),
        approved_by=me.person_id if counts else None,
        approved_utc=wall_now_utc() if counts else None,
    )
    session.add(row)
    session.flush()
    if not corrections.is_empty:
        session.add(Job(session_id=recorded.id, correction_id=row.id, priority=SOMEBODY_WAITS))
    elif counts:
        let_correction_count(session, recorded, row)
    else:
        row.state = "proposed"
    return row


def approve(session: Session, recorded: Recorded, me: SignedIn, corrected: Corrected) -> None:
    """Let a proposed correction count.

    Raises
    ------
    OwnResultError
        When the session is the approver's own.
    NotSoError
        When it is not proposed.
    """
    if is_own(me, recorded):
        raise OwnResultError
    if corrected.state != "proposed":
        raise NotSoError(
            f"this correction is {STATE_WORDS[corrected.state]}: it cannot be approved"
        )
    corrected.approved_by, corrected.approved_utc = me.person_id, wall_now_utc()
    let_correction_count(session, recorded, corrected)


def withdraw(session: Session, corrected: Corrected) -> None:
    """Take back a correction that does not count (`NotSoError` when it does or did)."""
    if corrected.state not in (*OPEN, "failed"):
        words = STATE_WORDS[corrected.state]
        raise NotSoError(f"this correction is {words}: go back to the original instead")
    corrected.state = "withdrawn"
    session.execute(delete(Job).where(Job.correction_id == corrected.id))


def let_correction_count(session: Session, recorded: Recorded, corrected: Corrected) -> None:
    """Make a computed correction the one that counts, in the place of any before it."""
    row = (
        original_of(session, recorded)
        if is_back_to_original(corrected)
        else analysis_of(session, corrected)
    )
    if row is None:
        raise NotSoError("this correction is not computed yet: wait a moment")
    for other in session.scalars(
        select(Corrected).where(Corrected.session_id == recorded.id, Corrected.state == "counts")
    ):
        other.state = "replaced"
    corrected.state = "counts"
    let_count(recorded, row, json.loads(analysis_text(row)))


STATE_WORDS = {
    "waiting": "being computed",
    "proposed": "waiting for approval",
    "counts": "counted already",
    "replaced": "replaced by a later one",
    "withdrawn": "withdrawn",
    "failed": "impossible",
}
