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
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class BrokeOffError(Exception):
    """The process ended amid its work: it was killed, or ran out of memory."""


class Child:
    """The process; one thread asks it and waits for it, any may end it."""

    def __init__(self, tasks_each: int) -> None:
        self._tasks_each = tasks_each
        self._tasks = 0
        self._is_over = False
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function there; what it raises is raised here (`BrokeOffError`: it ended)."""
        try:
            return self._submit(work, *args, **kwargs).result()
        except BrokenProcessPool as error:
            self._let_go()
            raise BrokeOffError from error
        finally:
            self._tasks += 1
            if self._tasks >= self._tasks_each:
                self._let_go()

    def kill(self) -> None:
        """End it at once, amid its work, and for good."""
        with self._lock:
            self._is_over = True
            pool, self._pool = self._pool, None
        if pool is not None:
            for process in (pool._processes or {}).values():
                process.kill()
            # Waited for: Python's exit wakes the pool's thread while that may be closing the pipe.
            pool.shutdown(cancel_futures=True)

    def _submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with self._lock:
            if self._is_over:
                raise BrokeOffError
            if self._pool is None:
                self._tasks = 0
                self._pool = ProcessPoolExecutor(
                    max_workers=1,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_end_with_the_server,
                )
            return self._pool.submit(work, *args, **kwargs)

    def _let_go(self) -> None:
        """Let the process end; the next task starts another."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()


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
