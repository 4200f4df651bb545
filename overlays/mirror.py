"""The mirror: the scene drawn onto the rig camera's picture, for a screen beside the rig.

Takes a colour picture, a scene and where the mannequin lies, gives one picture: above
the camera's view with ring and bar, below it the panel; and shows it in a window where
there is a display. Leaves the meaning of what it draws to `overlays.cues`, and where
pictures and snapshots come from to its caller.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt
import skia

from mr.errors import CalibrationError, MrError
from mr.files import write_whole
from mr.rig import Intrinsics, Rig
from mr.types import Pose, Snapshot
from overlays.beat import Beat
from overlays.cues.context import KNEELING, Viewer
from overlays.display import screen_px
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.primitives import Panel, Scene
from overlays.render.painter import canvas_over, font_path, paint_items, paint_of, shape
from overlays.render.panel import RIM
from overlays.render.registered import Lens, draw_registered, draw_rimmed
from overlays.scene import build_scene
from overlays.theme import DEFAULT, Theme

log = logging.getLogger(__name__)

Picture = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, blue-green-red."""
CameraPicture = tuple[Picture, Pose | None, str]
"""A raw picture, the ``world_from_mannequin`` that belongs to it, and the camera's id."""

WIDTH_PX = 1024
"""Width of the mirror; a wider picture keeps its own."""
DEBRIEF_SHARE = 0.44
"""Width of the debrief by the picture's."""
_GROUND = np.array([19, 15, 11, 255], dtype=np.uint8)
"""Behind the panel: blue, green, red, alpha."""
_FRAME_S = 1 / 30
ON_SCREEN_SHARE = 0.6
"""Of the camera's picture a screen shows these rows, about the ring: hands, ring and bar lie in
them, and the words below, which are read from 2 m, become a third larger."""
_WINDOW_SHARES = (0.98, 0.88)
"""Of a screen's width and height; a title bar and a task bar take the rest."""
_UNKNOWN_SCREEN_PX = (1366, 768)
"""Where the system does not say how large the screen is: an old laptop's."""


def draw_mirror(
    bgr: npt.NDArray[np.uint8],
    scene: Scene,
    cam_from_mannequin: Pose | None,
    intrinsics: Intrinsics,
    messages: Messages = ENGLISH,
    note: str = "",
    view_share: float = 1.0,
) -> npt.NDArray[np.uint8]:
    """Draw a scene onto a camera's picture.

    Parameters
    ----------
    bgr : ndarray, (H, W, 3) uint8
        The raw picture of the colour camera; it is not changed.
    scene : Scene
        From `overlays.scene.build_scene`.
    cam_from_mannequin : Pose or None
        The mannequin in the *colour* camera's frame. None: no ring, and the picture
        says why.
    intrinsics : Intrinsics
        Of the colour camera.
    messages : Messages
        For the words of the mirror itself.
    note : str
        What is to be known of the picture, at its foot.
    view_share : float
        So much of the picture's height is shown, about the compression point.

    Returns
    -------
    ndarray, (H', W', 3) uint8
        The picture, at least `WIDTH_PX` wide, with the panel below it.
    """
    scale = max(1.0, WIDTH_PX / bgr.shape[1])
    if cam_from_mannequin is None:
        note = note or (messages("mirror.no_pose") if scene.registered else "")
        return _compose(bgr, scene, None, note, view_share)
    return _compose(bgr, scene, Lens(cam_from_mannequin, intrinsics, scale), note, view_share)


def _compose(
    bgr: Picture, scene: Scene, lens: Lens | None, note: str, view_share: float = 1.0
) -> Picture:
    """Put the view above and the panel below; `lens` None draws nothing registered."""
    height_px, width_px = bgr.shape[:2]
    scale = max(1.0, WIDTH_PX / width_px)
    wide_px, whole_px = round(width_px * scale), round(height_px * scale)
    view_px = round(view_share * whole_px)
    top_px = _top_row(lens, whole_px, view_px)
    panel_scale = wide_px / scene.panel.width_px
    high_px = view_px + round(scene.panel.height_px * panel_scale)
    pixels = np.empty((high_px, wide_px, 4), dtype=np.uint8)
    size = (wide_px, whole_px)
    view = cv2.resize(bgr, size, interpolation=cv2.INTER_CUBIC) if scale > 1 else bgr
    cv2.cvtColor(view[top_px : top_px + view_px], cv2.COLOR_BGR2BGRA, dst=pixels[:view_px])
    pixels[view_px:] = _GROUND
    surface, canvas = canvas_over(pixels, "bgra", opaque=True)
    canvas.save()
    canvas.clipRect(skia.Rect.MakeWH(wide_px, view_px))
    if lens is not None:
        canvas.save()
        canvas.translate(0, -top_px)
        draw_registered(canvas, scene.registered, lens, scene.mask)
        canvas.restore()
    if scene.debrief is not None:
        _draw_debrief(canvas, scene.debrief, wide_px)
    if note:
        _draw_note(canvas, note, wide_px / 2, view_px - 36.0)
    canvas.restore()
    _draw_panel_below(canvas, scene.panel, view_px, panel_scale)
    surface.flushAndSubmit()
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR).astype(np.uint8, copy=False)


