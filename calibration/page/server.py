"""The page's server: on this machine only, until the program ends.

Takes a desk and a port, serves one page and draws it; leaves what stands on it to
`calibration.page.panels` and `calibration.page.scene`. viser has no login: so it listens on the
loopback address, and nowhere else, and there is no option to change that.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from calibration.boards.charuco import BoardView, find_board
from calibration.draft import RigDraft
from calibration.look import NewestPictures, Seen
from calibration.page.desk import Desk
from calibration.page.hands import HeelWatch
from calibration.page.panels import Panels
from calibration.page.pictures import PICTURE_PX, shown_picture
from calibration.page.scene import Room
from calibration.page.state import View
from calibration.page.worker import Worker
from mr.errors import ConfigError

HOST = "127.0.0.1"
PORT = 8642
NEEDS = "the technician's page needs viser: pip install 'mrcpr[page]'"
REDRAW_S = 0.12
PICTURES_S = 0.5
"""A camera's picture and points are drawn anew so often at most."""
EYE_M, AIM_M = (1.0, -1.15, 1.05), (0.27, -0.1, 0.28)
OWN_PAGE = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
"""Where the page is from, on this machine or at the near end of an ssh tunnel."""
BRAND = (31, 95, 168)


@dataclass(slots=True, eq=False)
class Page:
    """A page that is being served."""

    server: Any
    """`viser.ViserServer`."""
    worker: Worker
    look: NewestPictures = field(default_factory=NewestPictures)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.get_port())

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://localhost:{self.port}"

    @property
    def is_watched(self) -> bool:
        """Whether a browser shows it now."""
        return bool(self.server.get_clients())


@contextmanager
def served(desk: Desk, port: int | None = None) -> Iterator[Page]:
    """Serve the page until the block ends; what was taken and found is on the disk then.

    Parameters
    ----------
    desk
        The rig's calibration.
    port
        None: 8642, or the next one that is free.

    Raises
    ------
    ConfigError
        When viser is not installed, or the port is taken.
    """
    require_servable(port)
    import viser  # noqa: PLC0415 -- an extra, and a second to load

    with _quiet(), _for_its_own_page_only():
        server = viser.ViserServer(
            host=HOST, port=PORT if port is None else port, label="MR-CPR calibration",
            verbose=False,
        )  # fmt: skip
    worker = Worker(desk)
    page = Page(server, worker)
    ended = threading.Event()
    painter = threading.Thread(target=_paint, args=(page, ended), name="page", daemon=True)
    try:
        server.gui.configure_theme(
            dark_mode=False, show_logo=False, show_share_button=False, brand_color=BRAND
        )
        server.initial_camera.position, server.initial_camera.look_at = EYE_M, AIM_M
        worker.start()
        painter.start()
        yield page
    finally:
        worker.close()
        ended.set()
        painter.join(5.0)
        with _quiet():
            server.stop()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep viser's own words off the terminal: it prints its addresses and its end."""
    with redirect_stdout(io.StringIO()):
        yield


@contextmanager
def _for_its_own_page_only() -> Iterator[None]:
    """Let a server that is made meanwhile refuse what pages of other sites send to it.

    A browser lets any page talk to a socket of this machine, and names the page; viser does not
    look at the name, nor can it be told to.
    """
    from websockets.asyncio import server as sockets  # noqa: PLC0415 -- comes with viser

    serve = sockets.serve
    ours = functools.partial(serve, origins=[None, OWN_PAGE])
    sockets.serve = ours  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        sockets.serve = serve  # type: ignore[misc]


def require_servable(port: int | None = None) -> None:
    """Raise `ConfigError` when viser is not installed, or the port is taken."""
    if importlib.util.find_spec("viser") is None:
        raise ConfigError(NEEDS)
    if port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"port {port} cannot be used ({error.strerror}): choose another one with --port, "
                "or end the program that has it"
            ) from error


def _paint(page: Page, ended: threading.Event) -> None:
    """Draw what changes, in one thread; what cannot be drawn is told, and the rest goes on."""
    panels = Panels(page.server.gui, page.worker)
    room = Room(page.server.scene)
    room.begin()
    pictures = _Pictures(page, panels, room)
    while not ended.is_set():
        try:
            panels.redraw()
            pictures.redraw()
        except Exception as error:  # noqa: BLE001 -- a page that stands still says nothing
            page.worker.trouble(f"this cannot be drawn: {type(error).__name__}: {error}")
        ended.wait(REDRAW_S)


class _Pictures:
    """What the cameras see, in the panel and in the room."""

    def __init__(self, page: Page, panels: Panels, room: Room) -> None:
        self._page, self._panels, self._room = page, panels, room
        self._heels = HeelWatch()
        self._drawn: dict[str, int] = {}
        self._draft: RigDraft | None = None
        self._looked_s = 0.0

    def redraw(self) -> None:
        """Draw the room anew when the draft has changed, and pictures when they are new."""
        view = self._page.worker.state.view
        changed = view.draft is not self._draft
        if changed:
            self._draft = view.draft
            self._room.draw(view.draft)
        if not changed and time.monotonic() - self._looked_s < PICTURES_S:
            return
        self._looked_s = time.monotonic()
        for camera_id, seen in self._page.look.newest().items():
            if changed or self._drawn.get(camera_id) != seen.number:
                self._drawn[camera_id] = seen.number
                self._draw(camera_id, seen, view)

    def _draw(self, camera_id: str, seen: Seen, view: View) -> None:
        board: BoardView | None = None
        small = None
        if seen.bgr is not None:
            grey = np.asarray(cv2.cvtColor(seen.bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
            board = find_board(grey, view.kit.board)
            self._panels.picture(camera_id, shown_picture(seen.bgr, board))
            small = shown_picture(seen.bgr, None, PICTURE_PX)
        self._room.camera(camera_id, view.draft, seen, small)
        self._room.board(camera_id, view.draft, view.kit.board, board)
        heel_in_world_m = self._heels.heel_in_world_m(view.draft, camera_id, seen)
        self._room.heel(camera_id, heel_in_world_m)
