"""A rig's own report goes to the server: at the start, once a day, and when it is asked to.

Takes who makes the report, sends it signed in a thread of its own; leaves what is in it to
`mr.cli.join_report`. A server that is away is asked again later; a report that it refuses is
told once and not sent again.
"""

from __future__ import annotations

from collections.abc import Callable

from mr.errors import MrError
from mr.review.live.background import InBackground, Patience
from mr.review.live.self_report import PATH, SelfReport
from mr.review.live.server_link import ANSWERS_WITHIN_S, AwayError, ServerLink


class Reporter(InBackground):
    """Sends reports; `told` hears in words when one cannot be made, or is refused."""

    NAME = "mrcpr-report"
    PATIENCE = Patience(5.0, 600.0, rest_s=24 * 3600.0, leaves_within_s=ANSWERS_WITHIN_S)

    def __init__(
        self, link: ServerLink, make: Callable[[], SelfReport], told: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._link, self._make, self._told = link, make, told

    def send(self) -> bool:
        """Make and send a report; tell whether that is done with, for now."""
        try:
            body = self._make().model_dump(mode="json")
            answer = self._link.ask_json("POST", PATH, body)
        except AwayError:
            return False
        except MrError as error:
            self._told(f"the rig's report could not be made: {error}")
            return True
        if answer.ok:
            return True
        if answer.status == 429 or answer.status >= 500:
            return False
        self._told(f"the rig's report was refused: {answer.words}")
        return True
