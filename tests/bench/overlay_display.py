"""How far our own drawing is from where geometry puts it, without headset or runtime.

Takes nothing, gives errors in pixels of dots drawn by `overlays.render.gl` for eyes at random
places, against pinhole geometry of its own; needs an OpenGL driver without a display (EGL).
The runtime's distortion, its compositor and the panel are not in it; `tests/xr` compares what
Monado's compositor shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import moderngl
import numpy as np

from mr.errors import DeviceError
from mr.types import FloatArray, Pose
from overlays.primitives import Polygon
from overlays.render.gl import GL_SRGB8_ALPHA8, Eye, EyeTarget, SceneRenderer, projection_from_fov
from overlays.render.mesh import shapes_of

PX_PER_DEG = 25.0
"""In the middle of a Quest 3's picture, by its maker."""
CHEST_M = 0.7
HALF_FOV_RAD = np.radians(25.0)
SIZE_PX = round(2.0 * PX_PER_DEG * np.degrees(1.0) * np.tan(HALF_FOV_RAD))
MM_PER_PX = 1e3 * CHEST_M * np.radians(1.0 / PX_PER_DEG)
N_EYES = 20
HALF_DOT_M = 0.004
DOTS_M = ((0.0, 0.0), (-0.09, -0.09), (0.09, -0.09), (-0.09, 0.09), (0.09, 0.09))
WHITE = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One eye, and how far it is drawn off on purpose (the control)."""

    mannequin_from_view: Pose
    shifted_m: float = 0.0


def looks(n: int = N_EYES, seed: int = 3) -> list[Look]:
    """Place eyes about an arm's length from the chest, looking at it, more or less upright."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        away = rng.normal([-0.5, 0.0, 0.7], 0.25)
        eye_m = CHEST_M * rng.uniform(0.8, 1.3) * away / np.linalg.norm(away)
        back = eye_m / np.linalg.norm(eye_m)
        right = np.cross(rng.normal([0.0, 0.0, 1.0], 0.15), back)
        right = right / np.linalg.norm(right)
        turn = np.stack([right, np.cross(back, right), back], axis=1)
        made.append(Look(Pose(turn, eye_m)))
    return made


def dot(x_m: float, y_m: float) -> Polygon:
    """Make a small square on the chest."""
    h = HALF_DOT_M
    corners = ((x_m - h, y_m - h), (x_m + h, y_m - h), (x_m + h, y_m + h), (x_m - h, y_m + h))
    return Polygon(tuple((x, y, 0.0) for x, y in corners), WHITE)


def expected_px(look: Look, x_m: float, y_m: float) -> FloatArray:
    """Give the middle (u, v) of a dot's picture by pinhole geometry, v from below."""
    step = HALF_DOT_M * (np.arange(21) - 10) / 10.5
    grid = np.stack(np.meshgrid(x_m + step, y_m + step, [0.0]), axis=-1).reshape(-1, 3)
    view = look.mannequin_from_view
    x, y, z = ((grid - view.t_m) @ view.R).T
    focal_px = 0.5 * SIZE_PX / np.tan(HALF_FOV_RAD)
    # A patch of the chest that is nearer fills more of the picture: with 1 / z cubed.
    weight = (-z) ** -3.0
    u, v = (np.average(a / -z, weights=weight) * focal_px + 0.5 * SIZE_PX for a in (x, y))
    return np.array([u, v])


def drawn_px(
    renderer: SceneRenderer,
    target: EyeTarget,
    resolved: moderngl.Framebuffer,
    look: Look,
    at_m: tuple[float, float],
) -> FloatArray:
    """Draw one dot and give the middle of its coverage, (u, v) from below."""
    fov = (-HALF_FOV_RAD, HALF_FOV_RAD, HALF_FOV_RAD, -HALF_FOV_RAD)
    eye = Eye(look.mannequin_from_view, projection_from_fov(fov))
    item = dot(at_m[0] + look.shifted_m, at_m[1])
    vertices = shapes_of((item,)).seen_from(look.mannequin_from_view.t_m)
    renderer.draw_registered(target.framebuffer, vertices, (), eye)
    target.resolve(resolved)
    alpha = np.frombuffer(resolved.read(components=4), np.uint8).reshape(SIZE_PX, SIZE_PX, 4)
    share = alpha[:, :, 3].astype(np.float64)
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    middle = np.arange(SIZE_PX) + 0.5
    return np.array([columns @ middle, rows @ middle]) / share.sum()


def drawing_errors_px(n: int = N_EYES, shifted_m: float = 0.0) -> FloatArray:
    """Give the distances (n * dots,) in px between drawn and expected dots.

    Raises
    ------
    DeviceError
        Where there is no OpenGL without a display.
    """
    try:
        ctx = moderngl.create_context(standalone=True, backend="egl")
    except Exception as error:  # moderngl raises no other
        raise DeviceError(f"no OpenGL without a display: {error}") from error
    try:
        renderer, target = SceneRenderer(ctx), EyeTarget(ctx, (SIZE_PX, SIZE_PX))
        texture = ctx.texture((SIZE_PX, SIZE_PX), 4, internal_format=GL_SRGB8_ALPHA8)
        resolved = ctx.framebuffer(texture)
        gaps = []
        for look in looks(n):
            moved = Look(look.mannequin_from_view, shifted_m)
            for at_m in DOTS_M:
                found = drawn_px(renderer, target, resolved, moved, at_m)
                gaps.append(float(np.linalg.norm(found - expected_px(look, *at_m))))
        return np.array(gaps)
    finally:
        ctx.release()
