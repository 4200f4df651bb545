"""What is told of a bump, and for how long."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from mr.tracking.bump import NAMED_NS, BumpWatch
from mr.types import Pose

S = 1_000_000_000
ROOM = "its place in the room is not"


class Room:
    """A background that says who moved."""

    seen_ns = 10**15

    def __init__(self) -> None:
        self.mover = "camera"
        self.forgotten = 0

    def who(self, old: Pose, new: Pose) -> str:
        return self.mover

    def forget(self) -> None:
        self.forgotten += 1


def at(x_m: float) -> Pose:
    return Pose(np.eye(3), np.array([x_m, 0.0, 0.7]))


class Story:
    """A mannequin that is bumped now and then, before one camera."""

    def __init__(self) -> None:
        self.room = Room()
        self.bump: Any = BumpWatch(self.room)  # type: ignore[arg-type]
        self.t_ns, self.pose = 0, at(0.0)

    def rest(self, seconds: int) -> str:
        for _ in range(seconds):
            self.t_ns += S
            belief = SimpleNamespace(doubtful=False, moved_to=None, pose=self.pose)
            self.bump.after(belief, self.pose, self.t_ns)
        return str(self.bump.told(self.t_ns))

    def moves(self, mover: str, x_m: float) -> str:
        self.room.mover, before, self.pose = mover, self.pose, at(x_m)
        self.t_ns += S // 10
        moved = SimpleNamespace(doubtful=True, moved_to=self.pose, pose=before)
        self.bump.after(moved, before, self.t_ns)
        self.t_ns += S // 10
        found = SimpleNamespace(doubtful=False, moved_to=None, pose=self.pose)
        self.bump.after(found, self.pose, self.t_ns)
        return str(self.bump.told(self.t_ns))


def test_a_bumped_mannequin_is_told_for_a_while() -> None:
    story = Story()
    assert "the mannequin was moved" in story.moves("mannequin", 0.03)
    assert "30 mm" in story.rest(1)
    assert story.rest(NAMED_NS // S) == ""
    assert story.room.forgotten == 0


def test_a_bumped_camera_is_told_for_good() -> None:
    story = Story()
    assert ROOM in story.moves("camera", 0.03)
    assert ROOM in story.rest(60)
    assert story.room.forgotten == 1


def test_a_later_bump_of_the_mannequin_does_not_mend_the_camera() -> None:
    story = Story()
    story.moves("camera", 0.03)
    story.rest(5)
    assert "the mannequin was moved" in story.moves("mannequin", 0.06)
    assert ROOM in story.rest(10)


def test_looks_that_went_astray_do_not_mend_the_camera() -> None:
    story = Story()
    story.moves("camera", 0.03)
    story.rest(5)
    assert ROOM in story.moves("mannequin", 0.0303), "found where it was"
    assert ROOM in story.rest(2)


def test_looks_that_went_astray_are_no_bump() -> None:
    story = Story()
    assert story.moves("mannequin", 0.0003) == ""
