"""The view processes: the mirror's window, its page for browsers, and the headset.

Takes a channel's names, shows its newest snapshot until it is asked to end; leaves the
drawing to `overlays`. These run as processes of their own: they may stall, fail or end
at will, and the session goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection

from rich.markup import escape

from mr.cli.console import Output
from mr.errors import MrError
from mr.rig import Rig
from mr.session.headset import STOP, HeadsetTeller
from mr.session.processes import HeadsetView, ViewMain
from mr.session.shared import Channel
from mr.session.signals import EndWord, leave_ctrl_c_to_the_parent
from overlays.beat import Beat
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.mirror import CameraPicture, run_mirror_view
from overlays.screen.server import Place
from overlays.screen.view import run_screen_view
from overlays.xr.probe import probe_apart
from overlays.xr.rig_view import RigView
from overlays.xr.training import Settings, Training
from overlays.xr.view import GOES_ON, run_headset_view
from overlays.xr.worn import WornTime


def view_mains(rig: Rig, shown: Shown, views: Views) -> Sequence[ViewMain]:
    """Give the views of a session besides the headset."""
    mains: list[ViewMain] = []
    if views.window is not False and any(camera.color for camera in rig.cameras.values()):
        mains.append(partial(mirror_main, rig, shown, views.window))
    if views.stream is not None:
        mains.append(partial(screen_main, rig, shown, views.stream))
    return mains


@dataclass(frozen=True, slots=True)
class Shown:
    """How everything of a session is shown, on all its views."""

    messages: Messages = ENGLISH
    look: Look = field(default_factory=Look)
    beat: Beat | None = None
    """The metronome's, the same for all that is seen and heard."""


@dataclass(frozen=True, slots=True)
class Views:
    """Where a session is shown besides the terminal."""

    window: bool | None = None
    """The mirror's window; None: where there is a display."""
    stream: Place | None = None
    """Where browsers are served the mirror."""
    headset: bool = False
    passthrough: str | None = None
    """How the headset shows the room; None: the best that its runtime offers."""
    comfort: bool = True
    """Whether its wearer is asked how they feel, before and after."""


def headset_view(rig: Rig, shown: Shown, passthrough: str | None, console: Output) -> HeadsetView:
    """Look for the headset now, say what works and what does not, and give its view."""
    found = probe_apart()
    if found.usable and found.passthrough is not None:
        console.prose(escape(f"headset: {found.headset_name} on {found.runtime_name}"))
    else:
        console.prose(f"[yellow]![/] {escape(found.why)} ({GOES_ON}; it may still come)")
    return HeadsetView(partial(headset_main, rig, shown, passthrough), found.headset_name or "")


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
    rig: Rig, shown: Shown, window: bool | None, names: tuple[str, str], end: EndWord
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
            look=shown.look,
            messages=shown.messages,
            say=say,
            beat=shown.beat,
        )


def screen_main(rig: Rig, shown: Shown, place: Place, names: tuple[str, str], end: EndWord) -> None:
    """Serve the mirror to browsers until `end` is set."""
    with _viewing(names) as channel:
        run_screen_view(
            rig,
            channel.snapshot,
            partial(_picture, channel),
            end,
            place,
            shown.look,
            shown.messages,
            shown.beat,
        )


def _picture(channel: Channel) -> CameraPicture | None:
    """Give the newest picture with the newest pose: the mannequin hardly ever moves."""
    picture, snapshot = channel.picture(), channel.snapshot()
    if picture is None or snapshot is None:
        return None
    return picture.bgr, snapshot.world_from_mannequin, picture.camera_id


def headset_main(
    rig: Rig,
    shown: Shown,
    passthrough: str | None,
    told: Connection,
    names: tuple[str, str],
    end: EndWord,
) -> None:
    """Show the scene in the headset until `end` is set, and tell what it senses."""
    teller = HeadsetTeller(told)
    settings, worn = Settings(shown.look, shown.messages, shown.beat), WornTime()
    with _viewing(names) as channel:
        picture = RigView(
            rig,
            channel.snapshot,
            partial(_picture, channel),
            shown.look,
            shown.messages,
            shown.beat,
        )
        run_headset_view(
            lambda: Training(channel.snapshot, settings, lambda: teller.word(STOP), worn),
            end.is_set,
            picture=picture if any(camera.color for camera in rig.cameras.values()) else None,
            passthrough=passthrough,
            teller=teller,
            say=lambda line: _say(f"mrcpr: {line}"),
        )
