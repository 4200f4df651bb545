"""The live terminal view: what the learner's overlay says, in text.

Takes snapshots, gives a Rich renderable that is redrawn a few times a second; where the
output cannot be redrawn it prints a line every few seconds instead. Words stand beside
colours. Leaves measuring to the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import hypot

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mr.cli.console import Output
from mr.cli.losses import LossLog, is_told
from mr.scoring.items import place_words
from mr.types import Health, Phase, Placing, Snapshot, Targets
from overlays.cues.advice import text_of
from overlays.cues.placing import ask_words, asked
from overlays.guidance import shown
from overlays.messages import ENGLISH, Messages
from overlays.scene import written_cue

BAR_WIDTH = 40
DEPTH_SPAN_MM = 80.0
PLAIN_EVERY_S = 5.0
PANEL_WIDTH = 88
LABEL_WIDTH, GAP = 15, 2
PLACE_STAYS_NS = 1_000_000_000
"""Hands that press nothing have no place: the last one stays for so long."""
QUIET_STREAMS = {"mannequin.clock"}
"""Streams that tell a learner nothing while they are well."""
CTRL_C = "Ctrl-C ends the session and keeps its recording"
ENTER = "Enter starts and stops the session, s Enter marks a shock; Ctrl-C ends it, too"
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
    """Write a number; noise about zero is no negative depth."""
    if value is None:
        return "–"
    return f"{max(value, 0.0):.{digits}f} {unit}"


def _verdict(
    value: float | None, low: float, high: float | None, words: tuple[str, str], target: str
) -> Text:
    if value is None:
        return Text(target, style="dim")
    if value < low:
        text = Text(words[0], style="yellow")
    elif high is not None and value > high:
        text = Text(words[1], style="yellow")
    else:
        text = Text("on target", style="green")
    return text.append(f"  ({target})", style="dim")


def _band(low: float, high: float | None, unit: str) -> str:
    return f"wanted: {low:.0f} to {high:.0f} {unit}" if high else f"wanted: from {low:.0f} {unit}"


def _health_line(health: Health) -> Text:
    # It wraps: the end of a long reason is what to do.
    text = Text(f"{health.stream} ", style="dim", no_wrap=False, overflow="fold")
    text.append(f"{health.state} {health.rate_hz:.0f} Hz", style=_STATE_STYLE[health.state])
    if health.lost:
        text.append(f", {health.lost} lost", style="yellow")
    if health.why:
        text.append(f" ({health.why})", style="dim")
    return text


def _guided_rows(snapshot: Snapshot, targets: Targets) -> Iterator[tuple[str, str, Text]]:
    depth_mm, release_mm = snapshot.last_depth_mm, snapshot.last_release_mm
    yield "depth now", _number(snapshot.depth_mm, "mm"), depth_bar(snapshot)
    yield (
        "last depth",
        _number(depth_mm, "mm", 1),
        _verdict(
            depth_mm,
            targets.depth_low_mm,
            targets.depth_high_mm,
            ("too shallow", "too deep"),
            _band(targets.depth_low_mm, targets.depth_high_mm, "mm"),
        ),
    )
    yield (
        "left at release",
        _number(release_mm, "mm", 1),
        _verdict(
            release_mm,
            float("-inf"),
            targets.release_max_mm,
            ("", "let it rise"),
            f"wanted: at most {targets.release_max_mm:.0f} mm",
        ),
    )
    yield (
        "rate",
        _number(snapshot.rate_cpm, "/min"),
        _verdict(
            snapshot.rate_cpm,
            targets.rate_low_cpm,
            targets.rate_high_cpm,
            ("too slow", "too fast"),
            _band(targets.rate_low_cpm, targets.rate_high_cpm, "/min"),
        ),
    )
    score = Text("so far" if snapshot.score_pct is not None else "comes later", style="dim")
    yield "score", _number(snapshot.score_pct, "%"), score
    yield _hand_row(snapshot.hand_offset_mm, targets.hand_offset_max_mm)


def _hand_row(place_mm: tuple[float, float] | None, most_mm: float) -> tuple[str, str, Text]:
    off_mm = None if place_mm is None else hypot(*place_mm)
    wanted = f"wanted: at most {most_mm:.0f} mm"
    words = _verdict(off_mm, float("-inf"), most_mm, ("", "too far off"), wanted)
    return "hand position", _number(off_mm, "mm"), words


def _place_line(snapshot: Snapshot) -> Text:
    """Say where the hands are, under how far off they are; an empty line keeps the view still."""
    place_mm = snapshot.hand_offset_mm
    words = "" if place_mm is None else place_words(*place_mm)
    return Text(" " * (LABEL_WIDTH + GAP) + words, style="dim")


def _tells_numbers(snapshot: Snapshot) -> bool:
    """Whether this view may tell how it goes: as the others, by the level of guidance."""
    over = snapshot.phase is Phase.FINISHED
    return snapshot.guidance and (snapshot.level == "full" or over)


def _placing_lines(placing: Placing | None, messages: Messages) -> list[Text]:
    """Say how well the headset's place is known, for whoever stands beside its wearer."""
    if placing is None:
        return []
    found, ask = placing.registration, ask_words(messages, placing)
    words = messages(f"placing.{placing.state}")
    if found is not None and found.sigma_m is not None:
        words += f" (±{1000 * found.sigma_m:.1f} mm, {found.n_pairs} looks)"
    style = "green" if placing.state == "ok" else "yellow"
    lines = [Text(f"headset: {words}", style=style)]
    return [*lines, Text(f"headset: {ask}", style=style)] if ask else lines


