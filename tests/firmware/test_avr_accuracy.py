"""What the firmware that would be flashed measures, against what truly happened.

Ten emulated minutes at 200 Hz and five at 500 Hz: learners' motion as voltages and pressures,
through converter, firmware, UART and pseudo-terminal into `MannequinSource`, and on through
the project's own fusion and metrics. Time is the device's own clock.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mr.devices.mannequin import MannequinSource
from mr.fusion.fuser import MotionFuser
from mr.metrics.config import MetricsConfig
from mr.metrics.stepper import MetricsStepper
from mr.metrics.summary import summarise
from mr.rig import MannequinCalibration, PoseEntry, Provenance, Rig
from mr.types import Compression, FloatArray, MannequinFrame, MetricsEvent, Stamp, Ventilation
from mr.wire import Decoder, Sample, SetRate, encode_command
from tests.firmware import avr_board, avr_truth
from tests.firmware.avr_truth import Play, Turn

NOISE_COUNTS = 0.5
"""One sigma of the emulated converter, before it truncates; Microchip gives no such number."""
TICKS_PER_S = 1_000_000
STAMP_SIGMA_NS = 2_000
NEAR_S = 0.5
SETTLED_S = 1.0
"""At first a run's samples come at the default rate."""
FEW_TURNS = 2
"""Negative controls look at so many learners only."""

DEPTH_RMS_MM = 0.10
DEPTH_BIAS_MM = 0.02
RATE_CPM = 0.1
HAND_MM = 2.0
VOLUME_SHARE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run: what was played, what came of it, and when the device's clock began."""

    rate_hz: int
    play: Play
    frames: list[MannequinFrame]
    counters: Any
    realtime_factor: float
    zero_s: float

    def true_s(self) -> FloatArray:
        """Tell the frames' instants in true time."""
        ticks = np.array([f.arrival.device_ticks for f in self.frames])
        return np.asarray(ticks / TICKS_PER_S + self.zero_s)


def clock_zero_s(program: Path, elf: Path, folder: Path) -> float:
    """Measure when the device's ticks begin, in true time, by a steep ramp on the chest."""
    avr_board.write_waveform(folder / "ramps", avr_truth.ramps(1.2))
    options = ("--waveform", str(folder / "ramps"))
    options += ("--rows-per-s", str(avr_truth.RAMP_ROWS_PER_S))
    with avr_board.Lockstep(program, elf, *options) as board:
        board.send_at(100_000, encode_command(SetRate(1, 471)))
        messages = Decoder().feed(board.bytes_to(1_150_000))
    samples = [m for m in messages if isinstance(m, Sample)][40:]
    counts = np.array([s.chest_counts for s in samples], dtype=np.float64)
    stamp_s = np.array([s.sampled_ticks / TICKS_PER_S for s in samples])
    late_s, _ = avr_truth.ramp_lateness_s(counts, stamp_s)
    return avr_truth.RAMP_S - late_s  # ticks are behind true time by less than one ramp


def stream(port: str, rate_hz: int, duration_s: float) -> tuple[list[MannequinFrame], Any]:
    """Read a mannequin for so long by its own clock; gives the frames at the wanted rate."""
    frames: list[MannequinFrame] = []
    with MannequinSource(port, sample_rate_hz=rate_hz) as source:
        while span_s(frames) < duration_s + SETTLED_S:
            samples = source.poll()
            frames += [s for s in samples if isinstance(s, MannequinFrame)]
            if not samples:
                time.sleep(0.002)
        counters = source.counters
    period = TICKS_PER_S // rate_hz
    ticks = [f.arrival.device_ticks for f in frames]
    steps = (b - a for a, b in itertools.pairwise(ticks))
    first = next(k for k, step in enumerate(steps) if round(step / period) == 1)
    return frames[first:], counters


def span_s(frames: Sequence[MannequinFrame]) -> float:
    """Tell the time from the first frame to the last, by the device's clock."""
    ends = frames[:1] + frames[-1:]
    return (
        (ends[1].arrival.device_ticks - ends[0].arrival.device_ticks) / TICKS_PER_S if ends else 0.0
    )


PlayRun = Callable[[int, float], Run]


