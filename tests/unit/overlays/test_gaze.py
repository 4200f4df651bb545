"""Choosing by looking: where the head points, and for how long."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.types import Pose
from overlays.xr.gaze import FORGIVEN_S, Dwell, place_on

SIZE_M = (0.5, 0.2)
PANEL = Pose(Rotation.from_euler("y", 40, degrees=True).as_matrix(), np.array([0.3, 1.0, -1.0]))


def head_at(eye_in_panel_m: tuple[float, float, float], looks_at: tuple[float, float]) -> Pose:
    """A head that looks at a point (x, y) of the sheet."""
    eye = np.array(eye_in_panel_m)
    back = eye - np.array([*looks_at, 0.0])
    back /= np.linalg.norm(back)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    return PANEL @ Pose(np.stack([right, np.cross(back, right), back], axis=1), eye)


@pytest.mark.parametrize(
    ("looks_at", "place"),
    [
        ((0.0, 0.0), (0.5, 0.5)),
        ((-0.2, 0.08), (0.1, 0.1)),
        ((0.2, -0.08), (0.9, 0.9)),
        ((0.3, 0.0), None),
        ((0.0, -0.11), None),
    ],
)
def test_the_place_is_where_the_head_points(
    looks_at: tuple[float, float], place: tuple[float, float] | None
) -> None:
    found = place_on(PANEL, SIZE_M, head_at((0.1, 0.15, 0.8), looks_at))
    assert found == (None if place is None else pytest.approx(place, abs=1e-9))


def test_nobody_looks_through_it_from_behind_or_backwards() -> None:
    before = head_at((0.0, 0.1, 0.8), (0.0, 0.0))
    turned = Pose(before.R @ np.diag([-1.0, 1.0, -1.0]), before.t_m)
    assert place_on(PANEL, SIZE_M, before) is not None
    assert place_on(PANEL, SIZE_M, turned) is None
    assert place_on(PANEL, SIZE_M, head_at((0.0, 0.1, -0.8), (0.0, 0.0))) is None


def test_a_glance_away_is_forgiven_and_a_longer_one_begins_anew() -> None:
    dwell, step_ns = Dwell(2.0), 100_000_000
    shares = [dwell.look(True, k * step_ns) for k in range(11)]
    assert shares[-1] == pytest.approx(0.5)
    assert dwell.look(False, 12 * step_ns) == pytest.approx(0.5)
    assert dwell.look(True, 13 * step_ns) == pytest.approx(0.65)
    away_ns = 13 * step_ns + round(FORGIVEN_S * 1e9) + 1
    assert dwell.look(False, away_ns) == 0.0
    assert dwell.look(True, away_ns + step_ns) == 0.0
    shares = [dwell.look(True, away_ns + k * step_ns) for k in range(2, 22)]
    assert shares[-2] < shares[-1] == 1.0
    dwell.forget()
    assert dwell.look(False, away_ns + 22 * step_ns) == 0.0


def test_time_without_frames_is_no_looking() -> None:
    dwell, step_ns = Dwell(2.0), 100_000_000
    assert dwell.look(True, 0) == 0.0
    assert dwell.look(True, step_ns) == pytest.approx(0.05)
    assert dwell.look(True, 600 * step_ns) == 0.0, "a minute without a frame chooses nothing"
    assert dwell.look(True, 601 * step_ns) == pytest.approx(0.05)
