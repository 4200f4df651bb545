"""Which compressions have everything right."""

from __future__ import annotations

from typing import Any

import pytest

from mr.review.right import n_right

TARGETS = {
    "depth_low_mm": 50.0,
    "depth_high_mm": 60.0,
    "rate_low_cpm": 100.0,
    "rate_high_cpm": 120.0,
    "release_max_mm": 5.0,
    "hand_offset_max_mm": 30.0,
    "recoil_criterion": "displacement",
    "release_max_n": None,
}
GOOD = {
    "depth_mm": 55.0,
    "rate_cpm": 110.0,
    "release_depth_mm": 1.0,
    "release_force_n": None,
    "hand_x_mm": 10.0,
    "hand_y_mm": 20.0,
}


def counted(one: dict[str, Any], **targets: Any) -> int:
    analysis = {"guideline": {"targets": TARGETS | targets}, "compressions": [GOOD | one]}
    return n_right(analysis)


def test_a_good_compression_counts() -> None:
    assert counted({}) == 1
    assert counted({"hand_x_mm": None, "hand_y_mm": None}) == 1  # nobody saw the hands
    assert counted({"depth_mm": 80.0}, depth_high_mm=None) == 1
    assert counted({"rate_cpm": 120.04}) == 1  # shown, and scored, as 120.0


@pytest.mark.parametrize(
    "one",
    [
        {"depth_mm": 49.9},
        {"depth_mm": 60.1},
        {"depth_mm": None},
        {"rate_cpm": 121.0},
        {"rate_cpm": None},
        {"release_depth_mm": 5.1},
        {"release_depth_mm": None},
        {"hand_x_mm": 29.0},
    ],
)
def test_one_thing_wrong_or_unknown_does_not_count(one: dict[str, Any]) -> None:
    assert counted(one) == 0


def test_recoil_by_force_asks_for_force() -> None:
    by_force = {"recoil_criterion": "force", "release_max_n": 20.0}
    assert counted({"release_depth_mm": 9.0, "release_force_n": 12.0}, **by_force) == 1
    assert counted({"release_force_n": 25.0}, **by_force) == 0
    assert counted({}, **by_force) == 0
