"""The headset's session against a real runtime: right calls, right pixels, right words."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from client import RING_RADIUS_M, RING_WIDTH_M
from monado import HERE, Client, Monado, looking_at
from projection import Picture, at, box_of, circle_in_xr, eye_pixels, is_color

from mr.types import Pose
from overlays.theme import DEFAULT
from overlays.xr.placement import default_xr_from_mannequin

MAGENTA = (255, 0, 255)
HEAD = looking_at(np.array([0.05, 0.85, -0.75]), np.array([0.0, 0.2, -1.2]))
SETTLE_S = 10.0


def validation(folder: Path) -> dict[str, str]:
    """Give the variables that put the core validation layer between us and the runtime."""
    import xr

    layers = Path(xr.__file__).parent / "api_layer/linux_x86_64"
    return {
        "XR_API_LAYER_PATH": str(layers),
        "XR_ENABLE_API_LAYERS": "XR_APILAYER_LUNARG_core_validation",
        "XR_CORE_VALIDATION_EXPORT_TYPE": "text",
        "XR_CORE_VALIDATION_FILE_NAME": str(folder / "validation.txt"),
    }


def findings(folder: Path) -> list[str]:
    """Give the errors and warnings of the validation layer; it must have been there."""
    text = (folder / "validation.txt").read_text()
    assert "Core Validation Layer is initialized" in text
    return re.findall(r"\[VALID_(?:ERROR|WARNING).*", text)


@pytest.fixture
def client(monado: Monado, tmp_path: Path) -> Iterator[Client]:
    """Give a program in the headset, under validation; the head looks at the mannequin."""
    monado.set_head(HEAD)
    started = monado.client(HERE / "client.py", tmp_path / "client.log", **validation(tmp_path))
    yield started
    started.leave()


def settled(monado: Monado, accept: Callable[[Picture], bool]) -> Picture:
    """Take pictures until one is as wanted (the compositor runs a few frames behind)."""
    give_up_s = time.monotonic() + SETTLE_S
    picture = monado.picture()
    while not accept(picture) and time.monotonic() < give_up_s:
        time.sleep(0.05)
        picture = monado.picture()
    return picture


def ring_share(picture: Picture, told: dict[str, Any], window_px: tuple[int, int]) -> float:
    """Give the share of points on the ring's middle line that are magenta, in both eyes."""
    circle = circle_in_xr(default_xr_from_mannequin(), RING_RADIUS_M)
    hits = [
        is_color(at(picture, eye_pixels(circle, told, eye, window_px)), MAGENTA) for eye in (0, 1)
    ]
    return float(np.mean(hits))


def test_sixty_frames_without_an_error(client: Client, tmp_path: Path) -> None:
    hello = client.answer()
    assert hello["runtime"].startswith("Monado")
    assert hello["blend"] == "OPAQUE"  # all that Monado offers
    assert hello["floor"] == "floor"
    assert client.ask(do="draw", scene="ring", n=60)["frames"] == 60
    assert client.leave() == 0
    assert findings(tmp_path) == []


def test_a_wrong_call_is_counted(client: Client, tmp_path: Path) -> None:
    client.answer()
    assert client.ask(do="wrong")["refused"]
    client.leave()
    assert any("VALID_ERROR" in line for line in findings(tmp_path))


def test_ring_is_where_geometry_puts_it(monado: Monado, client: Client, tmp_path: Path) -> None:
    client.answer()
    told = client.ask(do="draw", scene="ring", n=20)
    window_px = monado.window_px()
    picture = settled(monado, lambda shot: ring_share(shot, told, window_px) == 1.0)
    cv2.imwrite(str(tmp_path / "ring.png"), picture[:, :, ::-1])

    assert ring_share(picture, told, window_px) == 1.0
    for eye in (0, 1):
        inside = circle_in_xr(default_xr_from_mannequin(), RING_RADIUS_M * 0.6)
        outside = circle_in_xr(default_xr_from_mannequin(), RING_RADIUS_M * 1.4)
        for points in (inside, outside):
            pixels = eye_pixels(points, told, eye, window_px)
            assert not is_color(at(picture, pixels), MAGENTA, 200).any()
        assert ring_box_error_px(picture, told, eye, window_px) < 1.5

    # The control: the same picture, but a ring that stands 10 mm elsewhere.
    shifted = default_xr_from_mannequin() @ Pose(np.eye(3), np.array([0.0, 0.01, 0.0]))
    assert ring_box_error_px(picture, told, 0, window_px, shifted) > 1.5


