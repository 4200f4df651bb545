"""A hand as a headset has it and as cameras have it: the same five places, and the hand's turn.

Takes OpenXR's 26 joints or wrist and knuckles, gives what can be held against each other;
leaves registering to `mr.fusion` (live) and `calibration.headset` (the technician's).

A hand's own axes: x to the right when the palm is down, y along the fingers, z out of the
back. A user's bias is taken to be fixed to the hand, because a hand model of the wrong size
or thickness is. One that were fixed to the room would look like another registration to
everything that is measured with this headset's hands: it can neither be found nor removed.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from mr.types import BoolArray, FloatArray, IntArray

N_JOINTS = 26
WRIST, INDEX_TIP = 1, 10
SEEN_BY_BOTH = (1, 7, 12, 17, 22)
"""Wrist and knuckles by OpenXR's numbers, in the order in which the rig lifts them."""
JOINT_UNDER_SKIN_M = 0.010
"""Cameras see the back of the hand, joints lie inside: half the thickness of a knuckle."""
TIP_OVER_PAD_M = 0.008
"""The fingertip's joint lies so far over what its pad touches. Both are nominal; what a hand
differs by is part of its bias."""
SMOOTHED_S = 0.3
"""A hand's turn is the median over so long."""
NS_PER_S = 1e9
BIAS_M = 0.008
"""Length of a user's bias before it is measured, rms. Source: the issue of calibration."""


def turns_of(t_ns: IntArray, points_m: FloatArray, side: str) -> FloatArray:
    """Give the hand's turn (m, 3, 3) at each look, of wrist and knuckles (m, 5, 3).

    One turn in a third of a second: single looks are off by degrees. Where a place was not
    seen, the looks about it tell.
    """
    wrist, index, middle, _, little = (_filled(points_m[:, k]) for k in range(5))
    span_s = max(float(t_ns[-1] - t_ns[0]) / NS_PER_S, 1e-3)
    width = max(1, round(SMOOTHED_S * (len(t_ns) - 1) / span_s)) | 1
    along = median_filter(middle - wrist, size=(width, 1), mode="nearest")
    across = median_filter(little - index, size=(width, 1), mode="nearest")
    return _turned(along, across, side)


def turn_of(points_m: FloatArray, side: str) -> FloatArray | None:
    """Give the hand's turn (3, 3) of one look, (5, 3); None where a place of it is not known."""
    wrist, index, middle, _, little = points_m
    along, across = (middle - wrist)[None], (little - index)[None]
    if not np.isfinite(along).all() or not np.isfinite(across).all():
        return None
    return np.asarray(_turned(along, across, side)[0])


def _turned(along: FloatArray, across: FloatArray, side: str) -> FloatArray:
    across = across if side == "right" else -across
    y = _unit(along)
    x = _unit(across - (across * y).sum(axis=1, keepdims=True) * y)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def seen_by_both(joints_in_xr_m: FloatArray, valid: BoolArray) -> FloatArray:
    """Give the headset's wrist and knuckles (m, 5, 3) of its joints (m, 26, 3); NaN if unknown."""
    chosen = list(SEEN_BY_BOTH)
    places = joints_in_xr_m[:, chosen].copy()
    places[~valid[:, chosen]] = np.nan
    return places


def pad_of(joints_in_xr_m: FloatArray, turns: FloatArray) -> FloatArray:
    """Give where the index finger's pad is, (m, 3), of joints (m, 26, 3) and turns (m, 3, 3)."""
    return np.asarray(joints_in_xr_m[:, INDEX_TIP] - TIP_OVER_PAD_M * turns[:, :, 2])


def _filled(points_m: FloatArray) -> FloatArray:
    """Fill places (m, 3) that were not seen from those before and after."""
    known = np.isfinite(points_m).all(axis=1)
    if known.all() or not known.any():
        return points_m
    at = np.arange(len(points_m))
    return np.stack([np.interp(at, at[known], c[known]) for c in points_m.T], axis=1)


def _unit(v: FloatArray) -> FloatArray:
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-9))
