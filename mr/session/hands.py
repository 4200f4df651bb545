"""The hands process: landmarks in the newest colour picture, never in anybody's way.

Takes pictures from the channel, sends `HandLandmarks` to the sensing process; leaves the
finding to `mr.tracking.landmarks`. It looks at the newest picture only and may be slow,
stall or be absent: depth and recoil never wait for it, and are never taken from it.
"""

from __future__ import annotations

import sys
import time
from multiprocessing.connection import Connection

from mr.errors import MrError
from mr.rig import Rig
from mr.session.shared import Channel, Picture
from mr.session.signals import EndWord, leave_ctrl_c_to_the_parent
from mr.tracking.landmarks import HandFinder, MediapipeHands, Window, chest_window, model_path
from mr.types import ColorFrame, HandLandmarks, Pose, Stamp

IDLE_S = 0.01


def hands_main(rig: Rig, found: Connection, names: tuple[str, str], end: EndWord) -> None:
    """Look for hands until `end` is set; without the extra or its model say so and end."""
    leave_ctrl_c_to_the_parent()
    try:
        with Channel.attach(names) as channel, MediapipeHands(model_path()) as finder:
            _look(rig, channel, finder, found, end)
    except MrError as error:
        line = f"mrcpr: no hand landmarks: {error} (the session goes on)"
        print(line, file=sys.stderr, flush=True)  # noqa: T201 -- this process has no other voice
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
        window = _window(rig, picture, snapshot.world_from_mannequin)
        if window is None:
            continue
        frame = ColorFrame(picture.arrival, picture.camera_id, picture.bgr)
        # Provisional: the sensing process stamps it with the camera's own clock.
        stamp = Stamp(picture.arrival.arrival_ns, 0)
        for landmarks in finder.find(frame, stamp, window):
            found.send(landmarks)


def _window(rig: Rig, picture: Picture, world_from_mannequin: Pose | None) -> Window | None:
    camera = rig.cameras.get(picture.camera_id)
    if camera is None or camera.color is None or camera.color_from_depth is None:
        return None
    if world_from_mannequin is None:
        return None
    cam_from_mannequin = camera.world_from_cam.pose().inverse() @ world_from_mannequin
    return chest_window(camera.color, camera.color_from_depth.pose() @ cam_from_mannequin)


def received(found: Connection | None) -> list[HandLandmarks]:
    """Take what has been found since the last call; never waits."""
    landmarks: list[HandLandmarks] = []
    try:
        while found is not None and found.poll():
            landmarks.append(found.recv())
    except EOFError:
        return landmarks  # the hands process has ended; the session goes on
    return landmarks