def _elapsed(elapsed_s: float, planned_s: float | None) -> str:
    planned = f" of {planned_s:.0f}" if planned_s is not None else ""
    return f"{elapsed_s:.0f}{planned} s"


def render(
    snapshot: Snapshot,
    planned_s: float | None = None,
    keys: str = CTRL_C,
    messages: Messages = ENGLISH,
) -> RenderableType:
    """Lay one snapshot out; without guidance it shows the time alone.

    `planned_s` is how long the session will take, where known; `keys` says what keys do,
    `messages` has the words of the advice.
    """
    grid = Table.grid(padding=(0, GAP))
    grid.add_column(justify="right", style="dim", width=LABEL_WIDTH)
    grid.add_column(width=9)
    grid.add_column(no_wrap=True)
    numbers = _tells_numbers(snapshot)
    if numbers:
        grid.add_row("compressions", str(snapshot.n_compressions), Text(snapshot.phase.value))
        for row in _guided_rows(snapshot, snapshot.targets):
            grid.add_row(*row)
    else:
        grid.add_row("time", _elapsed(snapshot.elapsed_s, None))
    may = shown(snapshot)
    cue, advice = Text(""), written_cue(snapshot, may)
    if advice is not None:
        words = text_of(messages, advice.key, snapshot.mode)
        cue = Text(words, style=_SEVERITY_STYLE[advice.severity])
    elif snapshot.phase is Phase.WAITING:
        cue = Text(messages("cue.start_when_ready"), style="cyan")
    elif not snapshot.guidance:
        over = snapshot.phase is Phase.FINISHED
        cue = Text(messages("cue.finished" if over else "panel.assessment"), style="dim")
    lines = [_place_line(snapshot)] if numbers else []
    lines += _placing_lines(asked(snapshot, may), messages)
    lines += [
        _health_line(h)
        for h in snapshot.health
        if (h.state != "ok" or h.stream not in QUIET_STREAMS) and is_told(h, snapshot.health)
    ]
    kind = ENGLISH(f"kind.{snapshot.kind}")
    return Panel(
        Group(cue, grid, *lines),
        title=f"{kind}  {snapshot.mode}  {_elapsed(snapshot.elapsed_s, planned_s)}",
        title_align="left",
        subtitle=keys,
        subtitle_align="left",
        width=PANEL_WIDTH,
    )


