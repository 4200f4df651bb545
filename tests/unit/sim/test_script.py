"""The plan of a simulated session and the motion that follows it."""

from __future__ import annotations

import numpy as np
import pytest

from mr.config import Mode
from mr.errors import ConfigError
from mr.sim.learner import STYLES, make_script, still_script


@pytest.mark.parametrize("style", sorted(STYLES))
def test_the_motion_goes_through_the_planned_points(style):
    script = make_script(style)
    truth = script.truth()
    peaks_s = np.array([c.peak_s for c in truth.compressions])
    releases_s = np.array([c.release_s for c in truth.compressions])
    depth_mm = 1000 * script.chest_depth_m(peaks_s)
    release_mm = 1000 * script.chest_depth_m(releases_s)
    assert depth_mm == pytest.approx([c.depth_mm for c in truth.compressions], abs=1e-9)
    assert release_mm == pytest.approx([c.release_depth_mm for c in truth.compressions], abs=1e-9)
    # Nothing is deeper than the planned peak around it.
    for c in truth.compressions[::7]:
        t = np.linspace(c.onset_s, c.release_s, 2001)
        assert 1000 * script.chest_depth_m(t).max() <= c.depth_mm + 1e-9


@pytest.mark.parametrize("style", ["demo", "double-dip", "leaning"])
def test_the_motion_is_smooth(style):
    script = make_script(style)
    t = np.arange(0.0, script.duration_s, 0.001)
    depth_m = script.chest_depth_m(t)
    assert depth_m.min() >= 0.0
    assert np.abs(np.diff(depth_m)).max() < 0.0012, "faster than 1.2 m/s: a jump"
    velocity = script.chest_velocity_m_s(t)
    assert np.abs(velocity[1:-1] - np.diff(depth_m)[:-1] / 0.001).max() < 0.05


def test_the_stroke_is_no_raised_cosine():
    script = make_script("good")
    c = script.compressions[20]
    t = np.linspace(c.onset_s, c.release_s, 400)
    depth_mm = 1000 * script.chest_depth_m(t)
    u = (t - c.onset_s) / (c.release_s - c.onset_s)
    cosine = c.depth_mm / 2 * (1 - np.cos(2 * np.pi * u))
    assert np.abs(depth_mm - cosine).max() > 4.0


def test_truth_comes_from_the_plan():
    script = make_script("demo")
    truth = script.truth()
    assert truth.count == len(script.compressions) == 55
    assert truth.mean_depth_mm == pytest.approx(np.mean([c.depth_mm for c in script.compressions]))
    assert truth.ccf_pct == 100.0
    intervals = np.diff([c.peak_s for c in truth.compressions])
    assert truth.mean_rate_cpm == pytest.approx(60 / intervals.mean())
    assert sum(c.depth_mm < 50 for c in truth.compressions) == 6, "the demo has shallow ones"
    assert sum(c.release_depth_mm > 5 for c in truth.compressions) > 8, "the demo leans a while"


def test_breaks_count_in_ccf_but_not_in_rate():
    script = make_script("good", Mode.C30_2, compressing_s=60)
    truth = script.truth()
    assert len(truth.breaths) == 6
    assert 70 < truth.ccf_pct < 85
    assert truth.mean_rate_cpm == pytest.approx(110, abs=2)
    peaks = np.diff([c.peak_s for c in truth.compressions])
    assert 60 / peaks.mean() < 100, "breaks would have pulled the rate down"


def test_breaths_carry_their_volume():
    script = make_script("good", Mode.C30_2, compressing_s=60)
    for breath in script.truth().breaths:
        assert script.lung_ml(breath.end_s) == pytest.approx(breath.volume_ml, abs=1.0)
        t = np.linspace(breath.start_s, breath.end_s, 4001)
        inflow_ml = np.trapezoid(script.airflow_ml_s(t), t)
        assert inflow_ml == pytest.approx(breath.volume_ml, rel=2e-3)
    assert script.lung_ml(script.duration_s) == pytest.approx(0.0, abs=1e-6)


def test_hands_come_rest_press_and_go():
    script = make_script("demo")
    assert not script.hands_at(0.5).on_chest
    assert script.hands_at(0.5).heel_in_mannequin_m[0] < -0.4
    resting = script.hands_at(2.5)
    assert resting.on_chest
    assert script.chest_depth_m(2.5) == 0.0
    first = script.compressions[0]
    assert 1.0 < first.onset_s - 1.95 < 1.2, "about a second of resting"
    pressed = script.hands_at(first.peak_s)
    assert pressed.heel_in_mannequin_m[2] == pytest.approx(-first.depth_mm / 1000)
    offset_mm = 1000 * script.hand_offset_m(np.linspace(0, script.duration_s, 500))
    assert 1.5 < np.ptp(offset_mm[:, 0]) < 8.0, "the heel sways and slides by a few mm"
    assert not script.hands_at(script.duration_s - 0.2).on_chest


def test_the_hands_never_jump():
    script = make_script("good", Mode.C30_2, compressing_s=40)
    t = np.arange(0.0, script.duration_s, 0.005)
    heel = np.array([script.hands_at(float(s)).heel_in_mannequin_m for s in t])
    assert np.linalg.norm(np.diff(heel, axis=0), axis=1).max() < 0.02


def test_at_the_head_the_hands_are_apart():
    script = make_script("good", Mode.C30_2, compressing_s=40)
    hands = script.hands_at(script.breaths[0].start_s + 0.3)
    assert not hands.on_chest
    assert hands.spread_m > 0.1
    assert hands.heel_in_mannequin_m[1] > 0.35
    assert script.hands_at(script.compressions[3].peak_s).spread_m == 0.0


def test_a_second_rescuer_breathes_beside_continuous_compressions():
    script = make_script("good", Mode.CONTINUOUS, compressing_s=40)
    assert len(script.breaths) == 6
    assert script.truth().ccf_pct == 100.0


def test_a_seed_gives_the_same_session_and_another_gives_another():
    assert make_script("demo", seed=3) == make_script("demo", seed=3)
    assert make_script("demo", seed=3) != make_script("demo", seed=4)


def test_a_still_script_does_nothing():
    script = still_script(2.0, hands=True)
    assert script.truth().count == 0
    assert script.chest_depth_m(np.linspace(0, 2, 50)).max() == 0.0
    assert script.hands_at(1.0).on_chest


def test_an_unknown_style_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="no simulated learner 'perfect': choose one of demo"):
        make_script("perfect")
