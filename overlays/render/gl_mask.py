"""Leaves the learner's hands free with OpenGL: takes light out where a hand is.

Takes capsules in the mannequin's frame and ``clip_from_mannequin``, multiplies what a
framebuffer holds, alpha included, by what is left there; so the real hand is seen through.
Where a key colour stands for nothing, nothing is mixed: a pixel is left, or it is the key's.
Leaves outlines to `overlays.render.mask` and the order of drawing to `overlays.render.gl`.
"""

from __future__ import annotations

import moderngl
import numpy as np
import numpy.typing as npt

from mr.types import FloatArray
from overlays.render.buffer import Vertices
from overlays.render.mask import SOFT_M

_VERTEX = """
#version 330
uniform mat4 clip_from_mannequin;
in vec3 point_in_mannequin_m;
in vec2 place_m;
in float half_m;
in float radius_m;
out vec2 place;
flat out float half_length;
flat out float radius;
void main() {
    gl_Position = clip_from_mannequin * vec4(point_in_mannequin_m, 1.0);
    place = place_m;
    half_length = half_m;
    radius = radius_m;
}
"""
_FRAGMENT = """
#version 330
uniform float soft_m;
uniform bool keyed;
uniform vec4 nothing;
in vec2 place;
flat in float half_length;
flat in float radius;
out vec4 fragment;
void main() {
    vec2 off = vec2(max(abs(place.x) - half_length, 0.0), place.y);
    float left = smoothstep(0.0, soft_m, length(off) - radius);
    if (keyed && left > 0.5) discard;
    fragment = keyed ? nothing : vec4(left);
}
"""


class HandMask:
    """Cuts hands out of what was drawn; belongs to one OpenGL context.

    `key` is the light (linear, with alpha) that stands for nothing; None: alpha does.
    """

    def __init__(
        self, ctx: moderngl.Context, key: tuple[float, float, float, float] | None = None
    ) -> None:
        self._ctx, self._keyed = ctx, key is not None
        self._program = ctx.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        names = ("point_in_mannequin_m", "place_m", "half_m", "radius_m")
        self._sheets = Vertices(ctx, self._program, "3f 2f 1f 1f", *names)
        self._program["soft_m"] = SOFT_M
        self._program["keyed"] = key is not None
        self._program["nothing"] = key or (0.0, 0.0, 0.0, 0.0)

    def cut(self, hands: npt.NDArray[np.float32], clip_from_mannequin: FloatArray) -> None:
        """Take light and alpha out of the framebuffer in use, where a hand hides it."""
        self._program["clip_from_mannequin"] = tuple(clip_from_mannequin.T.ravel())
        cut = (moderngl.ONE, moderngl.ZERO) if self._keyed else (moderngl.ZERO, moderngl.SRC_ALPHA)
        self._ctx.blend_func = cut
        self._sheets.draw(hands, moderngl.TRIANGLES)
        # as SceneRenderer has it: moderngl cannot be asked
        self._ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA

    def release(self) -> None:
        """Give buffer and program back."""
        self._sheets.release()
        self._program.release()
