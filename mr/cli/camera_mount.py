"""`mrcpr camera mount`: hang a camera, and see at once whether its place is good.

Takes frames of a live, recorded or simulated camera as they come, gives a live table (or
lines, or JSON), a picture and an exit code; leaves the judging to `mr.tracking.mount`.
"""

from __future__ import annotations

import json as json_format
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated

import cv2
import typer
from rich.live import Live

from mr.cli.camera_picture import Picture, draw_mount
from mr.cli.camera_screen import as_data, name_of, plain_line, render
from mr.cli.camera_sources import MountSource, chosen, simulated
from mr.cli.console import Output
from mr.cli.options import WindowOption
from mr.clock.host import NowNs, host_now_ns
from mr.clock.ticks import TickClock
from mr.errors import ConfigError
from mr.rig import load_rig
from mr.session.signals import noted
from mr.sim.rig import CameraPlace
from mr.tracking.mount import MountReport, MountWatch
from mr.types import ColorFrame, DepthFrame, EndOfStream
from overlays.mirror import save_png, why_no_window

POLL_S = 0.004
STEP_NS = 100_000_000
REDRAW_S = 0.25
PLAIN_EVERY_S = 2.0
PICTURE_EVERY_S = 1.0
WINDOW = "MR-CPR: camera mount"


class Watcher:
    """One camera that is looked through; `poll` often, ask for the report at any time."""

    def __init__(self, source: MountSource, paced: bool) -> None:
        """Begin; the source's device is open. `paced` plays a file no faster than it was."""
        self.info = source.device.info
        self.name = name_of(self.info)
        self.last: DepthFrame | None = None
        self._device = source.device
        self._watch: MountWatch = source.watch()
        self._ticks_per_s = {s.name: s.ticks_per_s for s in self.info.streams}
        self._clock: TickClock | None = None
        self._is_file = source.is_file
        self._paced = paced and source.is_file
        self._stepped = source.stepped
        self._now: NowNs = source.stepped or host_now_ns
        self._begun_ns = self._now()
        self._first_ns: int | None = None
        self._t_ns = 0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start, on the camera's clock for a file."""
        if not self._is_file:
            return (self._now() - self._begun_ns) * 1e-9
        return 0.0 if self._first_ns is None else (self._t_ns - self._first_ns) * 1e-9

    def rest(self) -> None:
        """Leave the processor to others until something may have come; a file never waits."""
        if self._stepped is not None:
            self._stepped.advance(STEP_NS)
        elif not self._is_file:
            time.sleep(POLL_S)

    def poll(self) -> None:
        """Take in what has come; `EndOfStream` at a file's end."""
        for sample in self._device.poll():
            if not isinstance(sample, DepthFrame | ColorFrame):
                continue
            if self._clock is None:
                self._clock = TickClock(self._ticks_per_s[sample.arrival.stream])
            self._clock.arrival(sample.arrival)
            stamp = self._clock.stamp(sample.arrival.device_ticks)
            if stamp is None:
                continue
            self._t_ns = stamp.t_ns
            if self._first_ns is None:
                self._first_ns = stamp.t_ns
            self._keep_pace()
            self._watch.step(sample, stamp.t_ns)
            if isinstance(sample, DepthFrame):
                self.last = sample

    def _keep_pace(self) -> None:
        if self._paced and self._first_ns is not None:
            early_s = (self._t_ns - self._first_ns - (host_now_ns() - self._begun_ns)) * 1e-9
            time.sleep(max(0.0, min(early_s, 1.0)))

    def report(self) -> MountReport:
        """Say how the camera is mounted."""
        return self._watch.report()

    def picture(self, report: MountReport) -> Picture | None:
        """Draw the newest depth frame; None before one came."""
        if self.last is None:
            return None
        return draw_mount(self.last, self._watch.camera, self._watch.view, report, self.name)


def reports(
    watcher: Watcher, seconds: float | None, every_s: float, asked: Event
) -> Iterator[MountReport]:
    """Give a report every so often, until asked to end, or the time or recording is over."""
    next_s = time.monotonic()
    while not asked.is_set() and (seconds is None or watcher.elapsed_s < seconds):
        try:
            watcher.poll()
        except EndOfStream:
            return
        watcher.rest()
        if watcher.last is not None and time.monotonic() >= next_s:
            next_s = time.monotonic() + every_s
            yield watcher.report()


class Pictures:
    """Where pictures of the mount go: a file, a window, both or nowhere."""

    def __init__(self, path: Path | None, window: bool) -> None:
        self._path, self._window = path, window
        self._next_s = 0.0

    def show(self, watcher: Watcher, report: MountReport, last: bool = False) -> None:
        """Draw a report where it is time to, the last one always."""
        due = last or time.monotonic() >= self._next_s
        if not (self._window or (self._path is not None and due)):
            return
        picture = watcher.picture(report)
        if picture is None:
            return
        if self._window:
            cv2.imshow(WINDOW, picture)
            cv2.waitKey(1)
        if self._path is not None and due:
            self._next_s = time.monotonic() + PICTURE_EVERY_S
            save_png(self._path, picture)


