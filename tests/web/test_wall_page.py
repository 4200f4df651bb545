"""The wall in a real browser, with a real simulated rig: begun, seen, lost, back, its result."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from playwright.sync_api import Error

from mr.clock.host import wall_now_utc
from mr.review.live.hub import MAX_WATCHED
from mr.review.store.rigs import EnrolledRig
from tests.web.browser import Pages, axe, dark_too, shot, show
from tests.web.joining import SimulatedRig, simulated
from tests.web.kept import kept
from tests.web.servers import Client, Running, running
from tests.web.test_rigs import Joined, linked

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Locator, Page, Route

PIXELS = """() => {
    const canvas = document.querySelector(".tile canvas");
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0;
    for (let k = 0; k < data.length; k += 1) sum = (sum * 31 + data[k]) % 1000000007;
    return sum;
}"""
RATE_DRAWN = """() => {
    const canvas = document.querySelector(".tile canvas");
    const strip = Math.round(canvas.height * 0.26);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, strip);
    let n = 0;
    for (let k = 0; k < data.length; k += 4)
        n += data[k] === 160 && data[k + 1] === 75 && data[k + 2] === 0;
    return n;
}"""  # pixels of the rate's colour (--line-2, light) in the upper strip
SESSION_LIMIT_MS = 90_000
LOST_WITHIN_S = 3.0
LEAST_TRACE_PX = 60


@pytest.fixture
def course(admin: Client) -> str:
    course: str = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
    admin.ok("POST", f"/classes/{course}/learners", json={"names": ["Lena Learner", "Max"]})
    return course


def text_of(page: Page) -> str:
    return page.locator(".tile").inner_text()


def begin_session(page: Page, rig_id: str) -> Locator:
    """Add the rig to the class, give it to Lena, start; gives its panel."""
    page.get_by_role("button", name="Add rigs").click()
    page.get_by_role("button", name="Add Sim 1").click()
    page.get_by_role("button", name="Done").click()
    page.get_by_text("1 rig here").wait_for()
    page.locator(f"[data-rig='{rig_id}']").focus()
    page.keyboard.press("Enter")
    panel = page.locator(".panel")
    assert panel.get_by_role("button", name="Start").is_disabled()
    assert page.evaluate(RATE_DRAWN) == 0  # nobody compresses yet
    panel.get_by_label("Learner").select_option("Lena Learner")
    panel.get_by_label("Length").select_option("10 min")
    panel.get_by_role("button", name="Start").click()
    page.get_by_text("Compressing").first.wait_for(timeout=SESSION_LIMIT_MS)
    return panel


def see_traces(page: Page, panel: Locator) -> None:
    """See rate and depth drawn, said in words, and as a table."""
    page.wait_for_function(f"() => ({RATE_DRAWN})() > 20", timeout=SESSION_LIMIT_MS)
    before = page.evaluate(PIXELS)
    page.wait_for_function(f"() => ({PIXELS})() !== {before}")
    said = r"Sim 1: Compressing\. The last 8 seconds: rate \d+\sper minute, .*; depth \d+\smm, "
    page.locator(".tile").get_by_role("img", name=re.compile(said)).wait_for()
    panel.get_by_role("button", name="Show as table").click()
    rows = panel.get_by_role("table", name="The latest compressions").locator("tbody tr")
    rows.nth(3).wait_for()
    numbers = [int(words) for words in rows.locator("th").all_inner_texts()]  # more are coming
    assert numbers == sorted(numbers, reverse=True)
    assert 30 < int(rows.first.locator("td").first.inner_text().split()[0]) < 80
    assert axe(page) == []
    panel.get_by_role("button", name="Hide the table").click()
    page.get_by_text("more not judged yet").wait_for()


def tap_beside_a_slow_answer(panel: Locator) -> None:
    """Tap while the list of marks is under way: its answer, from before, takes no tap away."""
    page = panel.page
    asked: list[Route] = []
    answers: list[APIResponse] = []

    def hold(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()
        else:
            answers.append(route.fetch())

    page.route("**/marks?**", hold)
    panel.get_by_role("button", name="Close").click()
    page.keyboard.press("Enter")  # the panel opens anew, and asks
    while not answers:
        page.wait_for_timeout(20)
    assert answers[0].json() == []
    undo = panel.get_by_role("button", name="Undo Scene safe")
    panel.get_by_role("button", name="Scene safe").click()
    undo.wait_for()
    with suppress(Error):  # it is not wanted any more
        asked[0].fulfill(response=answers[0])
    panel.get_by_role("button", name="Help called").click()
    panel.get_by_role("button", name="Undo Help called").wait_for()
    assert undo.is_visible()


def observe(panel: Locator) -> None:
    """Tap what the observer sees, write a note, undo a tap."""
    tap_beside_a_slow_answer(panel)
    undo = panel.get_by_role("button", name="Undo Scene safe")
    panel.get_by_label("Note").fill("spoke to the bystander")
    panel.get_by_role("button", name="Add", exact=True).click()
    panel.get_by_text("Note: spoke to the bystander").first.wait_for()
    undo.click()  # it is offered for a minute
    undo.wait_for(state="detached")
    shot(panel.page, "wall-panel")
    assert axe(panel.page) == []


def observe_away(panel: Locator, rig: SimulatedRig) -> None:
    """Tap while the rig is away: it is kept, with the session's time, and the session goes on."""
    page = panel.page
    lost = page.locator(".tile").get_by_text("LOST since")
    with rig.silent():
        lost.wait_for()
        panel.get_by_text("This rig is away.").wait_for()
        assert panel.get_by_role("button", name="Stop the session").count() == 0
        tapped = panel.get_by_role("button", name="Breathing checked")
        tapped.click()
        tapped.filter(has_text=re.compile(r"\d:\d\d")).wait_for()
        shot(page, "wall-panel-away")
        assert axe(page) == []
    lost.wait_for(state="detached")
    page.get_by_text("Compressing").first.wait_for(timeout=SESSION_LIMIT_MS)


