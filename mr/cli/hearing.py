"""What a learner hears in a session: the metronome, and rarely a word.

Takes a session's plan and its snapshots, plays what they ask for; leaves what is worth a
word to `mr.coaching`. In an assessment nothing is heard.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from mr.clock.host import host_now_ns
from mr.coaching.rules import RULES
from mr.config import SessionConfig
from mr.scoring.guideline import Guideline
from mr.session.processes import SessionPlan
from mr.types import Cue, Snapshot
from overlays.beat import Beat
from overlays.cues.advice import text_of
from overlays.guidance import shown
from overlays.messages import Messages
from overlays.sound import Loudspeaker
from overlays.voice import Voice

log = logging.getLogger(__name__)


def beat_of(config: SessionConfig, guideline: Guideline) -> Beat | None:
    """Agree on a session's beat, from now on; None where there is to be none.

    The parent does so before it starts the views: what they draw and what is heard is one.
    """
    if not (_helped(config) and config.metronome):
        return None
    rate = guideline.rate
    rate_cpm = config.metronome_cpm or (rate.low_cpm + rate.high_cpm) / 2
    return Beat.of_rate(rate_cpm, host_now_ns())


def _helped(config: SessionConfig) -> bool:
    return config.guidance and config.level != "none"


def spoken_cue(snapshot: Snapshot) -> Cue | None:
    """Give the cue that may be spoken now, if there is one.

    Where only warnings are written a hint is not heard, either; where there is nothing to see
    words are all there is.
    """
    cue = snapshot.cue
    if cue is None or not cue.aloud:
        return None
    return None if shown(snapshot).advice == "warnings" and cue.severity != "warning" else cue


class Hearing:
    """The session's sound; use it as a context manager around the session."""

    def __init__(
        self,
        plan: SessionPlan,
        messages: Messages,
        beat: Beat | None,
        say: Callable[[str], None] = log.warning,
    ) -> None:
        speaks = _helped(plan.config) and plan.config.voice
        self._say = say
        self._loudspeaker = Loudspeaker(beat, say) if beat is not None or speaks else None
        self._voice = Voice(messages.language, say) if speaks else None
        self._messages, self._mode = messages, plan.config.mode.value
        self._spoken_ns: int | None = None

    def __enter__(self) -> Self:
        """Begin to click, and to make all that may be said, where there is sound."""
        if self._loudspeaker is not None and self._loudspeaker.start() and self._voice is not None:
            spoken = (rule.key for rule in RULES if rule.aloud != "never")
            self._voice.prepare(text_of(self._messages, key, self._mode) for key in spoken)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Fall silent."""
        if self._loudspeaker is not None:
            self._loudspeaker.stop()
        if self._voice is not None:
            self._voice.close()
            if self._voice.missed_n:
                self._say(f"not spoken, for want of time to make it: {self._voice.missed_n} words")

    def hear(self, snapshot: Snapshot | None) -> None:
        """Speak the cue that is worth a word, once."""
        cue = None if snapshot is None else spoken_cue(snapshot)
        if cue is None or cue.since_ns == self._spoken_ns:
            return
        self._spoken_ns = cue.since_ns
        if self._voice is None or self._loudspeaker is None or not self._loudspeaker.sounding:
            return
        words = self._voice.samples(text_of(self._messages, cue.key, self._mode))
        if words is not None:
            self._loudspeaker.speak(words)
