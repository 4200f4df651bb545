"""The first page of each role, and recordings that are brought by the browser."""

from __future__ import annotations

import re
from pathlib import Path

from tests.web.browser import Pages, axe, looked_at, settled, shot, show
from tests.web.servers import Client, Running
from tests.web.taught import Taught, person
from tests.web.test_uploads import analysed


def test_a_new_house_is_led_to_its_first_session(
    review: Running, admin: Client, pages: Pages, recorded_demo: Path, tmp_path: Path
) -> None:
    page = pages.of(review, admin)
    show(page, "/")
    todo = page.locator("section", has=page.get_by_role("heading", name="To do"))
    assert todo.get_by_role("link").all_inner_texts() == [
        "Add an instructor",
        "Begin a class",
        "Let a rig join",
        "Bring a first recording",
    ]
    shot(page, "home-first-steps")
    todo.get_by_role("link", name="Bring a first recording").click()
    settled(page)
    page.get_by_role("button", name="Bring recordings").click()
    stray = tmp_path / "holiday.mcap"
    stray.write_bytes(b"no recording")
    page.get_by_label("Recordings (.mcap)").set_input_files([recorded_demo, stray])
    page.get_by_role("link", name="open it").wait_for()
    page.get_by_text("✕ holiday.mcap: not a recording").wait_for()
    assert axe(page) == []
    shot(page, "sessions-bring", whole=False)
    page.get_by_role("link", name="open it").click()
    page.wait_for_url(re.compile(r"/sessions/[0-9a-f]{16}$"))
    session_id = page.url.rsplit("/", 1)[1]
    assert analysed(admin, session_id)["state"] == "ready"
    show(page, "/")
    assert page.locator(f"a[href='/sessions/{session_id}']").count() == 2  # to do, and newest


def test_each_role_is_told_what_waits(review: Running, taught: Taught, pages: Pages) -> None:
    for who, name in (
        (taught.admin, "admin"),
        (taught.ina, "instructor"),
        (taught.lena, "learner"),
    ):
        looked_at(pages, review, who, "/", f"home-{name}")
    page = pages.of(review, taught.ina)
    show(page, "/")
    assert page.get_by_role("button", name="Live wall").get_attribute("href") == (
        f"/wall/{taught.course}"
    )
    page = pages.of(review, taught.omar)  # another learner sees nothing of it
    show(page, "/")
    assert page.locator(f"a[href='{taught.path}']").count() == 0


def test_what_waits_is_told_to_whom_it_concerns(review: Running, taught: Taught) -> None:
    waiting = {w["what"] for w in taught.ina.ok("GET", "/home")["waiting"]}
    assert waiting == {"results"}  # an assessment; "of-no-class" is the admin's
    taught.ina.ok("POST", f"{taught.path}/approval")
    assert taught.ina.ok("GET", "/home")["waiting"] == []
    assert [w["what"] for w in taught.tom.ok("GET", "/home")["waiting"]] == ["no-session"]
    new = person(review, taught.admin, "Nia", "instructor")
    assert [w["what"] for w in new.ok("GET", "/home")["waiting"]] == ["no-class", "no-session"]
    tess = person(review, taught.admin, "Tess", "technician")
    assert [w["what"] for w in tess.ok("GET", "/home")["waiting"]] == ["no-rig"]
    assert taught.lena.ok("GET", "/home")["waiting"] == []
    taught.review.client().no(401, "GET", "/home")
