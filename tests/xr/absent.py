"""Stand-ins for what may be missing: a headset without hand tracking, a runtime without a headset.

Monado's remote driver always has both. Each of these changes the one answer that says so; all
else passes to Monado.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any

import xr
from stand_in import OK, StandIn

VARIABLE = "ABSENT"


class NoHands(StandIn):
    """A headset that tracks no hands."""

    NAME = "XR_APILAYER_MRCPR_no_hands"

    def functions(self) -> dict[str, Callable[..., int]]:
        """Take the system's properties over."""
        return {**super().functions(), "xrGetSystemProperties": self.properties}

    def properties(self, instance: Any, system: Any, properties: Any) -> int:
        """Ask the runtime, then take hand tracking out of its answer."""
        result = self.below("xrGetSystemProperties", instance, system, properties)
        after = properties.contents._next
        while after:
            head = ctypes.cast(after, ctypes.POINTER(xr.BaseOutStructure)).contents
            if head._type == xr.StructureType.SYSTEM_HAND_TRACKING_PROPERTIES_EXT.value:
                hands = ctypes.POINTER(xr.SystemHandTrackingPropertiesEXT)
                ctypes.cast(after, hands).contents.supports_hand_tracking = 0
            after = ctypes.cast(head._next, ctypes.c_void_p).value
        return result


class NoHeadset(StandIn):
    """A runtime that runs, with nothing connected to it."""

    NAME = "XR_APILAYER_MRCPR_no_headset"

    def functions(self) -> dict[str, Callable[..., int]]:
        """Take the search for a system over."""
        return {**super().functions(), "xrGetSystem": self.system}

    def system(self, instance: Any, wanted: Any, system: Any) -> int:
        """Find none."""
        result = self.below("xrGetSystem", instance, wanted, system)
        return int(xr.Result.ERROR_FORM_FACTOR_UNAVAILABLE.value) if result == OK else result


def stand_in() -> StandIn | None:
    """Put up what the environment asks for; it must be kept as long as OpenXR is used."""
    kinds: dict[str, type[StandIn]] = {"hands": NoHands, "headset": NoHeadset}
    kind = kinds.get(os.environ.get(VARIABLE, ""))
    return None if kind is None else kind()
