"""The age of what a headset showed."""

from __future__ import annotations

import pytest

from mr.review.shown import shown_ages, shown_in_words
from mr.types import Arrival, FrameShown

MS = 1_000_000


def shown(k: int, age_ms: float | None, predicted: bool = True) -> FrameShown:
    display_ns = (1000 + 11 * k) * MS
    measured_ns = None if age_ms is None else display_ns - round(age_ms * MS)
    return FrameShown(
        Arrival("headset.shown", k, k, display_ns), display_ns, measured_ns, predicted
    )


def test_the_age_is_from_capture_to_showing() -> None:
    ages = shown_ages([shown(k, 20.0 + k) for k in range(101)])
    assert ages is not None
    assert ages.p50_ms == pytest.approx(70.0)
    assert ages.p95_ms == pytest.approx(115.0)
    assert ages.worst_ms == pytest.approx(120.0)
    assert ages.predicted_share == 1.0


def test_frames_without_motion_have_no_age() -> None:
    frames = [shown(0, None, predicted=False), shown(1, 30.0), shown(2, 30.0, predicted=False)]
    ages = shown_ages(frames)
    assert ages is not None
    assert (ages.n_frames, ages.n_of_motion, ages.predicted_share) == (3, 2, 0.5)
    assert "3 frames shown" in shown_in_words(ages)
    assert "30 ms old" in shown_in_words(ages)
    assert "50 %" in shown_in_words(ages)


@pytest.mark.parametrize("frames", [[], [shown(0, None)]])
def test_nothing_shown_is_nothing_said(frames: list[FrameShown]) -> None:
    assert shown_ages(frames) is None
