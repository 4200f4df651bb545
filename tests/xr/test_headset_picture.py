"""What the compositor shows: the right pixels at the right places in the right light."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from client import RING_RADIUS_M, RING_WIDTH_M
from monado import HEAD, HERE, LIFELIKE_EYES, Client, Monado
from projection import Picture, at, box_of, circle_in_xr, eye_pixels, is_color

from mr.types import Pose
from overlays.xr.placement import default_xr_from_mannequin

MAGENTA = (255, 0, 255)


@pytest.fixture(scope="module")
def client(monado: Monado, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Give one program in the headset to many tests; the head looks at the mannequin."""
    monado.set_head(HEAD)
    started = monado.client(HERE / "client.py", tmp_path_factory.mktemp("xr") / "client.log")
    assert "runtime" in started.answer()
    yield started
    assert started.leave() == 0


def ring_share(picture: Picture, told: dict[str, Any], window_px: tuple[int, int]) -> float:
    """Give the share of points on the ring's middle line that are magenta, in both eyes."""
    circle = circle_in_xr(default_xr_from_mannequin(), RING_RADIUS_M)
    hits = [
        is_color(at(picture, eye_pixels(circle, told, eye, window_px)), MAGENTA) for eye in (0, 1)
    ]
    return float(np.mean(hits))


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


def test_ring_is_where_geometry_puts_it(monado: Monado, client: Client, tmp_path: Path) -> None:
    told = client.ask(do="draw", scene="ring", n=20)
    assert np.allclose(told["fov_rad"], LIFELIKE_EYES), "lopsided, as headsets are"
    window_px = monado.window_px()
    picture = monado.picture_when(lambda shot: ring_share(shot, told, window_px) == 1.0)
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


def test_no_ring_where_none_was_drawn(monado: Monado, client: Client) -> None:
    told = client.ask(do="draw", scene="empty", n=20)
    window_px = monado.window_px()
    picture = monado.picture_when(lambda shot: ring_share(shot, told, window_px) == 0.0)
    assert ring_share(picture, told, window_px) == 0.0
    assert is_color(picture, (0, 153, 0)).any(), "the panel must be there all the same"


def test_half_transparent_light_is_half_the_light(monado: Monado, client: Client) -> None:
    """Half of full light is 188 of 255 in sRGB; wrong premultiplication gives 128 or 255."""
    told = client.ask(do="draw", scene="glass", n=20)
    circle = circle_in_xr(default_xr_from_mannequin(), RING_RADIUS_M)
    pixels = eye_pixels(circle, told, 0, monado.window_px())
    want = (188, 0, 188)

    def off(shot: Picture) -> float:
        return float(np.abs(np.median(at(shot, pixels), axis=0) - np.array(want)).max())

    assert off(monado.picture_when(lambda shot: off(shot) <= 6)) <= 6


def test_empty_places_are_transparent(client: Client) -> None:
    told = client.ask(do="coverage")
    assert told["ring"]["center"] == [0, 0, 0, 0]
    assert told["ring"]["most"] == [255, 0, 255, 255]
    half_light = pytest.approx([188, 0, 188, 128], abs=1)  # light times alpha, stored as sRGB
    assert told["glass"]["most"] == half_light


def test_head_is_where_it_was_put(client: Client) -> None:
    told = client.ask(do="draw", scene="empty", n=3)
    assert np.allclose(told["head"]["t_m"], HEAD.t_m, atol=1e-5)
    assert np.allclose(told["head"]["R"], HEAD.R, atol=1e-5)


def test_runtime_times_are_host_times(client: Client) -> None:
    assert abs(client.ask(do="times")["round_trip_ns"]) <= 1
    told = client.ask(do="draw", scene="empty", n=3)
    assert 0.0 < told["display_after_s"] < 2.0
