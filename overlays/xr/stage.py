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
from overlays.primitives import Capsule, Panel, PanelItem, Rect, Registered, Scene, Text
from overlays.scene import PANEL_WIDTH_PX, View, build_panels, build_registered
from overlays.theme import Theme
from overlays.xr.placement import Side, default_xr_from_mannequin, panel_side

NOTE_HEIGHT_PX = 48
NOTE_SIZE_PX = 26.0
FINISH_HEIGHT_PX, FINISH_SIZE_PX = 72.0, 34.0
FINISH_FILLED = 0.5
"""From then on the fill lies under the words' middle."""
GAP_PX = 4.0


PANEL_EVERY_NS = 66_000_000
"""A panel is read, not followed: its live bar moves so often, to draw it costs milliseconds."""


@dataclass(frozen=True, slots=True, eq=False)
class _Built:
    """What panels were made of, and the scene with them."""

    of: tuple[object, ...]
    """What a reader would miss at once: another one is built without waiting."""
    snapshot: Snapshot
    scene: Scene


_Lying = tuple[Snapshot, Side | None, float | None, tuple[Registered, ...]]
"""What lies on the chest, and what it was made of."""


class Stage:
    """Builds a scene once per snapshot and keeps track of where the mannequin is."""

    def __init__(
        self,
        shows_room: bool,
        look: Look | None = None,
        messages: Messages = ENGLISH,
        *,
        in_picture: bool = False,
    ) -> None:
        """Begin, as `see_room` says."""
        self.see_room(shows_room, in_picture=in_picture)
        self._look = look or Look()
        self._messages = messages
        self._xr_from_mannequin = default_xr_from_mannequin()
        self._xr_from_world: Pose | None = None
        self._sure = False
        """Whether `_xr_from_world` was once within its limit."""
        self._side: Side | None = None
        self._built: _Built | None = None
        self._lying: _Lying | None = None
        nothing = Scene(0, (), Panel(PANEL_WIDTH_PX, 0, ()))
        self._waiting = with_notes(nothing, (messages("headset.waiting"),), self._look.theme_seen)

    def see_room(self, shows_room: bool, *, in_picture: bool = False) -> None:
        """Take note of how the room is seen: it may change, and what is known of places stays.

        Parameters
        ----------
        shows_room : bool
            Whether the learner sees the mannequin itself.
        in_picture : bool
            Whether what is registered is drawn into a rig camera's picture, by whoever gives it:
            then there is nothing of it in space, and the headset's place says nothing of it.
        """
        self._shows_room, self._in_picture = shows_room, in_picture

    def see_head(self, head_in_xr_m: FloatArray) -> None:
        """Take note of where the head is, (3,) m: the learner kneels on that side."""
        head_in_mannequin_m = self._xr_from_mannequin.inverse().apply(head_in_xr_m)
        self._side = panel_side(head_in_mannequin_m, self._side)

    def set(
        self,
        snapshot: Snapshot | None,
        hands_in_xr: Sequence[HandJoints] = (),
        *,
        ahead: Snapshot | None = None,
        beat: float | None = None,
        worn_s: float = 0.0,
        finishing: float | None = None,
    ) -> tuple[Scene, Pose]:
        """Give the scene, and ``xr_from_mannequin``; before the first snapshot, a wait.

        Parameters
        ----------
        snapshot : Snapshot or None
            The newest: what panels tell.
        hands_in_xr : sequence of HandJoints
            The learner's hands now: nothing registered is drawn over them.
        ahead : Snapshot or None
            The same with its motion moved on to display time: what is registered shows it.
        beat : float or None
            Where the metronome's beat is at display time. It changes what is registered only,
            never the panel.
        worn_s : float
            How long the headset has been worn at a stretch, for the word to rest.
        finishing : float or None
            How far ending the session by a look is, 0 … 1; None: not offered.
        """
        if snapshot is None:
            return self._waiting, self._xr_from_mannequin
        placed = self._place(snapshot)
        scene = self._panels(snapshot, self._notes(snapshot, placed, worn_s), finishing)
        in_space = placed and not self._in_picture
        registered = self._registered(ahead or snapshot, beat) if in_space else ()
        mask = self._mask(hands_in_xr) if registered else ()
        return replace(scene, registered=registered, mask=mask), self._xr_from_mannequin

    def _registered(self, snapshot: Snapshot, beat: float | None) -> tuple[Registered, ...]:
        """Give what lies on the chest; the same for the same snapshot, side and beat."""
        before = self._lying
        if before is not None and before[0] is snapshot and before[1:3] == (self._side, beat):
            return before[3]
        registered = build_registered(
            snapshot,
            self._look,
            self._messages,
            viewer_at(self._side),
            view="headset",
            beat=beat,
        )
        self._lying = (snapshot, self._side, beat, registered)
        return registered

    def _panels(self, snapshot: Snapshot, notes: tuple[str, ...], finishing: float | None) -> Scene:
        """Give a scene with panels; one that would look the same is the same object."""
        cue, placing = snapshot.cue, snapshot.placing
        view: View = "mirror" if self._in_picture else "headset"
        of = (
            view,
            self._side,
            notes,
            finishing,
            snapshot.phase,
            snapshot.n_compressions,
            None if cue is None else cue.key,
            None if placing is None else (placing.state, placing.ask, placing.touch),
        )
        built = self._built
        if (
            built is not None
            and built.of == of
            and 0 <= snapshot.t_ns - built.snapshot.t_ns < PANEL_EVERY_NS
        ):
            return built.scene
        viewer = viewer_at(self._side)
        scene = build_panels(snapshot, self._look, self._messages, viewer, view=view)
        scene = with_notes(scene, notes, self._look.theme_seen)
        if finishing is not None:
            words = self._messages("headset.finish")
            scene = with_finish(scene, words, finishing, self._look.theme_seen)
        if built is not None:
            scene = _kept(scene, built.scene)
        self._built = _Built(of, snapshot, scene)
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
        if self._in_picture:
            notes.append(self._messages("headset.rig_view"))
            return tuple(note for note in notes if note)
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


