"""`mrcpr mannequin watch`: press, and see which channel moves.

Takes the mannequin's samples as they come, gives raw counts as bars, or as lines where
the output cannot be redrawn; leaves what counts mean to the rig.
"""

from __future__ import annotations

import json as json_format
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mr.cli.console import Output
from mr.cli.mannequin_port import PortOption
from mr.cli.mannequin_reset import detail_words
from mr.clock.host import host_now_ns
from mr.devices.mannequin.find import resolve_port
from mr.devices.mannequin.follow import MannequinCounters
from mr.devices.mannequin.source import MannequinSource
from mr.types import MannequinFrame
from mr.wire import AIRWAY_UNKNOWN

CHANNELS = ("chest", "cell 0", "cell 1", "cell 2", "cell 3", "airway")
POLL_S = 0.01
REDRAW_S = 0.05
PLAIN_EVERY_S = 1.0
JSON_EVERY_S = 0.1
RATE_WINDOW_S = 1.0
BAR_WIDTH = 34
RESTARTS_SHOWN = 3
CAUSE_SURE_S = 0.3
"""A HELLO that was damaged is asked for again; until then the cause known is the old one."""
MOVED_COUNTS = 8
"""Less is noise."""
AIRWAY_SPAN_COUNTS = 200
"""The airway's bar shows at least so many counts to either side of its start."""


@dataclass
class Watched:
    """What the channels have shown since the start."""

    top_counts: int
    now: tuple[int, ...] = ()
    least: list[int] = field(default_factory=list)
    most: list[int] = field(default_factory=list)
    first: tuple[int, ...] = ()
    frames: int = 0

    def take(self, frame: MannequinFrame) -> None:
        """Note one sample; a silent airway sensor moves nothing."""
        self.now = (frame.chest_counts, *frame.force_counts, frame.airway_counts)
        if not self.first:
            self.first, self.least, self.most = self.now, list(self.now), list(self.now)
        elif self.first[-1] == AIRWAY_UNKNOWN != self.now[-1]:
            self.first = (*self.first[:-1], self.now[-1])
            self.least[-1] = self.most[-1] = self.now[-1]
        for k, counts in enumerate(self.now):
            if counts != AIRWAY_UNKNOWN:
                self.least[k] = min(self.least[k], counts)
                self.most[k] = max(self.most[k], counts)
        self.frames += 1

    def moved(self, k: int) -> int:
        """Tell over how many counts a channel has moved."""
        return self.most[k] - self.least[k]


@dataclass(frozen=True, slots=True)
class View:
    """What is shown at one instant."""

    elapsed_s: float
    rate_hz: float | None
    """None in the first second."""
    watched: Watched
    counters: MannequinCounters
    reset_cause: str
    """Why it last started, in words."""
    restarted_s: float = 0.0
    """When its last restart was noticed, if there was one."""


def bar(watched: Watched, k: int) -> Text:
    """Draw one channel's place between the ends of its converter, and where it has been."""
    low, high = 0, watched.top_counts
    if k == len(CHANNELS) - 1:
        middle = watched.first[k]
        reach = max(watched.most[k] - middle, middle - watched.least[k], AIRWAY_SPAN_COUNTS)
        low, high = middle - reach, middle + reach

    def cell(counts: int) -> int:
        share = (counts - low) / (high - low)
        return min(max(round(share * (BAR_WIDTH - 1)), 0), BAR_WIDTH - 1)

    now = cell(watched.now[k])
    been = range(cell(watched.least[k]), cell(watched.most[k]) + 1)
    text = Text()
    for place in range(BAR_WIDTH):
        if place == now:
            text.append("█", style="bold cyan")
        else:
            text.append("▒" if place in been else "·", style="" if place in been else "dim")
    return text


def render(view: View, name: str, keys: str, restarted: Sequence[str] = ()) -> RenderableType:
    """Lay one instant out in 80 columns; `restarted` are the last lines about restarts."""
    watched = view.watched
    table = Table(box=None, pad_edge=False)
    for heading in ("channel", "now", "least", "most"):
        table.add_column(heading, justify="left" if heading == "channel" else "right", width=7)
    table.add_column(f"0 to {watched.top_counts}; airway about its start", width=BAR_WIDTH)
    table.add_column("", width=7, no_wrap=True)
    for k, channel in enumerate(CHANNELS):
        if watched.now[k] == AIRWAY_UNKNOWN:
            table.add_row(channel, "silent", "", "", Text("·" * BAR_WIDTH, style="dim"), "")
            continue
        word = "[green]✓ moved[/]" if watched.moved(k) > MOVED_COUNTS else "[dim]– still[/]"
        numbers = (str(n) for n in (watched.now[k], watched.least[k], watched.most[k]))
        table.add_row(channel, *numbers, bar(watched, k), word)
    return Group(
        Text(name, no_wrap=False, overflow="fold"),
        Text(f"{_rate_words(view)}, {link_words(view.counters)}"),
        *(Text(line, style="yellow") for line in restarted),
        table,
        Text(keys, style="dim"),
    )


def _rate_words(view: View) -> str:
    return f"{'…' if view.rate_hz is None else f'{view.rate_hz:.0f}'} Hz"


