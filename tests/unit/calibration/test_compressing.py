"""The capture of compressions: counted, uneven enough, seen; and memory is not filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from calibration.together.compressing import (
    BARE_LOOKS,
    MOST_FRAMES,
    WANTED,
    WANTED_LOOKS,
    CompressingGuide,
)
from mr.types import (
    Arrival,
    ChestObservation,
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    MannequinFrame,
    Sample,
    Stamp,
)
from tests.unit.calibration.rigs import a_whole_rig

HZ = 100
MANNEQUIN = a_whole_rig().mannequin
assert MANNEQUIN is not None
COUNTS_PER_M = 10_000.0
DEPTH = np.zeros((4, 6), dtype=np.uint16)


def at(k: int, hz: float = HZ, stream: str = "mannequin") -> Arrival:
    return Arrival(stream, k, k, round(k * 1e9 / hz))


def depths_m(periods_s: Sequence[float], depth_m: float, first_s: float = 1.0) -> list[float]:
    """Compress so often, each time for half a period, and rest for a second before and after."""
    found = [0.0] * round(first_s * HZ)
    for period_s in periods_s:
        n = round(period_s * HZ)
        found += (depth_m * np.sin(np.pi * np.minimum(np.arange(n) / (n / 2), 1.0))).tolist()
    return found


def frames(depth_m: Sequence[float], start: int = 0) -> Iterator[Sample]:
    for k, d in enumerate(depth_m, start=start):
        counts = round(100 + COUNTS_PER_M * d)
        yield MannequinFrame(at(k), counts, (0, 0, 0, 0), 1000, 0)


def looks(n: int, hands: str, camera_id: str = "side") -> Iterator[Sample]:
    for k in range(n):
        yield ChestObservation(
            at(k, 30, "side"),
            Stamp(0, 1_000_000),
            camera_id,
            0.0,
            1e-3,
            hands,
            50,  # type: ignore[arg-type]
        )


def guided(*parts: Iterator[Sample], cameras: tuple[str, ...] = ("side",)) -> CompressingGuide:
    assert MANNEQUIN is not None
    guide = CompressingGuide(MANNEQUIN, cameras)
    for part in parts:
        for sample in part:
            assert guide.offer(sample).taken
    return guide


UNEVEN_S = [0.5 + 0.06 * (k % 3) for k in range(WANTED)]


def test_enough_uneven_and_seen_is_done_a_moment_after_the_last() -> None:
    pressed = depths_m(UNEVEN_S, 0.04)[:-20]  # a tenth of a second after the last release
    parts = (looks(BARE_LOOKS, "off"), frames(pressed), looks(WANTED_LOOKS, "on"))
    guide = guided(*parts)
    progress = guide.progress
    assert progress.n_taken == WANTED and progress.residual == "40 mm deep"
    assert not progress.done and progress.share <= 0.99 and progress.next == "enough: hands off"
    for sample in frames([0.0] * 30, start=len(pressed)):
        guide.offer(sample)
    assert guide.progress.done and guide.progress.share == 1.0


def test_it_says_what_is_missing() -> None:
    assert "keep everything away" in guided().progress.next
    bare = list(looks(BARE_LOOKS, "off"))
    assert "lay both hands" in guided(iter(bare)).progress.next
    few = guided(iter(bare), frames(depths_m(UNEVEN_S[:5], 0.05)))
    assert few.progress.next.endswith(f"5 of {WANTED}")
    regular = guided(iter(bare), frames(depths_m([0.5] * WANTED, 0.05)), looks(WANTED_LOOKS, "on"))
    assert "too regular" in regular.progress.next and not regular.progress.done
    unseen = guided(
        iter(bare), looks(BARE_LOOKS, "off", "top"), frames(depths_m(UNEVEN_S, 0.05)),
        looks(WANTED_LOOKS, "on"), cameras=("side", "top"),
    )  # fmt: skip
    assert "camera top does not see the hands" in unseen.progress.next


def test_shallow_pushes_and_a_held_one_do_not_count() -> None:
    bare = looks(BARE_LOOKS, "off")
    shallow = guided(bare, frames(depths_m(UNEVEN_S, 0.02)), looks(WANTED_LOOKS, "on"))
    assert shallow.progress.n_taken == 0 and not shallow.progress.done
    held = guided(frames([0.0] * 10 + [0.05] * 500))
    assert held.progress.n_taken == 0


def test_looks_at_what_cannot_be_measured_do_not_count() -> None:
    blind = ChestObservation(at(1), Stamp(0, 1_000_000), "side", None, 1e-3, "on", 0, "hidden")
    guide = guided(iter([blind] * 500))
    assert guide.progress.share == 0.0


def a_picture(k: int, hz: float) -> Iterator[Sample]:
    yield DepthFrame(at(k, hz, "depth"), "side", DEPTH, 1e-4)
    yield ColorFrame(at(k, hz, "color"), "side", np.zeros((4, 6, 3), dtype=np.uint8))


@pytest.mark.parametrize(("hz", "kept"), [(90.0, 22.5), (60.0, 20.0), (30.0, 15.0), (18.0, 18.0)])
def test_pictures_are_kept_as_needed(hz: float, kept: float) -> None:
    guide = guided(
        (s for k in range(round(4 * hz)) for s in a_picture(k, hz)),
    )
    waiting = [s for s in guide.samples if isinstance(s, DepthFrame)]
    assert 16 <= len(waiting) <= 26
    for sample in frames([0.05] * 3, start=400):
        guide.offer(sample)
    for k in range(round(4 * hz), round(8 * hz)):
        for sample in a_picture(k, hz):
            guide.offer(sample)
    pressing = [s for s in guide.samples if isinstance(s, DepthFrame)][len(waiting) :]
    assert len(pressing) == pytest.approx(4 * kept, rel=0.3)
    assert not any(isinstance(s, ColorFrame) for s in guide.samples)


def test_no_capture_fills_the_memory() -> None:
    guide = guided(frames([0.05] * 3), (s for k in range(9000) for s in a_picture(k, 30.0)))
    assert sum(isinstance(s, DepthFrame) for s in guide.samples) == MOST_FRAMES


def test_who_the_mannequin_is_comes_first() -> None:
    info = DeviceInfo("live", "x", "y", "MQ-1", "1", ())
    guide = guided()
    assert guide.offer(info).taken and guide.samples == [info]
