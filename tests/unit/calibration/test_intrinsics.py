"""What a lens cannot be measured from is refused or called weak; the capture's guide."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from calibration.boards.charuco import BoardView
from calibration.cameras.factory import prove_factory
from calibration.cameras.intrinsics import MeasuredIntrinsics, measure_intrinsics
from calibration.cameras.intrinsics_guide import ENOUGH_VIEWS, IntrinsicsGuide
from calibration.cameras.intrinsics_record import intrinsics_record
from calibration.simulated.board_technician import BoardTechnician, held_pose
from mr.errors import CalibrationError
from mr.rig import Intrinsics
from tests.truth.held_boards import BOARD, D435, held_views, size_of, view_at

SIZE = size_of(D435)


def measured(views: list[BoardView]) -> MeasuredIntrinsics:
    return measure_intrinsics(views, BOARD, SIZE)


def why_weak(views: list[BoardView]) -> dict[str, str]:
    record = intrinsics_record(measured(views), "side", views)
    assert not record.passed
    return {check.item: check.why for check in record.failures}


def flipped(view: BoardView) -> BoardView:
    return replace(view, corners_px=np.array([SIZE[0] - 1, 0]) + view.corners_px * [-1, 1])


def test_a_good_set_passes_and_says_what_it_cannot_tell() -> None:
    views = held_views(D435, 1)
    record = intrinsics_record(measured(views), "side", views)
    assert record.passed
    assert record.n_samples == 20
    assert any("size of the squares" in note for note in record.notes)
    assert set(record.inputs_sha256) == {"board_views"}
    assert len(record.plots) == 3
    assert {line.unit for line in record.budget} == {"px"}


def test_too_few_pictures() -> None:
    with pytest.raises(CalibrationError, match=r"4 of 4 pictures .* take more"):
        measured(held_views(D435, 1)[:4])
    with pytest.raises(CalibrationError, match="0 of 0 pictures"):
        measured([])
    few = [replace(v, ids=v.ids[:5], corners_px=v.corners_px[:5]) for v in held_views(D435, 1)]
    with pytest.raises(CalibrationError, match="0 of 20 pictures show 8 corners"):
        measured(few)


def test_a_size_that_changed_is_named_with_its_picture() -> None:
    views = held_views(D435, 1)
    views[7] = replace(views[7], size_px=(1280, 720))
    with pytest.raises(CalibrationError, match=r"picture 7 is 1280x720, .* 848x480"):
        measured(views)
    with pytest.raises(CalibrationError, match="same size"):
        prove_factory(held_views(D435, 1)[:6], BOARD, D435.model_copy(update={"width_px": 640}))


def test_a_mirrored_picture_and_another_board_are_named() -> None:
    views = held_views(D435, 1)
    views[3] = flipped(views[3])
    with pytest.raises(CalibrationError, match="picture 3 shows the board mirrored"):
        measured(views)
    views = held_views(D435, 1)
    views[2] = replace(views[2], ids=views[2].ids + 60)
    with pytest.raises(CalibrationError, match=r"picture 2 has corner .* give the board"):
        measured(views)


def test_a_board_that_was_never_tilted_holds_no_lens_or_is_weak() -> None:
    words = why_weak(held_views(D435, 1, tilt_deg=(0.0, 3.0)))
    assert "tilted by 20 to 40 degrees" in words["focal length, one sigma"]
    assert "lead away" in words["tilted boards, least of four sides"]


def test_a_board_held_at_one_side_is_weak_there() -> None:
    views = []
    for view in held_views(D435, 1, 60, spread=0.9):
        left = view.corners_px[:, 0] < 420
        if left.sum() >= 12:
            views.append(replace(view, ids=view.ids[left], corners_px=view.corners_px[left]))
    assert len(views) >= 12
    words = why_weak(views)
    assert "right of the picture" in words["picture covered"]


def test_few_pictures_are_weak() -> None:
    assert "take 20" in why_weak(held_views(D435, 1, 8))["pictures used"]


def test_pictures_that_moved_are_left_out_with_a_reason() -> None:
    views = held_views(D435, 1)
    rng = np.random.default_rng(1)
    for k in (4, 11):
        noise = rng.standard_normal(views[k].corners_px.shape)
        views[k] = replace(views[k], corners_px=views[k].corners_px + noise)
    found = measured(views)
    assert [number for number, _ in found.left_out] == [4, 11]
    assert "is usual" in found.left_out[0][1]
    assert len(found.used) == 18
    assert found.intrinsics.fx_px == pytest.approx(D435.fx_px, rel=0.002)
    notes = intrinsics_record(found, "side").notes
    assert any(note.startswith("Picture 4 left out") for note in notes)


def test_single_wild_corners_do_not_move_the_lens() -> None:
    views = held_views(D435, 1)
    for view in views[::3]:
        view.corners_px[5] += [3.0, -2.0]
    assert measured(views).intrinsics.fx_px == pytest.approx(D435.fx_px, rel=0.001)


def test_most_pictures_disagreeing_is_refused() -> None:
    views = held_views(D435, 1)
    rng = np.random.default_rng(1)
    for k in range(0, 20, 2):
        shape = views[k].corners_px.shape
        views[k] = replace(
            views[k], corners_px=views[k].corners_px + (2 + k) * rng.standard_normal(shape)
        )
    with pytest.raises(CalibrationError, match="do not agree with the rest"):
        measured(views)


def test_blurred_pictures_fail_by_what_they_leave() -> None:
    words = why_weak(held_views(D435, 1, sigma_px=0.9))
    assert "blurred" in words["corners left over"]


class TestGuide:
    def views(self, n: int = 30) -> list[BoardView]:
        return held_views(D435, 5, n)

    def test_it_begins_by_saying_what_to_do(self) -> None:
        progress = IntrinsicsGuide(BOARD, SIZE).progress
        assert progress.share < 0.1
        assert not progress.done
        assert progress.next.startswith("hold the board")
        assert "tilt" in progress.next

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"sharpness_px": 4.4}, "blurred .edges 4.4 px wide"),
            ({"size_px": (640, 480)}, "640x480 now, it was 848x480"),
            ({"ids": np.arange(5), "corners_px": np.zeros((5, 2))}, "5 of 70 corners"),
            (
                {"ids": np.zeros(0, int), "corners_px": np.zeros((0, 2)), "n_foreign": 9},
                "9 markers of another board",
            ),
        ],
    )
    def test_what_is_unfit_is_not_taken(self, change: dict, words: str) -> None:  # type: ignore[type-arg]
        guide = IntrinsicsGuide(BOARD, SIZE)
        verdict = guide.offer(replace(self.views(1)[0], **change))
        assert not verdict.taken
        assert re.search(words, verdict.why), verdict.why
        assert guide.progress.n_taken == 0

    def test_a_mirrored_one_and_one_seen_before_are_not_taken(self) -> None:
        guide = IntrinsicsGuide(BOARD, SIZE)
        view = self.views(1)[0]
        assert "mirrored" in guide.offer(flipped(view)).why
        assert guide.offer(view).taken
        again = guide.offer(replace(view, corners_px=view.corners_px + 3.0))
        assert not again.taken
        assert "the same as picture 0" in again.why
        assert "hold the board" in again.why

    def test_one_that_does_not_agree_is_not_taken(self) -> None:
        guide = IntrinsicsGuide(BOARD, SIZE)
        *first, last = self.views(14)
        for view in first:
            guide.offer(view)
        noise = 2.0 * np.random.default_rng(1).standard_normal(last.corners_px.shape)
        why = guide.offer(replace(last, corners_px=last.corners_px + noise)).why
        assert "does not agree" in why

    def test_it_is_done_when_followed_and_not_before(self) -> None:
        guide, rng = IntrinsicsGuide(BOARD, SIZE), np.random.default_rng(3)
        shares = []
        for _ in range(60):
            if guide.progress.done:
                break
            guide.offer(view_at(D435, held_pose(guide.wanted, D435, BOARD, rng), rng))
            shares.append(guide.progress.share)
        progress = guide.progress
        assert progress.done
        assert ENOUGH_VIEWS <= progress.n_taken <= 32
        assert progress.share == 1.0
        assert progress.coverage is not None
        assert progress.coverage.mean() > 0.9
        assert "px rms" in progress.residual
        assert np.diff(shares).min() > -1e-9
        assert intrinsics_record(measured(guide.samples), "side").passed

    def test_a_board_held_at_one_place_is_never_enough(self) -> None:
        guide, rng = IntrinsicsGuide(BOARD, SIZE), np.random.default_rng(3)
        for _ in range(60):
            wanted = replace(guide.wanted, x_share=0.7, y_share=0.5, zone="right")
            guide.offer(view_at(D435, held_pose(wanted, D435, BOARD, rng), rng))
        assert not guide.progress.done
        assert "left" in guide.wanted.zone
        assert guide.progress.coverage is not None
        assert guide.progress.coverage[:, 0].max() == 0.0

    def test_the_same_samples_give_the_same_words(self) -> None:
        one, other = IntrinsicsGuide(BOARD, SIZE), IntrinsicsGuide(BOARD, SIZE)
        for view in self.views(12):
            assert one.offer(view) == other.offer(view)
            assert one.progress.next == other.progress.next


def test_the_technician_is_the_same_for_the_same_seed() -> None:
    wanted = IntrinsicsGuide(BOARD, SIZE).wanted
    one, other = BoardTechnician(D435, BOARD, 2), BoardTechnician(D435, BOARD, 2)
    for _ in range(4):
        a, b = one.show(wanted), other.show(wanted)
        assert a.how == b.how
        assert np.array_equal(a.grey, b.grey)


def test_a_wild_start_is_not_taken_for_a_lens() -> None:
    flat = held_views(D435, 1, tilt_deg=(0.0, 0.01), spread=0.02)
    try:
        record = intrinsics_record(measured(flat), "side")
    except CalibrationError as error:
        assert "hold no lens" in str(error)
    else:
        assert not record.passed


def test_intrinsics_are_of_the_rig_file() -> None:
    found = measured(held_views(D435, 2)).intrinsics
    assert Intrinsics.model_validate(found.model_dump()) == found
