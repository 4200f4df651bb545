"""A rig that has drifted is told and named in a session; a healthy one never is."""

from __future__ import annotations

import pytest

from calibration.simulated.quick import calibrate_simulated
from mr.rig import Rig
from mr.session.drift_limits import LIMITS
from mr.sim.learner import STYLES, make_script
from mr.sim.plant import Bench, Stiffness
from mr.sim.rig import make_sim_rig
from mr.sim.script import Script
from tests.truth.drift_sessions import (
    Watched,
    frames,
    shifted,
    watch,
    with_mannequin,
    with_spring,
)
from tests.truth.fusion_sessions import Looking

SEED = 51
CHECK = "run `mrcpr calibrate check`"


@pytest.fixture(scope="module")
def rig() -> Rig:
    return with_spring(calibrate_simulated(make_sim_rig(), Bench(6), n_frames=3, with_motion=False))


@pytest.fixture(scope="module")
def script() -> Script:
    return make_script("good", compressing_s=10.0, seed=SEED)


def session(
    rig: Rig, script: Script, how: Looking | None = None, spring: Stiffness | None = None
) -> Watched:
    looks = () if how is None else (how,)
    return watch(rig, frames(script, SEED, spring), looks, script, SEED)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_healthy_rig_is_never_told(rig: Rig, style: str, seed: int) -> None:
    script = make_script(style, compressing_s=8.0, seed=seed)
    found = watch(rig, frames(script, seed), [Looking("side")], script, seed)
    topics = {topic.partition(" ")[0] for _, topic in found.readings}
    assert topics >= set(LIMITS) - {"markers"}, "the control: each was read"
    assert found.off() == []
    assert found.said == set()


def test_what_a_healthy_rig_reads_lies_within_the_sigmas(rig: Rig) -> None:
    """Within three of them all; and not all within a tenth of one: they are not idle.

    Most of a sigma is what no simulation shows: how a chest comes back, how curves age.
    """
    n, near = 0, 0
    for seed in range(2):
        script = make_script("good", compressing_s=6.0, seed=seed)
        for r in watch(rig, frames(script, seed), (), script, seed).readings.values():
            n, near = n + 1, near + (abs(r.value) < 0.1 * r.sigma)
            assert abs(r.value) < 3.0 * r.sigma, r
    assert near < n


def test_a_chest_whose_zero_has_moved_is_named(rig: Rig, script: Script) -> None:
    assert rig.mannequin is not None
    for by_m in (0.001, -0.001):
        moved = with_mannequin(rig, chest_depth_m=shifted(rig.mannequin.chest_depth_m, by_m))
        found = session(moved, script)
        assert found.off() == ["mannequin: zero"]
        (said,) = found.said
        assert said.startswith(
            f"mannequin, ok: the chest's zero has drifted by {1e3 * by_m:+.1f} mm since calibration"
        )


def test_a_small_shift_warns_before_numbers_go_wrong(rig: Rig, script: Script) -> None:
    assert rig.mannequin is not None
    moved = with_mannequin(rig, chest_depth_m=shifted(rig.mannequin.chest_depth_m, 0.0008))
    found = session(moved, script)
    assert found.readings["mannequin", "zero"].level == "warn"
    assert CHECK in next(iter(found.said))
    less = with_mannequin(rig, chest_depth_m=shifted(rig.mannequin.chest_depth_m, 0.0003))
    assert session(less, script).said == set()


@pytest.mark.parametrize(("share", "how"), [(0.85, "softer"), (1.15, "stiffer")])
def test_a_worn_spring_is_named(rig: Rig, script: Script, share: float, how: str) -> None:
    s = Stiffness()
    worn = Stiffness(share * s.linear_n_m, share * s.cubic_n_m3, s.damping_ns_m)
    found = session(rig, script, spring=worn)
    assert found.off() == ["mannequin: stiffness"]
    assert f"the chest is 15 % {how} than calibrated" in next(iter(found.said))
    assert found.readings["mannequin", "stiffness"].value == pytest.approx(
        100.0 * (share - 1.0), abs=1.0
    )


def test_a_spring_of_no_known_stiffness_is_not_judged(rig: Rig, script: Script) -> None:
    found = session(with_mannequin(rig, stiffness=None), script)
    assert ("mannequin", "stiffness") not in found.readings


@pytest.mark.parametrize("cell", [0, 3])
def test_one_cell_whose_zero_is_off_is_named(rig: Rig, script: Script, cell: int) -> None:
    assert rig.mannequin is not None
    curves = list(rig.mannequin.cell_force_n)
    curves[cell] = shifted(curves[cell], 3.0)
    found = session(with_mannequin(rig, cell_force_n=tuple(curves)), script)
    assert found.off() == [f"mannequin: cell {cell}"]
    assert f"force cell {cell} reads +3.0 N with nothing on the chest" in next(iter(found.said))


def test_an_airway_that_reads_flow_at_rest_is_named(rig: Rig, script: Script) -> None:
    assert rig.mannequin is not None
    off = with_mannequin(rig, airway_flow_ml_s=shifted(rig.mannequin.airway_flow_ml_s, -20.0))
    found = session(off, script)
    assert found.off() == ["mannequin: airway"]
    assert "the airway reads -20 mL/s while no air flows: calibrate the airway" in next(
        iter(found.said)
    )


def test_a_camera_out_of_scale_is_named(rig: Rig, script: Script) -> None:
    found = session(rig, script, Looking("side", scale=1.045))
    assert found.off() == ["side: scale"]
    assert any("cam_side measures" in words and "deeper" in words for words in found.said)


@pytest.mark.parametrize("late_s", [0.007, -0.007])
def test_a_camera_that_is_late_is_named(rig: Rig, script: Script, late_s: float) -> None:
    found = session(rig, script, Looking("side", late_s=late_s))
    assert found.off() == ["side: lag"]
    how = "later" if late_s > 0 else "earlier"
    (said,) = found.said
    assert f"its pictures come 7 ms {how} than calibrated, which is put right: {CHECK}" in said


def test_hands_that_lie_lightly_on_the_chest_are_no_rest(rig: Rig) -> None:
    """1.5 N of hands would be 0.4 N on each cell; the bare chest before them is what counts."""
    script = make_script("leaning", compressing_s=4.0, seed=9)
    found = session(rig, script)
    cells = [r.value for (_, topic), r in found.readings.items() if topic.startswith("cell")]
    assert len(cells) == 4
    assert max(map(abs, cells)) < 0.2
