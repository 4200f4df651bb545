"""One session from the command line: terminal view, sound, windows, the picture.

Takes a `SessionPlan` and how to show it, gives the recording's path finished on disk;
`demo` and `run` are both this with other sources. Ctrl-C (or a TERM signal, which `main`
makes the same) asks the session to stop, and what follows is as after any other end.
"""

from __future__ import annotations

import os
import queue
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from mr.cli.comfort import ComfortCheck
from mr.cli.console import Output
from mr.cli.hearing import Hearing, beat_of
from mr.cli.stream import announce
from mr.cli.terminal import CTRL_C, ENTER, live_terminal
from mr.cli.view import Shown, Views, headset_view, view_mains
from mr.rig import Rig
from mr.session.pipeline import SHOCK
from mr.session.processes import HeadsetView, LiveSession, SessionPlan, ViewMain, run_fast
from mr.session.shared import Picture
from mr.session.signals import ENDING, noted
from mr.types import Phase, Snapshot
from overlays.cues.advice import text_of
from overlays.look import Look
from overlays.messages import Messages, load_messages
from overlays.mirror import MirrorView, save_png

SHOW_EVERY_S = 0.05
READ_MAX = 4096
TELLING_SHARE = 0.5
"""A picture tells most while the chest is down by this share of the target."""


def _telling(snapshot: Snapshot) -> int:
    """Rank a moment: 0 anything, 1 the chest is pressed, 2 and the last depth was on target."""
    targets, depth_mm = snapshot.targets, snapshot.last_depth_mm
    pressed = (
        snapshot.phase is Phase.COMPRESSING
        and snapshot.rate_cpm is not None
        and snapshot.hands != "off"
        and (snapshot.depth_mm or 0.0) > TELLING_SHARE * targets.depth_low_mm
    )
    if not pressed:
        return 0
    high_mm = targets.depth_high_mm or float("inf")
    return 1 + (depth_mm is not None and targets.depth_low_mm <= depth_mm <= high_mm)


@dataclass(slots=True)
class PictureKeeper:
    """Keeps a telling moment for the mirror's PNG: the newest of the most telling ones."""

    rig: Rig
    messages: Messages
    look: Look = field(default_factory=Look)
    _picture: Picture | None = None
    _kept: tuple[Snapshot, Picture] | None = None
    _kept_rank: int = -1
    _last: Snapshot | None = None

    def see(self, picture: Picture | None) -> None:
        """Take the newest colour picture."""
        if picture is not None:
            self._picture = picture

    def offer(self, snapshot: Snapshot | None) -> None:
        """Take the newest snapshot; it is kept with the picture when it tells something."""
        self._last = snapshot or self._last
        if snapshot is None or self._picture is None:
            return
        if self._kept is not None and self._kept[1].arrival == self._picture.arrival:
            return
        rank = _telling(snapshot)
        if rank >= self._kept_rank:
            self._kept, self._kept_rank = (snapshot, self._picture), rank

    def save(self, path: Path) -> bool:
        """Draw the mirror view of the kept moment; tells whether there was one."""
        if self._kept is None:
            return False
        snapshot, picture = self._kept
        seen = (picture.bgr, snapshot.world_from_mannequin, picture.camera_id)
        save_png(path, MirrorView(self.rig, self.look, self.messages).draw(snapshot, seen))
        return True

    @property
    def lesson(self) -> str:
        """The coach's last words, at the end of a session that was practice; else empty."""
        last = self._last
        if last is None or last.phase is not Phase.FINISHED or last.cue is None:
            return ""
        return text_of(self.messages, last.cue.key, last.mode) if last.cue.written else ""


class Follower(Protocol):
    """Somebody elsewhere who follows a session and may say words to it: a class's wall."""

    def begin(self, session: LiveSession) -> None:
        """The session is open."""
        ...

    def words(self) -> Sequence[str]:
        """Give what was said since the last call."""
        ...

    def end(self, *, interrupted: bool) -> None:
        """The session is over and about to close; tell whether Ctrl-C ended it."""
        ...


