"""The view processes: the mirror's window, its page for browsers, and the headset.

Takes a channel's names, shows its newest snapshot until it is asked to end; leaves the
drawing to `overlays`. These run as processes of their own: they may stall, fail or end
at will, and the session goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from mr.errors import MrError
from mr.rig import Rig
from mr.session.processes import ViewMain
from mr.session.shared import Channel
from mr.session.signals import EndWord, leave_ctrl_c_to_the_parent
from overlays.beat import Beat
from overlays.messages import Messages
from overlays.mirror import CameraPicture, run_mirror_view
from overlays.screen.server import Place
from overlays.screen.view import run_screen_view
from overlays.xr.view import run_headset_view


def view_mains(
    rig: Rig,
    messages: Messages,
    window: bool | None,
    headset: bool = False,
    beat: Beat | None = None,
    stream: Place | None = None,
) -> Sequence[ViewMain]:
    """Choose the views of a session; `window` None means: where there is a display.

    `beat` is the metronome's, the same for all that is seen and heard; `stream` is where
    browsers are served.
    """
    mains: list[ViewMain] = []
    if window is not False and any(camera.color for camera in rig.cameras.values()):
        mains.append(partial(mirror_main, rig, messages, window, beat))
    if stream is not None:
        mains.append(partial(screen_main, rig, messages, stream, beat))
    if headset:
        mains.append(partial(headset_main, messages))
    return mains


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 -- a view's one way to speak


@contextmanager
def _viewing(names: tuple[str, str]) -> Iterator[Channel]:
    """Open the channel; Ctrl-C is the parent's, and a view that fails says so in one line."""
    leave_ctrl_c_to_the_parent()
    try:
        with Channel.attach(names) as channel:
            yield channel
    except MrError as error:
        _say(f"mrcpr: {error} (the session goes on)")
    except Exception as error:
        _say(f"mrcpr: a view ended: {type(error).__name__}: {error} (the session goes on)")
        raise SystemExit(1) from error


def mirror_main(
    rig: Rig,
    messages: Messages,
    window: bool | None,
    beat: Beat | None,
    names: tuple[str, str],
    end: EndWord,
) -> None:
    """Show the mirror in a window until `end` is set."""
    with _viewing(names) as channel:
        # Only who asked for a window is told that there can be none.
        say = _say if window else (lambda _line: None)
        run_mirror_view(
            rig,
            channel.snapshot,
            partial(_picture, channel),
            end,
            window=window,
            messages=messages,
            say=say,
            beat=beat,
        )


def screen_main(
    rig: Rig,
    messages: Messages,
    place: Place,
    beat: Beat | None,
    names: tuple[str, str],
    end: EndWord,
) -> None:
    """Serve the mirror to browsers until `end` is set."""
    with _viewing(names) as channel:
        run_screen_view(
            rig,
            channel.snapshot,
            partial(_picture, channel),
            end,
            place,
            messages=messages,
            beat=beat,
        )


def _picture(channel: Channel) -> CameraPicture | None:
    """Give the newest picture with the newest pose: the mannequin hardly ever moves."""
    picture, snapshot = channel.picture(), channel.snapshot()
    if picture is None or snapshot is None:
        return None
    return picture.bgr, snapshot.world_from_mannequin, picture.camera_id


def headset_main(messages: Messages, names: tuple[str, str], end: EndWord) -> None:
    """Show the scene in the headset until `end` is set."""
    with _viewing(names) as channel:
        run_headset_view(channel.snapshot, end.is_set, say=_say, messages=messages)
