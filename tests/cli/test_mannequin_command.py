"""`mrcpr mannequin` on the firmware itself: every answer, every refusal, whole at any Ctrl-C."""

from __future__ import annotations

import itertools
import json
import os
import pty
import re
import select
import signal
import sys
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import serial
import typer

from calibration.quick import calibrate_simulated
from mr.cli import mannequin as commands
from mr.cli.check_devices import check_answer
from mr.cli.main import load_command, main
from mr.cli.mannequin_check import drifts_of, items_of
from mr.cli.mannequin_reset import cause_words, detail_words
from mr.cli.mannequin_watch import RestartWatch, View, Watched, plain_lines
from mr.cli.port_answers import AskedPorts, PortAnswer, ask_port
from mr.devices.mannequin.console import MannequinConsole
from mr.devices.mannequin.describe import device_info
from mr.devices.mannequin.find import PortInfo
from mr.devices.mannequin.follow import MannequinCounters
from mr.devices.mannequin.port import open_serial
from mr.rig import load_rig, save_rig
from mr.session.signals import ENDING
from mr.sim.adc import Counts, TableAdc
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.wire import (
    BlockId,
    CalibrationBlock,
    Fault,
    Hello,
    ResetCause,
    SelfTestResult,
    WriteBlock,
    ZeroBlock,
    encode,
    encode_command,
)
from tests.cli.conftest import MRCPR, SERIAL, Finished, Running, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals of Linux")

Run = Callable[..., Finished]
AtRest = Callable[..., str]
RESTING: Counts = (74, (31, 27, 38, 22), 512)
"""What the simulated rig's sensors read unloaded."""
NO_PORT = "/dev/no-such-port"
HELLO = Hello._make(0 for _ in Hello._fields)._replace(
    request_id=1, serial_number=b"OLD", board_name=b"host"
)


@pytest.fixture
def at_rest(start_board: Callable[..., Any], tmp_path: Path) -> AtRest:
    """Give a function that starts a board whose sensors stand still; gives its port."""
    number = itertools.count()

    def board(counts: Counts = RESTING, name: str = SERIAL, *options: str) -> str:
        path = tmp_path / f"counts{next(number)}.csv"
        TableAdc((counts,), 200).write_csv(path)
        started = start_board("--counts", str(path), "--serial", name, *options)
        return str(started.port)

    return board


