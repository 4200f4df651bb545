"""The simulated scene's colours, so that its picture is one that a learner recognises.

Takes what `mr.sim.render` met at each pixel, gives blue-green-red pictures: real tag
textures (area-filtered, so that their corners lie where they truly are), skin, jacket,
floor, light from above with soft contact shadows under the hands.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mr.sim import body
from mr.sim.noise import Float32Array
from mr.sim.render import BOARD, CONES, FLOOR, MOVING, PLATES, TORSO, Cast, Scene
from mr.sim.rig import Plate
from mr.sim.script import HandsState
from mr.sim.shapes import PixelBox, Rgb, RoundCone, View, cone_normals

BgrArray = npt.NDArray[np.uint8]

LIGHT = np.array([0.35, 0.30, 0.89], dtype=np.float32)
FILL = np.array([-0.6, -0.5, 0.62], dtype=np.float32)
SUPERSAMPLING = 6
"""Samples a pixel and axis for the marker plates."""


class Painter:
    """Paints one viewpoint's frames; what never moves is painted once."""

    def __init__(self, scene: Scene, dictionary: str, seed: int = 0) -> None:
        self.scene = scene
        self._grain = self._make_grain(seed)
        self._still = self._paint_still(dictionary)

    def _make_grain(self, seed: int) -> npt.NDArray[np.int8]:
        """Make the colour sensor's noise, used through windows at random places."""
        self._rng = np.random.default_rng([seed, 0xC0])
        shape = (self.scene.view.shape[0] + 64, self.scene.view.shape[1] + 64, 3)
        grain = self._rng.normal(0.0, 1.6, shape)
        return np.rint(grain).astype(np.int8)

    def _paint_still(self, dictionary: str) -> Float32Array:
        """Paint everything at rest, (H, W, 3) linear-looking 0 … 1 red-green-blue."""
        scene = self.scene
        image = np.zeros((*scene.view.shape, 3), dtype=np.float32)
        _paint(image, scene.view, scene.view.full, scene.still, scene.still_cones, CONES)
        _paint_ground(image, scene.view, scene.still)
        torso = scene.still.bodies == TORSO
        _paint_torso(image, scene, scene.view.full, scene.still, torso, 0.0, None)
        _soften(image, scene.still.bodies)
        for i, plate in enumerate(scene.plates):
            _paint_plate(image, scene, plate, PLATES + i, dictionary)
        return image

    def picture(self, moments: Sequence[tuple[float, HandsState]]) -> BgrArray:
        """Paint one frame, (H, W, 3) uint8 blue-green-red, exposed at some moments."""
        image = np.mean([self._moment(*moment) for moment in moments], axis=0, dtype=np.float32)
        return self._expose(np.asarray(image))

    def _moment(self, depth_m: float, hands: HandsState) -> Float32Array:
        """Paint the scene at one instant, (H, W, 3) red-green-blue."""
        scene = self.scene
        box, cast = scene.cast(depth_m, hands)
        image = self._still.copy()
        window = image[box.window]
        still = scene.still.bodies[box.window]
        changed = (cast.bodies == TORSO) & scene.near_dent(box)
        _paint_torso(window, scene, box, cast, changed, depth_m, hands)
        cones = scene.moving_cones(depth_m, hands)
        _paint(window, scene.view, box, cast, cones, MOVING)
        if not box.empty and bool((cast.bodies != still).any()):
            _soften(window, cast.bodies)
        return image

    def _expose(self, image: Float32Array) -> BgrArray:
        """Turn colours into the sensor's counts, with its grain."""
        y, x = (int(v) for v in self._rng.integers(0, 64, 2))
        height, width = self.scene.view.shape
        counts = (image[..., ::-1] * np.float32(255.0)).astype(np.int16)
        counts += self._grain[y : y + height, x : x + width]
        return np.clip(counts, 0, 255).astype(np.uint8)


def _rgb(color: Rgb) -> Float32Array:
    return np.array(color, dtype=np.float32)


def _points(
    view: View, box: PixelBox, cast: Cast, where: tuple[npt.NDArray[np.intp], ...]
) -> Float32Array:
    """Give the points (3, n) met at some pixels of a box."""
    rays = view.rays[:, box.window[0], box.window[1]][:, where[0], where[1]]
    return np.asarray(view.eye_m.astype(np.float32)[:, None] + cast.distance_m[where] * rays)


def _lit(normals: Float32Array) -> Float32Array:
    """Give the light that falls on surfaces with normals (3, n)."""
    key = np.clip(LIGHT @ normals, 0, 1)
    fill = np.clip(FILL @ normals, 0, 1)
    return np.asarray(np.float32(0.34) + np.float32(0.62) * key + np.float32(0.16) * fill)


