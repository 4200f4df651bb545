"""The headset's view process: newest snapshot in, frames out, until told to stop.

Takes a reader of snapshots and, where there is one, the measured registration; gives
frames to the headset. Leaves what is drawn to `overlays.scene`, where things stand
without a registration to `overlays.xr.placement`, and processes to `mr.session`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mr.types import FloatArray, Pose, Registration, Snapshot
from overlays.cues.context import KNEELING, Viewer
from overlays.messages import ENGLISH, Messages
from overlays.primitives import Panel, PanelItem, Rect, Scene, Text
from overlays.scene import PANEL_WIDTH_PX, build_scene
from overlays.theme import DEFAULT, Theme
from overlays.xr.placement import Side, default_xr_from_mannequin, panel_side
from overlays.xr.session import HeadsetSession

IDLE_S = 0.02
"""Between two looks while the headset wants no frames."""

NOTE_HEIGHT_PX = 48
NOTE_SIZE_PX = 24.0


def run_headset_view(
    read_snapshot: Callable[[], Snapshot | None],
    stop: Callable[[], bool],
    registration: Registration | None = None,
    *,
    say: Callable[[str], None] | None = None,
    theme: Theme = DEFAULT,
    messages: Messages = ENGLISH,
) -> None:
    """Show the newest snapshot in the headset until `stop` says so or the session ends.

    Parameters
    ----------
    read_snapshot
        Gives the newest snapshot, or None before the first.
    stop
        Asked once a frame.
    registration
        Where the rig's world lies in the headset's frame. Without one the mannequin is
        drawn at a stated default place, and the panel says that it is not registered.
    say
        Takes one line of text each: the runtime, the blend mode in use, what is assumed.

    Raises
    ------
    DeviceError
        When there is no runtime or headset, or it is lost on the way.
    """
    tell = say or (lambda _: None)
    with HeadsetSession("mrcpr") as session:
        tell(f"headset: {session.system_name} on {session.runtime_name}")
        tell(f"headset: blend mode {session.blend_mode.name}: {session.blend_mode.meaning}")
        if session.floor != "floor":
            tell(f"headset: {session.floor}")
        if registration is None:
            tell("headset: not registered: the ring stands 1.2 m ahead, not on the mannequin")
        stage = _Stage(registration, session.blend_mode.shows_room, theme, messages)
        while not stop() and not session.over:
            scene, xr_from_mannequin = stage.set(read_snapshot())
            report = session.frame(scene, xr_from_mannequin)
            if report is None:
                time.sleep(IDLE_S)
            elif report.xr_from_head is not None:
                stage.head_in_xr_m = report.xr_from_head.t_m


class _Stage:
    """What stands where; builds a scene once per snapshot."""

    def __init__(
        self,
        registration: Registration | None,
        shows_room: bool,
        theme: Theme,
        messages: Messages,
    ) -> None:
        self.head_in_xr_m: FloatArray | None = None
        self._registration = registration
        self._shows_room = shows_room
        self._theme, self._messages = theme, messages
        self._xr_from_mannequin = default_xr_from_mannequin()
        self._side: Side | None = None
        self._built: tuple[int, Side | None] | None = None
        self._scene = with_notes(EMPTY, (messages("headset.waiting"),), theme)

    def set(self, snapshot: Snapshot | None) -> tuple[Scene, Pose]:
        """Give the scene, and where the mannequin stands in the headset's frame."""
        if snapshot is None:
            return self._scene, self._xr_from_mannequin
        placed = self._place(snapshot)
        if self.head_in_xr_m is not None:
            head_m = self._xr_from_mannequin.inverse().apply(self.head_in_xr_m)
            self._side = panel_side(head_m, self._side)
        if self._built != (snapshot.seq, self._side):
            scene = build_scene(snapshot, self._theme, self._messages, viewer_at(self._side))
            scene = scene if placed else replace(scene, registered=())
            self._scene = with_notes(scene, self._notes(placed), self._theme)
            self._built = (snapshot.seq, self._side)
        return self._scene, self._xr_from_mannequin

    def _place(self, snapshot: Snapshot) -> bool:
        """Follow the mannequin; False when nobody knows where it lies."""
        if self._registration is None:
            return True
        if snapshot.world_from_mannequin is None:
            return False
        self._xr_from_mannequin = self._registration.xr_from_world @ snapshot.world_from_mannequin
        return True

    def _notes(self, placed: bool) -> tuple[str, ...]:
        notes = []
        if self._registration is None:
            notes.append(self._messages("headset.not_registered"))
        if not placed:
            notes.append(self._messages("headset.no_pose"))
        if not self._shows_room:
            notes.append(self._messages("headset.no_room"))
        return tuple(notes)


EMPTY = Scene(0, (), Panel(PANEL_WIDTH_PX, 0, ()))
"""Nothing is known yet."""


def viewer_at(side: Side | None) -> Viewer:
    """Give the viewer for a panel on one side of the mannequin: it kneels on the other."""
    if side != "right":
        return KNEELING
    eye = np.asarray(KNEELING.eye_in_mannequin_m) * np.array([-1.0, 1.0, 1.0])
    return replace(KNEELING, eye_in_mannequin_m=(float(eye[0]), float(eye[1]), float(eye[2])))


def with_notes(scene: Scene, notes: tuple[str, ...], theme: Theme) -> Scene:
    """Add a strip with one line of text for each note below the panel."""
    panel = scene.panel
    items: list[PanelItem] = list(panel.items)
    width_px, top_px = float(panel.width_px), float(panel.height_px)
    for note in notes:
        items.append(Rect(0.0, top_px + 4, width_px, NOTE_HEIGHT_PX - 4, theme.sheet, 12.0))
        baseline_px = top_px + 4 + (NOTE_HEIGHT_PX - 4) / 2 + 0.36 * NOTE_SIZE_PX
        items.append(
            Text(width_px / 2, baseline_px, note, NOTE_SIZE_PX, theme.warning, "center", bold=True)
        )
        top_px += NOTE_HEIGHT_PX
    return replace(scene, panel=Panel(panel.width_px, round(top_px), tuple(items)))
