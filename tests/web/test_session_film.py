"""Films: drawn where pictures were kept and agreed to; served in parts; gone with the consent."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mr.recording.reader import open_recording
from mr.recording.writer import RecordingWriter
from tests.conftest import ROOT
from tests.web.browser import Pages, axe, shot, show
from tests.web.servers import Client, Running
from tests.web.taught import Taught, make_class

DRAWN_S = 240.0
WEBM = b"\x1a\x45\xdf\xa3"


@pytest.fixture(scope="session")
def with_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short recording of a rig with a camera."""
    folder = tmp_path_factory.mktemp("pictures")
    command = [sys.executable, "-m", "mr.cli", "demo", "--fast", "--seconds", "3"]
    command += ["--out", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (made,) = folder.glob("**/*.mcap")
    return made


def of_lena_with_pictures(taught: Taught, made: Path, place: Path) -> Path:
    """Write a recording anew as Lena's, saying that it keeps pictures."""
    recording = open_recording(made)
    session = recording.header.session.model_copy(
        update={"learner_id": taught.lena.me["learner_id"]}
    )
    header = recording.header.model_copy(update={"storage_level": 3, "session": session})
    with RecordingWriter(place, header, recording.rig) as writer:
        for sample in recording.samples():
            writer.write(sample)
        for result in recording.results("compression"):
            writer.write_result("compression", result)
    return place


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


def test_a_film_is_drawn_when_agreed_served_in_parts_and_goes_with_the_consent(
    review: Running, admin: Client, with_camera: Path, tmp_path: Path, pages: Pages
) -> None:
    filmed = make_class(review, admin)
    admin.ok("PUT", "/house", json={"video_allowed": True})
    agree(filmed, given=True)
    recording = of_lena_with_pictures(filmed, with_camera, tmp_path / "pictures.mcap")
    filmed.session_id = filmed.bring(recording, filmed.lena)
    path = f"{filmed.path}/film.webm"
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
    (place,) = (filmed.review.folder / "films").iterdir()
    agree(filmed, given=False)
    filmed.lena.no(404, "GET", path)  # at once
    assert "nobody agreed" in str(filmed.lena.ok("GET", f"{filmed.path}/film")["why"])
    until = time.monotonic() + DRAWN_S
    while place.exists():
        assert time.monotonic() < until, "the film was not removed"
        time.sleep(0.5)
    filmed.ina.ok("GET", filmed.path)  # the numbers stay
