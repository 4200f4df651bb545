"""The daily check on the simulated rig: healthy ones pass, each fault is caught and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from calibration.daily import Checked, compare, measure_check
from calibration.daily_guide import CheckGuide
from calibration.record import Check
from calibration.simulated.checking import RecordedCheck, checking_script, record_check
from calibration.simulated.compressions import WANDERING
from calibration.simulated.quick import calibrate_simulated
from mr.errors import CalibrationError
from mr.rig import Marker, Rig
from mr.sim.plant import Bench, SensorTraits, Stiffness
from mr.sim.rig import make_sim_rig
from mr.types import MannequinFrame, MannequinPose, Pose, Sample
from tests.truth.drift_sessions import shifted, with_mannequin, with_spring

SIM = make_sim_rig()
SEEDS = (0, 3)


@pytest.fixture(scope="module")
def rig() -> Rig:
    """A rig that is true and not quick: the camera's gain is that of hands that wander."""
    made = calibrate_simulated(SIM, Bench(4), technician=WANDERING, compressing_s=12.0, seed=4)
    return with_spring(made)


@pytest.fixture(scope="module")
def checks(rig: Rig) -> list[RecordedCheck]:
    return [record_check(SIM, rig, seed=seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def alone(rig: Rig) -> RecordedCheck:
    return record_check(SIM, rig, seed=5, with_cameras=False)


def checked(rig: Rig, done: RecordedCheck, samples: Sequence[Sample] | None = None) -> Checked:
    return measure_check(done.samples if samples is None else samples, rig, done.infos)


def failures(found: Checked) -> dict[str, Check]:
    """Give what failed; that the camera stood by is asked once, below."""
    failed = {check.item: check for check in found.record().failures}
    if not found.cameras:
        del failed["camera side, took part"]
    return failed


@pytest.mark.parametrize("k", range(len(SEEDS)))
def test_a_healthy_rig_passes(rig: Rig, checks: list[RecordedCheck], k: int) -> None:
    guide = CheckGuide(rig, checks[k].infos)
    said = []
    for sample in checks[k].samples:
        assert guide.offer(sample).taken
        if not said or guide.progress.next != said[-1]:
            said.append(guide.progress.next)
    assert guide.progress.done
    assert said[0] == "leave the chest alone"
    assert [w for w in said if w.startswith("press")] == [
        f"press down onto the block and hold, {n} of 3" for n in (1, 2, 3)
    ]
    found = checked(rig, checks[k], guide.samples)
    assert failures(found) == {}
    camera, plates = found.cameras[0], found.plates[0]
    assert camera.depth_mm == pytest.approx(50.0, abs=1.0)
    assert abs(camera.latency_ms or 0.0) < 5.0
    assert set(plates.seen_share) == {0, 1, 2, 3, 4}
    assert max(plates.off_mm.values()) < 0.5
    assert found.t_s[-1] < 60.0, "within a minute"


def test_healthy_mannequins_pass_and_sigmas_cover(rig: Rig) -> None:
    """Over seeds, with sensors as they are built: a lag of 0.3 mm, 1 % of crosstalk."""
    pulls = []
    for seed in range(6):
        real = SensorTraits.real() if seed % 2 else None
        done = record_check(SIM, rig, seed=10 + seed, with_cameras=False, sensors=real)
        found = checked(rig, done)
        assert failures(found) == {}
        if real is None:
            pulls.append(found.bias_mm / found.held_sigma_mm)
    assert np.abs(pulls).max() < 3.0


def test_a_shifted_curve_is_named(rig: Rig, alone: RecordedCheck) -> None:
    assert rig.mannequin is not None
    moved = with_mannequin(rig, chest_depth_m=shifted(rig.mannequin.chest_depth_m, 0.001))
    assert failures(checked(rig, alone)) == {}
    (check,) = failures(checked(moved, alone)).values()
    assert check.item == "chest, zero"
    assert "the chest's zero has moved by +1.0 mm since calibration" in check.why


def test_a_stretched_curve_is_named(rig: Rig, alone: RecordedCheck) -> None:
    assert rig.mannequin is not None
    curve = rig.mannequin.chest_depth_m
    more = curve.model_copy(update={"values": tuple(1.02 * v for v in curve.values)})
    check = failures(checked(with_mannequin(rig, chest_depth_m=more), alone))[
        "chest, depth at the block"
    ]
    assert "the chest reads 51.0 mm on the 50 mm block" in check.why


def test_a_wrong_block_is_named(rig: Rig) -> None:
    done = record_check(SIM, rig, checking_script(40.0), with_cameras=False)
    with pytest.raises(CalibrationError, match=r"held at 40.0 mm.*is this the 50 mm block"):
        checked(rig, done)
    assert failures(measure_check(done.samples, rig, done.infos, 40.0)) == {}


@pytest.mark.parametrize(("share", "how"), [(0.85, "softer"), (1.15, "stiffer")])
def test_another_spring_is_named(rig: Rig, share: float, how: str) -> None:
    s = Stiffness()
    worn = Stiffness(share * s.linear_n_m, share * s.cubic_n_m3, s.damping_ns_m)
    done = record_check(SIM, rig, with_cameras=False, stiffness=worn)
    (check,) = failures(checked(rig, done)).values()
    assert check.item == "spring"
    assert f"the spring is 15 % {how} than calibrated" in check.why


@pytest.mark.parametrize("dead", [1, 2])
def test_a_dead_cell_is_named(rig: Rig, alone: RecordedCheck, dead: int) -> None:
    silent = next(s for s in alone.samples if isinstance(s, MannequinFrame)).force_counts[dead]

    def without(frame: MannequinFrame) -> MannequinFrame:
        counts = [silent if k == dead else n for k, n in enumerate(frame.force_counts)]
        return replace(frame, force_counts=(counts[0], counts[1], counts[2], counts[3]))

    samples = [without(s) if isinstance(s, MannequinFrame) else s for s in alone.samples]
    found = failures(checked(rig, alone, samples))
    check = found[f"cell {dead}, share of the press"]
    assert f"cell {dead} does not feel the press" in check.why
    assert {item for item in found if "share" in item} == {check.item}


def test_a_cell_whose_zero_is_off_is_named(rig: Rig, alone: RecordedCheck) -> None:
    assert rig.mannequin is not None
    curves = list(rig.mannequin.cell_force_n)
    curves[2] = shifted(curves[2], -4.0)
    (check,) = failures(checked(with_mannequin(rig, cell_force_n=tuple(curves)), alone)).values()
    assert "cell 2 reads -4.0 N with nothing on the chest" in check.why


@pytest.mark.parametrize("gain", [1.05, 1.0 / 1.05])
@pytest.mark.parametrize("k", range(len(SEEDS)))
def test_a_camera_whose_gain_is_off_is_named(
    rig: Rig, checks: list[RecordedCheck], gain: float, k: int
) -> None:
    camera = rig.cameras["side"]
    off = camera.model_copy(update={"depth_gain": camera.depth_gain * gain})
    found = failures(checked(rig.model_copy(update={"cameras": {"side": off}}), checks[k]))
    (check,) = found.values()
    assert check.item == "camera side, depth at the block by the hand"
    assert "camera side sees" in check.why
    assert (check.value > 0) == (gain < 1.0)


def test_a_camera_that_is_late_is_named(rig: Rig, checks: list[RecordedCheck]) -> None:
    camera = rig.cameras["side"]
    off = camera.model_copy(update={"latency_s": camera.latency_s - 0.02})
    found = failures(checked(rig.model_copy(update={"cameras": {"side": off}}), checks[0]))
    (check,) = found.values()
    assert check.item == "camera side, latency"
    assert "ms later than calibrated" in check.why


@pytest.mark.parametrize("number", [1, 4])
def test_a_moved_plate_is_named(rig: Rig, checks: list[RecordedCheck], number: int) -> None:
    assert rig.markers is not None

    def moved(marker: Marker) -> Marker:
        if marker.id != number:
            return marker
        corners = np.array(marker.corners_in_mannequin_m) + np.array([0.005, -0.003, 0.0])
        return marker.model_copy(update={"corners_in_mannequin_m": tuple(map(tuple, corners))})

    layout = rig.markers.model_copy(update={"markers": tuple(map(moved, rig.markers.markers))})
    found = failures(checked(rig.model_copy(update={"markers": layout}), checks[0]))
    plates = {item for item in found if "plate" in item}
    assert plates == {f"camera side, plate {number}"}
    assert f"the plate of marker {number} lies" in found[f"camera side, plate {number}"].why


def elsewhere(samples: Sequence[Sample], camera_id: str, by_m: float) -> list[Sample]:
    """Give the samples as a camera whose place in the rig is off would have them."""
    shift = Pose(np.eye(3), np.array([by_m, 0.0, 0.0]))

    def moved(sample: Sample) -> Sample:
        if not isinstance(sample, MannequinPose):
            return sample
        if not sample.arrival.stream.startswith(f"cam_{camera_id}."):
            return sample
        return replace(sample, world_from_mannequin=shift @ sample.world_from_mannequin)

    return [moved(sample) for sample in samples]


def test_a_moved_camera_is_named(rig: Rig, checks: list[RecordedCheck]) -> None:
    samples = elsewhere(checks[0].samples, "side", 0.005)
    (check,) = failures(checked(rig, checks[0], samples)).values()
    assert check.item == "camera side, mannequin's place"
    assert "camera side sees the mannequin 5.0 mm" in check.why
    assert "if it was not moved, the camera was" in check.why
    near = elsewhere(checks[0].samples, "side", 0.001)
    assert failures(checked(rig, checks[0], near)) == {}, "the control"


def test_a_camera_that_took_no_part_is_a_failure(rig: Rig, alone: RecordedCheck) -> None:
    """Nobody has checked it, so that nothing else is said of it and the rig is not right."""
    record = checked(rig, alone).record()
    assert not record.passed
    (said,) = [check for check in record.checks if "camera" in check.item]
    assert said.item == "camera side, took part"
    assert said.why == "it was not checked: plug it in, and check again"
    assert checked(rig.model_copy(update={"cameras": {}}), alone).record().passed, "the control"


def test_of_two_cameras_the_moved_one_is_named(rig: Rig, checks: list[RecordedCheck]) -> None:
    """The second camera is the first one again, under another name."""
    (side,) = [i for i in checks[0].infos if i.streams[0].name.startswith("cam_")]
    head = replace(side, streams=(replace(side.streams[0], name="cam_head.depth"),))
    done = replace(checks[0], infos=[*checks[0].infos, head])
    twice = rig.model_copy(update={"cameras": {**rig.cameras, "head": rig.cameras["side"]}})

    def as_head(sample: Sample) -> Sample:
        arrival = replace(sample.arrival, stream=sample.arrival.stream.replace("side", "head"))
        return replace(sample, arrival=arrival)

    poses = [s for s in checks[0].samples if isinstance(s, MannequinPose)]
    both = [*checks[0].samples, *map(as_head, poses)]
    found = failures(checked(twice, done, elsewhere(both, "head", 0.005)))
    why = found["camera head, mannequin's place"].why
    assert "camera head was moved" in why
    assert "camera side, mannequin's place" not in found
    found = failures(checked(twice, done, elsewhere(elsewhere(both, "head", 0.005), "side", 0.005)))
    assert "the mannequin was moved" in found["camera side, mannequin's place"].why


def test_what_has_changed_since_the_last_check_is_said(rig: Rig, alone: RecordedCheck) -> None:
    assert rig.mannequin is not None
    last = checked(rig, alone).record()
    assert compare(last, last) == ()
    moved = with_mannequin(rig, chest_depth_m=shifted(rig.mannequin.chest_depth_m, 0.0004))
    (said,) = compare(checked(moved, alone).record(), last)
    assert said == "chest, zero: +0.4 mm since the last check"
    moved = with_mannequin(rig, chest_depth_m=shifted(rig.mannequin.chest_depth_m, 0.001))
    (said,) = compare(checked(moved, alone).record(), last)
    assert said.startswith("chest, zero: passed last time")


def test_presses_that_are_not_what_was_asked_for_are_refused(rig: Rig) -> None:
    quick = record_check(SIM, rig, checking_script(hold_s=(1.5, 0.4, 1.5)), with_cameras=False)
    with pytest.raises(CalibrationError, match=r"press 2.*was held for 0\.\d s"):
        checked(rig, quick)
    two = record_check(SIM, rig, checking_script(hold_s=(1.5, 1.5)), with_cameras=False)
    with pytest.raises(CalibrationError, match="2 presses, 3 are needed"):
        checked(rig, two)
    early = record_check(SIM, rig, checking_script(alone_s=0.6), with_cameras=False)
    with pytest.raises(CalibrationError, match="left alone for"):
        checked(rig, early)
