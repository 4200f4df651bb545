"""What stands where in the headset: from a snapshot to a scene and the mannequin's place.

Takes snapshots, the measured registration if there is one, and where the head is; gives
the scene to draw and ``xr_from_mannequin``. Says on the panel what is only assumed.
Leaves frames to `overlays.xr.session`. Needs no graphics library.
"""

from __future__ import annotations

from dataclasses import replace

from mr.types import FloatArray, Pose, Registration, Snapshot
from overlays.cues.context import KNEELING, Viewer
from overlays.messages import ENGLISH, Messages
from overlays.primitives import Panel, PanelItem, Rect, Scene, Text
from overlays.scene import PANEL_WIDTH_PX, build_scene
from overlays.theme import DEFAULT, Theme
from overlays.xr.placement import Side, default_xr_from_mannequin, panel_side

NOTE_HEIGHT_PX = 48
NOTE_SIZE_PX = 26.0
_GAP_PX = 4.0


class Stage:
    """Builds a scene once per snapshot and keeps track of where the mannequin is."""

    def __init__(
        self,
        registration: Registration | None,
        shows_room: bool,
        theme: Theme = DEFAULT,
        messages: Messages = ENGLISH,
    ) -> None:
        self._registration = registration
        self._shows_room = shows_room
        self._theme, self._messages = theme, messages
        self._xr_from_mannequin = default_xr_from_mannequin()
        self._side: Side | None = None
        self._built: tuple[int, Side | None] | None = None
        nothing = Scene(0, (), Panel(PANEL_WIDTH_PX, 0, ()))
        self._scene = with_notes(nothing, (messages("headset.waiting"),), theme)

    def see_head(self, head_in_xr_m: FloatArray) -> None:
        """Take note of where the head is, (3,) m: the learner kneels on that side."""
        head_in_mannequin_m = self._xr_from_mannequin.inverse().apply(head_in_xr_m)
        self._side = panel_side(head_in_mannequin_m, self._side)

    def set(self, snapshot: Snapshot | None) -> tuple[Scene, Pose]:
        """Give the scene, and ``xr_from_mannequin``; before the first snapshot, a wait."""
        if snapshot is None:
            return self._scene, self._xr_from_mannequin
        placed = self._place(snapshot)
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


def viewer_at(panel_on: Side | None) -> Viewer:
    """Give the viewer for a panel on one side of the mannequin: it kneels on the other."""
    if panel_on != "right":
        return KNEELING
    x_m, y_m, z_m = KNEELING.eye_in_mannequin_m
    return replace(KNEELING, eye_in_mannequin_m=(-x_m, y_m, z_m))


def with_notes(scene: Scene, notes: tuple[str, ...], theme: Theme) -> Scene:
    """Add a strip with one line of text for each note below the panel."""
    panel = scene.panel
    items: list[PanelItem] = list(panel.items)
    width_px, top_px = float(panel.width_px), float(panel.height_px)
    for note in notes:
        height_px = NOTE_HEIGHT_PX - _GAP_PX
        baseline_px = top_px + _GAP_PX + height_px / 2 + 0.36 * NOTE_SIZE_PX
        items += [
            Rect(0.0, top_px + _GAP_PX, width_px, height_px, theme.sheet, 12.0),
            Text(width_px / 2, baseline_px, note, NOTE_SIZE_PX, theme.warning, "center", bold=True),
        ]
        top_px += NOTE_HEIGHT_PX
    return replace(scene, panel=Panel(panel.width_px, round(top_px), tuple(items)))
