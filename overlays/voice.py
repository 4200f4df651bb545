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
import threading
import wave
from collections.abc import Callable, Iterable, Sequence
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

    Sentences are made in a thread of their own; who asks for one never waits for it.

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
        self._spoken: dict[str, npt.NDArray[np.int16]] = {}
        self._maker: threading.Thread | None = None
        self._ended = threading.Event()
        self.missed_n = 0
        """So many sentences were asked for that were not ready: they were not said."""

    def prepare(self, sentences: Iterable[str]) -> None:
        """Begin to make sentences, in their order; returns at once."""
        wanted = list(dict.fromkeys(sentences))
        self._maker = threading.Thread(target=self._make, args=(wanted,), name="voice", daemon=True)
        self._maker.start()

    def samples(self, sentence: str) -> npt.NDArray[np.int16] | None:
        """Give a sentence, (N,) int16 at `SAMPLE_RATE_HZ`; one that is not ready is counted."""
        found = self._spoken.get(sentence)
        if found is None:
            self.missed_n += 1
        return found

    def wait(self, limit_s: float) -> bool:
        """Wait until all that was asked for is made; tell whether it was in time."""
        if self._maker is None:
            return True
        self._maker.join(limit_s)
        return not self._maker.is_alive()

    def close(self) -> None:
        """Make no more; the sentence that is being made is not waited for."""
        self._ended.set()

    def _make(self, sentences: Sequence[str]) -> None:
        for sentence in sentences:
            if self._ended.is_set():
                return
            try:
                self._spoken[sentence] = self._made(sentence)
            except MrError as error:
                self._say(f"no voice: {error}")
                return

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
