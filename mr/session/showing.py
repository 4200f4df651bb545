"""Which camera's picture a session shows.

Takes colour frames of all cameras, gives the newest one of the camera that is shown;
leaves drawing to the views. One camera is shown as long as its pictures come, for a view
that jumps between two shows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from mr.session.shared import Picture
from mr.types import ColorFrame, Sample

STALE_NS = 1_000_000_000
"""A camera whose pictures stay away for longer makes room for another."""


class Shown:
    """Chooses among pictures; the newest wins."""

    def __init__(self) -> None:
        self._camera_id: str | None = None
        self._seen_ns = 0

    def choose(self, samples: Sequence[Sample]) -> Picture | None:
        """Give the picture to be shown of all that arrived together, if one is."""
        chosen: ColorFrame | None = None
        for sample in samples:
            if not isinstance(sample, ColorFrame):
                continue
            at_ns = sample.arrival.arrival_ns
            mine = sample.camera_id == self._camera_id
            if mine or self._camera_id is None or at_ns - self._seen_ns > STALE_NS:
                chosen, self._camera_id, self._seen_ns = sample, sample.camera_id, at_ns
        return None if chosen is None else Picture(chosen.arrival, chosen.camera_id, chosen.bgr)
