"""What a rig sends in the background: again when there is news, and patiently until it is taken.

Gives `InBackground`, whose `send` is called in a thread of its own for as long as it is entered;
leaves what is sent, and who is told of it, to `upload` and `reporting`.
"""

from __future__ import annotations

import random
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class Patience:
    """How long it waits."""

    first_s: float
    """After it did not succeed once; twice as long after each time more."""
    longest_s: float
    rest_s: float | None
    """After it succeeded, when there is no news; None: until there is."""
    leaves_within_s: float
    """Who ends it waits so long for what is under way."""


class InBackground(ABC):
    """Sends for as long as it is entered."""

    NAME: ClassVar[str]
    PATIENCE: ClassVar[Patience]

    def __init__(self) -> None:
        self._news, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.NAME, daemon=True)

    @abstractmethod
    def send(self) -> bool:
        """Send what there is; tell whether nothing of it is left to be tried again."""

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop after what is under way; the rest goes another time."""
        self._end.set()
        self._news.set()
        self._thread.join(timeout=self.PATIENCE.leaves_within_s)

    @property
    def ends(self) -> bool:
        """Tell whether what is under way had better be broken off."""
        return self._end.is_set()

    def wake(self) -> None:
        """Send now: there is news."""
        self._news.set()

    def _run(self) -> None:
        wait_s = self.PATIENCE.first_s
        while not self.ends:
            self._news.clear()
            if self._end.is_set():
                return  # that was the news
            if self.send():
                self._news.wait(self.PATIENCE.rest_s)
                wait_s = self.PATIENCE.first_s
            else:
                self._news.wait(wait_s * random.uniform(0.5, 1.0))
                wait_s = min(2 * wait_s, self.PATIENCE.longest_s)
