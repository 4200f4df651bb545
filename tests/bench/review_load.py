"""`python -m tests.bench --only review-load`: all that a house has at once, on one server.

Fills a catalogue with 100,000 sessions (`tests.bench.review_catalogue`), puts an hour into it
(`tests.bench.review_hour`), and has thirty rigs send to a wall and four viewers
(`tests.bench.review_live`), while lists and pages are asked for five times a second and the hour
is opened and panned again and again in the wall's own browser. Nothing is asserted: what is
printed was measured in this run, with the machine's load beside it.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from tests.bench.review_catalogue import LIMIT_MS, asked, full
from tests.bench.review_hour import bring_hour, context_of, opened_s, pan, recorded
from tests.bench.review_live import print_live, streaming
from tests.web.browser import chromium
from tests.web.servers import Client, Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EVERY_S = 20.0
ASK_EVERY_S = 0.2


@dataclass
class Work:
    """What people do beside the wall: open the hour, pan in it, ask for lists."""

    browser: Browser
    review: Running
    admin: Client
    hour_path: str
    to_ask: Iterator[tuple[str, Client, str]]
    opened_s: list[float] = field(default_factory=list)
    panned_ms: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    took_ms: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def stretch(self) -> None:
        """Work for a stretch of time: the hour once, cold, and lists for the rest."""
        until_s = time.monotonic() + EVERY_S
        with context_of(self.browser, self.review, self.admin) as context:
            page = context.new_page()
            page.goto(self.hour_path)
            self.opened_s.append(opened_s(page))
            for words, gaps in pan(page).items():
                self.panned_ms.setdefault(words, []).append(gaps)
        while time.monotonic() < until_s:
            who, client, path = next(self.to_ask)
            begun_s = time.monotonic()
            client.ok("GET", path)
            took_s = time.monotonic() - begun_s
            self.took_ms.setdefault((who, path), []).append(1000 * took_s)
            time.sleep(max(0.0, ASK_EVERY_S - took_s))

    def summary(self) -> dict[str, Any]:
        """Put it into numbers."""
        return {
            "hour_cold_s": self.opened_s,
            "frame_gaps_ms": self.panned_ms,
            "lists": [
                {"who": who, "path": path, "median_ms": float(np.median(took)),
                 "longest_ms": max(took), "n": len(took),
                 "over_limit": sum(each > LIMIT_MS for each in took)}
                for (who, path), took in self.took_ms.items()
            ],
        }  # fmt: skip


def measure_load(n_sessions: int, seconds: float) -> dict[str, Any]:
    """Load a server with everything for a time; gives what was measured."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        recording = recorded(folder / "demo")
        review, admin, filled = stack.enter_context(
            full(folder / "review", None, n_sessions, n_sessions)
        )
        hour = bring_hour(review, admin, recording)
        browser = stack.enter_context(chromium())
        to_ask = itertools.cycle(asked(review, admin, filled))
        work = Work(browser, review, admin, f"/sessions/{hour}", to_ask)
        with streaming(review, admin, browser, 30, 4, seconds) as watch:
            begun_s = time.monotonic()
            while time.monotonic() - begun_s < seconds:
                watch.look(begun_s, work.stretch)
    return {"n_sessions": n_sessions, "live": watch.measured.summary()} | work.summary()


def print_load(console: Console, found: dict[str, Any]) -> None:
    """Say what was measured in a few lines."""
    console.print(f"all at once, {found['n_sessions']} sessions in the catalogue (SQLite):")
    print_live(console, found["live"])
    opened, lists = found["hour_cold_s"], found["lists"]
    console.print(
        f"  an hour opened {len(opened)} times, nothing cached: median {np.median(opened):.2f} s, "
        f"longest {max(opened):.2f} s"
    )
    for words, runs in found["frame_gaps_ms"].items():
        told = ", ".join(
            f"{name} {np.median([gaps[name] for gaps in runs]):.0f}" for name in ("p50", "p99")
        )
        worst = max(gaps["worst"] for gaps in runs)
        console.print(f"  its frames apart, {words}: {told} (medians), worst {worst:.0f} ms")
    n, over = (sum(each[name] for each in lists) for name in ("n", "over_limit"))
    slowest = max(lists, key=lambda each: float(each["median_ms"]))
    console.print(
        f"  {len(lists)} lists and pages asked for {n} times: slowest {slowest['path']} "
        f"({slowest['who']}), median {slowest['median_ms']:.1f} ms; longest of all "
        f"{max(each['longest_ms'] for each in lists):.0f} ms, {over} longer than {LIMIT_MS:.0f} ms"
    )