def _paint(
    image: Float32Array,
    view: View,
    box: PixelBox,
    cast: Cast,
    cones: tuple[RoundCone, ...],
    first: int,
) -> None:
    """Paint the cones that pixels show."""
    for i, cone in enumerate(cones):
        inner = view.box_of_cone(cone).inside(box)
        if inner.empty:
            continue
        y, x = np.nonzero(cast.bodies[inner.window] == first + i)
        if len(y) == 0:
            continue
        where = (y + inner.y0, x + inner.x0)
        points = _points(view, box, cast, where)
        normals = cone_normals(cone, points)
        rays = view.rays[:, box.window[0], box.window[1]][:, where[0], where[1]]
        rim = np.clip(1 + np.sum(rays * normals, axis=0), 0, 1) ** 3
        light = _lit(normals) * (1 - np.float32(0.45) * rim)
        image[where] = np.clip(light[:, None] * _rgb(cone.color), 0, 1)


def _paint_ground(image: Float32Array, view: View, cast: Cast) -> None:
    """Paint floor and board, darker beside the torso."""
    for index, low, high, width_m in (
        (FLOOR, (0.36, 0.37, 0.40), (0.40, 0.41, 0.44), 0.50),
        (BOARD, (0.63, 0.52, 0.38), (0.69, 0.58, 0.43), 0.055),
    ):
        where = np.nonzero(cast.bodies == index)
        x, y, _ = _points(view, view.full, cast, where)
        stripe = np.floor(x / width_m).astype(int) + (np.floor(y / 0.5) if index == FLOOR else 0)
        base = np.where((stripe % 2 == 0)[:, None], _rgb(low), _rgb(high))
        away = np.maximum(np.abs(x) / 0.19, np.abs(y + 0.03) / 0.33) ** 4
        shade = 1 - 0.55 * np.exp(-np.maximum(away - 0.8, 0) / 0.9)
        image[where] = base * shade[:, None].astype(np.float32)


def _soft(inside_m: Float32Array) -> Float32Array:
    """Go from 0 outside to 1 inside over about a pixel, so that seams are not jagged."""
    return np.asarray(np.clip(inside_m / np.float32(0.0014) + np.float32(0.5), 0, 1))


def _torso_color(x: Float32Array, y: Float32Array) -> Float32Array:
    """Give the torso's own colour, (n, 3): an open jacket over a bare chest."""
    opening = np.float32(0.105) - np.float32(0.11) * np.clip(y - 0.02, 0, 1)
    bare = _soft(opening - np.abs(x)) * _soft(y + 0.17) * _soft(0.235 - y)
    hem = _soft(0.006 - np.abs(np.abs(x) - opening)) * _soft(y + 0.17)
    color = np.broadcast_to(_rgb(body.JACKET), (len(x), 3))
    for share, over in (
        (bare, body.MANNEQUIN_SKIN),
        (hem, (0.10, 0.19, 0.40)),
        (_soft(-0.285 - y), (0.16, 0.16, 0.18)),
    ):
        color = color + share[:, None] * (_rgb(over) - color)
    groove = np.exp(-((x / 0.006) ** 2)) * (y > -0.10) * (y < 0.16) * 0.10
    ribs = 0.05 * np.exp(-((np.abs(x) - 0.055) ** 2) / 0.0009) * np.sin(y * 170.0) ** 8
    for side in (-0.062, 0.062):
        spot = np.exp(-((((x - side) / 0.009) ** 2 + ((y - 0.045) / 0.009) ** 2) ** 2))
        color = color * (1 - 0.30 * spot[:, None])
    return np.asarray(color * (1 - (groove + ribs) * bare)[:, None], dtype=np.float32)


