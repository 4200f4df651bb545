"""A Monado for the headset's tests, once per test process."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))  # `monado` is a helper of this folder alone

from monado import Monado, Root  # noqa: E402

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
SCRIPT = HERE / "monado_root.sh"


def missing(what: str) -> None:
    """Fail in CI; elsewhere skip and say what to run."""
    if IN_CI:
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def xr_root() -> Root:
    """Where Monado lives; built on the spot in CI, else only looked for."""
    for name in ("xr", "moderngl", "glfw"):
        if importlib.util.find_spec(name) is None:
            missing(f"Python module {name} is not here: pip install 'mrcpr[headset]'")
    if shutil.which("Xvfb") is None:
        missing("program Xvfb is not here: apt-get install xvfb")
    command = [str(SCRIPT)] if IN_CI else [str(SCRIPT), "--find"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        missing(f"Monado is not here: run tests/xr/monado_root.sh once {found.stderr}".strip())
    return Root(Path(found.stdout.strip()))


@pytest.fixture
def own_monado(xr_root: Root) -> Iterator[Monado]:
    """Give a runtime of the test's own, to be broken."""
    with tempfile.TemporaryDirectory(prefix="mrcpr-xr-") as private:
        running = Monado(xr_root, Path(private))
        try:
            yield running
        finally:
            running.close()


@pytest.fixture(scope="session")
def monado(xr_root: Root) -> Iterator[Monado]:
    """Give a running runtime; its sockets want a short path, so not pytest's own."""
    with tempfile.TemporaryDirectory(prefix="mrcpr-xr-") as private:
        running = Monado(xr_root, Path(private))
        try:
            yield running
        finally:
            running.close()
