"""The hands process: landmarks in the newest colour picture, never in anybody's way.

Takes pictures from the channel, sends `HandLandmarks` to the sensing process; leaves the
finding to `mr.tracking.landmarks`. It looks at the newest picture only and may be slow,
stall or be absent: depth and recoil never wait for it, and are never taken from it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from mr.clock.host import NowNs
from mr.errors import MrError
from mr.rig import Rig
from mr.session.shared import Channel, Picture
from mr.session.signals import EndWord, leave_ctrl_c_to_the_parent
from mr.tracking.landmarks import HandFinder, MediapipeHands, Window, chest_window, model_path
from mr.types import ColorFrame, HandLandmarks, Pose, SessionEvent, Stamp

OpenFinder = Callable[[], AbstractContextManager[HandFinder]]
"""Opens a finder in the hands process; picklable."""

IDLE_S = 0.01
MOST_AT_ONCE = 16
"""Messages taken in one round of sensing."""
ASKED_TO_END = ""
"""The last message of a hands process that ends as it should; another text is a complaint."""


def mediapipe_finder() -> AbstractContextManager[HandFinder]:
    """Open the finder that sessions use."""
    return MediapipeHands(model_path())


def hands_main(
    rig: Rig,
    found: Connection,
    open_finder: OpenFinder,
    names: tuple[str, str],
    end: EndWord,
) -> None:
    """Look for hands until `end` is set; without the extra or its model say so and end."""
    leave_ctrl_c_to_the_parent()
    try:
        with Channel.attach(names) as channel, open_finder() as finder:
            _look(rig, channel, finder, found, end)
        found.send(ASKED_TO_END)
    except MrError as error:
        line = f"no hand landmarks: {error}"
        # This process has no other voice, and the recording keeps what it said: without the
        # home folder, whose name is somebody's.
        print(f"mrcpr: {line} (the session goes on)", file=sys.stderr, flush=True)  # noqa: T201
        with suppress(BrokenPipeError):
            found.send(line.replace(str(Path.home()), "~"))
    except BrokenPipeError:
        pass  # sensing has ended before us: nobody is left to tell


def _look(rig: Rig, channel: Channel, finder: HandFinder, found: Connection, end: EndWord) -> None:
    last_seq = -1
    while not end.is_set():
        picture, snapshot = channel.picture(), channel.snapshot()
        if picture is None or snapshot is None or picture.arrival.seq == last_seq:
            time.sleep(IDLE_S)
            continue
        last_seq = picture.arrival.seq
        placing = snapshot.placing
        # Pressing hands are found best in a window of their own size.
        sought = placing is not None and placing.ask == "sweep" and snapshot.hands != "on"
        window = _window(rig, picture, snapshot.world_from_mannequin, sweeping=sought)
        if window is None:
            continue
        frame = ColorFrame(picture.arrival, picture.camera_id, picture.bgr)
        # Provisional: the sensing process stamps it with the camera's own clock.
        stamp = Stamp(picture.arrival.arrival_ns, 0)
        for landmarks in finder.find(frame, stamp, window):
            found.send(landmarks)


def _window(
    rig: Rig, picture: Picture, world_from_mannequin: Pose | None, *, sweeping: bool
) -> Window | None:
    camera = rig.cameras.get(picture.camera_id)
    if camera is None or camera.color is None or camera.color_from_depth is None:
        return None
    if world_from_mannequin is None:
        return None
    cam_from_mannequin = camera.world_from_cam.pose().inverse() @ world_from_mannequin
    color_from_mannequin = camera.color_from_depth.pose() @ cam_from_mannequin
    return chest_window(camera.color, color_from_mannequin, sweeping=sweeping)


class Findings:
    """What the hands process has found, as the sensing process takes it: it never waits.

    A message is smaller than what a pipe takes in one piece, so that none is ever half there,
    and few are taken at once, so that a process that floods the pipe waits itself.
    """

    def __init__(self, found: Connection, now: NowNs) -> None:
        self._found: Connection | None = found
        self._now = now

    def __call__(self) -> list[HandLandmarks | SessionEvent]:
        """Take what has come since the last call, or the note that no more will."""
        taken: list[HandLandmarks | SessionEvent] = []
        try:
            while self._found is not None and len(taken) < MOST_AT_ONCE and self._found.poll():
                told = self._found.recv()
                if isinstance(told, str):
                    self._found = None
                    return [*taken, *self._note(told)]
                taken.append(told)
        except (EOFError, OSError):
            self._found = None
            line = "the hands process has ended: no hand landmarks from here on"
            print(f"mrcpr: {line} (the session goes on)", file=sys.stderr, flush=True)  # noqa: T201
            return [*taken, *self._note(line)]
        return taken

    def _note(self, line: str) -> list[SessionEvent]:
        return [SessionEvent(self._now(), "note", line)] if line else []
