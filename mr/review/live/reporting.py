"""A rig's own report goes to the server: at the start, once a day, and when it is asked to.

Takes who makes the report, sends it signed in a thread of its own; leaves what is in it to
`mr.cli.join_report`. A server that is away is asked again later; a report that it refuses is
told once and not sent again.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from mr.errors import MrError
from mr.review.live.self_report import PATH, SelfReport
from mr.review.live.server_link import ANSWERS_WITHIN_S, AwayError, ServerLink

DAY_S = 24 * 3600.0
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 600.0


@dataclass(slots=True)
class Reporter:
    """Sends reports in the background, for as long as it is entered."""

    link: ServerLink
    make: Callable[[], SelfReport]
    told: Callable[[str], None]
    """Told in words when a report cannot be made, or is refused."""
    _news: threading.Event = field(default_factory=threading.Event)
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Reporter:
        """Begin with a first report."""
        self._thread = threading.Thread(target=self._run, name="mrcpr-report", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop after what is under way."""
        self._end.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(timeout=ANSWERS_WITHIN_S)

    def wake(self) -> None:
        """Report now: a session has ended."""
        self._news.set()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._end.is_set():
            self._news.clear()
            if self.send():
                wait_s = FIRST_WAIT_S
                self._news.wait(DAY_S)
            else:
                self._end.wait(wait_s * random.uniform(0.5, 1.0))
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def send(self) -> bool:
        """Make and send a report; tell whether that is done with, for now."""
        try:
            body = self.make().model_dump(mode="json")
            answer = self.link.ask_json("POST", PATH, body)
        except AwayError:
            return False
        except MrError as error:
            self.told(f"the rig's report could not be made: {error}")
            return True
        if answer.ok:
            return True
        if answer.status == 429 or answer.status >= 500:
            return False
        self.told(f"the rig's report was refused: {answer.words}")
        return True
