"""Filters stand in the address: a reload keeps them, and back takes the last one away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mr import __version__
from mr.clock.host import wall_now_utc
from tests.web.browser import Pages, axe, settled, shot, show
from tests.web.crowd import Crowd, put_session
from tests.web.servers import Client, Running
from tests.web.test_fleet import report_of, technician
from tests.web.test_rigs import Joined, class_with, rig

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["rig"]  # a fixture


def narrowed(page: Page, label: str, option: str, asked: str, gone: str, stays: str) -> None:
    """Choose a filter; see it in the address and the rows; reload, go back, and forward."""
    row = page.get_by_role("row")
    row.filter(has_text=gone).first.wait_for()
    page.get_by_label(label, exact=True).select_option(label=option)
    row.filter(has_text=gone).first.wait_for(state="detached")
    row.filter(has_text=stays).first.wait_for()
    assert asked in page.url.partition("?")[2].split("&")
    page.reload()
    settled(page)
    row.filter(has_text=stays).first.wait_for()
    assert row.filter(has_text=gone).count() == 0
    chosen = page.get_by_label(label, exact=True).locator("option:checked")
    assert chosen.inner_text() == option
    page.go_back()
    row.filter(has_text=gone).first.wait_for()
    assert asked not in page.url
    assert chosen.inner_text() != option
    page.go_forward()
    row.filter(has_text=gone).first.wait_for(state="detached")
    assert chosen.inner_text() == option


@pytest.fixture
def trained(all_of_them: Crowd) -> Crowd:
    """Ina teaches both classes: Lena has trained lately, Luis long ago."""
    who = all_of_them
    member = {"person_id": who.ina.me["person_id"], "role": "instructor"}
    who.admin.ok("POST", f"/classes/{who.b}/members", json=member)
    put_session(who.review, who.lena.me["learner_id"], who.a, 2, attempt="cold", mode="30:2")
    put_session(who.review, who.luis.me["learner_id"], who.b, 90, attempt="retest")
    return who


def test_the_sessions_filters_are_kept(trained: Crowd, pages: Pages) -> None:
    page = pages.of(trained.review, trained.ina)
    for label, option, asked in (
        ("Class", "Monday", f"course={trained.a}"),
        ("Attempt", "Cold", "attempt=cold"),
        ("Mode", "30:2", "mode=30%3A2"),
    ):
        show(page, "/sessions")
        narrowed(page, label, option, asked, "Luis Latecomer", "Lena Learner")
    page.get_by_label("Attempt", exact=True).select_option(label="Retest")
    page.get_by_text("No session is like this").wait_for()  # they add up
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("row").filter(has_text="Luis Latecomer").wait_for()


def test_the_learners_filters_are_kept(trained: Crowd, pages: Pages) -> None:
    page = pages.of(trained.review, trained.ina)
    show(page, "/learners")
    narrowed(page, "Class", "Monday", f"course={trained.a}", "Luis Latecomer", "Lena Learner")
    assert axe(page) == []
    shot(page, "learners-of-class")
    show(page, "/learners")
    narrowed(page, "Show", "Who should practise", "overdue=1", "Lena Learner", "Luis Latecomer")


def test_a_class_filters_are_kept(trained: Crowd, pages: Pages) -> None:
    put_session(trained.review, trained.lena.me["learner_id"], trained.a, 5, attempt="retest")
    page = pages.of(trained.review, trained.ina)
    show(page, f"/classes/{trained.a}")
    for label, option, asked in (
        ("Of", "All sessions", "which=all"),
        ("Attempts", "Retest", "attempt=retest"),
    ):
        choice = page.get_by_label(label, exact=True)
        choice.select_option(label=option)
        page.wait_for_url(f"**{asked}**")
        page.reload()
        settled(page)
        assert choice.locator("option:checked").inner_text() == option
    page.go_back()
    page.wait_for_url("**which=all")
    assert choice.locator("option:checked").inner_text() == "All"


def test_classes_are_open_or_ended(trained: Crowd, pages: Pages) -> None:
    trained.ina.ok("PATCH", f"/classes/{trained.b}", json={"ended": True})
    page = pages.of(trained.review, trained.ina)
    show(page, "/classes")
    narrowed(page, "Show", "Open", "state=open", "Friday", "Monday")
    show(page, "/classes")
    narrowed(page, "Show", "Ended", "state=ended", "Monday", "Friday")


def test_only_rigs_that_need_attention(
    review: Running, admin: Client, pages: Pages, rig: Joined
) -> None:
    class_with(admin, rig)
    well = Joined(review, admin)
    admin.ok("PATCH", f"/rigs/{well.id}", json={"name": "Rig 2"})
    ill = report_of()
    passed = {"made_utc": wall_now_utc().isoformat(), "passed": True}
    good = {"checks": [passed], "drift": [], "faults": []}
    good["sheet"] = ill["sheet"] | {
        "foreseen": [],
        "due_utc": "2999-01-01T00:00:00+00:00",
        "software": f"mrcpr {__version__}",
    }
    for each, report in ((rig, ill), (well, report_of(**good))):
        assert each.ask("POST", "/rigs/report", json=report).status_code == 204
    tom = technician(review, admin)
    assert tom.ok("GET", "/fleet")[1]["attention"] == []
    page = pages.of(review, tom)
    show(page, "/fleet")
    narrowed(page, "Show", "Those that need attention", "attention=1", "Rig 2", "Rig 1")
    page.get_by_role("link", name="Rig 1").click()
    page.get_by_role("heading", name="Drift since the calibration").wait_for()
    assert "attention=1" in page.url
    choice = page.get_by_label("Show", exact=True)
    assert choice.locator("option:checked").inner_text() == "Those that need attention"
    choice.select_option(label="All rigs")
    page.wait_for_function("() => !location.search.includes('attention')")
