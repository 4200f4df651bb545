"""What lies on the sternum is drawn on the sternum, and what is absent is said."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mr.errors import CalibrationError, MrError
from mr.rig import CameraCalibration, Intrinsics, PoseEntry, Provenance, Rig
from mr.types import Pose, Snapshot
from overlays import mirror
from overlays.display import screen_px
from overlays.mirror import MirrorView, color_camera, draw_mirror, run_mirror_view, save_png
from overlays.primitives import Panel, Ring, Scene
from overlays.render.registered import project_px
from overlays.scene import build_scene
from tests.xr.monado import read_xwd

GREEN = (0.0, 1.0, 0.0, 1.0)


def by_hand_px(point_m: np.ndarray, cam: Pose, lens: Intrinsics) -> np.ndarray:
    """Project by the pinhole and Brown-Conrady formulas, written out."""
    x, y, z = cam.R @ point_m + cam.t_m
    x, y = x / z, y / z
    k1, k2, p1, p2, k3 = lens.distortion
    r2 = x * x + y * y
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    yd = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    return np.array([lens.fx_px * xd + lens.cx_px, lens.fy_px * yd + lens.cy_px])


def test_points_fall_where_the_formulas_say(lens: Intrinsics, cam_from_mannequin: Pose) -> None:
    points = np.random.default_rng(1).uniform(-0.25, 0.25, (50, 3))
    at_px, z_m = project_px(points, cam_from_mannequin, lens)
    expected = [by_hand_px(p, cam_from_mannequin, lens) for p in points]
    assert at_px == pytest.approx(np.array(expected), abs=1e-6)
    assert (z_m > 0.3).all()


def test_points_behind_the_camera_are_not_drawn(lens: Intrinsics) -> None:
    at_px, _ = project_px(
        np.array([[0, 0, -1.0], [5.0, 0, 0.5], [0, 0, 1.0]]), Pose.identity(), lens
    )
    assert np.isnan(at_px).all(axis=1).tolist() == [True, True, False]


def ring_scene(point_m: np.ndarray, radius_m: float = 0.004) -> Scene:
    """A dot of pure green, small enough for its middle to be that of its projection."""
    at = (float(point_m[0]), float(point_m[1]), float(point_m[2]))
    return Scene(0, (Ring(at, radius_m, 0.004, GREEN),), Panel(1024, 8, ()))


def middle_of_green_px(picture: np.ndarray) -> np.ndarray:
    """Centre of gravity of what is green, in px of the picture (pixel middles at integers)."""
    weight = picture[..., 1].astype(float)
    rows, columns = np.indices(weight.shape)
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


def test_the_ring_lands_within_a_pixel_of_the_origin(
    lens: Intrinsics, cam_from_mannequin: Pose
) -> None:
    black = np.zeros((480, 640, 3), dtype=np.uint8)
    scale = 1024 / 640
    expected = (by_hand_px(np.zeros(3), cam_from_mannequin, lens) + 0.5) * scale - 0.5
    seen = draw_mirror(black, ring_scene(np.zeros(3)), cam_from_mannequin, lens)[:768]
    error = float(np.linalg.norm(middle_of_green_px(seen) - expected))
    print(f"ring's middle off by {error:.3f} px of the mirror")
    assert error < 1.0
    # negative control: 2 mm to the side is 1.4 px of the camera
    shifted = Pose(cam_from_mannequin.R, cam_from_mannequin.t_m + np.array([0.002, 0.0, 0.0]))
    wrong = draw_mirror(black, ring_scene(np.zeros(3)), shifted, lens)[:768]
    assert float(np.linalg.norm(middle_of_green_px(wrong) - expected)) > 1.0
    # and so is a lens without its distortion, away from the middle
    aside = np.array([0.18, -0.20, 0.0])
    truth = (by_hand_px(aside, cam_from_mannequin, lens) + 0.5) * scale - 0.5
    plain = lens.model_copy(update={"distortion": (0.0, 0.0, 0.0, 0.0, 0.0)})
    for model, near in ((lens, True), (plain, False)):
        picture = draw_mirror(black, ring_scene(aside), cam_from_mannequin, model)[:768]
        assert (np.linalg.norm(middle_of_green_px(picture) - truth) < 1.0) == near


def test_the_ring_is_round_on_the_chest_and_an_ellipse_in_the_picture(
    lens: Intrinsics, cam_from_mannequin: Pose
) -> None:
    black = np.zeros((480, 640, 3), dtype=np.uint8)
    seen = draw_mirror(black, ring_scene(np.zeros(3), 0.058), cam_from_mannequin, lens)[:768]
    green = seen[..., 1] > 128
    for turn in np.linspace(0, 2 * np.pi, 24):
        on = 0.058 * np.array([np.cos(turn), np.sin(turn), 0.0])
        at = (by_hand_px(on, cam_from_mannequin, lens) + 0.5) * 1.6 - 0.5
        assert green[round(at[1]), round(at[0])]
        inside = (by_hand_px(0.9 * on, cam_from_mannequin, lens) + 0.5) * 1.6 - 0.5
        assert not green[round(inside[1]), round(inside[0])]


def test_the_picture_is_not_changed_and_is_seen(
    states: dict[str, Snapshot], lens: Intrinsics, cam_from_mannequin: Pose
) -> None:
    bgr = np.random.default_rng(2).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    before = bgr.copy()
    out = draw_mirror(bgr, build_scene(states["right"]), cam_from_mannequin, lens)
    assert (bgr == before).all()
    panel_px = build_scene(states["right"]).panel.height_px
    assert out.shape == (768 + panel_px, 1024, 3)
    plain = cv2.resize(bgr, (1024, 768), interpolation=cv2.INTER_CUBIC)
    assert (out[:768] == plain).all(axis=2).mean() > 0.85


def test_a_wide_picture_keeps_its_pixels(states: dict[str, Snapshot], lens: Intrinsics) -> None:
    bgr = np.full((720, 1280, 3), 90, dtype=np.uint8)
    out = draw_mirror(bgr, build_scene(states["assessment"]), Pose.identity(), lens)
    assert (out[:720] == bgr).all()
    assert out.shape[1] == 1280


def test_without_a_pose_there_is_no_ring_and_it_is_said(
    states: dict[str, Snapshot], lens: Intrinsics, cam_from_mannequin: Pose
) -> None:
    bgr = np.full((480, 640, 3), 120, dtype=np.uint8)
    scene = build_scene(states["right"])
    without = draw_mirror(bgr, scene, None, lens)[:768]
    changed = (without != 120).any(axis=2)
    rows = np.flatnonzero(changed.any(axis=1))
    assert rows.min() > 690, "only the note at the foot of the picture"
    with_ring = draw_mirror(bgr, scene, cam_from_mannequin, lens)[:768]
    assert np.flatnonzero((with_ring != 120).any(axis=2).any(axis=1)).min() < 600


def test_the_mannequin_behind_the_camera_draws_nothing(
    states: dict[str, Snapshot], lens: Intrinsics
) -> None:
    bgr = np.full((480, 640, 3), 120, dtype=np.uint8)
    behind = Pose(np.eye(3), np.array([0.0, 0.0, -1.0]))
    out = draw_mirror(bgr, build_scene(states["wrong place"]), behind, lens)[:768]
    assert (out == 120).all()


def test_a_png_comes_back_as_it_was(tmp_path: Path) -> None:
    bgr = np.random.default_rng(4).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    path = tmp_path / "deep" / "mirror.png"
    save_png(path, bgr)
    assert (cv2.imread(str(path)) == bgr).all()
    assert [p.name for p in path.parent.iterdir()] == ["mirror.png"]


def test_a_png_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MrError, match="cannot write this picture"):
        save_png(tmp_path / "file" / "mirror.png", np.zeros((4, 4, 3), dtype=np.uint8))


def rig_of(lens: Intrinsics) -> Rig:
    world_from_cam = Pose(cv2.Rodrigues(np.array([2.1, 0.3, -0.2]))[0], np.array([0.1, -0.2, 1.1]))
    color_from_depth = Pose(cv2.Rodrigues(np.array([0.01, 0.0, 0.02]))[0], np.array([0.015, 0, 0]))
    return Rig(
        name="test",
        cameras={
            "side": CameraCalibration(
                serial="1",
                depth=lens,
                color=lens,
                color_from_depth=PoseEntry.of(color_from_depth),
                baseline_m=0.05,
                world_from_cam=PoseEntry.of(world_from_cam),
            )
        },
        world_from_mannequin=PoseEntry.of(Pose.identity()),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )


def test_the_way_from_world_to_colour_goes_through_depth(lens: Intrinsics) -> None:
    rig = rig_of(lens)
    found, color_from_world = color_camera(rig, "side")
    assert found == lens
    camera = rig.cameras["side"]
    point_m = np.array([0.3, -0.1, 0.2])
    world_from_cam = camera.world_from_cam.pose()
    in_depth = world_from_cam.R.T @ (point_m - world_from_cam.t_m)
    assert camera.color_from_depth is not None
    color_from_depth = camera.color_from_depth.pose()
    in_color = color_from_depth.R @ in_depth + color_from_depth.t_m
    assert color_from_world.apply(point_m) == pytest.approx(in_color)


def test_an_unknown_camera_is_refused_by_name(
    states: dict[str, Snapshot], lens: Intrinsics
) -> None:
    picture = (np.zeros((480, 640, 3), dtype=np.uint8), None, "attic")
    with pytest.raises(CalibrationError, match="camera 'attic'"):
        MirrorView(rig_of(lens)).draw(states["right"], picture)


def test_without_a_picture_the_panel_is_shown_alone(
    states: dict[str, Snapshot], lens: Intrinsics
) -> None:
    out = MirrorView(rig_of(lens)).draw(states["right"], None)
    panel_px = build_scene(states["right"]).panel.height_px
    assert out.shape == (96 + panel_px, 1024, 3)
    assert (out[96:].max(axis=(1, 2)) > 180).mean() > 0.4


@pytest.mark.parametrize("shift_m", [0.0, 0.15, -0.15, 1.0])
def test_a_screen_shows_the_rows_about_the_ring_and_all_of_the_panel(
    states: dict[str, Snapshot], lens: Intrinsics, cam_from_mannequin: Pose, shift_m: float
) -> None:
    """What is cut away is cut away: the rest is the same picture to the last pixel."""
    bgr = np.random.default_rng(2).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    cam = Pose(cam_from_mannequin.R, cam_from_mannequin.t_m + np.array([0.0, shift_m, 0.0]))
    scene = build_scene(states["right"])
    whole = draw_mirror(bgr, scene, cam, lens)
    part = draw_mirror(bgr, scene, cam, lens, view_share=0.6)
    kept_px = round(0.6 * 768)
    assert part.shape == (kept_px + scene.panel.height_px, 1024, 3)
    assert (part[kept_px:] == whole[768:]).all()
    middle_px = (by_hand_px(np.zeros(3), cam, lens)[1] + 0.5) * 1.6
    top_px = int(np.clip(round(middle_px - kept_px / 2), 0, 768 - kept_px))
    off = np.abs(part[:kept_px].astype(int) - whole[top_px : top_px + kept_px])
    assert off.max() <= 2 and (off > 0).mean() < 0.001, "edges are smoothed at another height"
    beside = np.abs(part[:-400].astype(int)[:300] - whole[top_px + 8 : top_px + 308])
    assert (beside > 2).mean() > 0.5, "the negative control: eight rows on it is another picture"


def test_without_a_pose_a_screen_shows_the_middle(
    states: dict[str, Snapshot], lens: Intrinsics
) -> None:
    bgr = np.zeros((480, 640, 3), dtype=np.uint8)
    bgr[240] = 255
    part = draw_mirror(bgr, build_scene(states["right"]), None, lens, view_share=0.5)
    light = np.flatnonzero(part[:300].mean(axis=(1, 2)) > 200)
    assert abs(light.mean() - 192) < 3


@pytest.mark.parametrize("screen", [(1366, 768), (1920, 1080), (800, 1280), (3840, 2160), None])
def test_a_window_fits_on_the_screen_and_keeps_its_shape(screen: tuple[int, int] | None) -> None:
    width_px, height_px = mirror._fit(1024, 772, screen)
    most = screen or (1366, 768)
    assert width_px <= most[0] and height_px <= 0.9 * most[1]
    assert width_px / height_px == pytest.approx(1024 / 772, rel=0.005)
    assert width_px > 0.95 * most[0] or height_px > 0.85 * most[1], "and fills it"


def run_quietly(lens: Intrinsics, **more: object) -> tuple[bool, list[str]]:
    said: list[str] = []
    shown = run_mirror_view(
        rig_of(lens), lambda: None, lambda: None, threading.Event(), say=said.append, **more
    )
    return shown, said


def test_no_window_is_asked_for(lens: Intrinsics) -> None:
    assert run_quietly(lens, window=False) == (False, [])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="DISPLAY is of X11")
def test_without_a_display_one_line_says_so(
    lens: Intrinsics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    shown, said = run_quietly(lens)
    assert not shown
    assert len(said) == 1
    assert "there is no display" in said[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="DISPLAY is of X11")
def test_a_display_that_does_not_open_does_not_end_the_process(
    lens: Intrinsics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":7654")
    shown, said = run_quietly(lens)
    assert not shown
    assert said == [
        "no mirror window: the display cannot be opened; the mirror is drawn to files only"
    ]
    assert mirror.why_no_window() == "the display cannot be opened"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Xvfb is of X11")
def test_a_window_opens_on_a_real_display_and_closes_when_told(
    states: dict[str, Snapshot],
    lens: Intrinsics,
    require,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    program = require.program("Xvfb", "apt-get install xvfb")
    read_fd, write_fd = os.pipe()
    size = "1366x768x24"
    command = [program, "-displayfd", str(write_fd), "-screen", "0", size, "-nolisten", "tcp"]
    with subprocess.Popen(
        [*command, "-fbdir", str(tmp_path)],
        pass_fds=[write_fd],
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            os.close(write_fd)
            with os.fdopen(read_fd) as pipe:
                monkeypatch.setenv("DISPLAY", ":" + pipe.readline().strip())
            assert screen_px() == (1366, 768)
            stop, asked = threading.Event(), []
            lit: list[int] = []
            """Rows of the screen that show anything."""

            def next_snapshot() -> Snapshot:
                asked.append(1)
                if len(asked) >= 4:  # a busy display paints it a moment later
                    picture = read_xwd((tmp_path / "Xvfb_screen0").read_bytes())
                    lit[:] = np.flatnonzero((picture > 20).any(axis=2).any(axis=1)).tolist()
                    if np.ptp(lit or [0]) > 550 or len(asked) == 200:
                        stop.set()
                return replace(states["right"], seq=len(asked))

            said: list[str] = []
            bgr = np.full((480, 640, 3), 90, dtype=np.uint8)
            shown = run_mirror_view(
                rig_of(lens), next_snapshot, lambda: (bgr, None, "side"), stop, say=said.append
            )
            assert (shown, said) == (True, [])
            assert max(lit) < 768 - 40, "its foot, which says what to do, is on the screen"
            assert max(lit) - min(lit) > 550
        finally:
            server.terminate()
