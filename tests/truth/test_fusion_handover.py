"""From the mannequin to a camera and back: no step, the same depths, whoever's hands press."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pytest

from calibration.simulated.quick import calibrate_simulated
from mr.rig import Rig
from mr.sim.learner import make_script
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.sim.script import Script
from mr.types import ChestSample
from tests.truth.fusion_sessions import Arriving, Fused, Looking, camera, fuse, mannequin

SILENT_S = (9.0, 14.0)
EDGE_S = 0.5
"""A step: by how much the error's mean over a compression's time differs across an edge."""
RMS_MM, STEP_MM = 1.0, 1.0


@pytest.fixture(scope="module")
def rig() -> Rig:
    one = calibrate_simulated(make_sim_rig(), Bench(4), n_frames=3)
    return one.model_copy(update={"cameras": {"a": next(iter(one.cameras.values()))}})


@dataclass(frozen=True, slots=True)
class Handover:
    """Errors of the compressions without the mannequin (mm), and steps at both edges."""

    rms_mm: float
    bias_mm: float
    steps_mm: tuple[float, float]
    n_missed: int

    @property
    def good(self) -> bool:
        smooth = max(map(abs, self.steps_mm)) <= STEP_MM
        return smooth and self.rms_mm <= RMS_MM and self.n_missed == 0


@lru_cache
def counts_of(style: str, seed: int) -> list[Arriving]:
    """Give the mannequin's samples of a script; they are slow to make."""
    return mannequin(make_script(style, compressing_s=16.0, seed=seed), 51)


def handover(rig: Rig, script: Script, how: Looking, *, taught: bool = True) -> Handover:
    """Take the mannequin away for five seconds; untaught: from the beginning."""
    from_s, to_s = SILENT_S
    counts = [
        item
        for item in counts_of(script.style, script.seed)
        if (t_s := item[1].arrival.seq / 200) > to_s or (taught and t_s < from_s)
    ]
    return judge(fuse(rig, counts + camera(script, rig, how, 51)), script)


def judge(found: Fused, script: Script) -> Handover:
    """Compare what was measured with the script."""
    from_s, to_s = SILENT_S
    true = script.truth().compressions
    errors = [
        (c.depth_mm.value or np.nan) - t.depth_mm
        for c, t in zip(found.compressions, true, strict=False)
        if from_s < t.peak_s < to_s
    ]
    t_s, error_mm = found.error_mm(script)

    def step_mm(at_s: float) -> float:
        before = (t_s > at_s - EDGE_S) & (t_s < at_s)
        after = (t_s > at_s) & (t_s < at_s + EDGE_S)
        return float(error_mm[after].mean() - error_mm[before].mean())

    rms_mm = float(np.sqrt(np.mean(np.square(errors))))
    n_missed = abs(len(true) - len(found.compressions))
    steps = (step_mm(from_s), step_mm(to_s))
    result = Handover(rms_mm, float(np.mean(errors)), steps, n_missed)
    print(result)
    return result


@pytest.mark.parametrize("style", ["leaning", "tiring"])
@pytest.mark.parametrize("beside", [True, False])
def test_five_seconds_without_the_mannequin(rig: Rig, style: str, beside: bool) -> None:
    """Hands that give 2 mm more than the technician's: the mannequin has taught that."""
    script = make_script(style, compressing_s=16.0, seed=51)
    soft = Looking("a", more_m=0.002, beside=beside)
    assert handover(rig, script, soft).good
    # The control: the same camera, that no mannequin has taught.
    assert not handover(rig, script, replace(soft, beside=False), taught=False).good


@pytest.mark.parametrize("late_s", [0.020, -0.020])
def test_a_wrong_latency_makes_no_step(rig: Rig, late_s: float) -> None:
    script = make_script("good", compressing_s=16.0, seed=52)
    late = Looking("a", late_s=late_s)
    assert handover(rig, script, late).good
    untaught = handover(rig, script, late, taught=False)
    assert max(map(abs, untaught.steps_mm)) > STEP_MM, "the control: nobody has found the lag"


def test_a_camera_that_measures_otherwise_goes_on_on_the_mannequins_scale(rig: Rig) -> None:
    script = make_script("good", compressing_s=16.0, seed=53)
    off = Looking("a", scale=1.07)
    assert handover(rig, script, off).good
    assert not handover(rig, script, off, taught=False).good


def test_five_seconds_without_cameras_change_nothing(rig: Rig) -> None:
    """Depth, velocity, sigma and force stay the same to the bit, and so do the compressions."""
    script = make_script("good", compressing_s=16.0, seed=54)
    counts, seen = mannequin(script, 54), camera(script, rig, Looking("a", more_m=0.001), 54)
    from_s, to_s = SILENT_S
    fewer = [item for item in seen if not from_s < item[1].arrival.seq / 60 < to_s]
    whole, part = fuse(rig, counts + seen), fuse(rig, counts + fewer)
    assert [_motion(s) for s in whole.motion] == [_motion(s) for s in part.motion]
    assert [c.depth_mm for c in whole.compressions] == [c.depth_mm for c in part.compressions]
    # The control: a second without the mannequin changes them.
    gap = mannequin(script, 54, lambda t_s: not 9.0 < t_s < 10.0)
    other = fuse(rig, gap + seen)
    assert [c.depth_mm for c in whole.compressions] != [c.depth_mm for c in other.compressions]


def _motion(sample: ChestSample) -> tuple[object, ...]:
    return (
        sample.stamp,
        sample.depth_m,
        sample.velocity_m_s,
        sample.sigma_m,
        sample.force_n,
        sample.sources,
    )
