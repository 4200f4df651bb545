"""An OpenXR API layer that makes any headset one without hand tracking.

Monado's remote driver always has hands. This layer, in between, changes the one answer that
says so; all else passes.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

import xr

NAME = "XR_APILAYER_MRCPR_no_hands"


class NoHands(xr.DynamicApiLayerBase):
    """The layer; it works for one instance at a time."""

    def __init__(self) -> None:
        super().__init__(NAME)
        os.environ["XR_ENABLE_API_LAYERS"] = NAME
        # C keeps bare pointers to these: they must live as long as the layer.
        self._find = xr.PFN_xrGetInstanceProcAddr(self.find)
        self._create = xr.PFN_xrCreateApiLayerInstance(self.create)
        self._mine = xr.PFN_xrGetSystemProperties(self.properties)
        self._next_find: Any = None
        self._next_properties: Any = None

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
        address = ctypes.cast(following.next_get_instance_proc_addr, ctypes.c_void_p).value
        self._next_find = xr.PFN_xrGetInstanceProcAddr(address)
        return int(following.next_create_api_layer_instance(info, layer_info, instance))

    def find(self, instance: Any, name: bytes, function: Any) -> int:
        """Give our own function for the one call, the next layer's for all others."""
        result = int(self._next_find(instance, name, function))
        if name == b"xrGetSystemProperties":
            size = ctypes.sizeof(xr.PFN_xrVoidFunction)
            if self._next_properties is None:
                self._next_properties = xr.PFN_xrGetSystemProperties()
                ctypes.memmove(ctypes.byref(self._next_properties), function, size)
            ctypes.memmove(function, ctypes.byref(self._mine), size)
        return result

    def properties(self, instance: Any, system: Any, properties: Any) -> int:
        """Ask the runtime, then take hand tracking out of its answer."""
        result = int(self._next_properties(instance, system, properties))
        after = properties.contents._next
        while after:
            head = ctypes.cast(after, ctypes.POINTER(xr.BaseOutStructure)).contents
            if head._type == xr.StructureType.SYSTEM_HAND_TRACKING_PROPERTIES_EXT.value:
                hands = ctypes.POINTER(xr.SystemHandTrackingPropertiesEXT)
                ctypes.cast(after, hands).contents.supports_hand_tracking = 0
            after = ctypes.cast(head._next, ctypes.c_void_p).value
        return result
