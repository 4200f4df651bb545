"""The technician's page in a real browser: what is clicked is done, what fails says so."""

from __future__ import annotations

import importlib.util
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration.draft import RigDraft, save_draft
from calibration.kit import kit_path, load_kit
from calibration.page.server import HOST, Page, served
from calibration.plan import Task
from calibration.simulated.bench_technician import BenchTechnician
from calibration.simulated.eyes import look_about
from calibration.simulated.technician import SimulatedTechnician
from calibration.steps.step import Setup
from calibration.workbook import Workbook
from mr.cli.calibrate_book import Book
from mr.cli.calibrate_capture import stations
from mr.cli.calibrate_page import RigDesk
from mr.cli.calibrate_page import page as page_command
from mr.cli.calibrate_screen import Screen
from mr.cli.calibrate_simulated import begin_simulated, sim_rigs_of
from mr.errors import ConfigError, DeviceError
from mr.rig import load_rig
from mr.sim.bench import Workbench
from tests.cli.conftest import Running
from tests.conftest import Require

CHROMIUM = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip
WAIT_MS = 120_000
HELD_AT = 3
N_STATIONS = 3
"""So many of the bench by hand are enough to see that buttons answer."""


class Technician:
    """Simulated; asks for some steps, and fails at others."""

    def __init__(self) -> None:
        self.simulated = SimulatedTechnician(sim_rigs_of(1), seed=1)
        self.by_hand = False
        self.bench = BenchTechnician(Workbench(1), clumsy_every=0)
        self.go_on = threading.Event()
        """A test that looks at a step in its midst clears it first."""
        self.go_on.set()

    def cannot(self, name: str) -> str:
        """Say why it cannot be captured: it can."""
        return ""

    def candidates(self, task: Task, setup: Setup, guide: Any, screen: Screen) -> Iterable[Any]:
        """Give candidates, one every 50 ms."""
        if task.procedure.name == "cells":
            raise DeviceError("the cable is <b>out</b>: plug it in")
        if task.procedure.name == "airway":
            raise ZeroDivisionError("a fault of this program")
        if self.by_hand:
            return stations(guide, lambda: self._read(guide), screen)
        return self._slowly(task, setup, guide, screen)

    def _slowly(self, task: Task, setup: Setup, guide: Any, screen: Screen) -> Iterator[Any]:
        for k, sample in enumerate(self.simulated.candidates(task, setup, guide, screen)):
            time.sleep(0.05)
            if k == HELD_AT:
                assert self.go_on.wait(WAIT_MS / 1000), "nobody let it go on"
            yield sample

    def _read(self, guide: Any) -> tuple[np.ndarray, np.ndarray]:
        counts = self.bench.chest(guide.current).counts
        return np.arange(len(counts)) / 100.0, counts


class Browser:
    """A browser that shows the page."""

    def __init__(self, tab: Any, address: str) -> None:
        self.tab = tab
        tab.set_default_timeout(WAIT_MS)
        tab.goto(address)
        self.sees("The plan")

    def sees(self, text: str) -> None:
        """Wait until a text stands on the page and can be seen."""
        self.tab.get_by_text(text).filter(visible=True).first.wait_for()

    def choose(self, procedure: str) -> None:
        """Choose a procedure from the list."""
        self.tab.get_by_role("combobox").filter(visible=True).first.click()
        self.tab.get_by_role("option", name=procedure, exact=True).click()

    def click(self, button: str) -> None:
        """Press a button."""
        self.tab.get_by_role("button", name=button).filter(visible=True).first.click()

    def fill(self, label: str, text: str) -> None:
        """Type into the box beside a label (viser does not tie the two together)."""
        found = self.tab.locator("label").filter(has_text=label, visible=True).first
        found.locator("xpath=ancestor::*[.//input][1]//input").fill(text)
        self.tab.wait_for_timeout(120)  # of boxes filled within 50 ms, viser sends the last only

    def sees_in_row(self, procedure: str, *words: str) -> None:
        """Wait until a row of the plan says so: it is drawn anew a moment after what is said."""
        rows = self.tab.locator("tr", has=self.tab.locator("b", has_text=procedure))
        for word in words:
            rows.first.filter(has_text=word).wait_for()


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "rig.toml"