def _paint_torso(
    image: Float32Array,
    scene: Scene,
    box: PixelBox,
    cast: Cast,
    mask: npt.NDArray[np.bool_],
    depth_m: float,
    hands: HandsState | None,
) -> None:
    """Paint the torso's pixels in `mask`, with the dent and the hands' shadow on it."""
    where = np.nonzero(mask)
    if len(where[0]) == 0:
        return
    x, y, _ = _points(scene.view, box, cast, where)

    def height(u: Float32Array, v: Float32Array) -> Float32Array:
        return np.asarray(body.torso_height_m(u, v) - np.float32(depth_m) * body.dent_share(u, v))

    e = np.float32(0.002)
    normals = np.stack(
        [
            (height(x - e, y) - height(x + e, y)) / (2 * e),
            (height(x, y - e) - height(x, y + e)) / (2 * e),
            np.ones_like(x),
        ]
    )
    normals /= np.linalg.norm(normals, axis=0)
    light = _lit(normals.astype(np.float32))
    if hands is not None:
        hx, hy, hz = hands.heel_in_mannequin_m
        gap = max(hz + depth_m, 0.0)
        spread = 0.045 + 0.5 * gap
        far = ((x - hx - 0.035) / (1.5 * spread)) ** 2 + ((y - hy) / spread) ** 2
        fade = np.sqrt(body.dent_share(x, y))
        light = light * (1 - 0.5 * np.exp(-gap / 0.12) * np.exp(-far) * fade)
    image[where] = np.clip(light[:, None] * _torso_color(x, y), 0, 1)


def _soften(image: Float32Array, bodies: npt.NDArray[np.uint8]) -> None:
    """Blur along outlines, so that they do not look cut out with scissors."""
    edges = cv2.morphologyEx(bodies, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    blurred = cv2.GaussianBlur(image, (3, 3), 0.8)
    np.copyto(image, blurred, where=edges[..., None])


def _paint_plate(
    image: Float32Array, scene: Scene, plate: Plate, index: int, dictionary: str
) -> None:
    """Paint a marker plate at many samples a pixel; its rims and bits are area-filtered."""
    view = scene.view
    pixels = view.project_px(plate.corners_in_mannequin_m(plate.board_m))
    x0, y0 = (int(v) for v in np.floor(pixels.min(axis=0)) - 1)
    x1, y1 = (int(v) for v in np.ceil(pixels.max(axis=0)) + 2)
    box = PixelBox(max(x0, 0), max(y0, 0), min(x1, view.shape[1]), min(y1, view.shape[0]))
    if box.empty:
        return
    texture, rim = tag_texture(plate, dictionary)
    face = _disc(texture.shape[0])
    n = SUPERSAMPLING
    # The tag's corners are what must be right: the face's size is rounded to texels.
    # Pixel centres are whole numbers: sample i of n lies at (i + 0.5)/n - 0.5 in its pixel.
    low, high = rim - 0.5, texture.shape[0] - rim - 0.5
    source = np.array([[low, low], [high, low], [high, high], [low, high]])
    tag = view.project_px(plate.corners_in_mannequin_m(plate.tag_m))
    target = (tag - [box.x0, box.y0] + 0.5) * n - 0.5
    warp = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    size = ((box.x1 - box.x0) * n, (box.y1 - box.y0) * n)
    fine = cv2.warpPerspective(texture * face, warp, size, flags=cv2.INTER_LINEAR)
    ones = cv2.warpPerspective(face, warp, size, flags=cv2.INTER_LINEAR)
    whole = (box.x1 - box.x0, box.y1 - box.y0)
    gray = cv2.resize(fine, whole, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(ones, whole, interpolation=cv2.INTER_AREA)
    hidden = scene.still.bodies[box.window]
    near = cv2.dilate((hidden == index).astype(np.uint8), np.ones((3, 3), np.uint8))
    cover = np.where(near > 0, cover, 0)
    gray = np.where(near > 0, gray, 0)
    corners = plate.corners_in_mannequin_m(1.0)
    normal = np.cross(corners[1] - corners[0], corners[0] - corners[3])
    light = float(_lit(normal.astype(np.float32)[:, None])[0])
    image[box.window] *= (1 - cover)[..., None]
    image[box.window] += np.clip(gray * np.float32(light), 0, 1)[..., None]


def _disc(side: int) -> Float32Array:
    """Draw a round board's face: 1 inside the circle that just fits, 0 outside."""
    x = np.arange(side) - (side - 1) / 2
    return np.asarray(np.hypot(x[:, None], x[None, :]) < side / 2, dtype=np.float32)


def tag_texture(plate: Plate, dictionary: str) -> tuple[Float32Array, int]:
    """Draw a plate's face, 0 … 1, the tag in its middle; and how wide the rim is, in texels."""
    tags = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, dictionary))
    cells = tags.markerSize + 2
    tag_px = 16 * cells
    board_px = round(tag_px * plate.board_m / plate.tag_m)
    board_px += (board_px - tag_px) % 2
    face = np.full((board_px, board_px), 0.93, dtype=np.float32)
    tag = cv2.aruco.generateImageMarker(tags, plate.id, tag_px).astype(np.float32) / 255.0
    rim = (board_px - tag_px) // 2
    face[rim : rim + tag_px, rim : rim + tag_px] = 0.06 + 0.87 * tag
    return face, rim
