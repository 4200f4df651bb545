"""How a mannequin's chest bends around the compression point, from compressions.

Takes compressions that the mannequin and a camera both saw, depth frames included, gives
for each cell of the chest the share of the depth that it goes down; leaves what the cells
are to `mr.tracking.beside`. Every mannequin has a chest of its own, and nothing is
assumed of its shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from calibration.together.motion import NS_PER_S, SeenMotion, spoken_of
from mr.geometry.camera import Camera
from mr.rig import BENDING_COLUMNS, BENDING_ROWS, Bending, Rig
from mr.tracking.chest import ChestWatch
from mr.tracking.distance import true_distances
from mr.tracking.surface import ChestView
from mr.types import ChestObservation, DepthFrame, FloatArray, Sample

DEEP_SHARE = 0.6
"""Of the deepest: what is deep tells a share from an offset."""
LEAST_LOOKS = 20
"""Of a cell at full depth: some five compressions of them at a calibration's frame rate."""
OUTLIER = 4.0
UNSTEADY = 2.5
"""A cell that scatters by so many times what most do was covered now and then by a finger."""
LEAST_CELLS = 10
MOST_SHARE = 1.1


def measure_bending(
    samples: Iterable[Sample], rig: Rig, camera_id: str, seen: SeenMotion, latency_s: float
) -> Bending | None:
    """Compare how far each cell of the bare chest went down with the mannequin's depth.

    Parameters
    ----------
    samples
        In order of arrival: depth frames beside what a session observed in them. The chest
        has to be seen bare before the hands come.
    seen, latency_s
        The mannequin's depths, and by how much the camera's stamps lag them.

    Returns
    -------
    The bending; None when too little of the chest was seen beside the hands: a rig does
    without.
    """
    t_ns, under_m = _looks(samples, rig, camera_id)
    if not len(t_ns):
        return None
    depth_m = np.interp(t_ns - round(latency_s * 1e9), seen.depth_t_ns, seen.depth_m)
    deep = depth_m > DEEP_SHARE * np.percentile(seen.depth_m, 98)
    deep &= spoken_of((seen.depth_t_ns - t_ns[0]) / NS_PER_S, (t_ns - t_ns[0]) / NS_PER_S)
    shares, spreads = _shares(under_m[deep], depth_m[deep])
    known = np.isfinite(shares)
    if known.sum() < LEAST_CELLS:
        return None
    steady = known & (spreads < UNSTEADY * np.median(spreads[known])) & (shares < MOST_SHARE)
    return _entry(np.where(steady, np.maximum(shares, 0.0), 0.0))


def joined_bending(every: Sequence[Bending | None]) -> Bending | None:
    """Join what several cameras saw of one chest: the mean of those that know a cell."""
    grids = np.array([b.shares for b in every if b is not None])
    if not len(grids):
        return None
    n = np.maximum((grids > 0).sum(axis=0), 1)
    return _entry(grids.sum(axis=0) / n)


def _entry(shares: FloatArray) -> Bending:
    rows = np.round(shares, 4).reshape(BENDING_ROWS, BENDING_COLUMNS)
    return Bending(shares=tuple(tuple(map(float, row)) for row in rows))


def _looks(samples: Iterable[Sample], rig: Rig, camera_id: str) -> tuple[FloatArray, FloatArray]:
    """Look at the recorded frames again: stamps (n,) and cells under their rest (n, cells)."""
    camera = rig.cameras[camera_id]
    lies = camera.world_from_cam.pose().inverse() @ rig.world_from_mannequin.pose()
    view = ChestView(Camera(camera.depth), camera.baseline_m, lies)
    watch, waiting = ChestWatch(), None
    t_ns: list[int] = []
    under_m: list[FloatArray] = []
    for sample in samples:
        if getattr(sample, "camera_id", "") != camera_id:
            continue
        if isinstance(sample, DepthFrame):
            waiting = true_distances(sample, camera)
        elif isinstance(sample, ChestObservation) and waiting is not None:
            look = watch.look(view, waiting, sample.stamp.t_ns)
            waiting = None
            if look.beside is not None:
                t_ns.append(sample.stamp.t_ns)
                under_m.append(look.beside.under_m)
    return np.array(t_ns), np.array(under_m)


def _shares(under_m: FloatArray, depth_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give each cell's share and its scatter; NaN where it was seen too seldom."""
    shares, spreads = np.full((2, under_m.shape[1]), np.nan)
    for k, column_m in enumerate(under_m.T):
        seen = np.isfinite(column_m)
        if seen.sum() < LEAST_LOOKS:
            continue
        ratio = column_m[seen] / depth_m[seen]
        off = np.abs(ratio - np.median(ratio))
        spreads[k] = 1.4826 * float(np.median(off))
        shares[k] = ratio[off <= OUTLIER * max(spreads[k], 1e-6)].mean()
    return shares, spreads
