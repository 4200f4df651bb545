"""Frames taken in at once give the same bits as frames one by one, whatever happens between."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from mr.blocks import ChestBlock, MannequinBlock
from mr.fusion import MotionFuser
from mr.types import ChestObservation, ChestSample, HandSample, MannequinFrame, Stamp
from mr.wire import AIRWAY_UNKNOWN
from tests.unit.fusion.test_fuser import T0_NS, _frame, _rig, _seen

Item = tuple[MannequinFrame | ChestObservation | HandSample, Stamp]


def _session(seed: int) -> list[Item]:
    """Presses, rests, wild counts, a silence, stamps that go back, and a camera that is late."""
    rng = random.Random(seed)
    items: list[tuple[int, Item]] = []
    for i in range(1600):
        pressed = 1200 > i > 300 or i > 1500
        depth_mm = 2.0 + (25.0 * (1 - np.cos(i / 17.0)) if pressed else 0.0) + rng.gauss(0, 0.1)
        if rng.random() < 0.01:
            depth_mm += 40.0
        cells = (60, 50, 55, 40) if pressed and depth_mm > 5 else (0, 1, 0, 1)
        air = AIRWAY_UNKNOWN if 700 < i < 760 else 500 + (200 if 1250 < i < 1350 else 0)
        if 600 < i < 680:
            continue
        frame, stamp = _frame(i, depth_mm, cells, air)
        if rng.random() < 0.01:
            stamp = Stamp(stamp.t_ns - 40_000_000, stamp.sigma_ns)
        items.append((i * 5_000_000, (frame, stamp)))
    for k in range(480):
        t_s = k / 60.0
        item = _seen(t_s, 60.0 - 20.0 * (1 - np.cos(t_s * 200 / 17.0)), "on" if k > 80 else "off")
        items.append((round(t_s * 1e9) + rng.choice([-30, 20, 60]) * 1_000_000, item))
    return [item for _, item in sorted(items, key=lambda pair: pair[0])]


def _by_blocks(items: list[Item], longest: int, seed: int) -> list[ChestSample]:
    rng, fuser = random.Random(seed), MotionFuser(_rig())
    motion: list[ChestBlock] = []
    singles: list[ChestSample] = []
    waiting: list[Item] = []

    def flush() -> None:
        if waiting:
            frames = [frame for frame, _ in waiting if isinstance(frame, MannequinFrame)]
            t_ns = np.array([stamp.t_ns for _, stamp in waiting])
            sigma_ns = np.array([stamp.sigma_ns for _, stamp in waiting])
            motion.extend(fuser.block(MannequinBlock.of(frames), t_ns, sigma_ns))
            singles.extend(sample for block in motion for sample in block.samples())
            motion.clear()
            waiting.clear()

    for item, stamp in items:
        if not isinstance(item, MannequinFrame):
            flush()
            singles.extend(fuser.step(item, stamp))
            continue
        waiting.append((item, stamp))
        if len(waiting) >= longest or rng.random() < 0.02:
            flush()
    flush()
    return singles + fuser.finish()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("camera", [True, False])
def test_blocks_of_any_size_give_the_same_bits(seed: int, camera: bool) -> None:
    items = [i for i in _session(seed) if camera or isinstance(i[0], MannequinFrame)]
    fuser = MotionFuser(_rig())
    one_by_one = [sample for item, stamp in items for sample in fuser.step(item, stamp)]
    one_by_one += fuser.finish()
    for longest in (2, 7, 5000):
        found = _by_blocks(items, longest, seed)
        assert len(found) == len(one_by_one)
        assert [repr(s) for s in found] == [repr(s) for s in one_by_one]
    sources = {s.sources for s in one_by_one}
    assert sources == ({("mannequin",), ("left",)} if camera else {("mannequin",)})
    assert 0 < 1520 - len([s for s in one_by_one if s.sources == ("mannequin",)]) < 80, (
        "some refused"
    )


def test_a_block_comes_back_as_the_samples_it_was_made_of() -> None:
    fuser = MotionFuser(_rig())
    samples = [s for item, stamp in _session(1) for s in fuser.step(item, stamp)]
    mannequin = [s for s in samples if s.sources == ("mannequin",)]
    assert list(ChestBlock.of(mannequin).samples()) == mannequin


def test_a_camera_that_leads_again_goes_on_from_the_mannequin_and_not_from_its_own_past() -> None:
    """Leads, is led for ten seconds, leads again: the first looks are believed at once."""
    fuser = MotionFuser(_rig())

    def depth_mm(t_s: float) -> float:
        return 25.0 * (1 - math.cos(11.5 * t_s))

    motion: list[ChestSample] = []
    for k in range(16 * 200):
        t_s = k / 200.0
        if not (4.0 < t_s < 6.0 or t_s > 15.0):
            frame, stamp = _frame(k, depth_mm(t_s), (60, 50, 55, 40))
            motion += fuser.step(frame, stamp)
        if k % 3 == 0:
            seen, stamp = _seen(t_s, 60.0 - depth_mm(t_s))
            motion += fuser.step(seen, stamp)
    motion += fuser.finish()
    again = [s for s in motion if s.sources == ("left",) and s.stamp.t_ns > T0_NS + 14_900_000_000]
    first_s = (again[0].stamp.t_ns - T0_NS) * 1e-9
    assert first_s < 15.0 + 2 / 60
    speed_m_s = 0.025 * 11.5 * math.sin(11.5 * first_s)
    assert again[0].velocity_m_s == pytest.approx(speed_m_s, abs=0.05)
