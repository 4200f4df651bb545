"""Writes recordings anew: a cut one as a whole one, or one without its pictures.

Takes a recording's file, gives another one; messages are copied as they are, in their order. What
of a cut recording is missing stays said in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mcap.records import Attachment, Channel, Metadata, Schema
from mcap.writer import CompressionType, Writer

import mr
from mr.errors import RecordingError
from mr.files import is_there, whole_file
from mr.recording.container import Record, Walk
from mr.recording.header import RECORDING_SCHEMA
from mr.recording.reader import REPAIR_METADATA, Recording, open_recording
from mr.types import ColorFrame

Head = dict[str, str]
WITHOUT_COLOR = 2
"""The storage level of a recording that has had its colour pictures taken out."""


def repair(path: Path, out: Path) -> Recording:
    """Write a whole recording from a cut one.

    Raises
    ------
    RecordingError
        When `path` is no recording, or `out` exists or cannot be written.
    """
    return _anew(path, out, lambda head: head, frozenset())


def without_pictures(path: Path, out: Path) -> Recording:
    """Write a recording without its colour pictures: what was found in them stays.

    Raises
    ------
    RecordingError
        When `path` is no recording, or `out` exists or cannot be written.
    """
    return _anew(path, out, _at_a_lower_level, frozenset({ColorFrame.__name__}))


def _at_a_lower_level(head: Head) -> Head:
    said = json.loads(head["header"])
    level = min(said["storage_level"], WITHOUT_COLOR)
    session = {**said["session"], "storage_level": level}
    return {**head, "header": json.dumps({**said, "storage_level": level, "session": session})}


def _anew(
    path: Path, out: Path, head: Callable[[Head], Head], left_out: frozenset[str]
) -> Recording:
    source = open_recording(path)
    if is_there(out):
        raise RecordingError(f"{out}: exists already: give the new file another name")
    try:
        with whole_file(out) as target, path.open("rb") as file:
            copier = _Copier(_new(target), source.why_incomplete, head, left_out)
            copier.copy(Walk(file).records())
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        raise RecordingError(
            f"{out}: cannot write the recording anew ({error.strerror or error}): "
            "free some space or choose another folder"
        ) from error
    return open_recording(out)


def _new(target: IO[bytes]) -> Any:
    # Any: half of the methods of mcap's writer have no types.
    writer: Any = Writer(target, compression=CompressionType.ZSTD)
    writer.start(profile="mrcpr", library=f"mrcpr {mr.__version__}")
    return writer


@dataclass(slots=True)
class _Copier:
    """Copies records into a new file, with other ids where it must be."""

    writer: Any
    why_incomplete: str
    head: Callable[[Head], Head]
    left_out: frozenset[str]
    """Layouts whose messages stay behind."""
    schemas: dict[int, int] = field(default_factory=lambda: {0: 0})
    channels: dict[int, int] = field(default_factory=dict)
    behind: set[int] = field(default_factory=set)
    """Ids of layouts whose messages stay behind."""
    said: bool = False

    def copy(self, records: Iterator[Record]) -> None:
        for record in records:
            if isinstance(record, (Metadata, Attachment)):
                self._part(record)
                continue
            self._say_why()
            if isinstance(record, Schema):
                self._layout(record)
            elif isinstance(record, Channel):
                self._channel(record)
            elif record.channel_id in self.channels:
                self.writer.add_message(
                    self.channels[record.channel_id],
                    record.log_time,
                    record.data,
                    record.publish_time,
                    record.sequence,
                )
        self._say_why()
        self.writer.finish()

    def _say_why(self) -> None:
        """Say it beside the head, so that opening need not read the whole file to find it."""
        if not self.said and self.why_incomplete:
            self.writer.add_metadata(REPAIR_METADATA, {"why": self.why_incomplete})
        self.said = True

    def _part(self, record: Metadata | Attachment) -> None:
        if isinstance(record, Metadata):
            # One of the same name further on is what nobody reads.
            is_head = record.name == RECORDING_SCHEMA and not self.said
            said = self.head(record.metadata) if is_head else record.metadata
            self.writer.add_metadata(record.name, said)
        else:
            self.writer.add_attachment(
                record.create_time, record.log_time, record.name, record.media_type, record.data
            )

    def _layout(self, record: Schema) -> None:
        if record.name in self.left_out:
            self.behind.add(record.id)
        else:
            self.schemas[record.id] = self.writer.register_schema(
                record.name, record.encoding, record.data
            )

    def _channel(self, record: Channel) -> None:
        if record.schema_id not in self.behind:
            self.channels[record.id] = self.writer.register_channel(
                record.topic,
                record.message_encoding,
                self.schemas.get(record.schema_id, 0),
                record.metadata,
            )
