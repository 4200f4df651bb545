"""Where the headset stands with its place: how far to trust what lies on the mannequin.

Takes `mr.types.Placing`, gives the alpha of all that is registered, and a card for below
the panel that says it in words, shows what to do by a small picture, and how far that is
done. Rather nothing on the chest than something in the wrong place. A rig's camera knows
its own place, so the mirror asks for none of this.
"""

from __future__ import annotations

from dataclasses import replace

from mr.types import Phase, Placing, Snapshot
from overlays.cues.context import Context
from overlays.cues.tile import Box
from overlays.guidance import Shown
from overlays.messages import Messages
from overlays.primitives import Color, Line, PanelItem, Rect, Text
from overlays.theme import SYMBOLS

WEAK_ALPHA = 0.4
CARD_PX = 108.0
_PICTURE_PX = 108.0

TOUCHES = ("touch", "touch_other")
"""What asks for a fingertip; the second one after another place was touched."""


def registered_alpha(placing: Placing | None) -> float:
    """Tell how strongly registered things are drawn in the headset, 0 … 1.

    None: nobody looks for the place; then it is assumed, and the panel says that.
    """
    if placing is None or placing.state == "ok":
        return 1.0
    return WEAK_ALPHA if placing.state == "weak" else 0.0


def asked(snapshot: Snapshot, may: Shown) -> Placing | None:
    """Give what is to be said of the place now, wherever it is read; None: nothing.

    Where nothing lies on the chest nobody needs the place. Nobody who compresses is asked to
    do something else.
    """
    placing = snapshot.placing
    if placing is None or not (may.ring or may.bar):
        return None
    if snapshot.phase is Phase.COMPRESSING:
        return replace(placing, ask="", touch=None)
    return placing


def has_card(placing: Placing) -> bool:
    """Tell whether the headset's wearer is to be told: not that all is well."""
    return placing.state != "ok" or bool(placing.ask)


def card(context: Context, box: Box, placing: Placing) -> list[PanelItem]:
    """Draw the card for what `asked` gave."""
    theme, messages = context.theme, context.messages
    color = theme.warning if placing.state in ("weak", "lost") else theme.hint
    ask = ask_words(context.messages, placing)
    left_px, middle_px = box.x_px + _PICTURE_PX + 18, box.y_px + box.height_px / 2
    items: list[PanelItem] = [
        Rect(box.x_px, box.y_px, box.width_px, box.height_px, theme.sheet, 16.0),
        Rect(box.x_px, box.y_px, _PICTURE_PX, box.height_px, color, 16.0),
    ]
    items += _picture(context, Box(box.x_px, box.y_px, _PICTURE_PX, box.height_px), placing.ask)
    said = messages(f"placing.{placing.state}")
    if not ask:
        return [*items, Text(left_px, middle_px + 9, said, 26.0, theme.text, bold=True)]
    done = Box(left_px, box.bottom_px - 22, box.right_px - left_px - 24, 10.0)
    return [
        *items,
        Text(left_px, box.y_px + 36, ask, 30.0, theme.text, bold=True),
        Text(left_px, box.y_px + 72, said, 23.0, theme.muted),
        Rect(done.x_px, done.y_px, done.width_px, done.height_px, theme.track, 5.0),
        Rect(done.x_px, done.y_px, done.width_px * _share(placing), 10.0, theme.good, 5.0),
    ]


def _share(placing: Placing) -> float:
    return min(1.0, max(0.0, placing.share))


def ask_words(messages: Messages, placing: Placing) -> str:
    """Give what the headset's wearer is to do, in words; "" where nothing helps."""
    if placing.ask in TOUCHES and placing.touch is not None:
        return messages(f"placing.{placing.ask}_n", n=placing.touch)
    key = f"placing.{placing.ask}"
    return messages(key) if placing.ask and key in messages else ""


def _picture(context: Context, box: Box, ask: str) -> list[PanelItem]:
    """Show what to do: a hand's way to and fro, a fingertip on a cross, or dots for a wait."""
    ink = context.theme.ink
    x_px, y_px = box.x_px + box.width_px / 2, box.y_px + box.height_px / 2
    if ask == "sweep":
        return [
            Line(x_px - 36, y_px - 28, x_px + 36, y_px - 28, 6.0, ink),
            *_head(x_px - 38, y_px - 28, -1.0, ink),
            *_head(x_px + 38, y_px - 28, 1.0, ink),
            Rect(x_px - 17, y_px + 14, 34.0, 26.0, ink, 8.0),
            *(Rect(x_px - 17 + 9 * k, y_px - 10, 7.0, 32.0, ink, 3.0) for k in range(4)),
            Line(x_px - 20, y_px + 22, x_px - 30, y_px + 10, 7.0, ink),
        ]
    if ask in TOUCHES:
        return [
            Line(x_px - 34, y_px + 28, x_px - 6, y_px + 28, 6.0, ink),
            Line(x_px - 20, y_px + 14, x_px - 20, y_px + 42, 6.0, ink),
            Line(x_px - 10, y_px + 16, x_px + 30, y_px - 32, 17.0, ink),
        ]
    if ask:
        return [Rect(x_px - 37 + 28 * k, y_px - 9, 18.0, 18.0, ink, 9.0) for k in range(3)]
    return [Text(x_px, y_px + 20, SYMBOLS["warning"], 54.0, ink, "center", bold=True)]


def _head(x_px: float, y_px: float, way: float, color: Color) -> list[PanelItem]:
    """Draw an arrow's head that points aside."""
    return [Line(x_px, y_px, x_px - 12 * way, y_px + up_px, 6.0, color) for up_px in (-11.0, 11.0)]
