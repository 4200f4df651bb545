"""Pictures that the runtime owns: acquire one, draw into it, hand it back.

Takes a session and a size, gives framebuffers to draw into; leaves what is drawn to
`overlays.render.gl`. Storage is sRGB with alpha, so that the compositor blends light.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import moderngl

from mr.errors import DeviceError
from overlays.render.gl import GL_SRGB8_ALPHA8
from overlays.xr import openxr


class Swapchain:
    """One swapchain with a framebuffer on each of its images."""

    def __init__(self, ctx: moderngl.Context, session: Any, size_px: tuple[int, int]) -> None:
        self._xr = xr = openxr.load()
        self.size_px = size_px
        if GL_SRGB8_ALPHA8 not in list(xr.enumerate_swapchain_formats(session)):
            raise DeviceError("headset: the OpenXR runtime takes no sRGB pictures from OpenGL")
        usage = xr.SwapchainUsageFlags
        self.handle = xr.create_swapchain(
            session,
            xr.SwapchainCreateInfo(
                usage_flags=usage.COLOR_ATTACHMENT_BIT | usage.SAMPLED_BIT | usage.TRANSFER_DST_BIT,
                format=GL_SRGB8_ALPHA8,
                sample_count=1,
                width=size_px[0],
                height=size_px[1],
                face_count=1,
                array_size=1,
                mip_count=1,
            ),
        )
        images = xr.enumerate_swapchain_images(self.handle, xr.SwapchainImageOpenGLKHR)
        self._textures = [ctx.external_texture(i.image, size_px, 4, 0, "f1") for i in images]
        self._framebuffers = [ctx.framebuffer(texture) for texture in self._textures]

    @contextmanager
    def image(self) -> Iterator[moderngl.Framebuffer]:
        """Acquire the next picture, give its framebuffer, hand it back."""
        xr = self._xr
        index = xr.acquire_swapchain_image(self.handle, xr.SwapchainImageAcquireInfo())
        xr.wait_swapchain_image(
            self.handle, xr.SwapchainImageWaitInfo(timeout=xr.INFINITE_DURATION)
        )
        try:
            yield self._framebuffers[index]
        finally:
            xr.release_swapchain_image(self.handle, xr.SwapchainImageReleaseInfo())

    def sub_image(self) -> Any:
        """Name the whole picture in a layer."""
        xr = self._xr
        extent = xr.Extent2Di(*self.size_px)
        return xr.SwapchainSubImage(
            swapchain=self.handle, image_rect=xr.Rect2Di(xr.Offset2Di(0, 0), extent)
        )

    def release(self) -> None:
        """Give framebuffers, our names for the runtime's textures, and the swapchain back."""
        for framebuffer in self._framebuffers:
            framebuffer.release()
        for texture in self._textures:
            texture.release()  # of moderngl's alone: the picture is the runtime's
        with openxr.gone_is_gone():
            self._xr.destroy_swapchain(self.handle)
