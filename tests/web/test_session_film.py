"""Films: drawn where pictures were kept and agreed to; served in parts; gone with the consent."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from calibration.simulated.quick import calibrate_simulated
from mr.config import SessionConfig
from mr.recording.reader import open_recording
from mr.recording.writer import RecordingWriter
from mr.review.store.people import Consent
from mr.review.store.sessions import Recorded
from mr.scoring.profiles import load_guideline
from mr.session.processes import SessionPlan, run_fast
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from tests.cli.test_replay_video import SOURCES, drawn, moments_of, off, read_back
from tests.web.browser import Pages, axe, shot, show
from tests.web.commands import run
from tests.web.kept import kept
from tests.web.servers import Client, Running
from tests.web.taught import Taught, make_class
from tests.web.test_uploads import analysed, send

DRAWN_S = 240.0
WEBM = b"\x1a\x45\xdf\xa3"


@pytest.fixture(scope="session")
def with_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short session of a simulated rig of which the camera's pictures were kept."""
    made = tmp_path_factory.mktemp("pictures") / "pictures.mcap"
    rig = calibrate_simulated(make_sim_rig(), Bench(1))
    config = SessionConfig.model_validate({"storage_level": 3, "out_dir": made.parent})
    run_fast(SessionPlan(SOURCES, rig, config, load_guideline(config.guideline), made), none, none)
    return made


def none(_told: object) -> None:
    """Hear nothing of how it goes."""


def of_lena(taught: Taught, made: Path, place: Path) -> Path:
    """Write a recording anew as Lena's."""
    recording = open_recording(made)
    session = recording.header.session.model_copy(
        update={"learner_id": taught.lena.me["learner_id"]}
    )
    header = recording.header.model_copy(update={"session": session})
    with RecordingWriter(place, header, recording.rig) as writer:
        for sample in recording.samples():
            writer.write(sample)
        for result in recording.results("compression"):
            writer.write_result("compression", result)
    return place


def require_pictures(film: Path, recording: Path) -> None:
    """See that a film shows what the camera saw, at its time."""
    rig, moments, frames = open_recording(recording).rig, moments_of(recording), read_back(film)
    assert len(frames) == len(moments)
    (k, *_) = (k for k, m in enumerate(moments) if m.picture is not None and k > len(moments) // 2)
    at_k = off(frames[k], drawn(rig, moments[k]))
    without = off(frames[k], drawn(rig, replace(moments[k], picture=None)))
    print(f"frame {k}: {at_k:.1f} of 255 off with its picture, {without:.1f} without")
    assert at_k < 4.0 < without  # the control: a film without pictures is another one


def require_pictures_gone(filmed: Taught, original: Path, before: dict[str, Any]) -> None:
    """See that the recording has lost its pictures and nothing else; the numbers stay."""
    assert filmed.ina.ok("GET", filmed.path)["storage_level"] == 3  # a slip is taken back in a day
    with kept(filmed.review) as database, database.writing() as session:
        for consent in session.scalars(select(Consent)):
            consent.at_utc -= timedelta(days=2)
        for recorded in session.scalars(select(Recorded)):
            recorded.received_utc -= timedelta(days=3)
    until = time.monotonic() + DRAWN_S
    while (page := filmed.ina.ok("GET", filmed.path))["storage_level"] == 3:
        assert time.monotonic() < until, "the pictures were not taken out"
        time.sleep(0.5)
    assert page["pictures_erased"] and page["sha256"] != before["sha256"]
    numbers = ("score_pct", "n_compressions", "mean_depth_mm", "items")
    assert [page[key] for key in numbers] == [before[key] for key in numbers]
    while len(files := list((filmed.review.folder / "recordings").glob("*/*"))) > 1:
        assert time.monotonic() < until, "the old one is still there"
        time.sleep(0.1)
    (file,) = files
    assert file.stem == page["sha256"]
    kinds = open_recording(original).kinds()
    assert "ColorFrame" in kinds and open_recording(file).kinds() == kinds - {"ColorFrame"}
    assert filmed.audited("pictures.erased") == 1
    film = filmed.ina.ok("GET", f"{filmed.path}/film")
    assert film["why"] == "its pictures were erased: the consent to them was withdrawn"
    # Who sends the original again is told that it is here.
    assert send(filmed.admin, original)["session_id"] == filmed.session_id
    settled = analysed(filmed.admin, filmed.session_id)
    assert settled["score_pct"] == before["score_pct"]
    run("verify", folder=filmed.review.folder, database=filmed.review.database)


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
    review: Running, admin: Client, with_pictures: Path, tmp_path: Path, pages: Pages
) -> None:
    filmed = make_class(review, admin)
    admin.ok("PUT", "/house", json={"video_allowed": True})
    agree(filmed, given=True)
    recording = of_lena(filmed, with_pictures, tmp_path / "pictures.mcap")
    filmed.session_id = filmed.bring(recording, filmed.lena)
    path = f"{filmed.path}/film.webm"
    film = until_film(filmed, ready=True)
    whole = filmed.lena.get(f"/api{path}")
    assert whole.content.startswith(WEBM) and whole.headers["Content-Type"] == "video/webm"
    kept_film = tmp_path / "film.webm"
    kept_film.write_bytes(whole.content)
    require_pictures(kept_film, recording)
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
    before = filmed.ina.ok("GET", filmed.path)
    agree(filmed, given=False)
    filmed.lena.no(404, "GET", path)  # at once
    assert "nobody agreed" in str(filmed.lena.ok("GET", f"{filmed.path}/film")["why"])
    until = time.monotonic() + DRAWN_S
    while place.exists():
        assert time.monotonic() < until, "the film was not removed"
        time.sleep(0.5)
    require_pictures_gone(filmed, recording, before)
