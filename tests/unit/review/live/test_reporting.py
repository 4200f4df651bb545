"""A rig's report goes out when it joins and when it is asked to, and again while nobody hears."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mr.errors import CalibrationError
from mr.review.live.reporting import Reporter
from mr.review.live.self_report import RigSheet, SelfReport
from mr.review.live.server_link import Answer, AwayError

REPORT = SelfReport(sheet=RigSheet(software="mrcpr 1", kind="sim", rig_sha256="a" * 64))


class Link:
    """A server's place, with what it answers in turn."""

    def __init__(self, *answers: Answer | AwayError) -> None:
        self.answers = list(answers)
        self.heard: list[tuple[str, str, dict[str, Any]]] = []
        self.came = threading.Semaphore(0)

    def ask_json(self, method: str, path: str, data: dict[str, Any]) -> Answer:
        self.heard.append((method, path, data))
        self.came.release()
        answer = self.answers.pop(0)
        if isinstance(answer, AwayError):
            raise answer
        return answer


def reporter(link: Link, told: list[str]) -> Reporter:
    return Reporter(link, lambda: REPORT, told.append)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "done", "words"),
    [
        (Answer(204), True, []),
        (AwayError("away"), False, []),
        (Answer(429), False, []),
        (Answer(503), False, []),
        (Answer(422, {"error": "no such thing"}), True, ["was refused: no such thing"]),
    ],
)
def test_what_becomes_of_a_report(answer: Answer | AwayError, done: bool, words: list[str]) -> None:
    link, told = Link(answer), list[str]()
    assert reporter(link, told).send() is done
    assert link.heard == [("POST", "/api/rigs/report", REPORT.model_dump(mode="json"))]
    assert [each.partition("report ")[2] for each in told] == words


def test_a_report_that_cannot_be_made_is_told() -> None:
    def broken() -> SelfReport:
        raise CalibrationError("the log is a folder")

    told = list[str]()
    assert Reporter(Link(), broken, told.append).send()  # type: ignore[arg-type]
    assert told == ["the rig's report could not be made: the log is a folder"]


def test_it_reports_at_once_and_when_it_is_woken() -> None:
    link = Link(Answer(204), Answer(204))
    with reporter(link, []) as going:
        assert link.came.acquire(timeout=20)
        going.wake()
        assert link.came.acquire(timeout=20)
    assert len(link.heard) == 2
