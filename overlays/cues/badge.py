"""The head line: the source's kind, always; then phase, mode, health and the time.

The kind is that of every stream in use: one simulated stream among live ones is named,
so that simulated numbers can never pass for real ones.
"""

from __future__ import annotations

from mr.types import Health
from overlays.cues.context import Context
from overlays.cues.tile import EM_WIDTH, Box, shorten
from overlays.primitives import PanelItem, Rect, Text
from overlays.theme import SYMBOLS, over

SIZE_PX = 23.0
_KINDS = ("live", "replay", "sim")


def _pill_px(text: str) -> float:
    return (EM_WIDTH + 0.08) * SIZE_PX * len(text) + 28


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
        x_px += EM_WIDTH * SIZE_PX * len(phase) + 26
    mode_key = f"mode.{snapshot.mode}"
    mode = messages(mode_key) if mode_key in messages else snapshot.mode
    items.append(Text(x_px, baseline_px, mode, SIZE_PX, theme.muted))
    x_px += EM_WIDTH * SIZE_PX * len(mode) + 20
    return items + _health(context, x_px, box.right_px - 100, baseline_px)


def clock(elapsed_s: float) -> str:
    """Write a time as minutes and seconds."""
    seconds = max(0, int(elapsed_s))
    return f"{seconds // 60}:{seconds % 60:02d}"


def _health(context: Context, from_px: float, to_px: float, baseline_px: float) -> list[PanelItem]:
    """Name the worst stream that is not well, and count the others."""
    order = ("lost", "degraded", "absent")
    ill = sorted(
        (h for h in context.snapshot.health if h.state in order), key=lambda h: order.index(h.state)
    )
    if not ill or to_px - from_px < 120:
        return []
    theme = context.theme
    text = f"{SYMBOLS['warning']} {_name(context, ill[0])}"
    more = f" {context.messages('panel.more', n=len(ill) - 1)}" if len(ill) > 1 else ""
    room_px = to_px - from_px - EM_WIDTH * SIZE_PX * len(more)
    color = over(theme.muted, theme.sheet) if ill[0].state == "absent" else theme.warning
    fits = shorten(text, SIZE_PX, room_px) + more
    return [Text(to_px, baseline_px, fits, SIZE_PX, color, "right", bold=True)]


def _name(context: Context, health: Health) -> str:
    state = context.messages(f"state.{health.state}")
    if health.why:
        return context.messages(
            "panel.health_why", stream=health.stream, state=state, why=health.why
        )
    return context.messages("panel.health", stream=health.stream, state=state)
