"""What the learner sees at one instant, as a pure function of the snapshot.

Takes a `mr.types.Snapshot`, gives a `Scene` of primitives: what is registered to the
mannequin, the panel, and the debrief of a cycle. It reads no clock, no file and no state,
so that mirror and headset show the same, and a picture can be made again from a recording.
Leaves what to advise to `mr.coaching`, what a level of guidance shows to
`overlays.guidance`, and all drawing to the renderers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from mr.types import Cue, Phase, Snapshot
from overlays.cues import (
    advice,
    badge,
    beside,
    count,
    debrief,
    depth,
    hands_off,
    placing,
    pulse,
    rate,
    recoil,
    ring,
)
from overlays.cues.context import KNEELING, Context, Viewer
from overlays.cues.tile import Box
from overlays.guidance import Shown, Tile, shown
from overlays.hands import heel_capsules
from overlays.look import Look
from overlays.messages import ENGLISH, Messages
from overlays.primitives import Panel, PanelItem, Rect, Registered, Scene, Text
from overlays.theme import DEFAULT, Theme, fade

View = Literal["mirror", "headset"]
"""Through what the mannequin is seen: a rig's camera, whose place is calibrated, or the
headset, whose place is found in the session."""

PANEL_WIDTH_PX = 1024
PANEL_HEIGHT_PX = 424
_MARGIN_PX = 16.0
_GAP_PX = 14.0
_CARD_GAP_PX = 6.0
_HEAD = Box(_MARGIN_PX, 14.0, PANEL_WIDTH_PX - 2 * _MARGIN_PX, 44.0)
_TILES_Y_PX, _TILES_HEIGHT_PX = 72.0, 246.0
_ADVICE = Box(_MARGIN_PX, 332.0, PANEL_WIDTH_PX - 2 * _MARGIN_PX, 76.0)


def build_scene(
    snapshot: Snapshot,
    look: Look | Theme = DEFAULT,
    messages: Messages = ENGLISH,
    viewer: Viewer = KNEELING,
    *,
    view: View = "mirror",
    beat: float | None = None,
) -> Scene:
    """Turn a snapshot into primitives.

    Parameters
    ----------
    snapshot : Snapshot
        What is known now.
    look : Look or Theme
        Colours, brightness and density; a theme alone is its plain look.
    messages : Messages
        Words.
    viewer : Viewer
        Who looks: what stands beside the ring is turned to this viewer.
    view : "mirror" or "headset"
        In the headset registered things fade as `snapshot.placing` says, and the panel
        tells why; a rig's camera is not concerned.
    beat : float or None
        How far the metronome's beat is, 0 … 1 (`overlays.beat`); None: no pulse.

    Returns
    -------
    Scene
        Registered primitives (mannequin frame, m) and panels (px); the same for the same
        arguments.
    """
    chosen = Look(look) if isinstance(look, Theme) else look
    may = shown(snapshot, chosen.density)
    return replace(
        build_panels(snapshot, chosen, messages, viewer, view=view),
        registered=build_registered(snapshot, chosen, messages, viewer, view=view, beat=beat),
        mask=heel_capsules(snapshot) if view == "mirror" and may.ring else (),
    )


def build_panels(
    snapshot: Snapshot, look: Look, messages: Messages, viewer: Viewer, *, view: View
) -> Scene:
    """Give what of `build_scene` are panels; nothing lies on the chest."""
    context = Context(snapshot, look.theme_seen, messages, viewer, look.density)
    may = shown(snapshot, look.density)
    return Scene(snapshot.t_ns, (), _panel(context, may, view), debrief.panel(context, may))


def build_registered(
    snapshot: Snapshot,
    look: Look,
    messages: Messages,
    viewer: Viewer,
    *,
    view: View,
    beat: float | None = None,
) -> tuple[Registered, ...]:
    """Give what of `build_scene` lies on the chest: it moves with each frame, panels do not."""
    context = Context(snapshot, look.theme_seen, messages, viewer, look.density, beat)
    return _registered(context, shown(snapshot, look.density), view)


# --- on the chest -----------------------------------------------------------------------


def _registered(context: Context, may: Shown, view: View) -> tuple[Registered, ...]:
    alpha = placing.registered_alpha(context.snapshot.placing) if view == "headset" else 1.0
    if alpha <= 0.0:
        return ()
    items: list[Registered] = []
    items += depth.registered(context) if may.bar else []
    items += pulse.registered(context) if may.beat else []
    items += ring.registered(context) if may.ring else []
    items += beside.registered(context, may) if may.notes else []
    return tuple(_faded(item, alpha) for item in items if item.color[3] > 0.0)


def _faded(item: Registered, alpha: float) -> Registered:
    if alpha >= 1.0:
        return item
    return replace(item, color=fade(item.color, alpha * item.color[3]))


# --- the panel --------------------------------------------------------------------------


def _panel(context: Context, may: Shown, view: View) -> Panel:
    theme = context.theme
    ground = Rect(0.0, 0.0, float(PANEL_WIDTH_PX), float(PANEL_HEIGHT_PX), theme.sheet, 22.0)
    items: list[PanelItem] = [ground, *badge.line(context, _HEAD)]
    items += _tiles(context, may.tiles) if may.tiles else _clock(context)
    place = placing.asked(context.snapshot, may) if view == "headset" else None
    items += _advice(context, may, asks=place is not None and bool(place.ask))
    height_px = PANEL_HEIGHT_PX
    if place is not None and placing.has_card(place):
        top_px = height_px + _CARD_GAP_PX
        items += placing.card(
            context, Box(0.0, top_px, float(PANEL_WIDTH_PX), placing.CARD_PX), place
        )
        height_px = round(top_px + placing.CARD_PX)
    return Panel(PANEL_WIDTH_PX, height_px, tuple(items))


def _tiles(context: Context, tiles: tuple[Tile, ...]) -> list[PanelItem]:
    drawn = {
        "depth": depth.tile,
        "rate": rate.tile,
        "recoil": recoil.tile,
        "count": hands_off.tile if context.pausing else count.tile,
    }
    items: list[PanelItem] = []
    for tile, box in zip(tiles, _boxes(len(tiles)), strict=True):
        items += drawn[tile](context, box)
    return items


def _boxes(boxes_n: int) -> list[Box]:
    width_px = (_HEAD.width_px - (boxes_n - 1) * _GAP_PX) / boxes_n
    return [
        Box(_MARGIN_PX + k * (width_px + _GAP_PX), _TILES_Y_PX, width_px, _TILES_HEIGHT_PX)
        for k in range(boxes_n)
    ]


def _clock(context: Context) -> list[PanelItem]:
    """Show the time, large."""
    theme, messages = context.theme, context.messages
    middle_px = PANEL_WIDTH_PX / 2
    elapsed = badge.clock(context.snapshot.elapsed_s)
    finished = context.snapshot.phase is Phase.FINISHED
    below = messages("phase.finished") if finished else messages("panel.elapsed")
    return [
        Rect(_MARGIN_PX, _TILES_Y_PX, _HEAD.width_px, _TILES_HEIGHT_PX, theme.tile, 14.0),
        Text(middle_px, _TILES_Y_PX + 142, elapsed, 110.0, theme.text, "center", bold=True),
        Text(middle_px, _TILES_Y_PX + 194, below, 28.0, theme.muted, "center"),
    ]


def _advice(context: Context, may: Shown, *, asks: bool) -> list[PanelItem]:
    """Draw the line of advice, or say why there is none.

    While the card below asks for something else nobody is praised for what is over: read
    together, "keep going" and "keep both hands in view" are two orders.
    """
    if may.advice != "none":
        cue = written_cue(context.snapshot, may)
        praised = cue is not None and cue.severity == "good"
        return advice.line(context, _ADVICE, None if asks and praised else cue)
    theme, level = context.theme, context.snapshot.level
    why = context.messages(f"panel.{level}" if context.snapshot.guidance else "panel.assessment")
    middle_px = PANEL_WIDTH_PX / 2
    return [
        Rect(_MARGIN_PX, _ADVICE.y_px, _ADVICE.width_px, _ADVICE.height_px, theme.tile, 14.0),
        Text(middle_px, _ADVICE.y_px + 49, why, 30.0, theme.muted, "center"),
    ]


def written_cue(snapshot: Snapshot, may: Shown) -> Cue | None:
    """Give the cue that a view may write now, if there is one."""
    cue = snapshot.cue
    if cue is None or not cue.written or may.advice == "none":
        return None
    return None if may.advice == "warnings" and cue.severity != "warning" else cue
