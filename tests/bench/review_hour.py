"""`python -m tests.bench --only review-hour`: a session of an hour in a real browser.

Puts an hour into the catalogue of a real server (`tests.web.hours`), opens its page in a real
Chromium, cold and warm, and pans its charts; gives the seconds until the data are shown and the
gaps between frames. Nothing is asserted: what is printed was measured in this run, with the
machine's load beside it, and the gaps of a page at rest as what the machine itself can do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from mr.review.archive import Archive
from mr.review.intake.catalogue import analysis_text
from mr.review.pyramid import open_pyramid
from mr.review.store import tables
from mr.review.store.sessions import Analysis
from tests.conftest import ROOT
from tests.web.browser import SETTLED, WIDE, chromium
from tests.web.hours import hour_of, put_hour
from tests.web.servers import Client, Running, running
from tests.web.test_uploads import analysed, send

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

assert tables  # this process knows every table, too
STEPS = 100
OPENED = f"""() => {{
    const traced = performance.getEntriesByType("resource").some(
        (e) => e.name.includes("/trace") && e.responseEnd > 0);
    return traced && ({SETTLED})() ? performance.now() / 1000 : false;
}}"""
"""Whether page and trace are there and nothing is still loading: since when, since navigation."""
PAN = """async ([steps, swing]) => {
    const chart = document.querySelector("[role=img][aria-label^='Depth.']");
    const shown = document.querySelector("figure.chart .stretch");
    const gaps = [];
    const views = new Set();
    const frame = () => new Promise(requestAnimationFrame);
    let before = await frame();
    for (let k = 0; k < steps; k++) {
        const back = swing > 0 && Math.floor((k + swing / 2) / swing) % 2 === 1;
        const key = back ? "ArrowLeft" : "ArrowRight";
        if (swing >= 0) chart.dispatchEvent(
            new KeyboardEvent("keydown", { key, shiftKey: true, bubbles: true, cancelable: true }));
        const now = await frame();
        gaps.push(now - before);
        views.add(shown.textContent);
        before = now;
    }
    return [gaps, views.size];
}"""
"""A step of a tenth of what is shown in each frame; `swing` 0: one way, below 0: none at all."""
SWING = 14  # steps from one end of the hour to the other, when two zoom steps are in
CLOSE_ZOOMS = 12  # from an hour to some 13 s


def recorded(folder: Path) -> Path:
    """Make a short session with pauses and breaths in it."""
    command = [sys.executable, "-m", "mr.cli", "demo", "--fast", "--no-camera", "--out"]
    command += [str(folder), "--seconds", "36", "--mode", "30:2"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (path,) = folder.glob("**/*.mcap")
    return path


def bring_hour(review: Running, admin: Client, recording: Path) -> str:
    """Put an hour into a review's catalogue; gives its id."""
    short_id = send(admin, recording)["session_id"]
    page = analysed(admin, short_id)
    archive = Archive.open(review.folder, review.database)
    with archive.database.reading() as session:
        row = session.get_one(Analysis, page["analysis_id"])
        analysis, trace = json.loads(analysis_text(row)), open_pyramid(row.pyramid).samples()
    known = ~np.isnan(trace[1])
    hour_id = put_hour(archive, short_id, hour_of(analysis, tuple(c[known] for c in trace)))
    archive.close()
    return hour_id


def opened_s(page: Page) -> float:
    """Wait until a page that was gone to shows its data; gives the seconds it took."""
    return float(page.wait_for_function(OPENED, timeout=60_000).json_value())


def context_of(browser: Browser, review: Running, admin: Client) -> BrowserContext:
    """Give a browser that has seen nothing yet, signed in."""
    context = browser.new_context(
        base_url=review.address, viewport={"width": WIDE[0], "height": WIDE[1]}
    )
    token = admin.cookies["mrcpr_session"]
    context.add_cookies([{"name": "mrcpr_session", "value": token, "url": review.address}])
    return context


def gaps_ms(page: Page, swing: int) -> dict[str, float]:
    """Pan in each frame; gives how far the frames were apart, and how many views were shown."""
    gaps, views_n = page.evaluate(PAN, [STEPS, swing])
    named = {f"p{q}": float(np.percentile(gaps, q)) for q in (50, 95, 99)}
    return named | {"worst": float(max(gaps)), "views": views_n}


def pan(page: Page) -> dict[str, dict[str, float]]:
    """Measure a page at rest, panned with much in sight and with little."""
    chart = page.get_by_role("img", name="Depth.")
    chart.focus()
    found = {"at rest": gaps_ms(page, -1)}
    for words, zooms, swing in (("wide", 2, SWING), ("close", CLOSE_ZOOMS - 2, 0)):
        for _ in range(zooms):
            page.keyboard.press("+")
        page.wait_for_function(SETTLED)
        found[words] = gaps_ms(page, swing)
    return found


def measure_hour(runs: int) -> dict[str, Any]:
    """Open an hour so many times, cold and warm, and pan in it; gives what was measured."""
    load, cold_s, warm_s = [os.getloadavg()[0]], [], []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        recording = recorded(folder / "demo")
        review = stack.enter_context(running(folder / "review"))
        admin = review.client().set_up(review.setup_code)
        path = f"/sessions/{bring_hour(review, admin, recording)}"
        analysis = admin.ok("GET", f"{path}/analysis")
        browser = stack.enter_context(chromium())
        for _ in range(runs):
            page = context_of(browser, review, admin).new_page()
            page.goto(path)
            cold_s.append(opened_s(page))
            page.reload()
            warm_s.append(opened_s(page))
            load.append(os.getloadavg()[0])
        panned = pan(page)
    return {
        "duration_s": analysis["summary"]["duration_s"],
        "n_compressions": len(analysis["compressions"]),
        "cold_s": cold_s,
        "warm_s": warm_s,
        "frame_gaps_ms": panned,
        "load": [round(each, 1) for each in [*load, os.getloadavg()[0]]],
        "cores": os.cpu_count(),
    }


def print_hour(console: Console, found: dict[str, Any]) -> None:
    """Say what was measured in a few lines."""
    console.print(
        f"a session of {found['duration_s']:.0f} s with {found['n_compressions']} compressions "
        f"in Chromium, load {min(found['load'])} to {max(found['load'])} on {found['cores']} cores"
    )
    for words in ("cold", "warm"):
        took = found[f"{words}_s"]
        console.print(
            f"  data shown, {words}: median {np.median(took):.2f} s "
            f"({', '.join(f'{s:.2f}' for s in took)})"
        )
    for words, gaps in found["frame_gaps_ms"].items():
        told = ", ".join(f"{name} {gaps[name]:.0f}" for name in ("p50", "p95", "p99", "worst"))
        console.print(f"  {STEPS} frames apart, {words} ({gaps['views']:.0f} views): {told} ms")