@pytest.fixture
def technician() -> Technician:
    return Technician()


@pytest.fixture
def page(here: Path, technician: Technician, require: Require) -> Iterator[Page]:
    require.module("viser", "pip install 'mrcpr[page]'")
    begin_simulated(here, technician.simulated)
    with served(RigDesk(Book(here), technician), _free_port()) as shown:
        yield shown


@pytest.fixture
def browse(page: Page, require: Require) -> Iterator[Callable[[], Browser]]:
    """Give a function that opens the page in one more tab."""
    require.module("playwright", "pip install 'mrcpr[dev]'")
    chromium = require.program("chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with ExitStack() as stack:
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=chromium, args=CHROMIUM)
        stack.callback(browser.close)
        yield lambda: Browser(
            browser.new_page(viewport={"width": 1280, "height": 800}), page.address
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def test_a_step_is_watched_from_start_to_its_table(
    browse: Callable[[], Browser], technician: Technician, here: Path
) -> None:
    technician.go_on.clear()
    browser = browse()
    browser.sees("SIMULATED")
    browser.sees_in_row("intrinsics", "next")
    browser.choose("chest")
    browser.sees("gauge blocks")
    browser.click("Start")
    browser.sees("being done")
    browser.sees("taken")
    technician.go_on.set()
    browser.tab.close()  # whoever comes back sees the same as whoever stayed
    browser = browse()
    browser.sees("deepest block")
    browser.sees_in_row("chest", "✓", "done")
    assert "≤ 0.2" in browser.tab.locator("tr", has_text="twice its sigma").inner_text()
    assert "pass" in browser.tab.locator("tr", has_text="twice its sigma").inner_text()
    browser.sees("Plots")
    assert browser.tab.locator("svg.plot").count() >= 1
    draft = Book(here).draft
    assert draft.mannequin is not None
    assert draft.mannequin.chest_depth_m is not None
    browser.click("Next: intrinsics of side")
    browser.sees("the camera's lens")


def test_what_fails_is_one_line_and_the_page_goes_on(browse: Callable[[], Browser]) -> None:
    browser = browse()
    browser.choose("cells")
    browser.click("Start")
    browser.sees("the cable is <b>out</b>: plug it in")  # as text, not as HTML
    browser.sees_in_row("cells", "failed")
    browser.choose("airway")
    browser.click("Start")
    browser.sees("an internal fault: ZeroDivisionError: a fault of this program")
    browser.choose("chest")
    browser.click("Start")
    browser.sees("deepest block")
    browser.sees_in_row("cells", "failed")


def test_buttons_answer_what_a_step_asks_and_stop_keeps_what_was_taken(
    browse: Callable[[], Browser], technician: Technician, here: Path
) -> None:
    technician.by_hand = True
    browser = browse()
    browser.choose("chest")
    browser.click("Start")
    for k in range(N_STATIONS):
        browser.sees(f"{k} taken")
        browser.click("Enter: it is done")
    browser.sees(f"{N_STATIONS} taken")
    browser.click("b: the last one again")
    browser.sees(f"{N_STATIONS - 1} taken")
    browser.click("Stop")
    browser.sees("stopped; what was taken is kept")
    browser.sees_in_row("chest", "begun")
    (begun,) = Workbook(here).begun()
    assert begun.n_samples == N_STATIONS - 1, "what is taken back is not kept"
    technician.by_hand = False
    browser.click("Go on")
    browser.sees("deepest block")


def test_the_kit_refuses_nonsense_and_keeps_what_is_right(
    browse: Callable[[], Browser], here: Path
) -> None:
    browser = browse()
    browser.tab.get_by_role("tab", name="Kit").click()
    browser.fill("board: ruler across, mm", "9.95")
    browser.click("Keep the kit")
    browser.sees("a ruler of 100 mm cannot have come out 9.95 mm long")
    assert not kit_path(here).exists()
    browser.fill("board: ruler across, mm", "99,5")
    browser.fill("operator", "Ada")
    browser.fill("masses, kg", "5; 10, 20; 40")
    browser.click("Keep the kit")
    browser.sees("✓ kept")
    kit = load_kit(kit_path(here))
    assert kit.board.print_scale == (0.995, 1.0)
    assert (kit.operator, kit.masses_kg) == ("Ada", (5.0, 10.0, 20.0, 40.0))


def test_a_whole_rig_stands_in_the_room_and_is_saved_with_its_report(
    rig: Path, here: Path, technician: Technician, require: Require, browse: Callable[[], Browser],
    page: Page,
) -> None:  # fmt: skip
    browser = browse()
    browser.tab.get_by_role("tab", name="Room").click()
    browser.sees("place not known yet: do “world”")
    assert page.server.scene.get_handle_by_name("/mannequin") is None
    worker = page.worker
    draft = RigDraft.of(load_rig(rig))
    book = worker._desk._book  # as if all other steps had been done
    book.draft = draft
    save_draft(draft, book.draft_path)
    assert worker.do("chest")
    browser.tab.get_by_role("tab", name="Plan").click()
    browser.sees("nothing is missing")
    imager = technician.simulated
    look_about_once(imager, page)
    deadline = time.monotonic() + WAIT_MS / 1000
    names = ["/mannequin/plate 0", "/camera side", "/points of side", "/mannequin/surface"]
    while any(page.server.scene.get_handle_by_name(name) is None for name in names):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    browser.click("Save the rig and its report")
    browser.sees("✓ saved")
    browser.sees("report: ")
    assert load_rig(here).name == draft.name
    assert list(here.parent.glob("rig.calibration_*.html"))


def look_about_once(technician: SimulatedTechnician, page: Page) -> None:
    import threading

    ended = threading.Event()

    def wanted() -> bool:
        return not page.look.newest()

    threading.Timer(1.0, ended.set).start()
    look_about(technician.rigs, page.look, wanted, lambda: True, ended, every_s=0.2)


def test_only_this_machine_can_open_it(page: Page) -> None:
    socket.create_connection((HOST, page.port), 2.0).close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it tells the machine's own address
            mine = probe.getsockname()[0]
        except OSError:
            mine = "127.0.0.2"  # another address of this machine, where it has no network
    with pytest.raises(OSError):
        socket.create_connection((mine if mine != HOST else "127.0.0.2", page.port), 2.0)


def test_pages_of_other_sites_cannot_talk_to_it(page: Page) -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    address = f"ws://{HOST}:{page.port}"
    for own in (f"http://localhost:{page.port}", "http://127.0.0.1:9000"):
        connect(address, origin=own, open_timeout=5).close()
    for other in ("http://example.org", "http://localhost.example.org:8642", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            connect(address, origin=other, open_timeout=5)


def test_a_port_that_is_taken_is_named(page: Page, here: Path, technician: Technician) -> None:
    with pytest.raises(ConfigError, match=rf"port {page.port} cannot be used .*--port"):
        served(RigDesk(Book(here), technician), page.port).__enter__()


def test_without_viser_it_says_what_to_install_and_begins_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'mrcpr\[page\]'"):
        page_command(here, simulate=True)
    assert not list(here.parent.iterdir())


def test_ctrl_c_ends_the_command_and_leaves_all_whole(
    start: Callable[..., Running], here: Path, require: Require
) -> None:
    require.module("viser", "pip install 'mrcpr[page]'")
    port = _free_port()
    running = start("calibrate", "page", "--simulate", "--rig", here, "--port", port)
    running.wait_until(lambda: "Ctrl-C ends it" in running.said(), "its last line")
    assert f"http://localhost:{port}" in running.said()
    assert f"ssh -L {port}:localhost:{port}" in running.said()
    running.process.send_signal(signal.SIGINT)
    ended = running.end()
    assert "Traceback" not in ended.out + ended.err
    assert ended.code == 130
    assert Book(here).draft.kind == "sim"