def _kept(scene: Scene, before: Scene) -> Scene:
    """Put panels that look the same back: what is the same object is not drawn again."""
    panel = before.panel if scene.panel == before.panel else scene.panel
    debrief = before.debrief if scene.debrief == before.debrief else scene.debrief
    return replace(scene, panel=panel, debrief=debrief)


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
        height_px = NOTE_HEIGHT_PX - GAP_PX
        baseline_px = top_px + GAP_PX + height_px / 2 + 0.36 * NOTE_SIZE_PX
        items += [
            Rect(0.0, top_px + GAP_PX, width_px, height_px, theme.sheet, 12.0),
            Text(width_px / 2, baseline_px, note, NOTE_SIZE_PX, theme.warning, "center", bold=True),
        ]
        top_px += NOTE_HEIGHT_PX
    return replace(scene, panel=Panel(panel.width_px, round(top_px), tuple(items)))


def with_finish(scene: Scene, words: str, share: float, theme: Theme) -> Scene:
    """Add the field that ends the session when it is looked at, at the panel's foot.

    The fill shows how far it is; it stands on the words' own plate, so that the shape tells it.
    """
    panel = scene.panel
    width_px, top_px = float(panel.width_px), panel.height_px + GAP_PX
    baseline_px = top_px + FINISH_HEIGHT_PX / 2 + 0.36 * FINISH_SIZE_PX
    ink = theme.ink if share >= FINISH_FILLED else theme.text
    items: list[PanelItem] = [
        *panel.items,
        Rect(0.0, top_px, width_px, FINISH_HEIGHT_PX, theme.track, 14.0),
        Rect(0.0, top_px, width_px * share, FINISH_HEIGHT_PX, theme.neutral, 14.0),
        Text(width_px / 2, baseline_px, words, FINISH_SIZE_PX, ink, "center", bold=True),
    ]
    height_px = round(top_px + FINISH_HEIGHT_PX)
    return replace(scene, panel=Panel(panel.width_px, height_px, tuple(items)))
