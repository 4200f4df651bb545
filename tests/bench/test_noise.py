"""The table of the simulator's noise beside the real camera's: alike, and able to differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console

from mr.sim.noise import NoiseModel
from tests.bench.__main__ import known
from tests.bench.noise import WHAT_IT_CANNOT_PROVE, compare, noise_table, simulated_pair
from tests.bench.noise_figures import DRAWN, ON_STEPS, locking

if TYPE_CHECKING:
    from tests.conftest import Require

ALIKE = {
    "one pixel, 0.3-0.6 m, px": 0.3,
    "one pixel, 0.6-1.0 m, px": 0.3,
    "correlation over 1 px": 0.15,
    "correlation over 4 px": 0.2,
    "correlation over 8 px": 0.35,
    "mean over 10 x 10: quieter by": 0.2,
    "mean over 20 x 20: quieter by": 0.25,
    "mean over 40 x 40: quieter by": 0.35,
    ON_STEPS: 0.01,
    "shadow's width over the edge's jump": 0.4,
}
"""Rows by which a toy is told from a camera, and by how much they may differ."""


def differing(real: dict[str, float], other: dict[str, float]) -> list[str]:
    return [
        row for row, share in ALIKE.items() if not abs(other[row] - real[row]) <= share * real[row]
    ]


def test_simulated_noise_is_like_the_real_cameras(
    require: Require, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = require.shared("realsense/d435_two_frames.npz").parents[1]
    found = compare(shared)
    with capsys.disabled():
        console = Console(highlight=False, width=120)
        console.print()
        console.print(noise_table(found))
        console.print(WHAT_IT_CANNOT_PROVE)
    real = found["real D435"]
    assert differing(real, found["simulated"]) == []
    # The control: noise of independent pixels without steps or edges fails nearly all rows.
    toy = differing(real, found["control: plain noise"])
    assert len(toy) >= len(ALIKE) - 2, toy
    assert found["real planes"][ON_STEPS] > 95
    for camera in ("real D435", "simulated", "real planes"):
        assert np.abs(found[camera][DRAWN]) < 0.02, "pixel locking is small, of either sign"


def test_strong_locking_would_be_found() -> None:
    rows, columns = np.mgrid[0:1:480j, 0:1:640j]
    ramp = (22.0 + 24.0 * columns + 6.0 * rows).astype(np.float32)
    drawn = [
        abs(locking(list(simulated_pair(ramp, 20.0, NoiseModel(locking_px=size)).disparity))[0])
        for size in (0.01, 0.05)
    ]
    assert drawn[0] < 0.02 < drawn[1]


def test_figures_that_could_not_be_measured_are_written_as_none() -> None:
    """The control has no shadows: its width is not a number, which JSON does not know."""
    report = {"noise": {"control": {"width": float("nan"), "sigma": np.float64(0.1)}}, "n": [1]}
    assert json.loads(json.dumps(known(report), allow_nan=False)) == {
        "noise": {"control": {"width": None, "sigma": 0.1}},
        "n": [1],
    }
