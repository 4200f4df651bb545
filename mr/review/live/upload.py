"""Recordings go to the server: resumed where they stopped, taken once.

Takes tickets of an outbox, sends their files; leaves the tickets' folder to
`mr.review.live.outbox`. Each upload begins with the same question, which the server answers with
how much it has: so nothing need be remembered here about what was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mr.errors import MrError
from mr.review.live.background import InBackground, Patience
from mr.review.live.outbox import Outbox, Ticket
from mr.review.live.server_link import Answer, AwayError, ServerLink
from mr.review.live.signing import Signer

PART = 1 << 20
"""Bytes of one request, at most."""
REFUSALS = {400, 403, 404, 409, 410, 413, 415, 422}
"""Answers about this recording; all others are about the server or the rig, and pass."""
STALLS = 3
"""So often in a row the server may say that it is elsewhere in the file."""


class RefusedError(MrError):
    """A recording that the server does not take, and why."""


def upload(link: ServerLink, signer: Signer, ticket: Ticket, sent: Callable[[int], None]) -> None:
    """Send one recording to its end; `sent` is told how much the server has.

    Raises
    ------
    RefusedError
        When the server does not take this recording.
    AwayError
        When it cannot be reached, or takes nothing now.
    """
    asked = {
        "sha256": ticket.sha256,
        "size": ticket.size,
        "recording_id": ticket.recording_id,
        "name": Path(ticket.path).name,
        "signature": signer.recording(ticket.recording_id, ticket.sha256),
        "course_id": ticket.course_id,
    }
    begun = _taken(link.ask_json("POST", "/api/uploads", asked))
    upload_id, offset, complete = _stand(begun, ticket)
    stalls = 0
    while not complete:
        sent(offset)
        part = _part(ticket, offset)
        answer = link.ask(
            "PATCH",
            f"/api/uploads/{upload_id}",
            part,
            {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)},
        )
        if answer.status == 409 and answer.code == "offset":
            stalls += 1
            if stalls > STALLS:
                raise AwayError("the server does not go on in the file: it is tried again later")
        else:
            _taken(answer)
            stalls = 0
        _, offset, complete = _stand({"upload_id": upload_id, **answer.body}, ticket)
    sent(ticket.size)


def _taken(answer: Answer) -> dict[str, Any]:
    if answer.ok:
        return answer.body
    if answer.status in REFUSALS:
        raise RefusedError(answer.words)
    raise AwayError(answer.words)


def _stand(body: dict[str, Any], ticket: Ticket) -> tuple[str, int, bool]:
    """Read how much the server has."""
    upload_id, offset = body.get("upload_id"), body.get("offset")
    complete = body.get("complete") is True
    plain = isinstance(upload_id, str) and upload_id.replace("-", "").isalnum()
    if complete:
        return str(upload_id), ticket.size, True
    if not plain or type(offset) is not int or not 0 <= offset <= ticket.size:
        raise AwayError("the server's answer means nothing: is it of another version?")
    if offset == ticket.size:
        raise AwayError("the server has the whole file and does not say that it is complete")
    return str(upload_id), offset, False


def _part(ticket: Ticket, offset: int) -> bytes:
    try:
        with Path(ticket.path).open("rb") as file:
            file.seek(offset)
            part = file.read(min(PART, ticket.size - offset))
    except OSError as error:
        raise RefusedError(
            f"{ticket.path}: cannot read this recording ({error.strerror})"
        ) from error
    if not part:
        raise RefusedError(f"{ticket.path}: this recording is shorter than it was")
    return part


class Uploader(InBackground):
    """Empties an outbox; `told` hears in words what has become of a recording."""

    NAME = "mrcpr-upload"
    PATIENCE = Patience(first_s=1.0, longest_s=60.0, rest_s=None, leaves_within_s=5.0)
    """A part that takes longer than it waits for is broken off, and sent again another time."""

    def __init__(
        self, outbox: Outbox, link: ServerLink, signer: Signer, told: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._outbox, self._link, self._signer, self._told = outbox, link, signer, told

    def send(self) -> bool:
        """Send what waits in the outbox; tell whether nothing of it is left to be tried again."""
        for ticket in self._outbox.waiting():
            try:
                self._send(ticket)
            except (AwayError, OSError):  # the server's or this machine's disk; both may pass
                return False
        return True

    def _send(self, ticket: Ticket) -> None:
        try:
            upload(self._link, self._signer, ticket, lambda _offset: self._go_on())
        except RefusedError as error:
            self._outbox.keep(ticket.model_copy(update={"refused": str(error)}))
            self._told(f"recording {ticket.recording_id} was refused: {error}")
        else:
            self._outbox.done(ticket)
            self._told(f"recording {ticket.recording_id} is uploaded")

    def _go_on(self) -> None:
        if self.ends:
            raise AwayError("this rig is leaving")
