"""An OpenXR API layer that makes any runtime offer a see-through blend mode.

Monado offers OPAQUE alone. This layer, in between, offers ALPHA_BLEND first, writes down
what is handed in, and passes it on as OPAQUE. It proves what *we* ask for, not what any
vendor's headset makes of it.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

import xr

NAME = "XR_APILAYER_MRCPR_see_through"


class SeeThrough(xr.DynamicApiLayerBase):
    """The layer; it works for one instance at a time."""

    def __init__(self) -> None:
        super().__init__(NAME)
        os.environ["XR_ENABLE_API_LAYERS"] = NAME
        self.handed_in: dict[str, Any] = {}
        # C keeps bare pointers to these: they must live as long as the layer.
        self._find = xr.PFN_xrGetInstanceProcAddr(self.find)
        self._create = xr.PFN_xrCreateApiLayerInstance(self.create)
        self._mine = {
            b"xrEnumerateEnvironmentBlendModes": xr.PFN_xrEnumerateEnvironmentBlendModes(
                self.enumerate_blend_modes
            ),
            b"xrEndFrame": xr.PFN_xrEndFrame(self.end_frame),
        }
        self._next_find: Any = None
        self._next_end_frame: Any = None

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
        """Let the instance be made below, and remember whom to ask for functions."""
        following = layer_info.contents.next_info.contents
        # A copy: what it stands in belongs to the loader, for the time of this call.
        address = ctypes.cast(following.next_get_instance_proc_addr, ctypes.c_void_p).value
        self._next_find = xr.PFN_xrGetInstanceProcAddr(address)
        return int(following.next_create_api_layer_instance(info, layer_info, instance))

    def find(self, instance: Any, name: bytes, function: Any) -> int:
        """Give our own functions for the two calls, the next layer's for all others."""
        result = int(self._next_find(instance, name, function))
        size = ctypes.sizeof(xr.PFN_xrVoidFunction)
        if name == b"xrEndFrame" and self._next_end_frame is None:
            self._next_end_frame = xr.PFN_xrEndFrame()
            ctypes.memmove(ctypes.byref(self._next_end_frame), function, size)
        if name in self._mine:
            ctypes.memmove(function, ctypes.byref(self._mine[name]), size)
        return result

    def enumerate_blend_modes(
        self, instance: Any, system: Any, views: Any, capacity: int, count: Any, modes: Any
    ) -> int:
        """Offer ALPHA_BLEND and OPAQUE."""
        count[0] = 2
        if capacity >= 2:
            modes[0] = xr.EnvironmentBlendMode.ALPHA_BLEND.value
            modes[1] = xr.EnvironmentBlendMode.OPAQUE.value
        return int(xr.Result.SUCCESS.value)

    def end_frame(self, session: Any, info: Any) -> int:
        """Write down the frame, then hand it on as OPAQUE."""
        frame = info.contents
        self.handed_in = {
            "blend": xr.EnvironmentBlendMode(frame._environment_blend_mode).name,
            "layers": [self._layer(frame._layers[k]) for k in range(frame.layer_count)],
        }
        frame._environment_blend_mode = xr.EnvironmentBlendMode.OPAQUE.value
        return int(self._next_end_frame(session, info))

    def _layer(self, pointer: Any) -> dict[str, Any]:
        header = pointer.contents
        flags = xr.CompositionLayerFlags(header._layer_flags)
        kinds = xr.CompositionLayerFlags
        return {
            "type": xr.StructureType(header._type).name,
            "source_alpha": bool(flags & kinds.BLEND_TEXTURE_SOURCE_ALPHA_BIT),
            "straight_alpha": bool(flags & kinds.UNPREMULTIPLIED_ALPHA_BIT),
        }
