"""The host board, built once a test run."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def load(path: Path) -> ModuleType:
    """Load a helper file by its path."""
    name = f"mrcpr_tests_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


host_board = load(Path(__file__).with_name("host_board.py"))


@pytest.fixture(scope="session")
def built_board(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Build the host board; None where there is no compiler."""
    if shutil.which("gcc") is None or shutil.which("make") is None:
        return None
    path: Path = host_board.build_host_board(tmp_path_factory.mktemp("firmware"), "CC=gcc")
    return path


@pytest.fixture
def board_program(built_board: Path | None, require: Any) -> Path:
    """Give the path of the host board, or skip (in CI: fail) saying what to install."""
    require.program("gcc", "apt-get install gcc libc6-dev make")
    require.program("make", "apt-get install make")
    assert built_board is not None
    return built_board


@pytest.fixture
def lockstep(board_program: Path) -> Callable[..., bytes]:
    """Give a function that runs a lockstep script and gives the bytes sent."""

    def run(script: str, *options: str) -> bytes:
        sent: bytes = host_board.run_lockstep(board_program, script, *options)
        return sent

    return run


@pytest.fixture
def start_board(board_program: Path) -> Iterator[Callable[..., Any]]:
    """Give a function that starts a host board on a pty; it ends with the test."""
    with ExitStack() as stack:
        yield lambda *options, link=None: stack.enter_context(
            host_board.HostBoard(board_program, *options, link=link)
        )


@pytest.fixture
def sanitized(
    board_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., bytes]:
    """Give `lockstep` with a board built under the compiler's sanitizers."""
    flags = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
    build = tmp_path_factory.mktemp("sanitized")
    program = host_board.build_host_board(build, "CC=gcc", f"CFLAGS={flags}")
    assert program != board_program

    def run(script: str, *options: str) -> bytes:
        sent: bytes = host_board.run_lockstep(program, script, *options)
        return sent

    return run


avr_board = load(Path(__file__).with_name("avr_board.py"))


@pytest.fixture(scope="session")
def built_avr(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path] | None:
    """Build the emulated board and the ATmega328P's firmware; None where something is missing."""
    programs = ("avr-gcc", "make", "gcc", "pkg-config")
    if not all(map(shutil.which, programs)) or not avr_board.SIMAVR_HEADER.exists():
        return None
    build = tmp_path_factory.mktemp("avr")
    return avr_board.build_runner(build / "rig"), avr_board.build_elf(build / "firmware")


@pytest.fixture
def _avr(built_avr: tuple[Path, Path] | None, require: Any) -> tuple[Path, Path]:
    require.program("avr-gcc", avr_board.INSTALL_AVR)
    for name in ("make", "gcc", "pkg-config"):
        require.program(name, avr_board.INSTALL_SIMAVR)
    if not avr_board.SIMAVR_HEADER.exists():
        require.missing("simavr's header", avr_board.INSTALL_SIMAVR)
    assert built_avr is not None
    return built_avr


@pytest.fixture
def avr_runner(_avr: tuple[Path, Path]) -> Path:
    """Give the path of the emulated board."""
    return _avr[0]


@pytest.fixture
def avr_elf(_avr: tuple[Path, Path]) -> Path:
    """Give the path of the real firmware."""
    return _avr[1]


@pytest.fixture
def start_avr(avr_runner: Path, avr_elf: Path) -> Iterator[Callable[..., Any]]:
    """Give a function that starts the real firmware on a pty; it ends with the test."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(
            avr_board.AvrBoard(avr_runner, avr_elf, *options)
        )


@pytest.fixture
def avr_lockstep(avr_runner: Path, avr_elf: Path) -> Iterator[Callable[..., Any]]:
    """Give a function that starts the real firmware in lockstep; it ends with the test."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(
            avr_board.Lockstep(avr_runner, avr_elf, *options)
        )
