"""The simulated scene's true depth, by casting rays; and which body each pixel shows.

Takes a viewpoint and the state of chest and hands, gives depth in m and the index of the
body met. What never moves is cast once; a frame casts only the box of pixels that hands,
arms and the moving part of the chest can cover. Leaves colours to `mr.sim.paint` and
noise to `mr.sim.noise`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mr.sim import body, limbs
from mr.sim.noise import Float32Array
from mr.sim.rig import Plate
from mr.sim.script import HandsState
from mr.sim.shapes import PixelBox, RoundCone, View, meet_cone

NOTHING, FLOOR, BOARD, TORSO, PLATES, CONES = 0, 1, 2, 3, 16, 32
"""What a pixel shows; plates count up from 16, still cones from 32, moving from 128."""
MOVING = 128

BIG_PX = 20_000
COARSE = 4
"""Bodies whose box holds more pixels are met at every fourth one and interpolated."""
ROOM_M, MISSED_M = 5.0, 1e6

BodyArray = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Rays that have met something: distance along unit rays and what was met."""

    distance_m: Float32Array
    bodies: BodyArray


class Scene:
    """One viewpoint on the simulated room."""

    def __init__(
        self, view: View, plates: tuple[Plate, ...], physique: limbs.Physique | None = None
    ) -> None:
        self.view = view
        self.plates = plates
        self.physique = physique or limbs.Physique()
        self.still_cones = (
            *body.mannequin_cones(),
            *limbs.learner_legs(),
            *limbs.bystander_cones(self.physique),
            *(_post(p) for p in plates),
        )
        self.still = self._cast_still()
        self._dent = _Dent(view, self.still)

    def _cast_still(self) -> Cast:
        """Cast everything that never moves, with the chest at rest."""
        view = self.view
        distance = np.full(view.shape, np.inf, dtype=np.float32)
        bodies = np.zeros(view.shape, dtype=np.uint8)
        cast = Cast(distance, bodies)
        _cast_level(view, cast, body.FLOOR_Z_M, FLOOR, None)
        _cast_level(view, cast, body.BOARD_Z_M, BOARD, (body.BOARD_X_M, body.BOARD_Y_M))
        _cast_torso(view, cast)
        for i, plate in enumerate(self.plates):
            _cast_plate(view, cast, plate, PLATES + i)
        for i, cone in enumerate(self.still_cones):
            _cast_cone(view, cast, view.full, cone, view.box_of_cone(cone), CONES + i)
        return cast

    def moving_cones(self, depth_m: float, hands: HandsState) -> tuple[RoundCone, ...]:
        """Give the learner in one frame."""
        return limbs.learner_cones(hands, depth_m, self.physique)

    def cast(
        self, depth_m: float, hands: HandsState, within: PixelBox | None = None
    ) -> tuple[PixelBox, Cast]:
        """Cast one frame; gives the box that may differ from `still`, and its pixels.

        `depth_m` is negative while a breath lifts the chest. Outside `within` nothing moves.
        """
        cones = self.moving_cones(depth_m, hands)
        boxes = [self.view.box_of_cone(cone) for cone in cones]
        box = self._dent.box
        for other in boxes:
            box = box.union(other)
        if within is not None:
            box = box.common(within).union(self._dent.box)
        cast = Cast(self.still.distance_m[box.window].copy(), self.still.bodies[box.window].copy())
        if depth_m != 0:
            self._dent.press(depth_m, cast.distance_m, box)
        for i, (cone, its_box) in enumerate(zip(cones, boxes, strict=True)):
            _cast_cone(self.view, cast, box, cone, its_box, MOVING + i)
        return box, cast

    def near_dent(self, box: PixelBox) -> npt.NDArray[np.bool_]:
        """Mark the pixels of a box that lie in the box around the moving chest."""
        near = np.zeros((box.y1 - box.y0, box.x1 - box.x0), dtype=bool)
        near[self._dent.box.inside(box).window] = True
        return near

    def depth_m(self, distance_m: Float32Array, box: PixelBox) -> Float32Array:
        """Turn distances along rays into depth along the optical axis."""
        return distance_m * self.view.forward_share[box.window]


