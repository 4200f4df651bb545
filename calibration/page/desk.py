"""What the technician's page asks of a rig's calibration.

Takes nothing, gives the `Desk` protocol that the command behind the page satisfies; leaves files
and technicians to it. The page knows no file and no device.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from calibration.draft import RigDraft
from calibration.guide import Progress, Verdict
from calibration.kit import Kit
from calibration.plan import Task
from calibration.record import Record

State = Literal["done", "kept", "failed", "busy", "begun", "not yet", "absent"]
""""done": since the rig was saved last; "kept": the rig has it from before; "begun": samples of it
are kept; "absent": no step of this program does it."""


class Shown(Protocol):
    """Where a step is shown: what `mr.cli.calibrate_screen.Screen` is, too."""

    def begin(self, title: str, bring: str) -> None:
        """Show what comes now."""
        ...

    def show(self, progress: Progress, verdict: Verdict | None) -> None:
        """Show how far it is."""
        ...

    def ask(self, question: str) -> str | None:
        """Ask the technician."""
        ...

    def say(self, text: str) -> None:
        """Say one line."""
        ...

    def pause(self) -> None:
        """Take the picture away."""
        ...

    def working(self, words: str) -> AbstractContextManager[object]:
        """Show that something is being worked out."""
        ...


class Desk(Protocol):
    """One rig's calibration, as the page uses it; all of it is called by one thread at a time."""

    @property
    def draft(self) -> RigDraft:
        """What is known of the rig so far."""
        ...

    @property
    def kit(self) -> Kit:
        """What the technician has at hand."""
        ...

    @property
    def place(self) -> Path:
        """Where the rig file is, or will be."""
        ...

    def tasks(self) -> Sequence[Task]:
        """Give all that there is to do, in order."""
        ...

    def state(self, task: Task) -> State:
        """Tell how a task stands, as the files say it."""
        ...

    def found(self, task: Task) -> tuple[Record, ...]:
        """Give what a task found since the rig was saved last."""
        ...

    def do(self, task: Task, screen: Shown, *, anew: bool) -> tuple[Record, ...]:
        """Do one task; what passes is kept.

        Raises
        ------
        MrError
            In one line: what is wrong and what to do.
        """
        ...

    def keep_kit(self, kit: Kit) -> None:
        """Write the kit down and use it from now on."""
        ...

    def save(self) -> Sequence[str]:
        """Save the rig with its history and report; gives what to tell: which file is where."""
        ...
