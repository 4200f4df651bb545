"""An OpenXR program for the tests: draws what it is told, one JSON line each way.

Run by `tests/xr/monado.py` with Monado's libraries; nothing here asserts anything.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from typing import Any

import numpy as np

from mr.clock.host import host_now_ns
from mr.errors import DeviceError
from mr.types import Pose
from overlays.primitives import (
    Capsule,
    Color,
    Label,
    Panel,
    Polygon,
    Polyline,
    Rect,
    Registered,
    Ring,
    Scene,
    Text,
)
from overlays.render.gl import (
    GL_SRGB8_ALPHA8,
    SAMPLES,
    Eye,
    EyeTarget,
    SceneRenderer,
    projection_from_fov,
)
from overlays.render.mask import billboards
from overlays.render.mesh import Shapes
from overlays.scene import build_scene
from overlays.xr.chroma import KEY
from overlays.xr.composed import Composed, Standing
from overlays.xr.passthrough import Passthrough
from overlays.xr.placement import default_xr_from_mannequin
from overlays.xr.rig_view import RigPicture
from overlays.xr.session import FrameReport, HeadsetSession
from tests.snapshots import IN_FULL_SWING

RING_RADIUS_M = 0.06
RING_WIDTH_M = 0.012
MAGENTA: Color = (1.0, 0.0, 1.0, 1.0)
GIVE_UP_S = 80.0

LANDMARK_M = 0.024
LANDMARKS: tuple[tuple[str, tuple[float, float, float], Color], ...] = (
    ("red", (-0.10, 0.12, 0.0), (1.0, 0.0, 0.0, 1.0)),
    ("yellow", (0.10, 0.12, 0.02), (1.0, 1.0, 0.0, 1.0)),
    ("blue", (-0.12, -0.10, -0.03), (0.0, 0.0, 1.0, 1.0)),
    ("cyan", (0.12, -0.10, 0.0), (0.0, 1.0, 1.0, 1.0)),
    ("white", (0.0, 0.16, 0.05), (1.0, 1.0, 1.0, 1.0)),
)
"""Squares parallel to the chest: the middle of each in the mannequin's frame, m."""

PICTURE_PX = (320, 240)
PICTURE_LEFT, PICTURE_RIGHT = (0, 128, 255), (255, 255, 0)
"""The camera's picture: an orange half and a light blue one, as blue, green, red."""


def square(middle_m: tuple[float, float, float], color: Color) -> Polygon:
    """Give a landmark."""
    x_m, y_m, z_m = middle_m
    h_m = LANDMARK_M / 2
    corners = ((-h_m, -h_m), (h_m, -h_m), (h_m, h_m), (-h_m, h_m))
    return Polygon(tuple((x_m + dx, y_m + dy, z_m) for dx, dy in corners), color)


