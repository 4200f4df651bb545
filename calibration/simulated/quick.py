"""The simulated rig's calibration, by the same procedures as a real one's.

Takes the simulated rig with its workbench, gives a `mr.rig.Rig` of kind "sim" whose
curves, pose, and the camera's latency and gain were measured from noisy readings, pictures
and compressions, never copied from the truth; leaves the truth to whoever compares.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

import mr
from calibration.mannequin.airway import fit_airway_curve
from calibration.mannequin.cells import N_CELLS, STANDARD_GRAVITY_M_S2, fit_cell_curves
from calibration.mannequin.chest import fit_chest_curve
from calibration.mannequin.resting import measure_resting_pose
from calibration.mannequin.surface import Scan, scan_surface
from calibration.simulated.compressions import TECHNICIAN, record_compressions
from calibration.together.learn import learn_motion
from mr.clock.host import wall_now_utc
from mr.rig import (
    CameraCalibration,
    Curve,
    MannequinCalibration,
    PoseEntry,
    Provenance,
    Rig,
    SurfaceEntry,
)
from mr.sim.camera import M_PER_COUNT, SimImager
from mr.sim.learner import LearnerStyle, still_script
from mr.sim.plant import CELL_XY_M, Bench
from mr.sim.rig import SimRig, sim_calibration
from mr.types import Pose

BLOCKS_MM = np.arange(0.0, 76.0, 5.0)
MASSES_KG = np.array([0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0])
FLOWS_ML_S = np.arange(-1300.0, 1301.0, 100.0)
READINGS = 200
"""Readings averaged at each level: one second of the mannequin's stream."""
SCAN_FRAMES = 12
"""Depth frames of the mannequin at rest: its surface then has a quarter of their noise."""
UNMEASURED = "camera's latency and gain not measured"


Readings = dict[str, npt.NDArray[Any]]
"""What was read, by name, for the provenance."""


def calibrate_simulated(
    sim_rig: SimRig,
    bench: Bench,
    *,
    n_frames: int = 6,
    seed: int = 0,
    name: str = "simulated rig",
    made_utc: str | None = None,
    with_motion: bool = True,
    world_from_mannequin: Pose | None = None,
    compressing_s: float = 6.0,
    technician: LearnerStyle = TECHNICIAN,
) -> Rig:
    """Calibrate the simulated rig; takes some 3 s, most of them for the compressions.

    Parameters
    ----------
    sim_rig
        Gives the pictures of the mannequin at rest, and what the camera's maker says of it.
    bench
        Gives noisy counts at gauge blocks, masses and syringe flows.
    n_frames, seed
        How many colour pictures of the resting mannequin; of their noise and of the
        compressions.
    made_utc
        When, in ISO 8601; now if not given.
    with_motion
        False leaves the camera's latency and gain unmeasured (0 and 1): the rig's name then
        says so and its provenance has no residuals of them.
    world_from_mannequin
        Where another camera found the mannequin; if not given, the markers tell this one.
    compressing_s, technician
        How long who compresses for latency and gain.

    Raises
    ------
    CalibrationError
        When a procedure finds its readings unfit.
    """
    readings: Readings = {}
    chest = _chest(bench, readings)
    cells = _cells(bench, readings)
    airway = _airway(bench, readings)
    layout = sim_rig.marker_layout()
    camera = sim_calibration(sim_rig)
    imager = SimImager(sim_rig, still_script(duration_s=float(n_frames)), seed)
    frames = [imager.bgr(float(k)) for k in range(n_frames)]
    readings[f"camera_{sim_rig.camera_id}_color_frames"] = np.stack(frames)
    residuals = {
        "chest_sigma_m": chest.sigma,
        **{f"cell_{k}_sigma_n": cells[k].sigma for k in range(N_CELLS)},
        "airway_sigma_ml_s": airway.sigma,
    }
    if world_from_mannequin is None:
        rest = measure_resting_pose(frames, layout, camera)
        world_from_mannequin = rest.world_from_mannequin
        residuals |= {"rest_rms_m": rest.rms_m, "rest_residual_px": rest.residual_px}
    surface = _surface(sim_rig, imager, camera, world_from_mannequin, readings)
    rig = Rig(
        name=name if with_motion else f"{name}, {UNMEASURED}",
        mannequin=MannequinCalibration(
            serial=sim_rig.mannequin_serial,
            chest_ap_m=sim_rig.chest_ap_m,
            chest_depth_m=chest,
            cell_force_n=cells,
            cell_xy_in_mannequin_m=CELL_XY_M,
            airway_flow_ml_s=airway,
        ),
        cameras={sim_rig.camera_id: camera},
        markers=layout,
        surface=surface,
        world_from_mannequin=PoseEntry.of(world_from_mannequin),
        provenance=Provenance(
            made_utc=made_utc or wall_now_utc().isoformat(timespec="seconds"),
            software=f"mrcpr {mr.__version__}",
            kind="sim",
            inputs_sha256={key: _sha256(value) for key, value in readings.items()},
            residuals=residuals,
        ),
    )
    if not with_motion:
        return rig
    recorded = record_compressions(sim_rig, rig, compressing_s, seed, technician=technician)
    return learn_motion(rig, sim_rig.camera_id, recorded)


def _surface(
    sim_rig: SimRig,
    imager: SimImager,
    camera: CameraCalibration,
    world_from_mannequin: Pose,
    readings: Readings,
) -> SurfaceEntry:
    """Scan the resting mannequin, where the markers have just said that it lies."""
    frames = tuple(imager.depth_counts(k / 30.0) for k in range(SCAN_FRAMES))
    readings[f"camera_{sim_rig.camera_id}_surface_frames"] = np.stack(frames)
    lies = camera.world_from_cam.pose().inverse() @ world_from_mannequin
    scan = Scan(frames, M_PER_COUNT, camera, lies)
    return SurfaceEntry.of(scan_surface([scan], sim_rig.marker_layout(), sim_rig.chest_ap_m))


def _sha256(values: npt.NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def _chest(bench: Bench, readings: Readings) -> Curve:
    depth_mm = np.repeat(BLOCKS_MM, READINGS)
    counts = np.array([bench.gauge_block_counts(float(d)) for d in depth_mm], dtype=np.float64)
    readings["chest_counts"] = counts
    return fit_chest_curve(depth_mm / 1000.0, counts)


def _cells(bench: Bench, readings: Readings) -> tuple[Curve, Curve, Curve, Curve]:
    """Lay each mass on each cell; the other cells are read too, without a load."""
    n_levels = len(MASSES_KG) * READINGS
    cell = np.repeat(np.arange(N_CELLS), n_levels)
    mass_kg = np.tile(np.repeat(MASSES_KG, READINGS), N_CELLS)
    counts = np.array(
        [
            [
                bench.mass_counts(float(m) * STANDARD_GRAVITY_M_S2 if k == loaded else 0.0, k)
                for k in range(N_CELLS)
            ]
            for loaded, m in zip(cell, mass_kg, strict=True)
        ],
        dtype=np.float64,
    )
    readings["cell_counts"] = counts
    return fit_cell_curves(cell, mass_kg, counts)


def _airway(bench: Bench, readings: Readings) -> Curve:
    flow_ml_s = np.repeat(FLOWS_ML_S, READINGS)
    counts = np.array([bench.syringe_counts(float(f)) for f in flow_ml_s], dtype=np.float64)
    readings["airway_counts"] = counts
    return fit_airway_curve(flow_ml_s, counts)
