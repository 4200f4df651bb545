"""The bench's part on detection: all hard signals, ours beside the others, the controls.

Takes how much is wanted, gives the figures and their tables; leaves signals to `hard`, scoring
to `detection` and the others to `rivals`.
"""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from mr.types import FloatArray
from tests.bench.detection import Heard, Tally, latencies_s, listen, score, spoiled
from tests.bench.hard import ZONE_MM, ZONE_SIGMAS, Signal, hard_signal
from tests.bench.rivals import INSTALL, contest, rivals

TRAINING, HELD_OUT = 100_000, 200_000
"""Seeds. The detector was mended on signals of the training half, and reported on the other."""
N_SIGNALS, N_QUICK = 308, 26
LIMIT_S = 0.060

Condition = Callable[[Signal], str]
CONDITIONS: dict[str, Condition] = {
    "all": lambda _: "all",
    "kind": lambda s: s.kind,
    "sampling": lambda s: f"{s.rate_hz:.0f} Hz",
    "noise": lambda s: f"{s.noise_mm:g} mm {'coloured' if s.coloured else 'white'}",
}


def by_condition(signals: Sequence[Signal], tallies: Sequence[Tally]) -> dict[str, Tally]:
    """Add tallies up by each condition."""
    rows: dict[str, Tally] = {}
    for condition in CONDITIONS.values():
        for name in sorted({condition(s) for s in signals}):
            pairs = zip(signals, tallies, strict=True)
            rows[name] = sum((t for s, t in pairs if condition(s) == name), Tally())
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What the metrics made of one signal."""

    signal: Signal
    heard: Heard
    tally: Tally
    late_s: FloatArray


def measure_signal(seed: int, noise_mm: float | None = None) -> Result:
    """Make a signal, with the noise that its seed draws or another, find its compressions."""
    signal = hard_signal(seed, noise_mm=noise_mm)
    heard = listen(signal)
    return Result(signal, heard, score(signal.presses, heard.peaks_s), latencies_s(signal, heard))


def measure_detection(quick: bool) -> dict[str, Any]:
    """Measure ours and all that is installed, on the held-out half."""
    n = N_QUICK if quick else N_SIGNALS
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        results = list(pool.map(measure_signal, range(HELD_OUT, HELD_OUT + n)))
    signals = [r.signal for r in results]
    training = [hard_signal(seed) for seed in range(TRAINING, TRAINING + n)]
    rng = np.random.default_rng(1)
    control = [score(spoiled(r.signal, rng).presses, r.heard.peaks_s) for r in results]
    return {
        "simulated": True,
        "signals": n,
        "uncertain": sum(not p.certain for s in signals for p in s.presses),
        "by_condition": {
            name: row(tally)
            for name, tally in by_condition(signals, [r.tally for r in results]).items()
        },
        "control": row(sum(control, Tally())),
        "rivals": others(training, signals),
        "latency": {
            name: latency_row([r for r in results if wanted(r.signal)])
            for name, wanted in LATENCY_OF.items()
        },
    }


LATENCY_OF: dict[str, Callable[[Signal], bool]] = {
    "all": lambda _: True,
    "30 Hz": lambda s: s.rate_hz == 30.0,
    "60 Hz and more": lambda s: s.rate_hz > 30.0,
    "60 Hz and more, noise up to 1 mm": lambda s: s.rate_hz > 30.0 and s.noise_mm <= 1.0,
}


def others(training: Sequence[Signal], held_out: Sequence[Signal]) -> dict[str, Any]:
    """Let the rivals try the same signals."""
    rows: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NeuroKit2 warns of signals without a peak
        for rival in rivals():
            for by_noise in (False, True):
                found = contest(rival, training, held_out, by_noise=by_noise)
                rows[found["name"]] = row(found["tally"]) | {"settings": found["settings"]}
    return rows


def row(tally: Tally) -> dict[str, float | int]:
    """Turn a tally into the figures of one row."""
    return {
        "n_true": tally.n_true,
        "n_missed": tally.n_true - tally.n_found,
        "n_extra": tally.n_extra,
        "precision": tally.precision,
        "recall": tally.recall,
    }


def latency_row(results: Sequence[Result]) -> dict[str, float | int]:
    """Say how late peaks stood in the live state."""
    late_ms = 1e3 * np.concatenate([r.late_s for r in results])
    return {
        "n": int(late_ms.size),
        "median_ms": float(np.median(late_ms)),
        "p99_ms": float(np.quantile(late_ms, 0.99)),
        "worst_ms": float(late_ms.max()),
        "over_60_ms": int(np.sum(late_ms > 1e3 * LIMIT_S)),
    }


def _table(title: str, *names: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column(names[0])
    for name in names[1:]:
        table.add_column(name, justify="right")
    return table


def print_detection(console: Console, found: dict[str, Any]) -> None:
    """Print the tables."""
    table = _table(
        f"SIMULATED: compressions found in {found['signals']} hard signals "
        f"({found['uncertain']} more are within {ZONE_MM} mm + {ZONE_SIGMAS:.0f} sigma of a 60 ms "
        "mean of the least excursion, and not counted)",
        *("", "true", "missed", "extra", "precision", "recall"),
    )
    rows = {
        **found["by_condition"],
        **found["rivals"],
        "control: a truth with one in 20 dropped, one in 20 invented": found["control"],
    }
    for name, r in rows.items():
        counts = [str(r[key]) for key in ("n_true", "n_missed", "n_extra")]
        table.add_row(name, *counts, f"{r['precision']:.4f}", f"{r['recall']:.4f}")
    console.print(table)
    if not any("neurokit2" in name for name in found["rivals"]):
        console.print(INSTALL)
    console.print()
    table = _table(
        "SIMULATED: from the sample that closes a compression until its peak stands in the live "
        "state, ms of signal time (60 wanted)",
        *("", "peaks", "median", "99 %", "worst", "over 60"),
    )
    for name, r in found["latency"].items():
        times = [f"{r[key]:.0f}" for key in ("median_ms", "p99_ms", "worst_ms")]
        table.add_row(name, str(r["n"]), *times, str(r["over_60_ms"]))
    console.print(table)
