"""The mannequin's depths and releases are as sure as they claim; each learner has a bench.

Gauge blocks are off as they are said to be (`tests.bench.workbench`): what simulated calibrations
do not use up cannot show whether a claim is honest.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from calibration.simulated.quick import calibrate_simulated
from mr.sim.learner import make_script
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.types import FloatArray
from tests.bench.workbench import seated
from tests.truth.fusion_sessions import fuse, mannequin

STYLES = ("good", "shallow", "deep", "leaning", "fast", "slow", "tiring", "double-dip")
SEEDS = (9300, 9301)


@lru_cache
def errors() -> dict[str, list[FloatArray]]:
    """Give errors and claimed sigmas (n, 2) in mm of each session, by quantity."""
    whole = calibrate_simulated(make_sim_rig(), Bench(4), n_frames=3, with_motion=False)
    alone = whole.model_copy(update={"cameras": {}})
    rows: dict[str, list[FloatArray]] = {"depth": [], "release": []}
    for style in STYLES:
        for seed in SEEDS:
            script = make_script(style, compressing_s=6.0, seed=seed)
            found = fuse(seated(alone, seed), mannequin(script, seed)).compressions
            true = script.truth().compressions
            assert len(found) == len(true)
            for which, pairs in (
                ("depth", [(c.depth_mm, t.depth_mm) for c, t in zip(found, true, strict=True)]),
                (
                    "release",
                    [
                        (c.release_depth_mm, t.release_depth_mm)
                        for c, t in zip(found[:-1], true[:-1], strict=True)
                    ],
                ),
            ):
                known = [(m.value - t, m.sigma) for m, t in pairs if m.value is not None]
                rows[which].append(np.array(known, dtype=np.float64))
    return rows


@pytest.mark.parametrize("which", ["depth", "release"])
@pytest.mark.parametrize(("scale", "honest"), [(1.0, True), (0.5, False), (2.0, False)])
def test_a_depths_sigma_is_honest(which: str, scale: float, honest: bool) -> None:
    """Held-out learners and benches: 92 to 98 % within ±1.96 sigma; controls fail."""
    every = errors()[which]
    shares = [np.mean(np.abs(e[:, 0]) <= 1.96 * scale * e[:, 1]) for e in every]
    share = float(np.mean(shares))
    whole = np.concatenate(every)
    rms, claimed = np.sqrt(np.mean(whole**2, axis=0))
    print(f"{which}, sigma × {scale}: {100 * share:.1f} %; {rms:.3f} mm RMS, {claimed:.3f} claimed")
    assert (0.92 <= share <= 0.98) == honest
