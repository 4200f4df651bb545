"""What every step of a calibration is, and what comes out of one.

Takes nothing, gives the `Step` protocol that `calibration.steps` satisfy; leaves the order to
`calibration.plan` and the capture to the commands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from calibration.draft import MannequinDraft, RigDraft
from calibration.guide import Guide
from calibration.kit import Kit
from calibration.record import Record
from calibration.workbook import Parameter
from mr.errors import CalibrationError
from mr.rig import CameraModel

S = TypeVar("S")


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What a step begins with."""

    draft: RigDraft
    kit: Kit
    subject: str
    """The camera's id; "rig", the mannequin's serial number, or "headset"."""

    @property
    def camera(self) -> CameraModel:
        """The camera that the step is about."""
        if self.subject not in self.draft.cameras:
            raise CalibrationError(
                f"rig {self.draft.name!r} has no camera {self.subject!r} (it has: "
                f"{', '.join(sorted(self.draft.cameras)) or 'none'}): mend --camera"
            )
        return self.draft.cameras[self.subject]

    @property
    def mannequin(self) -> MannequinDraft:
        """The mannequin that the step is about."""
        if self.draft.mannequin is None:
            raise CalibrationError(f"rig {self.draft.name!r} has no mannequin")
        return self.draft.mannequin

    def with_camera(self, **changes: object) -> RigDraft:
        """Give the draft with some of the camera's numbers changed."""
        camera = self.camera.model_copy(update=changes)
        cameras = self.draft.cameras | {self.subject: camera}
        return self.draft.model_copy(update={"cameras": cameras})

    def with_mannequin(self, **changes: object) -> RigDraft:
        """Give the draft with some of the mannequin's numbers changed."""
        mannequin = self.mannequin.model_copy(update=changes)
        return self.draft.model_copy(update={"mannequin": mannequin})


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """What came out of a step."""

    draft: RigDraft
    """With the step's numbers in it."""
    records: tuple[Record, ...]


class Guided(Guide[S], Protocol[S]):
    """A guide that gives back what it took."""

    @property
    def samples(self) -> Sequence[S]:
        """What was taken."""
        ...


class Step(Protocol[S]):
    """One procedure on one subject."""

    @property
    def sample(self) -> type[S]:
        """The type of its samples."""
        ...

    @property
    def kept(self) -> bool:
        """Whether its samples are kept, so that an interrupted capture goes on."""
        ...

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Tell what samples are taken with; others cannot be mixed with them."""
        ...

    def guide(self, setup: Setup) -> Guided[S]:
        """Begin to guide a capture."""
        ...

    def finish(self, setup: Setup, samples: Sequence[S]) -> Done:
        """Measure; `CalibrationError` when the samples are unfit."""
        ...
