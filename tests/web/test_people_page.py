"""The pages of people and their data in a real browser: each role's journeys, and their look."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.bench.review_catalogue import fill
from tests.web.browser import Pages, axe, looked_at, settled, shot, show
from tests.web.crowd import Crowd, archive_of, put_session
from tests.web.servers import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@pytest.fixture
def busy(all_of_them: Crowd) -> Crowd:
    """A house in which people have trained for two years."""
    who = all_of_them
    with archive_of(who.review) as archive:
        filled = fill(archive, 240, 2, 16)
    for course in filled.courses:
        for teacher in (who.ina,):
            member = {"person_id": teacher.me["person_id"], "role": "instructor"}
            who.admin.ok("POST", f"/classes/{course}/members", json=member)
    items = {"depth": [62.0, 11.4], "rate": [96.0, 0.8], "recoil": [81.0, 3.8]}
    reasons = {
        "depth": "23 too shallow (by 6.1 mm on average) of 110",
        "rate": "4 too fast of 109",
        "recoil": "21 not released fully (by 4.2 mm on average) of 110",
    }
    for i, attempt in enumerate(("cold", "practice", "practice", "retest", "practice", "retest")):
        score = 52.0 + 6 * i
        put_session(
            who.review, who.lena.me["learner_id"], who.a, 150 - 28 * i, attempt=attempt,
            score_pct=score, score_low_pct=score - 4, score_high_pct=score + 3,
            items=items, reasons=reasons,
        )  # fmt: skip
    who.ina.ok("GET", f"/learners/{who.lena.me['person_id']}")
    who.lena.ok("POST", "/me/consents", json={"kind": "motion", "given": True})
    return who


def alt(image: Locator) -> str:
    return image.get_attribute("alt") or ""


def dialog(page: Page) -> Page:
    page.get_by_role("dialog").wait_for()
    assert axe(page) == []
    return page


def test_every_page_looks_right_in_light_dark_and_on_a_tablet(busy: Crowd, pages: Pages) -> None:
    course = busy.ina.ok("GET", "/classes")[-1]["id"]
    lena = f"/learners/{busy.lena.me['person_id']}"
    busy.luis.ok("POST", "/me/erasure")
    for client, path, name in (
        (busy.admin, "/people", "people"),
        (busy.admin, "/settings", "settings"),
        (busy.admin, "/audit", "audit"),
        (busy.ina, "/classes", "classes"),
        (busy.ina, f"/classes/{course}", "class"),
        (busy.ina, f"/classes/{busy.a}?which=all", "class-small"),
        (busy.ina, "/learners", "learners"),
        (busy.ina, lena, "learner"),
        (busy.lena, "/progress", "progress"),
        (busy.lena, "/me", "me"),
        (busy.tess, "/me", "me-technician"),
    ):
        looked_at(pages, busy.review, client, path, name)


def test_an_admin_adds_changes_and_erases_somebody(busy: Crowd, pages: Pages) -> None:
    page = pages.of(busy.review, busy.admin)
    show(page, "/people")
    page.get_by_role("button", name="Add somebody").click()
    dialog(page).get_by_label("Name", exact=True).fill("Nina New")
    page.get_by_label("User name").fill("nina")
    page.get_by_role("textbox", name="First password").fill(PASSWORD)
    shot(page, "people-add", whole=False)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Nina New is added.").first.wait_for()
    page.get_by_label("Name or learner id").fill("nina")
    page.get_by_role("row", name="Nina New").wait_for()
    page.wait_for_url("**/people?q=nina")
    page.get_by_role("button", name="Change Nina New").click()
    dialog(page).get_by_label("Role", exact=True).last.select_option("instructor")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("cell", name="Instructor").wait_for()
    page.get_by_role("button", name="Change Nina New").click()
    page.get_by_text("Erase", exact=True).click()
    erase = page.get_by_role("button", name="Erase for good")
    assert erase.is_disabled()
    page.get_by_label("Write the name to confirm").fill("Nina New")
    shot(dialog(page), "people-change", whole=False)
    erase.click()
    page.get_by_text("Nina New is erased").first.wait_for()
    page.get_by_text("Nobody fits").wait_for()
    assert busy.audit(action="person.erased")[0]["detail"] == {"n_sessions": 0}


def test_an_instructor_fills_a_class_and_a_badge_signs_a_learner_in(
    busy: Crowd, pages: Pages
) -> None:
    page = pages.of(busy.review, busy.ina)
    show(page, "/classes")
    page.get_by_role("button", name="Begin a class").click()
    dialog(page).get_by_label("Title").fill("Wednesday")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.get_by_role("heading", name="Wednesday").wait_for()
    page.get_by_label("New learners, one name a line").fill(
        "Zoe Zimmer\n\nYann Young\nZoe Zimmer\n"
    )
    page.get_by_role("button", name="Add 2 learners").click()
    page.get_by_role("link", name="Zoe Zimmer").wait_for()
    page.get_by_role("button", name="Make badges").click()
    dialog(page).get_by_role("button", name="Make all badges").click()
    page.get_by_role("img", name="QR code of Yann Young").wait_for()
    before = {alt(image): image.get_attribute("src") for image in page.locator("main img").all()}
    assert len(before) == 2
    page.get_by_role("button", name="Make badges").click()
    dialog(page).get_by_label("For", exact=True).select_option("Zoe Zimmer")
    page.get_by_role("button", name="Make one badge").click()
    page.get_by_role("img", name="QR code of Yann Young").wait_for(state="detached")
    (image,) = page.locator("main img").all()
    assert image.get_attribute("src") != before["QR code of Zoe Zimmer"]
    page.get_by_role("button", name="Print the sheet").wait_for()
    assert axe(page) == []
    shot(page, "class-badges")
    page.emulate_media(media="print")
    shot(page, "class-badges-print")
    page.emulate_media(media="screen")
    page.get_by_label("Mode", exact=True).select_option("30:2")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("2 learners, 30:2").wait_for()

    course = page.url.rsplit("/", 1)[1]
    badge = busy.ina.ok("POST", f"/classes/{course}/badges")[0]
    learner = pages.of(busy.review)
    learner.goto("/badge#" + badge["url"].split("#")[1])
    learner.get_by_role("heading", name="Hello").wait_for()
    assert "#" not in learner.url  # the token is gone from the address
    assert learner.get_by_role("button", name=badge["person"]["name"]).is_visible()
    forged = pages.of(busy.review)
    forged.goto("/badge#forged-forged-forged")
    forged.get_by_text("this badge is not valid any more").wait_for()
    assert axe(forged) == []


def test_a_learner_sees_their_own_progress_and_takes_their_data_along(
    busy: Crowd, pages: Pages
) -> None:
    page = pages.of(busy.review, busy.lena)
    show(page, "/progress")
    page.get_by_text("Compression depth costs most").wait_for()
    page.get_by_role("img", name="Score: AHA 2025 adult BLS, hands only").wait_for()
    page.get_by_text("Practice: 3 sessions, from 58% on").first.wait_for()
    show(page, "/me")
    page.get_by_role("rowheader", name="Ina Instructor").wait_for()
    page.get_by_role("button", name=re.compile("Agree.*Research")).click()
    page.get_by_role("button", name=re.compile("Withdraw.*Research")).wait_for()
    assert busy.lena.ok("GET", "/me/data")["consents"]["research"] is True
    with page.expect_download() as download:
        page.get_by_role("button", name="Export my data").click()
    with zipfile.ZipFile(download.value.path()) as made:
        assert made.testzip() is None
        assert "person.json" in made.namelist()
    page.get_by_role("button", name="Ask for erasure").click()
    dialog(page).get_by_role("button", name="Ask for erasure").last.click()
    page.get_by_text("You asked for it on").wait_for()
    assert busy.admin.ok("GET", "/erasures")[0]["person"]["name"] == "Lena Learner"


def test_what_is_not_theirs_is_not_shown_and_is_in_the_audit(busy: Crowd, pages: Pages) -> None:
    luis = f"/learners/{busy.luis.me['person_id']}"
    for client, path in ((busy.lena, luis), (busy.ina, luis), (busy.otto, f"/classes/{busy.a}")):
        page = pages.of(busy.review, client)
        page.goto(path)
        page.get_by_text("there is nothing here, or it is not yours to see").wait_for()
        assert "Luis" not in page.content()
        assert busy.refused(client)
    for client, path in ((busy.lena, "/people"), (busy.ina, "/audit"), (busy.tess, "/classes")):
        page = pages.of(busy.review, client)
        show(page, path)
        page.get_by_role("heading", name="Not found").wait_for()


def test_an_admin_reads_the_audit_and_checks_its_chain(busy: Crowd, pages: Pages) -> None:
    page = pages.of(busy.review, busy.admin)
    busy.lena.no(404, "GET", f"/learners/{busy.luis.me['person_id']}")
    show(page, "/audit")
    page.get_by_label("What", exact=True).select_option("refused.")
    page.wait_for_url("**/audit?action=refused.")
    page.get_by_role("cell", name="refused.object").first.wait_for()
    page.get_by_role("cell", name="class.begun").first.wait_for(state="detached")
    page.get_by_role("cell", name="Lena Learner").first.wait_for()
    page.get_by_role("button", name="Check the chain").click()
    page.get_by_text("The chain is whole").wait_for()
    settled(page)
    shot(page, "audit-checked")
    page.reload()  # the filter stands in the address
    page.get_by_role("cell", name="refused.object").first.wait_for()
    assert page.get_by_role("cell", name="class.begun").count() == 0
