"""Whether a file that somebody sent may be taken in as a recording.

Takes a file's path and limits, gives an `Accepted` or refuses with words for a person. Nothing
of the file is trusted: what it would unpack to is added up from its blocks' heads before any is
unpacked, each block is bounded by `mr.recording.container`, and every text in it that is ever
shown is free of what steers a terminal or a page. Leaves signatures, where the file is kept and
judging it to others.

A recording whose rig lost its power is cut: it is accepted, and `Accepted.why_incomplete` says
so. One that is damaged is refused, for what was written is still on its rig.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import zstandard
from mcap.opcode import Opcode
from mcap.records import Channel, Message, Schema

from mr.errors import RecordingError
from mr.recording.container import MAX_BLOCK_BYTES, Block, Walk, chunk_head
from mr.recording.harmless import harmless
from mr.recording.reader import Recording, open_recording
from mr.types import ColorFrame, DepthFrame

HEADS = (Opcode.METADATA, Opcode.ATTACHMENT)
RECORDING_ID = re.compile(r"rec-[0-9a-f]{16}")
MAX_HEADS = 32
"""Metadata and attachments; a recording has one of each, repaired or not two."""
MAX_HEAD_BYTES = 512 << 10
"""A rig has 40 kB, most of it the points of its chest."""
READ_BYTES = 1 << 20
SEND_AGAIN = "send it again from its rig"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a recording may be; an hour of the mannequin is 20 MB and of depth 60 GB."""

    file_bytes: int = 4 << 30
    unpacked_bytes: int = 16 << 30
    ratio: float = 100.0
    """Of what a file unpacks to, to its size; recordings have 2 to 5."""
    channels: int = 1000
    messages: int = 20_000_000
    seconds: float = 86_400.0


