"""Sessions in the catalogue, what they came to, and what people wrote to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from mr.review.store.base import ID_LENGTH, Table, new_id

OF_SESSION = "session.id"


class Recorded(Table):
    """One recorded session: what its head says, and its newest numbers for lists."""

    __tablename__ = "session"
    __table_args__ = (
        # A list pages over an index alone; whose sessions one may see stands in it, too.
        Index(None, "made_utc", "id", "course_id", "learner_id"),
        Index(None, "score_pct", "id", "course_id", "learner_id"),
        Index(None, "attempt", "made_utc", "id", "course_id", "learner_id"),
        Index(None, "mode", "made_utc", "id", "course_id", "learner_id"),
        Index(None, "course_id", "made_utc", "id"),
        Index(None, "course_id", "score_pct", "id"),
        Index(None, "course_id", "learner_id", "made_utc"),
        Index(None, "learner_id", "made_utc", "id", "course_id"),
        Index(None, "rig_id", "made_utc"),
        Index(None, "storage_level", "made_utc"),
        Index(None, "state", "made_utc", "id", "course_id", "learner_id"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    recording_id: Mapped[str] = mapped_column(String(40), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the file, whose name in the store it is."""
    pictured_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the file as it came, before its pictures were taken out; None: nothing was."""
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    source_name: Mapped[str] = mapped_column(String(200))
    """The file's name when it came, for the analysis says it."""
    learner_id: Mapped[str] = mapped_column(String(16))
    course_id: Mapped[str | None] = mapped_column(ForeignKey("class.id", ondelete="SET NULL"))
    rig_id: Mapped[str | None] = mapped_column(ForeignKey("rig.id", ondelete="SET NULL"))
    signature: Mapped[str | None] = mapped_column(String(128))
    """The rig's, of the file's hash; None: somebody brought the file by hand."""
    brought_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    made_utc: Mapped[datetime]
    received_utc: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(8))
    attempt: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(20))
    guideline_id: Mapped[str] = mapped_column(String(64))
    storage_level: Mapped[int]
    why_incomplete: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    """waiting (to be analysed), ready, or failed."""
    why_failed: Mapped[str] = mapped_column(Text, default="")
    analysis_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    """The one that counts."""
    edited: Mapped[bool] = mapped_column(default=False)
    """Whether the one that counts has corrections in it."""
    approved_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    approved_utc: Mapped[datetime | None]

    duration_s: Mapped[float | None]
    score_pct: Mapped[float | None]
    score_low_pct: Mapped[float | None]
    score_high_pct: Mapped[float | None]
    n_compressions: Mapped[int | None]
    n_right: Mapped[int | None]
    """Compressions with everything right, as `mr.review.right` counts them."""
    mean_depth_mm: Mapped[float | None]
    mean_rate_cpm: Mapped[float | None]
    depth_in_target_pct: Mapped[float | None]
    rate_in_target_pct: Mapped[float | None]
    release_in_target_pct: Mapped[float | None]
    ccf_pct: Mapped[float | None]
    items: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Of each item of the score its value and what it lost: {key: [value_pct, points_lost]}."""
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Of each item why its value is what it is, in words: {key: words}."""


class Analysis(Table):
    """What a recording came to, by which software, with which corrections."""

    __tablename__ = "analysis"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    session_id: Mapped[str] = mapped_column(ForeignKey(OF_SESSION, ondelete="CASCADE"), index=True)
    software: Mapped[str] = mapped_column(String(64))
    made_utc: Mapped[datetime]
    correction_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    json_zstd: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    """The analysis as JSON text, packed; it is given out as it is."""
    pyramid: Mapped[bytes] = deferred(mapped_column(LargeBinary))


class Corrected(Table):
    """One set of corrections that a reviewer made; the original stays what it was."""

    __tablename__ = "correction"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    session_id: Mapped[str] = mapped_column(ForeignKey(OF_SESSION, ondelete="CASCADE"), index=True)
    by_person_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    made_utc: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    corrections: Mapped[dict[str, Any]]
    """As `mr.corrections` has them; empty: back to the original."""
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    """waiting (to be computed), proposed (to be approved by another), counts, or failed."""
    why_failed: Mapped[str] = mapped_column(Text, default="")
    approved_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    approved_utc: Mapped[datetime | None]


class Annotation(Table):
    """Words of a reviewer at an instant of a session, or to the whole of it."""

    __tablename__ = "annotation"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    session_id: Mapped[str] = mapped_column(ForeignKey(OF_SESSION, ondelete="CASCADE"), index=True)
    by_person_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    made_utc: Mapped[datetime]
    t_s: Mapped[float | None]
    """On the time axis of the original analysis; None: to the whole session."""
    text: Mapped[str] = mapped_column(Text)


class Film(Table):
    """What became of a session's film: kept, or why there is none."""

    __tablename__ = "film"

    session_id: Mapped[str] = mapped_column(
        ForeignKey(OF_SESSION, ondelete="CASCADE"), primary_key=True
    )
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the recording that it was drawn from."""
    made_utc: Mapped[datetime]
    begins_s: Mapped[float | None]
    """Its first frame's instant on the time axis of the original analysis."""
    why_failed: Mapped[str] = mapped_column(Text, default="")


class Bookmark(Table):
    """What an observer tapped while a learner trained: what sensors cannot see."""

    __tablename__ = "bookmark"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    recording_id: Mapped[str] = mapped_column(String(40), index=True)
    """The session may come into the catalogue after it."""
    rig_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    course_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    by_person_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    at_utc: Mapped[datetime]
    elapsed_s: Mapped[float | None]
    """Of the session, as the rig told it last; None: it had not begun."""
    what: Mapped[str] = mapped_column(String(24))
    """A key of the observer's list, or "note"."""
    text: Mapped[str] = mapped_column(Text, default="")


class Upload(Table):
    """A recording on its way in; its bytes so far lie in a file of its id."""

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    rig_id: Mapped[str | None] = mapped_column(ForeignKey("rig.id", ondelete="CASCADE"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    course_id: Mapped[str | None] = mapped_column(ForeignKey("class.id", ondelete="SET NULL"))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    source_name: Mapped[str] = mapped_column(String(200))
    recording_id: Mapped[str | None] = mapped_column(String(40))
    """What the rig signed that its head says."""
    signature: Mapped[str | None] = mapped_column(String(128))
    made_utc: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="open")
    """open, done, or refused."""
    why_refused: Mapped[str] = mapped_column(Text, default="")
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))


class Job(Table):
    """Something to be computed in the background; kept until it is done."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "priority", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    session_id: Mapped[str] = mapped_column(ForeignKey(OF_SESSION, ondelete="CASCADE"), index=True)
    correction_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    priority: Mapped[int] = mapped_column(default=0)
    """Lower comes first: 0 somebody waits, 1 a new recording, 2 a recomputation."""
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    """waiting, or running."""
    tries: Mapped[int] = mapped_column(default=0)
