"""A rig's desk in a real browser: from the first digit to a session that runs, and out again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.web.browser import Pages, axe, dark_too, shot, show
from tests.web.joining import simulated
from tests.web.servers import PASSWORD, Client, Running

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SESSION_LIMIT_MS = 90_000
DRILL_S = 10
STARTS_WITHIN_S = 30.0


def make_desk(page: Page, rig_id: str) -> Locator:
    """Make a new device a rig's desk, as its instructor; gives the field for pin and badge."""
    show(page, f"/desk/{rig_id}")
    dark_too(page, "desk-new")
    page.get_by_role("link", name="Sign in as its instructor").click()
    page.get_by_label("User name or e-mail").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Use this device as this rig's desk").click()
    field = page.get_by_label("Type your pin, or scan your badge")
    field.wait_for()
    dark_too(page, "desk-keypad")
    return field


def drill(page: Page, pin: str) -> float:
    """Sign in and start; gives how long it took until the session ran."""
    begun_s = time.monotonic()
    for digit in pin:
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_text("Hello, Lena Learner").wait_for()
    page.keyboard.press("Enter")  # the start button has the focus
    page.wait_for_function(
        "() => /0:0[1-9]/.test(document.querySelector('.going .time')?.textContent)",
        timeout=SESSION_LIMIT_MS,
    )
    took_s = time.monotonic() - begun_s
    page.emulate_media(color_scheme="dark")
    shot(page, "desk-going-dark")
    assert axe(page) == []
    page.emulate_media(color_scheme="light")
    return took_s


def test_a_two_minute_drill_starts_within_half_a_minute(
    review: Running, admin: Client, pages: Pages, tmp_path: Path
) -> None:
    course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Lena Learner"]})
    (badge,) = admin.ok("POST", f"/classes/{course}/badges")
    admin.ok("PATCH", f"/classes/{course}", json={"duration_s": DRILL_S})
    with simulated(review, admin, tmp_path / "rig") as rig:
        admin.ok("PATCH", f"/rigs/{rig.id}", json={"course_id": course})
        page = pages.of(review)
        field = make_desk(page, rig.id)
        page.keyboard.type("000000")
        page.get_by_text("no learner of this class has this pin").wait_for()
        took_s = drill(page, badge["pin"])
        print(f"from the first digit to a running session: {took_s:.1f} s")
        assert took_s < STARTS_WITHIN_S
        page.locator(".result .score").wait_for(timeout=SESSION_LIMIT_MS)
        dark_too(page, "desk-result")
        assert "SIMULATED" in page.locator("h1").inner_text()
        (session,) = admin.ok("GET", "/sessions")["rows"]
        assert session["name"] == "Lena Learner"
        shown = page.locator(".result .score").inner_text()
        assert shown == f"{round(session['score_pct'])}%"
        page.clock.install()
        page.get_by_role("button", name="I am done").click()
        field.wait_for()
        page.keyboard.type(f"{badge['url']}\n")  # as a scanner types it
        page.get_by_text("Hello, Lena Learner").wait_for()
        page.clock.fast_forward(61_000)
        field.wait_for()  # nobody touched it: signed out
        assert page.evaluate("fetch('/api/me').then((answer) => answer.status)") == 401
