"""The score: closeness, monotonicity, every lost point explained, unknown stays unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.config import Mode
from mr.errors import ConfigError
from mr.metrics.strokes import FIRST
from mr.scoring.closeness import Band, Thing, judge_band
from mr.scoring.performance import Performance
from mr.scoring.profiles import load_guideline, shipped_guidelines
from mr.scoring.score import score_performance
from mr.types import Compression, Measured, Pause, Ventilation

GUIDELINE = load_guideline("aha-2025-adult-bls")


def compression(
    index: int, depth_mm: float | None = 55.0, release_mm: float = 1.0, rate_cpm: float = 110.0
) -> Compression:
    t_ns = index * 545_000_000
    depth = Measured.unknown("uncalibrated") if depth_mm is None else Measured(depth_mm, 0.2)
    return Compression(
        index=index,
        onset_ns=t_ns,
        peak_ns=t_ns + 200_000_000,
        release_ns=t_ns + 400_000_000,
        depth_mm=depth,
        release_depth_mm=Measured(release_mm, 0.3),
        rate_cpm=Measured(rate_cpm, 0.5),
        duty_cycle=Measured(0.5),
        release_velocity_mm_s=Measured(400.0),
        force_peak_n=Measured(450.0),
        hand_offset_mm=(Measured(3.0), Measured(4.0)),
    )


def performance(depths_mm: list[float], ccf_pct: float = 95.0) -> Performance:
    return Performance(
        [compression(i, d) for i, d in enumerate(depths_mm)], [], [], Measured(ccf_pct)
    )


def value(depths_mm: list[float]) -> float:
    score = score_performance(performance(depths_mm), GUIDELINE, Mode.HANDS_ONLY)
    assert score.value_pct is not None
    return score.value_pct


def test_hands_that_lose_points_say_where_they_were() -> None:
    """And on which side: too far off is no direction."""
    off = replace(compression(1), hand_offset_mm=(Measured(-20.0), Measured(24.0)))
    performance = Performance([compression(0), off, compression(2)], [], [], Measured(95.0))
    score = score_performance(performance, GUIDELINE, Mode.HANDS_ONLY)
    (hands,) = (item for item in score.items if item.key == "hands")
    (lost,) = hands.deductions
    limit_mm = GUIDELINE.hands.offset_max_mm
    too_far = f"{(20**2 + 24**2) ** 0.5 - limit_mm:.1f} mm too far off"
    assert lost.index == 1
    assert lost.reason == f"{too_far}, 20 mm to the mannequin's right and 24 mm to its head"


def test_perfect_is_100() -> None:
    score = score_performance(performance([55.0] * 30), GUIDELINE, Mode.HANDS_ONLY)
    assert score.value_pct == pytest.approx(100.0)
    assert sum(item.weight_pct for item in score.items) == pytest.approx(100.0)


def test_near_misses_score_above_fewer_wide_misses() -> None:
    """Laerdal's published example: 92 % in range can beat 94 %."""
    near = [55.0] * 92 + [49.0] * 8
    wide = [55.0] * 94 + [35.0] * 6
    assert value(near) > value(wide)


def test_a_binary_score_would_not_do_so() -> None:
    """Negative control: counting hits ranks the same two learners the other way."""

    def binary(depths_mm: list[float]) -> float:
        return float(np.mean([50.0 <= d <= 60.0 for d in depths_mm]))

    assert binary([55.0] * 92 + [49.0] * 8) < binary([55.0] * 94 + [35.0] * 6)


@settings(deadline=None)
@given(st.lists(st.floats(20.0, 80.0), min_size=1, max_size=40), st.data())
def test_doing_better_never_scores_lower(depths_mm: list[float], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(depths_mm) - 1))
    share = data.draw(st.floats(0.0, 1.0))
    better = list(depths_mm)
    better[which] += share * (55.0 - better[which])
    assert value(better) >= value(depths_mm) - 1e-9


def test_points_lost_add_up_and_are_explained() -> None:
    score = score_performance(performance([45.0] * 10 + [55.0] * 10), GUIDELINE, Mode.HANDS_ONLY)
    assert score.value_pct == pytest.approx(100.0 - sum(i.points_lost or 0 for i in score.items))
    depth = next(i for i in score.items if i.key == "depth")
    assert depth.points_lost is not None
    assert depth.points_lost > 0
    assert "10 too shallow (by 5.0 mm on average) of 20" in depth.reason


