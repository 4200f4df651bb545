"""What a learner hears in a session: the metronome, and rarely a word.

Takes a session's plan and its snapshots, plays what they ask for; leaves what is worth a
word to `mr.coaching`. In an assessment nothing is heard.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from mr.coaching.rules import RULES
from mr.session.processes import SessionPlan
from mr.types import Snapshot
from overlays.cues.advice import text_of
from overlays.messages import Messages
from overlays.sound import Loudspeaker
from overlays.voice import Voice


class Hearing:
    """The session's sound; use it as a context manager around the session."""

    def __init__(self, plan: SessionPlan, messages: Messages) -> None:
        config, rate = plan.config, plan.guideline.rate
        clicks = config.guidance and config.metronome
        speaks = config.guidance and config.voice
        middle_cpm = (rate.low_cpm + rate.high_cpm) / 2
        rate_cpm = (config.metronome_cpm or middle_cpm) if clicks else None
        self._loudspeaker = Loudspeaker(rate_cpm) if clicks or speaks else None
        self._voice = Voice(messages.language) if speaks else None
        self._messages, self._mode = messages, config.mode.value
        self._spoken_ns: int | None = None

    def __enter__(self) -> Self:
        """Begin to click, and make all that may be said, where there is sound."""
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

    def hear(self, snapshot: Snapshot | None) -> None:
        """Speak the cue that is worth a word, once."""
        cue = snapshot.cue if snapshot is not None else None
        if cue is None or not cue.aloud or cue.since_ns == self._spoken_ns:
            return
        self._spoken_ns = cue.since_ns
        if self._voice is None or self._loudspeaker is None or not self._loudspeaker.sounding:
            return
        words = self._voice.samples(text_of(self._messages, cue.key, self._mode))
        if words is not None:
            self._loudspeaker.speak(words)
