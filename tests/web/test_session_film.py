"""Films: drawn where pictures were kept and agreed to; served in parts; gone with the consent."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.replay.conftest import write_again
from tests.web.browser import Pages, axe, shot, show
from tests.web.servers import Client, Running
from tests.web.taught import Taught, make_class

DRAWN_S = 240.0
WEBM = b"\x1a\x45\xdf\xa3"


@pytest.fixture(scope="session")
def kept_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short recording that says it keeps pictures, of a rig with a camera."""
    folder = tmp_path_factory.mktemp("pictures")
    command = [sys.executable, "-m", "mr.cli", "demo", "--fast", "--seconds", "3"]
    subprocess.run(
        [*command, "--out", str(folder)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    (made,) = folder.glob("**/*.mcap")
    path = folder / "pictures.mcap"
    write_again(made, path, lambda samples: samples, level=3)
    return path


@pytest.fixture
def filmed(review: Running, admin: Client, kept_pictures: Path) -> Iterator[Taught]:
    """The class with Lena's session, of which pictures were kept."""
    made = make_class(review, admin)
    made.session_id = made.bring(kept_pictures, made.lena)
    yield made


def agree(taught: Taught, *, given: bool) -> None:
    """Let Lena agree to pictures, or not any more."""
    taught.lena.ok("POST", "/me/consents", json={"kind": "video", "given": given})


def until_film(taught: Taught, *, ready: bool) -> dict[str, object]:
    until = time.monotonic() + DRAWN_S
    while True:
        film: dict[str, object] = taught.lena.ok("GET", f"{taught.path}/film")
        if film["ready"] is ready:
            return film
        assert time.monotonic() < until, film
        time.sleep(0.5)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_film_is_drawn_when_agreed_served_in_parts_and_goes_with_the_consent(
    filmed: Taught, pages: Pages
) -> None:
    path = f"{filmed.path}/film.webm"
    assert "nobody agreed" in str(filmed.lena.ok("GET", f"{filmed.path}/film")["why"])
    filmed.lena.no(404, "GET", path)
    filmed.admin.ok("PUT", "/house", json={"video_allowed": True})
    assert "nobody agreed" in str(filmed.lena.ok("GET", f"{filmed.path}/film")["why"])  # yet
    agree(filmed, given=True)
    film = until_film(filmed, ready=True)
    whole = filmed.lena.get(f"/api{path}")
    assert whole.content.startswith(WEBM) and whole.headers["Content-Type"] == "video/webm"
    part = filmed.lena.get(f"/api{path}", headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == whole.content[100:200]
    for who in (filmed.omar, filmed.tom):
        who.no(404, "GET", path)
    page = pages.of(filmed.review, filmed.ina)
    show(page, filmed.path)
    video = page.locator("video")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    page.get_by_role("button", name="Next compression").click()
    analysis = filmed.ina.ok("GET", f"{filmed.path}/analysis")
    wanted_s = analysis["compressions"][1]["peak_s"] - float(str(film["begins_s"]))
    page.wait_for_function(
        f"() => Math.abs(document.querySelector('video').currentTime - {wanted_s}) < 0.1"
    )
    before = page.locator(".clock").inner_text()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"() => document.querySelector('.clock').innerText !== '{before}'")
    assert video.count() == 1 and axe(page) == []
    shot(page, "session-film")
    agree(filmed, given=False)
    filmed.lena.no(404, "GET", path)  # at once
    place = next((filmed.review.folder / "films").iterdir(), None)
    until = time.monotonic() + DRAWN_S
    while place is not None and place.exists():
        assert time.monotonic() < until, "the film was not removed"
        time.sleep(0.5)
