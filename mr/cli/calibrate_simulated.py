"""A simulated rig to calibrate, for trying it without hardware."""

from __future__ import annotations

from pathlib import Path

from calibration.draft import save_draft
from calibration.simulated.technician import SimulatedTechnician
from mr.cli.calibrate_book import draft_path_of
from mr.files import is_there
from mr.sim.rig import CameraPlace, SimRig, make_sim_rigs

SIM_NAME = "simulated rig"
SIM_AWAY_DEG = 25.0
"""Two cameras hang so far to each side of the best place."""


def sim_rigs_of(n_cameras: int) -> dict[str, SimRig]:
    """Hang so many cameras where they see the chest well."""
    if n_cameras == 1:
        return make_sim_rigs({"side": CameraPlace()})
    return make_sim_rigs(
        {
            "a": CameraPlace(azimuth_deg=SIM_AWAY_DEG),
            "b": CameraPlace(azimuth_deg=-SIM_AWAY_DEG),
        }
    )


def simulated_technician(n_cameras: int, seed: int) -> SimulatedTechnician:
    """Give who calibrates a simulated rig of so many cameras."""
    return SimulatedTechnician(sim_rigs_of(n_cameras), seed)


def begin_simulated(rig: Path, technician: SimulatedTechnician) -> None:
    """Begin a simulated rig where there is none yet."""
    draft = draft_path_of(rig)
    if not is_there(rig) and not is_there(draft):
        save_draft(technician.draft(SIM_NAME), draft)
