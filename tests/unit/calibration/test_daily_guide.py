"""The daily check's guide: what a technician is told, and what spoils an attempt."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from calibration.daily import measure_check
from calibration.daily_guide import CheckGuide
from calibration.simulated.checking import RecordedCheck, checking_script, record_check
from calibration.simulated.quick import calibrate_simulated
from mr.errors import CalibrationError
from mr.rig import Rig
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.types import Arrival, ChestObservation, MarkersSeen, Stamp

SIM = make_sim_rig()


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrate_simulated(SIM, Bench(4), n_frames=3, with_motion=False)


def capture(rig: Rig, **how: object) -> RecordedCheck:
    return record_check(SIM, rig, checking_script(**how), with_cameras=False)  # type: ignore[arg-type]


def without_cameras(rig: Rig) -> Rig:
    return rig.model_copy(update={"cameras": {}})


@pytest.fixture(scope="module")
def good(rig: Rig) -> RecordedCheck:
    return capture(rig)


def guided(guide: CheckGuide, samples: Sequence[object]) -> list[str]:
    """Offer all samples; give the refusals."""
    verdicts = (guide.offer(sample) for sample in samples)  # type: ignore[arg-type]
    return [verdict.why for verdict in verdicts if not verdict.taken]


def test_what_is_done_as_told_is_taken(rig: Rig, good: RecordedCheck) -> None:
    guide = CheckGuide(rig, good.infos)
    assert (guide.progress.share, guide.progress.done) == (0.0, False)
    assert guide.progress.next == "leave the chest alone"
    assert guided(guide, good.samples) == []
    assert (guide.progress.share, guide.progress.done) == (1.0, True)
    assert measure_check(guide.samples, without_cameras(rig), good.infos).record().passed


def test_the_same_samples_give_the_same_words(rig: Rig, good: RecordedCheck) -> None:
    def words() -> list[tuple[str, float]]:
        guide = CheckGuide(rig, good.infos)
        said = []
        for sample in good.samples:
            guide.offer(sample)
            said.append((guide.progress.next, guide.progress.share))
        return said

    once = words()
    assert once == words()
    shares = [share for _, share in once]
    assert shares == sorted(shares)


def test_a_press_that_was_too_short_is_done_again(rig: Rig) -> None:
    done = capture(rig, hold_s=(1.5, 0.4, 1.5, 1.5))
    guide = CheckGuide(rig, done.infos)
    (why,) = guided(guide, done.samples)
    assert why == "not held for one second: Press down onto the block once more and hold"
    assert guide.progress.done
    assert measure_check(guide.samples, without_cameras(rig), done.infos).record().passed
    with pytest.raises(CalibrationError, match="4 presses"):
        measure_check(done.samples, rig, done.infos)  # the control: not by itself


def test_another_block_is_asked_about(rig: Rig) -> None:
    done = capture(rig, block_mm=40.0)
    guide = CheckGuide(rig, done.infos)
    refused = guided(guide, done.samples)
    assert len(refused) == 3
    assert all("held at 40 mm: is this the 50 mm block" in why for why in refused)
    assert not guide.progress.done
    assert guide.progress.next == "press down onto the block and hold, 1 of 3"
    assert guided(CheckGuide(rig, done.infos, 40.0), done.samples) == []


def test_hands_that_come_too_soon_begin_the_rest_anew(rig: Rig) -> None:
    done = capture(rig, alone_s=0.4)
    guide = CheckGuide(rig, done.infos)
    refused = guided(guide, done.samples)
    assert refused
    assert set(refused) == {"the chest is touched: leave it alone until it is said to press"}
    assert not guide.progress.done


def test_hands_that_a_camera_sees_are_no_rest(rig: Rig, good: RecordedCheck) -> None:
    guide = CheckGuide(rig, good.infos)
    guided(guide, good.samples[:100])
    seen = ChestObservation(
        Arrival("cam_side.chest", 1, 1, 1), Stamp(1, 1), "side", 0.08, 1e-3, "on", 90
    )
    verdict = guide.offer(seen)
    assert not verdict.taken
    assert verdict.why.startswith("hands are on the chest")


def test_the_plates_are_asked_for_where_a_camera_can_see_them(
    rig: Rig, good: RecordedCheck
) -> None:
    from dataclasses import replace

    camera = replace(
        good.infos[0], streams=(replace(good.infos[0].streams[0], name="cam_side.color"),)
    )
    guide = CheckGuide(rig, [*good.infos, camera])
    guided(guide, good.samples)
    assert guide.progress.next == "let camera side see the plates"
    assert not guide.progress.done
    import numpy as np

    for k in range(2):
        picture = MarkersSeen(
            Arrival("cam_side.markers", k, k, k), "side", (0, 1), np.zeros((2, 4, 2)), 0
        )
        assert guide.offer(picture).taken
    guided(guide, good.samples[-2:])
    assert guide.progress.done


def test_without_a_mannequin_there_is_no_check(rig: Rig, good: RecordedCheck) -> None:
    with pytest.raises(CalibrationError, match="presses a mannequin"):
        CheckGuide(rig.model_copy(update={"mannequin": None}), good.infos)
    with pytest.raises(CalibrationError, match="presses a mannequin"):
        CheckGuide(rig, [])
    with pytest.raises(CalibrationError, match="has no mannequin"):
        measure_check(good.samples, rig.model_copy(update={"mannequin": None}), good.infos)
    with pytest.raises(CalibrationError, match="sent nothing"):
        measure_check([], rig, good.infos)
