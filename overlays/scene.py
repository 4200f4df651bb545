"""What the learner sees at one instant, as a pure function of the snapshot.

Takes a `mr.types.Snapshot`, gives a `Scene` of primitives: the ring and the depth bar
registered to the mannequin, and the panel. It reads no clock, no file and no state, so
that mirror and headset show the same, and a picture can be made again from a recording.
Leaves what to advise to `mr.coaching` and all drawing to the renderers.

In an assessment (`snapshot.guidance` False) nothing is shown that could coach: the
source's kind, the mode, the health and the time.
"""

from __future__ import annotations

from dataclasses import replace

from mr.types import Phase, Snapshot
from overlays.cues import advice, badge, count, depth, hands_off, rate, recoil, ring
from overlays.cues.context import KNEELING, Context, Viewer
from overlays.cues.tile import Box
from overlays.messages import ENGLISH, Messages
from overlays.primitives import Panel, PanelItem, Rect, Registered, Scene, Text
from overlays.theme import DEFAULT, Theme

PANEL_WIDTH_PX = 1024
PANEL_HEIGHT_PX = 424
_MARGIN_PX = 16.0
_GAP_PX = 14.0
_HEAD = Box(_MARGIN_PX, 14.0, PANEL_WIDTH_PX - 2 * _MARGIN_PX, 44.0)
_TILES_Y_PX, _TILES_HEIGHT_PX = 72.0, 246.0
_ADVICE = Box(_MARGIN_PX, 332.0, PANEL_WIDTH_PX - 2 * _MARGIN_PX, 76.0)


def build_scene(
    snapshot: Snapshot,
    theme: Theme = DEFAULT,
    messages: Messages = ENGLISH,
    viewer: Viewer = KNEELING,
) -> Scene:
    """Turn a snapshot into primitives.

    Parameters
    ----------
    snapshot : Snapshot
        What is known now.
    theme, messages : Theme, Messages
        Colours and words.
    viewer : Viewer
        Who looks: the registered depth bar stands at this viewer's right and faces it.

    Returns
    -------
    Scene
        Registered primitives (mannequin frame, m) and the panel (px); the same for the
        same arguments.
    """
    if snapshot.cue is not None and not snapshot.cue.written:
        snapshot = replace(snapshot, cue=None)
    context = Context(snapshot, theme, messages, viewer)
    ground = Rect(0.0, 0.0, float(PANEL_WIDTH_PX), float(PANEL_HEIGHT_PX), theme.sheet, 22.0)
    items: list[PanelItem] = [ground, *badge.line(context, _HEAD)]
    if not snapshot.guidance:
        items += _assessment(context)
        return Scene(snapshot.t_ns, (), Panel(PANEL_WIDTH_PX, PANEL_HEIGHT_PX, tuple(items)))
    depth_box, rate_box, recoil_box, count_box = _boxes(4)
    items += depth.tile(context, depth_box)
    items += rate.tile(context, rate_box)
    items += recoil.tile(context, recoil_box)
    last_tile = hands_off.tile if context.pausing else count.tile
    items += last_tile(context, count_box)
    items += advice.line(context, _ADVICE)
    registered: list[Registered] = [*ring.registered(context), *depth.registered(context)]
    panel = Panel(PANEL_WIDTH_PX, PANEL_HEIGHT_PX, tuple(items))
    return Scene(snapshot.t_ns, tuple(registered), panel)


def _boxes(boxes_n: int) -> list[Box]:
    width_px = (_HEAD.width_px - (boxes_n - 1) * _GAP_PX) / boxes_n
    return [
        Box(_MARGIN_PX + k * (width_px + _GAP_PX), _TILES_Y_PX, width_px, _TILES_HEIGHT_PX)
        for k in range(boxes_n)
    ]


def _assessment(context: Context) -> list[PanelItem]:
    """Show the time, large, and say why there is no more."""
    theme, messages = context.theme, context.messages
    middle_px = PANEL_WIDTH_PX / 2
    elapsed = badge.clock(context.snapshot.elapsed_s)
    finished = context.snapshot.phase is Phase.FINISHED
    below = messages("phase.finished") if finished else messages("panel.elapsed")
    return [
        Rect(_MARGIN_PX, _TILES_Y_PX, _HEAD.width_px, _TILES_HEIGHT_PX, theme.tile, 14.0),
        Text(middle_px, _TILES_Y_PX + 142, elapsed, 110.0, theme.text, "center", bold=True),
        Text(middle_px, _TILES_Y_PX + 194, below, 28.0, theme.muted, "center"),
        Rect(_MARGIN_PX, _ADVICE.y_px, _ADVICE.width_px, _ADVICE.height_px, theme.tile, 14.0),
        Text(
            middle_px, _ADVICE.y_px + 49, messages("panel.assessment"), 30.0, theme.muted, "center"
        ),
    ]
