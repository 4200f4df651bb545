"""Several cameras of one simulated rig, calibrated into one rig file.

Takes the simulated rig as each camera has it, gives one `mr.rig.Rig`; leaves each camera's
procedures to `calibration.simulated.quick`. A camera that hangs too near or too flat to see two
markers is told by another one where the mannequin lies: both places in the room are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from calibration.mannequin.bending import joined_bending
from calibration.simulated.quick import calibrate_simulated
from mr.errors import CalibrationError
from mr.rig import Rig
from mr.sim.plant import Bench
from mr.sim.rig import SimRig


def calibrate_together(
    sim_rigs: Iterable[SimRig], bench_seed: int, *, seed: int = 0, **same: Any
) -> Rig:
    """Calibrate each camera by its own procedures; some 3 s each.

    Parameters
    ----------
    sim_rigs
        The true rig as each camera has it.
    bench_seed
        Of the workbench that each camera's calibration begins with.
    seed
        Of the first camera's pictures; each further one has the next.
    same
        What else `calibrate_simulated` takes, for all of them.

    Raises
    ------
    CalibrationError
        When a camera cannot be calibrated where it hangs; the message names it.
    """
    done: dict[str, Rig] = {}
    waiting: list[tuple[int, SimRig, CalibrationError]] = []
    ids = []
    for k, sim_rig in enumerate(sim_rigs):
        ids.append(sim_rig.camera_id)
        try:
            done[sim_rig.camera_id] = calibrate_simulated(
                sim_rig, Bench(bench_seed), seed=seed + k, **same
            )
        except CalibrationError as error:
            waiting.append((k, sim_rig, error))
    for k, sim_rig, blind in waiting:
        if not done:
            raise CalibrationError(f"camera {sim_rig.camera_id}: {blind}") from blind
        lies = next(iter(done.values())).world_from_mannequin.pose()
        try:
            done[sim_rig.camera_id] = calibrate_simulated(
                sim_rig, Bench(bench_seed), seed=seed + k, world_from_mannequin=lies, **same
            )
        except CalibrationError as again:
            raise CalibrationError(f"camera {sim_rig.camera_id}: {again}") from again
    return _joined([done[camera_id] for camera_id in ids], next(iter(done.values())))


def _joined(rigs: list[Rig], first: Rig) -> Rig:
    """Put the cameras of several calibrations of one mannequin into one rig."""
    cameras = {key: camera for rig in rigs for key, camera in rig.cameras.items()}
    residuals: dict[str, float] = {}
    inputs: dict[str, str] = {}
    for rig in (first, *rigs):
        residuals = {**rig.provenance.residuals, **residuals}
        inputs = {**rig.provenance.inputs_sha256, **inputs}
    provenance = first.provenance.model_copy(
        update={"residuals": residuals, "inputs_sha256": inputs}
    )
    bending = joined_bending([rig.bending for rig in rigs])
    return first.model_copy(
        update={"cameras": cameras, "bending": bending, "provenance": provenance}
    )
