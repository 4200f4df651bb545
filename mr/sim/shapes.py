"""Bodies a ray can meet: rounded cones, and the box of pixels that each can cover.

Takes unit rays of one viewpoint, gives the distance along them; leaves what the bodies
are, and their colours, to `mr.sim.body`. All points are in the mannequin's frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mr.rig import Intrinsics
from mr.sim.noise import Float32Array
from mr.types import FloatArray, Pose

Point = tuple[float, float, float]
Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class RoundCone:
    """Two spheres and the cone that touches both: a finger, a forearm, a nose."""

    a_m: Point
    b_m: Point
    radius_a_m: float
    radius_b_m: float
    color: Rgb


@dataclass(frozen=True, slots=True)
class PixelBox:
    """A box of pixels, upper bounds excluded."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def empty(self) -> bool:
        """Tell whether it holds no pixel."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    @property
    def window(self) -> tuple[slice, slice]:
        """Give the slices of an (H, W) image."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def union(self, other: PixelBox) -> PixelBox:
        """Give the smallest box that holds both."""
        if self.empty:
            return other
        if other.empty:
            return self
        return PixelBox(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def common(self, other: PixelBox) -> PixelBox:
        """Give the pixels that both hold."""
        return PixelBox(
            max(self.x0, other.x0),
            max(self.y0, other.y0),
            min(self.x1, other.x1),
            min(self.y1, other.y1),
        )

    def grown(self, margin_px: tuple[int, int, int, int], within: PixelBox) -> PixelBox:
        """Give a box larger by margins at the left, above, at the right and below."""
        left, above, right, below = margin_px
        larger = PixelBox(self.x0 - left, self.y0 - above, self.x1 + right, self.y1 + below)
        return larger.common(within)

    def inside(self, outer: PixelBox) -> PixelBox:
        """Give this box in pixels of `outer`, cut off at its rims."""
        return PixelBox(
            max(self.x0 - outer.x0, 0),
            max(self.y0 - outer.y0, 0),
            min(self.x1, outer.x1) - outer.x0,
            min(self.y1, outer.y1) - outer.y0,
        )


class View:
    """One pinhole viewpoint and the rays of its pixels, in the mannequin's frame."""

    def __init__(self, intrinsics: Intrinsics, mannequin_from_cam: Pose) -> None:
        self.intrinsics = intrinsics
        self.mannequin_from_cam = mannequin_from_cam
        self.cam_from_mannequin = mannequin_from_cam.inverse()
        self.shape = (intrinsics.height_px, intrinsics.width_px)
        self.full = PixelBox(0, 0, intrinsics.width_px, intrinsics.height_px)
        self.eye_m = mannequin_from_cam.t_m
        self.rays, self.forward_share = self._make_rays()

    def _make_rays(self) -> tuple[Float32Array, Float32Array]:
        """Make (3, H, W) unit rays in the mannequin's frame and their forward part."""
        k = self.intrinsics
        x = (np.arange(k.width_px) - k.cx_px) / k.fx_px
        y = (np.arange(k.height_px) - k.cy_px) / k.fy_px
        cam = np.stack([*np.meshgrid(x, y), np.ones(self.shape)])
        cam /= np.linalg.norm(cam, axis=0)
        rays = np.einsum("ij,jhw->ihw", self.mannequin_from_cam.R, cam)
        return rays.astype(np.float32), cam[2].astype(np.float32)

    def project_px(self, points_m: FloatArray) -> FloatArray:
        """Project points (..., 3) of the mannequin's frame to (..., 2) px."""
        k = self.intrinsics
        cam = self.cam_from_mannequin.apply(points_m)
        return np.stack(
            [
                k.fx_px * cam[..., 0] / cam[..., 2] + k.cx_px,
                k.fy_px * cam[..., 1] / cam[..., 2] + k.cy_px,
            ],
            axis=-1,
        )

    def box_of_spheres(self, centers_m: FloatArray, radii_m: FloatArray) -> PixelBox:
        """Give a box of pixels that surely covers spheres (n, 3), (n,) and their hull."""
        cam = self.cam_from_mannequin.apply(centers_m)
        near_m = cam[:, 2] - radii_m
        if bool(np.any(near_m < 0.05)):
            return self.full
        k = self.intrinsics
        x = k.fx_px * cam[:, 0] / cam[:, 2] + k.cx_px
        y = k.fy_px * cam[:, 1] / cam[:, 2] + k.cy_px
        slant = np.hypot(1.0, np.hypot(cam[:, 0], cam[:, 1]) / cam[:, 2])
        grow = k.fx_px * radii_m / near_m * slant + 2.0
        return PixelBox(
            max(int(np.min(x - grow)), 0),
            max(int(np.min(y - grow)), 0),
            min(int(np.max(x + grow)) + 1, k.width_px),
            min(int(np.max(y + grow)) + 1, k.height_px),
        )

    def box_of_cone(self, cone: RoundCone) -> PixelBox:
        """Give a box of pixels that surely covers a rounded cone."""
        return self.box_of_spheres(
            np.array([cone.a_m, cone.b_m]), np.array([cone.radius_a_m, cone.radius_b_m])
        )


def meet_cone(cone: RoundCone, eye_m: FloatArray, rays: Float32Array) -> Float32Array:
    """Give the distance to a rounded cone along unit rays (3, ...); inf where missed.

    Ref: I. Quilez, "Rounded Cone - intersection" (iquilezles.org/articles/intersectors).
    """
    a, b = np.array(cone.a_m), np.array(cone.b_m)
    ra, rb = cone.radius_a_m, cone.radius_b_m
    ba, oa, ob = b - a, eye_m - a, eye_m - b
    rr = ra - rb
    m0, m1, m5, m7 = (float(v) for v in (ba @ ba, ba @ oa, oa @ oa, ob @ ob))
    m2, m3 = _along(rays, ba), _along(rays, oa)
    m6 = m3 - m2
    d2 = m0 - rr * rr
    if d2 <= 0:  # one sphere holds the other
        return _meet_sphere(m3, m5, ra) if ra >= rb else _meet_sphere(m6, m7, rb)
    k2 = d2 - m2 * m2
    k1 = d2 * m3 - m1 * m2 + m2 * np.float32(rr * ra)
    k0 = d2 * m5 - m1 * m1 + m1 * rr * ra * 2.0 - m0 * ra * ra
    h = k1 * k1 - np.float32(k0) * k2
    # A ray along the cone's slope has k2 = 0 and meets the caps only.
    with np.errstate(divide="ignore", invalid="ignore"):
        side = (-np.sqrt(np.maximum(h, 0)) - k1) / k2
    y = np.float32(m1 - ra * rr) + side * m2
    on_side = (h >= 0) & (y > 0) & (y < d2)
    caps = np.minimum(_meet_sphere(m3, m5, ra), _meet_sphere(m6, m7, rb))
    return np.where(on_side, side, caps)


def cone_normals(cone: RoundCone, points_m: Float32Array) -> Float32Array:
    """Give the outward unit normals (3, n) at points (3, n) of a rounded cone."""
    a, b = np.array(cone.a_m), np.array(cone.b_m)
    ba = b - a
    rr = cone.radius_a_m - cone.radius_b_m
    length2 = float(ba @ ba)
    if length2 <= rr * rr:
        center = a if rr >= 0 else b
        out = points_m - center[:, None].astype(np.float32)
        return np.asarray(out / np.linalg.norm(out, axis=0))
    pa = points_m - a[:, None].astype(np.float32)
    along = ba.astype(np.float32) @ pa / np.float32(length2)
    away = pa - along * ba[:, None].astype(np.float32)
    shift = rr / np.sqrt(length2 - rr * rr) * np.linalg.norm(away, axis=0) / np.sqrt(length2)
    share = np.clip(along - shift, 0.0, 1.0).astype(np.float32)
    out = pa - share * ba[:, None].astype(np.float32)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=0), 1e-9))


def _along(rays: Float32Array, v: FloatArray) -> Float32Array:
    x, y, z = (np.float32(c) for c in v)
    return np.asarray(rays[0] * x + rays[1] * y + rays[2] * z)


def _meet_sphere(m3: Float32Array, m5: float, radius_m: float) -> Float32Array:
    h = m3 * m3 - np.float32(m5 - radius_m * radius_m)
    return np.where(h > 0, -m3 - np.sqrt(np.maximum(h, 0)), np.float32(np.inf))