@contextmanager
def pictures(console: Output, path: Path | None, window: bool | None) -> Iterator[Pictures]:
    """Open the window, where one is wanted and can be."""
    why = "it is not wanted" if window is False else why_no_window()
    if why and window:
        console.print(f"no window: {why}; --picture writes the picture to a file", markup=False)
    if not why:
        cv2.namedWindow(WINDOW, cv2.WINDOW_AUTOSIZE)
    try:
        yield Pictures(path, not why)
    finally:
        if not why:
            cv2.destroyAllWindows()


def mount(
    serial: Annotated[
        str | None, typer.Option(metavar="SERIAL", help="Of the camera; default: the only one.")
    ] = None,
    rig: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A rig.toml: its camera and markers.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(metavar="ID", help="Which of the rig's cameras.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A recording (.db3, .bag) in its place.")
    ] = None,
    sim: Annotated[bool, typer.Option("--sim", help="Try it with a simulated camera.")] = False,
    distance: Annotated[
        float, typer.Option(metavar="M", min=0.3, max=2, help="Of the simulated camera.")
    ] = 0.70,
    tilt: Annotated[
        float, typer.Option(metavar="DEG", min=0, max=75, help="Of the simulated camera.")
    ] = 30.0,
    azimuth: Annotated[
        float, typer.Option(metavar="DEG", help="0: the mannequin's left, 90: its head end.")
    ] = 0.0,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", min=0.1, help="Stop after this; default: Ctrl-C.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep a picture up to date in this .png.")
    ] = None,
    window: WindowOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the last report as JSON.")] = False,
) -> None:
    """Say whether a camera is mounted well, and what to do.

    Hang it, let someone press the chest for 10 s, and read the verdict. Ctrl-C
    ends it. Ends with 0 when the place is good or usable, else with 2.
    """
    console = Output(stderr=json)
    live = (console.can_redraw and not json) or bool(window)
    place = CameraPlace(distance, tilt, azimuth) if sim else None
    source = _source(place, live, serial, rig, camera, file)
    with ExitStack() as stack:
        stack.enter_context(source.device)
        watcher = Watcher(source, paced=live)
        drawn = stack.enter_context(pictures(console, picture, False if json else window))
        with noted(signal.SIGINT) as asked:
            _follow(console, watcher, drawn, seconds, asked, quiet=json)
        if asked.is_set():
            console.print()  # the terminal wrote ^C
        report = watcher.report()
        drawn.show(watcher, report, last=True)
    if json:
        data = as_data(report, watcher.info, watcher.elapsed_s)
        typer.echo(json_format.dumps(data, indent=2, ensure_ascii=False))
    else:
        console.print(render(report, watcher.name, watcher.elapsed_s))
    if report.verdict not in ("good", "usable"):
        raise typer.Exit(2)


def _source(
    simulated_at: CameraPlace | None,
    live: bool,
    serial: str | None,
    rig: Path | None,
    camera_id: str | None,
    file: Path | None,
) -> MountSource:
    """Choose the camera, refusing what contradicts itself."""
    if simulated_at is not None:
        if rig or serial or file or camera_id:
            raise ConfigError(
                "--sim has a camera of its own: leave out --rig, --serial, --camera and --file"
            )
        return simulated(simulated_at, live)
    if file is not None and serial is not None:
        raise ConfigError("a recording needs no --serial: leave it out, or --file")
    loaded = None if rig is None else load_rig(rig)
    return chosen(loaded, camera_id, serial, file)


def _follow(
    console: Output,
    watcher: Watcher,
    drawn: Pictures,
    seconds: float | None,
    asked: Event,
    quiet: bool,
) -> None:
    """Show reports until it is asked to end, or the time or the recording is over."""
    if quiet or not console.can_redraw:
        said_s = -PLAIN_EVERY_S
        for report in reports(watcher, seconds, REDRAW_S, asked):
            drawn.show(watcher, report)
            if not quiet and watcher.elapsed_s - said_s >= PLAIN_EVERY_S:
                said_s = watcher.elapsed_s
                console.print(plain_line(report, watcher.elapsed_s), markup=False)
        return
    keys = "Ctrl-C ends it" if seconds is None else f"for {seconds:g} s; Ctrl-C ends it"
    with Live(console=console, auto_refresh=False, transient=True) as screen:
        for report in reports(watcher, seconds, REDRAW_S, asked):
            drawn.show(watcher, report)
            screen.update(render(report, watcher.name, watcher.elapsed_s, keys), refresh=True)
