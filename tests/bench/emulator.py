"""How fast the emulator runs the mannequin's machine code, which decides what CI can try.

Takes a folder to build in, gives one `Timing` a sample rate: seconds of a core an emulated
second takes, beside real time.
"""

from __future__ import annotations

from pathlib import Path

from mr.wire import SetRate, encode_command
from tests.bench.stopwatch import Timing
from tests.firmware.avr_board import build_elf, build_runner, emulator_realtime_factor

RATES_HZ = (200, 500)


def emulator_timings(folder: Path, seconds: float) -> list[Timing]:
    """Build emulator and firmware in `folder` and run `seconds` of each of `RATES_HZ`."""
    program, elf = build_runner(folder / "runner"), build_elf(folder / "elf")

    def timing(rate_hz: int) -> Timing:
        command = encode_command(SetRate(2, rate_hz))
        factor = emulator_realtime_factor(program, elf, seconds, [command])
        what = f"emulated ATmega328P at {rate_hz} Hz, {factor:.0f} times real time"
        return Timing(what, "s of a core an emulated second", 1.0 / factor, "real time", 1.0)

    return [timing(rate_hz) for rate_hz in RATES_HZ]
