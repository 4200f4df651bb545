"""What every cue is given: the snapshot, the look, the words, and who looks.

Gives `Context`, `Viewer` and the judgement of a value against its band; leaves every
drawing to the cues. It judges single values for their place in a band only; advice is
made by `mr.coaching`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mr.types import FloatArray, Phase, Pose, Snapshot
from overlays.look import Density
from overlays.messages import Messages
from overlays.primitives import Point3
from overlays.theme import Level, Theme

Side = Literal["low", "good", "high", "unknown"]
"""Where a value stands against its band."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """From where the scene is seen; it turns the depth bar to the reader, nothing else."""

    eye_in_mannequin_m: Point3
    up_in_mannequin: Point3
    """Unit vector that the reader sees as upward."""

    @staticmethod
    def of_camera(cam_from_mannequin: Pose) -> Viewer:
        """Look through a camera (x right, y down, z forward)."""
        mannequin_from_cam = cam_from_mannequin.inverse()
        return Viewer(_point(mannequin_from_cam.t_m), _point(-mannequin_from_cam.R[:, 1]))

    def axes(self, at_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the reader's right and up as unit vectors (3,), both across the line of sight."""
        sight = np.asarray(self.eye_in_mannequin_m) - at_m
        sight = sight / max(float(np.linalg.norm(sight)), 1e-9)
        right = np.cross(np.asarray(self.up_in_mannequin), sight)
        length = float(np.linalg.norm(right))
        if length < 1e-6:  # looking straight along `up`: any right will do
            right, length = np.cross(np.array([0.0, 1.0, 0.0]), sight), 1.0
        right = right / length
        return right, np.cross(sight, right)


KNEELING = Viewer((-0.50, -0.05, 0.70), (0.0, 0.0, 1.0))
"""A learner who kneels at the mannequin's right side: the viewer when none is known."""


PAUSE_FROM_S = 2.0
"""Shorter gaps belong to the rhythm; a timer that flashes up distracts."""


FEW = 3
"""With fewer compressions than this, what is missing is still to come."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """All that a cue may look at."""

    snapshot: Snapshot
    theme: Theme
    messages: Messages
    viewer: Viewer
    density: Density = "normal"
    beat: float | None = None
    """How far the metronome's beat is, 0 … 1; None where there is none to be seen."""

    @property
    def pausing(self) -> bool:
        """Whether nobody has pushed for so long that the last values are history."""
        running = (Phase.COMPRESSING, Phase.VENTILATING, Phase.PAUSED)
        return self.snapshot.phase in running and self.snapshot.hands_off_s >= PAUSE_FROM_S

    def level_of(self, side: Side) -> Level:
        """Give the level of a place in a band; history is not judged."""
        if side == "unknown" or self.pausing:
            return "neutral"
        return "good" if side == "good" else "warning"

    def why_unknown(self) -> str:
        """Say why a value is missing: the health of a stream, if it says so."""
        for health in self.snapshot.health:
            if health.state != "ok":
                state = self.messages(f"state.{health.state}")
                stream = self.messages.stream(health.stream)
                return self.messages("panel.health", stream=stream, state=state)
        if self.pausing:
            return self.messages("panel.pause")
        if self.snapshot.n_compressions < FEW and self.snapshot.phase is not Phase.FINISHED:
            return self.messages("panel.not_yet")
        return self.messages("panel.not_measured")


def side_of(value: float | None, low: float, high: float | None) -> Side:
    """Say where a value stands against its band; `high` None is one-sided."""
    if value is None:
        return "unknown"
    if value < low:
        return "low"
    return "high" if high is not None and value > high else "good"


def _point(vector: FloatArray) -> Point3:
    return (float(vector[0]), float(vector[1]), float(vector[2]))
