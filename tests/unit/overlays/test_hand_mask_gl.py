"""The headset's renderer leaves the hands free, pixel by pixel, and writes text over them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from mr.types import FloatArray, Pose
from overlays.primitives import Capsule, Color, Label, Polygon, Registered
from overlays.render.mask import billboards, kept_share
from overlays.render.mesh import Shapes

SIZE_PX = 240
HEIGHT_M = 0.5
EYE = Pose(np.eye(3), np.array([0.0, 0.0, HEIGHT_M]))
"""Looks straight down onto the chest: right is x, up is y."""
HALF_RAD = 0.3
SHEET = Polygon(
    ((-0.2, -0.2, 0.0), (0.2, -0.2, 0.0), (0.2, 0.2, 0.0), (-0.2, 0.2, 0.0)), (1.0, 0.0, 1.0, 1.0)
)
HAND = Capsule((-0.03, 0.0, 0.0), (0.05, 0.02, 0.0), 0.03)


@pytest.fixture
def gl(require: Any) -> Iterator[Any]:
    """Give a context without a window."""
    require.module("moderngl", "pip install 'mrcpr[headset]'")
    moderngl = importlib.import_module("moderngl")
    try:
        ctx = moderngl.create_standalone_context(backend="egl")
    except Exception as error:  # noqa: BLE001 -- what is raised depends on the driver
        require.missing(f"OpenGL without a window ({error})", "apt-get install libegl1 libgl1")
    yield ctx
    ctx.release()


def drawn(
    gl: Any, items: Sequence[Registered], mask: Sequence[Capsule], key: Color | None = None
) -> FloatArray:
    """Draw into a picture of our own: (H, W, 4), 0 … 1 as stored, top row first."""
    from overlays.render.gl import (
        GL_SRGB8_ALPHA8,
        SAMPLES,
        Eye,
        EyeTarget,
        SceneRenderer,
        projection_from_fov,
    )

    samples = SAMPLES if key is None else 0
    renderer, target = SceneRenderer(gl, key), EyeTarget(gl, (SIZE_PX, SIZE_PX), samples)
    texture = gl.texture((SIZE_PX, SIZE_PX), 4, internal_format=GL_SRGB8_ALPHA8)
    picture = gl.framebuffer(texture)
    fov = (-HALF_RAD, HALF_RAD, HALF_RAD, -HALF_RAD)
    eye, labels = Eye(EYE, projection_from_fov(fov)), [i for i in items if isinstance(i, Label)]
    vertices, hands = Shapes(items).seen_from(EYE.t_m), billboards(mask, EYE.t_m).vertices()
    renderer.draw_registered(target.framebuffer, vertices, labels, eye, hands)
    target.resolve(picture)
    rgba = np.frombuffer(picture.read(components=4), np.uint8).reshape(SIZE_PX, SIZE_PX, 4)
    for thing in (renderer, target, picture, texture):
        thing.release()
    return rgba[::-1] / 255.0


def at(picture: FloatArray, x_m: float, y_m: float) -> FloatArray:
    """Give the pixel in which a point of the chest's plane is seen."""
    half_m = HEIGHT_M * np.tan(HALF_RAD)
    column = int((x_m / half_m + 1) / 2 * SIZE_PX)
    row = int((1 - y_m / half_m) / 2 * SIZE_PX)
    return np.asarray(picture[row, column])


def test_without_a_mask_all_is_drawn(gl: Any) -> None:
    picture = drawn(gl, [SHEET], ())
    assert at(picture, 0.01, 0.01) == pytest.approx([1.0, 0.0, 1.0, 1.0], abs=0.01)


def test_under_the_hand_light_and_alpha_are_gone_and_beside_it_nothing_is(gl: Any) -> None:
    picture = drawn(gl, [SHEET], [HAND])
    for x_m, y_m in ((0.0, 0.0), (-0.03, 0.0), (0.05, 0.02), (-0.055, 0.0), (0.01, 0.033)):
        assert at(picture, x_m, y_m) == pytest.approx([0.0] * 4, abs=0.01), (x_m, y_m)
    for x_m, y_m in ((0.0, 0.06), (-0.08, 0.0), (0.11, 0.02), (0.0, -0.06)):
        assert at(picture, x_m, y_m) == pytest.approx([1.0, 0.0, 1.0, 1.0], abs=0.01), (x_m, y_m)


def test_the_soft_edge_is_the_one_that_the_mirror_and_the_formula_have(gl: Any) -> None:
    """What is left of alpha, along a line across the hand, against `kept_share`."""
    picture = drawn(gl, [SHEET], [Capsule((-0.05, 0.0, 0.0), (0.05, 0.0, 0.0), 0.03)])
    sheet = billboards([Capsule((-0.05, 0.0, 0.0), (0.05, 0.0, 0.0), 0.03)], EYE.t_m)
    half_m = HEIGHT_M * np.tan(HALF_RAD)
    rows = np.arange(SIZE_PX)
    y_m = (1 - (rows + 0.5) / SIZE_PX * 2) * half_m
    places = np.stack([0 * y_m, y_m], axis=1)
    share = kept_share(places, np.full(SIZE_PX, sheet.half_m[0]), np.full(SIZE_PX, 0.03))
    found = picture[:, SIZE_PX // 2, 3]
    edge = (share > 0.02) & (share < 0.98)
    assert edge.sum() >= 6
    assert np.abs(found - share).max() < 0.03
    hard = (np.abs(y_m) > 0.033).astype(float)
    assert np.abs(found - hard).max() > 0.2, "the control: a hard edge would be told apart"


def test_where_a_key_colour_shows_the_room_the_hand_has_it_whole(gl: Any) -> None:
    green = (0.0, 1.0, 0.0, 1.0)
    picture = drawn(gl, [SHEET], [HAND], green)
    assert at(picture, 0.01, 0.01) == pytest.approx(green, abs=0.01)
    assert at(picture, 0.0, 0.06) == pytest.approx([1.0, 0.0, 1.0, 1.0], abs=0.01)
    kinds = {tuple(pixel) for pixel in (255 * picture).round().astype(int).reshape(-1, 4)}
    assert kinds == {(0, 255, 0, 255), (255, 0, 255, 255)}, "nothing is mixed with a key"


def test_text_is_written_over_the_hand(gl: Any) -> None:
    label = Label((0.01, 0.01, 0.0), "██", 0.02, (0.0, 1.0, 0.0, 1.0))
    picture = drawn(gl, [SHEET, label], [HAND])
    assert at(picture, 0.01, 0.01) == pytest.approx([0.0, 1.0, 0.0, 1.0], abs=0.02)


def test_labels_are_aligned_at_their_anchors(gl: Any) -> None:
    lit = {}
    for align in ("left", "center", "right"):
        label = Label((0.0, 0.0, 0.0), "MMM", 0.02, (1.0, 1.0, 1.0, 1.0), align)  # type: ignore[arg-type]
        columns = np.flatnonzero((drawn(gl, [label], ())[..., 3] > 0.5).any(axis=0))
        lit[align] = (columns.min() - SIZE_PX / 2, columns.max() - SIZE_PX / 2)
    assert lit["left"][0] >= -1
    assert lit["right"][1] <= 1
    assert abs(sum(lit["center"])) < 3
