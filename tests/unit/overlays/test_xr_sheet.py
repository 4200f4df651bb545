"""A sheet's pictures: made once for each size, drawn again only when something else is seen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from overlays.primitives import Panel


@pytest.fixture
def layers(require: Any) -> Any:
    require.module("moderngl", "pip install 'mrcpr[headset]'")
    from overlays.xr import layers

    return layers


class Pictures:
    """Stands in for the runtime's pictures, which need a headset's software."""

    made: list[Pictures]

    def __init__(self, ctx: object, session: object, size_px: tuple[int, int]) -> None:
        self.size_px, self.n_released = size_px, 0
        self.made.append(self)

    @contextlib.contextmanager
    def image(self) -> Iterator[None]:
        assert not self.n_released, "what was given back is not drawn into"
        yield

    def release(self) -> None:
        self.n_released += 1


@pytest.fixture
def sheet(layers: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    Pictures.made = []
    monkeypatch.setattr(layers, "Swapchain", Pictures)
    meter = SimpleNamespace(panels=contextlib.nullcontext)
    renderer = SimpleNamespace(draw_sheet=lambda *_: None)
    return layers.Sheet(SimpleNamespace(ctx=None, session=None, meter=meter, renderer=renderer))


def panel(height_px: int) -> Panel:
    return Panel(64, height_px, ())


def test_a_height_that_comes_back_has_its_pictures_still(sheet: Any) -> None:
    for _ in range(5):
        for height_px in (40, 60):
            sheet.show_panel(panel(height_px), 1.0)
            assert sheet.height_per_width == height_px / 64
    assert [p.size_px for p in Pictures.made] == [(64, 40), (64, 60)]
    assert sheet.n_drawn == 10, "what lies in them is old"
    sheet.show_panel(panel(60), 1.0)
    assert sheet.n_drawn == 10, "the control: the same one is not drawn again"


def test_sizes_that_are_many_are_given_back_and_all_at_the_end(layers: Any, sheet: Any) -> None:
    for k in range(layers.SIZES_N + 2):
        sheet.show_panel(panel(40), 1.0)  # shown between all others: it is kept
        sheet.show_panel(panel(41 + k), 1.0)
    released = [p.size_px[1] for p in Pictures.made if p.n_released]
    assert len(Pictures.made) - len(released) == layers.SIZES_N
    assert released == [41, 42, 43]
    sheet.release()
    assert all(p.n_released == 1 for p in Pictures.made)