@dataclass(slots=True)
class Stdin:
    """Lines of standard input as they come, for start and stop by key or command.

    The end of input stops the session: nobody is left who could. Use it as a context manager
    around the session: what is typed after it is left for others to read.
    """

    start_on: str
    _lines: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)
    _reader: threading.Thread | None = None
    _wake: tuple[int, int] | None = None
    """A pipe that ends the reader; None on Windows, which cannot wait for a console so."""

    def __enter__(self) -> Self:
        """Start reading in the background, unless the session starts by itself."""
        if self.start_on != "first-compression":
            self._wake = None if sys.platform == "win32" else os.pipe()
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Read no more."""
        if self._reader is None or self._wake is None:
            return
        woken, wake = self._wake
        os.write(wake, b".")
        self._reader.join()
        os.close(woken)
        os.close(wake)

    def _read(self) -> None:
        # Not by sys.stdin: a thread that waits in it makes Python abort when it ends.
        number, text = sys.stdin.fileno(), b""
        while self._is_next(number):
            chunk = os.read(number, READ_MAX)
            if not chunk:
                self._lines.put(None)
                return
            *lines, text = (text + chunk).split(b"\n")
            for line in lines:
                self._lines.put(line.decode(errors="replace").strip().lower())

    def _is_next(self, number: int) -> bool:
        """Wait for input; False when nobody wants it any more."""
        if self._wake is None:
            return True
        woken = self._wake[0]
        return woken not in select.select([number, woken], (), ())[0]

    def words(self, phase: Phase | None) -> Sequence[str]:
        """Translate new lines: Enter starts, then stops; s is a shock; or the words themselves."""
        found: list[str] = []
        while not self._lines.empty():
            line = self._lines.get()
            if line is None:
                found.append("stop")
            elif line == SHOCK or (self.start_on == "key" and line == "s"):
                found.append(SHOCK)
            elif self.start_on == "key":
                begun = phase is not Phase.WAITING or "start" in found
                found.append("stop" if begun else "start")
            elif line in {"start", "stop"}:
                found.append(line)
        return found


def train_shown(
    plan: SessionPlan,
    console: Output,
    views: Views,
    look: Look,
    *,
    planned_s: float | None = None,
    hands: bool = False,
    follower: Follower | None = None,
) -> PictureKeeper:
    """Run a session with its views: what `run` and `demo` have in common.

    Who is to wear a headset is asked how they feel, also where none is there yet: it may still
    come. Whoever had better not trains with the mirror. `planned_s` is how long it will take from
    its start, where that is known.
    """
    messages = load_messages(plan.config.language)
    shown = Shown(messages, look, beat_of(plan.config, plan.guideline))
    check = ComfortCheck(console, messages) if views.headset and views.comfort else None
    worn = headset_view(plan.rig, shown, views.passthrough, console) if views.headset else None
    if check is not None and not check.may_wear():
        check = worn = None
    mains = view_mains(plan.rig, shown, views)
    announce(views.stream, console)
    keeper = train_live(
        plan,
        console,
        mains,
        shown,
        planned_s=planned_s,
        hands=hands,
        headset=worn,
        check=check,
        follower=follower,
    )
    if check is not None:
        check.after()
    return keeper


def train_live(
    plan: SessionPlan,
    console: Output,
    views: Sequence[ViewMain],
    shown: Shown,
    *,
    planned_s: float | None = None,
    hands: bool = False,
    headset: HeadsetView | None = None,
    check: ComfortCheck | None = None,
    follower: Follower | None = None,
) -> PictureKeeper:
    """Run a session in its processes and show it until it ends or Ctrl-C."""
    messages, beat = shown.messages, shown.beat
    keeper = PictureKeeper(plan.rig, messages, shown.look)
    with (
        Stdin(plan.config.start_on) as stdin,
        LiveSession(
            plan, views, hands=hands, headset=headset, motion=follower is not None
        ) as session,
        _followed(follower, session) as interrupted,
    ):
        with noted(signal.SIGINT) as asked:
            try:
                keys = ENTER if plan.config.start_on == "key" else CTRL_C
                with (
                    live_terminal(console, planned_s, keys, messages) as terminal,
                    Hearing(plan, messages, beat) as hearing,
                ):
                    while session.running and not asked.is_set():
                        snapshot = session.snapshot()
                        terminal.show(snapshot)
                        hearing.hear(snapshot)
                        if check is not None:
                            check.see(snapshot)
                        keeper.see(session.picture())
                        keeper.offer(snapshot)
                        said = follower.words() if follower is not None else ()
                        for word in (*stdin.words(snapshot.phase if snapshot else None), *said):
                            session.say(word)
                        time.sleep(SHOW_EVERY_S)
            except KeyboardInterrupt:
                asked.set()  # asked to end by another signal
        if asked.is_set():
            interrupted.set()
            session.say("stop")
            console.print("stopping: finishing the recording")
        session.result()
        keeper.offer(session.snapshot())
    return keeper


@contextmanager
def _followed(follower: Follower | None, session: LiveSession) -> Iterator[threading.Event]:
    """Let somebody follow the session; what is given is to be set when Ctrl-C ends it."""
    interrupted = threading.Event()
    if follower is None:
        yield interrupted
        return
    follower.begin(session)
    try:
        yield interrupted
    finally:
        follower.end(interrupted=interrupted.is_set())


def train_fast(
    plan: SessionPlan, console: Output, look: Look, planned_s: float | None = None
) -> PictureKeeper:
    """Run a session as quickly as the machine can, with a line every few seconds."""
    messages = load_messages(plan.config.language)
    keeper = PictureKeeper(plan.rig, messages, look)
    asked_to_end = noted(signal.SIGINT, *ENDING)
    with (
        asked_to_end as stopped,
        live_terminal(console, planned_s, messages=messages) as terminal,
    ):

        def publish(snapshot: Snapshot) -> None:
            terminal.show(snapshot)
            keeper.offer(snapshot)

        run_fast(plan, publish, keeper.see, stopped.is_set)
    return keeper
