"""Leaves the learner's hands free with OpenGL: takes light out where a hand is.

Takes capsules in the mannequin's frame and ``clip_from_mannequin``, multiplies what a
framebuffer holds, alpha included, by what is left there; so the real hand is seen through.
Where a key colour stands for nothing, nothing is mixed: a pixel is left, or it is the key's.
Leaves outlines to `overlays.render.mask` and the order of drawing to `overlays.render.gl`.
"""

from __future__ import annotations

from collections.abc import Sequence

import moderngl
import numpy as np

from mr.types import FloatArray
from overlays.primitives import Capsule
from overlays.render.mask import SOFT_M, billboards

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


MOST_N = 6 * 96
"""Corners kept: two hands have 52 sticks of six."""


class HandMask:
    """Cuts hands out of what was drawn; belongs to one OpenGL context.

    `key` is the light (linear, with alpha) that stands for nothing; None: alpha does.
    """

    def __init__(
        self, ctx: moderngl.Context, key: tuple[float, float, float, float] | None = None
    ) -> None:
        self._ctx, self._keyed = ctx, key is not None
        self._program = ctx.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        self._program["soft_m"] = SOFT_M
        self._program["keyed"] = key is not None
        self._program["nothing"] = key or (0.0, 0.0, 0.0, 0.0)
        self._buffer = ctx.buffer(reserve=4 * 7 * MOST_N, dynamic=True)
        names = ("point_in_mannequin_m", "place_m", "half_m", "radius_m")
        self._array = ctx.vertex_array(self._program, [(self._buffer, "3f 2f 1f 1f", *names)])

    def cut(
        self,
        capsules: Sequence[Capsule],
        eye_in_mannequin_m: FloatArray,
        clip_from_mannequin: FloatArray,
    ) -> None:
        """Take light and alpha out of the framebuffer in use, where a hand hides it."""
        sheets = billboards(capsules, eye_in_mannequin_m)
        if not len(sheets.points_in_mannequin_m):
            return
        self._program["clip_from_mannequin"] = tuple(clip_from_mannequin.T.ravel())
        shape = np.stack([sheets.half_m, sheets.radius_m], axis=1)
        vertices = np.hstack([sheets.points_in_mannequin_m, sheets.place_m, shape])
        data = vertices[:MOST_N].astype("f4")
        self._buffer.orphan()
        self._buffer.write(data)
        taken = moderngl.ONE, moderngl.ZERO
        self._ctx.blend_func = taken if self._keyed else (moderngl.ZERO, moderngl.SRC_ALPHA)
        self._array.render(moderngl.TRIANGLES, vertices=len(data))
        # as SceneRenderer has it: moderngl cannot be asked
        self._ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA

    def release(self) -> None:
        """Give program and buffer back."""
        self._array.release()
        self._buffer.release()
        self._program.release()
