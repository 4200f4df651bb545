"""The one line of advice: what to do now, in words, with its shape and colour.

What is said is the coach's choice; this draws it. Without a cue the line is empty. At the
end the score stands below the words; before a swap, the seconds until it.
"""

from __future__ import annotations

from mr.coaching.rules import SWAP_EVERY_S
from mr.types import Cue, Phase
from overlays.cues.context import Context
from overlays.cues.count import cycle_of
from overlays.cues.tile import Box
from overlays.messages import Messages
from overlays.primitives import PanelItem, Rect, Text
from overlays.theme import SYMBOLS

SIZE_PX = 42.0
SMALL_PX = 30.0
"""At the end, where nobody reads it while compressing."""
SYMBOLS_BY_CUE = {
    "push_deeper": "▼",
    "push_less": "▲",
    "let_it_rise": "▲",
    "faster": "▲",
    "slower": "▼",
}
"""Cues that have a direction; the others show the shape of their severity."""


def text_of(messages: Messages, key: str, mode: str) -> str:
    """Give the advice of a cue in the reader's words, wherever it is read or heard."""
    cycle = cycle_of(mode)
    if key == "breathe" and cycle and cycle[1] > 1:
        return messages("cue.breathe_n", n=cycle[1])
    return messages(f"cue.{key}")


def _words(context: Context, key: str) -> str:
    text = text_of(context.messages, key, context.snapshot.mode)
    if key != "swap_soon":
        return text
    left_s = SWAP_EVERY_S - context.snapshot.elapsed_s % SWAP_EVERY_S
    return f"{text} {context.messages('beside.timer', seconds=max(1, round(left_s)))}"


def line(context: Context, box: Box, cue: Cue | None) -> list[PanelItem]:
    """Draw the line of advice for a cue."""
    theme, score = context.theme, _score(context)
    items: list[PanelItem] = [
        Rect(box.x_px, box.y_px, box.width_px, box.height_px, theme.tile, 14.0)
    ]
    if cue is None:
        middle_px = box.x_px + box.width_px / 2
        return [*items, Text(middle_px, box.y_px + 49, score, SMALL_PX, theme.text, "center")]
    color, side_px = theme.level(cue.severity), box.height_px
    symbol = SYMBOLS_BY_CUE.get(cue.key, SYMBOLS[cue.severity])
    middle_px, left_px = box.x_px + side_px / 2 + 4, box.x_px + side_px + 30
    centre_px = box.y_px + box.height_px / 2
    size_px = SMALL_PX if score else SIZE_PX
    baseline_px = box.y_px + 34 if score else centre_px + 0.36 * SIZE_PX
    items += [
        Rect(box.x_px, box.y_px, side_px + 8, box.height_px, color, 14.0),
        Text(
            middle_px, centre_px + 0.36 * SIZE_PX, symbol, SIZE_PX, theme.ink, "center", bold=True
        ),
        Text(left_px, baseline_px, _words(context, cue.key), size_px, theme.text, bold=True),
    ]
    if score:
        items.append(Text(left_px, box.y_px + 64, score, SMALL_PX - 4, theme.muted, bold=True))
    return items


def _score(context: Context) -> str:
    """Give the words for the score, at the end only."""
    snapshot, messages = context.snapshot, context.messages
    if snapshot.phase is not Phase.FINISHED or snapshot.score_pct is None:
        return ""
    return messages("panel.score", score=messages.number(snapshot.score_pct))
