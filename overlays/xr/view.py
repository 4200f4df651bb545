"""The headset's view process: frames out, what it senses back, until told to stop.

Takes what is to be shown (a `Composer`), gives frames to the headset and what it senses to the
session; a headset that is not there yet, is taken off or goes away is waited for, and said.
Leaves what is shown to `overlays.xr.training`, drawing to `overlays.xr.session`, and the
process itself to `mr.session`. Can be imported without the extra `headset`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mr.devices.depth_camera import Complaint
from mr.errors import DeviceError
from mr.session.headset import HEAD, HeadsetTeller
from mr.types import HandJoints, Pose
from overlays.xr import openxr
from overlays.xr.composed import Composed
from overlays.xr.passthrough import Passthrough
from overlays.xr.rig_view import RigPicture

if TYPE_CHECKING:
    from overlays.xr.hands import HandTrackers
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


class Composer(Protocol):
    """What is to be seen in each frame of one headset session."""

    measured_ns: int | None
    """When the motion in the last frame was captured; None: there was none in it."""
    predicted: bool
    """Whether it was moved on to the frame's time of display."""

    def compose(
        self,
        display_ns: int,
        xr_from_head: Pose,
        hands: Sequence[HandJoints],
        passthrough: Passthrough,
    ) -> Composed:
        """Give what is seen at a time, by a head, over how the room is seen."""
        ...


def run_headset_view(
    compose: Callable[[], Composer],
    stop: Callable[[], bool],
    *,
    picture: Callable[[], RigPicture | None] | None = None,
    passthrough: str | None = None,
    teller: HeadsetTeller | None = None,
    say: Callable[[str], None] | None = None,
) -> None:
    """Show what is composed in the headset until `stop` says so or its user ends it.

    Parameters
    ----------
    compose
        Makes what is shown, anew each time that a headset comes.
    stop
        Asked once a frame.
    picture
        Gives the rig camera's picture, for a headset that does not show the room.
    passthrough
        How the room is to be seen, by name; None: the best that is offered.
    teller
        Takes what the headset senses, and how it is.
    say
        Takes one line of text each: the runtime, how the room is seen, what is missing.
    """
    open_session = {"passthrough": passthrough, "picture": picture}
    _View(compose, stop, teller or HeadsetTeller(None), say or (lambda _: None)).run(open_session)


class _View:
    """One view process: any number of sessions of the headset, one after another."""

    def __init__(
        self,
        compose: Callable[[], Composer],
        stop: Callable[[], bool],
        teller: HeadsetTeller,
        say: Callable[[str], None],
    ) -> None:
        self._compose, self._stop = compose, stop
        self._teller, self._say = teller, say
        self._said = ""
        self._greeted: list[str] = []

    def run(self, open_session: dict[str, Any]) -> None:
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
                with HeadsetSession("mrcpr", **open_session) as session:
                    self._show(session, streams)
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

    def _show(self, session: HeadsetSession, streams: Streams) -> None:
        from overlays.xr.hands import HandTrackers  # noqa: PLC0415 -- needs the extra

        hands = HandTrackers(session.runtime, session.handle)
        try:
            self._greet(_greeting(session, hands.why_not))
            self._frames(session, hands, streams)
        finally:
            hands.release()

    def _frames(self, session: HeadsetSession, hands: HandTrackers, streams: Streams) -> None:
        composer = self._compose()

        def compose(display_ns: int, xr_from_head: Pose, passthrough: Passthrough) -> Composed:
            at_display = streams.hands_at(session, hands, display_ns)
            return composer.compose(display_ns, xr_from_head, at_display, passthrough)

        awake_s = time.monotonic()
        while not self._stop() and session.over is None:
            report = session.frame(compose)
            if report is None:
                if time.monotonic() - awake_s > ASLEEP_AFTER_S:
                    self._away(f"headset: {TAKEN_OFF}")
                time.sleep(IDLE_S)
                continue
            awake_s, self._said, self._greeted = time.monotonic(), "", []
            self._tell(hands.why_not, report)
            measured_ns, ahead = composer.measured_ns, composer.predicted
            self._teller.tell(streams.of(session, hands, report, measured_ns, predicted=ahead))

    def _greet(self, lines: list[str]) -> None:
        """Say what has opened, once until a frame is shown: it may open again and again."""
        if lines == self._greeted:
            return
        self._greeted = lines
        for line in lines:
            self._say(f"headset: {line}")

    def _tell(self, no_hands: str, report: FrameReport) -> None:
        said = [Complaint(HEAD, report.passthrough.meaning, remark=True)]
        if no_hands:
            said.append(Complaint(HEAD, no_hands, remark=True))
        if report.why:
            said.append(Complaint(HEAD, report.why))
        self._teller.ails(*said)


def _greeting(session: HeadsetSession, no_hands: str) -> list[str]:
    """Tell what has opened, and what it lacks."""
    lines = [f"{session.system_name} on {session.runtime_name}", session.passthrough.meaning]
    lines += [session.floor] if session.floor != "floor" else []
    return lines + ([NO_HANDS.format(why=no_hands)] if no_hands else [])
