"""The mirror as a video: real files, read back; frame k shows what was known at its time."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.simulated.quick import calibrate_simulated
from mr.cli.replay_video import FRAMES_HZ
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.recording.layouts import arrival_ns
from mr.recording.reader import Recording, open_recording
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.footage import LAST_S, Moment, footage
from mr.session.pipeline import Pipeline
from mr.session.processes import SessionPlan, run_fast
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.types import DepthFrame, Phase, Snapshot
from overlays.film import Film
from overlays.mirror import color_camera
from overlays.primitives import Ring
from overlays.render.registered import project_px
from overlays.scene import build_scene
from tests.cli.conftest import Finished, Running
from tests.conftest import Require
from tests.replay.conftest import write_again

Run = Callable[..., Finished]
SOURCES = SimSources("good", Mode.HANDS_ONLY, 3.0, 5, 10.0, 4.0)
IN_FULL_SWING = 124
"""A frame half-way down a compression."""
DEPTH_TILE = (slice(-360, -100), slice(0, 260))
"""Where the panel's depth bar is."""


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Give a short session of mannequin and camera at each storage level."""
    folder = tmp_path_factory.mktemp("filmed")
    rig = calibrate_simulated(make_sim_rig(), Bench(1))
    config = SessionConfig.model_validate({"storage_level": 3, "out_dir": folder})
    made = {level: folder / f"level{level}.mcap" for level in (1, 2, 3)}
    plan = SessionPlan(SOURCES, rig, config, load_guideline(config.guideline), made[3])
    run_fast(plan, lambda _: None, lambda _: None)
    for level in (1, 2):
        write_again(made[3], made[level], lambda samples: samples, level)
    return made


def moments_of(path: Path) -> list[Moment]:
    return list(footage(open_recording(path), FRAMES_HZ))


def drawn(rig: Rig, moment: Moment) -> np.ndarray:
    kept, snapshot = moment.picture, moment.snapshot
    seen = (kept.bgr, snapshot.world_from_mannequin, kept.camera_id) if kept else None
    return Film(rig).frame(snapshot, seen)


def read_back(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(FRAMES_HZ)
    found = []
    while (read := capture.read())[0]:
        found.append(read[1])
    capture.release()
    return found


def off(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


# --- what is shown when ------------------------------------------------------------------


def known_by(recording: Recording, t_ns: int) -> Snapshot:
    """Give what a pipeline knows that was given what had arrived by an instant."""
    header = recording.header
    guideline = load_guideline(header.guideline_id)
    pipeline = Pipeline(recording.rig, header.session, guideline, header.devices, header.kind)
    for sample in recording.samples():
        if arrival_ns(sample) <= t_ns and not isinstance(sample, DepthFrame):
            pipeline.step(sample)
    return pipeline.snapshot(t_ns)


def told(snapshot: Snapshot) -> tuple[object, ...]:
    return (snapshot.t_ns, snapshot.depth_mm, snapshot.rate_cpm, snapshot.n_compressions,
            snapshot.cue, snapshot.elapsed_s, snapshot.health)  # fmt: skip


def test_every_moment_knows_what_had_arrived_and_no_more(filmed: dict[int, Path]) -> None:
    recording, moments = open_recording(filmed[3]), moments_of(filmed[3])
    for k in (0, 15, IN_FULL_SWING, 147):
        now = moments[k]
        assert told(now.snapshot) == told(known_by(recording, now.t_ns))
        later = known_by(recording, now.t_ns + 100_000_000)
        assert (now.snapshot.depth_mm, now.snapshot.health) != (later.depth_mm, later.health)
    steps = np.diff([moment.t_ns for moment in moments[:200]])
    assert set(steps) <= {33_333_333, 33_333_334}, "rounded one by one, not added up"


def test_a_film_is_as_long_as_its_recording_and_ends_with_the_last_words(
    filmed: dict[int, Path],
) -> None:
    samples = list(open_recording(filmed[1]).samples())
    times = [arrival_ns(sample) for sample in samples]
    lasted_s = (max(times) - times[0]) / 1e9
    moments = moments_of(filmed[1])
    assert len(moments) == int(np.ceil(lasted_s * FRAMES_HZ)) + round(LAST_S * FRAMES_HZ)
    *_, before, last = moments
    assert before is last
    assert last.snapshot.phase is Phase.FINISHED and last.snapshot.score_pct is not None
    assert last.since_s == pytest.approx(lasted_s, abs=1e-6)


def test_what_was_live_is_a_replay_and_what_was_simulated_stays_so(
    filmed: dict[int, Path], tmp_path: Path
) -> None:
    recording = open_recording(filmed[1])
    assert {m.snapshot.kind for m in footage(recording, 5)} == {"sim"}
    devices = tuple(replace(device, kind="live") for device in recording.header.devices)
    header = recording.header.model_copy(update={"kind": "live", "devices": devices})
    live = Recording(recording.path, header, recording.rig, "")
    assert {h.kind for m in footage(recording, 5) for h in m.snapshot.health} == {"sim"}
    assert {m.snapshot.kind for m in footage(live, 5)} == {"replay"}
    assert {h.kind for m in footage(live, 5) for h in m.snapshot.health} == {"replay"}


# --- the file ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def video(
    filmed: dict[int, Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], Path]:
    """Give a function that gives a level's .mp4 as the command line makes it without ffmpeg."""
    folder, made = tmp_path_factory.mktemp("videos"), {}

    def video_of(level: int) -> Path:
        if level not in made:
            made[level] = folder / f"level{level}.mp4"
            replay_in_process(filmed[level], made[level])
        return made[level]

    return video_of


