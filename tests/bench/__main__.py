"""`python -m tests.bench`: measure and print accuracy and timings of this version.

Everything that is printed was measured in this run, with fixed seeds. Nothing is asserted:
the tests do that.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import mr
from mr.clock.host import wall_now_utc
from mr.files import write_whole
from mr.sim.film import FilmStore
from tests.bench.accuracy import evaluate
from tests.bench.arms import arms_table, measure_arms
from tests.bench.fused import FusedErrors, see_together
from tests.bench.fused_figures import evaluate as evaluate_fused
from tests.bench.fused_figures import print_fused
from tests.bench.hard_set import measure_detection, print_detection
from tests.bench.latency import latency_table, measure_latency
from tests.bench.noise import WHAT_IT_CANNOT_PROVE, compare, noise_table
from tests.bench.overlay import as_json, measure_overlay, print_overlay
from tests.bench.prediction import measure_prediction, prediction_tables
from tests.bench.review_catalogue import measure_catalogue, print_catalogue
from tests.bench.review_hour import measure_hour, print_hour
from tests.bench.review_live import measure_live, print_live
from tests.bench.review_load import measure_load, print_load
from tests.bench.review_start import measure_start, print_start
from tests.bench.scenes import Scene, film_store, more_scenes, scenes
from tests.bench.seeing import SceneErrors, see
from tests.bench.seeing import evaluate as evaluate_scenes
from tests.bench.sessions import Measured, measure, plans
from tests.bench.stopwatch import Timing
from tests.bench.table import print_accuracy, print_seeing, timing_table
from tests.bench.timing import run_all

PARTS = (
    "accuracy",
    "detection",
    "cameras",
    "fused",
    "noise",
    "arms",
    "latency",
    "prediction",
    "overlay",
    "timing",
    "review-start",
    "review-hour",
    "review-catalogue",
    "live",
    "review-load",
)
E = TypeVar("E", SceneErrors, FusedErrors)
HEAD_FILE = "headmotion/bleeding_1.csv"
SHARED = Path(__file__).parents[3] / "shared" / "data"


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few and short: half a minute")
    parser.add_argument(
        "--json",
        nargs="?",
        const=Path("out/bench.json"),
        type=Path,
        metavar="FILE",
        help="write all figures to FILE, too (default: %(const)s)",
    )
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    parser.add_argument("--seconds", type=float, help="how long `live` and `review-load` last (60)")
    options = parser.parse_args()
    parts = {options.only} if options.only else set(PARTS)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 220)
    console.print(f"MR-CPR {mr.__version__} bench, {machine()}; every accuracy is SIMULATED")
    started_s = time.monotonic()
    report: dict[str, Any] = {
        "made_utc": wall_now_utc().isoformat(timespec="seconds"),
        "software": f"mrcpr {mr.__version__}",
        "machine": machine(),
        "quick": options.quick,
    }
    if "accuracy" in parts:
        report["accuracy"] = evaluate(measure_all(console, options.quick))
        print_accuracy(console, report["accuracy"])
        console.print()
    if "detection" in parts:
        report["detection"] = measure_detection(options.quick)
        print_detection(console, report["detection"])
        console.print()
    if "cameras" in parts:
        report["cameras"] = evaluate_scenes(see_all(console, options.quick))
        print_seeing(console, report["cameras"])
        console.print()
    if "fused" in parts:
        report["fused"] = evaluate_fused(fuse_all(console, options.quick))
        print_fused(console, report["fused"])
        console.print()
    if "noise" in parts:
        show_noise(console, report)
    if "arms" in parts:
        report["arms"] = measure_arms(options.quick)
        console.print(arms_table(report["arms"]))
        console.print()
    if parts & {"latency", "overlay"}:
        report["latency"] = show_latency(console, options.quick)
    if "prediction" in parts:
        report["prediction"] = show_prediction(console, options.quick)
    if "overlay" in parts:
        report["overlay"] = show_overlay(console, options.quick, report["latency"])
    if "timing" in parts:
        timings = time_all(console, options.quick)
        report["timing"] = [asdict(t) | {"ratio": t.ratio} for t in timings]
        console.print(timing_table(timings))
    show_review(console, parts, report, options.quick, options.seconds)
    console.print(f"\ntook {time.monotonic() - started_s:.0f} s")
    if options.json:
        write_whole(
            options.json, (json.dumps(known(report), indent=2, allow_nan=False) + "\n").encode()
        )
        console.print(f"all figures: {options.json}")


def known(value: Any) -> Any:
    """Give the same with None in the place of numbers that could not be measured (NaN)."""
    if isinstance(value, dict):
        return {key: known(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [known(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value


def machine() -> str:
    """Name this machine's class, and nothing that tells it apart."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def measure_all(console: Console, quick: bool) -> list[Measured]:
    """Simulate and measure all sessions, on all cores; in the order of the plans."""
    wanted = plans(quick)
    context = multiprocessing.get_context("spawn")
    with bar(console) as progress, ProcessPoolExecutor(os.cpu_count(), context) as pool:
        task = progress.add_task("simulating sessions", total=len(wanted))
        futures = [pool.submit(measure, plan) for plan in wanted]
        for done in as_completed(futures):
            plan = done.result().plan
            progress.update(task, advance=1, description=f"simulated {plan.style} {plan.seed}")
            if not console.is_terminal:
                console.print(f"  measured {plan.style}, seed {plan.seed}, {plan.mode.value}")
    return [future.result() for future in futures]


