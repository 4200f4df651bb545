"""An OpenGL context for a headset: a hidden window's, bound to OpenXR by GLX.

Gives a current `moderngl` context and the binding a session is created with; leaves
drawing to `overlays.render.gl`. Needs an X server (or XWayland): no OpenXR runtime on
Linux takes OpenGL from elsewhere everywhere.
"""

from __future__ import annotations

import os
import warnings
from types import TracebackType
from typing import Any, Self

import moderngl

from mr.errors import DeviceError
from overlays.xr import openxr


class HiddenContext:
    """A hidden window with an OpenGL 3.3 core context; a context manager."""

    def __init__(self) -> None:
        self._glfw: Any = None
        self._window: Any = None
        self.ctx: Any = None

    def __enter__(self) -> Self:
        """Open the window and make its context current, or raise `DeviceError`."""
        # The library is chosen at import: GLX wants the X11 one, on Wayland too.
        os.environ.setdefault("PYGLFW_LIBRARY_VARIANT", "x11")
        import glfw  # noqa: PLC0415 -- after the choice above

        self._glfw = glfw
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            self._window = self._hidden_window() if glfw.init() else None
        if self._window is None:
            why = "; ".join(str(item.message) for item in said) or "no X server"
            glfw.terminate()
            raise DeviceError(
                f"headset: no OpenGL window ({why}): start it from a graphical session, "
                "or set DISPLAY to an X server"
            )
        glfw.make_context_current(self._window)
        glfw.swap_interval(0)
        # By name: the search for libraries would look in the wrong place in a foreign root.
        libraries: Any = {"libgl": "libGL.so.1", "libx11": "libX11.so.6"}
        self.ctx = moderngl.create_context(require=330, **libraries)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.ctx.release()
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
        from OpenGL import GLX  # noqa: PLC0415 -- needs libGL, which `load` has asked for

        return xr.GraphicsBindingOpenGLXlibKHR(
            x_display=GLX.glXGetCurrentDisplay(),
            glx_drawable=GLX.glXGetCurrentDrawable(),
            glx_context=GLX.glXGetCurrentContext(),
        )
