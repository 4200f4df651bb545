"""Draws scenes with OpenGL: registered primitives, text and the panel's sheet.

Takes primitives in the mannequin's frame with one eye's pose and projection, or a
picture of the panel, and draws into a framebuffer with sRGB storage; leaves triangles to
`overlays.render.mesh`, the panel's pixels to `overlays.render.panel` and the headset to
`overlays.xr`. Everything is written as premultiplied light, so that alpha 0 shows what
lies behind: the real mannequin, or the compositor's ground. With a key colour nothing is
mixed: each pixel is the overlay's, whole and over black, or the key's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import numpy as np
import numpy.typing as npt

from mr.types import FloatArray, Pose
from overlays.primitives import Color, Label
from overlays.render.buffer import Vertices
from overlays.render.gl_mask import HandMask
from overlays.render.mesh import label_corners, srgb_to_linear
from overlays.render.panel import draw_label

GL_SRGB8_ALPHA8 = 0x8C43
GL_FRAMEBUFFER_SRGB = 0x8DB9
SAMPLES = 4
"""Samples a pixel; thin rims stay smooth, and llvmpipe can do it too."""

LABEL_CAP_PX = 48.0
"""Height of a capital letter in a label's picture, before it is scaled."""

MAX_SHEETS = 4
"""Textures kept to draw sheets from, by size: panel, debrief, camera's picture, a change."""

MAX_LABELS = 64
"""Pictures kept: numbers change all the time, and each is a text of its own."""

_SOLID_VERTEX = """
#version 330
uniform mat4 clip_from_mannequin;
in vec3 point_in_mannequin_m;
in vec4 color;
out vec4 light;
void main() {
    gl_Position = clip_from_mannequin * vec4(point_in_mannequin_m, 1.0);
    light = color;
}
"""
_SOLID_FRAGMENT = """
#version 330
uniform bool keyed;
in vec4 light;
out vec4 fragment;
void main() { fragment = vec4(light.rgb, keyed && light.a > 0.0 ? 1.0 : light.a); }
"""
_PICTURE_VERTEX = """
#version 330
uniform mat4 clip_from_mannequin;
in vec3 point_in_mannequin_m;
in vec2 place;
out vec2 uv;
void main() {
    gl_Position = clip_from_mannequin * vec4(point_in_mannequin_m, 1.0);
    uv = place;
}
"""
# A drawn picture is premultiplied in sRGB values; light must be multiplied after decoding.
_PICTURE_FRAGMENT = """
#version 330
uniform sampler2D picture;
uniform bool keyed;
in vec2 uv;
out vec4 fragment;
vec3 linear(vec3 c) {
    return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), greaterThan(c, vec3(0.04045)));
}
void main() {
    vec4 texel = texture(picture, uv);
    if (keyed && texel.a < 0.5) discard;
    vec3 straight = texel.a > 0.0 ? min(texel.rgb / texel.a, 1.0) : vec3(0.0);
    fragment = vec4(linear(straight) * texel.a, keyed ? 1.0 : texel.a);
}
"""


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """One eye: where it is in the mannequin's frame, and its projection (4, 4)."""

    mannequin_from_view: Pose
    clip_from_view: FloatArray


def projection_from_fov(
    fov_rad: tuple[float, float, float, float], near_m: float = 0.05, far_m: float = 50.0
) -> FloatArray:
    """Make ``clip_from_view`` (4, 4) from angles left, right, up, down of an OpenXR view."""
    left, right, up, down = np.tan(fov_rad)
    width, height = right - left, up - down
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[0, 2] = 2.0 / width, (right + left) / width
    matrix[1, 1], matrix[1, 2] = 2.0 / height, (up + down) / height
    matrix[2, 2] = -(far_m + near_m) / (far_m - near_m)
    matrix[2, 3] = -2.0 * far_m * near_m / (far_m - near_m)
    matrix[3, 2] = -1.0
    return matrix


