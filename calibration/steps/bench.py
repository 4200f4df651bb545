"""The steps on the bench: the mannequin's own sensors.

Takes stations, gives drafts with the mannequin's curves in them; leaves measuring to
`calibration.mannequin`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from calibration.mannequin.chest import DepthStation, chest_plan, measure_chest
from calibration.mannequin.loads import LoadStation
from calibration.mannequin.matrix import cells_plan, measure_cells
from calibration.mannequin.station import StationsGuide
from calibration.mannequin.strokes import Stroke
from calibration.mannequin.syringe import airway_plan, measure_airway
from calibration.steps.step import Done, Setup
from calibration.workbook import Parameter

NOMINAL_CELLS_M = ((0.035, 0.045), (-0.035, 0.045), (0.035, -0.045), (-0.035, -0.045))
"""Where docs/guides/technician/build.md has the cells, until they are measured."""


class ChestStep:
    """The displacement sensor, by gauge blocks."""

    sample = DepthStation
    kept = True

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Readings of another mannequin or other blocks are others."""
        return {"mannequin": setup.mannequin.serial, "blocks_mm": setup.kit.blocks_mm}

    def guide(self, setup: Setup) -> StationsGuide[DepthStation]:
        """Guide the blocks in and out."""
        return StationsGuide(chest_plan(setup.kit.blocks_mm))

    def finish(self, setup: Setup, samples: Sequence[DepthStation]) -> Done:
        """Fit the curve."""
        found = measure_chest(samples)
        return Done(setup.with_mannequin(chest_depth_m=found.curve), (found.record(setup.subject),))


class CellsStep:
    """The force cells, by masses."""

    sample = LoadStation
    kept = True

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Readings of another mannequin or other masses are others."""
        return {"mannequin": setup.mannequin.serial, "masses_kg": setup.kit.masses_kg}

    def guide(self, setup: Setup) -> StationsGuide[LoadStation]:
        """Guide the masses over the cells and the plate."""
        return StationsGuide(cells_plan(setup.kit.masses_kg))

    def finish(self, setup: Setup, samples: Sequence[LoadStation]) -> Done:
        """Fit curves, crosstalk and places."""
        nominal = setup.mannequin.cell_xy_in_mannequin_m or NOMINAL_CELLS_M
        found = measure_cells(samples, np.array(nominal))
        draft = setup.with_mannequin(
            cell_force_n=found.curves,
            cell_xy_in_mannequin_m=found.cell_xy_in_mannequin_m,
            cell_crosstalk=found.crosstalk,
        )
        return Done(draft, (found.record(setup.subject),))


class AirwayStep:
    """The flow sensor, by strokes of a calibration syringe."""

    sample = Stroke
    kept = True

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Strokes of another mannequin or syringe are others."""
        return {
            "mannequin": setup.mannequin.serial,
            "syringe_ml": setup.kit.syringe_ml,
            "second_syringe_ml": setup.kit.second_syringe_ml,
        }

    def guide(self, setup: Setup) -> StationsGuide[Stroke]:
        """Guide pushes and draws, slow to fast."""
        kit = setup.kit
        return StationsGuide(airway_plan(kit.syringe_ml, second_ml=kit.second_syringe_ml))

    def finish(self, setup: Setup, samples: Sequence[Stroke]) -> Done:
        """Fit the curve."""
        found = measure_airway(samples)
        return Done(
            setup.with_mannequin(airway_flow_ml_s=found.curve), (found.record(setup.subject),)
        )
