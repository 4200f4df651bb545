"""A rig's desk in a real browser: from the first digit to a session that runs, and out again."""

from __future__ import annotations

import time
from pathlib import Path

from tests.web.browser import Pages, axe, shot, show
from tests.web.joining import simulated
from tests.web.servers import PASSWORD, Client, Running

SESSION_LIMIT_MS = 90_000
DRILL_S = 5
STARTS_WITHIN_S = 30.0


def test_a_two_minute_drill_starts_within_half_a_minute(
    review: Running,
    admin: Client,
    pages: Pages,
    tmp_path: Path,
) -> None:
    course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Lena Learner"]})
    (badge,) = admin.ok("POST", f"/classes/{course}/badges")
    admin.ok("PATCH", f"/classes/{course}", json={"duration_s": DRILL_S})
    with simulated(review, admin, tmp_path / "rig") as rig:
        admin.ok("PATCH", f"/rigs/{rig.id}", json={"course_id": course})
        page = pages.of(review)
        show(page, f"/desk/{rig.id}")
        assert axe(page) == []
        page.get_by_role("link", name="Sign in as its instructor").click()
        page.get_by_label("User name or e-mail").fill("ada")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Use this device as this rig's desk").click()
        field = page.get_by_label("Type your pin, or scan your badge")
        field.wait_for()
        shot(page, "desk-keypad")
        assert axe(page) == []
        page.keyboard.type("000000")
        page.get_by_text("no learner of this class has this pin").wait_for()

        begun_s = time.monotonic()
        for digit in badge["pin"]:
            page.get_by_role("button", name=digit, exact=True).click()
        page.get_by_text("Hello, Lena Learner").wait_for()
        shot(page, "desk-hello")
        page.keyboard.press("Enter")  # the start button has the focus
        page.locator(".going .time").wait_for(timeout=SESSION_LIMIT_MS)
        page.wait_for_function(
            "() => document.querySelector('.going .time')?.textContent.includes('0:01')",
            timeout=SESSION_LIMIT_MS,
        )
        took_s = time.monotonic() - begun_s
        print(f"from the first digit to a running session: {took_s:.1f} s")
        shot(page, "desk-going")
        assert took_s < STARTS_WITHIN_S
        page.locator(".result .score").wait_for(timeout=SESSION_LIMIT_MS)
        shot(page, "desk-result")
        assert axe(page) == []
        (session,) = admin.ok("GET", "/sessions")["rows"]
        assert session["name"] == "Lena Learner"
        shown = page.locator(".result .score").inner_text()
        assert shown == f"{round(session['score_pct'])}%" or session["score_pct"] is None
        page.clock.install()
        page.get_by_role("button", name="I am done").click()
        field.wait_for()
        scanned = badge["url"]
        page.keyboard.type(f"{scanned}\n")  # as a scanner types it
        page.get_by_text("Hello, Lena Learner").wait_for()
        page.clock.fast_forward(61_000)
        field.wait_for()  # nobody touched it: signed out
        assert page.evaluate("fetch('/api/me').then((answer) => answer.status)") == 401
