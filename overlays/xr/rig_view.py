"""The rig camera's picture for a headset that does not show the room.

Takes a reader of snapshots and one of the camera's pictures, gives `RigPicture`s with the
registered primitives drawn *into* them, through that camera's lens: over a flat picture
from another place nothing can be registered in space. The panel is a sheet of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mr.rig import Rig
from mr.types import Snapshot
from overlays.beat import Beat
from overlays.cues.context import Viewer
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.mirror import CameraPicture, color_camera
from overlays.render.painter import canvas_over
from overlays.render.registered import Lens, draw_registered, draw_rimmed
from overlays.scene import build_scene
from overlays.theme import DEFAULT, Theme

NO_PICTURE = -1
"""In the place of a snapshot's number."""
_BLANK_PX = (640, 480)
_GROUND = (15, 12, 10, 255)


@dataclass(frozen=True, slots=True, eq=False)
class RigPicture:
    """What a rig's camera sees, with everything drawn into it that belongs there.

    `bgr` is (H, W, 3) uint8; `seq` is another number whenever the pixels are others.
    """

    bgr: npt.NDArray[np.uint8]
    seq: int


class RigView:
    """Gives the newest picture; callable, as `HeadsetSession` wants it.

    With a `beat` what is drawn has its phase at the snapshot's instant, as in the mirror.
    """

    def __init__(
        self,
        rig: Rig,
        read_snapshot: Callable[[], Snapshot | None],
        read_picture: Callable[[], CameraPicture | None],
        look: Look | Theme = DEFAULT,
        messages: Messages = ENGLISH,
        beat: Beat | None = None,
    ) -> None:
        self._rig, self._beat = rig, beat
        self._read_snapshot, self._read_picture = read_snapshot, read_picture
        self._look, self._messages = look, messages
        self._newest = RigPicture(_blank(messages("mirror.no_picture")), NO_PICTURE)

    def __call__(self) -> RigPicture:
        """Draw once a snapshot; before the first with a picture, say that there is none.

        Raises
        ------
        CalibrationError
            When the rig does not know that camera's colour model.
        """
        snapshot = self._read_snapshot()
        if snapshot is None or self._newest.seq == snapshot.seq:
            return self._newest
        picture = self._read_picture()
        if picture is not None:
            self._newest = self._draw(snapshot, picture)
        return self._newest

    def _draw(self, snapshot: Snapshot, picture: CameraPicture) -> RigPicture:
        bgr, world_from_mannequin, camera_id = picture
        if world_from_mannequin is None:
            return RigPicture(bgr, snapshot.seq)
        intrinsics, color_from_world = color_camera(self._rig, camera_id)
        color_from_mannequin = color_from_world @ world_from_mannequin
        viewer = Viewer.of_camera(color_from_mannequin)
        beat = None if self._beat is None else self._beat.seen(snapshot.t_ns)
        scene = build_scene(snapshot, self._look, self._messages, viewer, beat=beat)
        pixels = cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA).astype(np.uint8, copy=False)
        surface, canvas = canvas_over(pixels, "bgra", opaque=True)
        lens = Lens(color_from_mannequin, intrinsics, 1.0)
        draw_registered(canvas, scene.registered, lens, scene.mask)
        surface.flushAndSubmit()
        drawn = cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR).astype(np.uint8, copy=False)
        return RigPicture(drawn, snapshot.seq)


def _blank(text: str) -> npt.NDArray[np.uint8]:
    """Write one line where a picture should be: black alone says nothing."""
    width_px, height_px = _BLANK_PX
    pixels = np.full((height_px, width_px, 4), _GROUND, dtype=np.uint8)
    surface, canvas = canvas_over(pixels, "bgra", opaque=True)
    draw_rimmed(canvas, text, (width_px / 2, height_px / 2), 36.0, (1.0, 1.0, 1.0, 1.0))
    surface.flushAndSubmit()
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR).astype(np.uint8, copy=False)