def test_leaning_is_named() -> None:
    leaning = Performance(
        [compression(i, release_mm=12.0) for i in range(8)], [], [], Measured(95.0)
    )
    score = score_performance(leaning, GUIDELINE, Mode.HANDS_ONLY)
    recoil = next(i for i in score.items if i.key == "recoil")
    assert "8 not released fully (by 7.0 mm on average) of 8" in recoil.reason


def test_unknown_depth_is_unscored_and_says_so() -> None:
    blind = Performance([compression(i, None) for i in range(8)], [], [], Measured(95.0))
    score = score_performance(blind, GUIDELINE, Mode.HANDS_ONLY)
    assert score.value_pct is None
    assert any("uncalibrated" in m for m in score.missing)


def test_no_compressions_is_unscored() -> None:
    score = score_performance(
        Performance([], [], [], Measured.unknown("no compressions")), GUIDELINE, Mode.HANDS_ONLY
    )
    assert score.value_pct is None
    assert len(score.missing) >= 4


def test_long_pauses_cost_flow_points() -> None:
    pauses = [Pause(0, 12_000_000_000, "hands_off")]
    calm = performance([55.0] * 20)
    paused = Performance(calm.compressions, [], pauses, calm.ccf_pct)
    flow = [
        next(i for i in score_performance(p, GUIDELINE, Mode.HANDS_ONLY).items if i.key == "flow")
        for p in (calm, paused)
    ]
    assert flow[0].points_lost == pytest.approx(0.0)
    assert (flow[1].points_lost or 0) > 0
    assert "over 10 s" in flow[1].reason


@pytest.mark.parametrize(("length_s", "costs"), [(10.04, False), (10.06, True)])
def test_a_pause_is_judged_as_it_is_shown(length_s: float, costs: bool) -> None:
    base = performance([55.0] * 20)
    paused = Performance(
        base.compressions, [], [Pause(0, round(1e9 * length_s), "hands_off")], base.ccf_pct
    )
    score = score_performance(paused, GUIDELINE, Mode.HANDS_ONLY)
    flow = next(i for i in score.items if i.key == "flow")
    assert ((flow.points_lost or 0.0) > 0.0) == costs == ("over 10 s" in flow.reason)


def test_a_ccf_just_under_its_target_does_not_read_as_met() -> None:
    score = score_performance(performance([55.0] * 20, ccf_pct=79.657), GUIDELINE, Mode.HANDS_ONLY)
    flow = next(i for i in score.items if i.key == "flow")
    assert (flow.points_lost or 0.0) > 0.0 and "CCF 79.7 % (at least 80 % wanted)" in flow.reason


def test_what_was_not_measured_is_told_and_costs_nothing() -> None:
    """Neither flow nor breaths that nobody could have seen; a CCF of 75 % still costs."""
    base = performance([55.0] * 40, ccf_pct=100.0)
    lost = replace(
        base,
        airway_measured=True,
        unmeasured="not measured from 5.3 to 10.0 s",
        holes_ns=[(5_300_000_000, 10_000_000_000)],
    )
    hands_only = score_performance(lost, GUIDELINE, Mode.HANDS_ONLY)
    assert hands_only.value_pct == pytest.approx(100.0)
    flow = next(i for i in hands_only.items if i.key == "flow")
    assert "not measured from 5.3 to 10.0 s" in flow.reason
    breathless = score_performance(lost, GUIDELINE, Mode.C30_2)
    (missing,) = breathless.missing
    assert missing == ("Ventilations: no breaths were seen, but not measured from 5.3 to 10.0 s")
    seen = score_performance(replace(lost, unmeasured="", holes_ns=()), GUIDELINE, Mode.C30_2)
    assert (seen.value_pct or 0.0) < (breathless.value_pct or 0.0)
    paused = score_performance(replace(base, ccf_pct=Measured(75.0)), GUIDELINE, Mode.HANDS_ONLY)
    assert (paused.value_pct or 0.0) < 100.0


def test_breaths_are_judged_only_where_the_mode_has_them() -> None:
    base = performance([55.0] * 30)
    breaths = [Ventilation(0, 1_000_000_000, Measured(900.0), 1.0)] * 2
    with_breaths = Performance(base.compressions, breaths, [], base.ccf_pct)
    hands_only = score_performance(with_breaths, GUIDELINE, Mode.HANDS_ONLY)
    cycles = score_performance(with_breaths, GUIDELINE, Mode.C30_2)
    assert "ventilation" not in {i.key for i in hands_only.items}
    item = next(i for i in cycles.items if i.key == "ventilation")
    assert "2 too big (by 300.0 mL on average) of 2" in item.reason


