"""Where the system says how large the screen is, it is believed; else nothing is said."""

from __future__ import annotations

import ctypes
import sys

import pytest

from overlays.display import screen_px

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is Linux's")


@pytest.mark.parametrize("display", ["", ":7654"])
def test_without_a_display_there_is_no_size(monkeypatch: pytest.MonkeyPatch, display: str) -> None:
    monkeypatch.setenv("DISPLAY", display)
    assert screen_px() is None


def test_without_the_library_there_is_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(ctypes, "CDLL", absent)
    assert screen_px() is None
