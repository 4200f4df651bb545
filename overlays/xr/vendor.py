"""The headset's camera picture as a layer: XR_FB_passthrough and XR_HTC_passthrough.

Takes an open session, gives an object that is started, paused, handed in as the first
layer, and closed before the session is. Leaves the choice to `overlays.xr.passthrough`.

What pyopenxr 1.1.6501 does wrong: the constructor of `CompositionLayerPassthroughFB`
takes the flags by the specification's own slip of the pen (``flags`` for ``layerFlags``)
and drops them; they are set afterwards.
"""

from __future__ import annotations

import ctypes
from typing import Any, Literal, Protocol

from overlays.xr import openxr
from overlays.xr.passthrough import Kind

Change = Literal["restart", "lost", "interrupted", "restored"]
"""What a runtime says about its passthrough while it runs."""


class RoomLayer(Protocol):
    """The room as a vendor's layer."""

    def start(self) -> None:
        """Let it run: the session has begun."""
        ...

    def pause(self) -> None:
        """Let it rest: the session has ended, and may begin again."""
        ...

    def layer(self, space: Any) -> Any:
        """Give the composition layer; all others lie on it."""
        ...

    def close(self) -> None:
        """Give it back, while the session still lives."""
        ...


class FbRoom:
    """XR_FB_passthrough: a feature that runs, and one reconstructed layer of it."""

    def __init__(self, xr: Any, session: Any) -> None:
        self._xr = xr
        self._feature = xr.create_passthrough_fb(session, xr.PassthroughCreateInfoFB())
        try:
            info = xr.PassthroughLayerCreateInfoFB(
                passthrough=self._feature, purpose=xr.PassthroughLayerPurposeFB.RECONSTRUCTION
            )
            self._layer = xr.create_passthrough_layer_fb(session, info)
        except xr.exception.XrException:
            xr.destroy_passthrough_fb(self._feature)
            raise

    def start(self) -> None:
        """Let feature and layer run."""
        self._xr.passthrough_start_fb(self._feature)
        self._xr.passthrough_layer_resume_fb(self._layer)

    def pause(self) -> None:
        """Let layer and feature rest."""
        self._xr.passthrough_layer_pause_fb(self._layer)
        self._xr.passthrough_pause_fb(self._feature)

    def layer(self, space: Any) -> Any:
        """Give the layer; this extension wants a null space."""
        layer = self._xr.CompositionLayerPassthroughFB(layer_handle=self._layer)
        layer.layer_flags = self._xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT
        return layer

    def close(self) -> None:
        """Destroy the layer, then what it belongs to."""
        with openxr.gone_is_gone():
            self._xr.destroy_passthrough_layer_fb(self._layer)
        with openxr.gone_is_gone():
            self._xr.destroy_passthrough_fb(self._feature)


class HtcRoom:
    """XR_HTC_passthrough in its planar form; it runs as long as its layer is handed in."""

    def __init__(self, xr: Any, session: Any) -> None:
        self._xr = xr
        info = xr.PassthroughCreateInfoHTC(form=xr.PassthroughFormHTC.PLANAR)
        self._passthrough = xr.create_passthrough_htc(session, info)

    def start(self) -> None:
        """Nothing to do: this extension knows no pause."""

    def pause(self) -> None:
        """Nothing to do: without frames nothing is shown."""

    def layer(self, space: Any) -> Any:
        """Give the layer, whole; a planar one stands nowhere, but flags and space must be."""
        return self._xr.CompositionLayerPassthroughHTC(
            layer_flags=self._xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT,
            space=space,
            passthrough=self._passthrough,
            color=self._xr.PassthroughColorHTC(alpha=1.0),
        )

    def close(self) -> None:
        """Destroy it."""
        with openxr.gone_is_gone():
            self._xr.destroy_passthrough_htc(self._passthrough)


def open_room(kind: Kind, xr: Any, session: Any) -> RoomLayer | None:
    """Open the layer that a way needs; most need none."""
    if kind == "fb":
        return FbRoom(xr, session)
    return HtcRoom(xr, session) if kind == "htc" else None


def change_of(xr: Any, event: Any) -> Change | None:
    """Read what an XrEventDataPassthroughStateChangedFB says, the gravest first."""
    told = ctypes.cast(
        ctypes.byref(event), ctypes.POINTER(xr.EventDataPassthroughStateChangedFB)
    ).contents
    bits = xr.PassthroughStateChangedFlagsFB
    said: tuple[tuple[Any, Change], ...] = (
        (bits.NON_RECOVERABLE_ERROR_BIT, "lost"),
        (bits.REINIT_REQUIRED_BIT, "restart"),
        (bits.RECOVERABLE_ERROR_BIT, "interrupted"),
        (bits.RESTORED_ERROR_BIT, "restored"),
    )
    return next((change for bit, change in said if bits(told.flags) & bit), None)
