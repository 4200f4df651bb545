"""The page's server: real sockets, on this machine."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

from mr.errors import ConfigError
from mr.rig import Rig
from mr.types import Snapshot
from overlays.messages import ENGLISH, load_messages
from overlays.screen import server
from overlays.screen.board import Board
from overlays.screen.server import HOST, Place, is_own_name, page, require_free, served
from overlays.screen.view import FRAME_S, run_screen_view

LIMIT_S = 30.0
LAST_SEQ = 1_000_000
"""Snapshots that are published when the session is over have numbers beyond it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def place(board: Board) -> Iterator[Place]:
    place = Place(HOST, free_port())
    with served(board, place, ENGLISH):
        yield place


Answer = tuple[int, dict[str, str], bytes]


def get(place: Place, path: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection(place.host, place.port, timeout=LIMIT_S)
    try:
        connection.request(
            method, path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_the_page_and_nothing_else(place: Place) -> None:
    status, headers, body = get(place, "/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"The session has ended" in body and b"@" not in body
    for path in ("/page.html", "/../page.html", "/overlays/", "/newest/", "/favicon.ico"):
        assert get(place, path)[0] == 404, path
    for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
        assert get(place, "/", method)[0] == 501


@pytest.mark.parametrize("path", ["/", "/newest", "/nothing"])
def test_nothing_is_kept_and_no_other_site_may_show_it(place: Place, path: str) -> None:
    _, headers, _ = get(place, path)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Server"] == "mrcpr"


def test_the_words_are_the_learners(place: Place) -> None:
    spanish = page(load_messages("es"), "n").decode()
    assert 'lang="es"' in spanish and "La sesi" in spanish and "has ended" not in spanish
    wicked = load_messages("es")
    wicked = type(wicked)("es", {**wicked.texts, "screen.gone": "</script><b>"})
    assert "</script><b>" not in page(wicked, "n").decode()


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True), ("localhost:8643", True), ("LOCALHOST:1", True),
        ("127.0.0.1:8643", True),
        ("[::1]:8643", True), ("192.0.2.7:8643", True), (socket.gethostname(), True),
        ("example.org", False), ("localhost.example.org:8643", False),
        ("127.0.0.1.example.org", False),
        ("", False), (None, False), ("[::1", False), ("user@example.org", False),
    ],
)  # fmt: skip
def test_only_this_machines_own_names_are_answered(host: str | None, own: bool) -> None:
    assert is_own_name(host) == own


def test_a_name_that_was_made_to_point_here_is_refused(place: Place, board: Board) -> None:
    board.newer_than(0, 0.0)
    board.put(b"picture", 0)
    for path in ("/", "/newest?after=0"):
        assert get(place, path, Host="example.org")[0] == 403
        assert get(place, path, Host=f"localhost:{place.port}")[0] == 200


def test_a_picture_comes_with_its_number_its_age_and_the_sessions_state(
    place: Place, board: Board
) -> None:
    status, headers, body = get(place, "/newest?after=0")
    assert (status, headers["X-State"], headers["X-Age-Ms"], body) == (204, "waiting", "", b"")
    board.put(b"picture", time.perf_counter_ns() - 3_000_000_000)
    status, headers, body = get(place, "/newest?after=0")
    assert (status, headers["X-State"], headers["X-Number"], body) == (200, "on", "1", b"picture")
    assert int(headers["X-Age-Ms"]) >= 3000
    assert headers["Content-Type"] == "image/jpeg"
    assert get(place, "/newest?after=1")[0] == 204
    for odd in ("/newest", "/newest?after=", "/newest?after=-1", "/newest?after=%C2%B2",
                "/newest?after=" + 40 * "9"):  # fmt: skip
        assert get(place, odd)[0] == 200, odd
    board.end()
    status, headers, _ = get(place, "/newest?after=1")
    assert (status, headers["X-State"]) == (204, "ended")


