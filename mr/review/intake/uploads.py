"""Recordings on their way in: in pieces, that a broken connection resumes and a kill does not lose.

Takes who sends what (its SHA-256 and size, said before the first byte), gives an upload; takes
pieces at their offsets; with the last one the file is checked and comes into the catalogue, or is
refused with the reason. What has come so far is the length of a file on the disk, nothing else.
The same file sent again is answered with the session that it is.
"""

from __future__ import annotations

import errno
import hashlib
import re
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.errors import MrError, RecordingError
from mr.recording.harmless import harmless
from mr.review.archive import Archive
from mr.review.intake.accept import Accepted, Limits, accept
from mr.review.intake.admission import class_for, require_admissible
from mr.review.intake.catalogue import Arrived, enter
from mr.review.store.audit import note
from mr.review.store.sessions import Recorded, Upload

SHA256 = r"^[0-9a-f]{64}$"
PIECE_BYTES = 1024 * 1024
READ_BYTES = 1 << 20
State = Literal["open", "done", "refused"]


class DiskFullError(MrError):
    """No room for what is sent; nothing was changed."""


class WrongOffsetError(MrError):
    """A piece that does not follow what is there."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the upload stands at {offset} bytes: go on from there")
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: a rig, or a person by hand."""

    actor: str
    rig_id: str | None = None
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody wants to send."""

    sha256: str
    size_bytes: int
    name: str
    course_id: str | None = None
    recording_id: str | None = None
    """What its head has to say; None: whatever it says."""
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is."""

    upload_id: str
    state: State
    offset: int
    session_id: str | None = None
    why_refused: str = ""


