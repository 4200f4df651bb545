"""A simulated scene that can be kept: where its cameras hang, who kneels there, its truth.

Takes the choices of a command line, gives the true rigs, the learner's script, a rig that was
calibrated at that very place, and what is to be compared with; leaves rendering to
`mr.sim.camera` and writing files to `mr.cli.simulate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from calibration.simulated.several import calibrate_together
from mr.clock.host import SteppedClock
from mr.config import Mode
from mr.errors import CalibrationError
from mr.rig import Rig
from mr.sim.camera import SimCamera
from mr.sim.learner import make_script
from mr.sim.limbs import Physique
from mr.sim.noise import NoiseModel
from mr.sim.rig import CameraPlace, SimRig, make_sim_rigs
from mr.sim.script import Script

SECOND_AWAY_DEG = 50.0
"""The second camera's azimuth from the first's, towards the mannequin's left side."""
ONE, TWO = ("side",), ("a", "b")
"""What the cameras are called."""


@dataclass(frozen=True, slots=True)
class KeptScene:
    """Everything that a scene is made of."""

    learner: str
    mode: Mode
    seconds: float
    seed: int
    place: CameraPlace = field(default_factory=CameraPlace)
    n_cameras: int = 1
    noise: NoiseModel = field(default_factory=NoiseModel)
    physique: Physique = field(default_factory=Physique)

    def script(self) -> Script:
        """Plan what the learner does."""
        return make_script(self.learner, self.mode, self.seconds, self.seed)

    def places(self) -> Mapping[str, CameraPlace]:
        """Tell where each camera hangs."""
        if self.n_cameras == 1:
            return {ONE[0]: self.place}
        away = SECOND_AWAY_DEG if self.place.azimuth_deg < 0 else -SECOND_AWAY_DEG
        second = CameraPlace(
            self.place.distance_m, self.place.tilt_deg, self.place.azimuth_deg + away
        )
        return dict(zip(TWO, (self.place, second), strict=True))

    def rigs(self) -> dict[str, SimRig]:
        """Give the true rig as each camera has it."""
        return make_sim_rigs(self.places())

    def calibrated(self) -> Rig:
        """Calibrate the rig where it stands, each camera by its own procedures; some 3 s each.

        Raises
        ------
        CalibrationError
            When a camera cannot be calibrated there; the message names its place.
        """
        try:
            return calibrate_together(self.rigs().values(), self.seed)
        except CalibrationError as error:
            hangs = "; ".join(f"{key} hangs {said(place)}" for key, place in self.places().items())
            raise CalibrationError(
                f"{error} ({hangs}); choose another --distance, --tilt or --azimuth"
            ) from error

    def camera(self, camera_id: str, fps: int, color_fps: int) -> SimCamera:
        """Make one of the cameras; its frames come as fast as they are rendered."""
        index = list(self.places()).index(camera_id)
        return SimCamera(
            self.rigs()[camera_id],
            self.script(),
            SteppedClock(),
            depth_hz=fps,
            color_hz=color_fps,
            seed=self.seed + 1000 * index,
            noise=self.noise,
            physique=self.physique,
        )

    def truth(self, fps: int, color_fps: int) -> dict[str, Any]:
        """Give all that measured values are compared with, and what the scene was."""
        script = self.script()
        truth = asdict(script.truth())
        for stroke in truth["compressions"]:
            x_m, y_m = script.hand_offset_m(stroke["peak_s"])
            stroke["hand_offset_mm"] = [1e3 * float(x_m), 1e3 * float(y_m)]
        return {
            "kind": "sim",
            **truth,
            "scene": {
                "learner": self.learner,
                "mode": str(self.mode),
                "seconds": self.seconds,
                "seed": self.seed,
                "depth_hz": fps,
                "color_hz": color_fps,
                "noise_sigma_px": self.noise.sigma_px,
                "physique": asdict(self.physique),
                "cameras": {
                    camera_id: asdict(place)
                    | {"clock_ppm": self.camera(camera_id, fps, color_fps).clock.ppm}
                    for camera_id, place in self.places().items()
                },
            },
        }


def said(place: CameraPlace) -> str:
    """Say in words where a camera hangs."""
    return (
        f"{place.distance_m:g} m away, {place.tilt_deg:g} degrees off the chest's normal, "
        f"azimuth {place.azimuth_deg:g} degrees"
    )
