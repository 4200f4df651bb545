"""Depth as the camera's calibration corrects it.

Takes a depth frame as the camera reports it, gives the frame with its true distances; leaves
measuring the correction to `calibration.cameras.depth_scale`. Recordings keep what the camera
reported: whoever looks at a frame's distances asks here first.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mr.rig import CameraCalibration
from mr.types import DepthFrame

MOST_COUNTS = np.iinfo(np.uint16).max


def true_distances(frame: DepthFrame, camera: CameraCalibration) -> DepthFrame:
    """Give the frame with ``true = reported * scale + offset``; itself when there is nothing to do.

    The scale goes into the worth of a count, the offset into the counts, to half a count.
    """
    m_per_count = frame.m_per_count * camera.depth_scale
    shift = round(camera.depth_offset_m / m_per_count)
    if camera.depth_scale == 1.0 and shift == 0:
        return frame
    counts = frame.depth_counts if shift == 0 else _shifted(frame.depth_counts, shift)
    return replace(frame, m_per_count=m_per_count, depth_counts=counts)


def _shifted(counts: npt.NDArray[np.uint16], shift: int) -> npt.NDArray[np.uint16]:
    """Add to what was measured; what would leave the range counts as not measured."""
    moved = counts.astype(np.int32) + shift
    moved[(counts == 0) | (moved < 0) | (moved > MOST_COUNTS)] = 0
    return moved.astype(np.uint16)
