"""The state of every stream, from what arrived of it.

Takes samples and the words of device errors, gives `Health`; leaves what to do about a
lost stream to the session. Time is that of the arrivals themselves, so a replay tells
the same story as the live run.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mr.blocks import MannequinBlock
from mr.types import Arrival, DeviceInfo, Health, IntArray, SessionEvent, SourceKind

LOST_AFTER_PERIODS = 10
"""A stream silent for so many of its nominal periods (and `LOST_AFTER_S`) is lost."""

LOST_AFTER_S = 0.5
DEGRADED_BELOW = 0.7
"""Share of the nominal rate below which a stream is called degraded."""

WINDOW_S = 2.0
"""A rate is told over so long: a shorter window shows the bursts in which a busy computer
reads a port."""
FEWEST = 16
WORTH_IT = 16
"""Fewer arrivals are noted one by one."""
TOLD_FROM_S = 1.0
"""For how long something has lasted is said from so long on."""


@dataclass(slots=True)
class _Said:
    """What was said of a stream, and since when."""

    words: str
    since_ns: int
    remark: bool = False

    def told(self, now_ns: int) -> str:
        s = (now_ns - self.since_ns) / 1e9
        if s < TOLD_FROM_S:
            return self.words
        return f"{self.words} ({s:.0f} s ago)" if self.remark else f"{self.words} (for {s:.0f} s)"


@dataclass(slots=True)
class _Stream:
    name: str
    kind: SourceKind
    nominal_hz: float
    times_ns: deque[int] = field(init=False)
    last_seq: int | None = None
    lost: int = 0
    gone_why: str = ""
    times_away: int = 0
    away_s: float = 0.0
    seen: _Said | None = None
    """What tracking says of it."""
    seen_usable: bool = False
    """Whether that is only a remark: it can be used all the same."""
    slow_since_ns: int | None = None
    said: dict[str, _Said] = field(default_factory=dict)
    """What its device says of it, by its words."""
    found: dict[str, _Said] = field(default_factory=dict)
    """What fusion finds of it beside other sources, by topic."""

    def __post_init__(self) -> None:
        self.times_ns = deque(maxlen=max(FEWEST, round(WINDOW_S * self.nominal_hz)))

    @property
    def lost_after_s(self) -> float:
        return max(LOST_AFTER_S, LOST_AFTER_PERIODS / self.nominal_hz)

    def back(self, arrival_ns: int) -> None:
        """Note how long the stream was away, if it was, when a sample arrives."""
        silent_s = (arrival_ns - self.times_ns[-1]) / 1e9 if self.times_ns else 0.0
        if self.times_ns and (self.gone_why or silent_s > self.lost_after_s):
            self.times_away += 1
            self.away_s += silent_s
            self.times_ns.clear()  # a rate over the silence says nothing of now
            self.slow_since_ns = None
        self.gone_why = ""

    def complaints(self, now_ns: int, remarks: bool) -> list[str]:
        """Say what ails it, or what is to be known of it, each with since when."""
        # By when it began, not by when it was heard of: that may differ in a replay.
        found = sorted(self.found.items(), key=lambda item: (item[1].since_ns, item[0]))
        every = (*(s for _, s in found), *self.said.values())
        said = [s for s in every if s.remark == remarks]
        if self.seen is not None and self.seen_usable == remarks:
            said.insert(0, self.seen)
        return [s.told(now_ns) for s in said]

    def slow(self, now_ns: int) -> str:
        """Say by how much it is too slow, and since when; empty when it is not."""
        if self.slow_since_ns is None:
            return ""
        s = (now_ns - self.slow_since_ns) / 1e9
        rates = f"{self.rate_hz():.0f} of {self.nominal_hz:.0f} Hz"
        return rates if s < TOLD_FROM_S else f"{rates} for {s:.0f} s"

    def arrive(self, arrival_ns: int) -> None:
        """Note one arrival."""
        self.back(arrival_ns)
        self.times_ns.append(arrival_ns)
        self.note_rate(arrival_ns)

    def arrive_all(self, arrival_ns: IntArray) -> None:
        """Note many arrivals (N,): at once where the stream is steady all the while."""
        if len(arrival_ns) >= WORTH_IT and self._is_steady(arrival_ns):
            self.times_ns.extend(arrival_ns[-self._n_kept :].tolist())
            self.slow_since_ns = None
            return
        for at_ns in arrival_ns.tolist():
            self.arrive(at_ns)

    @property
    def _n_kept(self) -> int:
        return self.times_ns.maxlen or 0

    def _is_steady(self, arrival_ns: IntArray) -> bool:
        """Whether, at none of these arrivals, it was away or too slow."""
        old = len(self.times_ns)
        if self.gone_why or not old:
            return False
        times_ns = np.concatenate([np.array(self.times_ns, np.int64), arrival_ns])
        if np.diff(times_ns[old - 1 :]).max() > self.lost_after_s * 1e9:
            return False
        newest = np.arange(old, len(times_ns))
        oldest = np.maximum(newest + 1 - self._n_kept, 0)
        n = newest - oldest
        enough = n >= FEWEST // 2
        span_ns = times_ns[newest] - times_ns[oldest]
        slow = n * 1e9 < DEGRADED_BELOW * self.nominal_hz * span_ns
        return bool(not (slow & enough).any())

    def note_rate(self, arrival_ns: int) -> None:
        """Note since when it has been too slow."""
        if len(self.times_ns) <= FEWEST // 2 or self.rate_hz() >= DEGRADED_BELOW * self.nominal_hz:
            self.slow_since_ns = None
        elif self.slow_since_ns is None:
            self.slow_since_ns = arrival_ns

    def back_told(self) -> str:
        """Say that the stream was away and came back; empty when it never was."""
        if not self.times_away:
            return ""
        times = f"{self.times_away} times, " if self.times_away > 1 else ""
        return f"was lost {times}for {self.away_s:.1f} s, and came back"

    def rate_hz(self) -> float:
        if len(self.times_ns) < 2 or self.times_ns[-1] == self.times_ns[0]:
            return 0.0
        return (len(self.times_ns) - 1) * 1e9 / (self.times_ns[-1] - self.times_ns[0])


class HealthWatch:
    """Watches the streams of a session's devices."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._newest_ns = 0

    def expect(self, info: DeviceInfo) -> None:
        """Say which streams a device has; they count as absent until they deliver."""
        for stream in info.streams:
            if stream.rate_hz > 0:
                self._streams[stream.name] = _Stream(stream.name, info.kind, stream.rate_hz)

    def arrived(self, arrival: Arrival) -> None:
        """Count one sample; gaps in its sequence are lost samples."""
        stream = self._streams.get(arrival.stream)
        if stream is None:
            return
        if stream.last_seq is not None and arrival.seq > stream.last_seq + 1:
            stream.lost += arrival.seq - stream.last_seq - 1
        stream.last_seq = arrival.seq
        stream.arrive(arrival.arrival_ns)
        self._newest_ns = max(self._newest_ns, arrival.arrival_ns)

    def arrived_block(self, block: MannequinBlock) -> None:
        """Count many frames: the same as one after another."""
        stream = self._streams.get(block.stream)
        if stream is None:
            return
        seq = block.seq
        if stream.last_seq is not None:
            stream.lost += max(0, int(seq[0]) - stream.last_seq - 1)
        if len(block) > 1:
            stream.lost += int(np.maximum(seq[1:] - seq[:-1] - 1, 0).sum())
        stream.lost += int(block.overflow.sum())
        stream.last_seq = int(seq[-1])
        stream.arrive_all(block.arrival_ns)
        self._newest_ns = max(self._newest_ns, int(block.arrival_ns.max()))

    def complain(self, stream_name: str, why: str, at_ns: int, usable: bool = False) -> None:
        """Note what tracking says of a stream that arrives; an empty `why` takes it back.

        Unless it is `usable` all the same, the stream counts as degraded.
        """
        stream = self._streams.get(stream_name)
        if stream is None:
            return
        if not why:
            stream.seen = None
        elif stream.seen is None or stream.seen_usable != usable:
            stream.seen, stream.seen_usable = _Said(why, at_ns), usable
        else:
            stream.seen.words = why

    def measures_again(self, stream_name: str) -> None:
        """Take back that tracking could not measure with a stream, if it said so."""
        stream = self._streams.get(stream_name)
        if stream is not None and not stream.seen_usable:
            stream.seen = None

    def find(
        self, stream_name: str, topic: str, words: str, at_ns: int, usable: bool = False
    ) -> None:
        """Note what fusion finds of a stream; `usable` if it is used all the same."""
        stream = self._streams.get(stream_name)
        if stream is None:
            return
        since_ns = stream.found[topic].since_ns if topic in stream.found else at_ns
        stream.found[topic] = _Said(words, since_ns, usable)

    def settle(self, stream_name: str, topic: str) -> None:
        """Take back what fusion found of a stream."""
        stream = self._streams.get(stream_name)
        if stream is not None:
            stream.found.pop(topic, None)

    def told(self, event: SessionEvent) -> None:
        """Note what a device says of a stream of its own: see `SessionEvent`."""
        name, _, words = event.text.partition(": ")
        stream = self._streams.get(name)
        if stream is None:
            return
        if event.kind == "settled":
            stream.said.pop(words, None)
        else:
            stream.said[words] = _Said(words, event.t_ns, event.kind == "remark")

    def gone(self, stream_names: tuple[str, ...], why: str) -> None:
        """Mark streams as lost with the device error's own words."""
        for name in stream_names:
            if name in self._streams:
                self._streams[name].gone_why = why

    def report(self, now_ns: int | None = None) -> tuple[Health, ...]:
        """Give the state of all streams at `now_ns` (default: the newest arrival)."""
        now_ns = max(self._newest_ns, now_ns or 0)
        return tuple(self._health(stream, now_ns) for stream in self._streams.values())

    def lost_streams(self, now_ns: int | None = None, *, exact: bool = False) -> tuple[str, ...]:
        """Name the streams that are lost; `exact`: at `now_ns`, whatever has arrived since."""
        if exact and now_ns is not None:
            return tuple(
                h.stream
                for h in (self._health(stream, now_ns) for stream in self._streams.values())
                if h.state == "lost"
            )
        return tuple(h.stream for h in self.report(now_ns) if h.state == "lost")

    def _health(self, stream: _Stream, now_ns: int) -> Health:
        age_s = (now_ns - stream.times_ns[-1]) / 1e9 if stream.times_ns else 0.0
        rate_hz = stream.rate_hz()
        state: Literal["ok", "degraded", "lost", "absent"] = "ok"
        said: list[str] = []
        if stream.gone_why:
            state, said = "lost", [_Said(stream.gone_why, now_ns - round(age_s * 1e9)).told(now_ns)]
        elif not stream.times_ns:
            state, said = "absent", ["nothing has arrived yet"]
        elif age_s > stream.lost_after_s:
            state, said = "lost", [f"silent for {age_s:.1f} s"]
        else:
            said = [w for w in (*stream.complaints(now_ns, False), stream.slow(now_ns)) if w]
            state = "degraded" if said else "ok"
            said += [*stream.complaints(now_ns, True), stream.back_told()]
        why = "; ".join(words for words in said if words)
        return Health(
            stream.name,
            stream.kind,
            state,
            rate_hz,
            stream.lost,
            age_s if stream.times_ns else 0.0,
            why,
        )
