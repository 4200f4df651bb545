"""The live terminal view: what the learner's overlay says, in text.

Takes snapshots, gives a Rich renderable that is redrawn a few times a second; where the
output is no terminal it prints a line every few seconds instead. Words stand beside
colours. Leaves measuring to the session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mr.types import Health, Snapshot
from overlays.messages import ENGLISH

BAR_WIDTH = 40
DEPTH_SPAN_MM = 80.0
PLAIN_EVERY_S = 5.0
_SEVERITY_STYLE = {"good": "green", "hint": "cyan", "warning": "bold yellow"}
_STATE_STYLE = {"ok": "green", "degraded": "yellow", "lost": "bold red", "absent": "dim"}


def depth_bar(snapshot: Snapshot) -> Text:
    """Draw the chest's depth as a bar with its target band."""
    targets = snapshot.targets
    high_mm = targets.depth_high_mm or DEPTH_SPAN_MM

    def cell(mm: float) -> int:
        return round(min(max(mm / DEPTH_SPAN_MM, 0.0), 1.0) * BAR_WIDTH)

    filled = cell(snapshot.depth_mm) if snapshot.depth_mm is not None else 0
    low, high = cell(targets.depth_low_mm), cell(high_mm)
    text = Text()
    for k in range(BAR_WIDTH):
        inside = low <= k < high
        glyph = "█" if k < filled else ("▒" if inside else "·")
        text.append(glyph, style="green" if inside else "blue" if k < filled else "dim")
    return text


def _number(value: float | None, unit: str, digits: int = 0) -> str:
    return f"{value:.{digits}f} {unit}" if value is not None else "–"


def _verdict(value: float | None, low: float, high: float | None, words: tuple[str, str]) -> Text:
    if value is None:
        return Text("unknown", style="dim")
    if value < low:
        return Text(words[0], style="yellow")
    if high is not None and value > high:
        return Text(words[1], style="yellow")
    return Text("on target", style="green")


def _health_line(health: Health) -> Text:
    text = Text(f"{health.stream} ", style="dim")
    text.append(f"{health.state} {health.rate_hz:.0f} Hz", style=_STATE_STYLE[health.state])
    if health.lost:
        text.append(f", {health.lost} lost", style="yellow")
    if health.why:
        text.append(f" ({health.why})", style="dim")
    return text


def render(snapshot: Snapshot) -> RenderableType:
    """Lay one snapshot out."""
    targets = snapshot.targets
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", style="dim", min_width=10)
    grid.add_column(min_width=10)
    grid.add_column()
    grid.add_row("count", str(snapshot.n_compressions), Text(snapshot.phase.value))
    if snapshot.guidance:
        depth_words = ("too shallow", "too deep")
        grid.add_row("depth now", _number(snapshot.depth_mm, "mm"), depth_bar(snapshot))
        grid.add_row(
            "last depth",
            _number(snapshot.last_depth_mm, "mm", 1),
            _verdict(
                snapshot.last_depth_mm, targets.depth_low_mm, targets.depth_high_mm, depth_words
            ),
        )
        grid.add_row(
            "rate",
            _number(snapshot.rate_cpm, "/min"),
            _verdict(
                snapshot.rate_cpm,
                targets.rate_low_cpm,
                targets.rate_high_cpm,
                ("too slow", "too fast"),
            ),
        )
        grid.add_row(
            "release",
            _number(snapshot.last_release_mm, "mm left", 1),
            _verdict(snapshot.last_release_mm, -1e9, targets.release_max_mm, ("", "let it rise")),
        )
        grid.add_row("score", _number(snapshot.score_pct, "%"), Text("so far", style="dim"))
    cue = Text("")
    if snapshot.cue is not None:
        words = ENGLISH(f"cue.{snapshot.cue.key}")
        cue = Text(words, style=_SEVERITY_STYLE[snapshot.cue.severity])
    health = Group(*(_health_line(h) for h in snapshot.health))
    title = f"{ENGLISH(f'kind.{snapshot.kind}')}  {snapshot.mode}  {snapshot.elapsed_s:5.1f} s"
    return Panel(Group(cue, grid, health), title=title, title_align="left", width=88)


class LiveTerminal:
    """Shows snapshots on a console; make it with `live_terminal`."""

    def __init__(self, console: Console, live: Live | None) -> None:
        self._console = console
        self._live = live
        self._next_plain_s = 0.0

    def show(self, snapshot: Snapshot | None) -> None:
        """Show a snapshot; without a terminal one line every few seconds."""
        if snapshot is None:
            return
        if self._live is not None:
            self._live.update(render(snapshot))
        elif snapshot.elapsed_s >= self._next_plain_s:
            self._next_plain_s = snapshot.elapsed_s + PLAIN_EVERY_S
            self._console.print(
                f"{snapshot.elapsed_s:5.1f} s  {snapshot.phase.value:<12} "
                f"{snapshot.n_compressions:3d} compressions  "
                f"{_number(snapshot.last_depth_mm, 'mm', 1):>8}  "
                f"{_number(snapshot.rate_cpm, '/min'):>8}"
            )


@contextmanager
def live_terminal(console: Console) -> Iterator[LiveTerminal]:
    """Open the live view on a console for the time of a session."""
    if not console.is_terminal:
        yield LiveTerminal(console, None)
        return
    with Live(console=console, refresh_per_second=12, transient=True) as live:
        yield LiveTerminal(console, live)