def plain_line(snapshot: Snapshot, planned_s: float | None = None, lost: Iterable[str] = ()) -> str:
    """Say one snapshot in one line, for pipes and simple terminals; `lost` names streams."""
    kind = "" if snapshot.kind == "live" else f"{ENGLISH(f'kind.{snapshot.kind}')}, "
    numbers = _tells_numbers(snapshot)
    told = numbers or snapshot.phase in (Phase.WAITING, Phase.FINISHED)
    phase = snapshot.phase.value if told else "under way"
    said = [f"{_elapsed(snapshot.elapsed_s, planned_s):>10}  {kind}{phase}"]
    if numbers and snapshot.n_compressions:
        said.append(f"{snapshot.n_compressions} compressions")
    if numbers and snapshot.last_depth_mm is not None:
        said.append(f"last {_number(snapshot.last_depth_mm, 'mm', 1)} deep")
    if numbers and snapshot.rate_cpm is not None:
        said.append(_number(snapshot.rate_cpm, "/min"))
    said += [f"{name} lost" for name in lost]
    return ", ".join(said)


class LastPlace:
    """Where the hands were last, from one compression to the next."""

    def __init__(self) -> None:
        self._placed: Snapshot | None = None

    def put_into(self, snapshot: Snapshot) -> Snapshot:
        """Give a snapshot the hands' place for a moment after they have let go."""
        if snapshot.hand_offset_mm is not None:
            self._placed = snapshot
            return snapshot
        placed = self._placed
        if placed is None or snapshot.t_ns - placed.t_ns > PLACE_STAYS_NS:
            return snapshot
        return replace(snapshot, hand_offset_mm=placed.hand_offset_mm)


class LiveTerminal:
    """Shows snapshots on a console; make it with `live_terminal`."""

    def __init__(
        self,
        console: Output,
        live: Live | None,
        planned_s: float | None,
        keys: str,
        messages: Messages = ENGLISH,
    ) -> None:
        self._console = console
        self._live = live
        self._planned_s = planned_s
        self._keys = keys
        self._messages = messages
        self._next_plain_s = 0.0
        self._losses = LossLog()
        self._place = LastPlace()

    def show(self, snapshot: Snapshot | None) -> None:
        """Show a snapshot; without a live view one line every few seconds, and each loss."""
        if snapshot is None:
            return
        for elapsed_s, words in self._losses.see(snapshot):
            if self._live is None:
                line = f"{_elapsed(elapsed_s, self._planned_s):>10}  {words}"
                self._console.prose(escape(line))
        if self._live is not None:
            shown = self._place.put_into(snapshot)
            self._live.update(render(shown, self._planned_s, self._keys, self._messages))
        elif snapshot.elapsed_s >= self._next_plain_s:
            self._next_plain_s = snapshot.elapsed_s + PLAIN_EVERY_S
            line = plain_line(snapshot, self._planned_s, self._losses.lost)
            self._console.print(line, markup=False)

    def print_losses(self) -> None:
        """Say which streams were silent, and when: nothing where none was."""
        for line in self._losses.summary():
            self._console.prose(f"[yellow]![/] {escape(line)}")


@contextmanager
def live_terminal(
    console: Output,
    planned_s: float | None = None,
    keys: str = CTRL_C,
    messages: Messages = ENGLISH,
) -> Iterator[LiveTerminal]:
    """Open the live view on a console for the time of a session.

    What was lost stays on the console after it, also when Ctrl-C ended it.
    """
    with ExitStack() as stack:
        live = None
        if console.can_redraw:
            live = Live(console=console, refresh_per_second=12, transient=True)
        terminal = LiveTerminal(console, live, planned_s, keys, messages)
        stack.callback(terminal.print_losses)
        if live is not None:
            stack.enter_context(live)  # it is gone before the losses are printed
        yield terminal
