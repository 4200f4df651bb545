"""The mirror on a second screen: a real session, a real browser."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mr.cli.stream import announce, stream_place
from mr.errors import ConfigError
from overlays.screen.server import HOST, PORT, Place
from tests.cli.conftest import Finished, Running
from tests.conftest import Require

Run = Callable[..., Finished]
WAIT_MS = 60_000
DISTINCT_N = 8
SESSION = ("demo", "--no-camera", "--seconds", "600", "--no-sound", "--no-window")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def tab(require: Require) -> Iterator[Any]:
    require.module("playwright", "pip install 'mrcpr[dev]'")
    chromium = require.program("chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with ExitStack() as stack:
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        stack.callback(browser.close)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(WAIT_MS)
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.faults.append(said.text))
        yield page


def picture_of(tab: Any) -> str:
    return str(tab.evaluate("document.getElementById('mirror').toDataURL('image/png')"))


def until(tab: Any, script: str) -> None:
    """Wait for an expression; the page's policy lets nobody compile one in it."""
    for _ in range(WAIT_MS // 50):
        if tab.evaluate(script):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(script)


def see_pictures(tab: Any) -> None:
    """Wait until so many different pictures were on the screen."""
    until(tab, "document.getElementById('mirror').width >= 1000")
    seen: set[str] = set()
    for _ in range(200):
        seen.add(picture_of(tab))
        if len(seen) >= DISTINCT_N:
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f"{len(seen)} different pictures came")


def test_a_browser_shows_the_session_and_its_end(
    start: Callable[..., Running], tab: Any, tmp_path: Path
) -> None:
    port = free_port()
    running = start(*SESSION, "--out", tmp_path, "--stream-at", port)
    address = f"http://localhost:{port}"
    running.wait_until(lambda: address in running.said(), "the address")
    assert "pictures of people" not in running.said()
    running.wait_until(lambda: _answers(port), "the page")
    tab.goto(address)
    see_pictures(tab)
    tab.locator("#state").wait_for(state="hidden")
    # what is on the canvas is the panel: a tile's grey and the badge's white are in it
    colours = tab.evaluate(
        """() => { const c = document.getElementById('mirror');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let light = 0, dark = 0;
        for (let k = 0; k < d.length; k += 4) {
          if (d[k] > 230 && d[k + 1] > 230) light++;
          if (d[k] < 60 && d[k + 1] < 60) dark++;
        }
        return [4 * light / d.length, 4 * dark / d.length]; }"""
    )
    assert 0.005 < colours[0] < 0.2 and colours[1] > 0.4, colours
    tab.keyboard.press("f")
    until(tab, "document.fullscreenElement !== null")
    running.process.send_signal(signal.SIGINT)
    tab.get_by_text("The session has ended").filter(visible=True).wait_for()
    last = picture_of(tab)
    assert not tab.evaluate("document.getElementById('mirror').classList.contains('past')")
    ended = running.end().require(0)
    assert "ended" not in ended.err
    tab.wait_for_timeout(1500)  # it asks again, in vain, and says the same
    assert tab.locator("#state").inner_text() == "■ The session has ended"
    assert picture_of(tab) == last, "the last picture stays"
    assert [f for f in tab.faults if "ERR_CONNECTION_REFUSED" not in f] == []


def _answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 1.0).close()
    except OSError:
        return False
    return True


def test_a_session_that_stands_still_is_told_and_the_next_one_is_shown(
    start: Callable[..., Running], tab: Any, tmp_path: Path
) -> None:
    port = free_port()
    running = start(*SESSION, "--out", tmp_path, "--stream-at", port)
    running.wait_until(lambda: _answers(port), "the page")
    tab.goto(f"http://localhost:{port}")
    see_pictures(tab)
    running.signal_all(signal.SIGSTOP)
    tab.get_by_text("No connection to the session").filter(visible=True).wait_for()
    running.signal_all(signal.SIGCONT)
    tab.locator("#state").wait_for(state="hidden")
    sensing = _sensing_of(running)
    signal_one(sensing, signal.SIGSTOP)
    tab.get_by_text(re.compile(r"This picture is \d+ s old")).filter(visible=True).wait_for()
    signal_one(sensing, signal.SIGCONT)
    tab.locator("#state").wait_for(state="hidden")
    running.signal_all(signal.SIGKILL)
    tab.get_by_text("No connection to the session").filter(visible=True).wait_for()
    again = start(*SESSION, "--out", tmp_path, "--stream-at", port)
    again.wait_until(lambda: _answers(port), "the page again")
    tab.locator("#state").wait_for(state="hidden")
    see_pictures(tab)


def _sensing_of(running: Running) -> int:
    """Find the process that measures: the first child that runs Python's spawn_main."""
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(rest[1]) == running.process.pid and b"spawn_main" in command:
            children.append(int(stat.parent.name))
    return min(children)


def signal_one(pid: int, number: signal.Signals) -> None:
    import os

    os.kill(pid, number)


# --- the options -------------------------------------------------------------------------


def test_where_nothing_is_said_the_first_free_port_of_this_machine_is_taken() -> None:
    assert stream_place(False, None) is None
    chosen = stream_place(True, None)
    assert chosen is not None and chosen.host == HOST and chosen.port >= PORT
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((HOST, chosen.port))
        taken.listen()
        other = stream_place(True, None)
        assert other is not None and other.port > chosen.port
        with pytest.raises(ConfigError, match=f"port {chosen.port} cannot be used"):
            stream_place(False, str(chosen.port))


@pytest.mark.parametrize("text", ["", "80", "65536", "rig", "rig:", "rig:http", "0.0.0.0", "-9000"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="write PORT or HOST:PORT"):
        stream_place(False, text)


def test_a_place_may_be_one_of_all_networks() -> None:
    port = free_port()
    assert stream_place(False, f"0.0.0.0:{port}") == Place("0.0.0.0", port)
    assert stream_place(False, f"[::1]:{port}") == Place("::1", port)


def test_who_opens_it_to_others_is_warned(capsys: pytest.CaptureFixture[str]) -> None:
    from mr.cli.console import Output

    announce(Place(), Output())
    assert "pictures of people" not in capsys.readouterr().out
    announce(Place("0.0.0.0", 9000), Output())
    out = capsys.readouterr().out
    assert "pictures of people leave this machine" in out and "without a password" in out


def test_it_needs_a_session_that_goes_on(mrcpr: Run, rig: Path, tmp_path: Path) -> None:
    mrcpr("demo", "--fast", "--stream", "--out", tmp_path / "a").require_one_line("--fast")
    done = mrcpr(
        "run", "--rig", rig, "--no-mannequin", "--camera-file", "a.bag", "--stream",
        "--out", tmp_path / "a",
    )  # fmt: skip
    done.require_one_line("--stream needs live cameras")
    assert not (tmp_path / "a").exists()
