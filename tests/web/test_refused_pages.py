"""Refused journeys in a real browser: what a page shows of what is another's, and who posts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.web.browser import Pages
from tests.web.servers import Client, Running
from tests.web.test_refused import FORGED, ROLES, Other, age, other, told

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

__all__ = ["other"]  # a fixture

LOADED = """() => document.querySelector("main :is(h1, [role='alert'])") !== null
    && document.querySelector("main [aria-busy='true']") === null"""


class Heard:
    """All that the API answered to a page."""

    def __init__(self, page: Page) -> None:
        self.text = ""
        page.route("**/api/**", self._passed)

    def _passed(self, route: Route) -> None:
        answer = route.fetch()
        said = answer.body().decode("utf-8", "replace")  # waits: others pass meanwhile
        self.text += said
        route.fulfill(response=answer)


def shown(page: Page, path: str) -> str:
    """Go there and give all that is to be read, and all that is in the page."""
    page.goto(path, wait_until="networkidle")  # it has asked all that it asks for
    page.wait_for_function(LOADED)
    return f"{page.content()}\n{page.locator('body').inner_text()}"


def test_a_browser_at_what_is_anothers_shows_nothing_of_it(
    review: Running, other: Other, pages: Pages
) -> None:
    crowd = other.crowd
    paths = {
        "session": f"/sessions/{other.session.id}",
        "class": f"/classes/{crowd.b}",
        "wall": f"/wall/{crowd.b}",
        "learner": f"/learners/{other.luis}",
        "audit": "/audit",
        "people": "/people",
    }
    page = pages.of(review, crowd.otto)
    heard = Heard(page)
    assert "Luis Latecomer" in shown(page, paths["session"])  # whose instructor sees it
    assert "9173" in heard.text
    for who in ("lena", "ina", "tess"):
        client: Client = getattr(crowd, who)
        page = pages.of(review, client)
        heard = Heard(page)
        for what, path in paths.items():
            assert other.leaked(shown(page, path)) == [], f"{who} at {what}"
        assert other.leaked(heard.text) == [], who
    about = {about for _, about in told(crowd, crowd.ina)}
    assert about >= {f"session:{other.session.id}", f"class:{crowd.b}", f"learner:{other.luis}"}
    assert f"session:{other.session.id}" in {about for _, about in told(crowd, crowd.lena)}
    assert f"learner:{other.luis}" in {about for _, about in told(crowd, crowd.tess)}


def test_a_browser_at_forged_ids(review: Running, other: Other, pages: Pages) -> None:
    crowd = other.crowd
    for who in ("lena", "ina", "admin"):
        client: Client = getattr(crowd, who)
        page = pages.of(review, client)
        for path in (f"/sessions/{FORGED}", f"/learners/{FORGED}"):
            assert other.leaked(shown(page, path)) == []
            page.get_by_text("there is nothing here").or_(
                page.get_by_role("heading", name="Not found")
            ).first.wait_for()
        assert f"session:{FORGED}" in {about for _, about in told(crowd, client)}, who


@pytest.mark.parametrize("how", ["idle", "expired"])
def test_a_browser_whose_session_is_stale_is_at_the_door(
    review: Running, other: Other, pages: Pages, how: str
) -> None:
    crowd = other.crowd
    for who in ("luis", "otto", "tess"):
        client: Client = getattr(crowd, who)
        page = pages.of(review, client)
        assert client.me["name"] in shown(page, "/")
        age(review, client, how)
        read = shown(page, f"/sessions/{other.session.id}")
        page.get_by_role("heading", name="Sign in").wait_for()
        assert other.leaked(read) == []
        assert client.me["name"] not in read
        rows = crowd.audit(action="refused.stale", about=f"person:{client.me['person_id']}")
        assert rows and {row["actor"] for row in rows} == {"nobody"}


def test_a_post_from_the_page_itself_without_its_token(
    review: Running, other: Other, pages: Pages
) -> None:
    """As a script would that came into the page: it has the cookie, and not the token."""
    crowd = other.crowd
    post = """async ([path, token]) => {
        const headers = { "Content-Type": "application/json" };
        if (token !== null) headers["X-CSRF-Token"] = token;
        const answer = await fetch(path, { method: "POST", headers, body: "{}" });
        return [answer.status, await answer.text()];
    }"""
    for who in ROLES:
        client: Client = getattr(crowd, who)
        page = pages.of(review, client)
        shown(page, "/")
        for token in (None, "forged"):
            status, text = page.evaluate(post, ["/api/sign-out", token])
            assert (status, json.loads(text)["code"]) == (403, "csrf")
            assert other.leaked(text) == []
        assert told(crowd, client) == [("refused.csrf", "/api/sign-out")] * 2
        client.ok("GET", "/me")  # it did not sign anybody out
        status, _ = page.evaluate(post, ["/api/sign-out", client.me["csrf"]])
        assert status == 204  # with it, it does; the admin is the last


@pytest.mark.parametrize("site", ["http://evil.example", "http://127.0.0.1:9"])
def test_a_form_of_another_site(review: Running, other: Other, pages: Pages, site: str) -> None:
    """Of another machine, and of another program on this one, to which cookies go along."""
    crowd = other.crowd
    form = f"""<!doctype html><form method="post" enctype="text/plain"
        action="{review.address}/api/classes"><input name='{{"title": "' value='Forged"}}'>
        <button>Win</button></form>"""
    for who in ROLES:
        client: Client = getattr(crowd, who)
        page = pages.of(review, client)
        page.route(f"{site}/**", lambda route: route.fulfill(body=form, content_type="text/html"))
        page.goto(f"{site}/win")
        page.get_by_role("button", name="Win").click()
        page.wait_for_url(f"{review.address}/api/classes")
        read = page.content()
        assert "another site sent this" in read
        assert other.leaked(read) == [] and client.me["name"] not in read
    assert "Forged" not in str(crowd.admin.ok("GET", "/classes"))
    rows = crowd.audit(action="refused.site")
    assert [(row["actor"], row["about"]) for row in rows] == [("nobody", "/api/classes")] * 4
    assert {row["detail"]["said"] for row in rows} <= {site, "null"}
