"""A picture of a simulated scene: each camera's colour beside its depth, and what it is.

Takes a scene, gives a PNG's bytes; leaves the scene to `mr.cli.scene`.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mr.cli.scene import KeptScene, said
from mr.sim.camera import M_PER_COUNT, SimImager
from mr.sim.noise import CountsArray
from mr.sim.paint import BgrArray

WORDS_PX, SCALE_PX = 62, 76
"""Height of the words under a camera's pictures, width of the scale beside its depth."""
NEAR_PCT, FAR_PCT = 1.0, 99.0
"""Shares of the measured pixels between which colours are spread."""
INK, PAPER, FAINT = (245, 245, 245), (32, 28, 26), (170, 165, 160)
FONT = cv2.FONT_HERSHEY_SIMPLEX


def scene_png(scene: KeptScene) -> bytes:
    """Draw what every camera sees at the first compression's peak (or in the middle)."""
    script = scene.script()
    peaks_s = [c.peak_s for c in script.truth().compressions]
    t_s = peaks_s[0] if peaks_s else script.duration_s / 2
    rows = []
    for k, (camera_id, rig) in enumerate(scene.rigs().items()):
        imager = SimImager(rig, script, scene.seed + 1000 * k, scene.noise, physique=scene.physique)
        words = (
            f"SIMULATED  camera {camera_id}: {said(scene.places()[camera_id])}",
            f"learner {scene.learner}, {t_s:.2f} s: chest pressed "
            f"{1e3 * float(script.chest_depth_m(t_s)):.1f} mm; noise {scene.noise.sigma_px:g} px; "
            "depth: black is not measured",
        )
        rows.append(_row(imager.bgr(t_s), imager.depth_counts(t_s), words))
    return cv2.imencode(".png", np.concatenate(rows))[1].tobytes()


def _row(bgr: BgrArray, counts: CountsArray, words: tuple[str, str]) -> npt.NDArray[np.uint8]:
    depth_m = counts * np.float64(M_PER_COUNT)
    measured = counts > 0
    low_m, high_m = (0.0, 1.0)
    if measured.any():
        low_m, high_m = (float(v) for v in np.percentile(depth_m[measured], (NEAR_PCT, FAR_PCT)))
    share = np.clip((depth_m - low_m) / max(high_m - low_m, 1e-3), 0.0, 1.0)
    false = cv2.applyColorMap((255 * (1.0 - share)).astype(np.uint8), cv2.COLORMAP_TURBO)
    false[~measured] = 0
    pictures = np.concatenate([bgr, false, _scale(len(bgr), low_m, high_m)], axis=1)
    under = np.full((WORDS_PX, pictures.shape[1], 3), PAPER, np.uint8)
    for k, text in enumerate(words):
        color = INK if k == 0 else FAINT
        cv2.putText(under, text, (12, 24 + 26 * k), FONT, 0.62, color, 1, cv2.LINE_AA)
    return np.asarray(np.concatenate([pictures, under]), np.uint8)


def _scale(height: int, low_m: float, high_m: float) -> npt.NDArray[np.uint8]:
    """Draw which colour is how far, nearest at the bottom."""
    scale = np.full((height, SCALE_PX, 3), PAPER, np.uint8)
    ramp = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    scale[:, 8:24] = cv2.applyColorMap(np.repeat(ramp, 16, axis=1), cv2.COLORMAP_TURBO)
    for share in np.linspace(0.0, 1.0, 5):
        y = round((1.0 - share) * (height - 20)) + 14
        far_m = low_m + share * (high_m - low_m)
        cv2.putText(scale, f"{far_m:.2f} m", (26, y), FONT, 0.38, INK, 1, cv2.LINE_AA)
    return scale
