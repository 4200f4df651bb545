"""Stand-ins for the two passthrough extensions, and what they hold us to.

Ref: OpenXR 1.1, XR_FB_passthrough and XR_HTC_passthrough.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import xr
from stand_in import KINDS, OK, StandIn, give, number

FB_PROPERTIES = int(KINDS.SYSTEM_PASSTHROUGH_PROPERTIES_FB.value)
REFUSED = int(xr.Result.ERROR_NOT_PERMITTED_PASSTHROUGH_FB.value)


@dataclass
class Feature:
    """A vendor's passthrough that lives; `layers` are the numbers of its layers, by state."""

    runs: bool = False
    layers: dict[int, bool] = field(default_factory=dict)


class Vendor(StandIn):
    """What both have in common: handles, and a session that must outlive them."""

    def __init__(self) -> None:
        self.alive: dict[int, Feature] = {}
        self.calls: list[str] = []
        self._newest = 0x5000
        super().__init__()

    def functions(self) -> dict[str, Callable[..., int]]:
        """Take over the end of the session, too."""
        return {**super().functions(), "xrDestroySession": self.destroy_session}

    def new_handle(self, out: Any) -> int:
        """Make a handle and hand it out."""
        self._newest += 1
        give(out, self._newest)
        return self._newest

    def destroy_session(self, session: Any) -> int:
        """Complain when the room is still there."""
        if self.alive:
            self.complain("the session was destroyed before its passthrough")
        return self.below("xrDestroySession", session)

    def check_frame(self, blend: str, layers: list[Any]) -> None:
        """Hold what both extensions ask of a frame."""
        if self.alive and blend != "OPAQUE":
            self.complain(f"blend mode {blend}: the room is a layer, so the blend is OPAQUE")
        room = self.where_is_the_room(layers, lives=bool(self.alive))
        if room is not None:
            self.check_room(room)

    def check_room(self, room: Any) -> None:
        """Hold what one extension asks of its layer."""
        raise NotImplementedError

    def check_type(self, structure: Any, kind: Any) -> bool:
        """Complain about a structure that says it is another one."""
        right = structure.contents._type == kind.value
        if not right:
            self.complain(f"not a {kind.name}")
        return bool(right)


class Fb(Vendor):
    """XR_FB_passthrough. `SUPPORTS` and `PERMITS` are what a headset may deny."""

    EXTENSION = "XR_FB_passthrough"
    ROOM_TYPE = KINDS.COMPOSITION_LAYER_PASSTHROUGH_FB
    SUPPORTS = True
    PERMITS = True

    def functions(self) -> dict[str, Callable[..., int]]:
        """Take over the extension's functions."""
        return {
            **super().functions(),
            "xrGetSystemProperties": self.system_properties,
            "xrCreatePassthroughFB": self.create_feature,
            "xrDestroyPassthroughFB": self.destroy_feature,
            "xrPassthroughStartFB": lambda feature: self.run_feature(feature, True),
            "xrPassthroughPauseFB": lambda feature: self.run_feature(feature, False),
            "xrCreatePassthroughLayerFB": self.create_layer,
            "xrDestroyPassthroughLayerFB": self.destroy_layer,
            "xrPassthroughLayerResumeFB": lambda layer: self.run_layer(layer, True),
            "xrPassthroughLayerPauseFB": lambda layer: self.run_layer(layer, False),
        }

    def system_properties(self, instance: Any, system: Any, properties: Any) -> int:
        """Say in the chain whether this headset has a camera."""
        at = properties.contents._next
        while at:
            structure = xr.SystemPassthroughPropertiesFB.from_address(at)
            if structure._type == FB_PROPERTIES:
                structure.supports_passthrough = int(self.SUPPORTS)
            at = structure._next
        return self.below("xrGetSystemProperties", instance, system, properties)

    def create_feature(self, session: Any, info: Any, out: Any) -> int:
        """Make the feature: one at a time."""
        self.calls.append("create")
        if not self.PERMITS:
            return REFUSED
        if not self.is_enabled:
            return self.complain("created without its extension enabled")
        if not self.check_type(info, KINDS.PASSTHROUGH_CREATE_INFO_FB):
            return int(xr.Result.ERROR_VALIDATION_FAILURE.value)
        if self.alive:
            return self.complain("a second feature beside the first")
        runs = bool(info.contents._flags & xr.PassthroughFlagsFB.IS_RUNNING_AT_CREATION_BIT.value)
        self.alive[self.new_handle(out)] = Feature(runs)
        return OK

    def destroy_feature(self, feature: Any) -> int:
        """End the feature, after its layers."""
        self.calls.append("destroy")
        found = self.alive.pop(number(feature), None)
        if found is None:
            return self.complain("a feature was destroyed that does not live")
        return self.complain("a feature was destroyed before its layer") if found.layers else OK

    def run_feature(self, feature: Any, runs: bool) -> int:
        """Start or pause the feature."""
        self.calls.append("start" if runs else "pause")
        if number(feature) not in self.alive:
            return self.complain("a feature was started or paused that does not live")
        self.alive[number(feature)].runs = runs
        return OK

    def create_layer(self, session: Any, info: Any, out: Any) -> int:
        """Make a layer of a feature that lives."""
        self.calls.append("create layer")
        if not self.check_type(info, KINDS.PASSTHROUGH_LAYER_CREATE_INFO_FB):
            return int(xr.Result.ERROR_VALIDATION_FAILURE.value)
        asked = info.contents
        feature = self.alive.get(number(asked.passthrough))
        if feature is None:
            return self.complain("a layer of a feature that does not live")
        if asked._purpose != xr.PassthroughLayerPurposeFB.RECONSTRUCTION.value:
            self.complain("a layer that is not the whole room")
        flag = xr.PassthroughFlagsFB.IS_RUNNING_AT_CREATION_BIT.value
        feature.layers[self.new_handle(out)] = bool(asked._flags & flag)
        return OK

    def destroy_layer(self, layer: Any) -> int:
        """End a layer."""
        self.calls.append("destroy layer")
        feature = self.feature_of(layer)
        if feature is None:
            return self.complain("a layer was destroyed that does not live")
        del feature.layers[number(layer)]
        return OK

    def run_layer(self, layer: Any, runs: bool) -> int:
        """Resume or pause a layer."""
        self.calls.append("resume layer" if runs else "pause layer")
        feature = self.feature_of(layer)
        if feature is None:
            return self.complain("a layer was resumed or paused that does not live")
        feature.layers[number(layer)] = runs
        return OK

    def feature_of(self, layer: Any) -> Feature | None:
        """Find the feature that a layer belongs to."""
        return next((f for f in self.alive.values() if number(layer) in f.layers), None)

    def check_room(self, room: Any) -> None:
        """Hold the layer to the specification: alive, running, in no space, with its flags."""
        layer = ctypes.cast(
            ctypes.byref(room), ctypes.POINTER(xr.CompositionLayerPassthroughFB)
        ).contents
        feature = self.feature_of(layer.layer_handle)
        if feature is None:
            self.complain("a frame shows a layer that does not live")
        elif not (feature.runs and feature.layers[number(layer.layer_handle)]):
            self.complain("a frame shows a layer that does not run")
        if number(layer.space):
            self.complain("the layer's space must be null")
        alpha = xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT.value
        if not layer._layer_flags & alpha:
            self.complain("the layer lost its flags")


