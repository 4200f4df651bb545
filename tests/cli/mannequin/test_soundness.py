"""Whether it is sound: its self-test and its zero."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mr.cli.mannequin_check import drifts_of, items_of
from mr.cli.port_answers import ask_port
from mr.sim.adc import Counts
from mr.wire import (
    Fault,
    SelfTestResult,
    ZeroBlock,
)
from tests.cli.conftest import SERIAL
from tests.cli.mannequin.boards import (
    RESTING,
    AtRest,
    Run,
    data_of,
)
from tests.cli.pseudo_terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals of Linux")


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
    asked.wait_for(r"74\.0")
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