def _top_row(lens: Lens | None, whole_px: int, view_px: int) -> int:
    """Choose the first row that is shown: the compression point in the middle, if it is seen."""
    seen = None if lens is None else lens.see(np.zeros((1, 3)))
    middle_px = whole_px / 2 if seen is None else float(seen[0][0, 1])
    return min(max(round(middle_px - view_px / 2), 0), whole_px - view_px)


def _draw_panel_below(canvas: Any, panel: Panel, top_px: float, scale: float) -> None:
    canvas.save()
    canvas.translate(0, top_px)
    canvas.scale(scale, scale)
    paint_items(canvas, panel.items)
    canvas.restore()


def _draw_debrief(canvas: Any, debrief: Panel, wide_px: int) -> None:
    """Draw the debrief into the picture's upper right corner: nobody compresses now."""
    scale = DEBRIEF_SHARE * wide_px / debrief.width_px
    canvas.save()
    canvas.translate(wide_px - debrief.width_px * scale - 12, 12)
    canvas.scale(scale, scale)
    paint_items(canvas, debrief.items)
    canvas.restore()


def _draw_note(canvas: Any, text: str, x_px: float, y_px: float) -> None:
    """Write a line on a dark plate over the picture."""
    _, width_px = shape(text, 24.0, True)
    plate = skia.Rect.MakeXYWH(x_px - width_px / 2 - 20, y_px - 24, width_px + 40, 48)
    canvas.drawRoundRect(plate, 12, 12, paint_of(RIM))
    draw_rimmed(canvas, text, (x_px, y_px), 24.0, (1.0, 1.0, 1.0, 1.0))


def save_png(path: Path, bgr: npt.NDArray[np.uint8]) -> None:
    """Write a picture whole or not at all.

    Raises
    ------
    MrError
        When it cannot be written there.
    """
    done, data = cv2.imencode(".png", bgr)
    if not done:
        raise MrError(f"{path}: this picture of shape {bgr.shape} cannot be written as PNG")
    try:
        write_whole(path, data.tobytes())
    except OSError as error:
        raise MrError(f"{path}: cannot write this picture ({error}): choose another") from error


def color_camera(rig: Rig, camera_id: str) -> tuple[Intrinsics, Pose]:
    """Give a camera's colour lens and ``color_from_world``, out of the rig's calibration.

    Raises
    ------
    CalibrationError
        When the rig lacks that camera or its colour model.
    """
    camera = rig.cameras.get(camera_id)
    if camera is None or camera.color is None or camera.color_from_depth is None:
        raise CalibrationError(
            f"rig {rig.name!r} has no colour calibration of camera {camera_id!r}: "
            "calibrate its colour camera or run without the mirror"
        )
    cam_from_world = camera.world_from_cam.pose().inverse()
    return camera.color, camera.color_from_depth.pose() @ cam_from_world


class MirrorView:
    """Draws mirrors for one rig, when asked.

    With a `beat` what is drawn has its phase at the snapshot's instant. A `view_share` below 1
    leaves out rows of the camera's picture, so that the panel is larger on a screen.
    """

    def __init__(
        self,
        rig: Rig,
        look: Look | Theme = DEFAULT,
        messages: Messages = ENGLISH,
        beat: Beat | None = None,
        view_share: float = 1.0,
    ) -> None:
        self._beat = beat
        self._view_share = view_share
        self._rig = rig
        self._look = look
        self._messages = messages

    def draw(self, snapshot: Snapshot, picture: CameraPicture | None, note: str = "") -> Picture:
        """Draw a snapshot onto a camera's picture, (H', W', 3) uint8; None: the panel alone.

        A `note` stands at the picture's foot.

        Raises
        ------
        CalibrationError
            When the rig does not know that camera's colour model.
        """
        if picture is None:
            scene = build_scene(snapshot, self._look, self._messages)
            blank = np.full((96, WIDTH_PX, 3), _GROUND[:3], dtype=np.uint8)
            return _compose(blank, scene, None, self._messages("mirror.no_picture"))
        bgr, world_from_mannequin, camera_id = picture
        lens, color_from_world = color_camera(self._rig, camera_id)
        cam_from_mannequin, viewer = None, KNEELING
        if world_from_mannequin is not None:
            cam_from_mannequin = color_from_world @ world_from_mannequin
            viewer = Viewer.of_camera(cam_from_mannequin)
        beat = None if self._beat is None else self._beat.seen(snapshot.t_ns)
        scene = build_scene(snapshot, self._look, self._messages, viewer, beat=beat)
        return draw_mirror(
            bgr, scene, cam_from_mannequin, lens, self._messages, note, self._view_share
        )