def ring_box_error_px(
    picture: Picture,
    told: dict[str, Any],
    eye: int,
    window_px: tuple[int, int],
    xr_from_mannequin: Pose | None = None,
) -> float:
    """Give the largest error of the four edges of the ring's box in one eye."""
    place = xr_from_mannequin or default_xr_from_mannequin()
    rim = circle_in_xr(place, RING_RADIUS_M + RING_WIDTH_M / 2)
    pixels = eye_pixels(rim, told, eye, window_px)
    expected = np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])
    half_px = window_px[0] // 2
    half = picture[: window_px[1], eye * half_px : (eye + 1) * half_px]
    found = box_of(is_color(half, MAGENTA, 127)) + np.array([eye * half_px, 0, eye * half_px, 0])
    return float(np.abs(found - expected).max())


def test_no_ring_where_none_was_drawn(monado: Monado, client: Client) -> None:
    client.answer()
    told = client.ask(do="draw", scene="empty", n=20)
    window_px = monado.window_px()
    picture = settled(monado, lambda shot: ring_share(shot, told, window_px) == 0.0)
    assert ring_share(picture, told, window_px) == 0.0
    assert is_color(picture, (0, 153, 0)).any(), "the panel must be there all the same"


def test_half_transparent_light_is_half_the_light(monado: Monado, client: Client) -> None:
    """Half of full light is 188 of 255 in sRGB; wrong premultiplication gives 128 or 255."""
    client.answer()
    told = client.ask(do="draw", scene="glass", n=20)
    circle = circle_in_xr(default_xr_from_mannequin(), RING_RADIUS_M)
    pixels = eye_pixels(circle, told, 0, monado.window_px())
    want = (188, 0, 188)
    picture = settled(monado, lambda shot: bool(is_color(at(shot, pixels), want, 8).all()))
    median = np.median(at(picture, pixels), axis=0)
    assert np.abs(median - np.array(want)).max() <= 6


def test_head_is_where_it_was_put(client: Client) -> None:
    client.answer()
    told = client.ask(do="draw", scene="empty", n=3)
    assert np.allclose(told["head"]["t_m"], HEAD.t_m, atol=1e-5)
    assert np.allclose(told["head"]["R"], HEAD.R, atol=1e-5)


def test_runtime_times_are_host_times(client: Client) -> None:
    client.answer()
    assert abs(client.ask(do="times")["round_trip_ns"]) <= 1
    told = client.ask(do="draw", scene="empty", n=3)
    assert 0.0 < told["display_after_s"] < 2.0


def n_good_px(picture: Picture) -> int:
    """Count the pixels in the theme's colour for "good"."""
    good = tuple(round(255 * channel) for channel in DEFAULT.good[:3])
    return int(is_color(picture, (good[0], good[1], good[2]), 12).sum())


def test_view_shows_the_newest_snapshot(monado: Monado, tmp_path: Path) -> None:
    monado.set_head(HEAD)
    before = settled(monado, lambda shot: n_good_px(shot) == 0)
    assert n_good_px(before) == 0, "the control: nothing is good before the view starts"

    client = monado.client(HERE / "view_client.py", tmp_path / "view.log", **validation(tmp_path))
    said = []
    while "read" not in (told := client.answer()):
        said.append(told.get("say") or told["device_error"])
    assert any("OPAQUE" in line for line in said)
    assert any("not registered" in line for line in said)

    picture = settled(monado, lambda shot: n_good_px(shot) > 200)
    cv2.imwrite(str(tmp_path / "view.png"), picture[:, :, ::-1])
    assert n_good_px(picture) > 200
    assert client.leave() == 0
    assert findings(tmp_path) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"XR_RUNTIME_JSON": "/nowhere/runtime.json"}, "no OpenXR runtime"),
        ({"XDG_RUNTIME_DIR": "{empty}"}, "does not answer"),
    ],
)
def test_absence_is_one_line_that_says_what_to_do(
    monado: Monado, tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    extra = {key: value.format(empty=tmp_path) for key, value in settings.items()}
    client = monado.client(HERE / "client.py", tmp_path / "client.log", **extra)
    told = client.answer()["device_error"]
    assert words in told
    assert "\n" not in told
    assert client.leave() == 2


def test_probe_tells_of_runtime_and_headset(monado: Monado) -> None:
    code = "from overlays.xr.probe import probe; print(repr(probe()))"
    told = subprocess.run(
        monado.root.command(sys.executable, "-c", code),
        env=monado.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "usable=True" in told
    assert "Monado" in told