def replay_in_process(recording: Path, out: Path, *more: object) -> None:
    from mr.cli.main import load_command

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shutil.which", lambda _name: None)
        args = [str(recording), "--video", str(out), *map(str, more)]
        load_command("replay").main(args, standalone_mode=False)


@pytest.mark.parametrize("level", [1, 3])
def test_the_file_holds_every_moment_in_its_place(
    filmed: dict[int, Path], video: Callable[[int], Path], level: int
) -> None:
    rig, moments = open_recording(filmed[level]).rig, moments_of(filmed[level])
    frames = read_back(video(level))
    assert len(frames) == len(moments)
    for k in (0, IN_FULL_SWING, 80, len(frames) - 1):
        wanted = drawn(rig, moments[k])
        assert frames[k].shape == wanted.shape
        at_k = off(frames[k], wanted)
        print(f"level {level}, frame {k}: {at_k:.2f} of 255 off its moment")
        assert at_k < 4.0
    # negative control: two frames earlier or later the chest, and so the bar, is elsewhere
    wanted = drawn(rig, moments[IN_FULL_SWING])[DEPTH_TILE]
    near = {k: off(frames[IN_FULL_SWING + k][DEPTH_TILE], wanted) for k in range(-4, 5)}
    print({k: round(value, 2) for k, value in near.items()})
    assert min(near, key=lambda k: near[k]) == 0
    assert min(near[-2], near[2]) > 1.2 * near[0]


def on_ring(frame: np.ndarray, rig: Rig, moment: Moment, aside_px: float) -> float:
    """Tell which share of the ring's middle line has the ring's colour, `aside_px` beside it."""
    snapshot = moment.snapshot
    lens, color_from_world = color_camera(rig, next(iter(rig.cameras)))
    cam_from_mannequin = color_from_world @ snapshot.world_from_mannequin
    ring = max(
        (item for item in build_scene(snapshot).registered if isinstance(item, Ring)),
        key=lambda item: item.width_m * (item.color[1] - item.color[0]),
    )
    turn = np.linspace(0, 2 * np.pi, 72)
    circle = ring.radius_m * np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    at_px, _ = project_px(circle + ring.center_in_mannequin_m, cam_from_mannequin, lens)
    at_px = (at_px + 0.5) * frame.shape[1] / lens.width_px - 0.5 + [aside_px, 0.0]
    color = 255 * np.array(ring.color[2::-1])
    seen = [frame[round(y), round(x)] for x, y in at_px]
    return float(np.mean(np.abs(np.array(seen) - color).max(axis=1) < 60))


@pytest.mark.parametrize("level", [1, 3])
def test_the_ring_is_where_the_projection_puts_it(
    filmed: dict[int, Path], video: Callable[[int], Path], level: int
) -> None:
    rig, moments = open_recording(filmed[level]).rig, moments_of(filmed[level])
    frame = read_back(video(level))[IN_FULL_SWING]
    there = on_ring(frame, rig, moments[IN_FULL_SWING], 0.0)
    aside = on_ring(frame, rig, moments[IN_FULL_SWING], 14.0)
    print(f"level {level}: {there:.0%} of the ring's line has its colour, 14 px aside {aside:.0%}")
    assert there > 0.9 and aside < 0.4


def test_kept_pictures_are_shown_and_without_them_it_is_said(
    filmed: dict[int, Path], video: Callable[[int], Path]
) -> None:
    assert all(m.picture is None for m in moments_of(filmed[2]))
    kept = [m.picture for m in moments_of(filmed[3])]
    assert len({id(picture) for picture in kept}) > 5, "the pictures change"
    of_pictures, drawn_ones = read_back(video(3)), read_back(video(1))
    above = slice(0, 500)
    assert off(of_pictures[IN_FULL_SWING][above], drawn_ones[IN_FULL_SWING][above]) > 20
    below = slice(600, None)
    assert off(of_pictures[IN_FULL_SWING][below], drawn_ones[IN_FULL_SWING][below]) < 3


