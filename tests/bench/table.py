"""The figures as tables for people.

Takes what `accuracy` and `timing` found, prints it; computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.stopwatch import Timing

Row = dict[str, float | int | None]
COLUMNS = (
    ("depth bias", "depth_bias_mm", "+.2f"),
    ("depth RMS", "depth_rms_mm", ".2f"),
    ("worst", "depth_worst_mm", ".2f"),
    ("release RMS", "release_rms_mm", ".2f"),
    ("mean rate, worst", "mean_rate_worst_cpm", ".2f"),
    ("inst. rate RMS", "rate_rms_cpm", ".2f"),
    ("peak time", "peak_bias_ms", "+.1f"),
    ("CCF, worst", "ccf_worst_pct", ".1f"),
    ("hand RMS", "hand_rms_mm", ".2f"),
)
UNITS = "depth, release, hand in mm; rates in /min; peak time in ms; CCF in points of per cent"


def _cell(value: float | int | None, form: str) -> str:
    return "unknown" if value is None else format(value, form)


def _plain(title: str, *names: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column(names[0])
    for name in names[1:]:
        table.add_column(name, justify="right")
    return table


def accuracy_table(title: str, rows: dict[str, Row]) -> Table:
    """Lay rows of figures out; the count column says what was missed or invented."""
    table = _plain(title, "", "true", "missed", "extra", "depth known", *(c[0] for c in COLUMNS))
    for name, row in rows.items():
        counts = [row[key] for key in ("n_true", "n_missed", "n_extra", "n_depth_known")]
        cells = [_cell(row[key], form) for _, key, form in COLUMNS]
        table.add_row(name, *map(str, counts), *cells)
    return table


def coverage_table(coverage: dict[str, dict[str, Row]]) -> Table:
    """Lay the shares within ±1.96 sigma out."""
    table = _plain(
        "SIMULATED: share of truths within ±1.96 of the claimed sigma, % (95 wanted)",
        "",
        "values",
        "sigma halved",
        "as claimed",
        "sigma doubled",
    )
    for sensors, quantities in coverage.items():
        for name, row in quantities.items():
            shares = [_cell(row[k], ".0f") for k in ("half_pct", "claimed_pct", "double_pct")]
            table.add_row(f"{sensors}, {name}", str(row["n"]), *shares)
    return table


def timing_table(timings: Sequence[Timing]) -> Table:
    """Lay timings beside their baselines out."""
    table = _plain(
        "Timings of this run (CPU time): compare the ratios, not the times",
        "",
        "takes",
        "unit",
        "baseline",
        "takes",
        "ratio",
    )
    for t in timings:
        cells = (f"{t.value:.3g}", t.unit, t.baseline, f"{t.baseline_value:.3g}", f"{t.ratio:.3g}")
        table.add_row(t.what, *cells)
    return table


def print_accuracy(console: Console, found: dict[str, Any]) -> None:
    """Print all accuracy tables."""
    title = f"SIMULATED: {found['sessions']} sessions against the simulator's truth ({UNITS})"
    console.print(accuracy_table(title, found["by_sensors"]))
    rows = {
        f"{style}: {sensors}": row
        for style, by in found["by_style"].items()
        for sensors, row in by.items()
        if sensors != "both"  # the mannequin's, while it speaks
    }
    console.print()
    console.print(accuracy_table("SIMULATED, by learner", rows))
    console.print()
    controls = {"both": found["by_sensors"]["both"], **found["controls"]}
    title = "Negative controls: the same measurements against a truth made wrong on purpose"
    console.print(accuracy_table(title, controls))
    console.print()
    console.print(coverage_table(found["coverage"]))


def print_seeing(console: Console, found: dict[str, Any]) -> None:
    """Print what cameras alone measure."""
    title = f"SIMULATED: cameras alone in {found['scenes']} scenes ({UNITS})"
    console.print(accuracy_table(title, found["by_distance"]))
    console.print(
        f"heel in each look, less its calibrated offset: {found['heel_rms_mm']:.2f} mm RMS"
    )
    for when, key in (("", "pose"), (" in the first second", "pose_in_the_first_second")):
        row = found[key]
        console.print(
            f"mannequin's pose at the sternum{when}, {row['n']} told: "
            f"{row['rms_mm']:.2f} mm and {row['rms_deg']:.3f} degrees RMS, 95 % within "
            f"{row['p95_mm']:.2f} mm, worst {row['worst_mm']:.2f} mm and "
            f"{row['worst_deg']:.3f} degrees"
        )
    console.print()
    console.print(accuracy_table("SIMULATED, by scene and camera", found["by_scene"]))
    console.print()
    controls = {"one camera": found["all"], **found["controls"]}
    title = "Negative controls: one camera against a truth made wrong on purpose"
    console.print(accuracy_table(title, controls))
    console.print()
    console.print(coverage_table(found["coverage"]))
