"""The layers of a frame: both eyes' pictures, and sheets that stand in space.

Takes scenes, panels and pictures with where they stand, gives OpenXR's layer structures;
leaves the order of layers to `overlays.xr.session` and all drawing to
`overlays.render.gl`. A sheet is drawn again only when what it shows has changed.
"""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from mr.types import Pose
from overlays.primitives import Capsule, Label, Panel, Registered
from overlays.render.gl import SAMPLES, Eye, EyeTarget, SceneRenderer, projection_from_fov
from overlays.render.mask import billboards
from overlays.render.mesh import shapes_of
from overlays.render.panel import draw_panel
from overlays.xr import openxr
from overlays.xr.composed import PlacedPanel
from overlays.xr.cost import Meter
from overlays.xr.placement import panel_scale
from overlays.xr.rig_view import RigPicture
from overlays.xr.swapchain import Swapchain

SIZES_N = 4
"""A sheet keeps pictures of so many sizes: notes, a card and the field that ends come and go."""

Fov = tuple[float, float, float, float]
"""Angles left, right, up and down of one eye's picture, rad."""


class Drawing:
    """What layers are drawn with: one OpenGL context, one session, one meter."""

    def __init__(self, ctx: moderngl.Context, session: Any, space: Any, key: Any = None) -> None:
        self.xr = openxr.load()
        self.ctx, self.session, self.space = ctx, session, space
        self.renderer = SceneRenderer(ctx, key)
        self.samples = SAMPLES if key is None else 0
        self.meter = Meter()

    def release(self) -> None:
        """Give the renderer's memory back."""
        self.renderer.release()


class EyesLayer:
    """The projection layer: registered primitives, seen from each eye."""

    def __init__(self, drawing: Drawing, size_px: tuple[int, int]) -> None:
        self._drawing = drawing
        self._swapchains: list[Swapchain] = []
        for _ in range(2):
            self._swapchains.append(Swapchain(drawing.ctx, drawing.session, size_px))
        self._target = EyeTarget(drawing.ctx, size_px, drawing.samples)

    def layer(
        self,
        registered: tuple[Registered, ...],
        xr_from_mannequin: Pose,
        views: Any,
        xr_from_view: tuple[Pose, ...],
        mask: tuple[Capsule, ...] = (),
    ) -> Any:
        """Draw both eyes, with the hands in `mask` left free, and give the layer."""
        xr, drawing = self._drawing.xr, self._drawing
        mannequin_from_xr = xr_from_mannequin.inverse()
        labels = [item for item in registered if isinstance(item, Label) and item.text]
        shapes, layer_views = shapes_of(registered), []
        for view, pose, swapchain in zip(views, xr_from_view, self._swapchains, strict=True):
            eye = Eye(mannequin_from_xr @ pose, projection_from_fov(angles(view.fov)))
            vertices = shapes.seen_from(eye.mannequin_from_view.t_m)
            hands = billboards(mask, eye.mannequin_from_view.t_m).vertices()
            with drawing.meter.pixels(), swapchain.image() as framebuffer:
                target = self._target.framebuffer
                drawing.renderer.draw_registered(target, vertices, labels, eye, hands)
                self._target.resolve(framebuffer)
            layer_views.append(
                xr.CompositionLayerProjectionView(
                    pose=view.pose, fov=view.fov, sub_image=swapchain.sub_image()
                )
            )
        return xr.CompositionLayerProjection(
            layer_flags=xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT,
            space=drawing.space,
            views=layer_views,
        )

    def release(self) -> None:
        """Give pictures and target back."""
        for swapchain in self._swapchains:
            swapchain.release()
        self._target.release()


