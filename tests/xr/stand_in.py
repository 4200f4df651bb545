"""An OpenXR API layer that stands in for a vendor's runtime, and writes down what it gets.

Monado offers OPAQUE alone and no passthrough. A layer in between offers more, checks what
is handed in against the specification, takes out what Monado does not know, and passes the
rest on. It proves what *we* ask for and hand in, not what any vendor's headset makes of
it. With core validation enabled it stands between that and Monado: validation sees our
calls as they are, extension included.
"""

from __future__ import annotations

import ctypes
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xr

OK = int(xr.Result.SUCCESS.value)
KINDS = xr.StructureType


class StandIn(xr.DynamicApiLayerBase):
    """A layer that offers nothing of its own; it works for one instance at a time.

    `frames` counts what was handed in: the blend mode, then each layer with its alpha.
    `complaints` are breaches of the specification, each said once.
    """

    NAME = "XR_APILAYER_MRCPR_stand_in"
    EXTENSION = ""
    BLEND_MODES: tuple[Any, ...] = ()
    ROOM_TYPE: Any = None

    def __init__(self) -> None:
        super().__init__(self.NAME)
        self._write_manifest()
        before = os.environ.get("XR_ENABLE_API_LAYERS")
        # The first is the nearest to the program: validation sees what we do, not what is left.
        os.environ["XR_ENABLE_API_LAYERS"] = ":".join(filter(None, [before, self.NAME]))
        self.frames: Counter[str] = Counter()
        self.last: dict[str, Any] = {}
        self.complaints: list[str] = []
        self.events: list[Any] = []
        self.is_pretending = False
        """The session only seems to stop and begin again: Monado never stops one by itself."""
        # C keeps bare pointers to these: they must live as long as the layer.
        self._find = xr.PFN_xrGetInstanceProcAddr(self.find)
        self._create = xr.PFN_xrCreateApiLayerInstance(self.create)
        self._mine: dict[bytes, Any] = {}
        self._next: dict[bytes, Any] = {}
        self._next_find: Any = None
        for name, function in self.functions().items():
            kind = getattr(xr, f"PFN_{name}")
            self._mine[name.encode()] = kind(self._guarded(function))

    def functions(self) -> dict[str, Callable[..., int]]:
        """Give the functions that this layer takes over, by their OpenXR names."""
        mine: dict[str, Callable[..., int]] = {
            "xrEndFrame": self.end_frame,
            "xrBeginSession": self.begin_session,
            "xrEndSession": self.end_session,
            "xrPollEvent": self.poll_event,
        }
        if self.BLEND_MODES:
            mine["xrEnumerateEnvironmentBlendModes"] = self.enumerate_blend_modes
        return mine

    def complain(self, what: str) -> int:
        """Write a breach down, once, and refuse as a runtime would."""
        if what not in self.complaints:
            self.complaints.append(what)
        return int(xr.Result.ERROR_VALIDATION_FAILURE.value)

    def _guarded(self, function: Callable[..., int]) -> Callable[..., int]:
        """Turn a mistake of this layer into a complaint: C knows no exceptions."""

        def guarded(*arguments: Any) -> int:
            try:
                return function(*arguments)
            except Exception as error:  # noqa: BLE001 -- see above
                return self.complain(f"the layer itself failed: {type(error).__name__}: {error}")

        return guarded

    def _write_manifest(self) -> None:
        path = Path(self.json_path) / f"{self.NAME}.json"
        manifest = json.loads(path.read_text())
        if self.EXTENSION:
            offered = {"name": self.EXTENSION, "extension_version": "1"}
            manifest["api_layer"]["instance_extensions"] = [offered]
        path.write_text(json.dumps(manifest))

    def negotiate_loader_api_layer_interface(
        self, loader_info: Any, layer_name: str, api_layer_request: Any
    ) -> Any:
        """Tell the loader where the layer begins."""
        api_layer_request.layer_interface_version = xr.CURRENT_LOADER_API_LAYER_VERSION
        api_layer_request.layer_api_version = xr.XR_CURRENT_API_VERSION
        api_layer_request.get_instance_proc_addr = self._find
        api_layer_request.create_api_layer_instance = self._create
        return xr.Result.SUCCESS

    def create(self, info: Any, layer_info: Any, instance: Any) -> int:
        """Let the instance be made below, without our extension; remember whom to ask."""
        following = layer_info.contents.next_info.contents
        # A copy: what it stands in belongs to the loader, for the time of this call.
        address = ctypes.cast(following.next_get_instance_proc_addr, ctypes.c_void_p).value
        self._next_find = xr.PFN_xrGetInstanceProcAddr(address)
        asked = info.contents
        names = [asked._enabled_extension_names[k] for k in range(asked.enabled_extension_count)]
        self.is_enabled = self.EXTENSION.encode() in names
        kept = [name for name in names if name != self.EXTENSION.encode()]
        stripped = xr.InstanceCreateInfo.from_buffer_copy(asked)
        array = (ctypes.c_char_p * len(kept))(*kept)
        stripped.enabled_extension_count = len(kept)
        stripped._enabled_extension_names = ctypes.cast(array, ctypes.POINTER(ctypes.c_char_p))
        return int(
            following.next_create_api_layer_instance(
                ctypes.pointer(stripped), following_info(layer_info), instance
            )
        )

    def find(self, instance: Any, name: bytes, function: Any) -> int:
        """Give our own functions where we have one, the next layer's for all others."""
        result = int(self._next_find(instance, name, function))
        if name not in self._mine:
            return result
        size = ctypes.sizeof(xr.PFN_xrVoidFunction)
        if result == OK and name not in self._next:
            self._next[name] = getattr(xr, f"PFN_{name.decode()}")()
            ctypes.memmove(ctypes.byref(self._next[name]), function, size)
        ctypes.memmove(function, ctypes.byref(self._mine[name]), size)
        return OK

    def below(self, name: str, *arguments: Any) -> int:
        """Call the next layer's function."""
        return int(self._next[name.encode()](*arguments))

    def enumerate_blend_modes(
        self, instance: Any, system: Any, views: Any, capacity: int, count: Any, modes: Any
    ) -> int:
        """Offer this layer's modes."""
        count[0] = len(self.BLEND_MODES)
        for k, mode in enumerate(self.BLEND_MODES[:capacity]):
            modes[k] = mode.value
        return OK

    def begin_session(self, session: Any, info: Any) -> int:
        """Begin, or only seem to."""
        return OK if self.is_pretending else self.below("xrBeginSession", session, info)

    def end_session(self, session: Any) -> int:
        """End, or only seem to."""
        return OK if self.is_pretending else self.below("xrEndSession", session)

    def poll_event(self, instance: Any, buffer: Any) -> int:
        """Give events of the test's own first."""
        if self.events:
            event = self.events.pop(0)
            ctypes.memmove(buffer, ctypes.byref(event), ctypes.sizeof(event))
            return OK
        return self.below("xrPollEvent", instance, buffer)

    def end_frame(self, session: Any, info: Any) -> int:
        """Write the frame down, check it, and hand on what Monado knows, as OPAQUE."""
        frame = info.contents
        layers = [frame._layers[k] for k in range(frame.layer_count)]
        told = [describe(layer) for layer in layers]
        blend = xr.EnvironmentBlendMode(frame._environment_blend_mode).name
        self.last = {"blend": blend, "layers": told}
        self.frames[" ".join([blend, *(layer["word"] for layer in told)])] += 1
        self.check_frame(blend, layers)
        kept = [layer for layer in layers if layer.contents._type != self._room_type()]
        array = (type(layers[0]) * len(kept))(*kept) if kept else None
        passed = xr.FrameEndInfo.from_buffer_copy(frame)
        passed._environment_blend_mode = xr.EnvironmentBlendMode.OPAQUE.value
        passed.layer_count = len(kept)
        passed._layers = ctypes.cast(array, type(frame._layers)) if kept else None
        return self.below("xrEndFrame", session, ctypes.pointer(passed))

    def check_frame(self, blend: str, layers: list[Any]) -> None:
        """Complain about what a vendor's runtime would refuse or show wrongly."""

    def _room_type(self) -> int:
        return -1 if self.ROOM_TYPE is None else int(self.ROOM_TYPE.value)

    def where_is_the_room(self, layers: list[Any], lives: bool) -> Any:
        """Give the room's layer if it lies where it belongs: first, and once."""
        at = [k for k, layer in enumerate(layers) if layer.contents._type == self._room_type()]
        if lives and layers and not at:
            self.complain("a frame without the room")
        elif at and at != [0]:
            self.complain(f"the room lies at {at}, not first: it hides what is under it")
        return layers[at[0]].contents if at else None


