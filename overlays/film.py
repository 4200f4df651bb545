"""The frames of a film: the mirror as it was, all of one size, also where no picture was kept.

Takes snapshots, each with the picture that was on the screen then, gives frames; leaves where
they come from to its caller and the file to `overlays.video`. Without a picture ring and bar are
drawn on the calibrated surface of the resting mannequin, as that camera would see it, and the
words say so.
"""

from __future__ import annotations

import cv2
import numpy as np

from mr.geometry.cloud import Cloud
from mr.rig import Intrinsics, Rig
from mr.types import Pose, Snapshot
from overlays.messages import ENGLISH, Messages
from overlays.mirror import CameraPicture, MirrorView, Picture, color_camera
from overlays.render.registered import project_px
from overlays.theme import DEFAULT, Theme

GROUND = (30, 24, 18)
"""Behind the drawn mannequin: blue, green, red."""
SKIN = np.array([150.0, 168.0, 186.0])
"""Of the drawn mannequin where it faces the camera: blue, green, red."""
DARKEST = 0.25
"""What faces aside keeps this share of its light."""
CHEST_LIGHT = 0.7
"""Of the chest: it bends, so it is not in the surface, and an even plate stands for it."""
CHEST_TO_M = 0.25
"""The torso ends so far towards the head from the compression point."""
DOT_M = 0.008
"""Radius of a drawn point of the surface: its points lie a centimetre apart."""


class Film:
    """Draws the frames of one session.

    Parameters
    ----------
    rig : Rig
        The one that it was recorded with.
    theme, messages : Theme, Messages
        Looks and words.
    """

    def __init__(self, rig: Rig, theme: Theme = DEFAULT, messages: Messages = ENGLISH) -> None:
        self._rig = rig
        self._view = MirrorView(rig, theme, messages)
        self._note = messages("film.no_picture")
        self._size: tuple[int, int] | None = None
        self._drawn: tuple[Pose, Picture] | None = None

    def frame(self, snapshot: Snapshot, picture: CameraPicture | None) -> Picture:
        """Draw one frame, (H, W, 3) uint8; all have the first one's size, even both ways.

        Raises
        ------
        CalibrationError
            When the rig does not know the picture's camera.
        """
        if picture is not None:
            return self._fitted(self._view.draw(snapshot, picture))
        stand_in = self._stand_in(snapshot.world_from_mannequin)
        return self._fitted(self._view.draw(snapshot, stand_in, self._note))

    def _stand_in(self, world_from_mannequin: Pose | None) -> CameraPicture | None:
        """Draw the mannequin as the first camera with a colour lens sees it, if there is one."""
        cameras = self._rig.cameras.items()
        camera_id = next((name for name, c in cameras if c.color and c.color_from_depth), None)
        if camera_id is None or world_from_mannequin is None:
            return None
        if self._drawn is None or self._drawn[0] is not world_from_mannequin:
            lens, color_from_world = color_camera(self._rig, camera_id)
            surface = None if self._rig.surface is None else self._rig.surface.cloud()
            drawn = drawn_surface(surface, color_from_world @ world_from_mannequin, lens)
            self._drawn = world_from_mannequin, drawn
        return self._drawn[1], world_from_mannequin, camera_id

    def _fitted(self, mirror: Picture) -> Picture:
        """Bring a frame to the film's size without changing its proportions."""
        height_px, width_px = mirror.shape[:2]
        if self._size is None:
            self._size = width_px + width_px % 2, height_px + height_px % 2
        wide_px, high_px = self._size
        scale = min(wide_px / width_px, high_px / height_px)
        if scale < 1:
            size = int(scale * width_px), int(scale * height_px)
            mirror = np.asarray(cv2.resize(mirror, size, interpolation=cv2.INTER_AREA), np.uint8)
            height_px, width_px = mirror.shape[:2]
        if (width_px, height_px) == self._size:
            return mirror
        fitted = np.full((high_px, wide_px, 3), GROUND, dtype=np.uint8)
        left_px, top_px = (wide_px - width_px) // 2, (high_px - height_px) // 2
        fitted[top_px : top_px + height_px, left_px : left_px + width_px] = mirror
        return fitted


def drawn_surface(surface: Cloud | None, cam_from_mannequin: Pose, lens: Intrinsics) -> Picture:
    """Draw a surface's points as shaded dots, the nearest last, (H, W, 3) uint8 of the lens."""
    ground = np.full((lens.height_px, lens.width_px, 3), GROUND, dtype=np.uint8)
    if surface is None:
        return ground
    at_px, z_m = project_px(surface.points_m, cam_from_mannequin, lens)
    sight = cam_from_mannequin.apply(surface.points_m)
    sight = sight / np.linalg.norm(sight, axis=1, keepdims=True)
    facing = -np.sum((surface.normals @ cam_from_mannequin.R.T) * sight, axis=1)
    seen = np.isfinite(at_px).all(axis=1) & (facing > 0)
    torso_px = at_px[seen & (surface.points_m[:, 1] < CHEST_TO_M)].astype(np.float32)
    if len(torso_px) > 2:
        hull = np.rint(cv2.convexHull(torso_px)).astype(np.int32)
        cv2.fillConvexPoly(ground, hull, tuple(CHEST_LIGHT * SKIN), cv2.LINE_AA)
    for k in sorted(np.flatnonzero(seen), key=lambda k: -z_m[k]):
        light = DARKEST + (1.0 - DARKEST) * float(facing[k])
        radius_px = max(1, round(DOT_M * lens.fx_px / float(z_m[k])))
        centre = (round(float(at_px[k, 0])), round(float(at_px[k, 1])))
        cv2.circle(ground, centre, radius_px, tuple(light * SKIN), -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(ground, (0, 0), 0.004 * lens.width_px), dtype=np.uint8)
