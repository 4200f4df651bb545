"""What the bench's procedures found, as the mannequin's part of a rig file.

Takes the results for chest, cells, airway and spring, gives a `mr.rig.MannequinCalibration`;
leaves each to its own procedure. A result that is not there keeps what was there before.
"""

from __future__ import annotations

from typing import Any

from calibration.mannequin.chest import ChestResult
from calibration.mannequin.matrix import CellsResult
from calibration.mannequin.stiffness import StiffnessResult
from calibration.mannequin.syringe import AirwayResult
from mr.rig import MannequinCalibration


def with_results(
    before: MannequinCalibration,
    *,
    chest: ChestResult | None = None,
    cells: CellsResult | None = None,
    airway: AirwayResult | None = None,
    stiffness: StiffnessResult | None = None,
) -> MannequinCalibration:
    """Put results into a calibration."""
    data: dict[str, Any] = before.model_dump()
    data |= results_data(chest=chest, cells=cells, airway=airway, stiffness=stiffness)
    return MannequinCalibration.model_validate(data)


def results_data(
    *,
    chest: ChestResult | None = None,
    cells: CellsResult | None = None,
    airway: AirwayResult | None = None,
    stiffness: StiffnessResult | None = None,
) -> dict[str, Any]:
    """Give the rig file's keys that results fill; chest, cells and airway make it whole."""
    data: dict[str, Any] = {}
    if chest is not None:
        data["chest_depth_m"] = chest.curve.model_dump()
    if cells is not None:
        data["cell_force_n"] = tuple(curve.model_dump() for curve in cells.curves)
        data["cell_crosstalk"] = cells.crosstalk
        data["cell_xy_in_mannequin_m"] = cells.cell_xy_in_mannequin_m
    if airway is not None:
        data["airway_flow_ml_s"] = airway.curve.model_dump()
    if stiffness is not None:
        data["stiffness"] = stiffness.entry().model_dump()
    return data
