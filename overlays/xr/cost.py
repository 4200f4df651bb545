"""What one frame costs our thread, in three parts.

Takes marks around the parts, gives the CPU time of each; leaves judging it to the bench.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU time of our thread in one frame.

    `own_s`: poses, triangles, layers, events and every call of the runtime but those
    below. `panels_s`: redrawing panels on the CPU and handing them to OpenGL; 0 in most
    frames. `pixels_s`: OpenGL's and the runtime's work on pictures (drawing, swapchains,
    ``xrWaitFrame``, ``xrBeginFrame`` and ``xrEndFrame``).
    """

    own_s: float
    panels_s: float
    pixels_s: float


class Meter:
    """Measures one frame at a time."""

    def __init__(self) -> None:
        self._began_s = self._panels_s = self._pixels_s = 0.0

    def begin(self) -> None:
        """Start with a new frame."""
        self._panels_s = self._pixels_s = 0.0
        self._began_s = time.thread_time()

    @contextmanager
    def pixels(self) -> Iterator[None]:
        """Count what is inside as work on pixels."""
        began_s = time.thread_time()
        try:
            yield
        finally:
            self._pixels_s += time.thread_time() - began_s

    @contextmanager
    def panels(self) -> Iterator[None]:
        """Count what is inside as redrawing a panel."""
        began_s = time.thread_time()
        try:
            yield
        finally:
            self._panels_s += time.thread_time() - began_s

    def cost(self) -> Cost:
        """Tell what was measured since `begin`."""
        own_s = time.thread_time() - self._began_s - self._panels_s - self._pixels_s
        return Cost(own_s, self._panels_s, self._pixels_s)
