"""What a session tells of its rig's drift, noted beside the rig file.

Takes a finished session, appends its readings to the rig's drift log and prints a line for
each trend that warns. Nothing here ends or fails a session: it is over, and whole.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from mr.clock.host import wall_now_utc
from mr.errors import MrError
from mr.rig import rig_sha256
from mr.session.offline import Rerun


def note_drift(rig: Path, again: Rerun, console: Console) -> None:
    """Log a session's readings beside its rig file; say what they foretell."""
    readings = again.pipeline.drift()
    if not readings:
        return
    from calibration.drift_log import DriftEntry, log_drift, read_drift, trends

    try:
        sha256 = rig_sha256(again.recording.rig)
        log_drift(rig, DriftEntry.of(readings, wall_now_utc(), sha256))
        entries, _ = read_drift(rig)
        told = [trend.words for trend in trends(entries) if trend.words]
    except (MrError, OSError) as error:
        console.print(f"[yellow]![/] {escape(str(error))}")
        return
    for words in told:
        console.print(f"[yellow]![/] {escape(words)}")
