"""Opened traces, the last few of them: who scrolls through a session asks many times.

Takes an analysis' row, gives its opened pyramid; leaves to the routes who may ask for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from mr.review.pyramid import Pyramid, open_pyramid
from mr.review.store.sessions import Analysis

KEPT = 24
"""So many traces stay open: of an hour's session some 4 MB each."""


class Traces:
    """The traces that were asked for last, by their analysis; may be used by several threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._open: OrderedDict[str, Pyramid] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, analysis: Analysis) -> Pyramid:
        """Give an analysis' trace (`RecordingError` when it is damaged)."""
        with self._lock:
            found = self._open.get(analysis.id)
            if found is not None:
                self._open.move_to_end(analysis.id)
                return found
        opened = open_pyramid(analysis.pyramid)
        with self._lock:
            self._open[analysis.id] = opened
            while len(self._open) > self._kept:
                self._open.popitem(last=False)
        return opened