class Sheet:
    """A flat picture in space that keeps what was drawn until something else is to be seen.

    A size that was shown before has its pictures still. They are always shown whole: from which
    edge runtimes count a part of an OpenGL picture was not tried.
    """

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._swapchain: Swapchain | None = None
        self._kept: dict[tuple[int, int], Swapchain] = {}
        """By size, the one that was left the longest ago first."""
        self._shown: Panel | int | None = None
        self.n_drawn = 0
        """How often it was drawn."""

    @property
    def height_per_width(self) -> float:
        """Of what is shown; 0 before anything is."""
        if self._swapchain is None:
            return 0.0
        width_px, height_px = self._swapchain.size_px
        return height_px / width_px

    def show_panel(self, panel: Panel, scale: float) -> None:
        """Draw a panel at `scale` px for each of its own, if it is another one."""
        size_px = (round(panel.width_px * scale), round(panel.height_px * scale))
        if self._is_new(panel, size_px):
            with self._drawing.meter.panels():
                pixels = draw_panel(panel, scale)
                self._draw(pixels, panel)

    def show_picture(self, picture: RigPicture) -> None:
        """Take a camera's picture over, if it is another one."""
        height_px, width_px = picture.bgr.shape[:2]
        if self._is_new(picture.seq, (width_px, height_px)):
            with self._drawing.meter.pixels():
                self._draw(picture.bgr, picture.seq)

    def layer(self, xr_from_panel: Pose, width_m: float) -> Any:
        """Give the quad layer, `width_m` wide; x points right and z out of the sheet."""
        xr = self._drawing.xr
        assert self._swapchain is not None
        return xr.CompositionLayerQuad(
            layer_flags=xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT,
            space=self._drawing.space,
            eye_visibility=xr.EyeVisibility.BOTH,
            sub_image=self._swapchain.sub_image(),
            pose=openxr.pose_to_xr(xr_from_panel),
            size=xr.Extent2Df(width_m, width_m * self.height_per_width),
        )

    def release(self) -> None:
        """Give all pictures back."""
        for swapchain in self._kept.values():
            swapchain.release()
        self._kept.clear()
        self._swapchain, self._shown = None, None

    def _is_new(self, what: Panel | int, size_px: tuple[int, int]) -> bool:
        if self._swapchain is None or self._swapchain.size_px != size_px:
            self._swapchain, self._shown = self._of_size(size_px), None
        return what != self._shown

    def _of_size(self, size_px: tuple[int, int]) -> Swapchain:
        swapchain = self._kept.pop(size_px, None)
        if swapchain is None:
            if len(self._kept) >= SIZES_N:
                self._kept.pop(next(iter(self._kept))).release()
            swapchain = Swapchain(self._drawing.ctx, self._drawing.session, size_px)
        self._kept[size_px] = swapchain
        return swapchain

    def _draw(self, pixels: npt.NDArray[np.uint8], what: Panel | int) -> None:
        assert self._swapchain is not None
        with self._swapchain.image() as framebuffer:
            self._drawing.renderer.draw_sheet(framebuffer, pixels)
        self._shown = what
        self.n_drawn += 1


class Sheets:
    """All panels of a session by their names."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._sheets: dict[str, Sheet] = {}

    @property
    def n_drawn(self) -> dict[str, int]:
        """How often each was drawn."""
        return {name: sheet.n_drawn for name, sheet in self._sheets.items()}

    def layer(self, placed: PlacedPanel, eye_width_px: int, fov_rad: Fov) -> Any:
        """Draw a panel as fine as the eye can see it, if need be, and give its layer."""
        if placed.name not in self._sheets:
            self._sheets[placed.name] = Sheet(self._drawing)
        sheet, panel = self._sheets[placed.name], placed.panel
        sheet.show_panel(panel, panel_scale(eye_width_px, fov_rad[0], fov_rad[1], panel.width_px))
        return sheet.layer(placed.xr_from_panel, placed.width_m)

    def release(self) -> None:
        """Give all pictures back."""
        for sheet in self._sheets.values():
            sheet.release()


def angles(fov: Any) -> Fov:
    """Read an XrFovf."""
    return (
        float(fov.angle_left),
        float(fov.angle_right),
        float(fov.angle_up),
        float(fov.angle_down),
    )