def link_words(counters: MannequinCounters) -> str:
    """Say what has gone wrong since the start."""
    c = counters
    restarts = f"{c.restarts} restart{'' if c.restarts == 1 else 's'}"
    return f"{c.lost} lost, {c.crc_errors} CRC errors, {c.framing_errors} damaged, {restarts}"


def _stamped(elapsed_s: float, words: str) -> str:
    return f"{elapsed_s:6.1f} s  {words}"


@dataclass
class RestartWatch:
    """Tells each restart once, as soon as its cause is sure."""

    told: int = 0

    def line(self, view: View) -> str | None:
        """Give a line when the mannequin has started anew since the last one."""
        new = view.counters.restarts - self.told
        if new <= 0 or view.elapsed_s - view.restarted_s < CAUSE_SURE_S:
            return None
        self.told = view.counters.restarts
        times = "" if new == 1 else f" {new} times, lastly"
        return _stamped(view.restarted_s, f"restarted{times}: {view.reset_cause}")


def plain_line(view: View) -> str:
    """Say the counts of one instant in one line, for pipes and simple terminals."""
    chest, *cells, airway = view.watched.now
    blown = "silent" if airway == AIRWAY_UNKNOWN else str(airway)
    numbers = f"chest {chest}, cells {' '.join(map(str, cells))}, airway {blown}"
    return _stamped(view.elapsed_s, f"{numbers}; {_rate_words(view)}")


def plain_lines(seen: Iterator[View]) -> Iterator[str]:
    """Say all in lines of 80 columns: counts at each instant, the link's when they change."""
    restarts, said = RestartWatch(), ""
    for view in seen:
        if restarted := restarts.line(view):
            yield restarted
        if (words := link_words(view.counters)) != said:
            said = words
            yield _stamped(view.elapsed_s, words)
        yield plain_line(view)


def json_line(view: View) -> str:
    """Write one instant as one line of JSON."""
    chest, *cells, airway = view.watched.now
    data: dict[str, Any] = {
        "schema": "mrcpr.mannequin-watch/1",
        "t_s": round(view.elapsed_s, 3),
        "chest_counts": chest,
        "force_counts": cells,
        "airway_counts": None if airway == AIRWAY_UNKNOWN else airway,
        "rate_hz": None if view.rate_hz is None else round(view.rate_hz, 1),
        "frames": view.watched.frames,
        "lost": view.counters.lost,
        "crc_errors": view.counters.crc_errors,
        "framing_errors": view.counters.framing_errors,
        "restarts": view.counters.restarts,
        "reset_cause": view.reset_cause,
    }
    return json_format.dumps(data)


def views(source: MannequinSource, seconds: float | None, every_s: float) -> Iterator[View]:
    """Give what is to be shown, every so often, until the time is over."""
    watched = Watched((1 << int(source.info.details["adc_bits"])) - 1)
    begun_ns = marked_ns = host_now_ns()
    marked_frames, rate_hz, next_s = 0, None, 0.0
    restarts, restarted_s = 0, 0.0
    while seconds is None or (host_now_ns() - begun_ns) / 1e9 < seconds:
        for sample in source.poll():
            if isinstance(sample, MannequinFrame):
                watched.take(sample)
        now_ns = host_now_ns()
        if (window_s := (now_ns - marked_ns) / 1e9) >= RATE_WINDOW_S:
            rate_hz = (watched.frames - marked_frames) / window_s
            marked_ns, marked_frames = now_ns, watched.frames
        elapsed_s = (now_ns - begun_ns) / 1e9
        counters = source.counters
        if counters.restarts > restarts:
            restarts, restarted_s = counters.restarts, elapsed_s
        if watched.now and elapsed_s >= next_s:
            next_s = elapsed_s + every_s
            cause = detail_words(source.info.details["reset_cause"])
            yield View(elapsed_s, rate_hz, watched, counters, cause, restarted_s)
        time.sleep(POLL_S)


def watch(
    seconds: Annotated[
        float | None, typer.Option(metavar="S", min=0.1, help="Stop after this; default: Ctrl-C.")
    ] = None,
    rate: Annotated[
        int | None, typer.Option(metavar="HZ", help="Samples a second; default: as it does.")
    ] = None,
    port: PortOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print ten lines of JSON a second.")] = False,
) -> None:
    """Show all channels' counts: press, and see what moves."""
    console = Output()
    path = resolve_port(port)
    source = MannequinSource(path, sample_rate_hz=rate)
    try:
        with source:
            name = f"mannequin {source.info.serial} on {path}"
            if json:
                for view in views(source, seconds, JSON_EVERY_S):
                    typer.echo(json_line(view))
            elif console.can_redraw:
                _draw(console, source, seconds, name)
            else:
                console.print(escape(name))
                for line in plain_lines(views(source, seconds, PLAIN_EVERY_S)):
                    console.print(line, markup=False)
    except KeyboardInterrupt:
        if seconds is not None:
            raise


def _draw(console: Output, source: MannequinSource, seconds: float | None, name: str) -> None:
    keys = "Ctrl-C ends it" if seconds is None else f"for {seconds:g} s; Ctrl-C ends it"
    restarts, lines = RestartWatch(), deque[str](maxlen=RESTARTS_SHOWN)
    with Live(console=console, auto_refresh=False) as live:
        for view in views(source, seconds, REDRAW_S):
            if restarted := restarts.line(view):
                lines.append(restarted)
            live.update(render(view, name, keys, lines), refresh=True)
