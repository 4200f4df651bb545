"""Doing steps of a calibration: capture, measure, note, save, report.

Takes a book, tasks and a technician (live or simulated), gives records and a saved rig; leaves
what is captured to the guides, what is measured to `calibration.steps`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, Protocol

from rich.markup import escape

from calibration.plan import Task, tasks_of
from calibration.record import Record
from calibration.service import Entry, Work, log_service
from calibration.steps.registry import step_of
from calibration.steps.step import Done, Guided, Setup, Step
from mr.cli.calibrate_book import Book
from mr.cli.calibrate_capture import Keeping, NotKept, capture
from mr.cli.calibrate_report import deliver_report
from mr.cli.calibrate_screen import Screen
from mr.cli.calibrate_table import print_record
from mr.cli.console import Output
from mr.clock.host import wall_now_utc
from mr.errors import CalibrationError
from mr.rig import Rig


class Technician(Protocol):
    """Who does what the guides say, and gives what the devices then saw."""

    def candidates(
        self, task: Task, setup: Setup, guide: Guided[Any], screen: Screen
    ) -> Iterable[Any]:
        """Give candidate samples for one task, until the guide is done."""
        ...

    def cannot(self, name: str) -> str:
        """Say why a procedure cannot be captured from here; empty if it can."""
        ...


def do_tasks(
    book: Book,
    tasks: Sequence[Task],
    technician: Technician,
    screen: Screen,
    console: Output,
    *,
    anew: bool = False,
) -> tuple[tuple[Record, ...], tuple[Task, ...]]:
    """Do tasks one after the other; each is on the disk before the next begins.

    Gives what was found, and which optional tasks have failed: of several tasks those are told
    and passed over, for a rig is whole without them.

    Raises
    ------
    CalibrationError
        When a step's samples are unfit, or what it found does not keep its limits. What was
        done before it is kept, and so are its samples.
    """
    found: list[Record] = []
    failed: list[Task] = []
    for k, task in enumerate(tasks, start=1):
        title = f"{task.procedure.title}, {task.subject}"
        screen.begin(f"{k} of {len(tasks)}: {title}", task.procedure.bring)
        try:
            records = do_task(book, task, technician, screen, anew=anew)
            screen.pause()
            for record in records:
                print_record(console, record)
            _require_passed(task, records)
        except CalibrationError as error:
            if len(tasks) == 1 or not task.procedure.optional:
                raise
            failed.append(task)
            screen.say(f"✗ {error}; {task.procedure.name} is left out for now")
            continue
        found += records
    return tuple(found), tuple(failed)


def do_task(
    book: Book, task: Task, technician: Technician, screen: Screen, *, anew: bool
) -> tuple[Record, ...]:
    """Do one task; the book takes it in when all that it found keeps its limits.

    Raises
    ------
    CalibrationError
        When its samples are unfit or their capture has ended early; they are kept.
    """
    setup = Setup(book.draft, book.kit, task.subject)
    step = step_of(task.procedure.name)
    name, subject = task.procedure.name, task.subject
    if (anew or book.has(task)) and (aside := book.workbook.start_over(name, subject)) is not None:
        screen.say(f"begun anew; what was taken before is in {aside}")
    if not step.kept:
        guide = step.guide(setup)
        samples = _captured(technician, task, setup, guide, NotKept(), screen)
        return _measured(book, task, step, setup, samples, {}, screen)
    page = book.workbook.open(name, subject, step.sample, step.parameters(setup))
    with page:
        for why in page.left_out:
            screen.say(f"left out: {why}")
        guide = step.guide(setup)
        samples = _captured(technician, task, setup, guide, page, screen)
        return _measured(book, task, step, setup, samples, page.inputs_sha256(), screen)


def _captured(
    technician: Technician,
    task: Task,
    setup: Setup,
    guide: Guided[Any],
    kept: Keeping[Any],
    screen: Screen,
) -> Sequence[Any]:
    """Capture, and close the devices before anything is measured."""
    candidates = iter(technician.candidates(task, setup, guide, screen))
    try:
        return capture(guide, candidates, kept, screen)
    finally:
        if isinstance(candidates, Generator):
            candidates.close()


def _measured(
    book: Book,
    task: Task,
    step: Step[Any],
    setup: Setup,
    samples: Sequence[Any],
    inputs_sha256: dict[str, str],
    screen: Screen,
) -> tuple[Record, ...]:
    """Measure, and note what was found if it keeps its limits."""
    with screen.working(f"measuring: {task.procedure.title}"):
        try:
            done: Done = step.finish(setup, samples)
        except CalibrationError as error:
            raise CalibrationError(f"{error} (then {_again(task)})") from error
    if all(record.passed for record in done.records):
        book.note(task, done, inputs_sha256)
    return done.records


def _require_passed(task: Task, records: Sequence[Record]) -> None:
    failed = [check for record in records for check in record.failures]
    if failed:
        raise CalibrationError(
            f"{task.procedure.name} of {task.subject}: {failed[0].item} does not keep its limit"
            f"{f' and {len(failed) - 1} more' if len(failed) > 1 else ''}: nothing of it was taken "
            f"over; mend what the arrows say, then {_again(task)}"
        )


def _again(task: Task) -> str:
    camera = f" --camera {task.subject}" if task.procedure.subject == "camera" else ""
    return f"`mrcpr calibrate {task.procedure.name}{camera} --anew`"


def save_and_report(book: Book, records: Sequence[Record], console: Output) -> None:
    """Save the rig if it is whole, with its report; else say what is missing."""
    missing = book.draft.missing()
    if missing:
        console.print(escape(f"kept in {book.draft_path}"))
        console.print(f"→ still to do: mrcpr calibrate {escape(', '.join(missing))}")
        return
    for line in saved_lines(book, records):
        console.print(escape(line))
    if book.draft.stale:
        names = ", ".join(book.draft.stale)
        console.print(
            f"[yellow]![/] {names}: measured before something they build on: do them again"
        )


def saved_lines(book: Book, records: Sequence[Record] = ()) -> Iterator[str]:
    """Save the whole rig, then write its report; gives what to tell as soon as it is done."""
    before: Rig | None = book.before
    needed = [task for task in tasks_of(book.draft) if not task.procedure.optional]
    done = [task for task in tasks_of(book.draft) if book.has(task)]
    every = book.records() or tuple(records)
    kept = book.save()
    yield f"saved: {book.path}"
    if kept is not None:
        yield f"the one before is kept: {kept}"
    rig = book.draft.rig()
    for path in deliver_report(rig, every, book.path, "calibration", book.kit.operator, before):
        yield f"report: {path}"
    # A part of a rig that is calibrated again makes the rest of it no younger.
    whole = all(task in done for task in needed)
    names = ", ".join(task.key for task in done)
    log_service(
        book.path,
        Entry(
            made_utc=wall_now_utc(),
            work=Work.CALIBRATION if whole else Work.NOTE,
            operator=book.kit.operator,
            passed=True if whole else None,
            text=names if whole else f"calibrated again: {names}",
        ),
    )
