"""The procedures in the order in which a rig is calibrated, and what each of them needs.

Takes a draft, gives what is next; leaves doing it to `calibration.steps` and to the commands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calibration.draft import RigDraft
from mr.errors import CalibrationError

Subject = Literal["camera", "rig", "mannequin", "headset"]


@dataclass(frozen=True, slots=True)
class Procedure:
    """One procedure as the plan knows it."""

    name: str
    """Its command: ``mrcpr calibrate NAME``."""
    title: str
    subject: Subject
    """Once for each camera, or once."""
    needs: tuple[str, ...]
    """Procedures whose results it builds on."""
    minutes: float
    """What a technician who has done it before takes for one subject."""
    optional: bool = False
    """A rig is whole without it."""
    bring: str = ""
    """What has to be at hand."""


PLAN = (
    Procedure("intrinsics", "the camera's lens", "camera", (), 2.0, True, "the ChArUco board"),
    Procedure(
        "depth",
        "the depth camera's scale and offset",
        "camera",
        ("intrinsics",),
        1.5,
        True,
        "the ChArUco board and a gauge block under it",
    ),
    Procedure(
        "plates",
        "where the marker plates are",
        "rig",
        ("intrinsics",),
        1.0,
        False,
        "the registration board on the chest; a camera in the hand, before it is hung",
    ),
    Procedure(
        "world",
        "where the cameras stand",
        "rig",
        ("intrinsics",),
        1.5,
        False,
        "the ChArUco board; the cameras hang where they stay",
    ),
    Procedure("rest", "where the mannequin lies, and its surface", "rig", ("plates", "world"), 0.5),
    Procedure(
        "chest", "the chest's displacement sensor", "mannequin", (), 4.0, False, "gauge blocks"
    ),
    Procedure("cells", "the force cells", "mannequin", (), 5.0, False, "masses and the plate"),
    Procedure(
        "airway", "the airway's flow sensor", "mannequin", (), 1.5, False, "a calibration syringe"
    ),
    Procedure(
        "motion",
        "latencies, gains, clocks and the spring, from compressions",
        "rig",
        ("rest", "chest", "cells"),
        1.0,
        True,
        "a pair of hands",
    ),
    Procedure(
        "headset",
        "the headset's place in the rig",
        "headset",
        ("rest",),
        2.0,
        True,
        "the headset, and the registration board on the chest",
    ),
)
"""Some twenty minutes for one camera and a mannequin: guesses, for no real rig was calibrated."""
BY_NAME = {procedure.name: procedure for procedure in PLAN}


@dataclass(frozen=True, slots=True)
class Task:
    """One procedure on one subject."""

    procedure: Procedure
    subject: str
    """The camera's id; or "rig", the mannequin's serial number, "headset"."""

    @property
    def key(self) -> str:
        """Name it in files: "intrinsics_side"."""
        if self.procedure.subject == "camera":
            return f"{self.procedure.name}_{self.subject}"
        return self.procedure.name


def tasks_of(draft: RigDraft, names: tuple[str, ...] = ()) -> tuple[Task, ...]:
    """Give what there is to do for a rig, in order; of the named procedures only, if any are.

    Raises
    ------
    CalibrationError
        When a named procedure is unknown, or is about something that the rig has not.
    """
    for name in names:
        if name not in BY_NAME:
            raise CalibrationError(
                f"procedure {name!r} is unknown: use one of {', '.join(BY_NAME)}"
            )
    tasks: list[Task] = []
    for procedure in PLAN:
        if names and procedure.name not in names:
            continue
        subjects = _subjects(draft, procedure)
        if names and not subjects:
            raise CalibrationError(
                f"rig {draft.name!r} has no {_lacks(procedure)}: `{procedure.name}` has nothing "
                "to calibrate"
            )
        tasks += [Task(procedure, subject) for subject in subjects]
    return tuple(tasks)


RECORDED_AS = {
    "intrinsics": ("intrinsics", "factory-intrinsics"),
    "motion": ("motion", "clocks", "stiffness"),
}
"""Under which names a procedure's records are filed; the others have their own name."""


def is_of(task: Task, procedure: str, subject: str) -> bool:
    """Whether a record's, or a provenance step's, procedure and subject are of a task."""
    names = RECORDED_AS.get(task.procedure.name, (task.procedure.name,))
    return procedure in names and (task.procedure.subject != "camera" or subject == task.subject)


def built_on(name: str) -> tuple[str, ...]:
    """Name the procedures whose results hang on one's, in the order of the plan.

    Examples
    --------
    >>> built_on("world")
    ('rest', 'motion', 'headset')
    """
    after: list[str] = []
    for procedure in PLAN:
        if any(need == name or need in after for need in procedure.needs):
            after.append(procedure.name)
    return tuple(after)


def _subjects(draft: RigDraft, procedure: Procedure) -> tuple[str, ...]:
    cameras, mannequin = tuple(draft.cameras), draft.mannequin
    if procedure.subject == "camera":
        return cameras
    if procedure.subject == "mannequin":
        return (mannequin.serial,) if mannequin is not None else ()
    if procedure.name == "motion":
        return ("rig",) if cameras and mannequin is not None else ()
    return (procedure.subject,) if cameras else ()


def _lacks(procedure: Procedure) -> str:
    if procedure.name == "motion":
        return "camera beside a mannequin"
    return "mannequin" if procedure.subject == "mannequin" else "camera"
