"""`python -m tests.bench.review_live`: thirty rigs, a real browser and viewers on one server.

Starts the real server, enrols rigs that send 200 samples a second each (`tests.bench.live_rigs`),
opens the wall in a real Chromium and socket viewers beside it. A sample's age counts from its
capture to the frame in which the browser drew it, on one machine's clock. Nothing is asserted:
what is printed was measured in this run, with the machine's load beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from mr.clock.host import wall_now_utc
from mr.review.live.server_link import ServerTime
from mr.review.live.signing import Signer, public_text
from mr.review.store.rigs import EnrolledRig
from tests.bench.live_rigs import Seen, rss_mb, run_rigs, view
from tests.web.browser import chromium
from tests.web.kept import kept
from tests.web.servers import Client, Running, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

WALL_SIZE = (1920, 1080)
SETTLE_S = 5.0
AGES_MS = 5000
LISTEN = f"""(() => {{
    const seen = {{ ages: new Array({AGES_MS}).fill(0), frames: 0, dropped: 0, gaps: 0, last: 0 }};
    window.mrcprSeen = seen;
    window.addEventListener("mrcpr-drawn", (event) => {{
        const now = performance.now();
        if (seen.last > 0 && now - seen.last > 250) seen.gaps += 1;
        seen.last = now;
        seen.frames += 1;
        seen.dropped = event.detail.dropped;
        for (const age of event.detail.ages_ms)
            seen.ages[Math.min(Math.max(Math.round(age), 0), {AGES_MS} - 1)] += 1;
    }});
}})()"""
TAKE = f"""() => {{
    const seen = window.mrcprSeen;
    const taken = {{ ...seen, ages: seen.ages }};
    seen.ages = new Array({AGES_MS}).fill(0);
    seen.frames = seen.gaps = 0;
    return taken;
}}"""


@dataclass
class Look:
    """What was measured in one stretch of time."""

    t_s: float
    server_mb: float | None
    page_heap_mb: float
    renderer_mb: float | None
    server_cpu_pct: float
    frames_per_s: float
    load: float


@dataclass
class Measured:
    """The whole run."""

    rigs: int
    seconds: float
    looks: list[Look] = field(default_factory=list)
    ages: np.ndarray = field(default_factory=lambda: np.zeros(AGES_MS))
    gaps: int = 0
    dropped: int = 0
    viewers: list[dict[str, Any]] = field(default_factory=list)
    sent: dict[str, Any] = field(default_factory=dict)

    def quantile_ms(self, share: float) -> int:
        """Tell below which age so many of the drawn samples were."""
        return int(np.searchsorted(np.cumsum(self.ages), share * self.ages.sum()))

    def summary(self) -> dict[str, Any]:
        """Put it into numbers."""
        return {
            "rigs": self.rigs,
            "seconds": self.seconds,
            "sample_to_pixel_ms": {
                "p50": self.quantile_ms(0.5),
                "p99": self.quantile_ms(0.99),
                "max": int(np.flatnonzero(self.ages)[-1]),
                "n": int(self.ages.sum()),
            },
            "frames_per_s": round(float(np.mean([look.frames_per_s for look in self.looks])), 1),
            "gaps_over_250_ms": self.gaps,
            "samples_dropped_by_the_wall": self.dropped,
            "server_cpu_pct": round(float(np.mean([k.server_cpu_pct for k in self.looks])), 1),
            "load": [look.load for look in self.looks],
            "cores": os.cpu_count(),
            "looks": [vars(look) for look in self.looks],
            "viewers": self.viewers,
            "sent": self.sent,
        }


def new_class(review: Running, admin: Client, n: int) -> tuple[str, list[tuple[str, bytes]]]:
    """Make a class of so many learners and rigs; gives the rigs' ids and keys.

    The rigs are written into the database: enrolling is limited to a few a minute, as it should be.
    """
    course: str = admin.ok("POST", "/classes", json={"title": "Load"})["id"]
    names = [f"Learner {k + 1}" for k in range(n)]
    page = admin.ok("POST", f"/classes/{course}/learners", json={"names": names})
    rigs = []
    with kept(review) as database, database.writing() as session:
        for k, person in enumerate(page["learners"]):
            key = Ed25519PrivateKey.generate()
            rig = EnrolledRig(
                name=f"Rig {k + 1}",
                public_key=public_text(key),
                enrolled_utc=wall_now_utc(),
                enrolled_by=admin.me["person_id"],
                course_id=course,
                learner_person_id=person["id"],
                facts={"simulated": True},
            )
            session.add(rig)
            session.flush()
            rigs.append((rig.id, key.private_bytes_raw()))
    return course, rigs


def be_rigs(url: str, rigs: Sequence[tuple[str, bytes]], seconds: float, out: Queue[Any]) -> None:
    """Be the rigs, in a process of its own."""
    signers = [
        Signer(rig_id, Ed25519PrivateKey.from_private_bytes(key), ServerTime())
        for rig_id, key in rigs
    ]
    out.put(("sent", vars(asyncio.run(run_rigs(url, signers, seconds)))))


def be_viewers(url: str, cookie: str, n: int, seconds: float, out: Queue[Any]) -> None:
    """Watch by sockets, in a process of its own."""
    seen = [Seen() for _ in range(n)]

    async def watch() -> None:
        tasks = [asyncio.create_task(view(url, each, {"Cookie": cookie})) for each in seen]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()

    asyncio.run(watch())
    out.put(("viewers", [each.summary() for each in seen]))


def cpu_s(pid: int) -> float:
    """Tell how long a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Watch:
    """An open wall, and the processes that are looked at beside it."""

    page: Page
    cdp: CDPSession
    renderer: int | None
    server: int
    measured: Measured

    def look(self, begun_s: float, pass_time: Callable[[], object]) -> None:
        """Let a stretch of time pass and take what was seen in it."""
        cpu_before_s, from_s = cpu_s(self.server), time.monotonic()
        pass_time()
        now_s = time.monotonic()
        stretch_s = now_s - from_s
        taken = self.page.evaluate(TAKE)
        self.measured.ages += np.array(taken["ages"])
        self.measured.gaps += taken["gaps"]
        self.measured.dropped = taken["dropped"]
        self.cdp.send("HeapProfiler.collectGarbage")
        told = self.cdp.send("Performance.getMetrics")["metrics"]
        heap_bytes = next(each["value"] for each in told if each["name"] == "JSHeapUsedSize")
        self.measured.looks.append(
            Look(
                t_s=round(now_s - begun_s, 1),
                server_mb=rss_mb(self.server),
                page_heap_mb=round(heap_bytes / 2**20, 2),
                renderer_mb=None if self.renderer is None else rss_mb(self.renderer),
                server_cpu_pct=round(100 * (cpu_s(self.server) - cpu_before_s) / stretch_s, 1),
                frames_per_s=round(taken["frames"] / stretch_s, 1),
                load=round(os.getloadavg()[0], 1),
            )
        )


