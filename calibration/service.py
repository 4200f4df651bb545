"""A rig's service log: what was done to it, by whom, and what is due when.

Takes entries, appends them to a file beside the rig file, one JSON object a line; gives what
is due. An entry is never changed: a mistake is put right by a later one. Leaves the intervals
to the lab: those here are defaults (docs/guides/technician/acceptance.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import AwareDatetime

from calibration.lines import append_line, read_lines
from mr.config import Strict
from mr.validity import RECALIBRATE_AFTER_DAYS


class Work(StrEnum):
    """What can be done to a rig."""

    CALIBRATION = "calibration"
    CHECK = "check"
    ACCEPTANCE = "acceptance"
    HYGIENE = "hygiene"
    REPAIR = "repair"
    NOTE = "note"


INTERVAL_DAYS = {
    Work.CHECK: 1,
    Work.HYGIENE: 1,
    Work.CALIBRATION: RECALIBRATE_AFTER_DAYS,
    Work.ACCEPTANCE: 365,
}
"""Due again after so long, in days of use or of the calendar: ours. A repair makes calibration
and acceptance due at once."""


class Entry(Strict):
    """One thing that was done."""

    made_utc: AwareDatetime
    work: Work
    operator: str
    passed: bool | None = None
    """None where there is nothing to pass."""
    text: str = ""
    files: tuple[str, ...] = ()
    """Reports and evidence, beside the rig file."""


class Due(Strict):
    """When something has to be done again."""

    work: Work
    last_utc: AwareDatetime | None
    """None: never done."""
    due_utc: AwareDatetime | None
    """None: now."""
    undone_utc: AwareDatetime | None = None
    """When a repair or a failure undid what was done last."""

    def overdue(self, now: datetime) -> bool:
        """Whether it should have been done by now."""
        return self.due_utc is None or self.due_utc <= now


def service_path(rig: Path) -> Path:
    """Tell where the log of a rig file is: ``rig.service.jsonl`` beside ``rig.toml``."""
    return rig.with_name(f"{rig.stem}.service.jsonl")


def log_service(rig: Path, entry: Entry) -> None:
    """Append an entry, whole, and have it on the disk before it returns.

    Raises
    ------
    CalibrationError
        When the log cannot be written.
    """
    append_line(
        service_path(rig),
        entry,
        "the service log",
        "the work was done, but it is noted nowhere; make the file writable and note it with "
        "`mrcpr calibrate service`",
    )


def read_service(rig: Path) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Give a rig's entries in their order, and words for lines that cannot be read."""
    return read_lines(service_path(rig), Entry, "the service log")


def due_work(entries: Sequence[Entry]) -> tuple[Due, ...]:
    """Tell when each regular work is due, by what was done and passed last."""
    undone = max((e.made_utc for e in entries if _undoes(e)), default=None)
    found = []
    for work, days in INTERVAL_DAYS.items():
        done = [e.made_utc for e in entries if e.work is work and e.passed is not False]
        last = max(done, default=None)
        gone = last is not None and undone is not None and last < undone
        undone_now = undone if gone and work is not Work.HYGIENE else None
        due = None if last is None or undone_now else last + timedelta(days=days)
        found.append(Due(work=work, last_utc=last, due_utc=due, undone_utc=undone_now))
    return tuple(found)


def _undoes(entry: Entry) -> bool:
    """A repair undoes what was proved before it, and so does a failure."""
    return entry.work is Work.REPAIR or (entry.work is not Work.NOTE and entry.passed is False)
