"""One who watches rigs, and what the hub knows of each.

Takes what a rig told last, gives a viewer what is new since it looked; leaves who may watch
what to the web's routes. A viewer keeps one number for each rig and no messages.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from mr.clock.host import NowNs
from mr.review.live.frames import (
    IDLE,
    LiveState,
    TraceFrame,
    WallPart,
    encode_wall,
)
from mr.review.live.messages import Status
from mr.review.live.row_ring import RowRing

Presence = Literal["never", "here", "lost"]
IN_SESSION = ("starting", "training")
"""A rig's states in which there is a session to mark something in."""
TAKES_N = 600
"""Rows of one rig that a viewer takes at once: 3 s. Of what it missed the newest is of use."""


@dataclass(slots=True, eq=False)
class SeenRig:
    """The newest that is known of a rig."""

    rig_id: str
    rows: RowRing
    state_bytes: bytes
    state: LiveState = IDLE
    presence: Presence = "never"
    since_ms: float | None = None
    captured_ms: float | None = None
    age_s: float | None = None
    """How old the newest sample was when it came."""
    told_ns: int = 0
    """When its newest state came."""
    lost_n: int = 0
    status: Status | None = None
    status_n: int = 0
    """Counts the statuses, so that a viewer sees that there is another one."""

    def become(self, presence: Presence, at_ms: float) -> None:
        """Note that it is here or lost, from now on unless it already was."""
        if presence != self.presence:
            self.presence, self.since_ms = presence, at_ms

    def told(
        self, frame: TraceFrame, now_ns: int, captured_ms: float | None, age_s: float | None
    ) -> None:
        """Take in a message of motion and state."""
        self.rows.add(frame.motion)
        self.told_ns = now_ns
        self.state, self.state_bytes, self.lost_n = frame.state, frame.state_bytes, frame.lost_n
        if len(frame.motion):
            self.captured_ms, self.age_s = captured_ms, age_s

    def session(self, now_ns: int) -> tuple[str, float | None] | None:
        """Tell which session goes on, and where in it now is (s; None: it had not begun).

        Of a rig that is away it is what it told last, and the time that has passed since.
        """
        status = self.status
        if status is None or status.state not in IN_SESSION or not status.recording_id:
            return None
        begun = self.state.recording_id == status.recording_id and self.state.elapsed_s > 0
        passed_s = (now_ns - self.told_ns) / 1e9
        return status.recording_id, self.state.elapsed_s + passed_s if begun else None

    def status_told(self, status: Status) -> None:
        """Take in what it said of itself; the same again is no news."""
        if status != self.status:
            self.status, self.status_n = status, self.status_n + 1


@dataclass(slots=True)
class _Place:
    """How far a viewer has seen one rig."""

    row: int
    dropped_n: int = 0
    status_n: int = 0
    news: bool = True


@dataclass(slots=True, eq=False)
class Viewer:
    """One browser's view of some rigs."""

    rigs: Sequence[SeenRig]
    hz: float
    now_ns: NowNs
    _places: dict[str, _Place] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _last_ns: int | None = None
    _seq: int = 0
    closed: bool = False

    def __post_init__(self) -> None:
        for rig in self.rigs:  # the last seconds come with the first message
            self._places[rig.rig_id] = _Place(max(rig.rows.end - TAKES_N, 0))
        self._woken.set()

    def wake(self, rig_id: str) -> None:
        """Note that there is something new of a rig."""
        place = self._places.get(rig_id)
        if place is not None:
            place.news = True
            self._woken.set()

    def close(self) -> None:
        """End its stream of messages."""
        self.closed = True
        self._woken.set()

    async def news(self) -> None:
        """Wait until there is something new."""
        await self._woken.wait()

    def wait_s(self) -> float:
        """Tell how long it is until the next message may go."""
        if self._last_ns is None:
            return 0.0
        return max(0.0, 1.0 / self.hz - (self.now_ns() - self._last_ns) / 1e9)

    def take(self, wall_ms: float) -> list[bytes | str]:
        """Give all that is new, as one binary message, and JSON for each new status."""
        self._woken.clear()
        self._last_ns = self.now_ns()
        parts, said = list[WallPart](), list[bytes | str]()
        for rig in self.rigs:
            place = self._places[rig.rig_id]
            if not place.news:
                continue
            place.news = False
            parts.append(self._part(rig, place))
            if rig.status is not None and place.status_n != rig.status_n:
                place.status_n = rig.status_n
                said.append(_status_text(rig.rig_id, rig.status))
        if not parts:
            return said
        self._seq += 1
        return [encode_wall(self._seq, wall_ms, parts), *said]

    @staticmethod
    def _part(rig: SeenRig, place: _Place) -> WallPart:
        motion, passed_n = rig.rows.since(place.row, TAKES_N)
        place.row = rig.rows.end
        place.dropped_n += passed_n
        return WallPart(
            rig.rig_id,
            rig.presence,
            float("nan") if rig.since_ms is None else rig.since_ms,
            float("nan") if rig.captured_ms is None else rig.captured_ms,
            place.dropped_n + rig.lost_n,
            rig.state_bytes,
            motion,
        )


def _status_text(rig_id: str, status: Status) -> str:
    return json.dumps(
        {"type": "status", "rig_id": rig_id, "status": status.model_dump(mode="json")}
    )
