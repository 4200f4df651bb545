"""The headset's view process: newest snapshot in, frames out, until told to stop.

Takes readers of snapshots, gives frames to the headset and what it senses to the session; a
headset that is not there yet, is taken off or goes away is waited for, and said. Leaves what
stands where to `overlays.xr.stage`, drawing to `overlays.xr.session`, and the process itself to
`mr.session`. Can be imported without the extra `headset`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mr.devices.depth_camera import Complaint
from mr.errors import DeviceError
from mr.session.headset import HEAD, HeadsetTeller
from mr.types import Pose, Snapshot
from overlays.messages import ENGLISH, Messages
from overlays.primitives import Scene
from overlays.theme import DEFAULT, Theme
from overlays.xr import openxr
from overlays.xr.stage import Stage

if TYPE_CHECKING:
    from overlays.xr.session import FrameReport, HeadsetSession
    from overlays.xr.streams import Streams

IDLE_S = 0.02
"""Between two looks while the headset wants no frames."""
RETRY_S = 5.0
"""Between two looks for a headset that is not there: some runtimes start their own program."""
GOES_ON = "the session goes on with mirror and sound"
TAKEN_OFF = "it is not worn, or asleep: put it on"
ASLEEP_AFTER_S = 1.0
"""Runtimes need a moment from a session's opening to its first frame."""
NO_HANDS = (
    "{why}: the overlay works, but the ring cannot be put on the mannequin by hands, and hands "
    "are not kept free of it"
)


@dataclass(frozen=True, slots=True)
class HeadsetLooks:
    """How the headset shows it."""

    theme: Theme = DEFAULT
    messages: Messages = ENGLISH


def run_headset_view(
    read_snapshot: Callable[[], Snapshot | None],
    stop: Callable[[], bool],
    *,
    teller: HeadsetTeller | None = None,
    say: Callable[[str], None] | None = None,
    looks: HeadsetLooks | None = None,
) -> None:
    """Show the newest snapshot in the headset until `stop` says so or its user ends it.

    Parameters
    ----------
    read_snapshot
        Gives the newest snapshot, or None before the first.
    stop
        Asked once a frame.
    teller
        Takes what the headset senses, and how it is.
    say
        Takes one line of text each: the runtime, how the room is seen, what is missing.
    looks
        Colours and words.
    """
    view = _View(read_snapshot, stop, teller or HeadsetTeller(None), say or (lambda _: None))
    view.run(looks or HeadsetLooks())


class _View:
    """One view process: any number of sessions of the headset, one after another."""

    def __init__(
        self,
        read_snapshot: Callable[[], Snapshot | None],
        stop: Callable[[], bool],
        teller: HeadsetTeller,
        say: Callable[[str], None],
    ) -> None:
        self._read_snapshot, self._stop = read_snapshot, stop
        self._teller, self._say = teller, say
        self._said = ""

    def run(self, looks: HeadsetLooks) -> None:
        """Go on until told to stop, or until nothing can come of it."""
        try:
            openxr.require_parts()
        except DeviceError as error:
            self._away(f"{error}: {GOES_ON}")
            return
        # Only now can these be imported.
        from overlays.xr.session import HeadsetSession  # noqa: PLC0415 -- needs the extra
        from overlays.xr.streams import Streams  # noqa: PLC0415 -- needs the extra

        streams = Streams()
        while not self._stop():
            try:
                with HeadsetSession("mrcpr") as session:
                    self._show(session, streams, looks)
                    ending = session.over
            except DeviceError as error:
                self._away(f"{error} ({GOES_ON}; looked for again every {RETRY_S:.0f} s)")
            else:
                if ending == "exit":
                    self._away(f"headset: closed from its own menu ({GOES_ON})")
                    return
                self._away(f"headset: its software lost it ({GOES_ON})")
            self._wait(RETRY_S)

    def _away(self, line: str) -> None:
        """Say that there is no headset, once for each reason."""
        if self._stop():
            return
        if line != self._said:
            self._said = line
            self._say(line)
            self._teller.lost(line.removeprefix("headset: "))

    def _wait(self, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while not self._stop() and time.monotonic() < until_s:
            time.sleep(IDLE_S)

    def _show(self, session: HeadsetSession, streams: Streams, looks: HeadsetLooks) -> None:
        from overlays.xr.hands import HandTrackers  # noqa: PLC0415 -- needs the extra

        hands = HandTrackers(session.runtime, session.handle)
        self._greet(session, hands.why_not)
        frames = _Frames(Stage(None, session.blend_mode.shows_room, looks.theme, looks.messages))
        try:
            awake_s = time.monotonic()
            while not self._stop() and session.over is None:
                snapshot = self._read_snapshot()
                report = session.frame(lambda *at, shown=snapshot: frames.compose(shown, *at))
                if report is None:
                    if time.monotonic() - awake_s > ASLEEP_AFTER_S:
                        self._away(f"headset: {TAKEN_OFF}")
                    time.sleep(IDLE_S)
                    continue
                awake_s, self._said = time.monotonic(), ""
                self._tell(session, hands.why_not, report)
                measured_ns = None if snapshot is None else snapshot.measured_ns
                self._teller.tell(
                    streams.of(session, hands, report, measured_ns, predicted=frames.predicted)
                )
        finally:
            hands.release()

    def _greet(self, session: HeadsetSession, no_hands: str) -> None:
        self._say(f"headset: {session.system_name} on {session.runtime_name}")
        self._say(f"headset: blend mode {session.blend_mode.name}: {session.blend_mode.meaning}")
        if session.floor != "floor":
            self._say(f"headset: {session.floor}")
        if no_hands:
            self._say(f"headset: {NO_HANDS.format(why=no_hands)}")

    def _tell(self, session: HeadsetSession, no_hands: str, report: FrameReport) -> None:
        said = [Complaint(HEAD, session.blend_mode.meaning, remark=True)]
        if no_hands:
            said.append(Complaint(HEAD, no_hands, remark=True))
        if report.why:
            said.append(Complaint(HEAD, report.why))
        self._teller.ails(*said)


class _Frames:
    """What is drawn in each frame of one session."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.predicted = False
        """Whether the chest in the last frame was moved on to its time of display."""

    def compose(
        self, snapshot: Snapshot | None, display_ns: int, xr_from_head: Pose
    ) -> tuple[Scene, Pose]:
        """Give the scene of a snapshot as it is to be seen at a time."""
        self._stage.see_head(xr_from_head.t_m)
        return self._stage.set(snapshot)