def see_all(console: Console, quick: bool) -> list[SceneErrors]:
    """Film and measure all scenes, on all cores; in the order of the plans."""
    return film_all(console, scenes(quick), see)


def fuse_all(console: Console, quick: bool) -> list[FusedErrors]:
    """Film all scenes and more, and measure them with their mannequin, too; in their order."""
    wanted = scenes(quick) if quick else [*scenes(), *more_scenes()]
    return film_all(console, wanted, see_together)


def film_all(
    console: Console, wanted: Sequence[Scene], measured: Callable[[Scene, FilmStore], E]
) -> list[E]:
    """Film the scenes, or play their films, and measure each, on all cores."""
    context = multiprocessing.get_context("spawn")
    with bar(console) as progress, ProcessPoolExecutor(os.cpu_count(), context) as pool:
        task = progress.add_task("filming scenes", total=len(wanted))
        futures = [pool.submit(measured, scene, film_store()) for scene in wanted]
        for done in as_completed(futures):
            name = done.result().scene.name
            progress.update(task, advance=1, description=f"filmed {name}")
            if not console.is_terminal:
                console.print(f"  filmed {name}")
    return [future.result() for future in futures]


def show_noise(console: Console, report: dict[str, Any]) -> None:
    """Put the simulator's noise beside a real camera's, where its frames are at hand."""
    if not SHARED.is_dir():
        console.print(f"no real frames at {SHARED.name}: the noise is not compared")
        return
    report["noise"] = compare(SHARED)
    console.print(noise_table(report["noise"]))
    console.print(WHAT_IT_CANNOT_PROVE)
    console.print()


def show_latency(console: Console, quick: bool) -> dict[str, Any]:
    """Measure a live session's latency and print it beside an idle loop's."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure_latency(Path(folder), 6.0 if quick else 40.0)
    console.print(latency_table(found))
    console.print()
    return found


def show_review(
    console: Console, parts: set[str], report: dict[str, Any], quick: bool, seconds: float | None
) -> None:
    """Measure and print what the instructor's review takes: to start, to open, to list, live."""
    if "review-start" in parts:
        report["review-start"] = measure_start(2 if quick else 5)
        print_start(console, report["review-start"])
    if "review-hour" in parts:
        report["review-hour"] = measure_hour(1 if quick else 5)
        print_hour(console, report["review-hour"])
    if "review-catalogue" in parts:
        report["review-catalogue"] = measure_catalogue(2_000 if quick else 100_000)
        print_catalogue(console, report["review-catalogue"])
    if "live" in parts:
        report["live"] = measure_live(seconds=seconds or (10.0 if quick else 60.0))
        print_live(console, report["live"])
    if "review-load" in parts:
        report["review-load"] = measure_load(
            2_000 if quick else 100_000, seconds or (20.0 if quick else 60.0)
        )
        print_load(console, report["review-load"])


def teller(console: Console) -> Callable[[str], None]:
    """Give what names each step, where there is no terminal to show progress on."""
    return (lambda _: None) if console.is_terminal else (lambda s: console.print(f"  {s}"))


def show_prediction(console: Console, quick: bool) -> dict[str, Any]:
    """Measure and print how far off a chest is that is drawn ahead."""
    found = measure_prediction(quick, SHARED / HEAD_FILE, teller(console))
    for table in prediction_tables(found):
        console.print(table)
        console.print()
    return found


def show_overlay(console: Console, quick: bool, latency: dict[str, Any]) -> dict[str, Any]:
    """Measure and print the overlay's budget, at the latency that was measured before."""
    age_s = 1e-3 * latency["ms"]["sample's capture to scene"]["p50"]
    found = measure_overlay(quick, age_s, SHARED / HEAD_FILE, teller(console))
    print_overlay(console, found)
    console.print()
    return as_json(found)


def time_all(console: Console, quick: bool) -> list[Timing]:
    """Take all timings, one after the other."""
    with bar(console) as progress:
        task = progress.add_task("timing", total=None)

        def name(what: str) -> None:
            progress.update(task, description=f"timing: {what}")
            if not console.is_terminal:
                console.print(f"  timing {what}")

        return run_all(quick, name)


def bar(console: Console) -> Progress:
    """Make the progress line."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


if __name__ == "__main__":
    main()