@pytest.fixture
def play_run(avr_runner: Path, avr_elf: Path, tmp_path: Path) -> PlayRun:
    """Give a function that plays a whole run through the real firmware."""

    def play_run(rate_hz: int, duration_s: float) -> Run:
        play = Play.of(duration_s)
        avr_board.write_waveform(tmp_path / "play", play.waveform())
        options = ("--pace", "fast", "--start-on-byte", "--noise-counts", str(NOISE_COUNTS))
        options += ("--waveform", str(tmp_path / "play"))
        options += ("--rows-per-s", str(avr_truth.ROWS_PER_S))
        zero_s = clock_zero_s(avr_runner, avr_elf, tmp_path)
        with avr_board.AvrBoard(avr_runner, avr_elf, *options) as board:
            began_s = time.perf_counter()
            frames, counters = stream(board.port, rate_hz, duration_s)
            factor = duration_s / (time.perf_counter() - began_s)
        return Run(rate_hz, play, frames, counters, factor, zero_s)

    return play_run


# --- what is compared --------------------------------------------------------------------


def missing(frames: Sequence[MannequinFrame], rate_hz: int) -> int:
    """Count the samples that are not there, by their instants alone."""
    ticks = np.array([f.arrival.device_ticks for f in frames])
    return int(np.sum(np.rint(np.diff(ticks) / (TICKS_PER_S // rate_hz)) - 1))


def depth_errors_mm(run: Run, half_count: float = 0.5, late_s: float = 0.0) -> FloatArray:
    """Depth straight from the counts by the circuit's equation, minus the script's."""
    counts = np.array([f.chest_counts for f in run.frames])
    return avr_truth.depth_mm_of(counts, half_count) - run.play.depth_mm(run.true_s() + late_s)


def rms(errors: FloatArray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def metrics(run: Run, calibration: MannequinCalibration, until_s: float) -> list[MetricsEvent]:
    """Put the frames through the project's own fusion and metrics."""
    rig = Rig(
        name="emulated",
        mannequin=calibration,
        world_from_mannequin=PoseEntry(rotvec_rad=(0, 0, 0), t_m=(0, 0, 0)),
        provenance=Provenance(made_utc="2025-01-01T00:00:00Z", software="test", kind="sim"),
    )
    fuser, stepper = MotionFuser(rig), MetricsStepper(MetricsConfig())
    events: list[MetricsEvent] = []
    for frame, t_s in zip(run.frames, run.true_s().tolist(), strict=True):
        if t_s > until_s:
            break
        for sample in fuser.step(frame, Stamp(round(1e9 * t_s), STAMP_SIGMA_NS)):
            events += stepper.step(sample)
    return events + stepper.finish()


def rate_errors_cpm(turns: Sequence[Turn], events: Sequence[MetricsEvent]) -> FloatArray:
    """Each learner's mean rate, measured minus planned; the counts must agree."""
    errors = []
    for turn in turns:
        truth = turn.script.truth()
        found = summarise(events, round(1e9 * turn.start_s), round(1e9 * turn.end_s))
        assert found.n_compressions == truth.count
        assert found.mean_rate_cpm.value is not None
        errors.append(found.mean_rate_cpm.value - truth.mean_rate_cpm)
    return np.array(errors)


def hand_errors_mm(turns: Sequence[Turn], events: Sequence[MetricsEvent]) -> FloatArray:
    """Distance of each compression's hand position from the script's at its peak."""
    errors = []
    for turn in turns:
        for found in events:
            t_s = found.peak_ns / 1e9 if isinstance(found, Compression) else math.nan
            if not isinstance(found, Compression) or not turn.start_s <= t_s < turn.end_s:
                continue
            true_m = turn.script.hand_offset_m(np.array(t_s - turn.start_s))
            x, y = (v.value for v in found.hand_offset_mm)
            assert x is not None and y is not None
            errors.append(math.hypot(x - 1e3 * true_m[0], y - 1e3 * true_m[1]))
    return np.array(errors)


def volume_errors(turns: Sequence[Turn], events: Sequence[MetricsEvent]) -> FloatArray:
    """Each breath's volume over the script's, minus one; each must have been found once."""
    breaths = [e for e in events if isinstance(e, Ventilation)]
    errors = []
    for turn in turns:
        for true in turn.script.breaths:
            t_s = turn.start_s + true.start_s
            near = [b for b in breaths if abs(b.start_ns / 1e9 - t_s) < NEAR_S]
            assert len(near) == 1
            assert near[0].volume_ml.value is not None
            errors.append(near[0].volume_ml.value / true.volume_ml - 1.0)
    return np.array(errors)


# --- what must hold ----------------------------------------------------------------------


def test_ten_minutes_at_200_hz(play_run: PlayRun) -> None:
    run = play_run(200, 600.0)
    check_that_no_frame_is_lost_or_damaged(run)
    check_depth(run)
    check_rate_hand_and_volume(run)
    check_that_the_checks_can_fail(run)


def test_five_minutes_at_500_hz(play_run: PlayRun) -> None:
    run = play_run(500, 300.0)
    check_that_no_frame_is_lost_or_damaged(run)
    check_depth(run)
    check_rate_hand_and_volume(run)


def check_that_no_frame_is_lost_or_damaged(run: Run) -> None:
    counters = run.counters
    assert counters.lost == counters.overflow == counters.restarts == 0
    assert counters.crc_errors == counters.framing_errors == counters.implausible == 0
    assert missing(run.frames, run.rate_hz) == 0
    assert len(run.frames) >= run.rate_hz * run.play.duration_s
    assert sum(f.overflow for f in run.frames) == 0
    print(f"{run.rate_hz} Hz: {len(run.frames)} frames, {run.realtime_factor:.1f}x real time")

    without_one = [*run.frames[:1000], *run.frames[1001:]]
    assert missing(without_one, run.rate_hz) == 1


def check_depth(run: Run) -> None:
    errors = depth_errors_mm(run)
    count_mm = avr_truth.STROKE_MM / avr_truth.STEPS
    expected = math.hypot(count_mm / math.sqrt(12.0), count_mm * NOISE_COUNTS)
    print(
        f"{run.rate_hz} Hz: depth {rms(errors):.4f} mm rms, bias {np.mean(errors):+.4f}, worst "
        f"{np.max(np.abs(errors)):.3f}; the converter alone makes {expected:.4f}"
    )
    assert rms(errors) <= DEPTH_RMS_MM
    assert abs(np.mean(errors)) <= DEPTH_BIAS_MM
    assert rms(errors) == pytest.approx(expected, rel=0.05), "nothing but the converter is left"

    assert abs(np.mean(depth_errors_mm(run, half_count=0.0))) > DEPTH_BIAS_MM
    assert rms(depth_errors_mm(run, late_s=0.001)) > DEPTH_RMS_MM
    assert rms(errors + 2.0) > DEPTH_RMS_MM


def check_rate_hand_and_volume(run: Run) -> None:
    turns = run.play.turns
    assert {t.script.style for t in turns} == {style.name for style in avr_truth.LEARNERS}
    events = metrics(run, avr_truth.calibration("EMULATED"), until_s=math.inf)
    rates = rate_errors_cpm(turns, events)
    hands = hand_errors_mm(turns, events)
    volumes = volume_errors(turns, events)
    print(
        f"{run.rate_hz} Hz: {len(turns)} learners, {len(hands)} compressions, {len(volumes)} "
        f"breaths; rate {np.max(np.abs(rates)):.3f} /min, hand {np.max(hands):.3f} mm, volume "
        f"{100 * np.max(np.abs(volumes)):.2f} % at worst"
    )
    assert np.max(np.abs(rates)) <= RATE_CPM
    assert np.max(hands) <= HAND_MM
    assert np.max(np.abs(volumes)) <= VOLUME_SHARE


def check_that_the_checks_can_fail(run: Run) -> None:
    turns = run.play.turns[:FEW_TURNS]
    until_s = turns[-1].end_s + 1.0
    swapped = avr_truth.calibration("EMULATED", cells=(0, 2, 1, 3))
    right = avr_truth.calibration("EMULATED")
    flow = right.airway_flow_ml_s
    too_much = flow.model_copy(update={"values": tuple(1.05 * v for v in flow.values)})
    wrong = swapped.model_copy(update={"airway_flow_ml_s": too_much})
    events = metrics(run, wrong, until_s)
    assert np.max(hand_errors_mm(turns, events)) > HAND_MM
    assert np.max(np.abs(volume_errors(turns, events))) > VOLUME_SHARE
    slow = replace(run, frames=[_slower(f) for f in run.frames])
    rates = rate_errors_cpm(turns, metrics(slow, right, until_s))
    assert np.max(np.abs(rates)) > RATE_CPM


def _slower(frame: MannequinFrame) -> MannequinFrame:
    """A clock that runs two parts in a thousand slow."""
    ticks = round(frame.arrival.device_ticks * 1.002)
    return replace(frame, arrival=replace(frame.arrival, device_ticks=ticks))
