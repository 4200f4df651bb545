"""The OpenXR runtime: the one module that knows pyopenxr's ways.

Takes an application's name, gives an open `Runtime` (instance, system, what they offer)
and small conversions of poses and times; turns OpenXR's errors into `DeviceError` with
what to do. Leaves the frame loop to `overlays.xr.session`.

What pyopenxr 1.1.6501 does wrong and is kept out of the rest of the house: importing
``xr.ext.KHR.opengl_enable`` fails on Linux (the function sits in ``xr`` itself), the
import of ``xr`` needs libGL and ends in an AttributeError without it, ``poll_event``
raises when there is no event, the passthrough layers' constructor drops its flags
(`overlays.xr.vendor`), and on Windows one conversion of times cannot work
(`overlays.xr.clocks`).
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from scipy.spatial.transform import Rotation

from mr.errors import DeviceError
from mr.types import Pose
from overlays.xr import clocks
from overlays.xr.passthrough import FB, HTC

OPENGL = "XR_KHR_opengl_enable"
LOCAL_FLOOR = "XR_EXT_local_floor"
HAND_TRACKING = "XR_EXT_hand_tracking"

NEEDED = (OPENGL, clocks.extension())
"""Without these no session is opened."""
WELCOME = (LOCAL_FLOOR, HAND_TRACKING, FB, HTC)
"""Enabled where the runtime offers them; `Runtime.enabled` tells which."""

NO_RUNTIME = (
    "no OpenXR runtime is installed or chosen: install the headset's own software "
    "(SteamVR, WiVRn, Monado, ...) and make it the active OpenXR runtime, "
    "or name its json file in XR_RUNTIME_JSON"
)
NOT_RUNNING = (
    "the OpenXR runtime does not answer: start the headset's software "
    "(SteamVR, WiVRn, monado-service, ...) and try again"
)
NO_HEADSET = (
    "the OpenXR runtime is there but sees no headset: connect it, switch it on, "
    "wait until its own software shows it, and try again"
)


PARTS = ("xr", "moderngl", "glfw", "OpenGL")
"""The Python modules of the extra `headset`."""


def require_parts() -> None:
    """Raise `DeviceError` unless the extra `headset` is installed."""
    missing = [name for name in PARTS if importlib.util.find_spec(name) is None]
    if missing:
        raise DeviceError(
            f"headset: Python modules are missing ({', '.join(missing)}): "
            "pip install 'mrcpr[headset]'"
        )


def load() -> Any:
    """Import pyopenxr, or say what is missing.

    Raises
    ------
    DeviceError
        On systems other than Linux and Windows, without pyopenxr, or without OpenGL.
    """
    if sys.platform not in {"linux", "win32"}:
        raise DeviceError(f"headset: driven on Linux and Windows, not on {sys.platform}")
    require_parts()
    # The loader writes to the terminal otherwise; what it has to say comes as errors, too.
    os.environ.setdefault("XR_LOADER_DEBUG", "none")
    try:
        return importlib.import_module("xr")
    except (ImportError, AttributeError, OSError, TypeError) as error:
        # PyOpenGL finds no GL library, and says so in one of these four ways.
        raise DeviceError(f"headset: OpenGL is missing ({error}): install libgl1") from error


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn any OpenXR failure inside into a `DeviceError` that says what to do."""
    xr = load()
    try:
        yield
    except xr.exception.RuntimeUnavailableError as error:
        raise DeviceError(f"headset: {NO_RUNTIME}") from error
    except xr.exception.RuntimeFailureError as error:
        raise DeviceError(f"headset: {NOT_RUNNING} (while {doing})") from error
    except (
        xr.exception.FormFactorUnavailableError,
        xr.exception.FormFactorUnsupportedError,
    ) as error:
        raise DeviceError(f"headset: {NO_HEADSET}") from error
    except (xr.exception.SessionLostError, xr.exception.InstanceLostError) as error:
        raise DeviceError(
            f"headset: the connection was lost while {doing}: "
            "restart the headset's software, then this program"
        ) from error
    except xr.exception.XrException as error:
        raise DeviceError(f"headset: {type(error).__name__} while {doing}: {error}") from error


