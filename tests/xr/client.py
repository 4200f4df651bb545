"""An OpenXR program for the tests: draws what it is told, one JSON line each way.

Run by `tests/xr/monado.py` with Monado's libraries; nothing here asserts anything.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import numpy as np

from mr.clock.host import host_now_ns
from mr.errors import DeviceError
from mr.types import Pose
from overlays.primitives import Color, Label, Panel, Polygon, Polyline, Rect, Ring, Scene, Text
from overlays.render.gl import GL_SRGB8_ALPHA8, Eye, EyeTarget, projection_from_fov
from overlays.xr.placement import default_xr_from_mannequin
from overlays.xr.session import FrameReport, HeadsetSession

RING_RADIUS_M = 0.06
RING_WIDTH_M = 0.012
MAGENTA: Color = (1.0, 0.0, 1.0, 1.0)
GIVE_UP_S = 60.0


def scene_of(name: str) -> Scene:
    """Give a scene by its name."""
    panel = Panel(
        512,
        256,
        (
            Rect(0.0, 0.0, 512.0, 256.0, (0.0, 0.6, 0.0, 1.0), 0.0),
            Text(256.0, 140.0, "panel", 60.0, (1.0, 1.0, 1.0, 1.0), "center"),
        ),
    )
    ring = Ring((0.0, 0.0, 0.0), RING_RADIUS_M, RING_WIDTH_M, MAGENTA)
    glass = Ring((0.0, 0.0, 0.0), RING_RADIUS_M, RING_WIDTH_M, (*MAGENTA[:3], 0.5))
    square = ((-0.3, -0.3, 0.0), (-0.2, -0.3, 0.0), (-0.2, -0.2, 0.0), (-0.3, -0.2, 0.0))
    others = (
        Polygon(square, (0.0, 0.0, 1.0, 1.0)),
        Polyline(((-0.3, 0.2, 0.0), (-0.2, 0.2, 0.0)), 0.02, (1.0, 0.0, 0.0, 1.0)),
        Label((0.0, 0.25, 0.0), "55 mm", 0.03, (1.0, 1.0, 0.0, 1.0)),
    )
    registered = {"ring": (ring, *others), "glass": (glass,), "empty": ()}[name]
    return Scene(0, registered, panel)


def plain(pose: Pose | None) -> dict[str, Any] | None:
    """Write a pose as JSON can."""
    return None if pose is None else {"R": pose.R.tolist(), "t_m": pose.t_m.tolist()}


def draw(session: HeadsetSession, name: str, n: int) -> dict[str, Any]:
    """Draw n frames of a scene and tell of the last one."""
    scene, give_up_s, drawn = scene_of(name), time.monotonic() + GIVE_UP_S, 0
    report: FrameReport | None = None
    while drawn < n and time.monotonic() < give_up_s:
        before_ns = host_now_ns()
        report = session.frame(lambda *_: (scene, default_xr_from_mannequin()))
        drawn += report is not None and report.drawn
        if report is None:
            time.sleep(0.005)
    if report is None:
        return {"frames": 0}
    return {
        "frames": drawn,
        "head": plain(report.xr_from_head),
        "eyes": [plain(pose) for pose in report.xr_from_view or ()],
        "fov_rad": report.fov_rad,
        "display_after_s": (report.display_ns - before_ns) / 1e9,
    }


def times(session: HeadsetSession) -> dict[str, Any]:
    """Tell how far a host time is off after a journey through the runtime's clock."""
    runtime, now_ns = session._runtime, host_now_ns()
    return {"round_trip_ns": runtime.host_ns(runtime.xr_time(now_ns)) - now_ns}


def coverage(session: HeadsetSession) -> dict[str, Any]:
    """Tell which alpha the drawn pixels carry, from a picture of our own."""
    size_px, ctx = (200, 200), session._ctx
    picture = ctx.framebuffer(ctx.texture(size_px, 4, internal_format=GL_SRGB8_ALPHA8))
    target = EyeTarget(ctx, size_px)
    above = Pose(np.eye(3), np.array([0.0, 0.0, 0.2]))
    eye = Eye(above, projection_from_fov((-0.5, 0.5, 0.5, -0.5)))
    found = {}
    for name in ("ring", "glass"):
        session._renderer.draw_registered(target.framebuffer, scene_of(name).registered, eye)
        target.resolve(picture)
        rgba = np.frombuffer(picture.read(components=4), np.uint8).reshape(200, 200, 4)
        most = np.unravel_index(rgba[:, :, 3].argmax(), (200, 200))
        found[name] = {"center": rgba[100, 100].tolist(), "most": rgba[most].tolist()}
    target.release()
    return found


def wrong_call(session: HeadsetSession) -> dict[str, Any]:
    """Ask for a reference space with a structure that says it is another one."""
    xr, refused = session._xr, ""
    info = xr.ReferenceSpaceCreateInfo(xr.ReferenceSpaceType.VIEW)
    info._type = xr.StructureType.SESSION_CREATE_INFO.value
    try:
        xr.create_reference_space(session._session, info)
    except xr.exception.XrException as error:
        refused = type(error).__name__
    return {"refused": refused}


def main() -> int:
    """Serve orders until the input closes."""
    see_through = None
    if os.environ.get("SEE_THROUGH"):
        from see_through import SeeThrough

        see_through = SeeThrough()
    try:
        with HeadsetSession("mrcpr tests") as session:
            hello = {"runtime": session.runtime_name, "blend": session.blend_mode.name}
            print(json.dumps(hello | {"floor": session.floor}), flush=True)
            for line in sys.stdin:
                order = json.loads(line)
                match order["do"]:
                    case "draw":
                        told = draw(session, order["scene"], order["n"])
                    case "layers" if see_through is not None:
                        told = see_through.handed_in
                    case "coverage":
                        told = coverage(session)
                    case "times":
                        told = times(session)
                    case "wrong":
                        told = wrong_call(session)
                    case other:
                        told = {"unknown": other}
                print(json.dumps(told), flush=True)
    except DeviceError as error:
        print(json.dumps({"device_error": str(error)}), flush=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