class Uploads:
    """All uploads of an archive."""

    def __init__(self, archive: Archive, max_bytes: int) -> None:
        self._archive, self._max_bytes = archive, max_bytes
        self._locks: dict[str, threading.Lock] = {}
        self._of_locks = threading.Lock()

    def begin(self, sender: Sender, offer: Offer) -> Progress:
        """Begin an upload, go on with one that was begun, or tell that the file is there.

        Raises
        ------
        RecordingError
            When it is too large, or its hash is none.
        DiskFullError
            When there is no room for it.
        """
        if not re.match(SHA256, offer.sha256):
            raise RecordingError("sha256: write 64 hex digits, in lower case")
        if not 0 < offer.size_bytes <= self._max_bytes:
            raise RecordingError(
                f"{harmless(offer.name)}: {offer.size_bytes} bytes: a recording has at most "
                f"{self._max_bytes}"
            )
        with self._archive.database.writing() as session:
            there = session.scalars(
                select(Recorded.id).where(
                    or_(
                        Recorded.sha256 == offer.sha256,
                        Recorded.pictured_sha256 == offer.sha256,
                    )
                )
            ).first()
            upload = session.scalars(
                select(Upload).where(
                    Upload.sha256 == offer.sha256,
                    Upload.rig_id == sender.rig_id,
                    Upload.person_id == sender.person_id,
                    Upload.state == "open",
                )
            ).first()
            if upload is None:
                if there is None:
                    self._require_room(offer.size_bytes)
                upload = _new_upload(sender, offer)
                session.add(upload)
                session.flush()
            if there is not None:
                upload.state, upload.session_id = "done", there
                return Progress(upload.id, "done", upload.size_bytes, there)
            upload_id, offset = upload.id, self._offset(upload.id)
        if offset == offer.size_bytes:  # whole, and a kill came before it was brought in
            finished = self.append(sender, upload_id, offset, b"")
            return finished or Progress(upload_id, "open", offset)
        return Progress(upload_id, "open", offset)

    def progress(self, sender: Sender, upload_id: str) -> Progress | None:
        """Tell how far an upload is; None: there is none of this sender."""
        with self._archive.database.reading() as session:
            upload = _own(session, sender, upload_id)
            if upload is None:
                return None
            open_ = upload.state == "open"
            offset = self._offset(upload_id) if open_ else upload.size_bytes
            state = cast(State, upload.state)
            return Progress(upload_id, state, offset, upload.session_id, upload.why_refused)

    def append(self, sender: Sender, upload_id: str, offset: int, data: bytes) -> Progress | None:
        """Take a piece; the last one (an empty one, too) brings the recording in.

        Raises
        ------
        WrongOffsetError
            When the piece does not follow what is there.
        RecordingError
            When the whole file is not what was offered, or no recording to take in.
        DiskFullError
            When there was no room; nothing of the piece was kept.
        """
        with self._lock(upload_id):
            now = self.progress(sender, upload_id)
            if now is None or now.state != "open":
                return now
            with self._archive.database.reading() as session:
                upload = session.get_one(Upload, upload_id)
            if offset != now.offset:
                raise WrongOffsetError(now.offset)
            if offset + len(data) > upload.size_bytes:
                raise RecordingError(
                    f"{upload.source_name}: more bytes than the {upload.size_bytes} offered"
                )
            self._write(upload_id, offset, data)
            if offset + len(data) < upload.size_bytes:
                return Progress(upload_id, "open", offset + len(data))
            return self._finish(sender, upload)

    def _finish(self, sender: Sender, upload: Upload) -> Progress:
        part = self._archive.upload_path(upload.id)
        try:
            accepted = self._checked(part, upload)
            return self._bring_in(sender, upload, part, accepted)
        except RecordingError as error:
            self._refuse(sender, upload, part, str(error))
            raise
        except OSError as error:
            raise _no_room(error) from error

    def _checked(self, part: Path, upload: Upload) -> Accepted:
        if sha256_of(part) != upload.sha256:
            raise RecordingError(
                f"{upload.source_name}: damaged on the way: its SHA-256 is not the one offered; "
                "send it again"
            )
        try:
            accepted = accept(part, Limits(file_bytes=self._max_bytes))
        except RecordingError as error:
            words = str(error).replace(part.name, upload.source_name)
            raise RecordingError(words) from error
        said = accepted.recording_id
        if upload.recording_id is not None and said != upload.recording_id:
            raise RecordingError(
                f"{upload.source_name}: its head says {said} and the offer {upload.recording_id}: "
                "it is not the recording that was signed"
            )
        self._archive.settle(part)
        return accepted

    def _bring_in(self, sender: Sender, upload: Upload, part: Path, accepted: Accepted) -> Progress:
        arrived = Arrived(
            accepted=accepted,
            name=upload.source_name,
            course_id=upload.course_id,
            rig_id=upload.rig_id,
            signature=upload.signature,
            brought_by=upload.person_id,
        )
        try:
            return self._entered(sender, upload, part, arrived)
        except BaseException:
            self._archive.put_back(part, upload.sha256)  # to be sent no second time
            raise

    def _entered(self, sender: Sender, upload: Upload, part: Path, arrived: Arrived) -> Progress:
        with self._archive.database.writing() as session:
            require_admissible(session, arrived.accepted, upload.source_name)
            if sender.rig_id is not None:
                learner_id = arrived.accepted.learner_id
                course_id = class_for(session, learner_id, sender.rig_id, arrived.course_id)
                arrived = replace(arrived, course_id=course_id)
            recorded, _ = enter(session, arrived)
            kept = session.get_one(Upload, upload.id)
            kept.state, kept.session_id = "done", recorded.id
            note(session, sender.actor, "session.brought", f"session:{recorded.id}",
                 sha256=upload.sha256, signed=upload.signature is not None)  # fmt: skip
            session.flush()
            self._archive.take_in(part, upload.sha256)  # the catalogue names it after it is there
            return Progress(upload.id, "done", upload.size_bytes, recorded.id)

    def _refuse(self, sender: Sender, upload: Upload, part: Path, why: str) -> None:
        with self._archive.database.writing() as session:
            kept = session.get_one(Upload, upload.id)
            kept.state, kept.why_refused = "refused", why
            note(session, sender.actor, "upload.refused", f"upload:{upload.id}")
        part.unlink(missing_ok=True)

    def _write(self, upload_id: str, offset: int, data: bytes) -> None:
        path = self._archive.upload_path(upload_id)
        try:
            with path.open("ab") as file:
                file.write(data)
        except OSError as error:
            with path.open("ab") as file:
                file.truncate(offset)
            raise _no_room(error) from error

    def _require_room(self, size_bytes: int) -> None:
        if not self._archive.has_room(size_bytes):
            raise DiskFullError(
                "the server's disk has too little room left for this recording: free some room "
                "and send it again"
            )

    def _offset(self, upload_id: str) -> int:
        path = self._archive.upload_path(upload_id)
        return path.stat().st_size if path.exists() else 0

    def _lock(self, upload_id: str) -> threading.Lock:
        with self._of_locks:
            return self._locks.setdefault(upload_id, threading.Lock())


def _no_room(error: OSError) -> MrError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return DiskFullError("the server's disk is full: free some room and send it again")
    return RecordingError(f"the server cannot keep this piece ({error.strerror}): try again")


def _new_upload(sender: Sender, offer: Offer) -> Upload:
    return Upload(
        rig_id=sender.rig_id,
        person_id=sender.person_id,
        course_id=offer.course_id,
        sha256=offer.sha256,
        size_bytes=offer.size_bytes,
        source_name=harmless(offer.name)[:200],
        recording_id=offer.recording_id,
        signature=offer.signature,
        made_utc=wall_now_utc(),
    )


def _own(session: Session, sender: Sender, upload_id: str) -> Upload | None:
    upload = session.get(Upload, upload_id)
    mine = upload is not None and (upload.rig_id, upload.person_id) == (
        sender.rig_id,
        sender.person_id,
    )
    return upload if mine else None


def sha256_of(path: Path) -> str:
    """Hash a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()