def _post(plate: Plate) -> RoundCone:
    """Build the post that carries a plate, from the floor to just under it."""
    center = np.array(plate.center_in_mannequin_m)
    corners = plate.corners_in_mannequin_m(1.0)
    normal = np.cross(corners[1] - corners[0], corners[0] - corners[3])
    x, y, z = (float(v) for v in center - 0.016 * normal / np.linalg.norm(normal))
    return RoundCone((x, y, body.BOARD_Z_M), (x, y, z), 0.012, 0.012, body.POST)


def _cast_level(
    view: View,
    cast: Cast,
    z_m: float,
    index: int,
    extent: tuple[tuple[float, float], tuple[float, float]] | None,
) -> None:
    """Meet a level plane, or the part of it within an extent."""
    with np.errstate(divide="ignore"):
        t = np.float32(z_m - view.eye_m[2]) / view.rays[2]
    hit = (t > 0) & (t < cast.distance_m)
    if extent is not None:
        (x0, x1), (y0, y1) = extent
        x = view.eye_m[0] + t * view.rays[0]
        y = view.eye_m[1] + t * view.rays[1]
        hit &= (x > x0) & (x < x1) & (y > y0) & (y < y1)
    cast.distance_m[hit] = t[hit]
    cast.bodies[hit] = index


def _cast_torso(view: View, cast: Cast) -> None:
    """Meet the resting torso: step through its slab, then halve the last step."""
    corners = np.array(
        [[x, y, z] for x in (-0.2, 0.2) for y in (-0.36, 0.3) for z in (-0.22, 0.02)]
    )
    box = view.box_of_spheres(corners, np.zeros(len(corners)))
    rays = view.rays[:, box.window[0], box.window[1]]
    eye = view.eye_m.astype(np.float32)

    def above(t: Float32Array) -> npt.NDArray[np.bool_]:
        x, y, z = (eye[i] + t * rays[i] for i in range(3))
        return np.asarray(z > body.torso_height_m(x, y))

    low = (np.float32(0.02) - eye[2]) / rays[2]
    far = (np.float32(body.BOARD_Z_M) - eye[2]) / rays[2]
    step = (far - low) / np.float32(48)
    high = low.copy()
    out = np.ones(low.shape, dtype=bool)
    for _ in range(48):
        high[out] += step[out]
        out &= above(high)
    low = high - step
    for _ in range(14):
        middle = 0.5 * (low + high)
        over = above(middle)
        low = np.where(over, middle, low)
        high = np.where(over, high, middle)
    distance, bodies = cast.distance_m[box.window], cast.bodies[box.window]
    hit = ~out & (high > 0) & (high < distance)
    distance[hit] = high[hit]
    bodies[hit] = TORSO


def _cast_plate(view: View, cast: Cast, plate: Plate, index: int) -> None:
    corners = plate.corners_in_mannequin_m(plate.board_m)
    box = view.box_of_spheres(corners, np.zeros(4))
    if box.empty:
        return
    rays = view.rays[:, box.window[0], box.window[1]]
    x_axis, y_axis = corners[1] - corners[0], corners[0] - corners[3]
    normal = np.cross(x_axis, y_axis)
    to_plate = corners.mean(axis=0) - view.eye_m
    t = np.float32(normal @ to_plate) / np.einsum("i,ihw->hw", normal.astype(np.float32), rays)
    from_center = t * rays - to_plate.astype(np.float32)[:, None, None]
    radius2 = np.float32((plate.board_m / 2) ** 2)
    hit = (t > 0) & (t < cast.distance_m[box.window])
    hit &= np.einsum("ihw,ihw->hw", from_center, from_center) <= radius2
    cast.distance_m[box.window][hit] = t[hit]
    cast.bodies[box.window][hit] = index


def _cast_cone(
    view: View, cast: Cast, outer: PixelBox, cone: RoundCone, box: PixelBox, index: int
) -> None:
    """Meet a rounded cone that lies in `box`; `cast` covers the box `outer`."""
    inner = box.inside(outer)
    if inner.empty:
        return
    y, x = inner.window
    rays = view.rays[
        :, outer.y0 + y.start : outer.y0 + y.stop, outer.x0 + x.start : outer.x0 + x.stop
    ]
    t = _meet_big(cone, view, rays) if rays[0].size > BIG_PX else meet_cone(cone, view.eye_m, rays)
    distance = cast.distance_m[inner.window]
    hit = (t > 0) & (t < distance)
    np.copyto(distance, t, where=hit)
    np.copyto(cast.bodies[inner.window], np.uint8(index), where=hit)