ORDINARY = Limits()


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an accepted recording says of itself; nothing here is a name."""

    recording_id: str
    sha256: str
    """Of the file."""
    size_bytes: int
    unpacked_bytes: int
    n_messages: int
    duration_s: float
    """From its first sample to its last, all that came before the start with it."""
    made_utc: datetime
    software: str
    kind: str
    """``sim`` or ``live``."""
    storage_level: int
    learner_id: str
    mode: str
    attempt: str
    guideline_id: str
    rig_name: str
    rig_sha256: str
    why_incomplete: str
    """Why it ends early; empty for a whole one."""


def accept(path: Path, limits: Limits = ORDINARY) -> Accepted:
    """Check a file from its first byte to its last.

    Raises
    ------
    RecordingError
        When it is no recording, damaged, too large, newer than this program, or made to do
        harm. The message names the file by its last part only.
    """
    try:
        return _accept(path, limits)
    except RecordingError as error:
        words = str(error).replace(str(path), harmless(path.name))
        raise RecordingError(words) from error
    except OSError as error:
        raise RecordingError(
            f"{harmless(path.name)}: cannot read this file ({error.strerror}): {SEND_AGAIN}"
        ) from error


def _accept(path: Path, limits: Limits) -> Accepted:
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise RecordingError(
            f"{path}: {_mib(size)} is more than a recording may have here "
            f"({_mib(limits.file_bytes)}): an administrator can raise the limit"
        )
    with path.open("rb") as file:
        unpacked = _unpacks_to(path, file, size, limits)
        file.seek(0)
        sha256 = _sha256(file)
    recording = open_recording(path)
    made_utc = _head_checked(recording)
    n_messages, duration_s, why = _content_checked(recording, limits)
    header, session = recording.header, recording.header.session
    return Accepted(
        recording_id=header.recording_id,
        sha256=sha256,
        size_bytes=size,
        unpacked_bytes=unpacked,
        n_messages=n_messages,
        duration_s=duration_s,
        made_utc=made_utc,
        software=header.software,
        kind=header.kind,
        storage_level=header.storage_level,
        learner_id=session.learner_id,
        mode=session.mode.value,
        attempt=session.attempt.value,
        guideline_id=header.guideline_id,
        rig_name=recording.rig.name,
        rig_sha256=header.rig_sha256,
        why_incomplete=why or recording.repaired,
    )


# --- before anything is unpacked --------------------------------------------------------


def _unpacks_to(path: Path, file: BinaryIO, size: int, limits: Limits) -> int:
    """Add up what the blocks say that they unpack to; refuse more than a recording has."""
    total = n_heads = 0
    for block in Walk(file).blocks():
        n_heads += block.opcode in HEADS
        if n_heads > MAX_HEADS:
            raise RecordingError(
                f"{path}: more heads and attachments than any recording has: it is damaged or "
                "made to do harm"
            )
        total += _block_unpacks_to(path, file, block)
        if total > limits.unpacked_bytes or total > limits.ratio * size + MAX_BLOCK_BYTES:
            raise RecordingError(
                f"{path}: unpacks to more than any recording of its size ({_mib(size)}): "
                "it is damaged or made to do harm"
            )
    return total


def _block_unpacks_to(path: Path, file: BinaryIO, block: Block) -> int:
    if block.opcode != Opcode.CHUNK and block.opcode not in HEADS:
        return 0
    if block.length > (MAX_HEAD_BYTES if block.opcode in HEADS else MAX_BLOCK_BYTES):
        raise RecordingError(
            f"{path}: a block of {_mib(block.length)} at byte {block.at} is larger than any of a "
            "recording: it is damaged or made to do harm"
        )
    if block.opcode != Opcode.CHUNK:
        return block.length
    head = chunk_head(file, block)
    if head is None:
        return block.length  # cut, damaged or packed by another program: the reader says which
    told, frame = head
    try:
        really = zstandard.frame_content_size(frame)
    except zstandard.ZstdError:
        really = -1
    if max(told, really) > MAX_BLOCK_BYTES:
        raise RecordingError(
            f"{path}: a block at byte {block.at} unpacks to {_mib(max(told, really))}, more than "
            "any of a recording: it is damaged or made to do harm"
        )
    return max(told, block.length)


def _sha256(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while data := file.read(READ_BYTES):
        found.update(data)
    return found.hexdigest()


# --- what it says of itself -------------------------------------------------------------


def _head_checked(recording: Recording) -> datetime:
    """Refuse a head or a rig with texts that no rig writes; give when it was made."""
    path, header = recording.path, recording.header
    if not RECORDING_ID.fullmatch(header.recording_id):
        raise RecordingError(f"{path}: its id is none that mrcpr gives: {SEND_AGAIN}")
    for name, data in (("head", header.to_json()), ("rig", recording.rig.model_dump(mode="json"))):
        for text in _texts(data):
            if not text.replace("\n", "").isprintable():
                raise RecordingError(
                    f"{path}: its {name} holds a text that cannot be shown "
                    f"({harmless(text)[:40]}): it is damaged or made to do harm"
                )
    try:
        made_utc = datetime.fromisoformat(header.made_utc)
    except ValueError as error:
        raise RecordingError(
            f"{path}: it says that it was made at {header.made_utc[:40]!r}, which is no time: "
            f"{SEND_AGAIN}"
        ) from error
    if made_utc.tzinfo is None:
        raise RecordingError(f"{path}: the time at which it was made has no zone: {SEND_AGAIN}")
    return made_utc


def _texts(data: Any) -> Iterator[str]:
    """Give every text in JSON values, keys too."""
    todo = [data]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            todo += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            todo += one


# --- what it holds ----------------------------------------------------------------------


def _content_checked(recording: Recording, limits: Limits) -> tuple[int, float, str]:
    """Read it to its end; give how many messages, for how long, and why it ends early."""
    path = recording.path
    channels: set[int] = set()
    n_messages, first_ns, last_ns = 0, None, 0
    with path.open("rb") as file:
        walk = Walk(file)
        for record in walk.records():
            if isinstance(record, Message):
                n_messages += 1
                last_ns = max(last_ns, record.log_time)
                first_ns = min(record.log_time, record.log_time if first_ns is None else first_ns)
            elif isinstance(record, Channel | Schema):
                _name_checked(path, record)
                channels.add(record.id)
            if n_messages > limits.messages or len(channels) > limits.channels:
                raise RecordingError(
                    f"{path}: more samples or channels than any recording has: it is damaged or "
                    "made to do harm"
                )
        if walk.damaged:
            raise RecordingError(f"{path}: {walk.why}: {SEND_AGAIN}")
    duration_s = 0.0 if first_ns is None else (last_ns - first_ns) / 1e9
    if n_messages == 0:
        raise RecordingError(f"{path}: this recording holds no samples: there is nothing to review")
    if duration_s > limits.seconds:
        raise RecordingError(
            f"{path}: its samples span {duration_s / 3600:.0f} hours, which no session does: "
            "it is damaged or made to do harm"
        )
    # Pictures are unpacked one at a time when they are needed, each of them bounded.
    for _ in recording.blocks(without=(DepthFrame, ColorFrame)):
        pass
    return n_messages, duration_s, walk.why


def _name_checked(path: Path, record: Channel | Schema) -> None:
    texts = [record.name] if isinstance(record, Schema) else [record.topic, record.message_encoding]
    if isinstance(record, Channel):
        texts += _texts(record.metadata)
    for text in texts:
        if not text.isprintable():
            raise RecordingError(
                f"{path}: one of its channels is named {harmless(text)[:40]!r}, which cannot be "
                "shown: it is damaged or made to do harm"
            )


def _mib(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:,.1f} MiB"
