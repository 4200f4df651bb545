"""A test that stands still fails, and it is told which and where."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

AMID = """
import time

def test_it():
    time.sleep(600)  # here it stands
"""
BEHIND_A_FAILURE = """
import time
import pytest

@pytest.fixture
def slow_to_leave():
    yield
    time.sleep(600)  # here it stands

def test_it(slow_to_leave):
    raise ValueError("the first fault")
"""
QUICK = """
def test_it():
    pass
"""


def run(tmp_path: Path, text: str, limit_s: float) -> tuple[int, str]:
    """Run a test as `make test` does, but for the limit."""
    path = tmp_path / "test_one.py"
    path.write_text(text, encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (flags,) = re.findall(r"-m pytest (.*) \$\(PYTEST_FLAGS\)", makefile)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *flags.split(), "-p", "tests.conftest",
         "-c", str(ROOT / "pyproject.toml"), "-o", f"faulthandler_timeout={limit_s}", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("text", [AMID, BEHIND_A_FAILURE], ids=["amid", "behind a failure"])
def test_a_standstill_is_a_failure_with_its_name(tmp_path: Path, text: str) -> None:
    code, said = run(tmp_path, text, 2.0)
    assert code == 1
    assert re.search("crashed while running .*::test_it", said), said
    at = text.splitlines().index("    time.sleep(600)  # here it stands") + 1
    assert f'test_one.py", line {at} in ' in said
    assert ("the first fault" in said) == ("the first fault" in text)


def test_what_goes_on_is_left_alone(tmp_path: Path) -> None:
    code, said = run(tmp_path, QUICK, 30.0)
    assert code == 0, said
