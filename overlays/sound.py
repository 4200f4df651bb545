"""What is heard: a metronome whose clicks never drift, and words over it.

Takes a rate and samples of speech, gives sound where there is an audio device; leaves when
to click and what to say to the session. `ClickTrack` is the metronome itself, as pure
arithmetic on sample numbers: click k begins at the sample nearest to k·60/rate seconds, so
that no rounding adds up over a session; it adapts to nothing. `Loudspeaker` plays it, and
words over it, with miniaudio, an optional part; without it, or without a device, it says so
once and stays silent.

The clicks begin with the sample that a `Beat` has at the instant when the device asks for its
first block: nothing waits before that one. From then on samples are counted. What is not known
is how long the device and its driver hold a sample back (a cable: some ms; radio: 0.1 s and
more), and how its crystal differs from the host's clock (50 ppm are 30 ms in ten minutes). What
is seen of the beat is as far from what is heard.
"""

from __future__ import annotations

import array
import importlib.util
import logging
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from mr.clock.host import NowNs, host_now_ns
from overlays.beat import Beat

log = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 48_000
_CLICK_S = 0.030
_TONE_HZ = 1_600.0
_LOUDNESS = 0.5
STALE_S = 1.0
"""A word that could not be begun within so long is no longer true: it is dropped."""
WAITING_N = 2
"""So many words wait at most; the oldest makes room."""


def click_counts(sample_rate_hz: int = SAMPLE_RATE_HZ) -> npt.NDArray[np.int16]:
    """Make one click, (N,) int16: a short tone that dies away."""
    t_s = np.arange(round(_CLICK_S * sample_rate_hz)) / sample_rate_hz
    attack = np.minimum(1.0, t_s / 0.001)
    wave = attack * np.exp(-t_s / 0.006) * np.cos(2 * np.pi * _TONE_HZ * t_s)
    return np.round(_LOUDNESS * 32767 * wave).astype(np.int16)


class ClickTrack:
    """An endless track of clicks at a rate; any block of it can be asked for."""

    def __init__(self, rate_cpm: float, sample_rate_hz: int = SAMPLE_RATE_HZ) -> None:
        if not 20 <= rate_cpm <= 300:
            raise ValueError(f"a metronome of {rate_cpm} /min: choose 20 to 300")
        self._click = click_counts(sample_rate_hz)
        self._period = Fraction(60 * sample_rate_hz) / Fraction(rate_cpm)

    def click_sample(self, k: int) -> int:
        """Give the sample number at which click `k` (0, 1, …) begins."""
        return round(k * self._period)

    def block(self, first_sample: int, samples_n: int) -> npt.NDArray[np.int16]:
        """Give samples `first_sample` … of the track, (samples_n,) int16, one channel."""
        out = np.zeros(samples_n, dtype=np.int16)
        k = max(0, int((first_sample - len(self._click)) / self._period) - 1)
        while (begin := self.click_sample(k) - first_sample) < samples_n:
            end = begin + len(self._click)
            if end > 0:
                part = self._click[max(0, -begin) : len(self._click) - max(0, end - samples_n)]
                out[max(0, begin) : max(0, begin) + len(part)] = part
            k += 1
        return out