def read_marks(page: Page, session_id: str) -> None:
    """Read what the observer tapped on the session's page: in words, in list and chart."""
    show(page, f"/sessions/{session_id}")
    page.get_by_role("listitem").filter(has_text="Observer: Help called").wait_for()
    page.get_by_role("listitem").filter(has_text="Note: spoke to the bystander").wait_for()
    chart = page.locator("figure", has=page.get_by_role("img", name="Depth."))
    chart.get_by_role("button", name="Show as table").click()
    chart.get_by_role("row", name="Help called").wait_for()
    assert "help-called" not in page.locator("main").inner_text()


def reported(admin: Client, rig_id: str) -> dict[str, Any]:
    """Wait until a rig has reported itself after a session; gives its sheet."""
    until_s = time.monotonic() + SESSION_LIMIT_MS / 1000
    while (sheet := admin.ok("GET", f"/fleet/{rig_id}"))["parts_utc"] is None:
        assert time.monotonic() < until_s, "the rig has not reported itself"
        time.sleep(0.2)
    return cast(dict[str, Any], sheet)


def lose(page: Page, rig: SimulatedRig) -> None:
    """Pull a rig's plug: the wall shows it lost within 3 s, and says so aloud."""
    rig.kill()
    killed_s = time.monotonic()
    page.get_by_text("LOST since").wait_for()
    assert time.monotonic() - killed_s < LOST_WITHIN_S
    said = page.locator("[role='status']").first
    said.filter(has_text="Sim 1 is lost").wait_for(state="attached")
    shot(page, "wall-lost")
    assert axe(page) == []


def test_a_class_is_run_from_the_wall(
    review: Running, admin: Client, pages: Pages, course: str, tmp_path: Path
) -> None:
    """Start, see the trace move, observe, stop, read the result; lose the rig and get it back."""
    rig_folder = tmp_path / "rig"
    with simulated(review, admin, rig_folder) as rig:
        page = pages.of(review, admin)
        show(page, f"/wall/{course}")
        panel = begin_session(page, rig.id)
        assert "SIMULATED" in text_of(page) and "Lena Learner" in text_of(page)
        see_traces(page, panel)
        observe(panel)
        observe_away(panel, rig)
        panel.get_by_role("link", name="Show this rig large").click()
        page.get_by_role("link", name="All rigs").wait_for()
        dark_too(page, "wall-large")
        panel.get_by_role("button", name="Stop the session").click()
        panel.get_by_role("link", name="Last result").wait_for(timeout=SESSION_LIMIT_MS)
        page.get_by_text("more not judged yet").wait_for(state="detached")
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.dataset.rig") == rig.id
        result = page.locator(".tile").get_by_role("link", name="Result")
        (session,) = admin.ok("GET", "/sessions")["rows"]
        assert result.get_attribute("href") == f"/sessions/{session['id']}"
        assert session["name"] == "Lena Learner" and session["course_id"] == course
        marks = f"/live/rigs/{rig.id}/marks?recording_id={session['recording_id']}"
        tapped = [(mark["what"], mark["text"]) for mark in admin.ok("GET", marks)]
        note = ("note", "spoke to the bystander")
        assert tapped == [("help-called", ""), note, ("breathing", "")]
        sheet = reported(admin, rig.id)
        assert sheet["software"].startswith("mrcpr") and sheet["parts_utc"] is not None
        lose(page, rig)
        read_marks(pages.of(review, admin), session["id"])
    with simulated(review, admin, rig_folder):
        page.get_by_text("1 rig here").wait_for(timeout=SESSION_LIMIT_MS)
        page.get_by_text("LOST since").wait_for(state="detached")


