"""What a frame in the headset says of itself: the motion in it, and how long it is worn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.types import Placing, Pose, Registration, Snapshot
from overlays.comfort import LIMIT_MINUTES, REST_MINUTES
from overlays.messages import ENGLISH
from overlays.primitives import Text
from overlays.xr.composed import Composed
from overlays.xr.passthrough import Passthrough, interrupted, passthrough
from overlays.xr.training import Training
from overlays.xr.worn import GAP_NS, WornTime
from tests.snapshots import IN_FULL_SWING

S = 1_000_000_000
HEAD = Pose(np.eye(3), np.array([0.0, 0.9, -0.4]))
ALPHA = passthrough("alpha")
MOVING = replace(IN_FULL_SWING, measured_ns=IN_FULL_SWING.t_ns)
LEAD_NS = 40_000_000


def composed_by(
    training: Training, room: Passthrough = ALPHA, at_ns: int = MOVING.t_ns + LEAD_NS
) -> Composed:
    return training.compose(at_ns, HEAD, (), room)


@pytest.mark.parametrize(
    ("changes", "room", "measured", "moved_on"),
    [
        ({}, "alpha", True, True),
        ({}, "camera", True, False),
        ({"placing": Placing("lost")}, "alpha", True, False),
        ({"placing": Placing("ok"), "world_from_mannequin": None}, "alpha", True, False),
        ({"guidance": False}, "alpha", False, False),
        ({"guidance": False}, "camera", False, False),
        ({"level": "reduced"}, "alpha", False, False),
        ({"level": "sound"}, "alpha", False, False),
        ({"level": "none"}, "alpha", False, False),
        ({"measured_ns": None}, "alpha", False, False),
    ],
)
def test_only_motion_that_is_shown_has_an_age(
    changes: dict[str, object], room: str, measured: bool, moved_on: bool
) -> None:
    now = replace(MOVING, **changes)  # type: ignore[arg-type]
    training = Training(lambda: now)
    composed_by(training, passthrough(room))  # type: ignore[arg-type]
    assert training.measured_ns == (MOVING.measured_ns if measured else None)
    assert training.predicted is moved_on


def test_an_age_is_that_of_this_frame_and_of_none_before() -> None:
    given: list[Snapshot | None] = [MOVING, None]
    training = Training(lambda: given.pop(0))
    composed_by(training)
    assert training.predicted
    composed_by(training)
    assert training.measured_ns is None and not training.predicted


def test_an_interruption_of_the_room_keeps_the_sure_place() -> None:
    def placed(state: str, shift_m: float) -> Snapshot:
        found = Registration(Pose(np.eye(3), np.array([shift_m, 0.0, 0.0])), 0.001, 20, 0)
        lying, placing = Pose.identity(), Placing(state, found)  # type: ignore[arg-type]
        return replace(MOVING, world_from_mannequin=lying, placing=placing)

    given = [placed("ok", 0.0), placed("weak", 0.06)]
    training = Training(lambda: given.pop(0))
    sure = composed_by(training)
    away = composed_by(training, interrupted(ALPHA))
    assert np.array_equal(away.xr_from_mannequin.t_m, sure.xr_from_mannequin.t_m)


def minutes_worn(*pieces: tuple[float, float], worn: WornTime | None = None) -> float:
    """Wear a headset from one minute to another, for each of the pieces."""
    worn = WornTime() if worn is None else worn
    told_s = 0.0
    for since_min, until_min in pieces:
        for t_s in range(round(60 * since_min), round(60 * until_min) + 1):
            told_s = worn.frame(t_s * S)
    return told_s / 60.0


def test_time_off_the_head_is_not_worn_and_only_a_rest_begins_anew() -> None:
    assert minutes_worn((0.0, 5.0)) == pytest.approx(5.0)
    assert minutes_worn((0.0, 0.0), (25.0, 25.0)) == 0.0, "two frames"
    assert minutes_worn((0.0, 5.0), (6.0, 11.0)) == pytest.approx(10.0), "a minute is no rest"
    rest = 5.0 + REST_MINUTES
    assert minutes_worn((0.0, 5.0), (rest, rest + 2.0)) == pytest.approx(2.0)
    short = WornTime()
    short.frame(0)
    assert short.frame(GAP_NS) > 0.0
    assert short.frame(2 * GAP_NS + 1) == pytest.approx(GAP_NS / S)


def test_a_loss_of_the_headset_does_not_forget_how_long_it_was_worn() -> None:
    worn = WornTime()
    limit_min = LIMIT_MINUTES + 1.0
    minutes_worn((0.0, limit_min), worn=worn)
    at_ns = round(limit_min * 60 * S) + 5 * S
    after = composed_by(Training(lambda: MOVING, worn=worn), at_ns=at_ns)
    new = composed_by(Training(lambda: MOVING), at_ns=at_ns)
    note = ENGLISH("headset.rest", minutes=int(limit_min))
    told = [[i.text for i in c.scene.panel.items if isinstance(i, Text)] for c in (after, new)]
    assert note in told[0]
    assert note not in told[1], "the control"
