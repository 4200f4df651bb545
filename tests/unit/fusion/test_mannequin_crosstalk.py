"""A rig's crosstalk is taken out where forces are read, and nothing changes without one."""

from __future__ import annotations

import numpy as np

from mr.blocks import MannequinBlock
from mr.fusion.mannequin import MannequinReader
from mr.rig import MannequinCalibration
from mr.types import Arrival, MannequinFrame
from tests.unit.recording.conftest import a_rig

MIXED = ((1, -0.02, 0, 0), (0, 1, 0, -0.01), (-0.03, 0, 1, 0), (0, 0, -0.015, 1))


def block() -> MannequinBlock:
    force = ((400, 300, 500, 350), (410, 330, 500, 340), (700, 200, 100, 600))
    return MannequinBlock.of(
        [
            MannequinFrame(Arrival("mannequin", k, k, k), 300, cells, 500, 0)
            for k, cells in enumerate(force)
        ]
    )


def calibration() -> MannequinCalibration:
    mannequin = a_rig().mannequin
    assert mannequin is not None
    curves = tuple(
        c.model_copy(update={"values": (0.0, 400.0 + 10 * k)})
        for k, c in enumerate(mannequin.cell_force_n)
    )
    return mannequin.model_copy(update={"cell_force_n": curves})


def test_crosstalk_changes_force_and_place_as_a_matrix_does() -> None:
    own = calibration()
    mixed = own.model_copy(update={"cell_crosstalk": MIXED})
    counts = block().force_counts.astype(float)
    said = np.array([curve(counts[:, k]) for k, curve in enumerate(own.cell_force_n)])
    carried = np.array(MIXED) @ said
    readings = MannequinReader(mixed).read(block())
    assert np.allclose(readings.force_n, carried.sum(axis=0), rtol=1e-12)
    places = np.array(own.cell_xy_in_mannequin_m)
    assert np.allclose(readings.pressure_m, (carried.T @ places) / carried.sum(axis=0)[:, None])
    plain = MannequinReader(own).read(block())
    assert np.abs(plain.force_n - readings.force_n).min() > 1.0


def test_one_by_one_and_together_give_the_same_bits_and_none_is_the_unit_matrix() -> None:
    own = calibration()
    for made in (own, own.model_copy(update={"cell_crosstalk": MIXED})):
        whole = MannequinReader(made).read(block())
        for k in range(3):
            keep = np.arange(3) == k
            part = MannequinBlock(
                "mannequin",
                *(
                    getattr(block(), name)[keep]
                    for name in (
                        "seq",
                        "device_ticks",
                        "arrival_ns",
                        "chest_counts",
                        "force_counts",
                        "airway_counts",
                        "overflow",
                    )
                ),
            )
            alone = MannequinReader(made).read(part)
            assert alone.force_n[0] == whole.force_n[k]
            assert (alone.pressure_m[0] == whole.pressure_m[k]).all()
    unit = own.model_copy(update={"cell_crosstalk": tuple(map(tuple, np.eye(4).tolist()))})
    plain, same = (MannequinReader(made).read(block()) for made in (own, unit))
    assert (plain.force_n == same.force_n).all()