def gone_is_gone() -> suppress:
    """Suppress what OpenXR says of a thing that is given back, in a `with`, one thing each.

    What a lost runtime will not destroy is gone; why it was lost is the news. pyopenxr's
    ``destroy_*`` raise it, and one that is raised while closing would end the view's process.
    """
    return suppress(load().exception.XrException)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a runtime and its headset offer."""

    runtime_name: str
    system_name: str
    blend_names: tuple[str, ...]
    vendors: frozenset[str]
    """Passthrough extensions that are enabled and that this headset supports."""
    eye_size_px: tuple[int, int]


class Runtime:
    """An open OpenXR instance with its headset; a context manager."""

    def __init__(self, app_name: str) -> None:
        self._app_name = app_name
        self.xr: Any = None
        self.instance: Any = None
        self.system: Any = None
        self.name: str | None = None
        """Name and version of the runtime, known as soon as it has answered."""
        self.enabled: frozenset[str] = frozenset()
        """The extensions that this instance was made with."""

    def __enter__(self) -> Self:
        """Open the instance and find the headset, or raise `DeviceError`."""
        self.xr = load()
        try:
            with explained("opening the runtime"):
                self._create_instance()
            with explained("looking for a headset"):
                form = self.xr.FormFactor.HEAD_MOUNTED_DISPLAY
                get = self.xr.SystemGetInfo(form_factor=form)
                self.system = self.xr.get_system(self.instance, get)
        except DeviceError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self.instance is not None:
            with gone_is_gone():
                self.xr.destroy_instance(self.instance)
            self.instance = None

    def _create_instance(self) -> None:
        xr = self.xr
        offered = self._offered_extensions()
        missing = [name for name in NEEDED if name not in offered]
        if missing:
            raise DeviceError(
                f"headset: the OpenXR runtime lacks {' and '.join(missing)}: "
                "choose another runtime in XR_RUNTIME_JSON"
            )
        wanted = [name for name in (*NEEDED, *WELCOME) if name in offered]
        self.instance = xr.create_instance(
            xr.InstanceCreateInfo(
                application_info=xr.ApplicationInfo(self._app_name, 1, engine_name="mrcpr"),
                enabled_extension_names=wanted,
            )
        )
        self.enabled = frozenset(wanted)
        self._clock = clocks.clock_of(xr, self.instance)
        self.name = bytes(xr.get_instance_properties(self.instance).runtime_name).decode()

    def _offered_extensions(self) -> tuple[str, ...]:
        found = self.xr.enumerate_instance_extension_properties()
        return tuple(bytes(item.extension_name).decode() for item in found)

    def offer(self) -> Offer:
        """Ask what this runtime and headset offer."""
        xr, stereo = self.xr, self.xr.ViewConfigurationType.PRIMARY_STEREO
        with explained("asking what the headset offers"):
            name, vendors = self._system()
            modes = xr.enumerate_environment_blend_modes(self.instance, self.system, stereo)
            views = xr.enumerate_view_configuration_views(self.instance, self.system, stereo)
            return Offer(
                self.name or "",
                name,
                tuple(xr.EnvironmentBlendMode(mode).name for mode in modes),
                vendors,
                (views[0].recommended_image_rect_width, views[0].recommended_image_rect_height),
            )

    def _system(self) -> tuple[str, frozenset[str]]:
        """Tell the headset's name, and which passthrough extensions it can use.

        A runtime may have XR_FB_passthrough while this headset has no camera;
        XR_HTC_passthrough knows no such question.
        """
        xr = self.xr
        properties, supports = xr.SystemProperties(), xr.SystemPassthroughPropertiesFB()
        if FB in self.enabled:
            properties.next = supports
        fetch = importlib.import_module("xr.raw_functions").xrGetSystemProperties
        checked = xr.check_result(
            xr.Result(fetch(self.instance, self.system, ctypes.byref(properties)))
        )
        if checked.is_exception():
            raise checked
        vendors = self.enabled & {HTC}
        if supports.supports_passthrough:
            vendors |= {FB}
        return bytes(properties.system_name).decode(), vendors

    def events(self) -> Iterator[Any]:
        """Give each waiting event, then stop."""
        while True:
            try:
                yield self.xr.poll_event(self.instance)
            except self.xr.exception.EventUnavailable:
                return

    def host_ns(self, time: Any) -> int:
        """Convert an XrTime to the host's monotonic clock, ns (`mr.clock.host`)."""
        return self._clock.host_ns(time)

    def xr_time(self, host_ns: int) -> int:
        """Convert the host's monotonic clock, ns, to an XrTime."""
        return self._clock.xr_time(host_ns)


def pose_from_xr(posef: Any) -> Pose:
    """Make a `Pose` of an XrPosef."""
    q, p = posef.orientation, posef.position
    rotation = Rotation.from_quat([q.x, q.y, q.z, q.w])
    return Pose(rotation.as_matrix(), np.array([p.x, p.y, p.z], dtype=np.float64))


def pose_to_xr(pose: Pose) -> Any:
    """Make an XrPosef of a `Pose`."""
    xr = load()
    x, y, z, w = (float(value) for value in Rotation.from_matrix(pose.R).as_quat())
    position = xr.Vector3f(*(float(value) for value in pose.t_m))
    return xr.Posef(orientation=xr.Quaternionf(x, y, z, w), position=position)