def test_a_second_run_gives_the_same_file(
    filmed: dict[int, Path], video: Callable[[int], Path], tmp_path: Path
) -> None:
    replay_in_process(filmed[1], tmp_path / "again.mp4")
    assert (tmp_path / "again.mp4").read_bytes() == video(1).read_bytes()
    more = ("--language", "es", "--theme", "high-contrast")
    replay_in_process(filmed[1], tmp_path / "other.mp4", *more)
    assert (tmp_path / "other.mp4").read_bytes() != video(1).read_bytes()


# --- the command -------------------------------------------------------------------------


def test_json_stays_as_it_is_and_the_video_is_told_beside_it(
    mrcpr: Run, filmed: dict[int, Path], tmp_path: Path
) -> None:
    plain = mrcpr("replay", filmed[1], "--json").require(0)
    out = tmp_path / "a.webm"
    done = mrcpr("replay", filmed[1], "--json", "--video", out).require(0)
    assert done.out == plain.out
    assert re.search(r"video: .*a\.webm .* s, VP8, drawn in \d+ s at \d+ frames a second", done.err)
    assert "keeps no colour pictures (storage level 1)" in done.err
    assert "identical" in done.err
    assert "OpenCV" not in done.err
    assert len(read_back(out)) == len(moments_of(filmed[1]))


def test_a_browser_plays_the_webm(
    require: Require, filmed: dict[int, Path], video: Callable[[int], Path], tmp_path: Path
) -> None:
    require.module("playwright", "pip install 'mrcpr[dev]'")
    chromium = require.program("chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    replay_in_process(filmed[1], tmp_path / "a.webm")
    (tmp_path / "page.html").write_text("<video id=v muted></video>")
    script = """source => new Promise(done => {
        const v = document.getElementById('v');
        v.onerror = () => done(null);
        v.onseeked = () => done([v.videoWidth, v.videoHeight, v.duration]);
        v.onloadeddata = () => { v.currentTime = 4; };
        v.src = source; })"""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.goto((tmp_path / "page.html").as_uri())
        played = tab.evaluate(script, (tmp_path / "a.webm").as_uri())
        not_played = tab.evaluate(script, video(1).as_uri())
        browser.close()
    assert played[:2] == [1024, 1004]
    assert played[2] == pytest.approx(len(moments_of(filmed[1])) / FRAMES_HZ, abs=0.1)
    assert not_played is None, "MPEG-4 Part 2 is what it says: for players, not for browsers"


def test_a_cut_recording_gives_what_it_holds(
    mrcpr: Run, filmed: dict[int, Path], tmp_path: Path
) -> None:
    whole = filmed[3].read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(whole[: round(0.8 * len(whole))])
    done = mrcpr("replay", cut, "--video", tmp_path / "cut.webm").require(0)
    assert "incomplete:" in done.out
    frames = read_back(tmp_path / "cut.webm")
    assert len(frames) == len(moments_of(cut)) < len(moments_of(filmed[3]))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--video", "a.avi"), ("a.avi", ".mp4", ".webm")),
        (("--video", "taken.mp4"), ("taken.mp4", "exists already")),
        (("--video", "taken.mp4/a.mp4"), ("is no folder",)),
        (("--video", "a.mp4", "--track"), ("--video", "leave out --track")),
        (("--video", "a.mp4", "--theme", "pink"), ("--theme pink", "high-contrast")),
        (("--video", "a.mp4", "--language", "xx"), ("'xx'", "en")),
        (("--theme", "default"), ("--theme", "add --video")),
        (("--language", "en"), ("--language", "add --video")),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(
    mrcpr: Run, recording: Path, tmp_path: Path, more: Sequence[str], words: Sequence[str]
) -> None:
    (tmp_path / "taken.mp4").write_bytes(b"mine")
    mrcpr("replay", recording, *more, cwd=tmp_path).require_one_line(*words)
    assert [p.name for p in tmp_path.iterdir()] == ["taken.mp4"]
    assert (tmp_path / "taken.mp4").read_bytes() == b"mine"


def test_ctrl_c_leaves_no_half_of_a_video(
    start: Callable[..., Running], filmed: dict[int, Path], tmp_path: Path
) -> None:
    running = start("replay", filmed[1], "--video", tmp_path / "a.webm")
    running.wait_until(lambda: any(p.stat().st_size for p in tmp_path.glob(".a.*")), "a frame")
    running.signal_all(signal.SIGINT)
    ended = running.end()
    assert ended.code == 130, ended
    assert "stopped: there is no video" in ended.out
    assert "Traceback" not in ended.out + ended.err
    assert not list(tmp_path.iterdir())
