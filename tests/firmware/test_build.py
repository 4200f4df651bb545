"""The firmware that is flashed: within its budget, free of warnings, and the one released."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
RELEASE = FIRMWARE / "release"
COMPILER = "avr-gcc (GCC) 5.4.0"
"""That made the released hex; another one may make other code of the same source."""
AVR_CURE = "./system-packages.sh flash"


def make(*words: str, folder: Path = FIRMWARE) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    command = ["make", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def avr(require: Any) -> None:
    require.program("make", "apt-get install make")
    require.program("avr-gcc", AVR_CURE)


@pytest.mark.usefixtures("avr")
def test_the_build_prints_its_size_and_keeps_to_the_budget(tmp_path: Path) -> None:
    done = make("atmega328p", f"BUILD={tmp_path}")
    assert done.returncode == 0, done.stderr
    line = re.search(
        r"^flash (\d+) of (\d+) bytes, static RAM (\d+) of (\d+) bytes$", done.stdout, re.M
    )
    assert line is not None, done.stdout
    flash, flash_budget, ram, ram_budget = map(int, line.groups())
    assert (flash_budget, ram_budget) == (16 * 1024, 1200)
    assert 4000 < flash <= flash_budget
    assert 300 < ram <= ram_budget
    over = make("atmega328p", f"BUILD={tmp_path}", f"RAM_BUDGET={ram - 1}")
    assert over.returncode != 0, "the budget is held"
    assert "over budget" in over.stdout


@pytest.mark.usefixtures("avr")
def test_a_warning_ends_the_build(tmp_path: Path) -> None:
    copy = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, copy, ignore=shutil.ignore_patterns("build", "release"))
    source = copy / "boards/atmega328p/clock.c"
    text = source.read_text(encoding="ascii")
    assert "(uint8_t)(1u << CS11)" in text
    source.write_text(text.replace("(uint8_t)(1u << CS11)", "TCNT1"), encoding="ascii")
    done = make("atmega328p", f"BUILD={tmp_path / 'build'}", folder=copy)
    assert done.returncode != 0
    assert "-Werror" in done.stderr


def test_cppcheck_finds_nothing(tmp_path: Path, require: Any) -> None:
    require.program("cppcheck", "apt-get install cppcheck")
    done = make("check")
    assert done.returncode == 0, done.stderr
    copy = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, copy, ignore=shutil.ignore_patterns("build", "release"))
    (copy / "core/wrong.c").write_text("int wrong(void) { int a[2]; a[2] = 0; return a[0]; }\n")
    assert make("check", folder=copy).returncode != 0, "cppcheck was asked"


def test_flashing_calls_the_tool_as_the_guide_does(require: Any) -> None:
    require.program("make", "apt-get install make")
    header = (FIRMWARE / "core/device.h").read_text(encoding="ascii")
    version = ".".join(re.findall(r"#define MRCPR_FIRMWARE_\w+ (\d+)", header))
    hex_file = f"release/mrcpr-atmega328p-{version}.hex"
    part = "-p atmega328p -c"

    def called(*words: str) -> str:
        done = make("--silent", "AVRDUDE=echo", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    usb = called("flash", "PORT=/dev/ttyUSB7")
    assert usb == f"{part} arduino -P /dev/ttyUSB7 -b 115200 -D -U flash:w:{hex_file}:i"
    assert "-b 57600" in called("flash", "PORT=/dev/ttyUSB7", "BOOT_BAUD=57600")
    assert called("flash-isp") == f"{part} usbasp -U flash:w:{hex_file}:i"
    fuses = "-U lfuse:w:0xFF:m -U hfuse:w:0xD7:m -U efuse:w:0xFC:m"
    assert called("fuses", "PROGRAMMER=avrisp2") == f"{part} avrisp2 {fuses}"
    guide = (FIRMWARE.parent / "docs/guides/technician/build.md").read_text(encoding="utf-8")
    usb_by_hand = usb.replace("/dev/ttyUSB7", "COM5").replace(":w:release", ":w:firmware/release")
    for line in (usb_by_hand, f"{part} usbasp {fuses}"):
        assert f"avrdude {line}\n" in guide
    for words, why in (
        (("flash",), "name the port"),
        (("flash", "PORT=x", "HEX=release/none.hex"), "no file release/none.hex"),
        (("flash-isp", "HEX=release/none.hex"), "no file release/none.hex"),
    ):
        done = make("AVRDUDE=echo", *words)
        assert done.returncode != 0 and why in done.stdout


def test_the_released_hex_has_the_checksum_beside_it() -> None:
    listed = dict(
        reversed(line.split()) for line in (RELEASE / "SHA256SUMS").read_text().splitlines()
    )
    files = {path.name: path for path in RELEASE.glob("*.hex")}
    assert listed.keys() == files.keys()
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[name]


@pytest.mark.usefixtures("avr")
def test_the_released_hex_is_what_the_sources_make(tmp_path: Path) -> None:
    version = subprocess.run(["avr-gcc", "--version"], capture_output=True, text=True, check=True)
    compiler = version.stdout.splitlines()[0]
    if compiler != COMPILER:
        pytest.skip(f"{compiler} is here, the release was made with {COMPILER}")
    done = make("atmega328p", f"BUILD={tmp_path}")
    assert done.returncode == 0, done.stderr
    header = (FIRMWARE / "core/device.h").read_text(encoding="ascii")
    numbers = re.findall(r"#define MRCPR_FIRMWARE_\w+ (\d+)", header)
    released = RELEASE / f"mrcpr-atmega328p-{'.'.join(numbers)}.hex"
    built = tmp_path / "atmega328p/mrcpr-atmega328p.hex"
    assert built.read_bytes() == released.read_bytes(), (
        "the sources changed: raise the version in firmware/core/device.h and mr/sim/firmware.py "
        "(an unreleased one may keep it), then make -C firmware release"
    )
