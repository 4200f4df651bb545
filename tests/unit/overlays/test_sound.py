"""Clicks stand at exact samples, whatever the blocks; silence is said once."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from overlays.beat import Beat
from overlays.sound import SAMPLE_RATE_HZ, ClickTrack, Loudspeaker, Mix, click_counts


def onsets(samples: np.ndarray) -> np.ndarray:
    """Find where clicks begin: the first sound after at least half a click of silence."""
    loud = np.flatnonzero(samples)
    gap = len(click_counts()) // 2
    first = np.concatenate([[True], np.diff(loud) > gap])
    return loud[first]


def pulled(track: ClickTrack, sizes: list[int]) -> np.ndarray:
    stream = Mix(track).stream()
    next(stream)
    return np.concatenate([np.frombuffer(stream.send(n), dtype=np.int16) for n in sizes])


@pytest.mark.parametrize("rate_cpm", [100.0, 110.0, 117.3])
def test_clicks_are_nearest_to_their_instant_for_ten_minutes(rate_cpm: float) -> None:
    track = ClickTrack(rate_cpm)
    k = np.arange(int(10 * rate_cpm))
    samples = np.array([track.click_sample(int(i)) for i in k])
    exact = k * 60.0 * SAMPLE_RATE_HZ / rate_cpm
    assert np.abs(samples - exact).max() <= 0.5 + 1e-6


def test_adding_a_rounded_period_would_drift() -> None:
    track = ClickTrack(110.0)
    summed = 1100 * round(60 * SAMPLE_RATE_HZ / 110.0)
    assert abs(summed - track.click_sample(1100)) > 100


def test_the_stream_has_its_clicks_at_exactly_those_samples() -> None:
    track = ClickTrack(110.0)
    heard = onsets(pulled(track, [SAMPLE_RATE_HZ] * 6))
    # the first sample of a click is zero (its attack), so it is heard one sample later
    assert (heard - 1).tolist() == [track.click_sample(k) for k in range(len(heard))]
    assert len(heard) == 11
    assert set(np.diff(heard)) <= {26181, 26182}


def test_the_stream_does_not_depend_on_its_blocks() -> None:
    rng = np.random.default_rng(5)
    sizes = rng.integers(1, 4000, 60).tolist()
    whole = pulled(ClickTrack(113.0), [sum(sizes)])
    assert (pulled(ClickTrack(113.0), sizes) == whole).all()
    assert not (pulled(ClickTrack(112.0), sizes) == whole).all()


def test_a_block_may_begin_within_a_click() -> None:
    track = ClickTrack(110.0)
    begin = track.click_sample(3)
    assert (track.block(begin + 100, 200) == click_counts()[100:300]).all()
    assert not track.block(begin - 300, 300).any()


def test_a_click_does_not_clip() -> None:
    click = click_counts().astype(int)
    assert 8000 < np.abs(click).max() < 32767
    assert np.abs(click[-20:]).max() < 200, "it has died away, or it would crack at its end"


@pytest.mark.parametrize("rate_cpm", [0.0, -5.0, 1000.0])
def test_an_absurd_rate_is_refused(rate_cpm: float) -> None:
    with pytest.raises(ValueError, match="choose 20 to 300"):
        ClickTrack(rate_cpm)


def test_words_are_heard_over_the_clicks_one_after_another() -> None:
    words, more = np.full(700, 900, np.int16), np.full(500, 700, np.int16)
    mix = Mix(ClickTrack(110.0))
    mix.say(words)
    mix.say(more)
    heard = np.concatenate([mix.block(n) for n in (300, 450, 450, 4000)]).astype(int)
    clicks = ClickTrack(110.0).block(0, 5200).astype(int)
    spoken = np.concatenate([words, more]).astype(int)
    assert (heard[:1200] == clicks[:1200] + spoken).all()
    assert (heard[1200:] == clicks[1200:]).all()


def test_words_alone_and_words_that_are_too_loud() -> None:
    mix = Mix(None)
    assert not mix.block(1000).any(), "without a metronome there is silence"
    mix.say(np.full(10, 32000, np.int16))
    assert (mix.block(10) == 32000).all()
    loud = Mix(ClickTrack(110.0))
    loud.say(np.full(1000, 32000, np.int16))
    assert loud.block(1000).max() == 32767, "clipped, not wrapped around"


def test_what_has_waited_too_long_is_not_said_any_more() -> None:
    first, stale = np.full(3 * SAMPLE_RATE_HZ, 900, np.int16), np.full(480, 700, np.int16)
    mix = Mix(None)
    mix.say(first)
    mix.block(480)
    mix.say(stale)
    heard = mix.block(4 * SAMPLE_RATE_HZ)
    assert (heard[: len(first) - 480] == 900).all(), "what has begun is not cut off"
    assert not heard[len(first) - 480 :].any()
    soon = Mix(None)
    soon.say(first[:SAMPLE_RATE_HZ])
    soon.block(480)
    soon.say(stale)
    assert 700 in soon.block(2 * SAMPLE_RATE_HZ), "within a second it is still true"


def test_words_do_not_pile_up_where_nobody_listens() -> None:
    mix = Mix(None)
    for k in range(50):
        mix.say(np.full(10, k + 1, np.int16))
    assert set(mix.block(1000).tolist()) == {0, 49, 50}


def test_the_rate_is_the_guidelines_middle_and_changes_with_nothing() -> None:
    """It is a function of its rate and the sample number: nothing else can reach it."""
    one, other = ClickTrack(110.0), ClickTrack(110.0)
    other.block(10_000_000, 5000)
    assert (one.block(480_000, 48_000) == other.block(480_000, 48_000)).all()


def test_without_the_optional_part_it_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    said: list[str] = []
    loudspeaker = Loudspeaker(Beat.of_rate(110.0, 0), said.append)
    assert not loudspeaker.start()
    assert not loudspeaker.start()
    loudspeaker.stop()
    assert not loudspeaker.sounding
    assert said == ["no sound: the audio part is not installed: pip install 'mrcpr[audio]'"]


def test_the_real_part_sounds_or_says_why_not(require) -> None:
    require.module("miniaudio", "pip install 'mrcpr[audio]'")
    said: list[str] = []
    loudspeaker = Loudspeaker(Beat.of_rate(110.0, 0), said.append)
    sounds = loudspeaker.start()
    assert loudspeaker.sounding == sounds
    assert len(said) == (0 if sounds else 1)
    loudspeaker.stop()
    assert not loudspeaker.sounding