def test_a_viewer_that_never_reads_holds_nobody_up(place: Place, board: Board) -> None:
    """Its pictures are larger than all buffers between the two, so that its thread stands still."""
    big = np.random.default_rng(1).bytes(40_000_000)
    board.newer_than(0, 0.0)
    board.put(big, 0)
    with ExitStack() as stack:
        for _ in range(3):
            hanging = stack.enter_context(socket.create_connection((HOST, place.port), LIMIT_S))
            hanging.sendall(b"GET /newest?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        silent = stack.enter_context(socket.create_connection((HOST, place.port), LIMIT_S))
        silent.sendall(b"GET /newe")
        began_s = time.monotonic()
        for k in range(20):
            board.put(b"small", k)
            status, headers, body = get(place, "/newest?after=0")
            assert (status, body, headers["X-Number"]) == (200, b"small", str(k + 2))
        print(f"20 pictures to one viewer in {1e3 * (time.monotonic() - began_s):.0f} ms")
        # negative control: they do hang; each has a whole picture to take and took none of it
        assert hanging.recv(15) == b"HTTP/1.1 200 OK"


def test_a_viewer_that_hangs_is_let_go(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server._Viewer, "timeout", 0.2)
    with socket.create_connection((HOST, place.port), LIMIT_S) as hanging:
        hanging.sendall(b"GET /newe")
        assert hanging.recv(100) == b"", "closed by the server"


def test_a_request_that_drips_is_let_go(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece comes in good time: only the whole request does not."""
    monkeypatch.setattr(server._Viewer, "timeout", 0.5)
    let_go = False
    with socket.create_connection((HOST, place.port), 0.1) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        for k in range(80):  # at a hundred lines it would be refused as too long
            with suppress(TimeoutError):
                try:
                    slow.sendall(b"X-%d: x\r\n" % k)
                    let_go = slow.recv(100) == b""
                except ConnectionError:
                    let_go = True
            if let_go:
                break
    assert let_go


def test_a_viewer_that_stays_is_not_let_go(
    place: Place, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the limit is for one request, not for all of a connection's."""
    monkeypatch.setattr(server._Viewer, "timeout", 2.0)
    monkeypatch.setattr(server, "ASKS_S", 0.6)
    connection = http.client.HTTPConnection(place.host, place.port, timeout=LIMIT_S)
    connection.connect()
    first = connection.sock
    for _ in range(4):
        connection.request("GET", "/newest?after=0")
        answer = connection.getresponse()
        assert answer.status == 204
        answer.read()
        assert connection.sock is first
    connection.close()


def test_one_machine_does_not_take_all_places() -> None:
    slots = server.Slots(6, 2)
    assert [slots.take("192.0.2.7") for _ in range(3)] == [True, True, False]
    assert slots.take("fe80::1%2"), "another one has its own"
    assert [slots.take("127.0.0.1") for _ in range(4)] == [True, True, True, False], "all are taken"
    slots.give("192.0.2.7")
    assert [slots.take("192.0.2.7") for _ in range(2)] == [True, False]
    assert slots.take("::1") is False


def test_more_viewers_than_it_has_room_for_are_told_so(
    place: Place, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        for _ in range(server.VIEWERS_N):
            stack.enter_context(socket.create_connection((HOST, place.port), LIMIT_S))
        until = time.monotonic() + LIMIT_S
        while (status := get(place, "/")[0]) != 503 and time.monotonic() < until:
            pass
        assert status == 503
    until = time.monotonic() + LIMIT_S
    while (status := get(place, "/")[0]) != 200 and time.monotonic() < until:
        time.sleep(0.05)
    assert status == 200, "when they have gone there is room again"


def test_a_place_that_is_taken_or_none_is_named(place: Place) -> None:
    with pytest.raises(ConfigError, match=rf"port {place.port} cannot be used .*another one"):
        require_free(place)
    with pytest.raises(ConfigError, match=r"203\.0\.113\.9, port 8700 cannot be used"):
        require_free(Place("203.0.113.9", 8700))
    require_free(Place(HOST, free_port()))


@pytest.mark.parametrize(
    ("place", "alone", "address"),
    [
        (Place(), True, "http://localhost:8643"),
        (Place("::1", 9000), True, "http://localhost:9000"),
        (Place("192.0.2.7", 9000), False, "http://192.0.2.7:9000"),
        (Place("2001:db8::1", 9000), False, "http://[2001:db8::1]:9000"),
        (Place("rig.example.org", 9000), False, "http://rig.example.org:9000"),
        (Place("0.0.0.0", 9000), False, f"http://{socket.gethostname()}:9000"),
    ],
)
def test_who_can_open_it_and_where(place: Place, alone: bool, address: str) -> None:
    assert (place.on_this_machine_only, place.address) == (alone, address)


def test_on_loopback_no_other_machine_can_reach_it(place: Place) -> None:
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", place.port), 2.0)


# --- the view ----------------------------------------------------------------------------


@pytest.fixture
def viewing(
    states: dict[str, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], tuple[Place, list[int]]]]:
    """Give a function that starts the view's loop in a thread; it tells how often it drew."""
    from overlays.mirror import MirrorView

    drawn: list[int] = []
    draw = MirrorView.draw

    def counted(self: MirrorView, snapshot: Snapshot, *rest: object) -> np.ndarray:
        drawn.append(snapshot.seq)
        return draw(self, snapshot, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(MirrorView, "draw", counted)
    stop, threads = threading.Event(), []

    def start() -> tuple[Place, list[int]]:
        from dataclasses import replace
        from itertools import count

        place, seq = Place(HOST, free_port()), count(1)

        def read() -> Snapshot:
            last = LAST_SEQ if stop.is_set() else 0
            return replace(states["right"], seq=last + next(seq), t_ns=time.perf_counter_ns())

        rig: Rig = None  # type: ignore[assignment]  # no picture, no camera asked for
        thread = threading.Thread(
            target=run_screen_view, args=(rig, read, lambda: None, stop, place), daemon=True
        )
        thread.start()
        threads.append(thread)
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            with suppress(OSError):
                socket.create_connection((place.host, place.port), 1.0).close()
                return place, drawn
        raise AssertionError("it never listened")

    start.stop = stop  # type: ignore[attr-defined]
    yield start
    stop.set()
    for thread in threads:
        thread.join(LIMIT_S)
        assert not thread.is_alive()


def test_it_draws_once_for_all_who_look_and_never_for_nobody(
    viewing: Callable[[], tuple[Place, list[int]]],
) -> None:
    place, drawn = viewing()
    time.sleep(0.3)
    assert drawn == []
    found: dict[int, list[bytes]] = {}
    numbers: list[str] = []

    def look(k: int) -> None:
        number, found[k] = "0", []
        while len(found[k]) < 5:
            status, headers, body = get(place, f"/newest?after={number}")
            if status == 200:
                number = headers["X-Number"]
                numbers.append(number)
                found[k].append(body)

    viewers = [threading.Thread(target=look, args=(k,), daemon=True) for k in range(4)]
    began_s = time.monotonic()
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join(LIMIT_S)
    assert all(len(pictures) == 5 for pictures in found.values())
    # It draws on whether or not they keep up: as often as it may, not once for each answer.
    assert len(drawn) <= (time.monotonic() - began_s) / FRAME_S + 2
    assert len(set(numbers)) < len(numbers) == 20, "one picture went to more than one viewer"
    mirror = cv2.imdecode(np.frombuffer(found[0][0], np.uint8), cv2.IMREAD_COLOR)
    assert mirror is not None and mirror.shape[1] == 1024


def test_the_last_words_are_shown_before_the_end(
    viewing: Callable[[], tuple[Place, list[int]]],
) -> None:
    """The session publishes its last snapshot and asks its views to end in the same breath."""
    place, drawn = viewing()
    number, state = "0", "on"
    while number == "0":
        _, headers, _ = get(place, "/newest?after=0")
        number = headers["X-Number"]
    viewing.stop.set()  # type: ignore[attr-defined]
    while state != "ended":
        _, headers, _ = get(place, f"/newest?after={number}")
        number, state = headers["X-Number"], headers["X-State"]
    assert int(number) == len(drawn), "and who looked was given it"
    assert drawn[-1] > LAST_SEQ > drawn[0]


def test_the_package_brings_the_page() -> None:
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    assert '"overlays.screen" = ["*.html"]' in text and server.PAGE.is_file()
