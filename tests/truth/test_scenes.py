"""Cameras alone, end to end: places, noise and learners like the bench's, but two and short.

The whole way is the real one: simulated cameras, clocks, tracking, fusion, metrics, on a rig
that was calibrated by its own procedures. One scene has one zero and one pair of hands, and
their errors are in all of its compressions: so the limits here are wider than what the bench
prints of twenty scenes of 20 s (docs/FIGURES.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from mr.sim.limbs import Physique
from mr.sim.rig import CameraPlace
from mr.types import ChestObservation, Sample
from tests.bench.accuracy import Errors, compare, figures, pooled
from tests.bench.scenes import Scene, calibrate, film
from tests.bench.seeing import SceneErrors, see

PLACES = {"a": CameraPlace(0.70, 30.0, -10.0), "b": CameraPlace(0.70, 35.0, 40.0)}
NEAR_MM, FAR_MM, BOTH_MM = (1.3, 1.0), (1.6, 1.2), (1.1, 0.9)
"""RMS and bias of the depth in one scene."""
FAR = {key: replace(place, distance_m=0.80) for key, place in PLACES.items()}


@pytest.fixture(scope="module")
def near() -> SceneErrors:
    return see(Scene("near", "good", 31, PLACES, 0.10, compressing_s=5.0))


@pytest.fixture(scope="module")
def far() -> SceneErrors:
    return see(Scene("far", "leaning", 32, FAR, 0.10, compressing_s=5.0))


def one(errors: SceneErrors, which: str = "errors") -> Errors:
    return pooled([getattr(errors, which)[k] for k in ("a", "b")])


def is_good(errors: Errors, rms_mm: float, bias_mm: float) -> bool:
    """Tell whether depths are within limits and no compression was missed or invented."""
    found = figures(errors)
    depth_rms, bias = found["depth_rms_mm"], found["depth_bias_mm"]
    print({k: v if v is None else round(v, 2) for k, v in found.items()})
    assert depth_rms is not None
    assert bias is not None
    whole = found["n_missed"] == 0 and found["n_extra"] == 0
    known = found["n_depth_known"] == found["n_true"]
    return whole and known and depth_rms <= rms_mm and abs(bias) <= bias_mm


def test_one_camera_at_70_cm(near: SceneErrors) -> None:
    assert is_good(one(near), *NEAR_MM)
    assert not is_good(one(near, "deeper"), *NEAR_MM)
    assert not is_good(one(near, "dropped"), *NEAR_MM)


def test_one_camera_at_80_cm(far: SceneErrors) -> None:
    assert is_good(one(far), *FAR_MM)
    assert not is_good(one(far, "deeper"), *FAR_MM)


def test_two_cameras(near: SceneErrors, far: SceneErrors) -> None:
    both = [s.errors["ab"] for s in (near, far)]
    assert is_good(pooled(both), *BOTH_MM)
    assert not is_good(pooled([s.deeper["ab"] for s in (near, far)]), *BOTH_MM)


def test_releases_and_rates(near: SceneErrors, far: SceneErrors) -> None:
    found = figures(pooled([one(near), one(far)]))
    assert found["n_release_known"] is not None
    assert found["n_release_known"] >= 0.85 * float(found["n_true"] or 0)
    assert found["release_rms_mm"] is not None
    assert found["release_rms_mm"] <= 1.5
    assert found["rate_rms_cpm"] is not None
    assert found["rate_rms_cpm"] <= 3.0
    doubled = figures(pooled([one(near, "dropped"), one(far, "dropped")]))
    assert doubled["rate_rms_cpm"] is not None
    assert doubled["rate_rms_cpm"] > 3.0
    wrong = figures(pooled([one(near, "deeper"), one(far, "deeper")]))
    assert wrong["release_rms_mm"] is not None
    assert wrong["release_rms_mm"] > 1.5


def test_the_heel_of_the_hand(near: SceneErrors, far: SceneErrors) -> None:
    every = np.concatenate([mm for s in (near, far) for mm in s.heel_mm.values()])
    rms_mm = float(np.sqrt((every**2).mean()))
    print(f"heel: {rms_mm:.2f} mm rms of {len(every)} looks")
    assert rms_mm <= 4.0
    assert np.sqrt(((every + 5.0) ** 2).mean()) > 4.0, "half a centimetre more would show"


def test_soft_hands_are_told_from_depth() -> None:
    """This learner's hands give by 2 mm more than the technician's."""
    places = {"a": PLACES["a"]}
    who = Physique(squeeze_m=0.0045)
    scene = Scene("soft", "good", 33, places, 0.10, who, compressing_s=7.0)
    filmed = film(scene, calibrate(scene))

    def bias_mm(samples: Sequence[Sample]) -> float:
        outcome = replace(filmed, samples=samples).outcome("a")
        found = figures(compare(scene.script(), filmed.start_ns, outcome))["depth_bias_mm"]
        assert found is not None
        return found

    blind = [
        replace(s, beside_depth_m=None, beside_sigma_m=None)
        if isinstance(s, ChestObservation)
        else s
        for s in filmed.samples
    ]
    with_chest, without = bias_mm(filmed.samples), bias_mm(blind)
    print(f"bias {with_chest:.2f} mm, without the chest beside the hands {without:.2f} mm")
    assert abs(with_chest) < 1.0
    assert without > with_chest + 0.6
