"""Builds the emulated board and the real firmware, and runs the one in the other.

Gives the machine code that would be flashed on a pseudo-terminal (`AvrBoard`) or moved by
hand (`Lockstep`); leaves what the sensors feel to `write_waveform`'s caller and the
emulation to the program in ``avr/`` beside this file. Tests get it by the fixtures of
conftest.py; a test elsewhere loads this file by its path (tests are no package).
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[1] / "firmware"
SIMAVR_HEADER = Path("/usr/include/simavr/sim_avr.h")
INSTALL_AVR = "apt-get install gcc-avr avr-libc make"
INSTALL_SIMAVR = "apt-get install libsimavr-dev libelf-dev pkg-config gcc make"

EEPROM_BYTES = 1024
CHANNELS = ("chest_mv", "cell0_mv", "cell1_mv", "cell2_mv", "cell3_mv", "airway_pa")

RECORD = np.dtype([("t_ns", "<u8"), ("byte", "u1")])
END = b"\xff" * 8 + b"\0"

SentBytes = list[tuple[int, int]]
"""True time at the end of a byte's stop bit (ns), and the byte."""


def _make(folder: Path, *words: str) -> None:
    done = subprocess.run(
        ["make", "-C", str(folder), *words],
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
    )
    if done.returncode != 0:
        raise RuntimeError(f"{folder.name} does not build:\n{done.stdout}\n{done.stderr}")


def build_runner(build: Path) -> Path:
    """Build the emulated board into `build`; gives the program's path."""
    _make(HERE / "avr", f"BUILD={build}")
    return build / "avr-board"


def build_elf(build: Path, firmware: Path = FIRMWARE) -> Path:
    """Build the ATmega328P's firmware into `build`; gives the ELF's path."""
    _make(firmware, "atmega328p", f"BUILD={build}")
    return build / "atmega328p" / "mrcpr-atmega328p.elf"


def write_waveform(path: Path, rows: npt.NDArray[Any]) -> None:
    """Write what the sensors feel: (n, 6) in the order of `CHANNELS`."""
    if rows.ndim != 2 or rows.shape[1] != len(CHANNELS):
        raise ValueError(f"a waveform has {len(CHANNELS)} columns, not {rows.shape}")
    path.write_bytes(np.ascontiguousarray(rows, dtype="<f4").tobytes())


class AvrBoard:
    """The emulated board on a pseudo-terminal; `port` is the path to open."""

    def __init__(self, program: Path, elf: Path, *options: str) -> None:
        self._command = [str(program), *options, str(elf)]
        self._process: subprocess.Popen[str] | None = None
        self.port = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = self._process.stdout.readline().strip()
        if not self.port:
            raise RuntimeError(f"the emulated board ended with {self._process.wait()}")
        return self

    def command(self, line: str) -> None:
        """Let something befall the board (``avr/commands.c``, ``avr/pty.c``)."""
        assert self._process is not None
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        while (answer := self._process.stdout.readline().strip()) != "ok":
            if not answer.startswith("/"):
                raise RuntimeError(answer or "the emulated board is gone")
            self.port = answer

    def unplug(self) -> None:
        """Take the cable out: the port vanishes, the device is without power."""
        self.command("unplug")

    def plug(self) -> None:
        """Put the cable in again; `port` is the new path."""
        self.command("plug")

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.communicate(timeout=10.0)  # closes stdin, which ends it
            self._process = None


class Lockstep:
    """The emulated board moved by hand; times are µs of true time since the start.

    No real time passes between two calls, and the same calls give the same bytes.
    """

    def __init__(self, program: Path, elf: Path, *options: str) -> None:
        self._command = [str(program), "--pace", "lockstep", *options, str(elf)]
        self._process: subprocess.Popen[bytes] | None = None
        self.t_us = 0.0
        self.told = ""
        """What it tells with ``--tell``, once it has ended (``avr/bystander.c``)."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if "--tell" in self._command else None,
            bufsize=0,
        )
        return self

    def command(self, line: str) -> None:
        """Let something befall the board now (``avr/commands.c``)."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    def send_at(self, t_us: float, data: bytes) -> None:
        """Let bytes come in whose first bit begins at `t_us`, not before now."""
        self.command(f"rx {t_us:.3f} {data.hex()}")

    def records_to(self, t_us: float) -> npt.NDArray[Any]:
        """Go on to `t_us`; gives the bytes sent meanwhile as an array of `RECORD`."""
        assert self._process is not None and self._process.stdout is not None
        self.command(f"run {t_us:.3f}")
        self.t_us = t_us
        pipe = self._process.stdout.fileno()
        answer = bytearray()
        while len(answer) % len(END) or not answer.endswith(END):
            chunk = os.read(pipe, 1 << 16)
            if not chunk:
                raise RuntimeError(f"the emulated board ended with {self._process.wait()}")
            answer += chunk
        return np.frombuffer(bytes(answer[: -len(END)]), dtype=RECORD)

    def run_to(self, t_us: float) -> SentBytes:
        """Go on to `t_us`; gives (ns at the end of its stop bit, byte) of what was sent."""
        records = self.records_to(t_us)
        return list(zip(records["t_ns"].tolist(), records["byte"].tolist(), strict=True))

    def bytes_to(self, t_us: float) -> bytes:
        """Go on to `t_us`; gives what was sent."""
        return self.records_to(t_us)["byte"].tobytes()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._process is not None:
            _, told = self._process.communicate(timeout=10.0)
            self.told = (told or b"").decode()
            self._process = None


def emulator_realtime_factor(
    program: Path, elf: Path, seconds: float = 20.0, commands: Sequence[bytes] = ()
) -> float:
    """Tell how many emulated seconds one second of a core's time gives.

    At the default sample rate, or what `commands`, sent at the start, make of it. It is the
    emulator's own processor time that counts, so a busy machine does not change the figure.
    """
    before_s = _children_s()
    with Lockstep(program, elf) as board:
        board.records_to(100_000)
        for command in commands:
            board.send_at(board.t_us, command)
        board.records_to(1e6 * seconds)
    return seconds / (_children_s() - before_s)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
