"""Vertices on the graphics card: one buffer that grows and is never made anew each frame.

Takes a program and its layout, draws arrays of vertices; leaves what they mean to
`overlays.render.gl`.
"""

from __future__ import annotations

import moderngl
import numpy as np
import numpy.typing as npt


class Vertices:
    """Vertices that stay in one buffer, which grows and is never made anew each frame."""

    def __init__(
        self, ctx: moderngl.Context, program: moderngl.Program, layout: str, *names: str
    ) -> None:
        self._ctx, self._program = ctx, program
        self._layout, self._names = layout, names
        self._buffer: moderngl.Buffer | None = None
        self._array: moderngl.VertexArray | None = None

    def draw(self, vertices: npt.NDArray[np.float32], mode: int) -> None:
        """Draw vertices (n, k) as triangles of some mode."""
        if self._buffer is None or self._array is None or self._buffer.size < vertices.nbytes:
            self.release()
            self._buffer = self._ctx.buffer(reserve=2 * vertices.nbytes, dynamic=True)
            self._array = self._ctx.vertex_array(
                self._program, [(self._buffer, self._layout, *self._names)]
            )
        self._buffer.orphan()
        self._buffer.write(vertices)
        self._array.render(mode, vertices=len(vertices))

    def release(self) -> None:
        """Give the memory back."""
        if self._array is not None and self._buffer is not None:
            self._array.release()
            self._buffer.release()
        self._array = self._buffer = None
