"""What a rig of a class tells and does: between the wall's words and its sessions.

Takes commands in the link's thread and sessions in the main one, gives what the wall is told and
orders to train; leaves the connection to `mr.review.live.rig_link` and training to
`mr.cli.join`. Each command is answered at once; what it takes is done elsewhere.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

import mr
from mr.clock.host import host_now_ns
from mr.errors import MrError
from mr.review.live.frames import IDLE, LiveState, Motion, encode_trace
from mr.review.live.messages import Ack, Mark, RigState, Shock, Start, Status, Stop, StreamHealth
from mr.review.live.outbox import Outbox
from mr.review.live.snapshot_state import health_rows, state_of
from mr.rig import Rig, rig_sha256
from mr.session.motion_ring import Rows
from mr.session.pipeline import SHOCK
from mr.session.processes import LiveSession, SessionPlan
from mr.session.sensing import MARK
from mr.types import Snapshot

AGAIN_NS = 1_000_000_000
"""Rates and counts of the status are looked at so often; changes of state at once."""
WORDS = 500
BUSY = {
    "starting": "a session is about to begin here",
    "training": "a session goes on here: stop it first",
    "finishing": "the last session is being finished: try again in a few seconds",
}


@dataclass(frozen=True, slots=True)
class Order:
    """A session that the wall has asked for, ready to be run."""

    start: Start
    plan: SessionPlan


@dataclass(frozen=True, slots=True)
class RigFacts:
    """What is said of the rig as long as it is joined."""

    name: str
    simulated: bool
    rig_sha256: str
    calibrated_utc: str
    concerns: tuple[str, ...]

    @classmethod
    def of(cls, name: str, rig: Rig, simulated: bool, concerns: Sequence[str]) -> RigFacts:
        """Put them together."""
        return cls(
            name[:100],
            simulated,
            rig_sha256(rig),
            rig.provenance.made_utc[:100],
            tuple(words[:WORDS] for words in concerns),
        )


@dataclass(slots=True)
class JoinDesk:
    """The desk of one rig; safe to be used from both threads."""

    facts: RigFacts
    plan_of: Callable[[Start], SessionPlan]
    outbox: Outbox
    _orders: queue.SimpleQueue[Order] = field(default_factory=queue.SimpleQueue)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _state: RigState = "ready"
    _words: str = ""
    _order: Order | None = None
    _session: LiveSession | None = None
    _said: list[str] = field(default_factory=list)
    _unsent: tuple[LiveState, Motion] | None = None
    _last: LiveState = IDLE
    _lost_n: int = 0
    _status: tuple[int, object, Status] | None = None
    interrupted: bool = False
    """Whether Ctrl-C ended the last session: then the rig leaves, too."""

    # --- the main thread ----------------------------------------------------------------

    def next_order(self, wait_s: float) -> Order | None:
        """Wait for the wall's word."""
        try:
            return self._orders.get(timeout=wait_s)
        except queue.Empty:
            return None

    def become(self, state: RigState, words: str = "") -> None:
        """Say how the rig stands from now on."""
        with self._lock:
            self._state, self._words = state, words[:WORDS]
            if state in ("ready", "refused"):
                self._order, self._said = None, []

    def begin(self, session: LiveSession) -> None:
        """The session is open."""
        with self._lock:
            self._session, self._lost_n = session, 0
            self._state = "training"

    def words(self) -> Sequence[str]:
        """Give what the wall has said to the session since the last call."""
        with self._lock:
            said, self._said = self._said, []
            return said

    def end(self, *, interrupted: bool) -> None:
        """The session is over: keep the last of it until it is told."""
        with self._lock:
            session, self._session = self._session, None
            self.interrupted = interrupted
            self._said = []
            self._state = "finishing"
            if session is not None:
                snapshot, rows = session.snapshot(), session.motion()
                self._lost_n += rows.lost_n
                self._last = self._told(snapshot)
                self._unsent = self._last, _motion(rows)

    # --- the link's thread --------------------------------------------------------------

    def hear(self, command: Start | Stop | Shock | Mark) -> Ack:
        """Do what the wall says, or say why not."""
        with self._lock:
            if isinstance(command, Start):
                return self._start(command)
            if self._state not in ("starting", "training"):
                return Ack(id=command.id, ok=False, words="no session goes on here")
            self._said.append(_word_of(command))
            snapshot = self._session.snapshot() if self._session is not None else None
            return Ack(
                id=command.id,
                ok=True,
                recording_id=self._recording_id,
                elapsed_s=None if snapshot is None else snapshot.elapsed_s,
            )

    def _start(self, start: Start) -> Ack:
        if self._state in BUSY:
            return Ack(id=start.id, ok=False, words=BUSY[self._state])
        try:
            plan = self.plan_of(start)
        except MrError as error:
            return Ack(id=start.id, ok=False, words=str(error)[:WORDS])
        self._order = Order(start, plan)
        self.become("starting")
        self._orders.put(self._order)
        return Ack(id=start.id, ok=True, recording_id=plan.recording_id)

    @property
    def _recording_id(self) -> str | None:
        return None if self._order is None else self._order.plan.recording_id

    def frame(self, seq: int) -> bytes | None:
        """Give motion and state since the last call; None where there is nothing to tell."""
        with self._lock:
            if self._unsent is not None:
                (state, motion), self._unsent = self._unsent, None
            elif self._session is not None:
                snapshot, rows = self._session.snapshot(), self._session.motion()
                self._lost_n += rows.lost_n
                state, motion = self._told(snapshot), _motion(rows)
            elif seq == 0:
                state, motion = self._last, Motion()
            else:
                return None
            return encode_trace(seq, host_now_ns(), state, motion, self._lost_n)

    def _told(self, snapshot: Snapshot | None) -> LiveState:
        order = self._order
        if order is None or snapshot is None:
            return IDLE
        start = order.start
        return state_of(snapshot, order.plan.recording_id, start.learner_id, start.attempt)

    def status(self) -> Status:
        """Say what the rig has to say of itself."""
        with self._lock:
            snapshot = self._session.snapshot() if self._session is not None else None
            health = () if snapshot is None else snapshot.health
            ill = tuple((h.stream, h.state, h.why) for h in health)
            key = (self._state, self._words, self._recording_id, ill)
            now_ns = host_now_ns()
            if self._status is not None:
                made_ns, made_of, status = self._status
                if made_of == key and now_ns - made_ns < AGAIN_NS:
                    return status
            refused = [f"{t.recording_id}: {t.refused}"[:WORDS] for t in self.outbox.refused()]
            status = Status(
                state=self._state,
                words=self._words,
                software=f"mrcpr {mr.__version__}",
                simulated=self.facts.simulated,
                rig_name=self.facts.name,
                rig_sha256=self.facts.rig_sha256,
                calibrated_utc=self.facts.calibrated_utc,
                concerns=self.facts.concerns[:20],
                recording_id=self._recording_id,
                health=tuple(StreamHealth(**row) for row in health_rows(health)),
                outbox_n=len(self.outbox.waiting()),
                outbox_refused=tuple(refused[:20]),
            )
            self._status = now_ns, key, status
            return status


def _motion(rows: Rows) -> Motion:
    order = np.argsort(rows.t_ns, kind="stable")
    return Motion(rows.t_ns[order], rows.depth_mm[order], rows.sigma_mm[order])


def _word_of(command: Stop | Shock | Mark) -> str:
    """Give the word by which a session is told a command."""
    if isinstance(command, Mark):
        return f"{MARK}{command.key}"
    return SHOCK if isinstance(command, Shock) else "stop"
