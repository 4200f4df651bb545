"""The simulated camera keeps a camera's time: latency, order, drops, its own clock."""

from __future__ import annotations

import numpy as np
import pytest

from mr.clock.host import SteppedClock
from mr.sim.camera import CameraTraits, SimCamera
from mr.sim.learner import still_script
from mr.sim.noise import NoiseModel
from mr.sim.rig import make_sim_rig
from mr.types import ColorFrame, DepthFrame, Device, EndOfStream

RIG = make_sim_rig()
SCRIPT = still_script(1.0, hands=True)


def play(camera: SimCamera, clock: SteppedClock, step_ns: int, steps: int):
    frames = []
    with camera:
        for _ in range(steps):
            clock.advance(step_ns)
            frames += camera.poll()
    return frames


def test_it_is_a_device_and_says_it_is_simulated():
    camera = SimCamera(RIG, SCRIPT, SteppedClock())
    assert isinstance(camera, Device)
    assert camera.info.kind == "sim"
    assert [s.name for s in camera.info.streams] == ["cam_side.depth", "cam_side.color"]
    assert [s.rate_hz for s in camera.info.streams] == [30.0, 5.0]


def test_frames_arrive_late_and_in_order():
    clock = SteppedClock()
    camera = SimCamera(RIG, SCRIPT, clock)
    frames = play(camera, clock, 4_000_000, 125)
    arrivals = [f.arrival.arrival_ns for f in frames]
    assert arrivals == sorted(arrivals)
    for frame in frames:
        capture_s = camera.capture_s(frame.arrival.stream, frame.arrival.seq)
        late_s = (frame.arrival.arrival_ns - camera.start_ns) / 1e9 - capture_s
        latency_s = CameraTraits().latency_s
        assert latency_s <= late_s < latency_s + 0.025
    depth = [f for f in frames if isinstance(f, DepthFrame)]
    assert [f.arrival.seq for f in depth] == list(range(len(depth)))
    assert len(depth) == 15, "those exposed until 30 ms before the end"
    assert sum(isinstance(f, ColorFrame) for f in frames) == 3
    assert depth[0].depth_counts.dtype == np.uint16
    assert depth[0].depth_counts.shape == (480, 848)


def test_ticks_run_at_the_device_clock_not_the_hosts():
    clock = SteppedClock()
    camera = SimCamera(RIG, SCRIPT, clock, color_hz=0, seed=5)
    frames = play(camera, clock, 10_000_000, 100)
    ticks = np.array([f.arrival.device_ticks for f in frames])
    assert np.abs(np.diff(ticks) - 1e6 / 30).max() <= 1.0, "a frame every 33,333 ticks"
    captures_s = np.array([camera.capture_s("cam_side.depth", f.arrival.seq) for f in frames])
    ppm = ((ticks[-1] - ticks[0]) / (captures_s[-1] - captures_s[0]) / 1e6 - 1) * 1e6
    assert ppm == pytest.approx(camera.clock.ppm, abs=2.0)
    assert abs(camera.clock.ppm) > 3.0, "with this seed the clock does drift"


def test_a_slow_caller_gets_the_newest_frame_and_a_count():
    clock = SteppedClock()
    camera = SimCamera(RIG, SCRIPT, clock, color_hz=0, drop_late=True)
    frames = play(camera, clock, 250_000_000, 2)
    assert [f.arrival.seq for f in frames] == [6, 14]
    assert camera.skipped == 13
    patient = SimCamera(RIG, SCRIPT, clock, color_hz=0)
    assert len(play(patient, clock, 250_000_000, 2)) == 15
    assert patient.skipped == 0


def test_it_ends_with_the_script():
    clock = SteppedClock()
    camera = SimCamera(RIG, still_script(0.19), clock, color_hz=0)
    with camera:
        clock.advance(1_000_000_000)
        assert len(camera.poll()) == 6
        with pytest.raises(EndOfStream):
            camera.poll()


def test_it_is_opened_before_it_is_polled():
    with pytest.raises(RuntimeError, match="before the camera was opened"):
        SimCamera(RIG, SCRIPT, SteppedClock()).poll()


def test_a_seed_renders_the_same_frames():
    first, again, other = (
        next(SimCamera(RIG, SCRIPT, SteppedClock(), color_hz=0, seed=s).frames())[1]
        for s in (7, 7, 8)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_frames_for_a_recorder_carry_colour_at_its_own_rate():
    camera = SimCamera(RIG, still_script(0.5), SteppedClock(), noise=NoiseModel.none())
    frames = list(camera.frames())
    assert len(frames) == 15
    assert [i for i, (_, _, bgr) in enumerate(frames) if bgr is not None] == [0, 6, 12]
    assert frames[1][0] == pytest.approx(1 / 30)
    assert frames[0][2].shape == (480, 848, 3)
