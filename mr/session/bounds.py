"""When a session begins and ends, and in which phase it is.

Takes what happened to the session and what the metrics found; tells the instants between which it
is judged. Leaves what is judged there to `outcome`.
"""

from __future__ import annotations

from collections.abc import Sequence

from mr.config import Mode, SessionConfig
from mr.metrics.stepper import LiveState
from mr.session.outcome import counted_ns
from mr.types import MetricsEvent, Phase, SessionEvent


class Bounds:
    """Start and stop of one session, as far as they are known.

    Attributes
    ----------
    start_ns, stop_ns
        Host's monotonic ns; None before.
    """

    def __init__(self, config: SessionConfig) -> None:
        self._config = config
        self._open_ns: int | None = None
        self.start_ns: int | None = None
        self.stop_ns: int | None = None
        self._n_before_start = 0

    @property
    def _by_first_compression(self) -> bool:
        return self._config.start_on == "first-compression"

    def happened(self, event: SessionEvent, n_compressions: int) -> None:
        """Take in that the session was opened, started or stopped."""
        if event.kind == "open":
            self._open_ns = event.t_ns
        elif event.kind == "start" and self.start_ns is None:
            self.start_ns = event.t_ns
            self._n_before_start = n_compressions
        elif event.kind == "stop":
            self.stop_ns = event.t_ns

    def found(self, event: MetricsEvent) -> None:
        """Begin with the first compression, or the first breath where there is nothing else."""
        if self.start_ns is not None or not self._by_first_compression:
            return
        counted = counted_ns(event, self._config.mode)
        if counted is not None:
            self.start_ns, _ = counted

    def phase(self, live: LiveState) -> Phase:
        """Tell where the session stands."""
        if self.stop_ns is not None:
            return Phase.FINISHED
        pressed = live.n_compressions > 0 and self._config.mode is not Mode.VENTILATION_ONLY
        started = self.start_ns is not None or pressed
        if not started or (not self._by_first_compression and self.start_ns is None):
            return Phase.WAITING
        # With an advanced airway breaths and compressions go on side by side.
        apart = live.hands_off_s > 0 or self._config.mode is not Mode.CONTINUOUS
        if live.breathing and apart:
            return Phase.VENTILATING
        return Phase.PAUSED if live.hands_off_s > 0 else Phase.COMPRESSING

    def n_since_start(self, n_compressions: int) -> int:
        """Count for the views; what was tried before a start by key or command is not in it."""
        if self.start_ns is None and not self._by_first_compression:
            return 0
        return n_compressions - self._n_before_start

    def elapsed_s(self, now_ns: int | None) -> float:
        """Tell how long the session has been going on since its start."""
        if self.start_ns is None or now_ns is None:
            return 0.0
        return max((now_ns - self.start_ns) / 1e9, 0.0)

    def judged_ns(self, newest_ns: int, events: Sequence[MetricsEvent]) -> tuple[int, int]:
        """Give start and end of what is judged: to the stop, or to the newest motion.

        Without a set length, what comes after the last compression before a stop is not judged.
        """
        end_ns = newest_ns
        if self.stop_ns is not None:
            end_ns = min(self.stop_ns, newest_ns)
            if self._by_first_compression and self._config.duration_s is None:
                ends = (counted_ns(event, self._config.mode) for event in events)
                end_ns = max((end for _, end in filter(None, ends)), default=end_ns)
        start_ns = self.start_ns
        if start_ns is None:
            start_ns = self._open_ns if self._open_ns is not None else end_ns
        return start_ns, max(end_ns, start_ns)
