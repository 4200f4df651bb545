"""What a learner sees in the headset, frame by frame.

Takes the session's snapshots, the head and the hands, gives the scene of each frame; leaves what
stands where to `overlays.xr.stage` and frames to `overlays.xr.session`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mr.types import HandJoints, Pose, Snapshot
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.xr.composed import Composed, Standing
from overlays.xr.passthrough import Passthrough
from overlays.xr.stage import Stage


class Training:
    """Composes the frames of one headset session.

    Parameters
    ----------
    read : callable
        Gives the newest snapshot, or None before the first.
    messages : Messages
        The words.
    look : Look or None
        Colours, brightness and density; None: the plain look.
    """

    def __init__(
        self,
        read: Callable[[], Snapshot | None],
        messages: Messages = ENGLISH,
        look: Look | None = None,
    ) -> None:
        self._read, self._messages, self._look = read, messages, look
        self._standing = Standing()
        self._stage: Stage | None = None
        self.measured_ns: int | None = None
        self.predicted = False

    def compose(
        self,
        display_ns: int,
        xr_from_head: Pose,
        hands: Sequence[HandJoints],
        passthrough: Passthrough,
    ) -> Composed:
        """Give what is to be seen at `display_ns` by a head that is then at `xr_from_head`."""
        del display_ns
        if self._stage is None:
            self._stage = Stage(passthrough.shows_room, self._look, self._messages)
        snapshot = self._read()
        self.measured_ns = None if snapshot is None else snapshot.measured_ns
        self._stage.see_head(xr_from_head.t_m)
        scene, place = self._stage.set(snapshot, hands)
        return self._standing.stand(scene, place, xr_from_head, in_space=passthrough.in_space)
