"""The simulated rig's calibration, by the same procedures as a real one's.

Takes the simulated rig with its workbench, gives a `mr.rig.Rig` of kind "sim" whose
curves and pose were measured from noisy readings and pictures, never copied from the
truth; leaves the truth to whoever compares.
"""

from __future__ import annotations

import hashlib

import numpy as np

import mr
from calibration.airway import fit_airway_curve
from calibration.cells import N_CELLS, STANDARD_GRAVITY_M_S2, fit_cell_curves
from calibration.chest import fit_chest_curve
from calibration.mannequin_pose import measure_resting_pose
from mr.clock.host import wall_now_utc
from mr.rig import Curve, MannequinCalibration, PoseEntry, Provenance, Rig
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.plant import CELL_XY_M, Bench
from mr.sim.rig import SimRig, sim_calibration
from mr.types import FloatArray

BLOCKS_MM = np.arange(0.0, 76.0, 5.0)
MASSES_KG = np.array([0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0])
FLOWS_ML_S = np.arange(-1300.0, 1301.0, 100.0)
READINGS = 200
"""Readings averaged at each level: one second of the mannequin's stream."""

_Readings = tuple[FloatArray, FloatArray]


def calibrate_simulated(
    sim_rig: SimRig,
    bench: Bench,
    *,
    n_frames: int = 6,
    seed: int = 0,
    name: str = "simulated rig",
    made_utc: str | None = None,
) -> Rig:
    """Calibrate the simulated rig.

    Parameters
    ----------
    sim_rig
        Gives the pictures of the mannequin at rest, and what the camera's maker says of it.
    bench
        Gives noisy counts at gauge blocks, masses and syringe flows.
    n_frames, seed
        How many colour pictures of the resting mannequin, with which noise.
    made_utc
        When, in ISO 8601; now if not given.

    Raises
    ------
    CalibrationError
        When a procedure finds its readings unfit.
    """
    readings: dict[str, FloatArray] = {}
    chest = _chest(bench, readings)
    cells = _cells(bench, readings)
    airway = _airway(bench, readings)
    layout = sim_rig.marker_layout()
    camera = sim_calibration(sim_rig)
    imager = SimImager(sim_rig, still_script(duration_s=float(n_frames)), seed)
    frames = [imager.bgr(float(k)) for k in range(n_frames)]
    readings["color_frames"] = np.stack(frames)
    rest = measure_resting_pose(frames, layout, camera)
    return Rig(
        name=name,
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
        world_from_mannequin=PoseEntry.of(rest.world_from_mannequin),
        provenance=Provenance(
            made_utc=made_utc or wall_now_utc().isoformat(timespec="seconds"),
            software=f"mrcpr {mr.__version__}",
            kind="sim",
            inputs_sha256={
                key: hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
                for key, value in readings.items()
            },
            residuals={
                "chest_sigma_m": chest.sigma,
                **{f"cell_{k}_sigma_n": cells[k].sigma for k in range(N_CELLS)},
                "airway_sigma_ml_s": airway.sigma,
                "rest_rms_m": rest.rms_m,
                "rest_residual_px": rest.residual_px,
            },
        ),
    )


def _chest(bench: Bench, readings: dict[str, FloatArray]) -> Curve:
    depth_mm = np.repeat(BLOCKS_MM, READINGS)
    counts = np.array([bench.gauge_block_counts(float(d)) for d in depth_mm], dtype=np.float64)
    readings["chest_counts"] = counts
    return fit_chest_curve(depth_mm / 1000.0, counts)


def _cells(bench: Bench, readings: dict[str, FloatArray]) -> tuple[Curve, Curve, Curve, Curve]:
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


def _airway(bench: Bench, readings: dict[str, FloatArray]) -> Curve:
    flow_ml_s = np.repeat(FLOWS_ML_S, READINGS)
    counts = np.array([bench.syringe_counts(float(f)) for f in flow_ml_s], dtype=np.float64)
    readings["airway_counts"] = counts
    return fit_airway_curve(flow_ml_s, counts)
