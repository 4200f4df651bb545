"""A session in a headset: opens it, and draws one frame at a time.

Takes a `Scene` and where the mannequin lies in the headset's frame, gives a report of
each frame; leaves what is shown to `overlays.scene`, the layers' making to
`overlays.xr.layers`, how the room is seen to `overlays.xr.passthrough` and what OpenXR's
errors mean to `overlays.xr.openxr`. Layers are handed in from the back to the front: the
room (a vendor's layer or the rig camera's picture), the registered primitives, panels.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from mr.errors import DeviceError
from mr.types import Pose
from overlays.xr import chroma, openxr
from overlays.xr.composed import Composed
from overlays.xr.context import HiddenContext
from overlays.xr.cost import Cost
from overlays.xr.layers import Drawing, EyesLayer, Fov, Sheet, Sheets, angles
from overlays.xr.passthrough import Passthrough, choose, offered_kinds
from overlays.xr.placement import PICTURE_WIDTH_M, Side, picture_pose
from overlays.xr.rig_view import RigPicture
from overlays.xr.room import Room

EXIT_WAIT_S = 1.0
FLOOR_BELOW_LOCAL_M = 1.1
"""Assumed where the runtime knows no floor: the eyes of a learner who kneels."""

PASSTHROUGH_VARIABLE = "MRCPR_PASSTHROUGH"
"""Names the way the room is to be seen, where the caller does not."""

Ending = Literal["exit", "loss"]
Compose = Callable[[int, Pose, Passthrough], Composed]
"""When a frame is seen (host's ns), ``xr_from_head`` then, and how the room is seen, to what is
drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameReport:
    """What became of one frame.

    `display_ns` is when it is to be seen, on the host's monotonic clock. The poses are
    None when the headset is not tracked; then nothing was drawn. `passthrough` is the way
    in use: a runtime may take one away in the middle.
    """

    display_ns: int
    drawn: bool
    xr_from_head: Pose | None
    xr_from_view: tuple[Pose, ...] | None
    fov_rad: tuple[Fov, ...]
    passthrough: Passthrough
    cost: Cost
    why: str = ""


@dataclass(slots=True, eq=False)
class _Seen:
    """What is known of one frame while it is made."""

    display_ns: int
    xr_from_head: Pose | None = None
    xr_from_view: tuple[Pose, ...] | None = None
    fov_rad: tuple[Fov, ...] = ()
    why: str = ""


class HeadsetSession:
    """One session of a headset; a context manager that owns the OpenGL context.

    Parameters
    ----------
    app_name
        For the runtime's own lists.
    passthrough
        The way the room is to be seen, by name (`overlays.xr.passthrough.Kind`); None
        lets the order decide, or `MRCPR_PASSTHROUGH` in the environment.
    picture
        Gives the newest picture of the rig's camera, or None when there is none; must
        not wait. Without it the way "camera" is not open.
    """

    def __init__(
        self,
        app_name: str,
        *,
        passthrough: str | None = None,
        picture: Callable[[], RigPicture | None] | None = None,
    ) -> None:
        self._app_name = app_name
        self._wanted = passthrough or os.environ.get(PASSTHROUGH_VARIABLE) or None
        self._picture = picture
        self._stack = contextlib.ExitStack()
        self._running = False
        self._over: Ending | None = None

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
    def passthrough(self) -> Passthrough:
        """How the overlay meets the real world, in the way now in use."""
        return self._room.passthrough

    @property
    def runtime(self) -> openxr.Runtime:
        """The open runtime: instance, system, clock, enabled extensions."""
        return self._runtime

    @property
    def handle(self) -> Any:
        """The XrSession."""
        return self._session

    @property
    def space(self) -> Any:
        """The XrSpace of the frame ``xr``."""
        return self._space

    @property
    def panels_drawn(self) -> dict[str, int]:
        """How often each panel was drawn, by its name."""
        return self._sheets.n_drawn

    @property
    def pictures_taken(self) -> int:
        """How often the rig camera's picture was taken over."""
        return self._picture_sheet.n_drawn

    @property
    def runtime_name(self) -> str:
        """Name and version of the OpenXR runtime."""
        return self._offer.runtime_name

    @property
    def system_name(self) -> str:
        """Name of the headset."""
        return self._offer.system_name

    def head_at(self, xr_time: int) -> Pose | None:
        """Give ``xr_from_head`` at a time of the runtime's; None when it is not tracked.

        A place that the runtime only infers is none: when tracking comes back it snaps, which
        would look like a headset whose frame was moved.
        """
        with openxr.explained("asking where the head is"):
            head = self._xr.locate_space(self._head_space, self._space, xr_time)
        flags = self._xr.SpaceLocationFlags
        valid = flags.POSITION_VALID_BIT | flags.ORIENTATION_VALID_BIT
        tracked = flags.POSITION_TRACKED_BIT | flags.ORIENTATION_TRACKED_BIT
        if (head.location_flags & (valid | tracked)) != valid | tracked:
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
        meter = self._drawing.meter
        with openxr.explained("drawing a frame"):
            meter.begin()
            self._take_events()
            if not self._running:
                return None
            with meter.pixels():
                state = self._xr.wait_frame(self._session)
                self._xr.begin_frame(self._session)
            layers: list[Any] = []
            try:
                seen = self._draw(compose, state, layers)
            finally:
                info = self._frame_end(state, layers)
                with meter.pixels():
                    self._xr.end_frame(self._session, info)
            return FrameReport(
                seen.display_ns,
                bool(layers),
                seen.xr_from_head,
                seen.xr_from_view,
                seen.fov_rad,
                self.passthrough,
                meter.cost(),
                seen.why,
            )

    def _open(self) -> None:
        self._runtime = self._stack.enter_context(openxr.Runtime(self._app_name))
        self._xr = self._runtime.xr
        self._offer = self._runtime.offer()
        offered = offered_kinds(
            self._offer.blend_names, self._offer.vendors, self._picture is not None
        )
        choose(offered, self._wanted)  # a way that is not open is said before all else
        window = self._stack.enter_context(HiddenContext())
        with openxr.explained("opening the session"):
            self._session = self._create_session(window)
            self._stack.callback(self._destroy_session)
            self._space, self._floor = self._floor_space()
            self._head_space = self._reference_space(self._xr.ReferenceSpaceType.VIEW)
            self._room = Room(self._xr, self._session, offered, self._wanted)
            self._stack.callback(self._room.close)
            self._make_layers(window)

    def _make_layers(self, window: HiddenContext) -> None:
        key = chroma.key_color() if self.passthrough.kind == "chroma" else None
        self._drawing = Drawing(window.ctx, self._session, self._space, key)
        self._stack.callback(self._drawing.release)
        self._eyes = EyesLayer(self._drawing, self._offer.eye_size_px)
        self._stack.callback(self._eyes.release)
        self._sheets = Sheets(self._drawing)
        self._stack.callback(self._sheets.release)
        self._picture_sheet = Sheet(self._drawing)
        self._stack.callback(self._picture_sheet.release)

    def _create_session(self, window: HiddenContext) -> Any:
        xr, runtime = self._xr, self._runtime
        # The runtime insists on being asked what it needs before a session is made.
        xr.get_opengl_graphics_requirements_khr(runtime.instance, runtime.system)
        # The binding must outlive the call: pyopenxr keeps a bare pointer to it.
        self._binding = window.binding()
        info = xr.SessionCreateInfo(system_id=runtime.system, next=self._binding)
        return xr.create_session(runtime.instance, info)

    def _destroy_session(self) -> None:
        with openxr.gone_is_gone():
            self._xr.destroy_session(self._session)

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
            elif kind == kinds.EVENT_DATA_PASSTHROUGH_STATE_CHANGED_FB:
                self._room.follow(event)
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
            self._room.start()
        elif state == states.STOPPING:
            self._running = False
            self._room.pause()
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

    def _draw(self, compose: Compose, state: Any, layers: list[Any]) -> _Seen:
        """Fill `layers` from the back to the front; none when there is nothing to see."""
        seen = _Seen(self._runtime.host_ns(state.predicted_display_time))
        view_state, views = self._locate_views(state.predicted_display_time)
        seen.fov_rad = tuple(angles(view.fov) for view in views)
        flags = self._xr.ViewStateFlags
        valid = flags.POSITION_VALID_BIT | flags.ORIENTATION_VALID_BIT
        if (view_state.view_state_flags & valid) != valid:
            seen.why = "headset is not tracked"
            return seen
        head = self._xr.locate_space(self._head_space, self._space, state.predicted_display_time)
        seen.xr_from_head = openxr.pose_from_xr(head.pose)
        seen.xr_from_view = tuple(openxr.pose_from_xr(view.pose) for view in views)
        if not state.should_render:
            seen.why = "the runtime shows nothing now"
            return seen
        composed = compose(seen.display_ns, seen.xr_from_head, self.passthrough)
        xr_from_mannequin = composed.xr_from_mannequin
        layers.extend(self._room_layers(xr_from_mannequin, composed.side))
        registered = composed.scene.registered if self.passthrough.in_space else ()
        layers.append(
            self._eyes.layer(
                registered, xr_from_mannequin, views, seen.xr_from_view, composed.scene.mask
            )
        )
        for placed in composed.panels:
            layers.append(self._sheets.layer(placed, self._offer.eye_size_px[0], seen.fov_rad[0]))
        return seen

    def _room_layers(self, xr_from_mannequin: Pose, side: Side) -> list[Any]:
        """Give the layer that everything else lies on, where a layer shows the room."""
        if self.passthrough.kind != "camera" or self._picture is None:
            return self._room.layers(self._space)
        picture = self._picture()
        if picture is not None:
            self._picture_sheet.show_picture(picture)
        if self._picture_sheet.n_drawn == 0:
            return []
        height_per_width = self._picture_sheet.height_per_width
        place = picture_pose(xr_from_mannequin, side, PICTURE_WIDTH_M * height_per_width)
        return [self._picture_sheet.layer(place, PICTURE_WIDTH_M)]

    def _locate_views(self, display_time: Any) -> tuple[Any, Any]:
        stereo = self._xr.ViewConfigurationType.PRIMARY_STEREO
        info = self._xr.ViewLocateInfo(stereo, display_time, self._space)
        view_state, views = self._xr.locate_views(self._session, info)
        return view_state, views

    def _frame_end(self, state: Any, layers: list[Any]) -> Any:
        xr = self._xr
        return xr.FrameEndInfo(
            display_time=state.predicted_display_time,
            environment_blend_mode=xr.EnvironmentBlendMode[self.passthrough.blend],
            layers=[ctypes.byref(layer) for layer in layers],
        )
