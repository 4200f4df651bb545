"""The pages off the main road, in every look; and a session read without a mouse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.web.browser import Pages, looked_at, settled, show
from tests.web.crowd import put_session
from tests.web.servers import PASSWORD, Client, Running, running
from tests.web.taught import Taught

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

MOST_TABS = 80


def test_the_door_looks_right_everywhere(review: Running, pages: Pages) -> None:
    looked_at(pages, review, None, f"/setup#{review.setup_code}", "set-up")
    admin = review.client().set_up(review.setup_code)
    looked_at(pages, review, None, "/sign-in", "sign-in")
    looked_at(pages, review, None, "/sign-in?back=/sessions", "sign-in-back")
    looked_at(pages, review, admin, "/no-such-page", "not-found")
    looked_at(pages, review, admin, "/sessions/0123456789abcdef", "no-such-session")


def test_sessions_without_numbers_look_right_everywhere(
    review: Running, admin: Client, pages: Pages
) -> None:
    learner = "learner-0a1b2c3d"
    unknown = {"score_pct": None, "score_low_pct": None, "score_high_pct": None}
    failed = put_session(
        review, learner, None, 1, state="failed", why_failed="it ends within a chunk", **unknown
    )
    waiting = put_session(review, learner, None, 0, state="waiting", **unknown)
    for row, words in ((failed, "It could not be analysed: it ends"), (waiting, "being analysed")):
        page = pages.of(review, admin)
        show(page, f"/sessions/{row.id}")
        page.get_by_text(words).wait_for()
        looked_at(pages, review, admin, f"/sessions/{row.id}", f"session-{row.state}")


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus, and see that the focus can be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.count() and wanted.first.evaluate("one => one === document.activeElement"):
            ring = wanted.first.evaluate(
                "one => { const s = getComputedStyle(one);"
                " return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; }"
            )
            assert ring, f"{wanted}: nothing shows that it has the focus"
            return
    raise AssertionError(f"{wanted} is not reached by {MOST_TABS} tabs")


def test_a_session_is_read_and_taken_along_by_keys_alone(
    taught: Taught, pages: Pages, tmp_path: Path
) -> None:
    page = pages.of(taught.review)
    page.goto("/")
    page.get_by_role("heading", name="Sign in").wait_for()
    tab_to(page, page.get_by_label("User name"))
    page.keyboard.type("ina")
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Hello").wait_for()
    settled(page)
    tab_to(page, page.get_by_role("link", name="Sessions", exact=True))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Sessions", exact=True).wait_for()
    settled(page)
    tab_to(page, page.locator(f"a[href='{taught.path}']"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What to change first").wait_for()
    settled(page)
    tab_to(page, page.get_by_role("img", name="Depth."))
    page.keyboard.press("ArrowRight")
    page.get_by_text("Compression 2 of").wait_for()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("Compression 1 of").wait_for()
    back_to(page, page.locator("summary", has_text="Export"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="CSV"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    csv = tmp_path / "session.csv"
    download.value.save_as(csv)
    n = len(taught.ina.ok("GET", f"{taught.path}/analysis")["compressions"])
    assert len(csv.read_text().splitlines()) == n + 1


def back_to(page: Page, wanted: Locator) -> None:
    """Press Shift and Tab until something has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Shift+Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by {MOST_TABS} tabs back")


def test_a_new_house_says_so_at_its_door(
    pages: Pages, database: str | None, tmp_path: Path
) -> None:
    with running(tmp_path / "review", database) as review:
        looked_at(pages, review, None, "/setup", "set-up-without-code")
