"""Forty real photographs of hands: where the hand is in each, and gloves drawn over it.

The places were marked by eye (shared data, hands/): the middle of the shown hand, its
longer side, and whose hand it is as pictured, by the arm that it hangs on. The photographs
themselves stay outside the project.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from mr.tracking.landmarks import Window
from mr.types import Arrival, ColorFrame, FloatArray

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Hand:
    """A hand in a photograph: its middle and its longer side in px."""

    x_px: int
    y_px: int
    size_px: int
    side: Literal["left", "right"]

    def region(self, shape: tuple[int, ...], times: float) -> Window:
        """Give a square about the hand, so many times its size, clipped to the image."""
        half = times * self.size_px / 2
        return (
            slice(max(0, int(self.y_px - half)), min(shape[0], int(self.y_px + half))),
            slice(max(0, int(self.x_px - half)), min(shape[1], int(self.x_px + half))),
        )

    def holds(self, point_px: FloatArray) -> bool:
        """Tell whether a point lies on the hand."""
        away = np.hypot(point_px[0] - self.x_px, point_px[1] - self.y_px)
        return bool(away < self.size_px / 2)


HANDS = {
    "call/0413d5c5": Hand(341, 144, 51, "left"),
    "call/044768ad": Hand(236, 227, 92, "left"),
    "call/0e022ee9": Hand(180, 190, 56, "right"),
    "call/143f8b21": Hand(295, 182, 60, "left"),
    "call/172ba7f6": Hand(191, 398, 36, "left"),
    "call/17b3aa02": Hand(213, 170, 84, "left"),
    "call/17d804b5": Hand(190, 217, 87, "right"),
    "call/1d65a858": Hand(219, 223, 52, "right"),
    "call/1f5fb137": Hand(157, 259, 74, "right"),
    "call/21de0cfe": Hand(163, 504, 65, "right"),
    "four/06aa70cc": Hand(261, 210, 48, "left"),
    "four/077fa4bf": Hand(162, 287, 38, "right"),
    "four/07a5a144": Hand(142, 451, 52, "right"),
    "four/07fdea90": Hand(283, 228, 77, "left"),
    "four/0c960166": Hand(75, 293, 88, "right"),
    "four/105f8f8e": Hand(240, 139, 83, "right"),
    "four/116292ef": Hand(248, 173, 41, "right"),
    "four/15a73593": Hand(260, 290, 95, "left"),
    "four/249c5023": Hand(219, 224, 66, "left"),
    "four/25bb4c45": Hand(237, 194, 34, "left"),
    "none/00af1db1": Hand(221, 130, 29, "left"),
    "none/00b85ea4": Hand(63, 149, 74, "right"),
    "none/00c84257": Hand(199, 213, 67, "left"),
    "none/0a038096": Hand(206, 274, 66, "right"),
    "none/0a0ef3d2": Hand(120, 254, 52, "right"),
    "none/0a272153": Hand(165, 296, 36, "left"),
    "none/0a4a8907": Hand(141, 281, 51, "right"),
    "none/0a4bc2da": Hand(355, 186, 95, "left"),
    "none/0a71a6e8": Hand(471, 101, 90, "left"),
    "none/0a787971": Hand(61, 279, 120, "right"),
    "rock/026fd791": Hand(90, 168, 70, "right"),
    "rock/055f8be9": Hand(131, 271, 39, "right"),
    "rock/09a619ab": Hand(95, 243, 53, "right"),
    "rock/0c6628ea": Hand(216, 175, 42, "left"),
    "rock/0cc7ad09": Hand(178, 275, 63, "right"),
    "rock/10eacf4b": Hand(108, 323, 70, "right"),
    "rock/15cb4e8b": Hand(133, 225, 96, "right"),
    "rock/18e20af8": Hand(161, 176, 45, "right"),
    "rock/1bed937b": Hand(470, 128, 102, "left"),
    "rock/20e2164d": Hand(132, 203, 33, "right"),
}

GLOVES: dict[str, tuple[float, float, float, float]] = {
    "blue nitrile": (0.75, 20.0, 2.0, -38.0),
    "black nitrile": (0.22, 5.0, 0.0, 0.0),
    "white latex": (0.45, 135.0, 0.0, 4.0),
    "purple nitrile": (0.65, 15.0, 22.0, -30.0),
}
"""Each glove's colour: gain and offset of the lightness (0 ... 255), then a and b of Lab."""


def load(folder: Path) -> list[tuple[Image, Hand]]:
    """Give every photograph with its hand, in the order of the table."""
    pairs = []
    for key, hand in HANDS.items():
        (path,) = folder.glob(f"{key}*.jpg")
        bgr = cv2.imread(str(path))
        assert bgr is not None, path
        pairs.append((np.asarray(bgr, np.uint8), hand))
    return pairs


def as_frame(bgr: Image, seq: int = 0) -> ColorFrame:
    """Give a picture as a camera would deliver it."""
    return ColorFrame(Arrival("cam_a.color", seq, seq, seq), "a", bgr)


def skin_of(bgr: Image, hand: Hand, landmarks_px: FloatArray) -> npt.NDArray[np.bool_]:
    """Find a hand's pixels, (H, W), by GrabCut about its landmarks."""
    window = hand.region(bgr.shape, 2.2)
    part = np.ascontiguousarray(bgr[window])
    points = (landmarks_px - [window[1].start, window[0].start]).astype(np.int32)
    mask = np.full(part.shape[:2], cv2.GC_BGD, np.uint8)
    thick = max(3, hand.size_px // 6)
    near = np.zeros_like(mask)
    cv2.fillConvexPoly(near, cv2.convexHull(points), 1)
    near = np.asarray(cv2.dilate(near, np.ones((thick, thick), np.uint8)), np.uint8)
    mask[near > 0] = cv2.GC_PR_FGD
    for finger in ((0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (0, 9, 10, 11, 12), (0, 13, 17, 0), (5, 17)):
        cv2.polylines(mask, [points[list(finger)]], False, cv2.GC_FGD, max(1, thick // 3))
    cv2.grabCut(part, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    whole = np.zeros(bgr.shape[:2], bool)
    whole[window] = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    return whole


def gloved(bgr: Image, skin: npt.NDArray[np.bool_], glove: str) -> Image:
    """Give the picture with those pixels in a glove's colour; their shading stays."""
    gain, offset, a, b = GLOVES[glove]
    lab = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB).astype(np.float64)
    lab[skin, 0] = gain * lab[skin, 0] + offset
    lab[skin, 1], lab[skin, 2] = 128 + a, 128 + b
    coloured = cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)
    return np.where(skin[..., None], coloured, bgr)