@pytest.fixture
def port(at_rest: AtRest) -> str:
    """Give the port of a mannequin at rest that keeps nothing."""
    return at_rest()


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the simulated rig's file, calibrated as far as a mannequin's commands look."""
    path = tmp_path_factory.mktemp("rig") / "rig.toml"
    save_rig(calibrate_simulated(make_sim_rig(), Bench(1), with_motion=False), path)
    return path


@pytest.fixture
def mrcpr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Give a function that runs `mrcpr` to its end; in this process, which is quicker."""
    monkeypatch.setenv("COLUMNS", "80")
    handlers = {number: signal.getsignal(number) for number in ENDING}

    def run(*args: object) -> Finished:
        monkeypatch.setattr(sys, "argv", ["mrcpr", *map(str, args)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Finished(left.value.code, out, err)

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


def data_of(done: Finished, kind: str) -> dict[str, Any]:
    """Read the JSON that a command printed."""
    data: dict[str, Any] = json.loads(done.out)
    assert data.pop("schema") == f"mrcpr.mannequin-{kind}/1"
    return data


@contextmanager
def silent_port() -> Iterator[str]:
    """Give a port where nobody answers."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        yield os.ttyname(slave)
    finally:
        os.close(slave)
        os.close(master)


@contextmanager
def old_board(version: int) -> Iterator[str]:
    """Give the port of a board that says HELLO in another protocol version."""
    hello = HELLO._replace(protocol_version=version)
    master, slave = pty.openpty()
    tty.setraw(slave)
    over = Event()

    def answer() -> None:
        while not over.wait(0.05):
            os.write(master, b"\0" + encode(hello))

    thread = Thread(target=answer)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        over.set()
        thread.join()
        os.close(slave)
        os.close(master)


class Terminal:
    """A command on a terminal of 80 columns, with a person before it."""

    def __init__(self, *args: object) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ.update(environment(TERM="xterm-256color", COLUMNS="80"))
            os.execv(MRCPR, ["mrcpr", *map(str, args)])
        self.out = ""

    def wait_for(self, text: str, limit_s: float = 20.0) -> None:
        """Read until `text` has appeared."""
        until = time.monotonic() + limit_s
        while text not in self.out:
            assert time.monotonic() < until and self._read(), f"no {text!r} in {self.out!r}"

    def type(self, text: str) -> None:
        """Type on its keyboard."""
        os.write(self._fd, text.encode())

    def end(self) -> int:
        """Read to its end and give its exit code."""
        while self._read():
            pass
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)

    def clean_up(self) -> None:
        """End it if it still lives."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self._fd)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._fd], [], [], 20.0)
        try:
            data = os.read(self._fd, 65536) if ready else b""
        except OSError:  # the terminal of a program that has ended
            data = b""
        self.out += data.decode(errors="replace")
        return bool(data)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Give a function that starts `mrcpr` on a terminal."""
    with ExitStack() as stack:

        def begin(*args: object) -> Terminal:
            started = Terminal(*args)
            stack.callback(started.clean_up)
            return started

        yield begin


# --- who is there ----------------------------------------------------------------------


def test_the_list_goes_on_past_busy_silent_and_old_ports(mrcpr: Run, at_rest: AtRest) -> None:
    port, unnamed, busy = at_rest(), at_rest(RESTING, "UNNAMED"), at_rest(RESTING, "BUSY-1")
    with (
        silent_port() as silent,
        old_board(1) as old,
        serial.Serial(busy, exclusive=True),
    ):
        ports = (busy, silent, NO_PORT, old, unnamed, port)
        options = [f"--port={p}" for p in ports]
        listed = data_of(mrcpr("mannequin", "list", "--json", *options).require(0), "list")
        quick = (o for o in options if silent not in o)
        text = mrcpr("mannequin", "list", *quick).require(0).out
    answers = {p["port"]: p for p in listed["ports"]}
    assert tuple(answers) == ports
    assert [answers[p]["answer"] for p in ports] == [
        "not opened", "silent", "not opened", "other protocol", "mannequin", "mannequin",
    ]  # fmt: skip
    assert "in use by another program" in answers[busy]["why"]
    assert "does not exist" in answers[NO_PORT]["why"]
    assert f"make -C firmware flash PORT={old}" in answers[old]["why"]
    assert answers[port]["serial_number"] == SERIAL
    assert answers[port]["protocol"] == 2
    assert answers[port]["stored"] == []
    assert answers[silent]["serial_number"] is None
    assert max(map(len, text.splitlines())) <= 80
    for word in ("✓ mannequin", "! other protocol", "✗ not opened", SERIAL):
        assert word in text
    assert "mrcpr mannequin name SERIAL" in text  # one of them is UNNAMED


def test_the_usb_id_is_shown_which_outlives_a_path(
    mrcpr: Run, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged = PortInfo(port, "USB2.0-Ser!", "1a86:7523", "AB12", True, "CH340 bridge")
    serial_line = PortInfo("/dev/ttyS9", "", "", "", False, "not a USB device")
    monkeypatch.setattr(commands, "find_mannequins", lambda: [plugged, serial_line])
    (listed,) = data_of(mrcpr("mannequin", "list", "--json"), "list")["ports"]
    assert (listed["port"], listed["address"]) == (port, "usb:1a86:7523:AB12")
    out = mrcpr("mannequin", "list").require(0).out
    assert "--port usb:1a86:7523:AB12" in out and "ttyS9" not in out
    monkeypatch.setattr(commands, "find_mannequins", lambda: [serial_line])
    out = mrcpr("mannequin", "list").require(0).out
    assert "no USB serial bridge is connected; other serial ports: /dev/ttyS9" in out
    assert "plug a mannequin in" in out


@pytest.mark.parametrize("length", [5, 60])
def test_the_list_loses_nothing_beside_a_long_path(
    length: int, port: str, terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    links = [tmp_path / (letter * length) for letter in "mn"]
    links[0].symlink_to(port)
    shown = terminal("mannequin", "list", *(f"--port={link}" for link in links))
    assert shown.end() == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.out).replace("\r", "\n")
    lines = [line.rstrip() for line in plain.splitlines() if line]
    at = [lines.index(str(link)) for link in links]  # whole, on a line of its own
    assert lines[at[0] + 1] == f"  ✓ mannequin {SERIAL}"
    assert re.fullmatch(r"  firmware \d+\.\d+\.\d+, protocol 2, board host", lines[at[0] + 2])
    assert lines[at[0] + 3] == "  keeps: nothing"
    assert lines[at[1] + 1] == "  ✗ not opened"
    why = "".join(plain[plain.index("✗ not opened") :].split())
    assert f"{links[1]}doesnotexist" in why and "…" not in plain
    assert max(len(line) for k, line in enumerate(lines) if k not in at) <= 80


def test_two_of_one_name_are_noticed(mrcpr: Run, at_rest: AtRest) -> None:
    ports = [f"--port={at_rest()}", f"--port={at_rest()}", f"--port={at_rest(RESTING, 'SAM-9')}"]
    out = mrcpr("mannequin", "list", *ports).require(0).out
    assert f"2 mannequins are named {SERIAL}" in " ".join(out.split())
    assert "are named" not in mrcpr("mannequin", "list", *ports[1:]).require(0).out


def test_a_port_that_hangs_is_said_so() -> None:
    with silent_port() as silent:
        (answer,) = AskedPorts([silent], timeout_s=30.0).answers(limit_s=1.0)
    assert answer.kind == "not opened"
    assert "did not open within 1 s" in answer.why


def test_info(mrcpr: Run, at_rest: AtRest) -> None:
    port = at_rest(RESTING, SERIAL, "--supply-mv", "4987")
    mrcpr("mannequin", "zero", "--port", port).require(0)
    data = data_of(mrcpr("mannequin", "info", "--json", "--port", port).require(0), "info")
    known = {
        "port": port, "serial_number": SERIAL, "board": "host", "protocol": 2,
        "reset_cause": "power on", "sample_rate_hz": 200, "sample_rate_min_hz": 100,
        "sample_rate_max_hz": 500, "tick_rate_hz": 1_000_000, "uart_baud": None, "adc_bits": 10,
        "supply_v": 4.987, "stack_free_bytes": None, "overruns": 0, "crc_errors": 0,
        "framing_errors": 0, "rx_overruns": 0, "airway_errors": 0, "stored": ["zero"],
        "calibration": None,
    }  # fmt: skip
    assert {key: data[key] for key in known} == known
    assert re.fullmatch(r"\d+\.\d+\.\d+", data["firmware"])
    assert 0 < data["uptime_s"] < 60
    assert data["zero"]["samples"] == 256
    assert data["pings"]["answered"] == data["pings"]["sent"] == 20
    assert 0 < data["pings"]["median_ms"] < 50
    text = mrcpr("mannequin", "info", "--port", port).require(0).out
    for word in (SERIAL, "4.99 V", "power on", "200 Hz", "chest at 74.0 counts", "none kept"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 80


def test_identify(mrcpr: Run, port: str) -> None:
    out = mrcpr("mannequin", "identify", "--seconds", "3", "--port", port).require(0).out
    assert SERIAL in out and "blinks for 3 s" in out
    assert "255" in mrcpr("mannequin", "identify", "--seconds", "256").require(2).err


@pytest.mark.parametrize("command", ["info", "identify", "test", "zero", "watch"])
def test_no_such_port(mrcpr: Run, command: str) -> None:
    done = mrcpr("mannequin", command, "--port", NO_PORT)
    done.require_one_line(NO_PORT, "does not exist", "plug")


# --- its name --------------------------------------------------------------------------


def name_of(port: str) -> str:
    return ask_port(port).serial_number


def test_a_name_is_not_changed_unless_it_is_meant(mrcpr: Run, port: str) -> None:
    done = mrcpr("mannequin", "name", "SAM-8", "--port", port).require(2)
    assert done.err.splitlines()[-1].startswith("mrcpr: ")
    assert "--yes" in done.err
    assert "calibrated for SIM-MANNEQUIN-1 will refuse it as SAM-8" in done.out
    assert name_of(port) == SERIAL
    done = mrcpr("mannequin", "name", "SAM-8", "--yes", "--json", "--port", port).require(0)
    named = {"port": port, "serial_number": "SAM-8", "before": SERIAL, "changed": True}
    assert data_of(done, "name") == named
    assert name_of(port) == "SAM-8"
    assert "already named" in mrcpr("mannequin", "name", "SAM-8", "--port", port).require(0).out


@pytest.mark.parametrize("name", ["", "SAM ", "SÄM-1", "A-NAME-TOO-LONG-1", "UNNAMED"])
def test_what_is_no_name_opens_no_port(mrcpr: Run, name: str) -> None:
    mrcpr("mannequin", "name", name, "--yes", "--port", NO_PORT).require_one_line("choose")


def test_a_new_mannequin_is_warned_of_nothing(mrcpr: Run, at_rest: AtRest) -> None:
    port = at_rest(RESTING, "UNNAMED")
    done = mrcpr("mannequin", "name", "SAM-1", "--yes", "--port", port).require(0)
    assert "refuse" not in done.out
    assert name_of(port) == "SAM-1"


def test_a_person_is_asked(terminal: Callable[..., Terminal], port: str) -> None:
    asked = terminal("mannequin", "name", "SAM-8", "--port", port)
    asked.wait_for("Name it SAM-8? [y/N]")
    asked.type("n\r")
    assert asked.end() == 0
    assert "nothing was changed" in asked.out
    assert name_of(port) == SERIAL
    for key, code in (("\x03", 130), ("\x04", 0)):  # Ctrl-C; Ctrl-D is no yes
        asked = terminal("mannequin", "name", "SAM-8", "--port", port)
        asked.wait_for("[y/N]")
        asked.type(key)
        assert asked.end() == code
        assert asked.out.endswith("\r\n")  # what is printed next begins on its own line
        assert name_of(port) == SERIAL
    asked = terminal("mannequin", "name", "SAM-8", "--port", port)
    asked.wait_for("[y/N]")
    asked.type("y\r")
    assert asked.end() == 0
    assert name_of(port) == "SAM-8"


# --- is it sound -----------------------------------------------------------------------


def test_a_sound_mannequin(mrcpr: Run, port: str) -> None:
    data = data_of(mrcpr("mannequin", "test", "--json", "--port", port).require(0), "test")
    assert (data["ok"], data["serial_number"], data["port"]) == (True, SERIAL, port)
    states = {item["name"]: item["state"] for item in data["items"]}
    assert states == {
        "chest": "ok", "force cell 0": "ok", "force cell 1": "ok", "force cell 2": "ok",
        "force cell 3": "ok", "airway": "ok", "supply": "unknown", "memory": "unknown",
        "name": "missing", "calibration": "missing",
    }  # fmt: skip
    text = mrcpr("mannequin", "test", "--port", port).require(0).out
    assert "No faults." in text and "✓ ok" in text and "74 of 1023 counts" in text
    assert max(map(len, text.splitlines())) <= 80


def test_faults_are_named_with_their_cures(mrcpr: Run, at_rest: AtRest) -> None:
    broken: Counts = (0, (31, 27, 1023, 22), -32768)
    port = at_rest(broken, SERIAL, "--supply-mv", "3910")
    done = mrcpr("mannequin", "test", "--json", "--port", port).require(2)
    data = data_of(done, "test")
    faults = {item["name"]: item for item in data["items"] if item["state"] == "fault"}
    assert not data["ok"]
    assert set(faults) == {"chest", "force cell 2", "airway", "supply"}
    assert "potentiometer" in faults["chest"]["cure"]
    assert "cell 2" in faults["force cell 2"]["cure"]
    assert faults["airway"]["found"] == "silent"
    assert "powered hub" in faults["supply"]["cure"] and "3.91 V" in faults["supply"]["found"]
    done = mrcpr("mannequin", "test", "--port", port).require(2)
    assert "Faults: chest, force cell 2, airway, supply" in done.out
    assert not done.err


def test_every_fault_has_its_words() -> None:
    good = SelfTestResult(1, 0, 74, 31, 27, 38, 22, 0, 5000, 900)
    assert {item.state for item in items_of(good, 10)} == {"ok"}
    changed = set()
    for fault in Fault:
        items = items_of(good._replace(failed=int(fault)), 10)
        (item,) = (i for i in items if i.state != "ok")
        assert item.cure
        changed.add(item.name)
    assert len(changed) == len(Fault)
    assert items_of(good._replace(failed=0x8000), 10) == items_of(good, 10)  # of a later firmware


# --- its zero --------------------------------------------------------------------------


def test_zero_is_compared_with_the_rig(mrcpr: Run, port: str, rig: Path) -> None:
    plain = mrcpr("mannequin", "zero", "--port", port).require(0).out
    assert "No drift is shown" in plain and "74.0" in plain
    done = mrcpr("mannequin", "zero", "--rig", rig, "--json", "--port", port).require(0)
    data = data_of(done, "zero")
    assert (data["samples"], data["compared_with"]) == (256, "rig file")
    assert [s["counts"] for s in data["sensors"]] == [74.0, 31.0, 27.0, 38.0, 22.0, 512.0]
    assert [s["unit"] for s in data["sensors"]] == ["mm", "N", "N", "N", "N", "mL/s"]
    assert not any(s["matters"] for s in data["sensors"])
    assert abs(data["sensors"][0]["value"]) < 0.03
    assert "Take all hands off" in done.err  # not amid the JSON


def test_a_zero_that_has_moved_matters(mrcpr: Run, at_rest: AtRest, rig: Path) -> None:
    port = at_rest((80, (31, 27, 45, 22), 512))
    done = mrcpr("mannequin", "zero", "--rig", rig, "--port", port).require(0)
    assert "chest, force cell 2: the zero has moved" in done.out
    assert done.out.count("! matters") == 2
    data = data_of(mrcpr("mannequin", "zero", "--rig", rig, "--json", "--port", port), "zero")
    chest, *_ = data["sensors"]
    assert chest["value"] == pytest.approx(6 * 0.0757, rel=0.1)  # mm a count there
    assert max(map(len, done.out.split("\n\n")[0].splitlines())) <= 80


def test_a_person_says_when_it_rests(terminal: Callable[..., Terminal], port: str) -> None:
    asked = terminal("mannequin", "zero", "--port", port)
    asked.wait_for("Enter when it rests")
    assert "in use" in ask_port(port).why
    asked.type("\r")
    asked.wait_for("74.0")
    assert asked.end() == 0
    assert ask_port(port).stored == ("zero",)


def test_a_chest_that_moves_is_refused(mrcpr: Run, start_board: Callable[..., Any]) -> None:
    port = start_board().port  # compressions at 110 /min
    done = mrcpr("mannequin", "zero", "--port", port).require(2)
    assert "not still" in done.err and "hands off" in done.err
    assert ask_port(port).stored == ()


def test_zero_refuses_the_rig_of_another(mrcpr: Run, at_rest: AtRest, rig: Path) -> None:
    port = at_rest(RESTING, "OTHER-1")
    done = mrcpr("mannequin", "zero", "--rig", rig, "--port", port)
    done.require_one_line("OTHER-1", SERIAL, "its own rig file")
    assert ask_port(port).stored == ()


def test_a_silent_airway_has_no_zero() -> None:
    drifts = drifts_of(ZeroBlock(256, 1184, 496, 432, 608, 352, -(1 << 31)), None)
    assert drifts[-1].counts is None and drifts[0].counts == 74.0


# --- its curves ------------------------------------------------------------------------


def test_curves_travel_with_the_mannequin(mrcpr: Run, port: str, rig: Path, tmp_path: Path) -> None:
    done = mrcpr("mannequin", "store-calibration", "--rig", rig, "--json", "--port", port)
    data = data_of(done.require(0), "store-calibration")
    assert [c["name"] for c in data["curves"]] == [
        "chest", "cell 0", "cell 1", "cell 2", "cell 3", "airway",
    ]  # fmt: skip
    assert all(0 < c["worst"] < c["sigma"] for c in data["curves"])
    assert ask_port(port).stored == ("calibration",)
    out = tmp_path / "new" / "rig.toml"
    done = mrcpr(
        "mannequin", "load-calibration", "--rig", rig, "--out", out, "--json", "--port", port
    )
    assert data_of(done.require(0), "load-calibration")["before"] == SERIAL
    before, after = load_rig(rig), load_rig(out)
    assert before.mannequin is not None and after.mannequin is not None
    assert len(after.mannequin.chest_depth_m.counts) == 20
    for counts in range(80, 880, 50):
        deviation_mm = 1e3 * abs(
            float(before.mannequin.chest_depth_m(counts) - after.mannequin.chest_depth_m(counts))
        )
        assert deviation_mm <= data["curves"][0]["worst"] + 1e-9
    assert after.cameras == before.cameras and after.markers == before.markers
    assert "mannequin_block" in after.provenance.inputs_sha256
    info = data_of(mrcpr("mannequin", "info", "--json", "--port", port), "info")
    assert info["calibration"]["body"] == "adult"
    assert info["calibration"]["made_utc"][:19] == before.provenance.made_utc[:19]
    text = mrcpr("mannequin", "zero", "--port", port).require(0).out
    assert "kept in the mannequin" in text and "matters" not in text.replace("not matter", "")


def test_what_is_refused_leaves_all_as_it_was(
    mrcpr: Run, at_rest: AtRest, rig: Path, tmp_path: Path
) -> None:
    store, load = ("mannequin", "store-calibration"), ("mannequin", "load-calibration")
    port, other = at_rest(), at_rest(RESTING, "OTHER-1")
    mrcpr(*store, "--rig", rig, "--port", other).require_one_line("OTHER-1", "its own rig file")
    assert ask_port(other).stored == ()
    out = tmp_path / "out.toml"
    args = ("--rig", rig, "--out", out, "--port", port)
    mrcpr(*load, *args).require_one_line(SERIAL, "keeps no calibration", "store-calibration")
    assert not out.exists()
    out.write_text("mine")
    mrcpr(*load, *args).require_one_line(str(out), "exists already")
    assert out.read_text() == "mine"
    mrcpr(*store, "--rig", out, "--port", port).require_one_line(str(out), "rig file")
    undated = tmp_path / "undated.toml"
    undated.write_text(re.sub(r'made_utc = ".*"', 'made_utc = "lately"', rig.read_text()))
    mrcpr(*store, "--rig", undated, "--port", port).require_one_line("lately", "ISO 8601")
    sharp = tmp_path / "sharp.toml"
    model = load_rig(rig).mannequin
    assert model is not None
    sigma = f"sigma = {model.chest_depth_m.sigma}"
    assert rig.read_text().count(sigma) == 1
    sharp.write_text(rig.read_text().replace(sigma, "sigma = 1e-7"))
    mrcpr(*store, "--rig", sharp, "--port", port).require_one_line("chest curve", "sigma")
    assert ask_port(port).stored == ()


def test_a_mannequin_without_a_name_gives_no_curves(
    mrcpr: Run, at_rest: AtRest, rig: Path, tmp_path: Path
) -> None:
    args = ("--rig", rig, "--out", tmp_path / "out.toml", "--port", at_rest(RESTING, "UNNAMED"))
    mrcpr("mannequin", "load-calibration", *args).require_one_line("mrcpr mannequin name")


def test_a_rig_gets_the_curves_of_another_mannequin(
    mrcpr: Run, port: str, rig: Path, tmp_path: Path
) -> None:
    mrcpr("mannequin", "store-calibration", "--rig", rig, "--port", port).require(0)
    mrcpr("mannequin", "name", "SAM-8", "--yes", "--port", port).require(0)
    out = tmp_path / "out.toml"
    done = mrcpr("mannequin", "load-calibration", "--rig", rig, "--out", out, "--port", port)
    assert f"measured with mannequin {SERIAL}" in " ".join(done.require(0).out.split())
    assert load_rig(out).require_mannequin("SAM-8")


# --- its counts ------------------------------------------------------------------------


def test_watch_in_lines(mrcpr: Run, start_board: Callable[..., Any]) -> None:
    port = start_board().port
    out = mrcpr("mannequin", "watch", "--seconds", "2.3", "--port", port).require(0).out
    head, *lines = out.splitlines()
    assert "UNNAMED" in head and port in head
    assert len(lines) == 4
    assert lines[0].endswith("s  0 lost, 0 CRC errors, 0 damaged, 0 restarts")
    rate = re.search(r"; (\d+) Hz", lines[-1])
    assert rate is not None and abs(int(rate[1]) - 200) <= 20


def test_the_widest_lines_of_watch_fit() -> None:
    watched = Watched(65535, now=(65535, 65535, 65535, 65535, 65535, -32767))
    counters = MannequinCounters(lost=999_999, crc_errors=99_999, framing_errors=99_999)
    view = View(3600.0, 500.0, watched, counters, "power on")
    first, *_ = lines = list(plain_lines(iter([view, view])))
    assert "999999 lost" in first and len(lines) == 3  # the same is not said twice
    assert max(map(len, lines)) <= 80


def test_a_cause_is_told_when_it_is_sure() -> None:
    restarts, watched = RestartWatch(), Watched(1023)
    begun = View(1.0, None, watched, MannequinCounters(), "power on")
    early = replace(begun, counters=MannequinCounters(restarts=1), restarted_s=1.0)
    late = replace(early, elapsed_s=1.4, reset_cause="watchdog (the firmware hung)")
    told = [restarts.line(view) for view in (begun, early, late, late)]
    assert told == [None, None, "   1.0 s  restarted: watchdog (the firmware hung)", None]
    thrice = replace(late, counters=MannequinCounters(restarts=3), restarted_s=0.9)
    assert "restarted 2 times, lastly: watchdog" in (restarts.line(thrice) or "")


def test_every_cause_of_a_reset_has_its_words() -> None:
    for cause in ResetCause:
        detail = device_info(HELLO._replace(reset_cause=cause), "live", "", None).details
        assert detail_words(detail["reset_cause"]) == cause_words(cause)
    later = device_info(HELLO._replace(reset_cause=9), "live", "", None).details["reset_cause"]
    assert detail_words(later) == cause_words(9) == "code 9"


def test_watch_as_json(mrcpr: Run, start_board: Callable[..., Any]) -> None:
    port = start_board().port
    done = mrcpr("mannequin", "watch", "--json", "--seconds", "1.5", "--port", port).require(0)
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert 8 <= len(lines) <= 16
    assert {line["schema"] for line in lines} == {"mrcpr.mannequin-watch/1"}
    chest = [line["chest_counts"] for line in lines]
    assert max(chest) - min(chest) > 100  # a chest that is pressed moves
    assert all(len(line["force_counts"]) == 4 for line in lines)
    assert [line["frames"] for line in lines] == sorted(line["frames"] for line in lines)
    assert lines[-1]["lost"] == lines[-1]["crc_errors"] == 0


def test_watch_shows_what_moves(
    terminal: Callable[..., Terminal], start_board: Callable[..., Any], at_rest: AtRest
) -> None:
    shown = terminal("mannequin", "watch", "--port", start_board().port)
    shown.wait_for("✓ moved")
    shown.type("\x03")
    assert shown.end() == 0
    assert "Traceback" not in shown.out
    still = terminal("mannequin", "watch", "--seconds", "1", "--port", at_rest())
    assert still.end() == 0
    assert "– still" in still.out and "moved" not in still.out
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", still.out)
    assert max(len(line) for line in plain.splitlines()) <= 80


def test_watch_ends_with_its_device(
    start: Callable[..., Running], start_board: Callable[..., Any]
) -> None:
    board = start_board()
    running = start("mannequin", "watch", "--port", board.port)
    running.wait_until(lambda: "chest" in running.said(), "the first line")
    board.unplug()
    done = running.end().require(2)
    assert "is gone" in done.err and len(done.err.splitlines()) == 1


# --- on the machine code that is flashed -----------------------------------------------


@pytest.fixture
def avr_port(start_avr: Callable[..., Any]) -> str:
    """Give the port of the emulated ATmega328P."""
    return str(start_avr("--pace", "real").port)


def test_watch_goes_on_past_a_restart_and_says_why(
    start: Callable[..., Running],
    terminal: Callable[..., Terminal],
    start_avr: Callable[..., Any],
) -> None:
    board = start_avr("--pace", "real")
    running = start("mannequin", "watch", "--port", board.port)
    running.wait_until(lambda: "200 Hz" in running.said(), "the second line")
    assert "restarted" not in running.said()
    board.command("brown_out 5")
    running.wait_until(lambda: "1 restart\n" in running.said(), "the restart")
    board.command("hang")
    running.wait_until(lambda: "2 restarts\n" in running.said(), "the second restart")
    running.signal_all(signal.SIGINT)
    out = running.end().require(0).out
    told = re.findall(r"s  restarted: (.*)", out)
    assert told == ["brown-out (the supply broke down)", "watchdog (the firmware hung)"]
    assert "2 restarts" in out
    assert max(map(len, out.splitlines())) <= 80

    shown = terminal("mannequin", "watch", "--port", board.port)
    shown.wait_for("0 restarts")
    board.command("brown_out 5")
    shown.wait_for("restarted: brown-out (the supply broke down)")
    assert "0 CRC errors, 0 damaged, 1 restart" in shown.out
    shown.type("\x03")
    assert shown.end() == 0

    running = start("mannequin", "watch", "--json", "--port", board.port)
    running.wait_until(running.said, "the first line")
    board.command("brown_out 5")
    running.wait_until(lambda: re.search(r'"restarts": ?1', running.said()), "the restart")
    running.signal_all(signal.SIGINT)
    first, *_, last = map(json.loads, running.end().require(0).out.splitlines())
    assert (first["restarts"], last["restarts"]) == (0, 1)
    assert last["reset_cause"] == "brown-out (the supply broke down)"


def test_ctrl_c_amid_a_write_leaves_the_old_calibration(
    terminal: Callable[..., Terminal], avr_port: str, mrcpr: Run, rig: Path, tmp_path: Path
) -> None:
    mrcpr("mannequin", "name", SERIAL, "--yes", "--port", avr_port).require(0)
    store = ("mannequin", "store-calibration", "--port", avr_port, "--rig")
    mrcpr(*store, rig).require(0)
    newer = tmp_path / "newer.toml"
    newer.write_text(re.sub(r'made_utc = ".*"', 'made_utc = "2031-05-06"', rig.read_text()))

    def kept() -> CalibrationBlock:
        with MannequinConsole(avr_port) as mannequin:
            content = mannequin.read_block(BlockId.CALIBRATION)
        assert content is not None
        return CalibrationBlock.from_bytes(content)

    old = kept()
    writing = terminal(*store, newer)
    writing.wait_for("writing the calibration")
    time.sleep(0.4)  # of 1.4 s
    writing.type("\x03")
    assert writing.end() == 130
    assert kept() == old
    mrcpr(*store, newer).require(0)
    assert kept() == old._replace(made_utc_s=round(datetime(2031, 5, 6, tzinfo=UTC).timestamp()))


def test_a_busy_board_is_waited_for(avr_port: str) -> None:
    serial_port = open_serial(avr_port)
    with MannequinConsole(serial_port) as mannequin:
        serial_port.write(encode_command(WriteBlock(200, BlockId.CALIBRATION, 0, 32, bytes(32))))
        began_s = time.monotonic()
        mannequin.write_block(BlockId.IDENTITY, b"SAM-7".ljust(16, b"\0"))
        assert time.monotonic() - began_s > 0.1  # 32 bytes at 3.4 ms are before ours
        assert mannequin.greet().serial_number == b"SAM-7".ljust(16, b"\0")


# --- doctor ----------------------------------------------------------------------------


def test_what_the_doctor_says_of_a_port(at_rest: AtRest, mrcpr: Run) -> None:
    good = check_answer(ask_port(at_rest()))
    assert (good.state, good.cure) == ("ok", "")
    assert SERIAL in good.found and "protocol 2" in good.found
    unnamed = at_rest(RESTING, "UNNAMED")
    nameless = check_answer(ask_port(unnamed))
    assert nameless.state == "warning"
    assert nameless.cure == f"mrcpr mannequin name SERIAL --port {unnamed}"
    with serial.Serial(unnamed, exclusive=True):
        busy = check_answer(ask_port(unnamed))
    assert busy.state == "warning"
    assert busy.found == "is in use by another program"
    assert "close that program" in busy.cure
    with old_board(1) as port:
        old = check_answer(ask_port(port))
    assert old.state == "warning" and "protocol 1" in old.found
    assert f"make -C firmware flash PORT={port}" in old.cure and "build.md" in old.cure
    silent = check_answer(PortAnswer("/dev/ttyUSB9", "silent", "nothing: came"))
    assert silent.state == "warning" and "flash PORT=/dev/ttyUSB9" in silent.cure


# --- help ------------------------------------------------------------------------------

COMMANDS = (
    "list", "info", "identify", "name", "test", "zero", "watch", "store-calibration",
    "load-calibration",
)  # fmt: skip


def test_the_page_of_the_group(mrcpr: Run) -> None:
    out = mrcpr("mannequin", "--help").require(0).out
    words = " ".join(out.replace("│", " ").split())
    group = load_command("mannequin")
    assert tuple(group.commands) == COMMANDS
    for name, command in group.commands.items():
        assert f"{name} {command.help.splitlines()[0]}" in words
        assert len(command.help.splitlines()[0]) <= 57  # one line of the page
    assert "…" not in out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    with suppress(typer.Exit):
        load_command("mannequin").main(
            [name, "--help"], prog_name="mrcpr mannequin", standalone_mode=False
        )
    text = capsys.readouterr().out
    assert f"Usage: mrcpr mannequin {name} [OPTIONS]" in text
    assert max(map(len, text.splitlines())) <= 80
    for parameter in load_command("mannequin").commands[name].params:
        if parameter.name != "help":
            assert parameter.help and parameter.help.endswith((".", "]")), parameter.name
    prose = text.split("╭─")[0].split("\n\n")
    for paragraph in prose[1:]:
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        for line, following in itertools.pairwise(lines):
            assert len(line) + 1 + len(following.split()[0]) > 72, (line, following)
