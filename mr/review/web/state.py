"""What every route of a running review shares."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import cast

from fastapi import Request
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from sqlalchemy import select

from mr.review.archive import Archive
from mr.review.intake.uploads import Uploads
from mr.review.intake.worker import Worker
from mr.review.live.hub import Hub
from mr.review.store.people import Person
from mr.review.web.noted import Noted
from mr.review.web.traces import Traces

MAX_RECORDING_BYTES = 4 * 1024**3
MISSES = RateLimitItemPerHour(40)
"""A class mistypes now and then; who tries pins through needs a hundred thousand."""


@dataclass(slots=True)
class Review:
    """One running review."""

    archive: Archive
    worker: Worker
    names: frozenset[str] = frozenset()
    """Names besides this machine's own by which browsers may ask for it."""
    secure: bool = False
    """Whether browsers come by TLS: their cookie then goes nowhere else."""
    max_recording_bytes: int = MAX_RECORDING_BYTES
    setup_code: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    """Whoever starts the server sees it, and so makes the first admin."""
    loop: asyncio.AbstractEventLoop | None = None
    uploads: Uploads = field(init=False)
    noted: Noted = field(init=False)
    hub: Hub = field(default_factory=lambda: Hub(lambda: time.time() * 1000.0))
    traces: Traces = field(default_factory=Traces)
    limiter: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: SlidingWindowCounterRateLimiter(MemoryStorage())
    )

    def __post_init__(self) -> None:
        self.uploads = Uploads(self.archive, self.max_recording_bytes)
        self.noted = Noted(self.archive.database)

    @property
    def needs_setup(self) -> bool:
        """Whether the first admin is still to be made."""
        with self.archive.database.reading() as session:
            return session.scalars(select(Person.id).limit(1)).first() is None

    def expel(self, rig_id: str) -> None:
        """Close a rig's connection and forget it, from any thread."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.hub.forget, rig_id)

    def allowed(self, what: str, who: str, per_minute: int) -> bool:
        """Count a try; tells whether it is still one of so many a minute."""
        return self.limiter.hit(RateLimitItemPerMinute(per_minute), what, who)

    def missed(self, what: str, who: str) -> None:
        """Count a wrong guess; they are remembered for an hour."""
        self.limiter.hit(MISSES, what, who)

    def may_guess(self, what: str, who: str) -> bool:
        """Tell whether somebody has not guessed wrong too often within the hour."""
        return self.limiter.test(MISSES, what, who)


def review_of(request: Request) -> Review:
    """Give the running review of a request."""
    return cast(Review, request.app.state.review)
