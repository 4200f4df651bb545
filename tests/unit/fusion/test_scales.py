"""Who bears witness: only sources that speak."""

from __future__ import annotations

from collections.abc import Iterator

from mr.fusion.give import HandGive
from mr.fusion.lesson import Lesson, Look
from mr.fusion.scales import Scales
from mr.types import Arrival, ChestObservation, Stamp

NOISE_M = 0.0003


class Both:
    """Two cameras, of which `a` measures 8 % more than the mannequin."""

    def __init__(self) -> None:
        self.scales = Scales(["a", "b"])
        self.lessons = {key: Lesson(HandGive(1.0)) for key in "ab"}

    def look(self, key: str, t_s: float, *, taught: bool = True) -> None:
        """Let a camera look at a press of a second."""
        depth_m = 0.05 * min(t_s % 1.0, 1.0 - t_s % 1.0) * 2.0
        scale = 1.08 if key == "a" else 1.0
        seen = ChestObservation(
            Arrival("c", 0, 0, 0), Stamp(0, 1), key, 0.06 - scale * depth_m, NOISE_M, "on", 90,
            beside_depth_m=scale * depth_m, beside_sigma_m=NOISE_M,
        )  # fmt: skip
        if taught:
            self.lessons[key].learn(Look(seen, depth_m, 0.0, t_s))
            self.scales.taught(seen, self.lessons[key], t_s)
        else:
            self.scales.alone(seen, depth_m, t_s)

    @property
    def named(self) -> set[str]:
        return {found.source for found in self.scales.findings}


def _frames(from_s: float, to_s: float) -> Iterator[float]:
    for k in range(round(60 * from_s), round(60 * to_s)):
        yield k / 60


def test_a_camera_that_left_is_no_witness_and_no_culprit() -> None:
    both = Both()
    for t_s in _frames(0.0, 15.0):
        both.look("a", t_s)
        both.look("b", t_s)
    assert both.named == {"a"}, "three witnesses: it is known who is off"
    for t_s in _frames(15.0, 16.5):
        both.look("b", t_s)
    assert both.named == {"a"}, "silent for a moment only"
    for t_s in _frames(16.5, 18.0):
        both.look("b", t_s)
    assert both.named == set()


def test_two_that_are_left_are_a_pair() -> None:
    both = Both()
    for t_s in _frames(0.0, 15.0):
        both.look("a", t_s)
        both.look("b", t_s)
    for t_s in _frames(15.0, 18.0):
        both.look("a", t_s)
    assert both.named == {"a", "mannequin"}, "nobody knows who it is"


def test_a_pause_of_all_is_nobodys_leaving() -> None:
    both = Both()
    for t_s in _frames(0.0, 15.0):
        both.look("a", t_s)
        both.look("b", t_s)
    both.look("b", 24.0)
    assert both.named == {"a"}
    both.look("a", 24.01)
    assert both.named == {"a"}


def test_a_silent_mannequin_is_not_named() -> None:
    both = Both()
    for t_s in _frames(0.0, 15.0):
        both.look("a", t_s)
    assert both.named == {"a", "mannequin"}
    for t_s in _frames(15.0, 18.0):
        both.look("a", t_s, taught=False)
    assert both.named == set()
