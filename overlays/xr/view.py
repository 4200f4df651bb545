"""The headset's view process: newest snapshot in, frames out, until told to stop.

Takes a reader of snapshots and, where there is one, the measured registration; gives
frames to the headset. Leaves what stands where to `overlays.xr.stage`, drawing to
`overlays.xr.session`, and the process itself to `mr.session`. Can be imported without
the extra `headset`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from mr.types import Registration, Snapshot
from overlays.messages import ENGLISH, Messages
from overlays.theme import DEFAULT, Theme
from overlays.xr import openxr
from overlays.xr.stage import Stage

IDLE_S = 0.02
"""Between two looks while the headset wants no frames."""


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
    theme, messages
        Colours and words.

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
        tell(f"headset: {session.passthrough.meaning}")
        if session.floor != "floor":
            tell(f"headset: {session.floor}")
        if registration is None:
            tell("headset: not registered: the ring stands 1.2 m ahead, not on the mannequin")
        stage = Stage(registration, session.passthrough.shows_room, theme, messages)
        while not stop() and not session.over:
            scene, xr_from_mannequin = stage.set(read_snapshot())
            report = session.frame(scene, xr_from_mannequin)
            if report is None:
                time.sleep(IDLE_S)
            elif report.xr_from_head is not None:
                stage.see_head(report.xr_from_head.t_m)
