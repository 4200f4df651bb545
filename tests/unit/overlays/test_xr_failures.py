"""What OpenXR and OpenGL refuse, on a runtime of ours: said as `DeviceError`, or let go.

Real runtimes do not fail on request; what is called in is the real code, with pyopenxr's real
exceptions and flags.
"""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mr.errors import DeviceError
from overlays.xr import openxr

try:
    xr: Any = openxr.load()
except DeviceError as missing:
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        raise
    pytest.skip(str(missing), allow_module_level=True)

from overlays.xr import context
from overlays.xr.hands import HandTrackers
from overlays.xr.session import HeadsetSession
from overlays.xr.swapchain import Swapchain

LOST = xr.exception.SessionLostError


def refuses(*_: Any) -> None:
    """Refuse as pyopenxr does."""
    raise LOST


def made(kind: type, **fields: Any) -> Any:
    """Make an object without opening anything."""
    it = kind.__new__(kind)
    for name, value in fields.items():
        setattr(it, name, value)
    return it


def test_what_a_lost_runtime_will_not_destroy_is_let_go() -> None:
    released: list[str] = []
    lost = SimpleNamespace(
        destroy_session=refuses,
        destroy_instance=refuses,
        destroy_swapchain=refuses,
        destroy_hand_tracker_ext=lambda tracker: (released.append(tracker), refuses()),
    )
    framebuffer = SimpleNamespace(release=lambda: released.append("framebuffer"))
    texture = SimpleNamespace(release=lambda: released.append("texture"))
    with pytest.raises(LOST):
        lost.destroy_session(None)  # the control
    made(HeadsetSession, _xr=lost, _session=None)._destroy_session()
    made(
        Swapchain, _xr=lost, handle=None, _framebuffers=[framebuffer], _textures=[texture]
    ).release()
    made(HandTrackers, _xr=lost, _trackers={"left": "left", "right": "right"}).release()
    runtime = openxr.Runtime("test")
    runtime.xr, runtime.instance = lost, "instance"
    runtime.__exit__(None, None, None)
    assert runtime.instance is None
    assert released == ["framebuffer", "texture", "left", "right"], "each is tried"


def test_a_runtime_lost_while_it_is_asked_for_hands_is_a_device_error() -> None:
    functions = SimpleNamespace(xrGetSystemProperties=lambda *_: xr.Result.ERROR_INSTANCE_LOST)
    asked = SimpleNamespace(
        SystemHandTrackingPropertiesEXT=xr.SystemHandTrackingPropertiesEXT,
        SystemProperties=xr.SystemProperties,
        check_result=xr.check_result,
        raw_functions=functions,
    )
    runtime: Any = SimpleNamespace(
        xr=asked, enabled={openxr.HAND_TRACKING}, name="a runtime", instance=None, system=None
    )
    with pytest.raises(DeviceError, match="connection was lost"):
        HandTrackers(runtime, None)
    runtime.enabled = set()
    assert "gives no hand joints" in HandTrackers(runtime, None).why_not, "the control"


def test_a_driver_that_gives_no_context_is_a_device_error_and_leaves_no_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import glfw

    done: list[str] = []
    monkeypatch.setattr(glfw, "init", lambda: True)
    monkeypatch.setattr(glfw, "window_hint", lambda *_: None)
    monkeypatch.setattr(glfw, "create_window", lambda *_: "window")
    monkeypatch.setattr(glfw, "make_context_current", lambda _: None)
    monkeypatch.setattr(glfw, "swap_interval", lambda _: None)
    monkeypatch.setattr(glfw, "destroy_window", done.append)
    monkeypatch.setattr(glfw, "terminate", lambda: done.append("terminated"))

    def fails(**_: Any) -> None:
        raise ValueError("Requested OpenGL version 330, got version 210")

    monkeypatch.setattr(context.moderngl, "create_context", fails)
    with pytest.raises(DeviceError, match="got version 210"), context.HiddenContext():
        pass
    assert done == ["window", "terminated"]


@pytest.mark.parametrize("missing", ["POSITION_TRACKED_BIT", "ORIENTATION_TRACKED_BIT", ""])
def test_a_head_that_is_only_inferred_is_not_told(missing: str) -> None:
    bits = xr.SpaceLocationFlags
    flags = (
        bits.POSITION_VALID_BIT
        | bits.ORIENTATION_VALID_BIT
        | bits.POSITION_TRACKED_BIT
        | bits.ORIENTATION_TRACKED_BIT
    )
    if missing:
        flags &= ~bits[missing]
    pose = xr.Posef(position=xr.Vector3f(1.0, 2.0, 3.0))
    runtime = SimpleNamespace(
        SpaceLocationFlags=bits,
        locate_space=lambda *_: SimpleNamespace(location_flags=flags, pose=pose),
    )
    head = made(HeadsetSession, _xr=runtime, _head_space=None, _space=None).head_at(0)
    if missing:
        assert head is None
    else:
        assert np.array_equal(head.t_m, [1.0, 2.0, 3.0])


def test_a_headset_that_opens_and_fails_again_and_again_is_greeted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from overlays.xr import hands, session, view

    said: list[str] = []
    rounds = iter(["fails", "fails", "shows", "fails", "fails"])
    left = [5]

    class Opened:
        """A session that fails with its first frame, or with its second."""

        system_name, runtime_name, floor, over = "Headset", "Runtime", "floor", None
        passthrough = SimpleNamespace(meaning="the room is seen")
        runtime = handle = None

        def __init__(self, *_: Any, **__: Any) -> None:
            self._left = {"fails": 0, "shows": 1}[next(rounds)]

        def __enter__(self) -> Opened:
            return self

        def __exit__(self, *_: object) -> None:
            left[0] -= 1

        def frame(self, _: object) -> Any:
            if not self._left:
                raise DeviceError("headset: it broke")
            self._left -= 1
            return SimpleNamespace(passthrough=self.passthrough, why="")

    none = SimpleNamespace(why_not="", release=lambda: None)
    monkeypatch.setattr(session, "HeadsetSession", Opened)
    monkeypatch.setattr(hands, "HandTrackers", lambda *_: none)
    monkeypatch.setattr("overlays.xr.streams.Streams.of", lambda *_, **__: [])
    monkeypatch.setattr(view, "RETRY_S", 0.0)
    composer = SimpleNamespace(measured_ns=None, predicted=False)
    view.run_headset_view(lambda: composer, lambda: left[0] == 0, say=said.append)
    # Once at the start; once more after a frame was shown and it was lost.
    assert said.count("headset: Headset on Runtime") == 2
    assert said.count("headset: the room is seen") == 2
