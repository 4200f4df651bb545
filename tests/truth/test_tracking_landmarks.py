"""Hands in real photographs; needs mediapipe, its model, and the shared photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from mr.tracking.landmarks import FETCH, HINT, MediapipeHands, model_path
from mr.types import Arrival, ColorFrame, Stamp

if TYPE_CHECKING:
    from tests.conftest import Require


def test_hands_of_real_photographs(require: Require) -> None:
    folder = require.shared("hands")
    require.module("mediapipe", HINT)
    if not model_path().exists():
        require.missing("the hand model", FETCH)
    photographs = sorted(folder.glob("*/*.jpg"))
    with MediapipeHands(model_path()) as finder:
        n_found = 0
        for k, path in enumerate(photographs):
            bgr = cv2.imread(str(path))
            assert bgr is not None
            height, width = bgr.shape[:2]
            frame = ColorFrame(Arrival("cam_a.color", k, k, k), "a", bgr.astype(np.uint8))
            whole = (slice(0, height), slice(0, width))
            hands = finder.find(frame, Stamp(k, 1), whole)
            n_found += bool(hands)
            for hand in hands:
                assert hand.landmarks_px.shape == (21, 2)
                # The gate: with the hand's own place cut away, nothing lies outside.
                below = (slice(int(hand.landmarks_px[:, 1].max()) + 1, height), whole[1])
                for other in finder.find(frame, Stamp(k, 1), below):
                    assert other.landmarks_px[:, 1].mean() >= below[0].start
    print(f"hands found in {n_found} of {len(photographs)} photographs")
    assert n_found >= 0.85 * len(photographs)
