"""The mirror: the scene drawn onto the rig camera's picture, for a screen beside the rig.

Takes a colour picture, a scene and where the mannequin lies, gives one picture: above
the camera's view with ring and bar in true perspective, lens distortion included, below
it the panel. Leaves the meaning of what it draws to `overlays.cues`, and windows and
their loop to `overlays.mirror_view`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import skia

from mr.errors import MrError
from mr.rig import Intrinsics
from mr.types import FloatArray, Pose
from overlays.messages import ENGLISH, Messages
from overlays.primitives import Label, Panel, Polygon, Polyline, Registered, Ring, Scene
from overlays.render.painter import CAP_HEIGHT_EM, canvas_over, paint_items, paint_of, shape
from overlays.render.panel import RIM

WIDTH_PX = 1024
"""Width of the mirror; a wider picture keeps its own."""
_NEAR_M = 0.05
_WIDEST = 1.8
"""Tangent of the widest angle off the axis for which the lens model is trusted."""
_LEAST_TEXT_PX = 20.0
_GROUND = np.array([19, 15, 11, 255], dtype=np.uint8)
"""Behind the panel: blue, green, red, alpha."""


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


class _Lens:
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


def draw_mirror(
    bgr: npt.NDArray[np.uint8],
    scene: Scene,
    cam_from_mannequin: Pose | None,
    intrinsics: Intrinsics,
    messages: Messages = ENGLISH,
) -> npt.NDArray[np.uint8]:
    """Draw a scene onto a camera's picture.

    Parameters
    ----------
    bgr : ndarray, (H, W, 3) uint8
        The raw picture of the colour camera; it is not changed.
    scene : Scene
        From `overlays.scene.build_scene`.
    cam_from_mannequin : Pose or None
        The mannequin in the *colour* camera's frame. None: no ring, and the picture
        says why.
    intrinsics : Intrinsics
        Of the colour camera.
    messages : Messages
        For the words of the mirror itself.

    Returns
    -------
    ndarray, (H', W', 3) uint8
        The picture, at least `WIDTH_PX` wide, with the panel below it.
    """
    height_px, width_px = bgr.shape[:2]
    scale = max(1.0, WIDTH_PX / width_px)
    wide_px, view_px = round(width_px * scale), round(height_px * scale)
    panel_scale = wide_px / scene.panel.width_px
    high_px = view_px + round(scene.panel.height_px * panel_scale)
    pixels = np.empty((high_px, wide_px, 4), dtype=np.uint8)
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_NEAREST
    view = cv2.resize(bgr, (wide_px, view_px), interpolation=way)
    cv2.cvtColor(view, cv2.COLOR_BGR2BGRA, dst=pixels[:view_px])
    pixels[view_px:] = _GROUND
    surface, canvas = canvas_over(pixels, "bgra", opaque=True)
    canvas.save()
    canvas.clipRect(skia.Rect.MakeWH(wide_px, view_px))
    if cam_from_mannequin is not None:
        _draw_registered(canvas, scene.registered, _Lens(cam_from_mannequin, intrinsics, scale))
    elif scene.registered:
        _draw_note(canvas, messages("mirror.no_pose"), wide_px / 2, view_px - 36.0)
    canvas.restore()
    _draw_panel_below(canvas, scene.panel, view_px, panel_scale)
    surface.flushAndSubmit()
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR).astype(np.uint8, copy=False)


def _draw_panel_below(canvas: Any, panel: Panel, top_px: float, scale: float) -> None:
    canvas.save()
    canvas.translate(0, top_px)
    canvas.scale(scale, scale)
    paint_items(canvas, panel.items)
    canvas.restore()


def _draw_registered(canvas: Any, items: tuple[Registered, ...], lens: _Lens) -> None:
    """Draw shapes first and labels over them."""
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
    for item in items:
        if isinstance(item, Label):
            _draw_label(canvas, item, lens)


def _path(at_px: FloatArray, closed: bool) -> Any:
    points = [skia.Point(float(x), float(y)) for x, y in at_px]
    return skia.Path.Polygon(points, closed)


def _draw_ring(canvas: Any, ring: Ring, lens: _Lens) -> None:
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


def _draw_label(canvas: Any, label: Label, lens: _Lens) -> None:
    seen = lens.see(np.array([label.anchor_in_mannequin_m]))
    if seen is None:
        return
    size_px = max(_LEAST_TEXT_PX, label.height_m * seen[1] / CAP_HEIGHT_EM)
    x_px, y_px = seen[0][0]
    _draw_rimmed(canvas, label.text, (float(x_px), float(y_px)), size_px, label.color)


def _draw_rimmed(
    canvas: Any,
    text: str,
    middle_px: tuple[float, float],
    size_px: float,
    color: tuple[float, float, float, float],
) -> None:
    blob, width_px = shape(text, round(size_px * 2) / 2, True)
    x_px = middle_px[0] - width_px / 2
    y_px = middle_px[1] + CAP_HEIGHT_EM * size_px / 2
    rim = paint_of(RIM, 0.22 * size_px, round_ends=True)
    canvas.drawTextBlob(blob, x_px, y_px, rim)
    canvas.drawTextBlob(blob, x_px, y_px, paint_of(color))


def _draw_note(canvas: Any, text: str, x_px: float, y_px: float) -> None:
    """Write a line on a dark plate over the picture."""
    _, width_px = shape(text, 24.0, True)
    plate = skia.Rect.MakeXYWH(x_px - width_px / 2 - 20, y_px - 24, width_px + 40, 48)
    canvas.drawRoundRect(plate, 12, 12, paint_of(RIM))
    _draw_rimmed(canvas, text, (x_px, y_px), 24.0, (1.0, 1.0, 1.0, 1.0))


def save_png(path: Path, bgr: npt.NDArray[np.uint8]) -> None:
    """Write a picture whole or not at all.

    Raises
    ------
    MrError
        When it cannot be written there.
    """
    done, data = cv2.imencode(".png", bgr)
    if not done:
        raise MrError(f"{path}: this picture of shape {bgr.shape} cannot be written as PNG")
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(data.tobytes())
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise MrError(f"{path}: cannot write this picture ({error}): choose another") from error