@pytest.mark.parametrize("name", shipped_guidelines())
def test_every_shipped_profile_loads_and_sources_each_value(name: str) -> None:
    guideline = load_guideline(name)
    assert guideline.id == name
    for part in ("depth", "rate", "recoil", "flow", "hands", "ventilation", "weights"):
        assert getattr(guideline, part).source


def test_wrong_profiles_are_refused_by_key_and_bound(tmp_path) -> None:
    from importlib import resources

    text = resources.files("mr.scoring.guidelines").joinpath("erc-2021-adult-bls.toml").read_text()
    for wrong, key in [
        (text.replace("low_mm = 50.0", "low_mm = 70.0"), "depth"),
        (text.replace("low_mm = 50.0", "lowest_mm = 50.0"), "depth.l"),
        (text.replace('standing = "recalled"', 'standing = "sure"'), "shock.standing"),
        ("not toml at all [", "TOML"),
    ]:
        path = tmp_path / "own.toml"
        path.write_text(wrong)
        with pytest.raises(ConfigError, match=key):
            load_guideline(str(path))
    with pytest.raises(ConfigError, match="choose one of"):
        load_guideline("nonsense")
    with pytest.raises(ConfigError, match="15:2"):
        GUIDELINE.require_mode(Mode.C15_2)
    with pytest.raises(ConfigError, match="infant"):
        GUIDELINE.require_body("infant")


def test_breaths_that_were_due_and_not_given_cost_points() -> None:
    base = performance([55.0] * 40)
    seen = Performance(base.compressions, [], [], base.ccf_pct, airway_measured=True)
    blind = Performance(base.compressions, [], [], base.ccf_pct, airway_measured=False)
    few = performance([55.0] * 20)
    early = Performance(few.compressions, [], [], few.ccf_pct, airway_measured=True)

    def breaths(p: Performance):
        score = score_performance(p, GUIDELINE, Mode.C30_2)
        return next(i for i in score.items if i.key == "ventilation")

    assert breaths(seen).value_pct == 0.0
    assert breaths(seen).reason == "no breaths were given"
    assert breaths(blind).value_pct is None
    assert breaths(early).value_pct is None


def test_exactly_on_the_limit_is_on_target() -> None:
    on = Performance(
        [compression(i, rate_cpm=120.0000001) for i in range(9)], [], [], Measured(95.0)
    )
    score = score_performance(on, GUIDELINE, Mode.HANDS_ONLY)
    assert next(i for i in score.items if i.key == "rate").reason == "all 9 on target"


def test_vague_values_are_not_judged() -> None:
    """A release known to ±4 mm says nothing about leaning; it is not held against anybody."""
    from dataclasses import replace

    def leaning(sigma_mm: float) -> Performance:
        vague = Measured(7.0, sigma_mm)
        many = [replace(compression(i), release_depth_mm=vague) for i in range(9)]
        return Performance(many, [], [], Measured(95.0))

    vague = score_performance(leaning(4.0), GUIDELINE, Mode.HANDS_ONLY)
    sure = score_performance(leaning(0.5), GUIDELINE, Mode.HANDS_ONLY)
    assert vague.value_pct is None
    assert any("±4.0 only" in m for m in vague.missing)
    assert sure.value_pct is not None
    assert sure.value_pct < 100.0


@pytest.mark.parametrize(("n_known", "judged"), [(100, True), (60, True), (40, False), (1, False)])
def test_what_was_hardly_ever_measured_is_not_judged(n_known: int, judged: bool) -> None:
    band = Band(50.0, 60.0, 10.0, "mm")
    things = [
        Thing(k, k, Measured(55.0, 0.1) if k < n_known else Measured.unknown("not seen"))
        for k in range(100)
    ]
    item = judge_band("compression", things, band, "nothing")
    assert (item.value_pct is not None) == judged
    assert judged or item.reason == f"only {n_known} of 100 were measured: not seen"


def test_a_first_compression_that_has_no_rate_is_not_missing() -> None:
    band = Band(100.0, 120.0, 20.0, "/min")
    things = [
        Thing(k, k, Measured(110.0, 0.1) if k % 3 else Measured.unknown(FIRST)) for k in range(4)
    ]
    assert judge_band("compression", things, band, "nothing").value_pct == 100.0


def test_values_without_a_sigma_have_no_interval() -> None:
    band = Band(50.0, 60.0, 10.0, "mm")
    without = judge_band("compression", [Thing(0, 0, Measured(55.0))], band, "nothing")
    assert without.interval_pct is None
    assert judge_band("compression", [Thing(0, 0, Measured(55.0, 0.1))], band, "").interval_pct
