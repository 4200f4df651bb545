"""Comparing in a real browser: two attempts, a month with the last one, a learner with a class."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mr.clock.host import wall_now_utc
from tests.conftest import ROOT
from tests.web.browser import Pages, axe, settled, shot, show
from tests.web.crowd import put_session
from tests.web.servers import Client, Running
from tests.web.taught import Taught, make_class

if TYPE_CHECKING:
    from playwright.sync_api import Page

OTHERS_PCT = (60.0, 70.0, 75.0, 80.0, 90.0)
THEIR_MEAN_PCT = 75


@pytest.fixture(scope="module")
def attempts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two simulated sessions of one learner: cold, and the retest."""
    made = {}
    for attempt, style in (("cold", "shallow"), ("retest", "good")):
        folder = tmp_path_factory.mktemp(attempt)
        command = [sys.executable, "-m", "mr.cli", "demo", "--fast", "--no-camera"]
        command += ["--seconds", "15", "--attempt", attempt, "--learner", style]
        command += ["--out", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        (made[attempt],) = folder.glob("**/*.mcap")
    return made


@pytest.fixture
def two(review: Running, admin: Client, attempts: dict[str, Path]) -> Iterator[Taught]:
    """A class in which Lena has done both."""
    made = make_class(review, admin)
    made.more["cold"] = made.bring(attempts["cold"], made.lena)  # type: ignore[assignment]
    made.session_id = made.bring(attempts["retest"], made.lena)
    yield made


def cells(page: Page, table: str) -> dict[str, list[str]]:
    """Give a table's rows by their heads."""
    rows = page.get_by_role("table", name=table).locator("tbody tr[data-row]")
    return {
        row.get_by_role("rowheader").inner_text(): row.get_by_role("cell").all_inner_texts()
        for row in rows.all()
    }


def number(text: str) -> float:
    found = re.search(r"[−-]?\d+(\.\d+)?", text)
    assert found is not None, text
    return float(found.group().replace("−", "-"))


def test_a_cold_attempt_is_compared_with_the_retest(two: Taught, pages: Pages) -> None:
    page = pages.of(two.review, two.ina)
    show(page, "/sessions?order=oldest")
    page.get_by_role("row", name="Cold").get_by_role("button", name="Compare with").click()
    page.get_by_role("row", name="Retest").get_by_role("link", name="with this").click()
    page.get_by_role("table", name="Their numbers").wait_for()
    settled(page)
    cold, retest = (
        two.ina.ok("GET", f"/sessions/{each}/analysis")["summary"]
        for each in (two.more["cold"], two.session_id)
    )
    (depth,) = [v for k, v in cells(page, "Their numbers").items() if k.startswith("Mean depth")]
    assert number(depth[0]) == pytest.approx(cold["mean_depth_mm"], abs=0.051)
    assert number(depth[1]) == pytest.approx(retest["mean_depth_mm"], abs=0.051)
    by_mm = retest["mean_depth_mm"] - cold["mean_depth_mm"]
    assert by_mm > 5 and "within the uncertainty" not in depth[2]
    assert number(depth[2]) == pytest.approx(by_mm, abs=0.051)
    assert page.get_by_role("img", name=re.compile("^Depth: (Cold|Retest)")).count() == 2
    assert axe(page) == []
    shot(page, "compare-cold-retest")
    page.reload()  # what is compared stands in the address
    page.get_by_role("table", name="Their numbers").wait_for()


def test_a_month_is_compared_with_the_last_one(two: Taught, pages: Pages) -> None:
    days_ago = wall_now_utc().day + 1.0  # in the month before
    learner_id = two.lena.me["learner_id"]
    put_session(two.review, learner_id, two.course, days_ago, score_pct=40.0)
    for who, path in (
        (two.lena, "/progress"),
        (two.ina, f"/learners/{two.lena.me['person_id']}"),
    ):
        page = pages.of(two.review, who)
        show(page, path)
        page.get_by_role("link", name="this month with the last one").click()
        page.get_by_role("heading", name="Lena: this month and the last one").wait_for()
        settled(page)
        (score,) = [v for k, v in cells(page, "Means over").items() if k.startswith("Score")]
        now = [row["score_pct"] for row in two.ina.ok("GET", "/sessions")["rows"]]
        now.remove(40.0)
        assert number(score[0]) == 40
        assert number(score[1]) == pytest.approx(sum(now) / 2, abs=0.51)
        assert number(score[2]) == pytest.approx(sum(now) / 2 - 40, abs=0.51)
        assert axe(page) == []
    shot(page, "compare-month")


def test_a_learner_is_compared_with_the_class_and_nobody_is_named(
    two: Taught, pages: Pages
) -> None:
    names = [f"Other {k}" for k in range(len(OTHERS_PCT))]
    learners = two.ina.ok("POST", f"/classes/{two.course}/learners", json={"names": names})
    others = [each for each in learners["learners"] if each["name"] in names]
    path = "with the others of Monday"
    page = pages.of(two.review, two.lena)
    show(page, "/progress")
    page.get_by_role("link", name=path).click()
    page.get_by_text("Nothing is shown of the others").wait_for()  # nobody else has trained
    for other, score_pct in zip(others, OTHERS_PCT, strict=True):
        put_session(two.review, other["learner_id"], two.course, 3, score_pct=score_pct)
    page.go_back()
    page.get_by_role("link", name=path).click()
    page.get_by_role("heading", name="Lena and the others of Monday").wait_for()
    settled(page)
    (score,) = [v for k, v in cells(page, "Means over").items() if k.startswith("Score")]
    assert number(score[1]) == THEIR_MEAN_PCT and score[3] == str(len(OTHERS_PCT))
    assert "Other" not in page.locator("table").inner_text().replace("Others", "").replace(
        "others", ""
    )
    assert axe(page) == []
    shot(page, "compare-with-class")
    ina = pages.of(two.review, two.ina)
    show(ina, f"/learners/{two.lena.me['person_id']}")
    ina.get_by_role("link", name=path).wait_for()
    tom = pages.of(two.review, two.tom)  # who does not teach it
    tom.goto(f"/compare?person={two.lena.me['person_id']}&course={two.course}")
    tom.get_by_text("it is not yours to see").wait_for()
