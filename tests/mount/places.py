"""Cameras at any place round a simulated mannequin, with the learner's body in the way.

The simulator's scenes with more rounded cones in them: head, neck, shoulders and trunk of
a learner who kneels on the mannequin's right. Shared by the tests of the mount's report
and by the sweep (``python -m tests.mount``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mr.rig import PoseEntry, Provenance, Rig
from mr.sim.camera import SimImager
from mr.sim.rig import SimRig, looking_at, make_sim_rig, sim_calibration
from mr.sim.script import HandsState, Script
from mr.sim.shapes import Point, RoundCone, meet_cone
from mr.types import Arrival, DepthFrame

CLOTH, HAIR = (0.13, 0.42, 0.36), (0.2, 0.14, 0.1)
M_PER_COUNT = 1e-4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a camera stands: azimuth 0 is the mannequin's left, 90 its head end."""

    distance_m: float
    tilt_deg: float
    azimuth_deg: float


def rig_at(place: Place) -> SimRig:
    """Give the simulated rig with its camera at a place, aimed at the sternum."""
    rig = make_sim_rig()
    tilt, turn = np.radians([place.tilt_deg, place.azimuth_deg])
    across = np.sin(tilt) * np.array([np.cos(turn), np.sin(turn)])
    eye_m = place.distance_m * np.array([*across, np.cos(tilt)])
    # Upright as on a tripod; straight above, the mannequin's head is at the picture's top.
    up = np.array([0.0, 0.0, 1.0]) if place.tilt_deg > 1 else np.array([0.0, 1.0, 0.0])
    mannequin_from_cam = looking_at(eye_m, np.zeros(3), up)
    camera = replace(rig.camera, world_from_cam=rig.world_from_mannequin @ mannequin_from_cam)
    return replace(rig, camera=camera)


def rig_file(sim: SimRig) -> Rig:
    """Give a simulated rig's calibration."""
    return Rig(
        name="mount",
        cameras={sim.camera_id: sim_calibration(sim)},
        markers=sim.marker_layout(),
        world_from_mannequin=PoseEntry.of(sim.world_from_mannequin),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )


def learner_body(hands: HandsState) -> tuple[RoundCone, ...]:
    """Give head, neck, shoulders and trunk that go with a learner's hands."""
    x, y, z = hands.heel_in_mannequin_m

    def at(dx: float, dy: float, dz: float) -> Point:
        return (x + dx, y + dy, z + dz)

    return (
        RoundCone(at(-0.06, 0.0, 0.72), at(-0.02, 0.0, 0.70), 0.100, 0.095, HAIR),
        RoundCone(at(-0.19, 0.0, 0.57), at(-0.09, 0.0, 0.68), 0.058, 0.055, HAIR),
        RoundCone(at(-0.18, -0.17, 0.54), at(-0.18, 0.17, 0.54), 0.070, 0.070, CLOTH),
        *(
            RoundCone(at(-0.22, s * 0.09, 0.48), (-0.62, s * 0.08, -0.02), 0.115, 0.120, CLOTH)
            for s in (-1.0, 1.0)
        ),
    )


class BodyImager(SimImager):
    """Depth pictures with the learner's whole body in them."""

    def __init__(self, rig: SimRig, script: Script, seed: int = 0, body: bool = True) -> None:
        super().__init__(rig, script, seed)
        self._body = body

    def true_depth_m(self, t_s: float) -> npt.NDArray[np.float32]:
        """Give the true depth (H, W) m along the optical axis at an instant."""
        image = super().true_depth_m(t_s)
        view = self._view
        for cone in learner_body(self.script.hands_at(t_s)) if self._body else ():
            box = view.box_of_cone(cone)
            if box.empty:
                continue
            rows, columns = box.window
            away_m = meet_cone(cone, view.eye_m, view.rays[:, rows, columns])
            away_m[away_m <= 0] = np.inf
            depth_m = away_m * view.forward_share[box.window]
            np.minimum(image[box.window], depth_m, out=image[box.window])
        return image

    def frame(self, seq: int, t_s: float) -> DepthFrame:
        """Give the depth frame of an instant."""
        name = self.rig.camera_id
        t_ns = round(t_s * 1e9)
        arrival = Arrival(f"cam_{name}.depth", seq, t_ns // 1000, t_ns)
        return DepthFrame(arrival, name, self.depth_counts(t_s), M_PER_COUNT)
