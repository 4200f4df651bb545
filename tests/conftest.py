"""What every test may ask for."""

from __future__ import annotations

import faulthandler
import importlib.util
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


STDERR_FD = pytest.StashKey[int]()
"""Where it can be said what stands still while the output of a test is captured."""


def pytest_configure(config: pytest.Config) -> None:
    """Let programs under test hear Ctrl-C, however the tests themselves were started.

    A shell starts what runs in the background with it ignored, and children inherit that.
    """
    config.stash[STDERR_FD] = os.dup(2)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Watch over a teardown as over all else: pytest stops watching when a test has failed."""
    limit_s = float(item.config.getini("faulthandler_timeout"))
    if limit_s > 0:
        faulthandler.dump_traceback_later(limit_s, exit=True, file=item.config.stash[STDERR_FD])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of one OpenXR runtime together; share all others out one by one.

    xdist 3.8 groups by `xdist_group` through an attribute that pytest 9.2 does not read.
    """
    from xdist.scheduler import LoadScopeScheduling

    class OneRuntime(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "tests/xr" if nodeid.startswith("tests/xr/") else nodeid

    return OneRuntime(config, log)


class Require:
    """Ask for a real part: a failure in CI, elsewhere a skip that says what to install."""

    def missing(self, what: str, cure: str) -> None:
        """Say that `what` is absent and how to get it."""
        message = f"{what} is not here: {cure}"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(message)
        pytest.skip(message)

    def module(self, name: str, cure: str) -> None:
        """Ask for an importable Python module."""
        if importlib.util.find_spec(name) is None:
            self.missing(f"Python module {name}", cure)

    def program(self, name: str, cure: str) -> str:
        """Ask for a program on the PATH; gives its path."""
        path = shutil.which(name)
        if path is None:
            self.missing(f"program {name}", cure)
        return str(path)

    def shared(self, relative: str) -> Path:
        """Ask for a file of the shared data beside the project; it is never a must."""
        path = SHARED_DATA / relative
        if not path.exists():
            pytest.skip(f"shared/data/{relative} is not beside this checkout")
        return path


@pytest.fixture
def require() -> Require:
    """Ask for real parts."""
    return Require()
