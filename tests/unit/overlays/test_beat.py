"""What is seen and what is heard of the metronome is one beat."""

from __future__ import annotations

import array

import numpy as np
import pytest

from overlays.beat import Beat
from overlays.sound import SAMPLE_RATE_HZ, ClickTrack, Mix, _first_sample

ORIGIN_NS = 7_000_000_000_000


def test_the_phase_is_zero_at_each_click_and_grows_evenly() -> None:
    beat = Beat(0.5, ORIGIN_NS)
    for k in (-3, 0, 1, 1200):
        at_ns = ORIGIN_NS + k * 500_000_000
        assert beat.phase(at_ns) == 0.0
        assert beat.phase(at_ns + 125_000_000) == pytest.approx(0.25)
        assert beat.phase(at_ns - 5_000_000) == pytest.approx(0.99)


@pytest.mark.parametrize("rate_cpm", [20.0, 100.0, 110.0, 117.3, 300.0])
def test_the_phase_is_always_below_one(rate_cpm: float) -> None:
    beat = Beat.of_rate(rate_cpm, ORIGIN_NS)
    rng = np.random.default_rng(1)
    phases = [beat.phase(ORIGIN_NS + int(t)) for t in rng.integers(-(10**12), 10**12, 4000)]
    assert min(phases) >= 0.0 and max(phases) < 1.0
    assert beat.phase(ORIGIN_NS - 1) < 1.0
    assert beat.rate_cpm == pytest.approx(rate_cpm, rel=1e-15)
    ClickTrack(beat.rate_cpm)


@pytest.mark.parametrize("began_s", [0.0, 0.2, 3.4, 611.7, -0.3])
def test_whenever_the_device_begins_clicks_come_with_the_beat(began_s: float) -> None:
    """The sample that is heard at an instant is in a click just when the phase says so."""
    beat = Beat.of_rate(110.0, ORIGIN_NS)
    began_ns = ORIGIN_NS + round(1e9 * began_s)
    mix = Mix(ClickTrack(beat.rate_cpm), lambda: _first_sample(beat, lambda: began_ns))
    stream = mix.stream()
    next(stream)
    blocks = [np.array(stream.send(n), dtype=int) for n in (1920, 1920, 1920, 40_000, 33_000)]
    heard = np.concatenate(blocks)
    loud = np.flatnonzero(np.abs(heard) > 2000)
    onsets = loud[np.concatenate([[True], np.diff(loud) > 4000])]
    if loud[0] < 1440:  # it began within a click
        onsets = onsets[1:]
    assert len(onsets) >= 2
    for sample in onsets:
        phase = beat.phase(began_ns + round(sample * 1e9 / SAMPLE_RATE_HZ))
        late_s = beat.period_s * (phase if phase < 0.5 else phase - 1.0)
        assert 0 <= late_s < 0.001, "the attack takes the rest of the first millisecond"


def test_without_a_beat_the_track_begins_with_itself() -> None:
    """The negative control: begun 0.2 s after the origin, clicks would be 0.2 s late."""
    stream = Mix(ClickTrack(110.0)).stream()
    next(stream)
    first = np.array(stream.send(1920), dtype=int)
    assert np.abs(first).max() > 2000
    beat = Beat.of_rate(110.0, ORIGIN_NS)
    aligned = Mix(ClickTrack(110.0), lambda: _first_sample(beat, lambda: ORIGIN_NS + 200_000_000))
    stream = aligned.stream()
    next(stream)
    assert not np.array(stream.send(1920), dtype=int).any()


def test_words_are_said_though_the_track_begins_far_on() -> None:
    mix = Mix(ClickTrack(110.0), lambda: 3_000_000)
    stream = mix.stream()
    next(stream)
    before: array.array[int] = stream.send(480)
    mix.say(np.full(480, 123, np.int16))
    after = np.array(stream.send(480), dtype=int) - ClickTrack(110.0).block(3_000_480, 480)
    assert len(before) == 480 and (after == 123).all()


def test_a_real_device_thread_asks_for_its_first_sample_once(require) -> None:
    require.module("miniaudio", "pip install 'mrcpr[audio]'")
    import miniaudio

    asked: list[int] = []

    def begin_at() -> int:
        asked.append(1)
        return 96_000

    mix = Mix(ClickTrack(110.0), begin_at)
    device = miniaudio.PlaybackDevice(
        output_format=miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=SAMPLE_RATE_HZ,
        buffersize_msec=10, backends=[miniaudio.Backend.NULL],
    )  # fmt: skip
    stream = mix.stream()
    next(stream)
    device.start(stream)
    while mix._sample < 96_000 + 4800:
        assert device.running
    device.close()
    assert asked == [1]
