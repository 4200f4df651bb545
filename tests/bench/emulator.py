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
    return [
        Timing(
            what=f"emulated ATmega328P at {rate_hz} Hz",
            unit="s of a core an emulated second",
            value=1.0
            / emulator_realtime_factor(
                program, elf, seconds, [encode_command(SetRate(2, rate_hz))]
            ),
            baseline="real time",
            baseline_value=1.0,
        )
        for rate_hz in RATES_HZ
    ]
