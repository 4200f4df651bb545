"""What stands where in the headset: from a snapshot to a scene and the mannequin's place.

Takes snapshots (with `snapshot.placing`: how well the headset's place is known), where the
head is and the hands' joints; gives the scene to draw, with the hands kept free, and
``xr_from_mannequin``. Says on the panel what is only assumed. Leaves frames to
`overlays.xr.session`. Needs no graphics library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mr.types import FloatArray, HandJoints, Placing, Pose, Snapshot
from overlays.comfort import rest_note
from overlays.cues.context import KNEELING, Viewer
from overlays.hands import hand_capsules
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.primitives import Capsule, Panel, PanelItem, Rect, Scene, Text
from overlays.scene import PANEL_WIDTH_PX, build_scene
from overlays.theme import Theme
from overlays.xr.placement import Side, default_xr_from_mannequin, panel_side

NOTE_HEIGHT_PX = 48
NOTE_SIZE_PX = 26.0
_GAP_PX = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _Built:
    """What a scene was made of, and the scene without the hands' mask."""

    snapshot: Snapshot
    side: Side | None
    beat: float | None
    notes: tuple[str, ...]
    scene: Scene


class Stage:
    """Builds a scene once per snapshot and keeps track of where the mannequin is."""

    def __init__(
        self, shows_room: bool, look: Look | None = None, messages: Messages = ENGLISH
    ) -> None:
        self._shows_room = shows_room
        self._look = look or Look()
        self._messages = messages
        self._xr_from_mannequin = default_xr_from_mannequin()
        self._xr_from_world: Pose | None = None
        self._sure = False
        """Whether `_xr_from_world` was once within its limit."""
        self._side: Side | None = None
        self._built: _Built | None = None
        nothing = Scene(0, (), Panel(PANEL_WIDTH_PX, 0, ()))
        self._waiting = with_notes(nothing, (messages("headset.waiting"),), self._look.theme_seen)

    def see_head(self, head_in_xr_m: FloatArray) -> None:
        """Take note of where the head is, (3,) m: the learner kneels on that side."""
        head_in_mannequin_m = self._xr_from_mannequin.inverse().apply(head_in_xr_m)
        self._side = panel_side(head_in_mannequin_m, self._side)

    def set(
        self,
        snapshot: Snapshot | None,
        hands_in_xr: Sequence[HandJoints] = (),
        *,
        beat: float | None = None,
        worn_s: float = 0.0,
    ) -> tuple[Scene, Pose]:
        """Give the scene, and ``xr_from_mannequin``; before the first snapshot, a wait.

        Parameters
        ----------
        snapshot : Snapshot or None
            The newest; the same object as before is not built again.
        hands_in_xr : sequence of HandJoints
            The learner's hands now: nothing registered is drawn over them.
        beat : float or None
            Where the metronome's beat is at display time (`overlays.beat.beat_at`). It
            changes what is registered only, never the panel.
        worn_s : float
            How long the headset has been worn at a stretch, for the word to rest.
        """
        if snapshot is None:
            return self._waiting, self._xr_from_mannequin
        placed = self._place(snapshot)
        scene = self._scene(snapshot, placed, beat, self._notes(snapshot, placed, worn_s))
        mask = self._mask(hands_in_xr) if scene.registered else ()
        return (replace(scene, mask=mask) if mask else scene), self._xr_from_mannequin

    def _scene(
        self, snapshot: Snapshot, placed: bool, beat: float | None, notes: tuple[str, ...]
    ) -> Scene:
        made = (self._side, beat, notes)
        built = self._built
        same = built is not None and built.snapshot is snapshot
        if built is not None and same and (built.side, built.beat, built.notes) == made:
            return built.scene
        viewer = viewer_at(self._side)
        scene = build_scene(snapshot, self._look, self._messages, viewer, view="headset", beat=beat)
        scene = scene if placed else replace(scene, registered=())
        scene = with_notes(scene, notes, self._look.theme_seen)
        if built is not None and built.scene.panel == scene.panel:
            scene = replace(scene, panel=built.scene.panel)  # the same object: no redraw
        self._built = _Built(snapshot, *made, scene)
        return scene

    def _place(self, snapshot: Snapshot) -> bool:
        """Follow headset and mannequin; False when nobody knows where it lies.

        What was once sure is not given up for what is weak; it only fades.
        """
        placing = snapshot.placing
        if placing is None:
            return True
        self._follow(placing)
        if snapshot.world_from_mannequin is None:
            return False
        if self._xr_from_world is None:
            return True  # nothing registered is drawn then, and the panel tells why
        self._xr_from_mannequin = self._xr_from_world @ snapshot.world_from_mannequin
        return True

    def _follow(self, placing: Placing) -> None:
        if placing.registration is None:
            return
        if placing.state == "ok" or not self._sure:
            self._xr_from_world = placing.registration.xr_from_world
            self._sure = placing.state == "ok"

    def _notes(self, snapshot: Snapshot, placed: bool, worn_s: float) -> tuple[str, ...]:
        notes = [rest_note(worn_s, self._messages)]
        if snapshot.placing is None:
            notes.append(self._messages("headset.not_registered"))
        if not placed:
            notes.append(self._messages("headset.no_pose"))
        if not self._shows_room:
            notes.append(self._messages("headset.no_room"))
        return tuple(note for note in notes if note)

    def _mask(self, hands_in_xr: Sequence[HandJoints]) -> tuple[Capsule, ...]:
        mannequin_from_xr = self._xr_from_mannequin.inverse()
        return tuple(
            capsule
            for hand in hands_in_xr
            for capsule in hand_capsules(mannequin_from_xr.apply(hand.joints_in_xr_m), hand.valid)
        )


def viewer_at(panel_on: Side | None) -> Viewer:
    """Give the viewer for a panel on one side of the mannequin: it kneels on the other."""
    if panel_on != "right":
        return KNEELING
    x_m, y_m, z_m = KNEELING.eye_in_mannequin_m
    return replace(KNEELING, eye_in_mannequin_m=(-x_m, y_m, z_m))


def with_notes(scene: Scene, notes: tuple[str, ...], theme: Theme) -> Scene:
    """Add a strip with one line of text for each note below the panel."""
    if not notes:
        return scene
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