def test_nobody_s_score_is_on_the_projector(
    review: Running, admin: Client, pages: Pages, course: str
) -> None:
    rig = Joined(review, admin)
    lena = next(
        each
        for each in admin.ok("GET", f"/classes/{course}")["learners"]
        if each["name"] == "Lena Learner"
    )
    admin.ok("PATCH", f"/rigs/{rig.id}", json={"course_id": course, "person_id": lena["id"]})
    with linked(rig):
        page = pages.of(review, admin)
        show(page, f"/wall/{course}")
        page.get_by_text("Lena Learner").wait_for()
        assert "Score" in text_of(page)
        page.get_by_role("button", name="Projector").click()
        page.get_by_text("Lena Learner").wait_for(state="detached")
        assert "Score" not in text_of(page)
        assert lena["learner_id"].removeprefix("learner-") in text_of(page)
        page.get_by_label("Show").select_option("First names")
        page.locator(".tile").get_by_text("Lena", exact=True).wait_for()
        assert axe(page) == []


def test_a_wall_is_walked_by_keys(
    review: Running, admin: Client, pages: Pages, course: str
) -> None:
    rigs = [Joined(review, admin) for _ in range(3)]
    for k, rig in enumerate(rigs):
        given = {"course_id": course}
        admin.ok("PATCH", f"/rigs/{rig.id}", json=given)
        admin.ok("PATCH", f"/rigs/{rig.id}", json={"name": f"Rig {k + 1}"})
    page = pages.of(review, admin)
    show(page, f"/wall/{course}")
    page.locator("[data-rig]").nth(2).wait_for()
    page.locator(f"[data-rig='{rigs[0].id}']").focus()
    for key, wanted in (("ArrowRight", 1), ("End", 2), ("ArrowLeft", 1), ("Home", 0)):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.dataset.rig") == rigs[wanted].id
    assert page.locator("[data-rig][tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.locator(".panel").get_by_role("heading", name="Rig 1").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.rig") == rigs[0].id


@pytest.mark.parametrize(("n_rigs", "size"), [(30, (1920, 1080)), (12, (1280, 800))])
def test_a_class_fits_one_screen_with_both_traces(
    review: Running, admin: Client, pages: Pages, course: str, n_rigs: int, size: tuple[int, int]
) -> None:
    with kept(review) as database, database.writing() as session:
        for k in range(n_rigs):  # more than may enrol in a minute
            given = {"name": f"Rig {k + 1}", "course_id": course, "facts": {"simulated": True}}
            given |= {"public_key": f"key {k}", "enrolled_by": admin.me["person_id"]}
            session.add(EnrolledRig(enrolled_utc=wall_now_utc(), **given))
    page = pages.of(review, admin, size=size)
    show(page, f"/wall/{course}")
    page.locator(".tile canvas").nth(n_rigs - 1).wait_for()
    tall = "Math.min(...[...document.querySelectorAll('.trace')].map((box) => box.clientHeight))"
    page.wait_for_function(  # the wall is measured, then fitted
        f"() => document.documentElement.scrollHeight <= innerHeight && {tall} >= {LEAST_TRACE_PX}"
    )
    ends = page.evaluate("Math.max(...[...document.querySelectorAll('.tile')].map("
                         "(tile) => tile.getBoundingClientRect().bottom))")  # fmt: skip
    assert ends <= size[1]
    shot(page, f"wall-{n_rigs}", whole=False)


def test_the_wall_says_when_the_server_is_away_and_comes_back(
    pages: Pages, database: str | None, tmp_path: Path
) -> None:
    with running(tmp_path / "review", database) as first:
        admin = first.client().set_up(first.setup_code)
        course = admin.ok("POST", "/classes", json={"title": "Monday"})["id"]
        page = pages.of(first, admin)
        show(page, f"/wall/{course}")
        page.wait_for_function("() => !document.querySelector('.wall .away')")
        first.kill()
        page.get_by_text("No connection to the server since").wait_for()
        assert axe(page) == []
        port = first.address.rpartition(":")[2]
    with running(tmp_path / "review", database, "--port", port):
        page.get_by_text("No connection to the server").wait_for(state="detached")
        page.close()  # before that server ends, too
    pages.wrong[:] = [words for words in pages.wrong if "WebSocket" not in words]


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


def test_a_class_with_more_rigs_than_a_wall_shows_is_told(
    review: Running, admin: Client, course: str, pages: Pages
) -> None:
    page = pages.of(review, admin)
    for n, is_told in ((MAX_WATCHED, False), (MAX_WATCHED + 2, True)):
        with kept(review) as database, database.writing() as session:
            there = session.query(EnrolledRig).count()
            for k in range(there, n):
                made = {"enrolled_utc": wall_now_utc(), "enrolled_by": admin.me["person_id"]}
                rig = EnrolledRig(name=f"R{k:02}", public_key=f"key {k}", facts={}, **made)
                rig.course_id = course
                session.add(rig)
        show(page, f"/wall/{course}")
        page.locator(".tile").nth(MAX_WATCHED - 1).wait_for()
        assert page.locator(".tile").count() == MAX_WATCHED
        words = page.get_by_text("This class has 32 rigs; a wall shows 30")
        assert words.count() == int(is_told)
