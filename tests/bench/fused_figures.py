"""Figures and tables of mannequin and camera together.

Takes the scenes' `FusedErrors`, gives a report and prints it; measures nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from mr.types import FloatArray
from tests.bench.accuracy import Z_95, coverage, figures, largest, pooled, rms
from tests.bench.fused import FusedErrors, Silence
from tests.bench.table import UNITS, accuracy_table, coverage_table

FAR_M = 0.85
SILENCES: tuple[tuple[str, Callable[[FusedErrors], Silence]], ...] = (
    ("taught by the mannequin", lambda e: e.silent),
    ("the same, the rig's latency 20 ms off", lambda e: e.silent_late),
    ("control: latency off, and never taught", lambda e: e.untaught),
)


def evaluate(every: Sequence[FusedErrors]) -> dict[str, Any]:
    """Give all figures: both together, each of them lost, who is said to disagree."""
    near = [e for e in every if e.scene.places["a"].distance_m < FAR_M]
    whole = pooled([e.errors for e in every])
    return {
        "simulated": True,
        "scenes": len(every),
        "fused": figures(whole),
        "controls": {
            "truth 5 mm deeper": figures(pooled([e.deeper for e in every])),
            "one true compression dropped in each": figures(pooled([e.dropped for e in every])),
        },
        "coverage": {"mannequin and camera": coverage(whole)},
        "without_mannequin": {
            f"{name}, {where}": _silence([which(e) for e in of])
            for name, which in SILENCES
            for where, of in (("all", every), ("0.6 to 0.8 m", near))
        },
        "without_camera_same": sum(e.blind_same for e in every),
        "lag_ms": [e.lag_ms for e in every],
        "said": {who: _said([e.said[who] for e in every]) for who in every[0].said},
    }


def _silence(of: Sequence[Silence]) -> dict[str, float | int | None]:
    live = np.concatenate([s.depth for s in of])
    late = np.concatenate([s.smoothed for s in of])
    steps = np.array([s.steps_mm for s in of])
    return {
        "n_true": sum(s.n_true for s in of),
        "n_known": len(live),
        "n_extra": sum(s.n_extra for s in of),
        "bias_mm": float(live[:, 0].mean()) if len(live) else None,
        "rms_mm": rms(live[:, 0]),
        "worst_mm": largest(live[:, 0]),
        "covered_pct": _covered_pct(live),
        "steps_rms_mm": rms(steps),
        "step_worst_mm": largest(steps),
        "smoothed_rms_mm": rms(late[:, 0]),
        "smoothed_covered_pct": _covered_pct(late),
    }


def _covered_pct(rows: FloatArray) -> float | None:
    if not len(rows):
        return None
    return 100.0 * float(np.mean(np.abs(rows[:, 0]) <= Z_95 * rows[:, 1]))


def _said(every: Sequence[dict[str, int]]) -> dict[str, Any]:
    """Count the scenes in which something was said, and of which streams alone."""
    named = [said for said in every if said]
    alone: dict[str, int] = {}
    for said in named:
        streams = " and ".join(sorted({words.split(":")[0] for words in said}))
        alone[streams] = alone.get(streams, 0) + 1
    return {
        "scenes": len(every),
        "named": len(named),
        "compressions_at_most": max((min(said.values()) for said in named), default=None),
        "streams": alone,
    }


def print_fused(console: Console, found: dict[str, Any]) -> None:
    """Print all tables."""
    title = f"SIMULATED: mannequin and one camera in {found['scenes']} scenes ({UNITS})"
    console.print(accuracy_table(title, {"fused": found["fused"], **found["controls"]}))
    console.print()
    console.print(coverage_table(found["coverage"]))
    console.print()
    console.print(_silence_table(found["without_mannequin"]))
    lags = found["lag_ms"]
    console.print(f"lag found where the rig's is 20 ms off: {min(lags):.0f} to {max(lags):.0f} ms")
    same, n = found["without_camera_same"], found["scenes"]
    console.print(f"five seconds without the camera: the same to the bit in {same} of {n} scenes")
    console.print()
    console.print(_said_table(found["said"]))


def _silence_table(rows: dict[str, dict[str, float | int | None]]) -> Table:
    columns = (
        ("true", "n_true", "d"),
        ("known", "n_known", "d"),
        ("extra", "n_extra", "d"),
        ("bias", "bias_mm", "+.2f"),
        ("RMS", "rms_mm", ".2f"),
        ("worst", "worst_mm", ".2f"),
        ("covered %", "covered_pct", ".0f"),
        ("step RMS", "steps_rms_mm", ".2f"),
        ("worst step", "step_worst_mm", ".2f"),
        ("smoothed RMS", "smoothed_rms_mm", ".2f"),
        ("covered %", "smoothed_covered_pct", ".0f"),
    )
    table = _table("SIMULATED: five seconds without the mannequin (mm)", [c[0] for c in columns])
    for name, row in rows.items():
        cells = [
            "unknown" if (value := row[key]) is None else format(value, form)
            for _, key, form in columns
        ]
        table.add_row(name, *cells)
    return table


def _said_table(rows: dict[str, dict[str, Any]]) -> Table:
    names = ["named in", "after at most", "streams (scenes)"]
    table = _table("SIMULATED: a scale that is 7 % off, by whose it is and who is there", names)
    for who, row in rows.items():
        after = row["compressions_at_most"]
        streams = ", ".join(f"{name} ({n})" for name, n in row["streams"].items())
        named = f"{row['named']} of {row['scenes']}"
        table.add_row(who, named, "–" if after is None else f"{after} compressions", streams)
    return table


def _table(title: str, names: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    return table
