"""A badge is read by the desk's camera: a real browser, its camera shows a real QR code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import segno

from tests.web.browser import Pages, chromium, dark_too, show
from tests.web.servers import Client, Running
from tests.web.test_desk import badges_of, desk_of
from tests.web.test_rigs import Joined, class_with, linked, rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["rig"]  # a fixture
WIDTH, HEIGHT = 640, 480
KEEP_STREAMS = """
    window.streams = [];
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await open(wanted);
        streams.push(stream);
        return stream;
    };"""


@pytest.fixture
def here(rig: Joined) -> Iterator[Joined]:
    """A rig that is there."""
    with linked(rig):
        yield rig


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera shows: a file, read each time that a page opens the camera."""
    return tmp_path_factory.mktemp("camera") / "seen.y4m"


@pytest.fixture(scope="module")
def browser(camera: Path) -> Iterator[Browser]:
    """A browser on a machine with a camera, which may be used."""
    with chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ) as opened:
        yield opened


def show_to(camera: Path, text: str) -> None:
    """Hold a QR code before the camera: dark on a bright sheet, a bit noisy, off the middle."""
    code = np.array(list(segno.make(text, error="m").matrix_iter(scale=7, border=3)), np.uint8)
    rng = np.random.default_rng(3)
    luma = np.full((HEIGHT, WIDTH), 120, np.uint8)
    top, left = 40, 150
    luma[top : top + code.shape[0], left : left + code.shape[1]] = np.where(code, 40, 215)
    luma = np.clip(luma + rng.normal(0, 6, luma.shape), 16, 235).astype(np.uint8)
    frame = b"FRAME\n" + luma.tobytes() + bytes([128]) * (WIDTH * HEIGHT // 2)
    camera.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F20:1 Ip C420\n".encode() + 5 * frame)


def desk_page(pages: Pages, review: Running, rig_id: str) -> Page:
    device = desk_of(review, rig_id)
    page = pages.of(review)
    cookie = {"name": "mrcpr_desk", "value": device.cookies["mrcpr_desk"]}
    page.context.add_cookies([{**cookie, "url": review.address}])  # type: ignore[list-item]
    page.add_init_script(KEEP_STREAMS)
    show(page, f"/desk/{rig_id}")
    return page


def test_a_badge_before_the_camera_signs_its_learner_in(
    review: Running, admin: Client, here: Joined, pages: Pages, camera: Path
) -> None:
    course, _ = class_with(admin, here)
    show_to(camera, badges_of(admin, course)["Lena"]["url"])
    page = desk_page(pages, review, here.id)
    page.get_by_role("button", name="Scan a badge with the camera").click()
    page.get_by_text("Hello, Lena").wait_for()
    assert page.evaluate(
        "streams.map(s => s.getTracks().map(t => t.readyState).join()).join()"
    ) == ("ended")  # the camera is off


def test_another_code_signs_nobody_in_and_the_pin_is_one_press_away(
    review: Running, admin: Client, here: Joined, pages: Pages, camera: Path
) -> None:
    course, _ = class_with(admin, here)
    pin = badges_of(admin, course)["Lena"]["pin"]
    show_to(camera, f"{review.address}/sessions/0123456789abcdef")
    page = desk_page(pages, review, here.id)
    page.get_by_role("button", name="Scan a badge with the camera").click()
    page.get_by_text("This code is no badge").wait_for()
    assert page.evaluate("document.activeElement.innerText") == "Type the pin instead"
    dark_too(page, "desk-scan")
    page.get_by_role("button", name="Type the pin instead").click()
    page.keyboard.type(pin)
    page.get_by_text("Hello, Lena").wait_for()
