"""What a learner sees in the headset, frame by frame: the session's newest snapshot, seen then.

Takes snapshots, the head and the hands, gives the frame as it is to be when it is seen: the chest
moved on to that instant, the beat at that instant, the hands kept free; and whether the learner
has ended the session by looking. Leaves what stands where to `overlays.xr.stage`, the motion
ahead to `overlays.prediction`, and frames to `overlays.xr.session`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mr.types import HandJoints, Phase, Pose, Snapshot
from overlays.beat import Beat
from overlays.guidance import shown
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.prediction import ChestPast, predicted
from overlays.xr.composed import Composed, PlacedPanel, Standing
from overlays.xr.gaze import Dwell, place_on
from overlays.xr.passthrough import Passthrough
from overlays.xr.stage import FINISH_HEIGHT_PX, Stage
from overlays.xr.worn import WornTime

ASKED_FROM_S = 3.0
"""A pause so long may be the end: from then on it can be ended by looking."""
FINISH_STEPS = 20
"""The field fills in so many steps: each is a new panel to draw."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a headset shows a session; set before it, and the same all through."""

    look: Look = field(default_factory=Look)
    messages: Messages = ENGLISH
    beat: Beat | None = None
    """The metronome's, where there is one."""


class Training:
    """Composes the frames of one headset session.

    Parameters
    ----------
    read : callable
        Gives the newest snapshot, or None before the first.
    settings : Settings
        Colours, words, beat.
    finish : callable
        Told once when the learner has chosen to end the session.
    worn : WornTime
        How long the headset has been worn; it outlives one session of the headset.
    """

    def __init__(
        self,
        read: Callable[[], Snapshot | None],
        settings: Settings | None = None,
        finish: Callable[[], None] = lambda: None,
        worn: WornTime | None = None,
    ) -> None:
        self._read, self._finish = read, finish
        self._settings = settings or Settings()
        self._standing, self._past, self._dwell = Standing(), ChestPast(), Dwell()
        self._worn = WornTime() if worn is None else worn
        self._stage: Stage | None = None
        self._panel: PlacedPanel | None = None
        self._finished = False
        self.measured_ns: int | None = None
        """When the motion that the last frame told of was captured; None: it told of none."""
        self.predicted = False
        """Whether a bar in the last frame was moved on to its time of display."""

    def compose(
        self,
        display_ns: int,
        xr_from_head: Pose,
        hands: Sequence[HandJoints],
        passthrough: Passthrough,
    ) -> Composed:
        """Give what is to be seen at `display_ns` by a head that is then at `xr_from_head`."""
        stage = self._staged(passthrough)
        stage.see_head(xr_from_head.t_m)
        snapshot = self._read()
        beat = self._settings.beat
        ahead = self._ahead(snapshot, display_ns)
        scene, xr_from_mannequin = stage.set(
            snapshot,
            hands,
            ahead=ahead,
            beat=None if beat is None else beat.seen(display_ns),
            worn_s=self._worn.frame(display_ns),
            finishing=self._finishing(snapshot, display_ns, xr_from_head),
        )
        composed = self._standing.stand(
            scene, xr_from_mannequin, xr_from_head, in_space=passthrough.in_space
        )
        self._panel = composed.panels[0]
        self._note_motion(snapshot, ahead, composed, passthrough)
        return composed

    def _note_motion(
        self,
        snapshot: Snapshot | None,
        ahead: Snapshot | None,
        composed: Composed,
        passthrough: Passthrough,
    ) -> None:
        """Note what of the measured motion the frame shows: only that has an age.

        A bar in space shows it moved on; the panel's depth and the bar in a rig camera's picture
        show it as it was. The panel may be `PANEL_EVERY_NS` older than what is noted, and the
        picture, which has a reader of its own, a snapshot newer or older.
        """
        self.measured_ns, self.predicted = None, False
        if snapshot is None:
            return
        may = shown(snapshot, self._settings.look.density)
        in_space = may.bar and passthrough.in_space and bool(composed.scene.registered)
        in_picture = may.bar and not passthrough.in_space
        if in_space or in_picture or "depth" in may.tiles:
            self.measured_ns = snapshot.measured_ns
        self.predicted = in_space and ahead is not snapshot

    def _staged(self, passthrough: Passthrough) -> Stage:
        """Give the stage; a room that comes or goes meanwhile changes no place that is known."""
        room, in_picture = passthrough.shows_room, not passthrough.in_space
        if self._stage is None:
            look, messages = self._settings.look, self._settings.messages
            self._stage = Stage(room, look, messages, in_picture=in_picture)
        self._stage.see_room(room, in_picture=in_picture)
        return self._stage

    def _ahead(self, snapshot: Snapshot | None, display_ns: int) -> Snapshot | None:
        if snapshot is None:
            return None
        self._past.see(snapshot)
        return predicted(snapshot, display_ns, self._past)

    def _finishing(
        self, snapshot: Snapshot | None, display_ns: int, xr_from_head: Pose
    ) -> float | None:
        """Tell how far ending by a look is; None while it is not offered."""
        if snapshot is None or not _may_be_over(snapshot):
            self._dwell.forget()
            return None
        share = self._dwell.look(self._looks_at_finish(xr_from_head), display_ns)
        if share >= 1.0 and not self._finished:
            self._finished = True
            self._finish()
        return round(share * FINISH_STEPS) / FINISH_STEPS

    def _looks_at_finish(self, xr_from_head: Pose) -> bool:
        """Whether the head points at the foot of the panel, as it stood in the last frame."""
        panel = self._panel
        if panel is None:
            return False
        at = place_on(panel.xr_from_panel, panel.size_m, xr_from_head)
        return at is not None and at[1] >= 1.0 - FINISH_HEIGHT_PX / panel.panel.height_px


def _may_be_over(snapshot: Snapshot) -> bool:
    paused = snapshot.phase in (Phase.PAUSED, Phase.VENTILATING)
    return paused and snapshot.hands_off_s >= ASKED_FROM_S