class Mix:
    """Clicks, if there are any, and words over them: one after another, none cut off.

    What has waited longer than `STALE_S` of sound is not said any more. `begin_at` is asked for
    the track's first sample when the first block is wanted.
    """

    def __init__(self, clicks: ClickTrack | None, begin_at: Callable[[], int] = lambda: 0) -> None:
        self._clicks = clicks
        self._begin_at = begin_at
        self._waiting: deque[tuple[int, npt.NDArray[np.int16]]] = deque(maxlen=WAITING_N)
        """Each with the sample at which it was asked for."""
        self._speaking = np.zeros(0, dtype=np.int16)
        self._sample = 0

    def say(self, words: npt.NDArray[np.int16]) -> None:
        """Play words, (N,) int16, as soon as those before are over; any thread may call."""
        self._waiting.append((self._sample, words))

    def block(self, samples_n: int) -> npt.NDArray[np.int16]:
        """Give the next samples, (samples_n,) int16, one channel."""
        mixed = np.zeros(samples_n, dtype=np.int32)
        if self._clicks is not None:
            mixed += self._clicks.block(self._sample, samples_n)
        done_n = 0
        while done_n < samples_n:
            if not len(self._speaking):
                self._speaking = self._next_word(self._sample + done_n)
            if not len(self._speaking):
                break
            part = self._speaking[: samples_n - done_n]
            mixed[done_n : done_n + len(part)] += part
            self._speaking = self._speaking[len(part) :]
            done_n += len(part)
        self._sample += samples_n
        return np.clip(mixed, -32768, 32767).astype(np.int16)

    def _next_word(self, now: int) -> npt.NDArray[np.int16]:
        """Give the next word that is still worth saying, or nothing; `now` in samples."""
        while True:
            try:
                asked, words = self._waiting.popleft()
            except IndexError:
                return np.zeros(0, dtype=np.int16)
            if len(words) and now - asked <= STALE_S * SAMPLE_RATE_HZ:
                return words

    def stream(self) -> Generator[array.array[int], int, None]:
        """Give the sound block by block; each ``send(n)`` asks for the next n samples."""
        wanted_n = yield array.array("h")
        self._sample = self._begin_at()
        while True:
            wanted_n = yield array.array("h", self.block(wanted_n).tobytes())


def open_device() -> Any:
    """Open the default audio device: raises `miniaudio.MiniaudioError` where there is none."""
    import miniaudio  # noqa: PLC0415 -- optional

    return miniaudio.PlaybackDevice(
        output_format=miniaudio.SampleFormat.SIGNED16,
        nchannels=1,
        sample_rate=SAMPLE_RATE_HZ,
        buffersize_msec=40,
        app_name="mrcpr",
    )


def _a_device_opens() -> bool:
    """Try an audio device in a child: without one, ALSA fills a terminal with its complaints."""
    trial = "from overlays import sound; sound.open_device().close()"
    try:
        done = subprocess.run(
            [sys.executable, "-c", trial], capture_output=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _first_sample(beat: Beat, now: NowNs) -> int:
    return beat.sample_at(now(), SAMPLE_RATE_HZ)


class Loudspeaker:
    """Clicks to a beat, and words, where there is sound.

    Parameters
    ----------
    beat : Beat or None
        When to click; None: no metronome.
    say : callable
        Is told once, in one line, when there can be no sound.
    now : callable
        The host's clock, which the beat is on.
    """

    def __init__(
        self,
        beat: Beat | None,
        say: Callable[[str], None] = log.warning,
        now: NowNs = host_now_ns,
    ) -> None:
        if beat is None:
            self._mix = Mix(None)
        else:
            begin_at = partial(_first_sample, beat, now)
            self._mix = Mix(ClickTrack(beat.rate_cpm), begin_at)
        self._say = say
        self._device: Any = None
        self._said = False

    @property
    def sounding(self) -> bool:
        """Whether the device is open."""
        return self._device is not None

    def start(self) -> bool:
        """Begin, at once; gives whether there is sound."""
        if self._device is not None:
            return True
        if importlib.util.find_spec("miniaudio") is None:
            return self._silent("the audio part is not installed: pip install 'mrcpr[audio]'")
        import miniaudio  # noqa: PLC0415 -- optional

        if not _a_device_opens():
            return self._silent("no audio device can be opened")
        try:
            self._device = open_device()
            stream = self._mix.stream()
            next(stream)
            self._device.start(stream)
        except miniaudio.MiniaudioError as error:
            self.stop()
            return self._silent(f"the audio device failed ({error})")
        return True

    def stop(self) -> None:
        """Fall silent; it may start again."""
        if self._device is not None:
            self._device.close()
            self._device = None

    def speak(self, words: npt.NDArray[np.int16]) -> None:
        """Play words, (N,) int16, over the clicks; silent while there is no sound."""
        if self._device is not None:
            self._mix.say(words)

    def _silent(self, why: str) -> bool:
        if not self._said:
            self._say(f"no sound: {why}")
            self._said = True
        return False
