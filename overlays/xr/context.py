"""An OpenGL context for a headset: a hidden window's, bound to OpenXR by GLX or WGL.

Gives a current `moderngl` context and the binding a session is created with; leaves
drawing to `overlays.render.gl`. On Linux it needs an X server (or XWayland): no OpenXR
runtime there takes OpenGL from elsewhere everywhere. On Windows it was never tried.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import TracebackType
from typing import Any, Self

import moderngl

from mr.errors import DeviceError
from overlays.xr import openxr

_CURE = (
    "start it from a graphical session, or set DISPLAY to an X server"
    if sys.platform == "linux"
    else "install the graphics card's own driver"
)
_LIBRARIES: Any = (
    # By name: the search for libraries would look in the wrong place in a foreign root.
    {"libgl": "libGL.so.1", "libx11": "libX11.so.6"} if sys.platform == "linux" else {}
)


class HiddenContext:
    """A hidden window with an OpenGL 3.3 core context; a context manager."""

    def __init__(self) -> None:
        self._glfw: Any = None
        self._window: Any = None
        self.ctx: Any = None

    def __enter__(self) -> Self:
        """Open the window and make its context current, or raise `DeviceError`."""
        if sys.platform == "linux":
            # The library is chosen at import: GLX wants the X11 one, on Wayland too.
            os.environ.setdefault("PYGLFW_LIBRARY_VARIANT", "x11")
        import glfw  # noqa: PLC0415 -- after the choice above

        self._glfw = glfw
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            self._window = self._hidden_window() if glfw.init() else None
        if self._window is None:
            why = "; ".join(str(item.message) for item in said) or "no display"
            glfw.terminate()
            raise DeviceError(f"headset: no OpenGL window ({why}): {_CURE}")
        try:
            glfw.make_context_current(self._window)
            glfw.swap_interval(0)
            self.ctx = moderngl.create_context(require=330, **_LIBRARIES)
        except Exception as error:  # moderngl has no class of its own for what a driver lacks
            self._close_window()
            raise DeviceError(f"headset: no OpenGL 3.3 ({error}): {_CURE}") from error
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.ctx.release()
        self._close_window()

    def _close_window(self) -> None:
        self._glfw.destroy_window(self._window)
        self._glfw.terminate()

    def _hidden_window(self) -> Any:
        glfw = self._glfw
        glfw.window_hint(glfw.VISIBLE, glfw.FALSE)
        glfw.window_hint(glfw.CONTEXT_VERSION_MAJOR, 3)
        glfw.window_hint(glfw.CONTEXT_VERSION_MINOR, 3)
        glfw.window_hint(glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE)
        return glfw.create_window(64, 64, "mrcpr", None, None)

    def binding(self) -> Any:
        """Give the graphics binding of the current context, for a session's creation."""
        xr = openxr.load()
        if sys.platform == "win32":
            return _wgl_binding(xr)
        from OpenGL import GLX  # noqa: PLC0415 -- needs libGL, which `load` has asked for

        return xr.GraphicsBindingOpenGLXlibKHR(
            x_display=GLX.glXGetCurrentDisplay(),
            glx_drawable=GLX.glXGetCurrentDrawable(),
            glx_context=GLX.glXGetCurrentContext(),
        )


def _wgl_binding(xr: Any) -> Any:
    """Bind the current context; glfw's window keeps its device context for life."""
    from OpenGL import WGL  # noqa: PLC0415 -- can be imported on Windows alone

    return xr.GraphicsBindingOpenGLWin32KHR(
        h_dc=WGL.wglGetCurrentDC(), h_glrc=WGL.wglGetCurrentContext()
    )
