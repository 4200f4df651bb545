"""The page's server: on this machine only, until the program ends.

Takes a desk and a port, serves one page and draws it; leaves what stands on it to
`calibration.page.panels` and `calibration.page.scene`. viser has no login: so it listens on the
loopback address, and nowhere else, and there is no option to change that.
"""

from __future__ import annotations

import importlib.util
import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import cv2

from calibration.boards.charuco import BoardView, find_board
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
    if importlib.util.find_spec("viser") is None:
        raise ConfigError(NEEDS)
    if port is not None:
        _require_free(port)
    import viser  # noqa: PLC0415 -- an extra, and a second to load

    with _quiet():
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


def _require_free(port: int) -> None:
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
    """Draw what changes, in one thread."""
    panels = Panels(page.server.gui, page.worker)
    room = Room(page.server.scene)
    room.begin()
    heels = HeelWatch()
    drawn: dict[str, int] = {}
    draft: object = None
    looked_s = 0.0
    while not ended.is_set():
        view = page.worker.state.view
        panels.redraw()
        changed = view.draft is not draft
        if changed:
            room.draw(view.draft)
            draft = view.draft
        if changed or time.monotonic() - looked_s > PICTURES_S:
            looked_s = time.monotonic()
            for camera_id, seen in page.look.newest().items():
                if changed or drawn.get(camera_id) != seen.number:
                    drawn[camera_id] = seen.number
                    _draw_picture(camera_id, seen, view, panels, room)
                    room.heel(camera_id, heels.heel_in_world_m(view.draft, camera_id, seen))
        ended.wait(REDRAW_S)


def _draw_picture(camera_id: str, seen: Seen, view: View, panels: Panels, room: Room) -> None:
    board: BoardView | None = None
    picture = None
    if seen.bgr is not None:
        board = find_board(cv2.cvtColor(seen.bgr, cv2.COLOR_BGR2GRAY), view.kit.board)
        picture = shown_picture(seen.bgr, board)
        panels.picture(camera_id, picture)
        picture = shown_picture(seen.bgr, None, PICTURE_PX)
    room.camera(camera_id, view.draft, seen, picture)
    room.board(camera_id, view.draft, view.kit.board, board)
