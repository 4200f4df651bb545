"""`python -m tests.bench --only review-start`: from the command to the first page.

Installs the wheel of the tree into a new environment, starts `mrcpr review` with a new folder each
time, and opens the printed address in a Chromium that is already there; gives the seconds from
the process's start until the server said its address and until the page was drawn, and the CPU
time that the server took of it, which other work on the machine changes less. The first start is
cold: nothing of it has been imported before. Nothing is asserted.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from tests.bench.review_live import cpu_s
from tests.web.browser import chromium
from tests.web.servers import running
from tests.wheels import installed, wheel_of_tree


def measure_start(runs: int) -> dict[str, Any]:
    """Start a new review so many times; gives what was measured."""
    said_s, cpu_used_s, shown_s, load = [], [], [], []
    with tempfile.TemporaryDirectory() as made, chromium() as browser:
        folder = Path(made)
        mrcpr = installed(wheel_of_tree(folder), folder / "env").parent / "mrcpr"
        for k in range(runs):
            load.append(round(os.getloadavg()[0], 1))
            page = browser.new_context().new_page()
            begun_s = time.monotonic()
            with running(
                folder / f"review-{k}", env={"PYTHONPATH": ""}, program=(str(mrcpr),), cwd=folder
            ) as review:
                said_s.append(time.monotonic() - begun_s)
                cpu_used_s.append(cpu_s(review.process.pid))
                page.goto(review.said)
                page.get_by_role("heading", name="Set up this server").wait_for()
                shown_s.append(time.monotonic() - begun_s)
            page.context.close()
    return {
        "said_s": said_s,
        "server_cpu_s": cpu_used_s,
        "first_page_s": shown_s,
        "load": load,
        "cores": os.cpu_count(),
    }


def print_start(console: Console, found: dict[str, Any]) -> None:
    """Say what was measured in a few lines."""
    shown_s = found["first_page_s"]
    console.print(
        f"mrcpr review from the wheel, load {min(found['load'])} to {max(found['load'])} on "
        f"{found['cores']} cores"
    )
    console.print(
        f"  first page in Chromium: cold {shown_s[0]:.2f} s, then "
        f"{', '.join(f'{s:.2f}' for s in shown_s[1:])} s (median {np.median(shown_s[1:]):.2f})"
    )
    console.print(
        f"  of it until the server answers: median {np.median(found['said_s']):.2f} s, of which "
        f"{np.median(found['server_cpu_s']):.2f} s of CPU"
    )
