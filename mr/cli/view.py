"""The view processes: the mirror's window, and the headset.

Takes a channel's names, shows its newest snapshot until it is asked to end; leaves the
drawing to `overlays`. These run as processes of their own and may stall or end at will.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from functools import partial
from multiprocessing.synchronize import Event

from mr.rig import Rig
from mr.session.processes import ViewMain
from mr.session.shared import Channel


def view_mains(rig: Rig, window: bool | None, headset: bool = False) -> Sequence[ViewMain]:
    """Choose the views of a session; `window` None means: where there is a display."""
    mains: list[ViewMain] = []
    if window is not False and rig.cameras:
        mains.append(partial(mirror_main, rig, window))
    if headset:
        mains.append(headset_main)
    return mains


def mirror_main(rig: Rig, window: bool | None, names: tuple[str, str], end: Event) -> None:
    """Show the mirror in a window until `end` is set."""
    from overlays.mirror_view import run_mirror_view

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Channel.attach(names) as channel:
        run_mirror_view(channel.snapshot, partial(_picture, channel), rig, end.is_set, window)


def headset_main(names: tuple[str, str], end: Event) -> None:
    """Show the scene in the headset until `end` is set."""
    from overlays.xr.view import run_headset_view

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Channel.attach(names) as channel:
        run_headset_view(channel.snapshot, end.is_set)
