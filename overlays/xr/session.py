"""A session in a headset: opens it, and draws one frame at a time.

Takes a `Scene` and where the mannequin lies in the headset's frame, gives a report of
each frame; leaves what is shown to `overlays.scene`, drawing to `overlays.render.gl` and
what OpenXR's errors mean to `overlays.xr.openxr`. Two layers are submitted: the
registered primitives as a projection layer, the panel as a quad layer above it.
"""

from __future__ import annotations

import contextlib
import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from mr.errors import DeviceError
from mr.types import Pose
from overlays.primitives import Panel, Scene
from overlays.render.gl import Eye, EyeTarget, SceneRenderer, projection_from_fov
from overlays.render.panel import draw_panel
from overlays.xr import openxr
from overlays.xr.blend import BlendChoice, choose_blend
from overlays.xr.context import HiddenContext
from overlays.xr.placement import PANEL_WIDTH_M, Side, panel_pose, panel_scale, panel_side
from overlays.xr.swapchain import Swapchain

EXIT_WAIT_S = 1.0
FLOOR_BELOW_LOCAL_M = 1.1
"""Assumed where the runtime knows no floor: the eyes of a learner who kneels."""


Ending = Literal["exit", "loss"]
Compose = Callable[[int, Pose], tuple[Scene, Pose]]
"""When a frame is seen (host's ns) and ``xr_from_head`` then, to what is drawn: a scene and
``xr_from_mannequin``."""
Fov = tuple[float, float, float, float]
"""Angles left, right, up and down of one eye's picture, rad."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameReport:
    """What became of one frame.

    `display_ns` is when it is to be seen, on the host's monotonic clock. The poses are
    None when the headset is not tracked; then nothing was drawn.
    """

    display_ns: int
    drawn: bool
    xr_from_head: Pose | None
    xr_from_view: tuple[Pose, ...] | None
    fov_rad: tuple[Fov, ...]
    why: str = ""


class HeadsetSession:
    """One session of a headset; a context manager that owns the OpenGL context."""

    def __init__(self, app_name: str) -> None:
        self._app_name = app_name
        self._stack = contextlib.ExitStack()
        self._running = False
        self._over: Ending | None = None
        self._side: Side | None = None
        self._panel: Panel | None = None
        self._sheet: Swapchain | None = None

    def __enter__(self) -> Self:
        """Open runtime, window, session and pictures, or raise `DeviceError`."""
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        try:
            if exc_type is None:
                self._leave()
        finally:
            self._stack.close()

    @property
    def blend_mode(self) -> BlendChoice:
        """How the overlay meets the real world, in the mode now in use."""
        return self._blend

    @property
    def runtime_name(self) -> str:
        """Name and version of the OpenXR runtime."""
        return self._offer.runtime_name

    @property
    def system_name(self) -> str:
        """Name of the headset."""
        return self._offer.system_name

    @property
    def runtime(self) -> openxr.Runtime:
        """The open runtime."""
        return self._runtime

    @property
    def handle(self) -> Any:
        """The XrSession, for what else belongs to it."""
        return self._session

    @property
    def space(self) -> Any:
        """The XrSpace that all poses are given in: the frame `xr`."""
        return self._space

    def head_at(self, xr_time: int) -> Pose | None:
        """Give ``xr_from_head`` at a time of the runtime's; None when it is not tracked."""
        with openxr.explained("asking where the head is"):
            head = self._xr.locate_space(self._head_space, self._space, xr_time)
        flags = self._xr.SpaceLocationFlags
        both = flags.POSITION_VALID_BIT | flags.ORIENTATION_VALID_BIT
        if (head.location_flags & both) != both:
            return None
        return openxr.pose_from_xr(head.pose)

    @property
    def running(self) -> bool:
        """Whether the runtime wants frames now."""
        return self._running

    @property
    def over(self) -> Ending | None:
        """How the runtime has ended the session, if it has: asked to, or losing the headset."""
        return self._over

    @property
    def floor(self) -> str:
        """What the frame's y = 0 stands on: "floor" or why that is only assumed."""
        return self._floor

    def frame(self, compose: Compose) -> FrameReport | None:
        """Wait for the next frame, draw what `compose` gives for its time, hand it in.

        None, at once, while the runtime wants no frames (headset taken off, starting).

        Raises
        ------
        DeviceError
            When the runtime or the headset is lost.
        """
        with openxr.explained("drawing a frame"):
            self._take_events()
            if not self._running:
                return None
            state = self._xr.wait_frame(self._session)
            self._xr.begin_frame(self._session)
            layers: list[Any] = []
            try:
                report = self._draw(compose, state, layers)
            finally:
                self._xr.end_frame(self._session, self._frame_end(state, layers))
            return report

    def _open(self) -> None:
        self._runtime = self._stack.enter_context(openxr.Runtime(self._app_name))
        self._xr = self._runtime.xr
        self._offer = self._runtime.offer()
        self._blend = choose_blend(self._offer.blend_names)
        window = self._stack.enter_context(HiddenContext())
        with openxr.explained("opening the session"):
            self._session = self._create_session(window)
            self._stack.callback(self._xr.destroy_session, self._session)
            self._space, self._floor = self._floor_space()
            self._head_space = self._reference_space(self._xr.ReferenceSpaceType.VIEW)
            self._renderer = SceneRenderer(window.ctx)
            self._stack.callback(self._renderer.release)
            self._ctx = window.ctx
            size_px = self._offer.eye_size_px
            self._eyes = [Swapchain(self._ctx, self._session, size_px) for _ in range(2)]
            for eye in self._eyes:
                self._stack.callback(eye.release)
            self._target = EyeTarget(self._ctx, size_px)
            self._stack.callback(self._target.release)
            self._stack.callback(self._release_sheet)

    def _create_session(self, window: HiddenContext) -> Any:
        xr, runtime = self._xr, self._runtime
        # The runtime insists on being asked what it needs before a session is made.
        xr.get_opengl_graphics_requirements_khr(runtime.instance, runtime.system)
        # The binding must outlive the call: pyopenxr keeps a bare pointer to it.
        self._binding = window.binding()
        info = xr.SessionCreateInfo(system_id=runtime.system, next=self._binding)
        return xr.create_session(runtime.instance, info)

    def _floor_space(self) -> tuple[Any, str]:
        kinds = self._xr.ReferenceSpaceType
        offered = list(self._xr.enumerate_reference_spaces(self._session))
        for kind in (kinds.STAGE, kinds.LOCAL_FLOOR):
            if kind.value in offered:
                return self._reference_space(kind), "floor"
        down = self._xr.Posef(position=self._xr.Vector3f(0.0, -FLOOR_BELOW_LOCAL_M, 0.0))
        why = f"the runtime knows no floor: assumed {FLOOR_BELOW_LOCAL_M} m below the eyes"
        return self._reference_space(kinds.LOCAL, down), why

    def _reference_space(self, kind: Any, pose: Any = None) -> Any:
        pose = self._xr.Posef() if pose is None else pose
        info = self._xr.ReferenceSpaceCreateInfo(kind, pose_in_reference_space=pose)
        return self._xr.create_reference_space(self._session, info)

    def _take_events(self) -> None:
        kinds = self._xr.StructureType
        for event in self._runtime.events():
            kind = self._xr.StructureType(event.type)
            if kind == kinds.EVENT_DATA_SESSION_STATE_CHANGED:
                told = self._xr.EventDataSessionStateChanged
                changed = ctypes.cast(ctypes.byref(event), ctypes.POINTER(told)).contents
                self._follow(self._xr.SessionState(changed.state))
            elif kind == kinds.EVENT_DATA_INSTANCE_LOSS_PENDING:
                raise DeviceError(
                    "headset: its software is shutting down: start it and this program again"
                )

    def _follow(self, state: Any) -> None:
        states = self._xr.SessionState
        if state == states.READY:
            stereo = self._xr.ViewConfigurationType.PRIMARY_STEREO
            self._xr.begin_session(
                self._session, self._xr.SessionBeginInfo(primary_view_configuration_type=stereo)
            )
            self._running = True
        elif state == states.STOPPING:
            self._running = False
            self._xr.end_session(self._session)
        elif state in (states.EXITING, states.LOSS_PENDING):
            self._running = False
            self._over = "exit" if state == states.EXITING else "loss"

    def _leave(self) -> None:
        """Ask to end, and go on until the runtime agrees or `EXIT_WAIT_S` are over."""
        with openxr.explained("ending the session"):
            if self._running:
                self._xr.request_exit_session(self._session)
            give_up_s = time.monotonic() + EXIT_WAIT_S
            while self._running and time.monotonic() < give_up_s:
                self._take_events()
                time.sleep(0.002)

    def _draw(self, compose: Compose, state: Any, layers: list[Any]) -> FrameReport:
        display_ns = self._runtime.host_ns(state.predicted_display_time)
        view_state, views = self._locate_views(state.predicted_display_time)
        fov_rad = tuple(_angles(view.fov) for view in views)
        flags = self._xr.ViewStateFlags
        valid = flags.POSITION_VALID_BIT | flags.ORIENTATION_VALID_BIT
        if (view_state.view_state_flags & valid) != valid:
            return FrameReport(display_ns, False, None, None, fov_rad, "headset is not tracked")
        head = self._xr.locate_space(self._head_space, self._space, state.predicted_display_time)
        xr_from_head = openxr.pose_from_xr(head.pose)
        xr_from_view = tuple(openxr.pose_from_xr(view.pose) for view in views)
        if not state.should_render:
            why = "the runtime shows nothing now"
            return FrameReport(display_ns, False, xr_from_head, xr_from_view, fov_rad, why)
        scene, xr_from_mannequin = compose(display_ns, xr_from_head)
        layers.append(self._projection_layer(scene, xr_from_mannequin, views, xr_from_view))
        scale = panel_scale(self._offer.eye_size_px[0], *fov_rad[0][:2], scene.panel.width_px)
        layers.append(self._panel_layer(scene.panel, scale, xr_from_mannequin, xr_from_head))
        return FrameReport(display_ns, True, xr_from_head, xr_from_view, fov_rad)

    def _locate_views(self, display_time: Any) -> tuple[Any, Any]:
        stereo = self._xr.ViewConfigurationType.PRIMARY_STEREO
        info = self._xr.ViewLocateInfo(stereo, display_time, self._space)
        view_state, views = self._xr.locate_views(self._session, info)
        return view_state, views

    def _projection_layer(
        self,
        scene: Scene,
        xr_from_mannequin: Pose,
        views: Any,
        xr_from_view: tuple[Pose, ...],
    ) -> Any:
        xr = self._xr
        mannequin_from_xr = xr_from_mannequin.inverse()
        layer_views = []
        for view, pose, swapchain in zip(views, xr_from_view, self._eyes, strict=True):
            eye = Eye(mannequin_from_xr @ pose, projection_from_fov(_angles(view.fov)))
            with swapchain.image() as framebuffer:
                self._renderer.draw_registered(self._target.framebuffer, scene.registered, eye)
                self._target.resolve(framebuffer)
            layer_views.append(
                xr.CompositionLayerProjectionView(
                    pose=view.pose, fov=view.fov, sub_image=swapchain.sub_image()
                )
            )
        return xr.CompositionLayerProjection(
            layer_flags=xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT,
            space=self._space,
            views=layer_views,
        )

    def _panel_layer(
        self, panel: Panel, scale: float, xr_from_mannequin: Pose, xr_from_head: Pose
    ) -> Any:
        xr = self._xr
        sheet = self._drawn_sheet(panel, scale)
        head_in_mannequin_m = xr_from_mannequin.inverse().apply(xr_from_head.t_m)
        self._side = panel_side(head_in_mannequin_m, self._side)
        xr_from_panel = panel_pose(xr_from_mannequin, xr_from_head.t_m, self._side)
        height_m = PANEL_WIDTH_M * panel.height_px / panel.width_px
        return xr.CompositionLayerQuad(
            layer_flags=xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT,
            space=self._space,
            eye_visibility=xr.EyeVisibility.BOTH,
            sub_image=sheet.sub_image(),
            pose=openxr.pose_to_xr(xr_from_panel),
            size=xr.Extent2Df(PANEL_WIDTH_M, height_m),
        )

    def _drawn_sheet(self, panel: Panel, scale: float) -> Swapchain:
        """Draw the panel if it has changed; an unchanged one stays where it is."""
        size_px = (round(panel.width_px * scale), round(panel.height_px * scale))
        if self._sheet is None or self._sheet.size_px != size_px:
            self._release_sheet()
            self._sheet = Swapchain(self._ctx, self._session, size_px)
        if panel != self._panel:
            with self._sheet.image() as framebuffer:
                self._renderer.draw_sheet(framebuffer, draw_panel(panel, scale))
            self._panel = panel
        return self._sheet

    def _release_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.release()
        self._sheet, self._panel = None, None

    def _frame_end(self, state: Any, layers: list[Any]) -> Any:
        xr = self._xr
        return xr.FrameEndInfo(
            display_time=state.predicted_display_time,
            environment_blend_mode=xr.EnvironmentBlendMode[self._blend.name],
            layers=[ctypes.byref(layer) for layer in layers],
        )


def _angles(fov: Any) -> Fov:
    return (
        float(fov.angle_left),
        float(fov.angle_right),
        float(fov.angle_up),
        float(fov.angle_down),
    )
