"""How the overlay meets the real world: chosen from what the runtime offers.

Takes what runtime and caller offer, gives one `Passthrough` that says what the learner
will see; leaves asking the runtime to `overlays.xr.openxr` and a vendor's own calls to
`overlays.xr.vendor`. Pure. Decision 0023 gives the reasons for the order.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from mr.errors import DeviceError

BlendName = Literal["ALPHA_BLEND", "ADDITIVE", "OPAQUE"]
Kind = Literal["alpha", "additive", "fb", "htc", "chroma", "camera", "opaque"]

FB = "XR_FB_passthrough"
HTC = "XR_HTC_passthrough"

_BLEND: dict[Kind, BlendName] = {"alpha": "ALPHA_BLEND", "additive": "ADDITIVE"}
_SHOWS_ROOM: frozenset[Kind] = frozenset({"alpha", "additive", "fb", "htc", "chroma"})

MEANING: dict[Kind, str] = {
    "alpha": "ALPHA_BLEND: the overlay lies on the headset's own camera picture",
    "additive": (
        "ADDITIVE: the overlay is added to the light seen through the headset's glass, "
        "where nothing dark can be seen"
    ),
    "fb": f"{FB}: the overlay lies on a layer of the headset's own camera picture",
    "htc": f"{HTC}: the overlay lies on a layer of the headset's own camera picture",
    "chroma": (
        "CHROMA KEY: the overlay lies on one plain colour, which the streaming software "
        "must be set to replace by the headset's camera picture"
    ),
    "camera": (
        "OPAQUE: the room is not seen; a picture shows the rig camera's view of the "
        "mannequin, not the learner's, and the overlay is drawn into that picture"
    ),
    "opaque": (
        "OPAQUE: the room is not seen, neither the headset nor a rig camera shows it: "
        "the overlay lies on black"
    ),
}
"""In order of preference; `chroma` is never chosen unasked, `opaque` is what is left."""


@dataclass(frozen=True, slots=True)
class Passthrough:
    """The way in use, and in words what it means.

    `shows_room`: whether the learner sees the real mannequin behind the overlay.
    """

    kind: Kind
    meaning: str
    shows_room: bool

    @property
    def blend(self) -> BlendName:
        """The environment blend mode that frames are handed in with."""
        return _BLEND.get(self.kind, "OPAQUE")

    @property
    def in_space(self) -> bool:
        """Whether registered primitives are drawn in space.

        Over a flat picture from another place they would stand on nothing: there they
        are drawn into the picture, by whoever gives it.
        """
        return self.kind != "camera"


def passthrough(kind: Kind, why: str = "") -> Passthrough:
    """Describe a way; `why` tells what stood in the way of better ones."""
    meaning = f"{MEANING[kind]} ({why})" if why else MEANING[kind]
    return Passthrough(kind, meaning, kind in _SHOWS_ROOM)


def interrupted(now: Passthrough) -> Passthrough:
    """Describe a way whose picture of the room is away for the moment."""
    return replace(now, shows_room=False, meaning=f"{now.meaning} (interrupted by the headset)")


def offered_kinds(
    blend_names: Collection[str], vendors: Collection[str], has_picture: bool
) -> tuple[Kind, ...]:
    """Give the ways that are open here, best first.

    Parameters
    ----------
    blend_names
        Environment blend modes of the runtime.
    vendors
        Passthrough extensions that are enabled and that the headset supports.
    has_picture
        Whether the caller gives a rig camera's pictures.
    """
    is_open: dict[Kind, bool] = {
        "alpha": "ALPHA_BLEND" in blend_names,
        "additive": "ADDITIVE" in blend_names,
        "fb": FB in vendors,
        "htc": HTC in vendors,
        "chroma": True,
        "camera": has_picture,
        "opaque": True,
    }
    opaque_too = "OPAQUE" in blend_names
    return tuple(kind for kind in MEANING if is_open[kind] and (kind in _BLEND or opaque_too))


def choose(
    offered: Collection[Kind], wanted: str | None = None, refused: Collection[Kind] = ()
) -> Kind:
    """Take the best of the offered ways, or the one asked for by name.

    Parameters
    ----------
    offered
        From `offered_kinds`, best first.
    wanted
        A `Kind`, or None to let the order decide.
    refused
        What was tried and did not work.

    Raises
    ------
    DeviceError
        When the way asked for is not offered or was refused, or when nothing is left.
    """
    left = [kind for kind in offered if kind not in refused]
    if wanted is not None:
        for kind in left:
            if kind == wanted:
                return kind
        raise DeviceError(
            f"headset: passthrough {wanted!r} is not offered here: "
            f"choose one of {', '.join(left)}, or none to let the runtime decide"
        )
    for kind in left:
        if kind != "chroma":
            return kind
    raise DeviceError("headset: the OpenXR runtime offers no known blend mode: choose another one")
