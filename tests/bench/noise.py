"""The simulator's noise beside the real D435's, in one table: `python -m tests.bench.noise`.

Takes two consecutive frames of a still scene from a real D435 (shared data), gives the same
figures of them, of the simulator looking at the *same* scene, and of a control without any
correlation, step or edge. The simulated scene is the real one: its disparities smoothed, its
holes filled with what lies behind, so that distances, slopes and edges are alike.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from mr.sim.noise import NoiseField, NoiseModel, Stereo, measure
from tests.bench.noise_figures import (
    CHANGES,
    DRAWN,
    DRAWN_SIGMA,
    FAR_MM,
    ON_STEPS,
    STAYS,
    Pair,
    figures,
    locking,
    on_steps,
    pair_of,
    static,
)

FRAMES = "realsense/d435_two_frames.npz"
PLANES = "realsense/planes/depth"
PLANES_FB_PX_M = 19.105
"""Focal length times baseline of the planes' camera: with it nearly all values lie on steps."""
WHAT_IT_CANNOT_PROVE = (
    "What two frames and resampled planes cannot prove: slow drift (the two frames are 0.17 s "
    "apart: minutes of warming up are not in them); how noise is alike from frame to frame at 30 "
    "to 90 Hz (one step of 167 ms is all there is, and what stays in both frames may as well be "
    "the true shape of things); other textures, skin and clothes, other light and exposures (one "
    "room, one exposure); what edges look like in truth, for nobody measured that room otherwise. "
    "The planes were moved into the colour camera's picture: their values and steps are the depth "
    "camera's own, but neighbours were moved, so that they say nothing about correlation, holes "
    "and edges; each is one frame, so that they say nothing about time."
)


def real_pair(shared: Path) -> Pair:
    """Load the two real frames."""
    data = np.load(shared / FRAMES)
    fb_px_m = float(data["fx"]) * float(data["baseline_mm"]) * 1e-3
    return pair_of(data["depth"], fb_px_m)


def simulated_pair(
    disparity: npt.NDArray[np.float32], fb_px_m: float, model: NoiseModel, seed: int = 1
) -> Pair:
    """Let the simulated camera take two frames of a scene, in 1 mm counts as the real one's."""
    depth_m = (np.float32(fb_px_m) / disparity).astype(np.float32)
    stereo = Stereo(fb_px_m, fb_px_m, m_per_count=1e-3)
    field = NoiseField(model, depth_m.shape, seed)
    frames = [measure(depth_m, stereo, model, field, t_s) for t_s in (0.0, 0.1667)]
    return pair_of(np.stack(frames), fb_px_m)


def simulated_figures(real: Pair, model: NoiseModel) -> dict[str, float]:
    """Measure the simulator on the real scene, and where that would copy it, on a plane.

    What stays in both frames, and what repeats with each pixel, is in the real scene's own
    disparities: a camera without either would show them too.
    """
    found = figures(simulated_pair(scene_of(real), real.fb_px_m, model))
    rows, columns = np.mgrid[0:1:480j, 0:1:640j]
    ramp = (22.0 + 24.0 * columns + 6.0 * rows).astype(np.float32)
    plane = simulated_pair(ramp, real.fb_px_m, model)
    stays, moves = static(plane)
    size, error = locking(list(plane.disparity))
    return found | {STAYS: stays, CHANGES: moves, DRAWN: size, DRAWN_SIGMA: error}


def scene_of(real: Pair) -> npt.NDArray[np.float32]:
    """Give the disparity (H, W) of the scene: smoothed, holes filled with the farther side."""
    mean = np.nanmean(np.where(real.valid.any(axis=0), real.disparity, 1.0), axis=0)
    known = real.valid.any(axis=0)
    filled = np.where(known, mean, np.nan)
    for row in filled:
        at = np.flatnonzero(np.isfinite(row))
        holes = np.flatnonzero(~np.isfinite(row))
        after = np.searchsorted(at, holes)
        left = row[at[np.clip(after - 1, 0, None)]]
        right = row[at[np.clip(after, None, len(at) - 1)]]
        row[holes] = np.minimum(left, right)
    filled = cv2.medianBlur(filled.astype(np.float32), 5)
    return np.asarray(cv2.bilateralFilter(filled, 0, 0.5, 6.0), np.float32)


def planes_figures(shared: Path) -> dict[str, float]:
    """Measure what resampled planes can tell: steps, and how values are drawn to whole px."""
    frames, far = [], []
    for path in sorted((shared / PLANES).glob("*.png")):
        counts = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert counts is not None, path
        mm = counts.astype(np.int64)
        far.append(mm[(mm > FAR_MM) & (mm < 4000)])
        with np.errstate(divide="ignore"):
            near = (mm > 0) & (mm < 4000)
            frames.append(np.where(near, 1e3 * PLANES_FB_PX_M / mm, np.nan))
    size, error = locking(frames)
    return {
        ON_STEPS: 100 * on_steps(np.concatenate(far), PLANES_FB_PX_M),
        DRAWN: size,
        DRAWN_SIGMA: error,
    }


# --- the table ---------------------------------------------------------------------------


def compare(shared: Path) -> dict[str, dict[str, float]]:
    """Measure the real camera, the simulator on its scene, a control, and the planes."""
    real = real_pair(shared)
    toy = replace(NoiseModel.none(), sigma_px=NoiseModel().sigma_px)
    return {
        "real D435": figures(real),
        "simulated": simulated_figures(real, NoiseModel()),
        "control: plain noise": simulated_figures(real, toy),
        "real planes": planes_figures(shared),
    }


def noise_table(found: dict[str, dict[str, float]]) -> Table:
    """Lay the figures side by side."""
    title = "Noise of a depth camera: the real D435, and SIMULATED on the same scene"
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("")
    for name in found:
        table.add_column(name, justify="right")
    for row in found["real D435"]:
        values = [by.get(row, np.nan) for by in found.values()]
        table.add_row(row, *("-" if np.isnan(v) else f"{v:.3g}" for v in values))
    return table


if __name__ == "__main__":
    console = Console(highlight=False, width=120)
    console.print(noise_table(compare(Path(sys.argv[1]))))
    console.print(WHAT_IT_CANNOT_PROVE)
