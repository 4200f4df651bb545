"""The voice: what is said aloud, as samples for the loudspeaker.

Takes words, gives sound made by espeak-ng, a program of the system that speaks over a hundred
languages and needs no network; leaves what is worth a word to `mr.coaching` and playing to
`overlays.sound`. Without the program it says so once and stays silent.
"""

from __future__ import annotations

import io
import logging
import shutil
import subprocess
import wave
from collections.abc import Callable, Iterable
from math import gcd

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from mr.errors import MrError
from overlays.sound import SAMPLE_RATE_HZ

log = logging.getLogger(__name__)

PROGRAM = "espeak-ng"
WORDS_A_MINUTE = 160
LONGEST_S = 10.0


class Voice:
    """Speaks one language, where the program is installed.

    Parameters
    ----------
    language : str
        A language code that espeak-ng knows, such as ``en``.
    say : callable
        Is told once, in one line, when nothing can be spoken.
    """

    def __init__(self, language: str, say: Callable[[str], None] = log.warning) -> None:
        self._language = language
        self._say = say
        self._program = shutil.which(PROGRAM)
        self._mute = False
        self._spoken: dict[str, npt.NDArray[np.int16]] = {}

    def prepare(self, sentences: Iterable[str]) -> None:
        """Speak them once now, so that saying one later takes no time."""
        for words in sentences:
            self.samples(words)

    def samples(self, words: str) -> npt.NDArray[np.int16] | None:
        """Speak `words`: (N,) int16 at `SAMPLE_RATE_HZ`, or None when nothing can be spoken."""
        if self._mute:
            return None
        if words not in self._spoken:
            try:
                self._spoken[words] = self._made(words)
            except MrError as error:
                self._say(f"no voice: {error}")
                self._mute = True
                return None
        return self._spoken[words]

    def _made(self, words: str) -> npt.NDArray[np.int16]:
        if self._program is None:
            raise MrError(f"{PROGRAM} is not installed: ./system-packages.sh voice")
        ask = [
            self._program,
            "--stdout",
            "-v",
            self._language,
            "-s",
            str(WORDS_A_MINUTE),
            "--",
            words,
        ]
        try:
            done = subprocess.run(ask, capture_output=True, timeout=LONGEST_S, check=True)
            return _samples_of(done.stdout)
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
            raise MrError(f"{PROGRAM} failed ({error}): try it by hand") from error


def _samples_of(wav: bytes) -> npt.NDArray[np.int16]:
    """Read a WAV of one channel and bring it to the loudspeaker's rate.

    A program that writes into a pipe cannot fill in the length: what is there counts.
    """
    with wave.open(io.BytesIO(wav)) as file:
        rate_hz, width, channels_n = file.getframerate(), file.getsampwidth(), file.getnchannels()
        if (width, channels_n) != (2, 1):
            raise wave.Error(f"{channels_n} channels of {8 * width} bit: wanted 1 of 16")
        counts = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    common = gcd(SAMPLE_RATE_HZ, rate_hz)
    played = resample_poly(counts.astype(float), SAMPLE_RATE_HZ // common, rate_hz // common)
    return np.clip(np.round(played), -32768, 32767).astype(np.int16)
