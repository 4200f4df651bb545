"""Every text fits its place, and pixels come out as the primitives say."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import math
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from mr.errors import ConfigError
from mr.types import Health, Phase, Snapshot
from overlays.cues.tile import LEAST_PX
from overlays.messages import languages, load_messages
from overlays.primitives import Arc, Line, Panel, PanelItem, Rect, Text
from overlays.render import painter
from overlays.render.panel import draw_label, draw_panel
from overlays.scene import build_scene
from tests.snapshots import UNEVEN_CYCLE, placings

Bounds = tuple[float, float, float, float]


def bounds_px(item: PanelItem) -> Bounds:
    """Left, top, right and bottom of what an item covers."""
    if isinstance(item, Rect):
        return item.x_px, item.y_px, item.x_px + item.width_px, item.y_px + item.height_px
    if isinstance(item, Line):
        half = item.width_px / 2
        xs, ys = (item.x0_px, item.x1_px), (item.y0_px, item.y1_px)
        return min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half
    if isinstance(item, Arc):
        reach = item.radius_px + item.width_px / 2
        return item.x_px - reach, item.y_px - reach, item.x_px + reach, item.y_px + reach
    left = painter.text_left_px(item)
    _, width = painter.shape(item.text, item.size_px, item.bold)
    return left, item.y_px - 0.76 * item.size_px, left + width, item.y_px + 0.2 * item.size_px


def outside(panel: Panel) -> list[PanelItem]:
    found = []
    for item in panel.items:
        left, top, right, bottom = bounds_px(item)
        if left < 0 or top < 0 or right > panel.width_px or bottom > panel.height_px:
            found.append(item)
    return found


def overlapping_texts(panel: Panel) -> list[tuple[str, str]]:
    texts = [item for item in panel.items if isinstance(item, Text)]
    found = []
    for k, a in enumerate(texts):
        for b in texts[k + 1 :]:
            la, ta, ra, ba = bounds_px(a)
            lb, tb, rb, bb = bounds_px(b)
            if min(ra, rb) - max(la, lb) > 1 and min(ba, bb) - max(ta, tb) > 1:
                found.append((a.text, b.text))
    return found


def hard_cases(states: dict[str, Snapshot]) -> dict[str, Snapshot]:
    """The states, and each with long names, large numbers and ill health."""
    long_name = Health("mannequin-left-hand-side", "replay", "lost", 0.0, 9, 99.0, "w" * 80)
    also = Health("cam0", "sim", "degraded", 3.0, 9, 9.0, "slow")
    cases = dict(states)
    for name, snapshot in states.items():
        cases[f"{name}, ill"] = replace(snapshot, health=(long_name, also), kind="live")
        cases[f"{name}, large"] = replace(
            snapshot,
            n_compressions=99999,
            elapsed_s=35999.0,
            last_depth_mm=-103.0,
            last_release_mm=103.0,
            rate_cpm=288.0,
            mode="a-mode-nobody-has-heard-of-before-today",
        )
    return cases


def panels(states: dict[str, Snapshot]) -> Iterator[tuple[str, Panel]]:
    """All panels of all hard cases, in all languages, as a screen and as a headset shows them."""
    for language in languages():
        messages = load_messages(language)
        for name, snapshot in hard_cases(states).items():
            yield f"{name}, {language}", build_scene(snapshot, messages=messages).panel
            over = replace(snapshot, phase=Phase.FINISHED, cycle=UNEVEN_CYCLE)
            debrief = build_scene(over, messages=messages).debrief
            if debrief is not None:
                yield f"{name}, {language}, debrief", debrief
        for name, snapshot in placings().items():
            scene = build_scene(snapshot, messages=messages, view="headset")
            yield f"{name}, {language}", scene.panel


def test_all_items_lie_inside_the_panel(states: dict[str, Snapshot]) -> None:
    for name, panel in panels(states):
        assert outside(panel) == [], name


def test_no_text_lies_on_another(states: dict[str, Snapshot]) -> None:
    for name, panel in panels(states):
        assert overlapping_texts(panel) == [], name


def test_the_words_of_a_plate_stay_on_it(states: dict[str, Snapshot]) -> None:
    plates = 0
    for name, panel in panels(states):
        for k, item in enumerate(panel.items):
            after = panel.items[k + 1] if k + 1 < len(panel.items) else None
            if isinstance(item, Rect) and isinstance(after, Text) and after.align == "center":
                left, _, right, _ = bounds_px(after)
                assert item.x_px <= left, (name, after.text)
                assert right <= item.x_px + item.width_px, (name, after.text)
                plates += 1
    assert plates > 200


def test_text_outside_or_on_another_would_be_found() -> None:
    far = Text(990.0, 50.0, "SIMULATED", 23.0, (1, 1, 1, 1))
    near = Text(960.0, 55.0, "0:47", 23.0, (1, 1, 1, 1))
    panel = Panel(1024, 424, (far, near))
    assert outside(panel) == [far]
    assert overlapping_texts(panel) == [("SIMULATED", "0:47")]


def test_tile_texts_stay_in_their_tiles(states: dict[str, Snapshot]) -> None:
    for name, snapshot in hard_cases(states).items():
        items = build_scene(snapshot).panel.items
        tiles = [i for i in items if isinstance(i, Rect) and 200 < i.width_px < 260]
        for text in (i for i in items if isinstance(i, Text) and 72 < i.y_px < 318):
            left, _, right, _ = bounds_px(text)
            homes = [t for t in tiles if t.x_px <= left and right <= t.x_px + t.width_px]
            assert homes or not tiles, (name, text.text)


def test_text_is_large_enough(states: dict[str, Snapshot]) -> None:
    for snapshot in states.values():
        texts = [i for i in build_scene(snapshot).panel.items if isinstance(i, Text)]
        assert min(text.size_px for text in texts) >= LEAST_PX


def test_a_rectangle_is_premultiplied_where_it_lies_and_nowhere_else() -> None:
    panel = Panel(40, 30, (Rect(10, 5, 20, 10, (1.0, 0.5, 0.0, 0.5)),))
    pixels = draw_panel(panel)
    assert pixels.shape == (30, 40, 4)
    assert pixels.dtype == np.uint8
    assert pixels[10, 20] == pytest.approx([128, 64, 0, 128], abs=1)
    inside = np.zeros((30, 40), dtype=bool)
    inside[5:15, 10:30] = True
    assert (pixels[..., 3] > 0).tolist() == inside.tolist()


def test_arcs_run_clockwise_from_twelve() -> None:
    panel = Panel(100, 100, (Arc(50, 50, 40, 0.0, math.pi / 2, 6, (1, 1, 1, 1)),))
    alpha = draw_panel(panel)[..., 3]
    at = {
        deg: (50 + 40 * math.sin(math.radians(deg)), 50 - 40 * math.cos(math.radians(deg)))
        for deg in (45, 135, 225, 315)
    }
    lit = {deg: bool(alpha[int(y), int(x)] > 200) for deg, (x, y) in at.items()}
    assert lit == {45: True, 135: False, 225: False, 315: False}


@pytest.mark.parametrize(("align", "columns"), [("left", (100, 200)), ("right", (0, 100))])
def test_text_is_aligned(align: str, columns: tuple[int, int]) -> None:
    text = Text(100, 30, "MMM", 24, (1, 1, 1, 1), align)  # type: ignore[arg-type]
    alpha = draw_panel(Panel(200, 40, (text,)))[..., 3]
    used = np.flatnonzero(alpha.any(axis=0))
    assert len(used) > 40
    assert columns[0] <= used.min()
    assert used.max() < columns[1]


def test_the_same_panel_gives_the_same_pixels(states: dict[str, Snapshot]) -> None:
    panel = build_scene(states["right"]).panel
    assert draw_panel(panel).tobytes() == draw_panel(panel).tobytes()


def test_a_panel_can_be_drawn_larger(states: dict[str, Snapshot]) -> None:
    panel = build_scene(states["right"]).panel
    assert draw_panel(panel, 1.5).shape == (round(panel.height_px * 1.5), 1536, 4)


def test_a_label_has_its_capitals_height_in_the_middle() -> None:
    pixels = draw_label("H", 48.0, (1.0, 1.0, 1.0, 1.0))
    white = np.flatnonzero((pixels[..., :3].min(axis=2) > 200).any(axis=1))
    assert white.max() - white.min() + 1 == pytest.approx(48, abs=1)
    assert (white.max() + white.min() + 1) / 2 == pytest.approx(pixels.shape[0] / 2, abs=1)


def test_every_symbol_in_use_is_in_the_font(states: dict[str, Snapshot]) -> None:
    import skia

    for snapshot in states.values():
        for item in build_scene(snapshot).panel.items:
            if isinstance(item, Text):
                face = skia.Typeface.MakeFromFile(str(painter.font_path(item.bold)))
                glyphs = skia.Font(face, 20).textToGlyphs(item.text)
                assert 0 not in glyphs, item.text
    assert 0 in skia.Font(face, 20).textToGlyphs("漢")


def test_a_lost_font_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    spec = importlib.machinery.ModuleSpec("matplotlib", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(ConfigError, match=r"DejaVuSans-Bold\.ttf not found.*pip install"):
        painter.font_path(bold=True)


def test_pixels_must_be_four_channels_of_bytes() -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 4\) uint8"):
        painter.canvas_over(np.zeros((4, 4, 3), dtype=np.uint8))


def test_the_cost_of_a_panel_is_printed(states: dict[str, Snapshot]) -> None:
    panel = build_scene(states["right"]).panel
    draw_panel(panel)
    times_ms = []
    for _ in range(15):
        began = time.perf_counter()
        draw_panel(panel)
        times_ms.append(1000 * (time.perf_counter() - began))
    print(f"panel {panel.width_px}x{panel.height_px}: median {np.median(times_ms):.2f} ms")
    assert len(panel.items) > 30
