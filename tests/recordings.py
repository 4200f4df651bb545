"""What a recording holds while it is still being written."""

from __future__ import annotations

import time
from pathlib import Path

from mr.errors import RecordingError
from mr.recording.reader import open_recording

LOOK_S = 0.5


def holds(path: Path, kind: type) -> bool:
    """Tell whether a sample of that kind has been written; takes its time, as the writer does."""
    time.sleep(LOOK_S)
    try:
        return any(isinstance(sample, kind) for sample in open_recording(path).samples())
    except RecordingError:  # not even its beginning is there
        return False