class Camera:
    """A rig's camera with a still picture that is another one after every ten looks."""

    def __init__(self) -> None:
        self.n_looks = 0
        width_px, height_px = PICTURE_PX
        self._bgr = np.empty((height_px, width_px, 3), dtype=np.uint8)
        self._bgr[:, : width_px // 2] = PICTURE_LEFT
        self._bgr[:, width_px // 2 :] = PICTURE_RIGHT

    def __call__(self) -> RigPicture | None:
        """Give the newest picture; at first there is none."""
        self.n_looks += 1
        return RigPicture(self._bgr, self.n_looks // 10) if self.n_looks > 5 else None


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
    if name == "swing":
        return build_scene(IN_FULL_SWING)
    ring = Ring((0.0, 0.0, 0.0), RING_RADIUS_M, RING_WIDTH_M, MAGENTA)
    glass = Ring((0.0, 0.0, 0.0), RING_RADIUS_M, RING_WIDTH_M, (*MAGENTA[:3], 0.5))
    corners = ((-0.3, -0.3, 0.0), (-0.2, -0.3, 0.0), (-0.2, -0.2, 0.0), (-0.3, -0.2, 0.0))
    others = (
        Polygon(corners, (0.0, 0.0, 1.0, 1.0)),
        Polyline(((-0.3, 0.2, 0.0), (-0.2, 0.2, 0.0)), 0.02, (1.0, 0.0, 0.0, 1.0)),
        Label((0.0, 0.25, 0.0), "55 mm", 0.03, (1.0, 1.0, 0.0, 1.0)),
    )
    marks = tuple(square(middle_m, color) for _, middle_m, color in LANDMARKS)
    # Drawn in the scene's order: the marks, which must be whole, lie over the ring.
    scenes: dict[str, tuple[Registered, ...]] = {
        "ring": (ring, *others),
        "glass": (glass,),
        "empty": (),
        "landmarks": (ring, *marks),
    }
    return Scene(0, scenes[name], panel)


def plain(pose: Pose | None) -> dict[str, Any] | None:
    """Write a pose as JSON can."""
    return None if pose is None else {"R": pose.R.tolist(), "t_m": pose.t_m.tolist()}


def draw(session: HeadsetSession, name: str, n: int) -> dict[str, Any]:
    """Draw n frames of a scene and tell of the last one."""
    scene, give_up_s, drawn = scene_of(name), time.monotonic() + GIVE_UP_S, 0
    standing = Standing()

    def composed(_display_ns: int, xr_from_head: Pose, passthrough: Passthrough) -> Composed:
        place, in_space = default_xr_from_mannequin(), passthrough.in_space
        return standing.stand(scene, place, xr_from_head, in_space=in_space)

    report: FrameReport | None = None
    costs: list[dict[str, float]] = []
    while drawn < n and time.monotonic() < give_up_s:
        before_ns = host_now_ns()
        report = session.frame(composed)
        drawn += report is not None and report.drawn
        if report is not None and report.drawn:
            costs.append(asdict(report.cost))
        if report is None:
            time.sleep(0.005)
    if report is None:
        return {"frames": 0}
    costs.sort(key=lambda cost: cost["own_s"])
    return {
        "frames": drawn,
        "head": plain(report.xr_from_head),
        "eyes": [plain(pose) for pose in report.xr_from_view or ()],
        "fov_rad": report.fov_rad,
        "display_after_s": (report.display_ns - before_ns) / 1e9,
        "kind": report.passthrough.kind,
        "meaning": report.passthrough.meaning,
        "shows_room": report.passthrough.shows_room,
        "panels_drawn": session.panels_drawn,
        "pictures_taken": session.pictures_taken,
        "costs": costs,
    }


def times(session: HeadsetSession) -> dict[str, Any]:
    """Tell how far a host time is off after a journey through the runtime's clock."""
    runtime, now_ns = session.runtime, host_now_ns()
    return {"round_trip_ns": runtime.host_ns(runtime.xr_time(now_ns)) - now_ns}


def coverage(session: HeadsetSession) -> dict[str, Any]:
    """Tell which alpha the drawn pixels carry, from a picture of our own."""
    found = {}
    for name in ("ring", "glass"):
        rgba = seen_from_above(session, name, None, 0.2)
        most = np.unravel_index(rgba[:, :, 3].argmax(), (200, 200))
        found[name] = {"center": rgba[100, 100].tolist(), "most": rgba[most].tolist()}
    return found


def seen_from_above(
    session: HeadsetSession,
    name: str,
    key: Color | None,
    up_m: float = 0.4,
    mask: tuple[Capsule, ...] = (),
) -> Any:
    """Draw a scene from above the chest into a picture of our own, (200, 200, 4)."""
    size_px, ctx = (200, 200), session._drawing.ctx
    picture = ctx.framebuffer(ctx.texture(size_px, 4, internal_format=GL_SRGB8_ALPHA8))
    target = EyeTarget(ctx, size_px, SAMPLES if key is None else 0)
    renderer = SceneRenderer(ctx, key)
    above = Pose(np.eye(3), np.array([0.0, 0.0, up_m]))
    eye = Eye(above, projection_from_fov((-0.5, 0.5, 0.5, -0.5)))
    registered = scene_of(name).registered
    labels = [item for item in registered if isinstance(item, Label)]
    vertices = Shapes(registered).seen_from(above.t_m)
    hands = billboards(mask, above.t_m).vertices()
    renderer.draw_registered(target.framebuffer, vertices, labels, eye, hands)
    target.resolve(picture)
    rgba = np.frombuffer(picture.read(components=4), np.uint8).reshape(200, 200, 4)
    target.release()
    renderer.release()
    return rgba


def keyed(session: HeadsetSession) -> dict[str, Any]:
    """Tell every colour there is in a whole scene over a key, and over the same without."""
    hard = seen_from_above(session, "swing", KEY)
    hand = Capsule((0.0, 0.0, 0.0), (0.06, 0.0, 0.0), 0.03)
    held = seen_from_above(session, "swing", KEY, mask=(hand,))
    soft = seen_from_above(session, "swing", None).astype(np.float64)
    # The control: the soft picture laid over the key, as a compositor would.
    alpha = soft[:, :, 3:] / 255
    light = np.where(
        soft[:, :, :3] / 255 <= 0.04045, 0, ((soft[:, :, :3] / 255 + 0.055) / 1.055) ** 2.4
    )
    over = light + (1 - alpha) * np.array(KEY[:3])
    mixed = np.round(255 * np.clip(1.055 * over ** (1 / 2.4) - 0.055, 0, 1)).astype(np.uint8)
    return {
        "hard": np.unique(hard.reshape(-1, 4), axis=0).tolist(),
        "held": np.unique(held.reshape(-1, 4), axis=0).tolist(),
        "freed": int((held != hard).any(axis=2).sum()),
        "mixed": np.unique(mixed.reshape(-1, 3), axis=0).tolist(),
    }


def spoil(session: HeadsetSession, how: str) -> dict[str, Any]:
    """Do something wrong with the room's layer, for the controls."""
    xr, room = session._xr, session._room
    if how == "order":
        made = session._room_layers
        session._room_layers = lambda *_: []
        kept = session._eyes.layer

        def late(*arguments: Any) -> Any:
            session._late = made(default_xr_from_mannequin(), "left")
            return kept(*arguments)

        session._eyes.layer = late
        end = session._frame_end
        session._frame_end = lambda state, layers: end(state, [*layers, *session._late])
    elif how == "early":
        layer = room._layer
        if hasattr(layer, "_feature"):
            xr.destroy_passthrough_layer_fb(layer._layer)
        else:
            xr.destroy_passthrough_htc(layer._passthrough)
    elif how == "paused":
        room.pause()
    return {}


def happen(session: HeadsetSession, stand_in: Any, bit: str) -> dict[str, Any]:
    """Let the runtime say something about its passthrough."""
    xr = session._xr
    flags = xr.PassthroughStateChangedFlagsFB[bit]
    stand_in.events.append(xr.EventDataPassthroughStateChangedFB(flags=flags))
    return {}


def wrong_call(session: HeadsetSession) -> dict[str, Any]:
    """Ask for a reference space with a structure that says it is another one."""
    xr, refused = session._xr, ""
    info = xr.ReferenceSpaceCreateInfo(xr.ReferenceSpaceType.VIEW)
    info._type = xr.StructureType.SESSION_CREATE_INFO.value
    try:
        xr.create_reference_space(session.handle, info)
    except xr.exception.XrException as error:
        refused = type(error).__name__
    return {"refused": refused}


def seem_to(session: HeadsetSession, stand_in: Any, state: str) -> dict[str, Any]:
    """Let the session's state seem to change, and follow it once without a frame."""
    xr = session._xr
    changed = xr.EventDataSessionStateChanged(session=session.handle, state=xr.SessionState[state])
    stand_in.is_pretending = True
    stand_in.events.append(changed)
    session._take_events()
    stand_in.is_pretending = False
    return {"running": session.running, "calls": stand_in.calls}


def stand_in_of(name: str) -> Any:
    """Give the layer that stands in for a vendor; each is at work as soon as it is made."""
    import stand_in
    import vendors

    kinds = {
        "plain": stand_in.StandIn,
        "alpha": stand_in.Alpha,
        "additive": stand_in.Additive,
        "fb": vendors.Fb,
        "fb without camera": vendors.FbWithoutCamera,
        "fb not permitted": vendors.FbNotPermitted,
        "htc": vendors.Htc,
    }
    return kinds[name]() if name else None


def record(stand_in: Any) -> dict[str, Any]:
    """Tell what was handed in."""
    return {
        "frames": dict(stand_in.frames),
        "complaints": stand_in.complaints,
        "calls": getattr(stand_in, "calls", []),
        **stand_in.last,
    }


def serve(session: HeadsetSession, stand_in: Any) -> None:
    """Answer orders until the input closes."""
    for line in sys.stdin:
        order = json.loads(line)
        match order["do"]:
            case "draw":
                told = draw(session, order["scene"], order["n"])
            case "layers":
                told = record(stand_in)
            case "coverage":
                told = coverage(session)
            case "keyed":
                told = keyed(session)
            case "times":
                told = times(session)
            case "wrong":
                told = wrong_call(session)
            case "spoil":
                told = spoil(session, order["how"])
            case "happen":
                told = happen(session, stand_in, order["bit"])
            case "seem":
                told = seem_to(session, stand_in, order["state"])
            case other:
                told = {"unknown": other}
        print(json.dumps(told), flush=True)


def main() -> int:
    """Open a session, serve it, and say what was left when it was over."""
    stand_in = stand_in_of(os.environ.get("STAND_IN", ""))
    camera = Camera() if os.environ.get("CAMERA") else None
    wanted = os.environ.get("WANTED") or None
    try:
        with HeadsetSession("mrcpr tests", passthrough=wanted, picture=camera) as session:
            now = session.passthrough
            hello = {"runtime": session.runtime_name, "kind": now.kind, "blend": now.blend}
            hello |= {"meaning": now.meaning, "floor": session.floor}
            hello |= {"enabled": sorted(session.runtime.enabled)}
            print(json.dumps(hello), flush=True)
            serve(session, stand_in)
    except DeviceError as error:
        print(json.dumps({"device_error": str(error)}), flush=True)
        return 2
    if stand_in is not None:
        print(json.dumps(record(stand_in)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
