"""`mrcpr calibrate all`, `new`, and each procedure by its name.

Takes the choices of a command line, gives a calibrated rig with its report; leaves doing the
steps to `calibrate_steps`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from calibration.draft import save_draft
from calibration.plan import tasks_of
from calibration.simulated.technician import SimulatedTechnician
from calibration.workbook import Workbook
from mr.cli.calibrate_book import Book
from mr.cli.calibrate_options import (
    DEFAULT_RIG,
    OperatorOption,
    RigOption,
    SimulateOption,
)
from mr.cli.calibrate_screen import screen_for
from mr.cli.calibrate_steps import do_tasks, save_and_report
from mr.cli.console import Output
from mr.errors import ConfigError
from mr.files import is_there
from mr.sim.rig import CameraPlace, SimRig, make_sim_rigs

SIM_NAME = "simulated rig"
SIM_AWAY_DEG = 25.0
"""Two cameras hang so far to each side of the best place."""


def all_(
    rig: RigOption = DEFAULT_RIG,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="This procedure only; may be repeated."),
    ] = None,
    operator: OperatorOption = None,
    simulate: SimulateOption = False,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of the simulated rig.")] = 1,
    cameras: Annotated[
        int, typer.Option(metavar="N", min=1, max=2, help="Of the simulated rig.")
    ] = 1,
    anew: Annotated[bool, typer.Option("--anew", help="Forget what was taken before.")] = False,
) -> None:
    """Do all procedures in their order, save the rig and write its report.

    Each is kept as soon as it is done: Ctrl-C at any time, and the same command
    goes on from there.
    """
    if not simulate:
        raise ConfigError("live devices come next: use --simulate")
    console = Output()
    technician = SimulatedTechnician(sim_rigs_of(cameras), seed)
    begin_simulated(rig, technician)
    book = Book(rig, operator)
    if book.draft.kind == "live":
        raise ConfigError(
            f"{rig} is a real rig: a simulated technician cannot calibrate it; leave out "
            "--simulate, or name another file with --rig"
        )
    tasks = tasks_of(book.draft, tuple(only or ()))
    todo = [task for task in tasks if anew or only or not book.has(task)]
    if len(todo) < len(tasks):
        console.print(f"goes on: {len(tasks) - len(todo)} of {len(tasks)} were done before")
    with screen_for(console) as screen:
        records = do_tasks(book, todo, technician, screen, console, anew=anew)
    save_and_report(book, tasks, records, console)


def sim_rigs_of(n_cameras: int) -> dict[str, SimRig]:
    """Hang so many simulated cameras where they see the chest well."""
    places = {"side": CameraPlace()}
    if n_cameras > 1:
        places = {
            "a": CameraPlace(azimuth_deg=SIM_AWAY_DEG),
            "b": CameraPlace(azimuth_deg=-SIM_AWAY_DEG),
        }
    return make_sim_rigs(places)


def begin_simulated(rig: Path, technician: SimulatedTechnician) -> None:
    """Begin a simulated rig where there is none yet."""
    book = Workbook(rig)
    draft = book.folder / "draft.toml"
    if not is_there(rig) and not is_there(draft):
        save_draft(technician.draft(SIM_NAME), draft)