def matrix_of(pose: Pose) -> FloatArray:
    """Write a pose as a homogeneous matrix (4, 4)."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = pose.R, pose.t_m
    return matrix


class EyeTarget:
    """A picture of one eye, multisampled or not, resolved into a single-sampled framebuffer."""

    def __init__(
        self, ctx: moderngl.Context, size_px: tuple[int, int], samples: int = SAMPLES
    ) -> None:
        self._ctx = ctx
        self._texture = ctx.texture(size_px, 4, samples=samples, internal_format=GL_SRGB8_ALPHA8)
        self.framebuffer = ctx.framebuffer(self._texture)

    def resolve(self, into: moderngl.Framebuffer) -> None:
        """Average the samples into a framebuffer of the same size."""
        self._ctx.copy_framebuffer(into, self.framebuffer)

    def release(self) -> None:
        """Give the memory back."""
        self.framebuffer.release()
        self._texture.release()


class SceneRenderer:
    """Draws registered primitives and pictures; belongs to one OpenGL context.

    `key` is the colour that stands for "nothing here" where alpha cannot say it.
    """

    def __init__(self, ctx: moderngl.Context, key: Color | None = None) -> None:
        self._ctx = ctx
        self._nothing = _nothing(key)
        self._solid = ctx.program(vertex_shader=_SOLID_VERTEX, fragment_shader=_SOLID_FRAGMENT)
        self._picture = ctx.program(
            vertex_shader=_PICTURE_VERTEX, fragment_shader=_PICTURE_FRAGMENT
        )
        self._hands = HandMask(ctx, self._nothing if key is not None else None)
        for program in (self._solid, self._picture):
            program["keyed"] = key is not None
        self._triangles = Vertices(ctx, self._solid, "3f 4f", "point_in_mannequin_m", "color")
        self._corners = Vertices(ctx, self._picture, "3f 2f", "point_in_mannequin_m", "place")
        self._labels: dict[tuple[str, Color], moderngl.Texture] = {}
        self._sheets: dict[tuple[int, ...], moderngl.Texture] = {}

    def draw_registered(
        self,
        framebuffer: moderngl.Framebuffer,
        vertices: npt.NDArray[np.float32],
        labels: Sequence[Label],
        eye: Eye,
        hands: npt.NDArray[np.float32] | None = None,
    ) -> None:
        """Clear to nothing, then draw shapes (from `mesh.Shapes`) in order, text last.

        Nothing hides anything else: the drawing order is the scene's. Before the text the
        learner's `hands` (from `mask.billboards`) are cut out.
        """
        self._begin(framebuffer, self._nothing)
        clip = eye.clip_from_view @ matrix_of(eye.mannequin_from_view.inverse())
        if len(vertices):
            _set_matrix(self._solid, clip)
            self._triangles.draw(vertices, moderngl.TRIANGLES)
        if hands is not None and len(hands):
            self._hands.cut(hands, clip)
        for label in labels:
            self._draw_label(label, eye, clip)

    def draw_sheet(self, framebuffer: moderngl.Framebuffer, pixels: npt.NDArray[np.uint8]) -> None:
        """Fill a framebuffer with a picture, upright.

        (H, W, 4): premultiplied sRGB, red first, as panels are drawn; (H, W, 3): a camera's
        picture, blue first.
        """
        self._begin(framebuffer, (0.0, 0.0, 0.0, 0.0))
        if pixels.shape not in self._sheets:
            if len(self._sheets) >= MAX_SHEETS:
                self._sheets.pop(next(iter(self._sheets))).release()
            height_px, width_px, n = pixels.shape
            texture = self._ctx.texture((width_px, height_px), n, alignment=1)
            texture.swizzle = "RGBA" if n == 4 else "BGR1"
            self._sheets[pixels.shape] = texture
        texture = self._sheets[pixels.shape]
        texture.write(np.ascontiguousarray(pixels))
        corners = np.array([[-1, -1, 0], [1, -1, 0], [-1, 1, 0], [1, 1, 0]], dtype=np.float64)
        self._draw_picture(texture, corners, np.eye(4))

    def release(self) -> None:
        """Give textures, buffers and programs back."""
        for texture in (*self._labels.values(), *self._sheets.values()):
            texture.release()
        self._labels.clear()
        self._sheets.clear()
        self._triangles.release()
        self._corners.release()
        self._hands.release()
        self._solid.release()
        self._picture.release()

    def _begin(self, framebuffer: moderngl.Framebuffer, nothing: Color) -> None:
        framebuffer.use()
        self._ctx.enable_direct(GL_FRAMEBUFFER_SRGB)
        self._ctx.enable_only(moderngl.BLEND)
        self._ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        framebuffer.clear(*nothing)

    def _draw_label(self, label: Label, eye: Eye, clip: FloatArray) -> None:
        texture = self._label_texture(label)
        corners_m = label_corners(
            label,
            texture.width / texture.height,
            LABEL_CAP_PX / texture.height,
            eye.mannequin_from_view.R,
        )
        self._draw_picture(texture, corners_m, clip)

    def _label_texture(self, label: Label) -> moderngl.Texture:
        """Draw a label's picture once; the oldest goes when there are too many."""
        key = (label.text, label.color)
        if key not in self._labels:
            if len(self._labels) >= MAX_LABELS:
                self._labels.pop(next(iter(self._labels))).release()
            rgba = draw_label(label.text, LABEL_CAP_PX, label.color)
            texture = self._ctx.texture((rgba.shape[1], rgba.shape[0]), 4, rgba.tobytes())
            texture.build_mipmaps()
            self._labels[key] = texture
        return self._labels[key]

    def _draw_picture(
        self, texture: moderngl.Texture, corners: FloatArray, clip: FloatArray
    ) -> None:
        _set_matrix(self._picture, clip)
        texture.use(0)
        vertices = np.hstack([corners, _PLACE]).astype(np.float32)
        self._corners.draw(vertices, moderngl.TRIANGLE_STRIP)


_PLACE = np.array([[0, 1], [1, 1], [0, 0], [1, 0]])
"""Of the four corners in a picture; its row 0 is its top."""


def _nothing(key: Color | None) -> Color:
    """Give what a picture is cleared to: no light, or the key's light."""
    if key is None:
        return (0.0, 0.0, 0.0, 0.0)
    r, g, b = srgb_to_linear(np.array(key[:3]))
    return (float(r), float(g), float(b), 1.0)


def _set_matrix(program: moderngl.Program, clip_from_mannequin: FloatArray) -> None:
    uniform = program["clip_from_mannequin"]
    assert isinstance(uniform, moderngl.Uniform)
    uniform.write(clip_from_mannequin.T.astype("f4").tobytes())  # OpenGL wants columns