class FbWithoutCamera(Fb):
    """A runtime that has the extension with a headset that has no camera."""

    SUPPORTS = False


class FbNotPermitted(Fb):
    """A runtime that refuses, as Meta's does on a PC without developer features."""

    PERMITS = False


class Htc(Vendor):
    """XR_HTC_passthrough."""

    EXTENSION = "XR_HTC_passthrough"
    ROOM_TYPE = KINDS.COMPOSITION_LAYER_PASSTHROUGH_HTC

    def functions(self) -> dict[str, Callable[..., int]]:
        """Take over the extension's functions."""
        return {
            **super().functions(),
            "xrCreatePassthroughHTC": self.create_room,
            "xrDestroyPassthroughHTC": self.destroy_room,
        }

    def create_room(self, session: Any, info: Any, out: Any) -> int:
        """Make one."""
        self.calls.append("create")
        if not self.is_enabled:
            return self.complain("created without its extension enabled")
        if not self.check_type(info, KINDS.PASSTHROUGH_CREATE_INFO_HTC):
            return int(xr.Result.ERROR_VALIDATION_FAILURE.value)
        if info.contents._form != xr.PassthroughFormHTC.PLANAR.value:
            self.complain("not the planar form: a mesh would be needed")
        self.alive[self.new_handle(out)] = Feature(True)
        return OK

    def destroy_room(self, room: Any) -> int:
        """End one."""
        self.calls.append("destroy")
        if self.alive.pop(number(room), None) is None:
            return self.complain("a passthrough was destroyed that does not live")
        return OK

    def check_room(self, room: Any) -> None:
        """Hold the layer to the specification: alive, its colour typed and whole."""
        layer = ctypes.cast(
            ctypes.byref(room), ctypes.POINTER(xr.CompositionLayerPassthroughHTC)
        ).contents
        if number(layer.passthrough) not in self.alive:
            self.complain("a frame shows a passthrough that does not live")
        if layer.color._type != KINDS.PASSTHROUGH_COLOR_HTC.value:
            self.complain("the colour is not an XrPassthroughColorHTC")
        if not number(layer.space) or not layer._layer_flags:
            self.complain("the layer needs a space and flags")
        if layer.color.alpha != 1.0:
            self.complain("the room is not shown whole")
