"""Hands at other places, other people's hands, and cameras that see no back of a hand.

The truth is where the script put the hands. Each check is turned round once: the same
question at the right place, or without the other person, has the other answer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mr.geometry.camera import Camera
from mr.sim.camera import SimImager
from mr.sim.learner import make_script, still_script
from mr.sim.limbs import Physique
from mr.sim.rig import CameraPlace, make_sim_rigs, sim_calibration
from mr.sim.script import Script
from mr.tracking.chest import ChestLook, ChestWatch
from mr.tracking.surface import ChestView
from mr.types import Arrival, DepthFrame

HZ = 30.0
HANDS_MM = 83.0
"""Height of the back of the simulated hands over the chest they lie on."""


def looks(
    script: Script,
    times_s: np.ndarray,
    physique: Physique | None = None,
    place: CameraPlace | None = None,
) -> list[ChestLook]:
    """Let one camera watch a script at some instants."""
    sim = make_sim_rigs({"a": place or CameraPlace(0.70, 30.0)})["a"]
    imager = SimImager(sim, script, 3, physique=physique)
    calibration = sim_calibration(sim)
    camera = Camera(calibration.depth)
    view = ChestView(camera, calibration.baseline_m, sim.mannequin_from_cam.inverse())
    watch = ChestWatch()
    told = []
    for k, t_s in enumerate(times_s):
        counts = imager.depth_counts(float(t_s))
        frame = DepthFrame(Arrival("cam_a.depth", k, k, k), "a", counts, 1e-4)
        told.append(watch.look(view, frame, round(float(t_s) * 1e9)))
    return told


def resting(offset_mm: tuple[float, float]) -> Script:
    return replace(still_script(hands=True), offset_mm=offset_mm, sway_mm=(0.0, 0.0))


def test_hands_on_the_belly_are_no_hands_on_the_chest() -> None:
    times_s = np.arange(1.0, 1.4, 1 / HZ)
    belly = looks(resting((5.0, -200.0)), times_s)
    chest = looks(resting((5.0, 0.0)), times_s)
    assert {k.hands for k in belly[2:]} == {"off"}
    assert {k.hands for k in chest[2:]} == {"on"}, "the right place is told from it"
    for look in belly[2:]:
        assert "cm from the compression point" in look.heel_why
        assert look.heel_in_mannequin_m is not None
        away_mm = 1e3 * (look.heel_in_mannequin_m[:2] - np.array([0.005, -0.200]))
        assert np.linalg.norm(away_mm) < 2 * 1e3 * look.heel_sigma_m
        assert look.surface is not None
        assert abs(look.surface.z_m) < 0.004, "and the chest is bare"
    assert all(k.heel_why == "" for k in chest[2:])


def test_a_bystanders_hand_changes_nothing() -> None:
    """A second person's hand lies beside the learner's, its arm in the same region."""
    script = make_script("good", compressing_s=2.0, seed=3)
    times_s = np.arange(2.2, script.compressions[1].peak_s, 1 / HZ)
    alone = looks(script, times_s)
    crowded = looks(script, times_s, Physique(bystander_heel_m=(0.10, -0.20, 0.0)))
    true_m = np.array([script.hands_at(t).heel_in_mannequin_m[:2] for t in times_s])

    def heel_error_mm(told: list[ChestLook], true_m: np.ndarray = true_m) -> np.ndarray:
        seen = np.array(
            [k.heel_in_mannequin_m[:2] for k in told[2:] if k.heel_in_mannequin_m is not None]
        )
        return 1e3 * np.linalg.norm(seen - true_m[2:], axis=1)

    for told in (alone, crowded):
        assert {k.hands for k in told[2:]} == {"on"}
    print(
        f"heel, mean error: alone {heel_error_mm(alone).mean():.1f}, "
        f"beside a bystander {heel_error_mm(crowded).mean():.1f} mm"
    )
    heights = [
        np.array([1e3 * k.surface.z_m for k in told[2:] if k.surface]) for told in (alone, crowded)
    ]
    assert np.abs(heights[0] - heights[1]).mean() < 1.5
    assert heel_error_mm(crowded).mean() < 12.0
    # The control: the same looks are far from the bystander's hand.
    assert heel_error_mm(crowded, np.tile([0.10, -0.20], (len(true_m), 1))).min() > 100.0


def test_a_bystander_alone_is_no_learner() -> None:
    script = replace(still_script(), duration_s=3.0)
    told = looks(script, np.arange(1.0, 1.3, 1 / HZ), Physique(bystander_heel_m=(0.10, -0.20, 0.0)))
    assert {k.hands for k in told} == {"off"}


def test_gloves_are_measured_as_bare_skin_is() -> None:
    script = resting((5.0, 0.0))
    times_s = np.arange(1.0, 1.3, 1 / HZ)
    bare, gloved = (
        np.mean([k.surface.z_m for k in looks(script, times_s, who) if k.surface])
        for who in (Physique(), Physique(gloves=True))
    )
    assert abs(bare - gloved) < 5e-4


def test_a_camera_that_sees_no_back_of_the_hand_says_so() -> None:
    """From far below the fingers hide it; a patch on the chest before them would be wrong."""
    script = make_script("good", compressing_s=2.0, seed=3)
    times_s = np.arange(2.2, script.compressions[1].peak_s, 1 / HZ)
    flat = looks(script, times_s, place=CameraPlace(0.8, 60.0, 0.0))
    wrong_mm = [
        1e3 * (k.surface.z_m + script.chest_depth_m(t)) - HANDS_MM
        for k, t in zip(flat, times_s, strict=True)
        if k.surface
    ]
    # Pressed deep, the back of the hand does come into sight; what is told then is right.
    assert len(wrong_mm) < 0.2 * len(flat)
    assert all(abs(mm) < 10.0 for mm in wrong_mm)
    assert sum(k.hands == "unknown" for k in flat) > 0.8 * len(flat)
    good = looks(script, times_s, place=CameraPlace(0.8, 35.0, 0.0))
    assert sum(k.surface is not None for k in good) > 0.9 * len(good)