class StopFlag(Protocol):
    """What tells a view to end, as a `threading.Event` does."""

    def is_set(self) -> bool:
        """Say whether to stop."""
        ...


def run_mirror_view(
    rig: Rig,
    read_snapshot: Callable[[], Snapshot | None],
    read_picture: Callable[[], CameraPicture | None],
    stop: StopFlag,
    window: bool | None = None,
    look: Look | Theme = DEFAULT,
    messages: Messages = ENGLISH,
    say: Callable[[str], None] = log.warning,
    beat: Beat | None = None,
) -> bool:
    """Show the mirror in a window until told to stop, or until the learner closes it.

    The key f fills the screen, and makes it a window again; Esc and q close it.

    Parameters
    ----------
    rig : Rig
        For the cameras' lenses and places.
    read_snapshot, read_picture : callable
        Give the latest, or None when there is none yet; they must not wait.
    stop : StopFlag
        Ends the loop.
    window : bool or None
        False: no window. None or True: a window where there is a display, else `say`
        is given one line and the call returns at once.
    look, messages, say
        Looks, words, and who is told.
    beat : Beat or None
        The metronome's, if there is one.

    Returns
    -------
    bool
        Whether there was a window. Without one, ask a `MirrorView` for pictures.
    """
    if window is False:
        return False
    why = why_no_window()
    if why:
        say(f"no mirror window: {why}; the mirror is drawn to files only")
        return False
    view = MirrorView(rig, look, messages, beat, ON_SCREEN_SHARE)
    title = messages("mirror.window")
    cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
    shown_seq: int | None = None
    size: tuple[int, ...] = ()
    try:
        while not stop.is_set():
            began_s = time.perf_counter()
            snapshot = read_snapshot()
            # Snapshots come more often than pictures, and never later than they.
            if snapshot is not None and snapshot.seq != shown_seq:
                mirror = view.draw(snapshot, read_picture())
                if mirror.shape != size:
                    size = mirror.shape
                    cv2.resizeWindow(title, *_fit(size[1], size[0], screen_px()))
                cv2.imshow(title, mirror)
                shown_seq = snapshot.seq
            left_s = _FRAME_S - (time.perf_counter() - began_s)
            key = cv2.waitKey(max(1, int(1000 * left_s)))
            closed = shown_seq is not None and _is_closed(title)
            if key in (27, ord("q")) or closed:
                break
            if key == ord("f"):
                _turn_full_screen(title)
    finally:
        cv2.destroyAllWindows()
    return True


def _is_closed(title: str) -> bool:
    return bool(cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) < 1)


def _turn_full_screen(title: str) -> None:
    """Fill the screen, or be a window again."""
    full = cv2.getWindowProperty(title, cv2.WND_PROP_FULLSCREEN) == cv2.WINDOW_FULLSCREEN
    wanted = cv2.WINDOW_NORMAL if full else cv2.WINDOW_FULLSCREEN
    cv2.setWindowProperty(title, cv2.WND_PROP_FULLSCREEN, wanted)


def _fit(width_px: int, height_px: int, screen: tuple[int, int] | None) -> tuple[int, int]:
    """Give a window's size that fits on the screen: what to do now stands at its foot."""
    most = [
        share * px for share, px in zip(_WINDOW_SHARES, screen or _UNKNOWN_SCREEN_PX, strict=True)
    ]
    scale = min(most[0] / width_px, most[1] / height_px)
    return round(width_px * scale), round(height_px * scale)


def why_no_window() -> str:
    """Say why no window can be opened here, or nothing when one can.

    A display that is named but cannot be opened makes Qt end the whole process, so it is
    tried in a child first.
    """
    os.environ.setdefault("QT_QPA_FONTDIR", str(font_path(bold=False).parent))
    if sys.platform.startswith("linux"):
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            return "there is no display (DISPLAY is not set)"
        # the wheel of OpenCV brings the X11 plugin only; Wayland has XWayland for it
        os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
    trial = "import cv2; cv2.namedWindow('trial', cv2.WINDOW_NORMAL); cv2.destroyAllWindows()"
    try:
        done = subprocess.run(
            [sys.executable, "-c", trial], capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"the display does not answer ({error})"
    return "" if done.returncode == 0 else "the display cannot be opened"