def open_wall(browser: Browser, review: Running, token: str, course: str, rigs_n: int) -> Watch:
    """Open the wall in a real browser, and wait until it shows every rig and has settled."""
    context = browser.new_context(
        base_url=review.address, viewport={"width": WALL_SIZE[0], "height": WALL_SIZE[1]}
    )
    context.add_cookies([{"name": "mrcpr_session", "value": token, "url": review.address}])
    page = context.new_page()
    page.add_init_script(LISTEN)
    page.goto(f"/wall/{course}")
    page.get_by_text(f"{rigs_n} rigs here").wait_for(timeout=60_000)
    page.wait_for_timeout(1000 * SETTLE_S)
    system = browser.new_browser_cdp_session()
    found = system.send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [each["id"] for each in found if each["type"] == "renderer"]
    cdp = context.new_cdp_session(page)
    cdp.send("Performance.enable")
    page.evaluate(TAKE)
    busiest = max(renderers, key=cpu_s, default=None)
    return Watch(page, cdp, busiest, review.process.pid, Measured(rigs_n, 0.0))


@contextmanager
def streaming(
    review: Running, admin: Client, browser: Browser, rigs_n: int, viewers_n: int, seconds: float
) -> Iterator[Watch]:
    """Have rigs send, viewers watch and a wall drawn for a time; at its end all have told."""
    spawn = multiprocessing.get_context("spawn")
    out: Queue[Any] = spawn.Queue()
    course, rigs = new_class(review, admin, rigs_n)
    token = admin.cookies["mrcpr_session"]
    wall = f"ws{review.address.removeprefix('http')}/api/live/wall?course={course}"
    cookie, lasts_s = f"mrcpr_session={token}", seconds + SETTLE_S + 5.0
    others = [
        spawn.Process(target=be_rigs, args=(review.address, rigs, lasts_s, out)),
        spawn.Process(target=be_viewers, args=(wall, cookie, viewers_n, lasts_s, out)),
    ]
    for other in others:
        other.start()
    watch = open_wall(browser, review, token, course, rigs_n)
    watch.measured.seconds = seconds
    yield watch
    for _ in others:
        what, told = out.get(timeout=60)
        setattr(watch.measured, what, told)
    for other in others:
        other.join(timeout=30)


def measure_live(
    rigs_n: int = 30, seconds: float = 60.0, viewers_n: int = 4, every_s: float = 10.0,
    picture: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Load a server with rigs, a wall and viewers for a time; gives what was measured."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        review = stack.enter_context(running(folder / "review"))
        admin = review.client().set_up(review.setup_code)
        browser = stack.enter_context(chromium())
        with streaming(review, admin, browser, rigs_n, viewers_n, seconds) as watch:
            begun_s = time.monotonic()
            while time.monotonic() - begun_s < seconds:
                watch.look(begun_s, lambda: watch.page.wait_for_timeout(1000 * every_s))
            if picture is not None:
                watch.page.screenshot(path=picture)
    return watch.measured.summary()


def print_live(console: Console, found: dict[str, Any]) -> None:
    """Say what was measured in a few lines."""
    age, looks = found["sample_to_pixel_ms"], found["looks"]
    memory_mb = "; ".join(
        f"{what} " + ", ".join(f"{looks[k][name] or np.nan:.1f}" for k in (0, len(looks) // 2, -1))
        for what, name in (
            ("server", "server_mb"), ("page", "page_heap_mb"), ("renderer", "renderer_mb")
        )
    )  # fmt: skip
    n_viewers = len(found["viewers"])
    console.print(
        f"live wall, {found['rigs']} rigs x 200 Hz, one browser, {n_viewers} socket viewers, "
        f"{found['seconds']:.0f} s"
    )
    console.print(
        f"  sample to pixel: p50 {age['p50']} ms, p99 {age['p99']} ms, worst {age['max']} ms "
        f"({age['n']} drawn); {found['frames_per_s']} frames/s with news, "
        f"{found['samples_dropped_by_the_wall']} samples dropped"
    )
    console.print(
        f"  server {found['server_cpu_pct']} % of a core; load {min(found['load'])} to "
        f"{max(found['load'])} on {found['cores']} cores"
    )
    console.print(f"  memory in MB, at first, half-way and at last: {memory_mb}")


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.review_live", description=__doc__)
    parser.add_argument("--rigs", type=int, default=30)
    parser.add_argument("--viewers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--picture", type=Path, help="keep a picture of the wall here")
    options = parser.parse_args()
    found = measure_live(options.rigs, options.seconds, options.viewers, picture=options.picture)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
