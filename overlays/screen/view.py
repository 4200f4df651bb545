"""The mirror for a second screen, as a view process runs it.

Takes what gives the latest snapshot and picture, draws the mirror once for all who look and only
while somebody does; leaves serving to `overlays.screen.server`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2

from mr.errors import MrError
from mr.rig import Rig
from mr.types import Snapshot
from overlays.beat import Beat
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.mirror import ON_SCREEN_SHARE, CameraPicture, MirrorView, Picture, StopFlag
from overlays.screen.board import Board
from overlays.screen.server import Place, served
from overlays.theme import DEFAULT, Theme

FRAME_S = 1 / 20
"""A picture is drawn so often at most: enough for the eye, and sensing keeps its core."""
IDLE_S = 0.1
JPEG_QUALITY = 85
TELL_S = 2.0
"""Who looks is told of the end within so long: each waits for an answer or is about to ask, a
slow one when it has drawn its last picture."""


def run_screen_view(
    rig: Rig,
    read_snapshot: Callable[[], Snapshot | None],
    read_picture: Callable[[], CameraPicture | None],
    stop: StopFlag,
    place: Place,
    look: Look | Theme = DEFAULT,
    messages: Messages = ENGLISH,
    beat: Beat | None = None,
) -> None:
    """Serve the mirror to browsers until told to stop; then they are told, too.

    Parameters
    ----------
    rig, read_snapshot, read_picture, stop
        As `overlays.mirror.run_mirror_view` takes them.
    place : Place
        Where to serve.
    look, messages, beat
        Looks, words, and the metronome's beat.

    Raises
    ------
    ConfigError
        When nothing can listen there.
    """
    board, view = Board(), MirrorView(rig, look, messages, beat, ON_SCREEN_SHARE)
    shown_seq: int | None = None

    def show() -> None:
        nonlocal shown_seq
        snapshot = read_snapshot()
        # Snapshots come more often than pictures, and never later than they.
        if snapshot is not None and snapshot.seq != shown_seq:
            board.put(packed(view.draw(snapshot, read_picture())), snapshot.t_ns)
            shown_seq = snapshot.seq

    with served(board, place, messages):
        while not stop.is_set():
            began_s = time.perf_counter()
            if not board.watched:
                board.wait_for_a_look(IDLE_S)
                shown_seq = None
                continue
            show()
            time.sleep(max(0.0, FRAME_S - (time.perf_counter() - began_s)))
        if board.watched:
            show()  # the last words, and the score
        board.end()
        if board.watched:
            time.sleep(TELL_S)


def packed(mirror: Picture) -> bytes:
    """Pack a picture for a browser."""
    done, data = cv2.imencode(".jpg", mirror, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise MrError(f"a mirror picture of shape {mirror.shape} cannot be packed")
    return data.tobytes()
