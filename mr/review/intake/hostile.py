"""Whether a file may be taken in (to come)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mr.recording.header import RecordingHeader
from mr.recording.reader import open_recording


@dataclass(frozen=True, slots=True)
class Accepted:
    """A recording that may be taken in."""

    header: RecordingHeader
    why_incomplete: str


def check_recording(path: Path, name: str, max_bytes: int) -> Accepted:
    """Check a file."""
    recording = open_recording(path)
    return Accepted(recording.header, recording.why_incomplete)
