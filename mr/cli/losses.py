"""Which streams a session lost, and when they were back, in words.

Takes snapshots as they come, gives a line when a stream is lost or back and at the end one
for each stream that was silent; leaves what counts as lost to `mr.session.health`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mr.types import Health, Snapshot

GAPS_NAMED = 3


@dataclass(slots=True)
class _Gap:
    """One silence, in s of the host's clock."""

    from_s: float
    to_s: float | None = None
    """None while it lasts."""


def is_told(health: Health, others: tuple[Health, ...]) -> bool:
    """Tell whether a stream's loss is news: ``a.clock`` is not, while all of ``a`` is lost."""
    device, _, part = health.stream.rpartition(".")
    return part != "clock" or not any(h.stream == device and h.state == "lost" for h in others)


@dataclass(slots=True)
class LossLog:
    """Follows the streams of one session."""

    _gaps: dict[str, list[_Gap]] = field(default_factory=dict)
    _untold: set[str] = field(default_factory=set)
    """Clocks that went away with their device, and come back after it."""
    _start_s: float | None = None

    def see(self, snapshot: Snapshot) -> Iterator[tuple[float, str]]:
        """Give what is new: the session's time in s (0 before its start), and words."""
        now_s = snapshot.t_ns / 1e9
        if snapshot.elapsed_s > 0:
            # The pipeline is a little late, now more, now less: the least is nearest.
            start_s = now_s - snapshot.elapsed_s
            self._start_s = start_s if self._start_s is None else min(self._start_s, start_s)
        for health in snapshot.health:
            heard_s, name = now_s - health.age_s, health.stream
            open_gap = self._open_gap(name)
            if health.state != "lost":
                self._untold.discard(name)
                if open_gap is not None:
                    open_gap.to_s = heard_s
                    yield self._since_start_s(heard_s), f"{name} is back"
            elif open_gap is None and name not in self._untold:
                if is_told(health, snapshot.health):
                    self._gaps.setdefault(name, []).append(_Gap(heard_s))
                    yield self._since_start_s(heard_s), f"{name} lost: {health.why}"
                else:
                    self._untold.add(name)

    @property
    def lost(self) -> tuple[str, ...]:
        """Name the streams that were told to be lost, and are."""
        return tuple(name for name in self._gaps if self._open_gap(name) is not None)

    def summary(self) -> Iterator[str]:
        """Give a line for each stream that was silent for a time, when all is over."""
        for name, gaps in self._gaps.items():
            said = [self._words(gap) for gap in gaps[:GAPS_NAMED]]
            if more := len(gaps) - len(said):
                said.append(f"and {more} times more")
            yield f"{name}: silent {', '.join(said)}"

    def _open_gap(self, name: str) -> _Gap | None:
        gaps = self._gaps.get(name)
        return gaps[-1] if gaps and gaps[-1].to_s is None else None

    def _since_start_s(self, at_s: float) -> float:
        return 0.0 if self._start_s is None else max(at_s - self._start_s, 0.0)

    def _words(self, gap: _Gap) -> str:
        if gap.to_s is None:
            return f"from {self._since_start_s(gap.from_s):.1f} s to the end"
        if self._start_s is None or gap.to_s < self._start_s:
            return f"for {gap.to_s - gap.from_s:.1f} s before the start"
        return (
            f"from {self._since_start_s(gap.from_s):.1f} to {self._since_start_s(gap.to_s):.1f} s"
        )
