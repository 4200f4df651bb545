"""The headset's session against a real runtime: right calls, right words, lost things."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from monado import HEAD, HERE, Client, Monado
from projection import Picture, is_color
from validation import findings, validation

from overlays.theme import DEFAULT


@pytest.fixture
def checked(monado: Monado, tmp_path: Path) -> Client:
    """Give a program in the headset with the validation layer in between."""
    monado.set_head(HEAD)
    return monado.client(HERE / "client.py", tmp_path / "client.log", **validation(tmp_path))


def test_what_the_runtime_offers_is_enabled_and_told(checked: Client, tmp_path: Path) -> None:
    hello = checked.answer()
    assert hello["runtime"].startswith("Monado")
    assert (hello["kind"], hello["blend"]) == ("opaque", "OPAQUE")  # all that Monado offers
    assert hello["floor"] == "floor"
    assert "XR_EXT_hand_tracking" in hello["enabled"]
    assert "XR_FB_passthrough" not in hello["enabled"]
    assert checked.ask(do="draw", scene="ring", n=5)["frames"] == 5
    assert checked.leave() == 0
    assert findings(tmp_path) == []


def test_a_wrong_call_is_counted(checked: Client, tmp_path: Path) -> None:
    checked.answer()
    assert checked.ask(do="wrong")["refused"]
    checked.leave()
    assert any("VALID_ERROR" in line for line in findings(tmp_path))


def n_good_px(picture: Picture) -> int:
    """Count the pixels in the theme's colour for "good"."""
    good = tuple(round(255 * channel) for channel in DEFAULT.good[:3])
    return int(is_color(picture, (good[0], good[1], good[2]), 12).sum())


def test_view_shows_the_newest_snapshot(monado: Monado, tmp_path: Path) -> None:
    monado.set_head(HEAD)
    before = monado.picture_when(lambda shot: n_good_px(shot) == 0)
    assert n_good_px(before) == 0, "the control: nothing is good before the view starts"

    client = monado.client(HERE / "view_client.py", tmp_path / "view.log", **validation(tmp_path))
    while "OPAQUE" not in client.answer().get("say", ""):
        pass  # a client that says nothing more fails by itself
    picture = monado.picture_when(lambda shot: n_good_px(shot) > 200)
    cv2.imwrite(str(tmp_path / "view.png"), picture[:, :, ::-1])
    assert n_good_px(picture) > 200
    assert client.leave() == 0
    assert findings(tmp_path) == []


def test_a_lost_runtime_is_an_error_that_says_what_to_do(
    own_monado: Monado, tmp_path: Path
) -> None:
    client = own_monado.client(HERE / "client.py", tmp_path / "client.log")
    assert "runtime" in client.answer()
    assert client.ask(do="draw", scene="ring", n=3)["frames"] == 3
    own_monado.service.kill()
    told = client.ask(do="draw", scene="ring", n=3)
    assert "restart the headset's software" in told["device_error"]
    assert client.leave() == 2


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
