"""The room behind the overlay, for one session: opened, followed, and replaced when it fails.

Takes what is offered and a way asked for by name, gives the `Passthrough` in use and, where
a vendor's layer shows the room, that layer. A way that fails is left for the next one and
said so; only one that was asked for by name is an error, and only at the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mr.errors import DeviceError
from overlays.xr.passthrough import Kind, Passthrough, choose, interrupted, passthrough
from overlays.xr.vendor import RoomLayer, change_of, open_room


class Room:
    """The way in use; `passthrough` may change while the session runs."""

    def __init__(self, xr: Any, session: Any, offered: Sequence[Kind], wanted: str | None) -> None:
        self._xr, self._session = xr, session
        self._offered, self._wanted = offered, wanted
        self._failed: dict[Kind, str] = {}
        self._layer: RoomLayer | None = None
        self._running = False
        self.passthrough: Passthrough = self._open()

    def start(self) -> None:
        """Let it run: the session has begun."""
        self._running = True
        if self._layer is not None:
            try:
                self._layer.start()
            except self._xr.exception.XrException as error:
                self._replace(type(error).__name__)

    def pause(self) -> None:
        """Let it rest: the session has ended."""
        self._running = False
        if self._layer is not None:
            self._layer.pause()

    def layers(self, space: Any) -> list[Any]:
        """Give the vendor's layer, if it is one that shows the room."""
        return [] if self._layer is None else [self._layer.layer(space)]

    def follow(self, event: Any) -> None:
        """Follow what XR_FB_passthrough says about itself."""
        change = change_of(self._xr, event)
        if self._layer is None or change is None:
            return
        if change == "interrupted":
            self.passthrough = interrupted(self._described(self.passthrough.kind))
        elif change == "restored":
            self.passthrough = self._described(self.passthrough.kind)
        elif change == "lost":
            self._replace("the headset says it cannot recover")
        else:
            self.close()
            self._reopen()

    def close(self) -> None:
        """Give a vendor's layer back, while the session still lives."""
        if self._layer is not None:
            self._layer.close()
            self._layer = None

    def _open(self) -> Passthrough:
        while True:
            kind = choose(self._offered, self._wanted, self._failed)
            try:
                self._layer = open_room(kind, self._xr, self._session)
            except self._xr.exception.XrException as error:
                self._failed[kind] = type(error).__name__
                if self._wanted == kind:
                    raise DeviceError(
                        f"headset: passthrough {kind!r} does not work ({self._failed[kind]}): "
                        "allow it in the headset's software, or let the runtime decide"
                    ) from error
                continue
            return self._described(kind)

    def _replace(self, why: str) -> None:
        """Leave a way that has failed while running, even one asked for by name."""
        self._failed[self.passthrough.kind] = why
        self.close()
        self._wanted = None
        self._reopen()

    def _reopen(self) -> None:
        self.passthrough = self._open()
        if self._running:
            self.start()

    def _described(self, kind: Kind) -> Passthrough:
        return passthrough(kind, "; ".join(f"{k} failed: {why}" for k, why in self._failed.items()))
