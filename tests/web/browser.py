"""A real browser on a running review: signed in as whoever, looked at, checked by axe-core.

Takes a `Client` that is signed in, gives a page with its cookie in Debian's Chromium; leaves what
is clicked to the tests. A page that throws, or that the policy of the server refuses something,
fails its test. With ``MRCPR_SHOTS=FOLDER`` every `shot` is kept there to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.conftest import ROOT, Require
from tests.web.servers import Client, Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

AXE = ROOT / "mr/review/page/node_modules/axe-core/axe.min.js"
WIDE, TABLET = (1280, 800), (768, 1024)
Look = Literal["light", "dark"]
AXE_RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    const where = (nodes) => nodes.slice(0, 4).map((n) => `${n.target} ${n.failureSummary}`);
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${where(nodes).join(" | ")}`);
}"""
SETTLED = """() => document.querySelector("main h1") !== null
    && document.querySelector("main [aria-busy='true']") === null"""


@dataclass
class Pages:
    """Pages of one browser; those that went wrong are told when the test ends."""

    browser: Browser
    wrong: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def of(
        self,
        review: Running,
        client: Client | None = None,
        look: Look = "light",
        size: tuple[int, int] = WIDE,
        *,
        fingers: bool = False,
    ) -> Page:
        """Open a page as somebody who is signed in (None: as nobody); it shows nothing yet."""
        context = self.browser.new_context(
            base_url=review.address,
            color_scheme=look,
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
            accept_downloads=True,
            has_touch=fingers,
        )
        if client is not None:
            cookie = {"name": "mrcpr_session", "value": client.cookies["mrcpr_session"]}
            context.add_cookies([{**cookie, "url": review.address}])  # type: ignore[list-item]
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("console", self._said)
        return page

    def _said(self, message: ConsoleMessage) -> None:
        refused_by_server = message.text.startswith("Failed to load resource")
        if message.type == "error" and not refused_by_server:
            self.wrong.append(message.text)

    def close(self) -> None:
        """Close every page, and fail when one of them went wrong."""
        for context in self._contexts:
            context.close()
        assert not self.wrong, self.wrong


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """Run Debian's Chromium while the block lasts, with `more` on its command line."""
    require = Require()
    require.module("playwright", "pip install 'mrcpr[dev]'")
    program = require.program("chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", *more])
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")  # while it is there, no other test can run an event loop
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    """Pages that must not go wrong."""
    opened = Pages(browser)
    yield opened
    opened.close()


def show(page: Page, path: str) -> None:
    """Go to a page of the review and wait until it shows what it loads."""
    page.goto(path)
    settled(page)


def settled(page: Page) -> None:
    """Wait until a page shows what it loads."""
    page.wait_for_function(SETTLED)


def axe(page: Page) -> list[str]:
    """Give what axe-core finds wrong with a page as it is now."""
    if not AXE.is_file():
        Require().missing("axe-core", "npm ci in mr/review/page")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(AXE_RUN)
    return found


def shot(page: Page, name: str, *, whole: bool = True) -> None:
    """Keep a picture of a page where ``MRCPR_SHOTS`` says so."""
    folder = os.environ.get("MRCPR_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)


def dark_too(page: Page, name: str) -> None:
    """Look at a page as it is now in both looks, with axe."""
    looks: tuple[Look, ...] = ("dark", "light")
    for look in looks:
        page.emulate_media(color_scheme=look)
        shot(page, f"{name}-{look}")
        assert axe(page) == [], f"{name}, {look}"


def looked_at(pages: Pages, review: Running, client: Client | None, path: str, name: str) -> None:
    """Look at a page as everybody may see it: wide and on a tablet, light and dark; with axe."""
    for look, size in (("light", WIDE), ("dark", WIDE), ("light", TABLET)):
        page = pages.of(review, client, look, size)  # type: ignore[arg-type]
        show(page, path)
        shot(page, f"{name}-{look}-{size[0]}")
        assert axe(page) == [], f"{path}, {look}, {size}"
        too_wide: Any = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, f"{path} is {too_wide} pixels wider than {size[0]}"
        page.context.close()
        pages._contexts.remove(page.context)
