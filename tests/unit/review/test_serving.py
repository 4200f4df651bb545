"""What the review's process does to itself before it serves."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

THREADS = """
import ctypes, sys, threading
from mr.review.serving import share_one_heap
if sys.argv[1] == "shared":
    share_one_heap()
gate = threading.Barrier(4)
def work():
    gate.wait()
    kept = [bytes(1000) for _ in range(1000)]
    gate.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library than glibc")
def test_a_servers_threads_share_one_heap() -> None:
    def heaps(how: str) -> int:
        command = [sys.executable, "-c", THREADS, how]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
        return sum(line.startswith("Arena ") for line in told.splitlines())

    assert heaps("shared") == 1
    assert heaps("each its own") > 1  # or this would prove nothing
