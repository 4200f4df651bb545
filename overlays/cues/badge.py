"""The head line: the source's kind, always; then the phase, the mode or what is ill, and the time.

The kind is that of every stream in use: one simulated stream among live ones is named,
so that simulated numbers can never pass for real ones.
"""

from __future__ import annotations

from mr.types import Health
from overlays.cues.context import Context
from overlays.cues.tile import BOLD_EM_WIDTH, EM_WIDTH, LEAST_PX, Box, shorten
from overlays.messages import ENGLISH
from overlays.primitives import PanelItem, Rect, Text
from overlays.theme import SYMBOLS

SIZE_PX = 23.0
_KINDS = ("live", "replay", "sim")


def _pill_px(text: str) -> float:
    return (BOLD_EM_WIDTH + 0.04) * SIZE_PX * len(text) + 28


def kinds_text(context: Context) -> str:
    """Name every kind of source that stands behind the numbers."""
    snapshot = context.snapshot
    present = {snapshot.kind} | {h.kind for h in snapshot.health if h.state != "absent"}
    return " + ".join(context.messages(f"kind.{kind}") for kind in _KINDS if kind in present)


def line(context: Context, box: Box) -> list[PanelItem]:
    """Draw the head line; in an assessment it is all that is drawn, save the clock."""
    theme, messages, snapshot = context.theme, context.messages, context.snapshot
    baseline_px = box.y_px + box.height_px / 2 + 0.36 * SIZE_PX
    kind = kinds_text(context)
    width_px = _pill_px(kind)
    x_px = box.x_px + width_px + 18
    items: list[PanelItem] = [
        Rect(box.x_px, box.y_px, width_px, box.height_px, theme.text, box.height_px / 2),
        Text(box.x_px + width_px / 2, baseline_px, kind, SIZE_PX, theme.ink, "center", bold=True),
        Text(
            box.right_px,
            baseline_px,
            clock(snapshot.elapsed_s),
            SIZE_PX + 5,
            theme.text,
            "right",
            bold=True,
        ),
    ]
    if snapshot.guidance:
        phase = messages(f"phase.{snapshot.phase}")
        items.append(Text(x_px, baseline_px, phase, SIZE_PX, theme.text, bold=True))
        x_px += BOLD_EM_WIDTH * SIZE_PX * len(phase) + 22
    right_px = box.right_px - BOLD_EM_WIDTH * (SIZE_PX + 5) * len(clock(snapshot.elapsed_s)) - 24
    ill = _ill(context)
    if ill:
        return items + _health(context, ill, (x_px, right_px), baseline_px)
    mode_key = f"mode.{snapshot.mode}"
    mode = messages(mode_key) if mode_key in messages else snapshot.mode
    fits = shorten(mode, SIZE_PX, right_px - x_px)
    return [*items, Text(x_px, baseline_px, fits, SIZE_PX, theme.muted)]


def clock(elapsed_s: float) -> str:
    """Write a time as minutes and seconds."""
    seconds = max(0, int(elapsed_s))
    return f"{seconds // 60}:{seconds % 60:02d}"


def _ill(context: Context) -> list[Health]:
    """Give the streams that should run and do not run well, the worst first."""
    order = ("lost", "degraded")
    ill = [h for h in context.snapshot.health if h.state in order]
    return sorted(ill, key=lambda h: order.index(h.state))


def _health(
    context: Context, ill: list[Health], room_px: tuple[float, float], baseline_px: float
) -> list[PanelItem]:
    """Name the worst stream that is not well, and count the others.

    Its why is told where all of it has room: half a reason helps nobody, and the terminal has it.
    """
    messages = context.messages
    worst, state = ill[0], messages(f"state.{ill[0].state}")
    more = f" {messages('panel.more', n=len(ill) - 1)}" if len(ill) > 1 else ""
    size_px = LEAST_PX
    width_px = room_px[1] - room_px[0] - EM_WIDTH * size_px * len(more)
    stream, sign = messages.stream(worst.stream), SYMBOLS["warning"]
    text = f"{sign} {messages('panel.health', stream=stream, state=state)}"
    if worst.why and messages.language == ENGLISH.language:  # reasons are written in English
        words = messages("panel.health_why", stream=stream, state=state, why=worst.why)
        whole = f"{sign} {words}"
        text = whole if shorten(whole, size_px, width_px) == whole else text
    text = shorten(text, size_px, width_px) + more
    return [Text(room_px[1], baseline_px, text, size_px, context.theme.warning, "right")]
