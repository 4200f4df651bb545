"""The headset's view process: newest snapshot in, frames out, until told to stop.

Takes a reader of snapshots, which tell how well the headset's place is known; gives
frames to the headset. Leaves what stands where to `overlays.xr.stage`, drawing to
`overlays.xr.session`, and the process itself to `mr.session`. Can be imported without
the extra `headset`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from mr.types import Snapshot
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.xr import openxr
from overlays.xr.stage import Stage

IDLE_S = 0.02
"""Between two looks while the headset wants no frames."""


def run_headset_view(
    read_snapshot: Callable[[], Snapshot | None],
    stop: Callable[[], bool],
    *,
    say: Callable[[str], None] | None = None,
    look: Look | None = None,
    messages: Messages = ENGLISH,
) -> None:
    """Show the newest snapshot in the headset until `stop` says so or the session ends.

    Parameters
    ----------
    read_snapshot
        Gives the newest snapshot, or None before the first.
    stop
        Asked once a frame.
    say
        Takes one line of text each: the runtime, the blend mode in use, what is assumed.
    look, messages
        Colours, brightness, density and words.

    Raises
    ------
    DeviceError
        When the extra is not installed, when there is no runtime or headset, or when
        it is lost on the way.
    """
    openxr.require_parts()
    from overlays.xr.session import HeadsetSession  # noqa: PLC0415 -- only then can it be imported

    tell = say or (lambda _: None)
    with HeadsetSession("mrcpr") as session:
        tell(f"headset: {session.system_name} on {session.runtime_name}")
        tell(f"headset: blend mode {session.blend_mode.name}: {session.blend_mode.meaning}")
        if session.floor != "floor":
            tell(f"headset: {session.floor}")
        stage = Stage(session.blend_mode.shows_room, look, messages)
        told_place = False
        while not stop() and not session.over:
            snapshot = read_snapshot()
            if snapshot is not None and snapshot.placing is None and not told_place:
                told_place = True
                tell("headset: not registered: the ring stands 1.2 m ahead, not on the mannequin")
            scene, xr_from_mannequin = stage.set(snapshot)
            report = session.frame(scene, xr_from_mannequin)
            if report is None:
                time.sleep(IDLE_S)
            elif report.xr_from_head is not None:
                stage.see_head(report.xr_from_head.t_m)
