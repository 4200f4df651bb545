"""The book of one rig's calibration: what is known, what was found, what is still to do.

Takes the rig file's path, gives the draft, the kit and the samples kept so far, and saves the
rig when it is whole; leaves measuring to `calibration.steps`. Everything is on the disk after
each step, so that a calibration can end at any instant and go on another day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from calibration.draft import RigDraft, load_draft, save_draft
from calibration.history import read_base, save_with_history
from calibration.kit import Kit, kit_path, load_kit
from calibration.locked import locked
from calibration.noting import with_records
from calibration.plan import BY_NAME, RECORDED_AS, Task, built_on, tasks_of
from calibration.record import Record
from calibration.steps.step import Done
from calibration.workbook import Workbook
from mr.config import parse
from mr.errors import CalibrationError, ConfigError
from mr.files import is_there, write_whole
from mr.rig import Rig
from mr.validity import Validity

RECORDS = "records"


def draft_path_of(path: Path) -> Path:
    """Tell where the draft of a rig file is kept."""
    return Workbook(path).folder / "draft.toml"


@contextmanager
def held_book(path: Path, operator: str | None, simulate: bool) -> Iterator[Book]:
    """Open the book of a rig that is calibrated now, and keep other programs from it meanwhile.

    Raises
    ------
    CalibrationError
        When another program is at it.
    ConfigError
        When there is no rig yet, or it is a real one and a simulated one was meant.
    """
    require_kind(Book(path, operator).draft, path, simulate)  # before a folder is made for it
    with ExitStack() as stack:
        folder = Workbook(path).folder
        try:
            stack.enter_context(locked(folder, f"calibrating {path}"))
        except OSError as error:
            raise ConfigError(
                f"{folder}: cannot be written in ({error.strerror}): choose another place for --rig"
            ) from error
        yield Book(path, operator)


def require_kind(draft: RigDraft, path: Path, simulate: bool) -> None:
    """Refuse a simulated technician for a real rig, and real devices for a simulated one.

    Raises
    ------
    ConfigError
        With what to leave out or add.
    """
    if simulate and draft.kind == "live":
        raise ConfigError(
            f"{path} is a real rig: a simulated technician cannot calibrate it; leave out "
            "--simulate, or name another file with --rig"
        )
    if not simulate and draft.kind == "sim":
        raise ConfigError(
            f"{path} is a simulated rig: add --simulate, or name another file with --rig"
        )


class Book:
    """A rig's calibration on the disk.

    Parameters
    ----------
    path
        Of the rig file, which may not be there yet.
    operator
        Who calibrates; None: as the kit says.

    Raises
    ------
    ConfigError
        When neither a rig file nor a draft is there.
    """

    def __init__(self, path: Path, operator: str | None = None) -> None:
        self.path = path
        self.workbook = Workbook(path)
        self.kit: Kit = load_kit(kit_path(path))
        if operator is not None:
            self.kit = self.kit.model_copy(update={"operator": operator})
        self.before: Rig | None = None
        self._base_sha256: str | None = None
        if is_there(path):
            base = read_base(path)
            self.before, self._base_sha256 = base.rig, base.sha256
        self.draft = self._begin()

    @property
    def draft_path(self) -> Path:
        """Where the draft is kept."""
        return draft_path_of(self.path)

    def _begin(self) -> RigDraft:
        if is_there(self.draft_path):
            draft = load_draft(self.draft_path)
            self._require_base(draft)
            return draft
        if self.before is not None:
            begun = RigDraft.of(self.before)
            return begun.model_copy(update={"base_sha256": self._base_sha256})
        raise ConfigError(
            f"{self.path}: no rig is here yet: begin one with `mrcpr calibrate new --rig "
            f"{self.path}`"
        )

    def _require_base(self, draft: RigDraft) -> None:
        """Refuse a draft of another rig file, unless it was just saved as this one."""
        if draft.base_sha256 == self._base_sha256:
            return
        if self.before is not None and not draft.missing() and draft.rig() == self.before:
            return
        raise CalibrationError(
            f"{self.draft_path} was begun from another {self.path} than is here now: move the "
            "draft away to begin from the present file, or put the file of that time back"
        )

    def note(self, task: Task, done: Done, inputs_sha256: dict[str, str]) -> None:
        """Take in what a step found: the draft, and its records for the report."""
        draft = with_records(done.draft, done.records, self.kit.operator, inputs_sha256)
        draft = draft.model_copy(update={"stale": self._stale(task.procedure.name, done.draft)})
        texts = [record.model_dump(mode="json") for record in done.records]
        save_draft(draft, self.draft_path)
        self.draft = draft
        self._write(self._records_path(task.key), json.dumps(texts))

    def _stale(self, name: str, now: RigDraft) -> tuple[str, ...]:
        """Name what has to be done again, for what it builds on has changed just now."""
        stale = [other for other in self.draft.stale if other != name]
        unchanged = now.model_copy(update={"provenance": self.draft.provenance}) == self.draft
        if not unchanged:
            stale += [
                other for other in built_on(name) if other not in stale and self._knows(other)
            ]
        return tuple(stale)

    def _knows(self, name: str) -> bool:
        """Whether the draft holds what a procedure found, now or in an earlier calibration."""
        if not BY_NAME[name].optional:
            return name not in self.draft.missing()
        names = RECORDED_AS.get(name, (name,))
        return any(step.procedure in names for step in self.draft.provenance.steps.values())

    def has(self, task: Task) -> bool:
        """Whether a task was done since the rig was saved last."""
        return is_there(self._records_path(task.key))

    def records(self) -> tuple[Record, ...]:
        """Give what was found since the rig was saved last, in the order of the finding."""
        found: list[Record] = []
        files = (self.workbook.folder / RECORDS).glob("*.json")
        for path in sorted(files, key=lambda p: p.stat().st_mtime_ns):
            found += _read_records(path)
        return tuple(found)

    def found(self, task: Task) -> tuple[Record, ...]:
        """Give what a task found since the rig was saved last."""
        path = self._records_path(task.key)
        return _read_records(path) if is_there(path) else ()

    def save(self) -> Path | None:
        """Save the rig; tells where the old one is kept.

        The samples of all finished tasks are filed away as evidence, and the draft goes.

        Raises
        ------
        CalibrationError
            When something is missing, or the rig file is not the one that was read.
        """
        days = self.kit.recalibrate_after_days
        if days is not None:
            held = (self.draft.validity or Validity()).model_copy(
                update={"recalibrate_after_days": days}
            )
            self.draft = self.draft.model_copy(update={"validity": held})
        kept = save_with_history(self.draft.rig(), self.path, self._base_sha256)
        base = read_base(self.path)
        self.before, self._base_sha256 = base.rig, base.sha256
        finished = [task for task in tasks_of(self.draft) if self.has(task)]
        keys = [(task.procedure.name, task.subject) for task in finished]
        self.workbook.file_away(base.sha256, keys)
        for path in (self.draft_path, *(self.workbook.folder / RECORDS).glob("*.json")):
            path.unlink(missing_ok=True)
        return kept

    def _records_path(self, key: str) -> Path:
        return self.workbook.folder / RECORDS / f"{quote(key, safe='')}.json"

    def _write(self, path: Path, text: str) -> None:
        try:
            write_whole(path, text.encode())
        except OSError as error:
            raise ConfigError(
                f"{path}: cannot be written ({error.strerror}): free some space; nothing is lost, "
                "begin the step again"
            ) from error


def _read_records(path: Path) -> tuple[Record, ...]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path}: what this step found cannot be read ({error}): do the step again"
        ) from error
    return tuple(parse(Record, entry, str(path)) for entry in data)
