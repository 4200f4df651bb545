"""What comes of a camera's raw frames, and what they tell of its state."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mr.clock.ticks import TickClock
from mr.devices.realsense.frames import RawFrame
from mr.devices.realsense.sequence import FrameSequence
from mr.types import Arrival

PIXELS = np.zeros((2, 2), np.uint16)
HOST_S = 300.0


def frame(k: int, hz: float = 60.0, **changed: int) -> RawFrame:
    """Frame `k` of a steady stream, 30 ms late."""
    ticks_us = 5_000_000 + round(k * 1e6 / hz)
    made = RawFrame(
        kind="depth",
        number=k + 1,
        ticks_us=ticks_us,
        arrival_ns=round((HOST_S + k / hz + 0.03) * 1e9),
        pixels=PIXELS,
        m_per_count=0.0001,
    )
    return replace(made, **changed)


@dataclass
class Fed:
    sequence: FrameSequence
    arrivals: list[Arrival]

    @property
    def said(self) -> list[str]:
        return [c.words for c in self.sequence.complaints()]


def feed(frames: list[RawFrame], nominal_hz: float = 60.0, from_file: bool = False) -> Fed:
    sequence = FrameSequence({"depth": ("cam_a.depth", nominal_hz)}, from_file)
    made = [sequence.arrival(f) for f in frames]
    return Fed(sequence, [a for a in made if a is not None])


def test_a_steady_camera_says_nothing() -> None:
    fed = feed([frame(k) for k in range(300)])
    assert len(fed.arrivals) == 300
    assert fed.said == []


def test_stamps_of_the_computer_are_said() -> None:
    fed = feed([replace(frame(k), own_clock=False) for k in range(30)])
    assert len(fed.arrivals) == 30
    assert len(fed.said) == 1
    assert fed.said[0].startswith("its frames carry the computer's time")


def test_gaps_stay_in_the_numbers() -> None:
    fed = feed([frame(k) for k in range(300) if k not in (100, 101, 200)])
    assert [b.seq - a.seq for a, b in zip(fed.arrivals, fed.arrivals[1:], strict=False)].count(
        1
    ) == 294
    assert fed.arrivals[-1].seq - fed.arrivals[0].seq == 299
    assert fed.said == []


@pytest.mark.parametrize("which", ["number", "stamp"])
def test_a_frame_that_comes_twice_is_taken_once_and_told(which: str) -> None:
    frames = []
    for k in range(200):
        frames.append(frame(k))
        if k % 50 == 10:
            frames.append(frame(k, arrival_ns=frame(k).arrival_ns + 1_000_000))
            if which == "stamp":
                frames[-1] = replace(frames[-1], number=frames[-1].number + 1000)
    fed = feed(frames)
    assert len(fed.arrivals) == 200
    assert fed.said == ["frames come twice, one of each is taken: check the USB port"]
    for k in range(200, 1100):
        fed.sequence.arrival(frame(k))
    (later,) = fed.sequence.complaints()
    assert (later.words, later.remark) == ("4 frames came twice", True)


def test_low_light_is_told_from_a_slow_camera() -> None:
    slow = [frame(k, hz=30.0) for k in range(200)]
    dark = [replace(f, exposure_us=33_000, auto_exposure=True) for f in slow]
    lit = [replace(f, exposure_us=8_000, auto_exposure=False) for f in slow]
    assert feed(dark).said == [
        "low light: its automatic exposure is longer than 60 Hz allow: "
        "give it more light or a shorter exposure"
    ]
    assert feed(lit).said == feed(slow).said == ["the camera itself is slower than 60 Hz"]
    # Every second frame lost on the way is not the camera's own slowness.
    assert feed([frame(k) for k in range(0, 400, 2)]).said == []
    assert feed(dark, nominal_hz=30.0).said == []


@pytest.mark.parametrize("jump_s", [100.0, -3.0])
def test_the_session_goes_on_after_a_clock_jump(jump_s: float) -> None:
    jump_us = round(jump_s * 1e6)
    frames = [frame(k) for k in range(300)]
    frames += [frame(k, ticks_us=frame(k).ticks_us + jump_us) for k in range(300, 600)]
    fed = feed(frames)
    assert len(fed.arrivals) == 598
    assert fed.said == [f"its clock jumped by {jump_s:+.1f} s"]

    def late_ms(arrivals: list[Arrival]) -> list[float]:
        clock, late, last_ns = TickClock(1e6), [], 0
        for a in arrivals:
            clock.arrival(a)
            if stamp := clock.stamp(a.device_ticks):
                assert stamp.t_ns > last_ns
                last_ns = stamp.t_ns
                late.append((a.arrival_ns - stamp.t_ns) / 1e6)
        return late

    late = late_ms(fed.arrivals)
    assert len(late) > 550  # it stamps again soon after the jump
    assert max(map(abs, late)) < 5.0
    # Without that, stamps would follow the jump or stand still.
    naive = [Arrival("cam_a.depth", k, f.ticks_us, f.arrival_ns) for k, f in enumerate(frames)]
    try:
        naive_late = late_ms(naive)
    except AssertionError:
        naive_late = [1e9]  # they stood still
    assert max(map(abs, naive_late)) > 100.0 or len(naive_late) < 550


def test_a_damaged_stamp_is_left_out_and_told() -> None:
    frames = [frame(k) for k in range(200)]
    frames[120] = replace(frames[120], ticks_us=frames[120].ticks_us + 50_000_000)
    fed = feed(frames)
    assert len(fed.arrivals) == 199
    assert fed.said == ["stamps are damaged"]
    steps = np.diff([a.device_ticks for a in fed.arrivals])
    assert steps.min() > 0 and steps.max() < 40_000


def test_the_wrap_is_no_jump() -> None:
    frames = [frame(k, ticks_us=(2**32 - 1_000_000 + k * 16_667) % 2**32) for k in range(300)]
    fed = feed(frames)
    assert len(fed.arrivals) == 300 and fed.said == []
    assert np.diff([a.device_ticks for a in fed.arrivals]).tolist() == [16_667] * 299


def test_a_camera_that_begins_anew_goes_on() -> None:
    fed = feed([frame(k) for k in range(100)])
    fed.sequence.restart()
    again = [frame(k, arrival_ns=frame(k).arrival_ns + 9_000_000_000) for k in range(100)]
    later = [fed.sequence.arrival(f) for f in again]
    assert all(later) and later[0] is not None
    assert later[0].seq == fed.arrivals[-1].seq + 1
    assert later[0].device_ticks > fed.arrivals[-1].device_ticks + 2**31
    assert fed.said == []


def test_time_goes_on_in_a_file_whose_clock_went_back() -> None:
    frames = [frame(k) for k in range(100)]
    frames += [frame(k, ticks_us=frame(k).ticks_us - 1_500_000) for k in range(100, 200)]
    fed = feed(frames, from_file=True)
    assert len(fed.arrivals) == 198
    steps_ns = np.diff([a.arrival_ns for a in fed.arrivals])
    assert steps_ns.min() > 0 and steps_ns.max() < 20_000_000
