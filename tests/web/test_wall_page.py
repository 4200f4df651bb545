"""The wall in a real browser, with a real simulated rig: begun, seen, lost, back, its result."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.browser import Pages, axe, shot, show
from tests.web.joining import simulated
from tests.web.servers import Client, Running

if TYPE_CHECKING:
    from playwright.sync_api import Page

PIXELS = """() => {
    const canvas = document.querySelector(".tile canvas");
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0;
    for (let k = 0; k < data.length; k += 1) sum = (sum * 31 + data[k]) % 1000000007;
    return sum;
}"""
SESSION_LIMIT_MS = 90_000


@pytest.fixture
def course(admin: Client) -> str:
    course: str = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Lena Learner", "Max"]})
    return course


def text_of(page: Page) -> str:
    return page.locator(".tile").inner_text()


def test_a_class_is_run_from_the_wall(
    review: Running, admin: Client, pages: Pages, course: str, tmp_path: Path
) -> None:
    """Add the rig, give it a learner, start, see the trace move, mark, undo, stop, read the result;
    then pull the plug: it is shown lost within 3 s, and comes back."""
    rig_folder = tmp_path / "rig"
    with simulated(review, admin, rig_folder) as rig:
        page = pages.of(review, admin)
        show(page, f"/wall/{course}")
        page.get_by_role("button", name="Add rigs").click()
        page.get_by_role("button", name="Add Sim 1").click()
        page.get_by_role("button", name="Done").click()
        page.get_by_text("1 rig here").wait_for()
        tile = page.locator(f"[data-rig='{rig.id}']")
        tile.focus()
        page.keyboard.press("Enter")
        panel = page.locator(".panel")
        assert panel.get_by_role("button", name="Start").is_disabled()
        panel.get_by_label("Learner").select_option("Lena Learner")
        panel.get_by_label("Length").select_option("10 min")
        panel.get_by_role("button", name="Start").click()
        page.get_by_text("Compressing").first.wait_for(timeout=SESSION_LIMIT_MS)
        assert "SIMULATED" in text_of(page) and "Lena Learner" in text_of(page)
        before = page.evaluate(PIXELS)
        page.wait_for_function(f"() => ({PIXELS})() !== {before}")
        panel.get_by_role("button", name="Scene safe").click()
        panel.get_by_role("button", name="Undo Scene safe").wait_for()
        panel.get_by_label("Note").fill("spoke to the bystander")
        panel.get_by_role("button", name="Add", exact=True).click()
        panel.get_by_text("Note: spoke to the bystander").first.wait_for()
        shot(page, "wall-panel")
        assert axe(page) == []
        panel.get_by_role("button", name="Undo Scene safe").click()
        panel.get_by_role("button", name="Undo Scene safe").wait_for(state="detached")
        panel.get_by_role("button", name="Stop the session").click()
        panel.get_by_role("link", name="Last result").wait_for(timeout=SESSION_LIMIT_MS)
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.dataset.rig") == rig.id
        result = page.locator(".tile").get_by_role("link", name="Result")
        (session,) = admin.ok("GET", "/sessions")["rows"]
        assert result.get_attribute("href") == f"/sessions/{session['id']}"
        assert session["name"] == "Lena Learner" and session["course_id"] == course
        kept = admin.ok("GET", f"/live/rigs/{rig.id}/marks?recording_id={session['recording_id']}")
        assert [(m["what"], m["text"]) for m in kept] == [("note", "spoke to the bystander")]
        rig.kill()
        killed_s = time.monotonic()
        page.get_by_text("LOST since").wait_for()
        assert time.monotonic() - killed_s < 3.0
        assert "Sim 1 is lost" in page.locator("[role='status']").first.inner_text()
        shot(page, "wall-lost")
        assert axe(page) == []
    with simulated(review, admin, rig_folder):
        page.get_by_text("1 rig here").wait_for(timeout=SESSION_LIMIT_MS)
        page.get_by_text("LOST since").wait_for(state="detached")


def test_who_does_not_teach_a_class_sees_no_wall(
    review: Running, admin: Client, pages: Pages, course: str
) -> None:
    from tests.web.test_wall import instructor

    page = pages.of(review, instructor(review, admin))
    show(page, f"/wall/{course}")
    page.get_by_text("there is nothing here, or it is not yours to see").wait_for()
    assert "Lena" not in page.content()


def test_a_wall_without_rigs_is_readable_in_every_look(
    review: Running, admin: Client, pages: Pages, course: str
) -> None:
    from tests.web.browser import looked_at

    looked_at(pages, review, admin, f"/wall/{course}", "wall-empty")
