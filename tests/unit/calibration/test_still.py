"""A board at rest is given once, with its depth; one that moves, or is half seen, is not."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.boards.charuco import BoardView
from calibration.cameras.still import (
    MIN_CORNERS,
    MOVED_PX,
    STILL_PX,
    STILL_S,
    Rested,
    Seen,
    StillBoard,
    is_seen,
)

GRID = np.array([(x, y) for y in range(5) for x in range(6)], dtype=np.float64) * 20.0
DEPTH = [np.full((4, 4), k, dtype=np.uint16) for k in range(400)]


def view(shift_px: float = 0.0, n: int = len(GRID)) -> BoardView:
    return BoardView(np.arange(n), GRID[:n] + shift_px, 0, (848, 480), 2.1)


def watched(
    board: StillBoard, shifts_px: list[float], *, hz: float = 30.0, depth_every: int = 1
) -> list[tuple[int, Rested]]:
    """Show a board with its corners shifted picture by picture; gives what came when."""
    given = []
    for k, shift_px in enumerate(shifts_px):
        depth = DEPTH[k // depth_every] if depth_every else None
        found = board.step(Seen(k / hz, view(shift_px), depth, 1e-4))
        if found is not None:
            given.append((k, found))
    return given


def test_it_is_given_once_when_it_has_rested() -> None:
    ((k, rested),) = watched(StillBoard(), [0.0] * 60)
    assert k == 12 and k / 30.0 == pytest.approx(STILL_S)
    assert len(rested.depths) == 13 and rested.depths[-1] is DEPTH[12]
    assert rested.m_per_count == 1e-4


def test_steady_hands_are_still_and_a_walk_is_not() -> None:
    wander = 0.3 * STILL_PX * np.sin(np.arange(60)) / np.sqrt(2.0)
    assert len(watched(StillBoard(), wander.tolist())) == 1
    assert watched(StillBoard(), (2.0 * np.arange(60)).tolist()) == []


def test_it_has_to_move_before_it_is_given_again() -> None:
    little, far = 0.5 * MOVED_PX / np.sqrt(2.0), 2.0 * MOVED_PX
    shifts = [0.0] * 20 + [little] * 30 + [far] * 30
    given = watched(StillBoard(), shifts)
    assert [k for k, _ in given] == [12, 62]
    board = StillBoard()
    assert len(watched(board, [0.0] * 30)) == 1
    board.forget()
    assert len(watched(board, [0.0] * 30)) == 1


def test_slow_depth_makes_the_rest_longer() -> None:
    ((k, rested),) = watched(StillBoard(4), [0.0] * 60, depth_every=5)
    assert k == 15 and len(rested.depths) == 4
    ((k, rested),) = watched(StillBoard(4), [0.0] * 12, hz=2.0)
    assert k == 3 and len(rested.depths) == 4
    assert watched(StillBoard(4), [0.0] * 60, depth_every=0) == []
    assert len(watched(StillBoard(), [0.0] * 60, depth_every=0)) == 1


@pytest.mark.parametrize("least", [0, 4])
@pytest.mark.parametrize("hz", [2.0, 30.0, 90.0])
def test_a_board_that_lies_for_long_costs_no_memory(least: int, hz: float) -> None:
    board = StillBoard(least)
    assert len(watched(board, [0.0] * 300, hz=hz)) == 1
    assert len(board._window) <= max(STILL_S * hz + 2, least + 1)


def test_what_is_half_seen_tells_no_place() -> None:
    assert is_seen(view()) and not is_seen(view(n=MIN_CORNERS - 1))
    row = np.column_stack([np.arange(10) * 20.0, 0.3 * np.sin(np.arange(10))])
    assert not is_seen(BoardView(np.arange(10), row, 0, (848, 480), 2.0))
    board = StillBoard()
    shown = [Seen(k / 30.0, view(n=0 if k == 6 else 30), None) for k in range(16)]
    assert [board.step(one) for one in shown] == [None] * 16  # an arm came between


def test_other_corners_than_before_are_another_place() -> None:
    board = StillBoard()
    left, right = np.arange(15), np.arange(15, 30)
    for k in range(40):
        ids = left if k % 2 else right
        assert (
            board.step(Seen(k / 30.0, BoardView(ids, GRID[ids], 0, (848, 480), 2.0), None)) is None
        )
