"""Recordings that wait to be uploaded: a folder with a ticket for each.

Takes finished recordings, gives what still has to go and what was refused; leaves sending to
`mr.review.live.upload`. A ticket is a small file beside no copy: the recording stays where it is,
and a ticket goes when the server has the whole file. So a rig may be switched off at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from mr.config import Strict, parse
from mr.errors import ConfigError, RecordingError
from mr.files import write_whole
from mr.review.live.frames import RECORDING_ID

CHUNK = 1 << 20


class Ticket(Strict):
    """One recording that has to go to a server."""

    schema_id: Literal["mrcpr.upload/1"] = Field(default="mrcpr.upload/1", alias="schema")
    recording_id: Annotated[str, Field(pattern=RECORDING_ID)]
    path: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(gt=0)]
    course_id: str | None = None
    refused: str | None = None
    """Why the server did not take it; it is not sent again until somebody asks."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The tickets of one rig for one server."""

    folder: Path

    def put(self, path: Path, recording_id: str, course_id: str | None = None) -> Ticket:
        """Note a finished recording.

        Raises
        ------
        RecordingError
            When it cannot be read.
        OSError
            When the ticket cannot be written.
        """
        sha256, size = _digest(path)
        ticket = parse(
            Ticket,
            {
                "schema": "mrcpr.upload/1",
                "recording_id": recording_id,
                "path": str(path.resolve()),
                "sha256": sha256,
                "size": size,
                "course_id": course_id,
            },
            str(path),
        )
        self.keep(ticket)
        return ticket

    def keep(self, ticket: Ticket) -> None:
        """Write a ticket, in place of an older one of the same recording."""
        text = ticket.model_dump_json(indent=2, by_alias=True)
        write_whole(self._file(ticket), text.encode())

    def done(self, ticket: Ticket) -> None:
        """Take out what has arrived."""
        self._file(ticket).unlink(missing_ok=True)

    def _file(self, ticket: Ticket) -> Path:
        return self.folder / f"{ticket.recording_id}.json"

    def tickets(self) -> Sequence[Ticket]:
        """Give all tickets, the oldest first; a damaged one is left out and stays."""
        found = []
        for path in self.folder.glob("rec-*.json"):
            try:
                data = json.loads(path.read_bytes())
                found.append((path.stat().st_mtime_ns, parse(Ticket, data, str(path))))
            except (OSError, ValueError, ConfigError):
                continue
        return [ticket for _, ticket in sorted(found, key=lambda pair: pair[0])]

    def waiting(self) -> Sequence[Ticket]:
        """Give what still has to go."""
        return [ticket for ticket in self.tickets() if ticket.refused is None]

    def refused(self) -> Sequence[Ticket]:
        """Give what the server did not take."""
        return [ticket for ticket in self.tickets() if ticket.refused is not None]


def _digest(path: Path) -> tuple[str, int]:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return digest.hexdigest(), file.tell()
    except OSError as error:
        raise RecordingError(
            f"{path}: cannot read this recording ({error.strerror}): it is not uploaded"
        ) from error
