"""What the cameras see while a rig is calibrated, for whoever wants to show it.

Takes pictures from those who have them (a live reader, a simulated technician), gives the newest
of each camera; leaves showing them to the technician's page. Nothing that is measured goes this
way: a picture that is lost here is lost to an eye only.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Bgr = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.uint16]

M_PER_COUNT = 1e-4
"""As this project's cameras are set."""


class Look(Protocol):
    """Where the sources of a calibration tell what their cameras see."""

    def __call__(
        self,
        camera_id: str,
        bgr: Bgr | None,
        depth_counts: Counts | None = None,
        m_per_count: float = M_PER_COUNT,
    ) -> None:
        """Tell a colour picture (H, W, 3), a depth picture (H, W), or both."""
        ...


NO_DEPTH: Counts = np.zeros((1, 1), dtype=np.uint16)
"""Tells that a camera's depth is not known now: what it saw before is over."""


def unseen(
    camera_id: str,
    bgr: Bgr | None,
    depth_counts: Counts | None = None,
    m_per_count: float = M_PER_COUNT,
) -> None:
    """Let a picture go: nobody looks."""
    del camera_id, bgr, depth_counts, m_per_count


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The newest pictures of one camera."""

    bgr: Bgr | None
    depth_counts: Counts | None
    m_per_count: float
    number: int
    """Rises with each picture of any camera."""
    together: bool = False
    """Both kinds were taken at one instant."""


class NewestPictures:
    """Keeps what each camera saw last; a `Look` that any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, Seen] = {}
        self._number = 0

    def __call__(
        self,
        camera_id: str,
        bgr: Bgr | None,
        depth_counts: Counts | None = None,
        m_per_count: float = M_PER_COUNT,
    ) -> None:
        """Keep a picture; a kind that is not given now stays as it was."""
        with self._lock:
            self._number += 1
            together = bgr is not None and depth_counts is not None
            last = self._seen.get(camera_id)
            if last is not None:
                bgr = last.bgr if bgr is None else bgr
                if depth_counts is None:
                    depth_counts, m_per_count = last.depth_counts, last.m_per_count
            self._seen[camera_id] = Seen(bgr, depth_counts, m_per_count, self._number, together)

    def newest(self) -> dict[str, Seen]:
        """Give the newest of each camera."""
        with self._lock:
            return dict(self._seen)
