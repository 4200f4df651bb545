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
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.prediction import ChestPast, predicted
from overlays.xr.composed import Composed, PlacedPanel, Standing
from overlays.xr.gaze import Dwell, place_on
from overlays.xr.passthrough import Passthrough
from overlays.xr.stage import FINISH_HEIGHT_PX, Stage

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
    """

    def __init__(
        self,
        read: Callable[[], Snapshot | None],
        settings: Settings | None = None,
        finish: Callable[[], None] = lambda: None,
    ) -> None:
        self._read, self._finish = read, finish
        self._settings = settings or Settings()
        self._standing, self._past, self._dwell = Standing(), ChestPast(), Dwell()
        self._stage: Stage | None = None
        self._passthrough: Passthrough | None = None
        self._panel: PlacedPanel | None = None
        self._finished = False
        self._worn_from_ns: int | None = None
        self.measured_ns: int | None = None
        """When the motion in the last frame was captured."""
        self.predicted = False
        """Whether the chest in the last frame was moved on to its time of display."""

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
        self._worn_from_ns = display_ns if self._worn_from_ns is None else self._worn_from_ns
        scene, xr_from_mannequin = stage.set(
            snapshot,
            hands,
            ahead=self._ahead(snapshot, display_ns),
            beat=None if beat is None else beat.seen(display_ns),
            worn_s=(display_ns - self._worn_from_ns) / 1e9,
            finishing=self._finishing(snapshot, display_ns, xr_from_head),
        )
        composed = self._standing.stand(
            scene, xr_from_mannequin, xr_from_head, in_space=passthrough.in_space
        )
        self._panel = composed.panels[0]
        return composed

    def _staged(self, passthrough: Passthrough) -> Stage:
        """Give the stage; a room that comes or goes meanwhile is said by another one."""
        if self._stage is None or self._passthrough != passthrough:
            self._passthrough = passthrough
            self._stage = Stage(
                passthrough.shows_room,
                self._settings.look,
                self._settings.messages,
                in_picture=not passthrough.in_space,
            )
        return self._stage

    def _ahead(self, snapshot: Snapshot | None, display_ns: int) -> Snapshot | None:
        if snapshot is None:
            return None
        self._past.see(snapshot)
        ahead = predicted(snapshot, display_ns, self._past)
        self.measured_ns, self.predicted = snapshot.measured_ns, ahead is not snapshot
        return ahead

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