def _meet_big(cone: RoundCone, view: View, rays: Float32Array) -> Float32Array:
    """Meet a body that fills much of the picture (a trunk, a head) at every fourth pixel.

    Between them the surface is straight to some µm; along its outline every pixel is met.
    """
    coarse = meet_cone(cone, view.eye_m, np.ascontiguousarray(rays[:, ::COARSE, ::COARSE]))
    near = cv2.dilate((coarse < MISSED_M).astype(np.uint8), np.ones((3, 3), np.uint8))
    # A miss is far away, not infinite: that would poison its neighbours' interpolation.
    np.minimum(coarse, np.float32(MISSED_M), out=coarse)
    shrink = np.array([[1.0 / COARSE, 0.0, 0.0], [0.0, 1.0 / COARSE, 0.0]])
    size = rays.shape[:0:-1]
    how = cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(
        coarse, shrink, size, flags=cv2.INTER_LINEAR | how, borderMode=cv2.BORDER_REPLICATE
    )
    close = cv2.warpAffine(
        near, shrink, size, flags=cv2.INTER_NEAREST | how, borderMode=cv2.BORDER_REPLICATE
    )
    t = np.asarray(fine, dtype=np.float32)
    between = t > ROOM_M
    t[between] = np.inf
    rows, columns = np.nonzero(between & (np.asarray(close) > 0))
    t[rows, columns] = meet_cone(cone, view.eye_m, rays[:, rows, columns])
    return t


class _Dent:
    """The moving part of the chest: finds where rays meet it when it is pressed."""

    def __init__(self, view: View, still: Cast) -> None:
        a, b = body.DENT_M
        rim = np.array(
            [
                [a * np.cos(w), b * np.sin(w), z]
                for w in np.linspace(0, 2 * np.pi, 24)
                for z in (0.02, -0.08)
            ]
        )
        self.box = view.box_of_spheres(rim, np.zeros(len(rim)))
        window = self.box.window
        distance = still.distance_m[window]
        rays = view.rays[:, window[0], window[1]]
        x = view.eye_m[0] + distance * rays[0]
        y = view.eye_m[1] + distance * rays[1]
        moves = (still.bodies[window] == TORSO) & (
            body.dent_share(x.astype(np.float32), y.astype(np.float32)) > 0
        )
        self._rows, self._columns = np.nonzero(moves)
        self._rays = rays[:, self._rows, self._columns]
        self._rest_m = distance[self._rows, self._columns]
        self._eye = view.eye_m.astype(np.float32)

    def press(self, depth_m: float, distance_m: Float32Array, box: PixelBox) -> None:
        """Move the chest down by `depth_m` at the sternum, in an array that covers `box`."""
        farther_m = np.float32(-1.6 * depth_m) / self._rays[2]
        low = self._rest_m + np.minimum(farther_m, 0)
        high = self._rest_m + np.maximum(farther_m, 0)
        for _ in range(8):
            middle = np.float32(0.5) * (low + high)
            over = self._above(middle, depth_m) > 0
            low = np.where(over, middle, low)
            high = np.where(over, high, middle)
        at_low, at_high = self._above(low, depth_m), self._above(high, depth_m)
        share = at_low / np.maximum(at_low - at_high, np.float32(1e-9))
        rows = self._rows + (self.box.y0 - box.y0)
        columns = self._columns + (self.box.x0 - box.x0)
        distance_m[rows, columns] = low + np.clip(share, 0, 1) * (high - low)

    def _above(self, t: Float32Array, depth_m: float) -> Float32Array:
        x, y, z = (self._eye[i] + t * self._rays[i] for i in range(3))
        surface = body.torso_height_m(x, y) - np.float32(depth_m) * body.dent_share(x, y)
        return np.asarray(z - surface)
