"""Who is there: the list of ports, names, and what the doctor says of a port."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
import serial

from mr.cli import mannequin as commands
from mr.cli.check_devices import check_answer
from mr.cli.port_answers import AskedPorts, PortAnswer, ask_port
from mr.devices.mannequin.find import PortInfo
from tests.cli.conftest import MRCPR, SERIAL, environment
from tests.cli.mannequin.boards import (
    NO_PORT,
    RESTING,
    AtRest,
    Run,
    data_of,
    old_board,
    silent_port,
)
from tests.cli.pseudo_terminal import ESCAPES, Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals of Linux")


def test_the_list_goes_on_past_busy_silent_and_old_ports(
    mrcpr: Run, at_rest: AtRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Six children start at once: here a slow machine is to be told from a port that is in use.
    monkeypatch.setattr(AskedPorts, "answers", partialmethod(AskedPorts.answers, limit_s=60.0))
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
    plain = ESCAPES.sub("", shown.out).replace("\r", "\n")
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


def test_a_child_that_a_driver_keeps_is_not_waited_for(
    port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(_child: object, timeout: float | None = None) -> int:
        assert timeout is not None, "for ever"
        raise subprocess.TimeoutExpired("asking", timeout)

    asked = AskedPorts([port])
    with monkeypatch.context() as patched:
        patched.setattr(subprocess.Popen, "communicate", kept)
        patched.setattr(subprocess.Popen, "wait", kept)
        (answer,) = asked.answers(limit_s=0.1)
    assert answer.kind == "not opened"
    for child in asked._children.values():
        child.wait(10.0)


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
    asked.wait_for(r"Name it SAM-8\? \[y/N\]")
    asked.type("n\r")
    assert asked.end() == 0
    assert "nothing was changed" in asked.text
    assert name_of(port) == SERIAL
    for key, code in (("\x03", 130), ("\x04", 0)):  # Ctrl-C; Ctrl-D is no yes
        asked = terminal("mannequin", "name", "SAM-8", "--port", port)
        asked.wait_for(r"\[y/N\]")
        asked.type(key)
        assert asked.end() == code
        assert asked.out.endswith("\r\n")  # what is printed next begins on its own line
        assert name_of(port) == SERIAL
    asked = terminal("mannequin", "name", "SAM-8", "--port", port)
    asked.wait_for(r"\[y/N\]")
    asked.type("y\r")
    assert asked.end() == 0
    assert name_of(port) == "SAM-8"


LATE_TO_READ = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

char *fgets(char *line, int size, FILE *file)
{
    char *(*in_libc)(char *, int, FILE *);
    struct timespec left = {1, 0};

    *(void **)&in_libc = dlsym(RTLD_NEXT, "fgets");
    while (file == stdin && nanosleep(&left, &left) != 0) {
    }
    return in_libc(line, size, file);
}
"""
"""What `input` waits in, entered late: what takes an instant elsewhere takes a second."""


def test_ctrl_c_is_heard_in_the_instant_before_an_answer_is_read(
    port: str, require: Any, tmp_path: Path
) -> None:
    gcc = require.program("gcc", "apt-get install gcc libc6-dev")
    (tmp_path / "late.c").write_text(LATE_TO_READ)
    late = tmp_path / "late.so"
    subprocess.run([gcc, "-shared", "-fPIC", "-o", late, tmp_path / "late.c", "-ldl"], check=True)

    def left_after_ctrl_c(*command: object) -> int | None:
        with Terminal(list(map(str, command)), environment(LD_PRELOAD=str(late)), 80) as asked:
            asked.wait_for(r"\[y/N\]")
            asked.type("\x03")
            until = time.monotonic() + 4.0
            while asked.process.poll() is None and time.monotonic() < until:
                asked.read()
            return asked.process.poll()

    assert left_after_ctrl_c(MRCPR, "mannequin", "name", "SAM-8", "--port", port) == 130
    assert left_after_ctrl_c(sys.executable, "-c", "input('[y/N]')") is None


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
