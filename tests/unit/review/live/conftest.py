"""A hub in a room of its own, for what is tested of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.clock.host import SteppedClock
from mr.review.live.frames import IDLE, LiveState, Motion, WallPart, decode_wall, encode_trace
from mr.review.live.hub import Hub, Seat
from mr.review.live.messages import Pong, Start, read_of_server
from mr.review.live.viewer import Viewer

SECOND_NS = 1_000_000_000
RIG_AHEAD_NS = 77 * SECOND_NS
"""By how much the rig's monotonic clock is ahead of the server's."""
START = Start(learner_id="learner-0badcafe")
BUSY = replace(IDLE, phase="compressing", kind="sim", n_compressions=3)


class Room:
    """A hub, its clocks, and what it has sent to each rig."""

    def __init__(self) -> None:
        self.clock = SteppedClock(100 * SECOND_NS)
        self.hub = Hub(lambda: self.clock() / 1e6, self.clock)
        self.sent: dict[str, list[str]] = {}
        self._seq = 0

    def join(self, rig_id: str = "rig-1") -> Seat:
        self.sent[rig_id] = []
        return self.hub.join(rig_id, self.sent[rig_id].append)

    def frame(self, n: int = 8, state: LiveState = BUSY) -> bytes:
        """A rig's message of `n` samples, the newest captured just now."""
        self._seq += 1
        rig_ns = self.clock() + RIG_AHEAD_NS
        t_ns = rig_ns - 5_000_000 * np.arange(n - 1, -1, -1)
        return encode_trace(self._seq, rig_ns, state, Motion(t_ns, np.ones(n), np.ones(n)))

    def answer_ping(self, seat: Seat, trip_ns: int) -> None:
        """Let a ping go out, and the rig answer it half-way through the round trip."""
        seat.next_ping_ns = 0
        self.hub.tick()
        ping = read_of_server(self.sent[seat.rig.rig_id][-1])
        self.clock.advance(trip_ns // 2)
        rig_ns = self.clock() + RIG_AHEAD_NS
        self.clock.advance(trip_ns - trip_ns // 2)
        seat.hear(Pong(id=ping.id, rig_ns=rig_ns).model_dump_json())

    def pass_s(self, seconds: float, *talking: Seat) -> None:
        """Let time pass, ticked as the server does."""
        for _ in range(round(seconds / 0.25)):
            self.clock.advance(SECOND_NS // 4)
            for seat in talking:
                seat.hear(self.frame())
            self.hub.tick()

    def took(self, seen: Viewer) -> list[WallPart]:
        """What a viewer is told when it takes all that is new."""
        binary = [m for m in seen.take(self.hub.wall_ms()) if isinstance(m, bytes)]
        return decode_wall(binary[0])[2] if binary else []


@pytest.fixture
def room() -> Room:
    return Room()