class Alpha(StandIn):
    """A runtime whose compositor lays our picture on its own camera's."""

    BLEND_MODES = (xr.EnvironmentBlendMode.ALPHA_BLEND, xr.EnvironmentBlendMode.OPAQUE)


class Additive(StandIn):
    """A runtime whose display is glass."""

    BLEND_MODES = (xr.EnvironmentBlendMode.ADDITIVE,)


def following_info(layer_info: Any) -> Any:
    """Give the same create info, one layer further down."""
    info = type(layer_info.contents).from_buffer_copy(layer_info.contents)
    info.next_info = layer_info.contents.next_info.contents.next
    return ctypes.pointer(info)


def describe(pointer: Any) -> dict[str, Any]:
    """Tell what a layer is and how its alpha is meant."""
    header = pointer.contents
    name = KINDS(header._type).name.removeprefix("COMPOSITION_LAYER_").lower()
    flags, bits = xr.CompositionLayerFlags(header._layer_flags), xr.CompositionLayerFlags
    source_alpha = bool(flags & bits.BLEND_TEXTURE_SOURCE_ALPHA_BIT)
    straight = bool(flags & bits.UNPREMULTIPLIED_ALPHA_BIT)
    word = name + ("+alpha" if source_alpha else "") + ("+straight" if straight else "")
    return {"type": name, "source_alpha": source_alpha, "straight": straight, "word": word}


def number(handle: Any) -> int:
    """Read a handle as a number; 0 is null."""
    return int(ctypes.cast(handle, ctypes.c_void_p).value or 0)


def give(out: Any, handle: int) -> None:
    """Write a new handle where the caller wants it."""
    ctypes.cast(out, ctypes.POINTER(ctypes.c_uint64))[0] = handle
