"""Draws registered primitives onto a camera's picture, in true perspective.

Takes primitives in the mannequin's frame, the mannequin's pose in a camera and that
camera's lens, gives pixels on a Skia canvas; leaves composing the picture to
`overlays.mirror`. Rings are cut into polygons before they are projected, so that they
bend with the perspective and with the lens's distortion.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import skia

from mr.rig import Intrinsics
from mr.types import FloatArray, Pose
from overlays.primitives import Capsule, Color, Label, Polygon, Polyline, Registered, Ring
from overlays.render.mask import SOFT_M
from overlays.render.painter import CAP_HEIGHT_EM, paint_of, shape
from overlays.render.panel import rim_of

_NEAR_M = 0.05
_WIDEST = 1.8
"""Tangent of the widest angle off the axis for which the lens model is trusted."""
_LEAST_TEXT_PX = 20.0


def project_px(
    points_m: FloatArray, cam_from_mannequin: Pose, intrinsics: Intrinsics
) -> tuple[FloatArray, FloatArray]:
    """Project mannequin points (N, 3) to picture px (N, 2), with their distance z (N,) in m.

    Points behind the camera, or too far aside for its lens model, come back as NaN.
    """
    in_cam_m = cam_from_mannequin.apply(np.asarray(points_m, dtype=np.float64))
    z_m = in_cam_m[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        aside = np.hypot(in_cam_m[:, 0], in_cam_m[:, 1]) / z_m
    seen = (z_m > _NEAR_M) & (aside < _WIDEST)
    at_px = np.full((len(in_cam_m), 2), np.nan)
    if seen.any():
        found, _ = cv2.projectPoints(
            in_cam_m[seen].reshape(-1, 1, 3),
            np.zeros(3),
            np.zeros(3),
            intrinsics.matrix(),
            np.array(intrinsics.distortion),
        )
        at_px[seen] = found.reshape(-1, 2)
    return at_px, z_m


class Lens:
    """The way from the mannequin's frame to the mirror's pixels."""

    def __init__(self, cam_from_mannequin: Pose, intrinsics: Intrinsics, scale: float) -> None:
        self._cam_from_mannequin = cam_from_mannequin
        self._intrinsics = intrinsics
        self._scale = scale

    def see(self, points_m: FloatArray) -> tuple[FloatArray, float] | None:
        """Give (N, 2) mirror px and the px of one metre there; None when any is unseen."""
        at_px, z_m = project_px(points_m, self._cam_from_mannequin, self._intrinsics)
        if not np.isfinite(at_px).all():
            return None
        # OpenCV counts from a pixel's middle, Skia from its corner
        metre_px = self._scale * self._intrinsics.fx_px / float(z_m.mean())
        return (at_px + 0.5) * self._scale, metre_px


def draw_registered(
    canvas: Any,
    items: tuple[Registered, ...],
    lens: Lens,
    mask: tuple[Capsule, ...] = (),
) -> None:
    """Draw shapes first, but not over the hands in `mask`, and labels over them."""
    if mask:
        canvas.saveLayer()
    _draw_shapes(canvas, items, lens)
    if mask:
        for capsule in mask:
            _cut(canvas, capsule, lens)
        canvas.restore()
    for item in items:
        if isinstance(item, Label):
            _draw_label(canvas, item, lens)


def _draw_shapes(canvas: Any, items: tuple[Registered, ...], lens: Lens) -> None:
    for item in items:
        if isinstance(item, Ring):
            _draw_ring(canvas, item, lens)
        elif isinstance(item, Polyline):
            seen = lens.see(np.array(item.points_in_mannequin_m))
            if seen is not None:
                path = _path(seen[0], item.closed)
                width_px = max(1.5, item.width_m * seen[1])
                canvas.drawPath(path, paint_of(item.color, width_px, round_ends=True))
        elif isinstance(item, Polygon):
            seen = lens.see(np.array(item.points_in_mannequin_m))
            if seen is not None:
                canvas.drawPath(_path(seen[0], True), paint_of(item.color))


def _cut(canvas: Any, capsule: Capsule, lens: Lens) -> None:
    """Take out of the layer what lies behind a capsule, with a soft edge."""
    seen = lens.see(np.array([capsule.a_in_mannequin_m, capsule.b_in_mannequin_m]))
    if seen is None:
        return
    (ax_px, ay_px), (bx_px, by_px) = seen[0]
    soft_px = SOFT_M * seen[1]
    paint = paint_of((0.0, 0.0, 0.0, 1.0), 2 * capsule.radius_m * seen[1] + soft_px, True)
    paint.setBlendMode(skia.BlendMode.kDstOut)
    paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, soft_px / 2))
    canvas.drawLine(float(ax_px), float(ay_px), float(bx_px) + 0.01, float(by_px), paint)


def _path(at_px: FloatArray, closed: bool) -> Any:
    points = [skia.Point(float(x), float(y)) for x, y in at_px]
    return skia.Path.Polygon(points, closed)


def _draw_ring(canvas: Any, ring: Ring, lens: Lens) -> None:
    """Draw a ring as two contours in true perspective, filled between."""
    turn_rad = np.linspace(0.0, 2 * np.pi, 97)[:-1]
    unit = np.stack([np.cos(turn_rad), np.sin(turn_rad), 0 * turn_rad], axis=1)
    contours = []
    for radius_m in (ring.radius_m - ring.width_m / 2, ring.radius_m + ring.width_m / 2):
        seen = lens.see(np.array(ring.center_in_mannequin_m) + radius_m * unit)
        if seen is None:
            return
        contours.append(seen[0])
    # one polygon out along the outer contour and back along the inner one
    outline = np.concatenate([contours[1], contours[1][:1], contours[0][:1], contours[0][::-1]])
    path = _path(outline, True)
    path.setFillType(skia.PathFillType.kEvenOdd)
    canvas.drawPath(path, paint_of(ring.color))


def _draw_label(canvas: Any, label: Label, lens: Lens) -> None:
    seen = lens.see(np.array([label.anchor_in_mannequin_m]))
    if seen is None:
        return
    size_px = max(_LEAST_TEXT_PX, label.height_m * seen[1] / CAP_HEIGHT_EM)
    x_px, y_px = seen[0][0]
    _, width_px = shape(label.text, round(size_px * 2) / 2, True)
    aside_px = {"left": 0.5, "center": 0.0, "right": -0.5}[label.align] * width_px
    draw_rimmed(canvas, label.text, (float(x_px) + aside_px, float(y_px)), size_px, label.color)


def draw_rimmed(
    canvas: Any,
    text: str,
    middle_px: tuple[float, float],
    size_px: float,
    color: Color,
) -> None:
    """Write one line with a dark rim, centred on `middle_px` across and by its capitals."""
    blob, width_px = shape(text, round(size_px * 2) / 2, True)
    x_px = middle_px[0] - width_px / 2
    y_px = middle_px[1] + CAP_HEIGHT_EM * size_px / 2
    rim = paint_of(rim_of(color), 0.22 * size_px, round_ends=True)
    canvas.drawTextBlob(blob, x_px, y_px, rim)
    canvas.drawTextBlob(blob, x_px, y_px, paint_of(color))
