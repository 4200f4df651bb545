"""Whatever bytes come: the C core under sanitizers keeps its promises, the decoder never raises."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mr.wire import Decoder, Message
from tests.firmware.fuzz_decoder import check, check_stream

FIRMWARE = Path(__file__).parents[2] / "firmware"
READ, WRITE, COMMIT, ZERO = 5, 6, 7, 8
"""Places of commands in the fuzz target's table."""


class FuzzCore:
    """The fuzz target as a process that takes one input after another."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, data: bytes) -> None:
        """Run one input; AssertionError with what the sanitizers said when it died of it."""
        if self._process is None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen([self._program], stdin=pipe, stdout=pipe, stderr=pipe)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(len(data).to_bytes(2, "little") + data)
        process.stdin.flush()
        if process.stdout.read(1) != b".":
            self._process = None
            _, said = process.communicate()
            raise AssertionError(f"the core died of {data.hex()}\n{said.decode()}")

    def close(self) -> None:
        if self._process is not None:
            _, said = self._process.communicate()
            assert self._process.returncode == 0, said.decode()
            self._process = None


def build(firmware: Path, into: Path) -> FuzzCore:
    make = ["make", "-s", "-C", str(firmware / "fuzz"), f"BUILD={into}", "CC=gcc"]
    done = subprocess.run(make, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return FuzzCore(into / "fuzz-core")


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzCore | None]:
    if shutil.which("gcc") is None or shutil.which("make") is None:
        yield None
        return
    built = build(FIRMWARE, tmp_path_factory.mktemp("fuzz"))
    yield built
    built.close()


@pytest.fixture
def fuzz_core(core: FuzzCore | None, require: Any) -> FuzzCore:
    require.program("gcc", "apt-get install gcc libc6-dev make")
    require.program("make", "apt-get install make")
    assert core is not None
    return core


def operation(what: int, amount: int, data: bytes = b"") -> bytes:
    """Write one operation as fuzz_core.c reads it."""
    return bytes([what | amount << 3]) + data


def command(*content: int) -> bytes:
    """Write the operation of a command; zeros for the fields that are not given."""
    data = bytes(content).ljust(6, b"\0")
    return operation(1, len(data) - 1, data)


def with_bytes(what: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=1, max_size=32).map(lambda d: operation(what, len(d) - 1, d))


BYTES = st.integers(0, 255)
OPERATIONS = st.lists(
    st.one_of(
        with_bytes(0),
        with_bytes(1),
        with_bytes(7),
        st.builds(operation, st.sampled_from([2, 3, 4, 5, 6]), st.integers(0, 31)),
        st.builds(command, st.sampled_from([READ, WRITE, COMMIT, ZERO]), *([BYTES] * 5)),
    ),
    max_size=60,
).map(b"".join)


@given(OPERATIONS)
@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_core_keeps_its_promises_whatever_it_is_told(
    fuzz_core: FuzzCore, operations: bytes
) -> None:
    fuzz_core.run(operations)


PUT = operation(7, 31, bytes(range(32))) + 4 * operation(3, 31)
PUT_OTHER = operation(7, 31, bytes(32)) + 4 * operation(3, 31)
DURING_A_WRITE = PUT + command(WRITE, 1, 1, 0, 0, 32) + operation(3, 2) + command(READ, 2, 1)


@pytest.mark.parametrize(
    ("file", "old", "new", "data"),
    [
        ("commands.c", "if (is_busy(device, content)) {", "if (0) {", DURING_A_WRITE),
        (
            "commands.c",
            "command.length > MRCPR_CHUNK_LENGTH ||",
            "",
            command(WRITE, 1, 1, 0, 0, 255),
        ),
        ("store.c", "kept->length > 0 && kept->slot == 0 ? 1 : 0", "kept->slot", PUT + PUT_OTHER),
    ],
    ids=["reads while it writes", "reads beyond a command", "writes in place"],
)
def test_a_broken_core_is_found_out(
    fuzz_core: FuzzCore, tmp_path: Path, file: str, old: str, new: str, data: bytes
) -> None:
    for folder in ("core", "protocol", "fuzz"):
        shutil.copytree(FIRMWARE / folder, tmp_path / folder)
    source = tmp_path / "core" / file
    text = source.read_text(encoding="utf-8")
    assert old in text
    source.write_text(text.replace(old, new, 1), encoding="utf-8")
    fuzz_core.run(data)
    broken = build(tmp_path, tmp_path / "build")
    with pytest.raises(AssertionError, match="the core died"), closing(broken):
        broken.run(data)


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=40))
@settings(max_examples=500, deadline=None)
def test_the_decoder_takes_any_bytes_in_any_chunks(stream: bytes, cuts: list[int]) -> None:
    at = sorted(min(cut, len(stream)) for cut in cuts)
    check(stream, [stream[a:b] for a, b in zip((0, *at), (*at, len(stream)), strict=True)])


def test_the_decoder_takes_damaged_streams() -> None:
    assert sum(check_stream(1, k)[1] for k in range(1000)) > 500


class Forgetful(Decoder):
    """A decoder that loses what a chunk left unfinished."""

    def feed(self, chunk: bytes) -> list[Message]:
        return super().feed(chunk + b"\0")


class Touchy(Decoder):
    """A decoder that raises at noise."""

    def feed(self, chunk: bytes) -> list[Message]:
        messages = super().feed(chunk)
        if self.counters.framing_errors:
            raise ValueError("noise")
        return messages


@pytest.mark.parametrize(("made", "error"), [(Forgetful, AssertionError), (Touchy, ValueError)])
def test_a_broken_decoder_is_found_out(made: type[Decoder], error: type[Exception]) -> None:
    def run() -> None:
        for k in range(100):
            check_stream(1, k, made)

    with pytest.raises(error):
        run()
