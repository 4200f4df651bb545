"""`mrcpr calibrate page`: the technician's page, in a browser on this machine.

Takes the choices of a command line, serves a rig's calibration as a page until Ctrl-C; leaves the
page to `calibration.page` and doing the steps to `calibrate_steps`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from calibration.draft import RigDraft
from calibration.kit import Kit, kit_path, save_kit
from calibration.page.desk import Shown, State
from calibration.page.server import HOST, PORT, Page, require_servable, served
from calibration.plan import Task, is_of, tasks_of
from calibration.record import Record
from calibration.simulated.eyes import look_about
from calibration.simulated.technician import SimulatedTechnician
from calibration.steps.registry import STEPS
from calibration.steps.step import Guided, Setup
from mr.cli.calibrate_book import Book, held_book
from mr.cli.calibrate_live import LiveTechnician
from mr.cli.calibrate_options import (
    DEFAULT_RIG,
    CameraFileOption,
    CamerasOption,
    OperatorOption,
    RigOption,
    SeedOption,
    SimulateOption,
    camera_files,
)
from mr.cli.calibrate_screen import Screen
from mr.cli.calibrate_simulated import begin_simulated, simulated_technician
from mr.cli.calibrate_steps import Technician, do_task, saved_lines
from mr.cli.calibrate_table import print_record
from mr.cli.console import Output
from mr.errors import MrError

PACE_S = 0.12
"""A simulated sample is taken so often: quicker than by hand, slow enough to be watched."""
WAIT_S = 0.5


class RigDesk:
    """One rig's calibration for the page: its book, and who does the steps."""

    def __init__(self, book: Book, technician: Technician) -> None:
        self._book = book
        self._technician = technician
        self._console = Output()

    @property
    def draft(self) -> RigDraft:
        """What is known of the rig so far."""
        return self._book.draft

    @property
    def kit(self) -> Kit:
        """What the technician has at hand."""
        return self._book.kit

    @property
    def place(self) -> Path:
        """Where the rig file is, or will be."""
        return self._book.path

    def tasks(self) -> Sequence[Task]:
        """Give all that there is to do, in order."""
        return tasks_of(self._book.draft)

    def state(self, task: Task) -> State:
        """Tell how a task stands."""
        name = task.procedure.name
        if name not in STEPS or self._technician.cannot(name):
            return "absent"
        if self._book.has(task):
            return "done"
        key = (name, task.subject)
        begun = self._book.workbook.begun()
        if any((b.about.procedure, b.about.subject) == key and b.n_samples for b in begun):
            return "begun"
        return "kept" if self._is_kept(task) else "not yet"

    def _is_kept(self, task: Task) -> bool:
        """Tell whether the rig file has a task's numbers from before."""
        rig = self._book.before
        if rig is None:
            return False
        if not task.procedure.optional:
            return task.procedure.name not in self._book.draft.missing()
        return any(is_of(task, s.procedure, s.subject) for s in rig.provenance.steps.values())

    def found(self, task: Task) -> tuple[Record, ...]:
        """Give what a task found since the rig was saved last."""
        return self._book.found(task)

    def do(self, task: Task, screen: Shown, *, anew: bool) -> tuple[Record, ...]:
        """Do one task; the terminal tells it, too."""
        shown: Any = screen
        title = f"{task.procedure.title}, {task.subject}"
        shown.begin(title[:1].upper() + title[1:], task.procedure.bring)
        try:
            records = do_task(self._book, task, self._technician, shown, anew=anew)
        except MrError as error:
            self._console.print(escape(f"{task.key}: {error}"))
            raise
        for record in records:
            print_record(self._console, record)
        return records

    def keep_kit(self, kit: Kit) -> None:
        """Write the kit down and use it from now on."""
        save_kit(kit, kit_path(self._book.path))
        self._book.kit = kit

    def save(self) -> Sequence[str]:
        """Save the rig with its history and report."""
        told = []
        for line in saved_lines(self._book):
            self._console.print(escape(line))
            told.append(line)
        return told


class PacedTechnician:
    """A simulated technician whom a person can watch."""

    def __init__(self, technician: Technician, pace_s: float = PACE_S) -> None:
        self._technician, self._pace_s = technician, pace_s

    def cannot(self, name: str) -> str:
        """Say why a procedure cannot be captured."""
        return self._technician.cannot(name)

    def candidates(
        self, task: Task, setup: Setup, guide: Guided[Any], screen: Screen
    ) -> Iterable[Any]:
        """Give the technician's candidates, one now and then."""
        for sample in self._technician.candidates(task, setup, guide, screen):
            yield sample
            time.sleep(self._pace_s)


def page(
    rig: RigOption = DEFAULT_RIG,
    operator: OperatorOption = None,
    mannequin_port: Annotated[
        str | None,
        typer.Option(metavar="PORT", help="Of the mannequin: path or USB id; default: found."),
    ] = None,
    camera_file: CameraFileOption = None,
    simulate: SimulateOption = False,
    cameras: CamerasOption = 1,
    seed: SeedOption = 1,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", min=1024, max=65535, help=f"Default: {PORT}, or the next free one."
        ),
    ] = None,
) -> None:
    """Show the calibration as a page in a browser on this machine: plan, steps, room.

    It has no password, so only this machine can open it; from another one go through
    ssh. All that it does can be done in the terminal, too.
    """
    require_servable(port)
    if simulate:
        simulated = simulated_technician(cameras, seed)
        begin_simulated(rig, simulated)
        technician: Technician = PacedTechnician(simulated)
    else:
        live = LiveTechnician(mannequin_port, camera_files(camera_file or ()))
        technician = live
    console = Output()
    with ExitStack() as stack:
        desk = RigDesk(stack.enter_context(held_book(rig, operator, simulate)), technician)
        shown = stack.enter_context(served(desk, port))
        if simulate:
            stack.enter_context(_eyes(shown, simulated, seed))
        else:
            live.look = shown.look
        console.print(f"the page: [bold]{shown.address}[/]")
        console.prose(
            f"It is open on this machine only ({HOST}). From another one: ssh -L "
            f"{shown.port}:localhost:{shown.port} RIG, then open the same address there."
        )
        console.print("Ctrl-C ends it; all that was taken and found is kept", style="dim")
        _wait()


@contextmanager
def _eyes(shown: Page, technician: SimulatedTechnician, seed: int) -> Iterator[None]:
    """Show what the simulated cameras see."""
    ended = threading.Event()
    technician.look = shown.look

    def wanted() -> bool:
        return shown.is_watched and shown.worker.state.view.live is None

    def hands() -> bool:  # somebody tries the rig when it is whole
        return not shown.worker.state.view.draft.missing()

    thread = threading.Thread(
        target=look_about,
        args=(technician.rigs, shown.look, wanted, hands, ended),
        kwargs={"seed": seed},
        name="simulated cameras",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(3.0)


def _wait() -> None:
    """Wait for Ctrl-C, in steps that hear it."""
    while True:
        time.sleep(WAIT_S)
