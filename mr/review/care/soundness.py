"""Whether a review is whole: its audit, its recordings, its analyses, its rigs' signatures.

Takes an archive, gives all that is wrong in it, in words; changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import zstandard
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, undefer

from mr.review.archive import Archive
from mr.review.care.backup import Told, untold
from mr.review.intake.catalogue import analysis_text
from mr.review.intake.uploads import sha256_of
from mr.review.live.signing import SignatureError, require_recording
from mr.review.store import audit
from mr.review.store.rigs import EnrolledRig
from mr.review.store.sessions import Analysis, Job, Recorded

SCHEMA = "mrcpr.review-verify/1"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    kind: str
    """audit, missing, damaged, stray, signature, or analysis."""
    about: str
    """kind:ID of what it is wrong with, or a file's name."""
    words: str


@dataclass(slots=True)
class Soundness:
    """What was looked at, and what is wrong."""

    n_audit_entries: int
    audit_sha256: str
    """Of the chain's last entry, to be kept elsewhere: a chain made anew does not hold it."""
    n_sessions: int = 0
    n_signed: int = 0
    faults: list[Fault] = field(default_factory=list)


def verify(archive: Archive, told: Told = untold) -> Soundness:
    """Look at everything."""
    with archive.database.reading() as session:
        told("the audit", 0, 1)
        verdict = audit.verify(session)
        found = Soundness(verdict.n_entries, verdict.last_sha256)
        if verdict.broken_at is not None:
            words = "was changed, or does not follow the one before it: it is not to be trusted"
            found.faults.append(Fault("audit", f"entry:{verdict.broken_at}", words))
        sessions = session.scalars(select(Recorded).order_by(Recorded.made_utc)).all()
        keys = {rig.id: rig.public_key for rig in session.scalars(select(EnrolledRig))}
        for k, recorded in enumerate(sessions):
            told("recordings", k, len(sessions))
            found.n_sessions += 1
            found.n_signed += recorded.signature is not None
            found.faults += _of_file(archive, recorded)
            found.faults += _of_signature(recorded, keys)
            found.faults += _of_analysis(session, recorded)
    found.faults += _strays(archive)
    return found


def _of_file(archive: Archive, recorded: Recorded) -> Iterator[Fault]:
    path = archive.recording_path(recorded.sha256)
    about = f"session:{recorded.id}"
    try:
        size, sha256 = path.stat().st_size, sha256_of(path)
    except OSError as error:
        words = f"its file cannot be read ({error.strerror}): restore {path.name} from a backup"
        yield Fault("missing", about, words)
        return
    if (size, sha256) != (recorded.size_bytes, recorded.sha256):
        words = f"its recording is not what came in: restore {path.name} from a backup"
        yield Fault("damaged", about, words)


def _of_signature(recorded: Recorded, keys: dict[str, str]) -> Iterator[Fault]:
    rig_id, signature = recorded.rig_id, recorded.signature
    if rig_id is None or signature is None or rig_id not in keys:
        return
    try:
        require_recording(
            keys[rig_id], rig_id, recorded.recording_id,
            recorded.pictured_sha256 or recorded.sha256, signature,
        )  # fmt: skip
    except SignatureError:
        words = "its rig's signature does not fit its recording: do not trust its numbers"
        yield Fault("signature", f"session:{recorded.id}", words)


def _of_analysis(session: Session, recorded: Recorded) -> Iterator[Fault]:
    about = f"session:{recorded.id}"
    if recorded.state == "waiting" or recorded.analysis_id is None:
        waits = session.scalar(select(exists().where(Job.session_id == recorded.id)))
        if recorded.state == "waiting" and not waits:
            yield Fault("analysis", about, "waits to be analysed, and nothing is to do it")
        return
    packed = [undefer(Analysis.json_zstd)]
    row = session.get(Analysis, recorded.analysis_id, options=packed, populate_existing=True)
    if row is None or row.session_id != recorded.id:
        yield Fault("analysis", about, "its analysis is not there")
        return
    words = _unreadable(row)
    if words:
        yield Fault("analysis", about, f"its analysis cannot be read: {words}")
    session.expunge(row)  # one in memory at a time


def _unreadable(row: Analysis) -> str:
    try:
        analysis: Any = json.loads(analysis_text(row))
    except (zstandard.ZstdError, ValueError) as error:
        return str(error)
    return "" if analysis.get("software") == row.software else "it is another software's"


def _strays(archive: Archive) -> Iterator[Fault]:
    """Find files that no session names; read after all files, for one may come in meanwhile."""
    files = list(archive.recordings())
    with archive.database.reading() as session:
        named = set(session.scalars(select(Recorded.sha256)))
    for path in files:
        if path.stem not in named:
            words = "no session names this file: the next start of `mrcpr review` removes it"
            yield Fault("stray", path.name, words)
