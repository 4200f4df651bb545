"""What it keeps: curves travel with it, whole at any Ctrl-C."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mr.cli.port_answers import ask_port
from mr.devices.mannequin.console import MannequinConsole
from mr.devices.mannequin.port import open_serial
from mr.rig import load_rig
from mr.wire import (
    BlockId,
    CalibrationBlock,
    WriteBlock,
    encode_command,
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
