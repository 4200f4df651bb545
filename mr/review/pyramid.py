"""A trace at every zoom (to come)."""

from __future__ import annotations

from mr.types import FloatArray


def pack(t_s: FloatArray, depth_mm: FloatArray, sigma_mm: FloatArray) -> bytes:
    """Pack a trace."""
    return b""
