"""A fresh machine with only the wheel: first page, set-up, a recording, its session page."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.web.browser import Pages, settled
from tests.web.servers import PASSWORD, running
from tests.web.test_session_page import values
from tests.wheels import installed, wheel_of_tree

if TYPE_CHECKING:
    from playwright.sync_api import Page

ANALYSED_MS = 90_000


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that knows the package from its wheel alone."""
    folder = tmp_path_factory.mktemp("wheel")
    return installed(wheel_of_tree(folder), folder / "env")


def bring(page: Page, recording: Path) -> str:
    """Bring a recording by the page and open its session; gives the session's id."""
    page.goto("/sessions")
    settled(page)
    page.get_by_role("button", name="Bring recordings").first.click()
    page.get_by_label("Recordings (.mcap)").set_input_files(recording)
    page.get_by_role("link", name="open it").click()
    page.wait_for_url(re.compile(r"/sessions/[0-9a-f]{16}$"))
    page.get_by_role("heading", name="What to change first").wait_for(timeout=ANALYSED_MS)
    settled(page)
    return page.url.rsplit("/", 1)[1]


def test_the_package_comes_from_the_wheel(python: Path, tmp_path: Path) -> None:
    names = ("mr", "calibration", "overlays")
    ask = f"import {', '.join(names)}; [print(m.__file__) for m in ({', '.join(names)})]"
    command = [str(python), "-c", ask]
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert len(said.splitlines()) == len(names)
    for file in said.splitlines():
        assert Path(file).is_relative_to(python.parents[1]), file
        assert not Path(file).is_relative_to(ROOT)


def test_a_fresh_machine_comes_to_a_session_page_that_is_right(
    python: Path, pages: Pages, recorded_demo: Path, tmp_path: Path
) -> None:
    mrcpr = str(python.parent / "mrcpr")
    begun_s = time.monotonic()
    with running(
        tmp_path / "review", env={"PYTHONPATH": ""}, program=(mrcpr,), cwd=tmp_path
    ) as review:
        page = pages.of(review)
        page.goto(review.said)  # the address as it was printed
        page.get_by_role("heading", name="Set up this server").wait_for()
        print(f"first page {time.monotonic() - begun_s:.2f} s after the start")
        page.get_by_label("Your name").fill("Ada Admin")
        page.get_by_label("User name").fill("ada")
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Create the administrator").click()
        page.get_by_role("heading", name="Hello").wait_for()
        session_id = bring(page, recorded_demo)
        served = page.context.request.get(f"/api/sessions/{session_id}/analysis").body()
        command = [mrcpr, "analyze", str(recorded_demo), "--json"]
        said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout
        assert served == said  # to the last digit
        analysis = json.loads(said)
        keys = ("peak_s", "depth_mm", "release_depth_mm", "rate_cpm")
        shown = values(page, "Every compression with its numbers")
        wanted = [[c[key] for key in keys] for c in analysis["compressions"]]
        assert wanted and [row[1:5] for row in shown] == wanted
        ring = page.locator("figure.score text").get_attribute("data-value")
        assert float(ring or "nan") == analysis["score"]["value_pct"]
        assert review.stop() == 130
