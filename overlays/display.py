"""How large the screen is that a window is to fit on.

Takes nothing, gives pixels or None; OpenCV, whose windows we use, does not tell.
"""

from __future__ import annotations

import ctypes
import os
import sys

WINDOWS_WIDTH, WINDOWS_HEIGHT = 0, 1
"""SM_CXSCREEN and SM_CYSCREEN of GetSystemMetrics."""


def screen_px() -> tuple[int, int] | None:
    """Give the screen's width and height; None where the system does not say."""
    try:
        if sys.platform == "win32":
            ask = ctypes.windll.user32.GetSystemMetrics
            size = int(ask(WINDOWS_WIDTH)), int(ask(WINDOWS_HEIGHT))
        else:
            size = _of_x11() if os.environ.get("DISPLAY") else (0, 0)
    except (OSError, AttributeError):
        return None
    return size if min(size) > 0 else None


def _of_x11() -> tuple[int, int]:
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    if not display:
        return 0, 0
    try:
        screen = x11.XDefaultScreen(display)
        return int(x11.XDisplayWidth(display, screen)), int(x11.XDisplayHeight(display, screen))
    finally:
        x11.XCloseDisplay(display)
