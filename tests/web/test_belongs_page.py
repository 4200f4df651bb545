"""Whose a session is: given when a file is brought and afterwards; erased by an admin alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.web.browser import Pages, axe, settled, shot, show
from tests.web.servers import Client, Running
from tests.web.taught import Taught, make_class

if TYPE_CHECKING:
    from playwright.sync_api import Route


def gives(route: Route) -> bool:
    """Tell whether a request gives a session to somebody."""
    return route.request.method == "PATCH"


def test_an_instructor_brings_a_recording_and_gives_it_to_a_learner(
    review: Running, admin: Client, pages: Pages, recorded_breaths: Path
) -> None:
    taught = make_class(review, admin)
    page = pages.of(review, taught.ina)
    show(page, "/sessions")
    page.get_by_role("button", name="Bring recordings").click()
    dialog = page.get_by_role("dialog")
    classes = dialog.get_by_label("For the class").locator("option")
    classes.first.wait_for(state="attached")  # asked for when the dialog opens
    assert classes.all_inner_texts() == ["Monday"]
    whose = dialog.get_by_label("Whose they are")
    whose.fill("Tom")  # an instructor of another class, whom Ina does not see
    dialog.get_by_text("Nobody you may see has this name").wait_for()
    assert axe(page) == []
    files = dialog.get_by_label("Recordings (.mcap)")
    whose.fill("a")  # Ina, Lena, Omar
    dialog.get_by_text("Nobody you may see").wait_for(state="detached")
    dialog.get_by_text("Choose whose they are, or empty the field").wait_for()
    assert files.is_disabled()
    whose.fill("Len")  # only she is found by that
    dialog.get_by_text("✓ Lena, learner").wait_for()
    held: list[Route] = []
    page.route("**/api/sessions/*", lambda r: held.append(r) if gives(r) else r.continue_())
    files.set_input_files(recorded_breaths)
    while not held:
        page.wait_for_timeout(50)
    link = dialog.get_by_role("link", name="open it")
    assert link.count() == 0  # who followed it would end what gives the session to Lena
    held[0].continue_()
    link.click()
    page.get_by_role("heading", name=re.compile("Lena")).first.wait_for()
    assert taught.lena.ok("GET", "/sessions")["total"] == 1
    assert taught.omar.ok("GET", "/sessions")["total"] == 0


def test_a_session_is_given_to_another_learner_and_the_first_no_longer_sees_it(
    taught: Taught, pages: Pages
) -> None:
    page = pages.of(taught.review, taught.ina)
    show(page, taught.path)
    page.get_by_role("button", name="Whose it is").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("It is of Lena").wait_for()
    assert dialog.get_by_role("button", name="Give it").is_disabled()
    assert dialog.get_by_text("Erase").count() == 0  # that is an admin's
    dialog.get_by_label("Give it to").fill("Om")
    offered = page.locator("datalist option[value^='Omar, learner, learner-']")
    offered.wait_for(state="attached")
    dialog.get_by_label("Give it to").fill(offered.get_attribute("value") or "")
    assert axe(page) == []
    shot(page, "session-belongs")
    dialog.get_by_role("button", name="Give it").click()
    page.get_by_role("heading", name=re.compile("Omar")).first.wait_for()
    taught.lena.no(404, "GET", taught.path)
    taught.omar.ok("GET", taught.path)
    assert taught.audited("session.assigned") == 2  # when it was brought, and now


def test_an_admin_erases_a_session_after_a_word(taught: Taught, pages: Pages) -> None:
    page = pages.of(taught.review, taught.admin)
    show(page, taught.path)
    page.get_by_role("button", name="Whose it is").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Erase", exact=True).click()
    gone = dialog.get_by_role("button", name="Erase for good")
    assert gone.is_disabled()
    dialog.get_by_label("Write erase to confirm").fill("erase")
    assert axe(page) == []
    shot(page, "session-erase")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Whose it is").click()
    dialog.get_by_text("Erase", exact=True).click()
    assert gone.is_disabled()  # what was typed before is forgotten
    dialog.get_by_label("Write erase to confirm").fill("erase")
    gone.click()
    page.wait_for_url("**/sessions")
    settled(page)
    page.get_by_text("No session has come yet").wait_for()
    assert not list((taught.review.folder / "recordings").glob("*/*"))
    taught.lena.no(404, "GET", taught.path)
