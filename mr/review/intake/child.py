"""One process for heavy work, which ends with the server however that ends.

Takes functions, gives what they return; leaves what to do when it breaks off to who asked. It is
started when it is first needed and anew after a number of tasks, so that nothing grows for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class BrokeOffError(Exception):
    """The process ended amid its work: it was killed, or ran out of memory."""


class Child:
    """The process; what asks it waits for it."""

    def __init__(self, tasks_each: int) -> None:
        self._tasks_each = tasks_each
        self._pool: ProcessPoolExecutor | None = None

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function there; what it raises is raised here (`BrokeOffError`: it ended)."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                max_tasks_per_child=self._tasks_each,
                initializer=_end_with_the_server,
            )
        try:
            return self._pool.submit(work, *args, **kwargs).result()
        except BrokenProcessPool as error:
            self._pool = None
            raise BrokeOffError from error

    def kill(self) -> None:
        """End it at once, amid its work."""
        if self._pool is not None:
            running = list((self._pool._processes or {}).values())  # a shutdown forgets them
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.kill()


def leave_signals_to_the_server() -> None:
    """Let Ctrl-C reach the main thread only: processes that this one starts inherit it, too."""
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # its first start lets signals through again
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


def _end_with_the_server() -> None:
    """End this process when the one that started it is gone, however it went."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, name="watches-the-server", daemon=True).start()
