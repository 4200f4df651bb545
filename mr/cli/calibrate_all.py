"""`mrcpr calibrate all`, `status`, and each procedure by its name.

Takes the choices of a command line, gives a calibrated rig with its report; leaves doing the
steps to `calibrate_steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from calibration.plan import BY_NAME, PLAN, Procedure, Task, is_of, tasks_of
from mr.cli.calibrate_book import Book, held_book
from mr.cli.calibrate_live import LiveTechnician
from mr.cli.calibrate_options import (
    DEFAULT_RIG,
    AnewOption,
    CameraFileOption,
    CamerasOption,
    JsonOption,
    OldRigOption,
    OperatorOption,
    PortOption,
    RigOption,
    SeedOption,
    SimulateOption,
    camera_files,
    print_json,
)
from mr.cli.calibrate_screen import screen_for
from mr.cli.calibrate_simulated import begin_simulated, simulated_technician
from mr.cli.calibrate_steps import Technician, do_tasks, save_and_report
from mr.cli.console import Output
from mr.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Devices:
    """What a calibration reads: live devices, files, or a simulated rig."""

    port: str | None
    files: Sequence[str]
    simulate: bool
    n_cameras: int
    seed: int

    def technician(self, rig: Path) -> Technician:
        """Give who does the steps; a simulated rig begins where there is none yet."""
        if not self.simulate:
            return LiveTechnician(self.port, camera_files(self.files))
        technician = simulated_technician(self.n_cameras, self.seed)
        begin_simulated(rig, technician)
        return technician

    def require_cameras(self, technician: Technician, book: Book) -> None:
        """Refuse a simulated rig with other cameras than the one that is calibrated.

        Raises
        ------
        ConfigError
            With the number that fits.
        """
        mine, rigs = set(book.draft.cameras), getattr(technician, "rigs", None)
        if self.simulate and rigs is not None and set(rigs) != mine:
            raise ConfigError(
                f"{book.path} has the cameras {', '.join(sorted(mine))}, the simulated technician "
                f"{', '.join(sorted(rigs))}: use --cameras {len(mine)}"
            )


def all_(
    rig: RigOption = DEFAULT_RIG,
    operator: OperatorOption = None,
    port: PortOption = None,
    camera_file: CameraFileOption = None,
    simulate: SimulateOption = False,
    cameras: CamerasOption = 1,
    seed: SeedOption = 1,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Leave an optional procedure out; may be repeated."),
    ] = None,
    anew: AnewOption = False,
) -> None:
    """Do all procedures in their order, save the rig and write its report.

    Each is kept as soon as it is done: Ctrl-C at any time, and the same command
    goes on from there.
    """
    devices = Devices(port, camera_file or (), simulate, cameras, seed)
    technician = devices.technician(rig)
    _require_plan(without or ())
    with held_book(rig, operator, simulate) as book:
        devices.require_cameras(technician, book)
        every = tasks_of(book.draft)
        tasks = [task for task in every if _is_wanted(task, without or (), technician)]
        todo = [task for task in tasks if anew or not book.has(task)]
        if len(todo) < len(tasks):
            Output().print(f"goes on: {len(tasks) - len(todo)} of {len(tasks)} were done before")
        _do(book, todo, technician, anew=anew)


def _require_plan(names: Sequence[str]) -> None:
    for name in names:
        if name not in BY_NAME or not BY_NAME[name].optional:
            optional = ", ".join(p.name for p in PLAN if p.optional)
            raise ConfigError(f"--without {name}: only {optional} may be left out")


def _is_wanted(task: Task, without: Sequence[str], technician: Technician) -> bool:
    """Leave out what is not wanted, and what cannot be done from here, with a word."""
    name = task.procedure.name
    if name in without:
        return False
    why = technician.cannot(name)
    if why and task.procedure.optional:
        Output().print(escape(f"left out: {name}: {why}"))
        return False
    return True


def command_of(procedure: Procedure) -> Callable[..., None]:
    """Make the command of one procedure."""

    def run(
        rig: RigOption = DEFAULT_RIG,
        camera: Annotated[
            str | None, typer.Option(metavar="ID", help="Of one camera only.")
        ] = None,
        operator: OperatorOption = None,
        port: PortOption = None,
        camera_file: CameraFileOption = None,
        simulate: SimulateOption = False,
        cameras: CamerasOption = 1,
        seed: SeedOption = 1,
        anew: AnewOption = False,
    ) -> None:
        devices = Devices(port, camera_file or (), simulate, cameras, seed)
        technician = devices.technician(rig)
        with held_book(rig, operator, simulate) as book:
            devices.require_cameras(technician, book)
            tasks = tasks_of(book.draft, (procedure.name,))
            if camera is not None:
                if procedure.subject != "camera":
                    raise ConfigError(
                        f"`{procedure.name}` is not done for one camera: leave --camera out"
                    )
                tasks = _of_camera(tasks, camera, book)
            _do(book, tasks, technician, anew=anew)

    run.__doc__ = f"Calibrate {procedure.title}."
    run.__name__ = procedure.name
    return run


def _of_camera(tasks: Sequence[Task], camera: str, book: Book) -> tuple[Task, ...]:
    found = tuple(task for task in tasks if task.subject == camera)
    if not found:
        raise ConfigError(
            f"rig {book.draft.name!r} has no camera {camera!r} for this (it has: "
            f"{', '.join(sorted(book.draft.cameras)) or 'none'}): mend --camera"
        )
    return found


def _do(book: Book, todo: Sequence[Task], technician: Technician, *, anew: bool) -> None:
    """Do tasks and save what is whole; ends with 2 when an optional one among many has failed."""
    console = Output()
    with screen_for(console) as screen:
        try:
            records, failed = do_tasks(book, todo, technician, screen, console, anew=anew)
        except KeyboardInterrupt:
            screen.pause()
            console.print("\nstopped; what was taken is kept: the same command goes on from there")
            raise
    save_and_report(book, records, console)
    if failed:
        raise typer.Exit(2)


def status(rig: OldRigOption = DEFAULT_RIG, json: JsonOption = False) -> None:
    """Show which procedures are done, which is next, and what it needs."""
    book = Book(rig)
    tasks = tasks_of(book.draft)
    steps = book.draft.provenance.steps
    rows = []
    for task in tasks:
        done = next((s for s in steps.values() if is_of(task, s.procedure, s.subject)), None)
        begun = next(
            (
                b
                for b in book.workbook.begun()
                if b.folder.name.startswith(task.procedure.name) and b.about.subject == task.subject
            ),
            None,
        )
        rows.append((task, done, begun))
    missing = book.draft.missing()
    stale = book.draft.stale
    following = next((t for t, d, _ in rows if d is None or t.procedure.name in stale), None)
    if json:
        print_json(
            "status",
            {
                "rig": str(rig),
                "whole": not missing,
                "missing": missing,
                "tasks": [
                    {
                        "procedure": t.procedure.name,
                        "subject": t.subject,
                        "done_utc": None if d is None else d.made_utc,
                        "passed": None if d is None else d.passed,
                        "stale": t.procedure.name in stale,
                        "taken": 0 if b is None else b.n_samples,
                        "optional": t.procedure.optional,
                        "minutes": t.procedure.minutes,
                        "bring": t.procedure.bring,
                    }
                    for t, d, b in rows
                ],
            },
        )
        return
    console = Output()
    table = Table(box=None, pad_edge=False)
    for heading in ("", "procedure", "of", "what", ""):
        table.add_column(heading, overflow="fold")
    for task, done, begun in rows:
        word, when = "[dim]– not yet[/]", "" if begun is None else f"{begun.n_samples} taken"
        if done is not None:
            word = "[green]✓ done[/]" if done.passed else "[bold red]✗ failed[/]"
            when = done.made_utc[:10]
        if task.procedure.name in stale:
            word = "[yellow]! again[/]"  # what it builds on is newer
        elif task == following:
            word = "[cyan]→ next[/]"
        name = task.procedure.name + (" (optional)" if task.procedure.optional else "")
        table.add_row(word, name, escape(task.subject), task.procedure.title, when)
    console.print(table)
    if following is not None:
        bring = f" (at hand: {following.procedure.bring})" if following.procedure.bring else ""
        which = "" if rig == DEFAULT_RIG else f" --rig {rig}"
        which += " --simulate" if book.draft.kind == "sim" else ""
        console.print(escape(f"\n→ mrcpr calibrate {following.procedure.name}{which}{bring}"))


COMMANDS = {procedure.name: command_of(procedure) for procedure in PLAN}
