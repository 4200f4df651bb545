"""`mrcpr analyze`: the numbers of a recording, or of a CSV from any other system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from mr.cli.deliver import analysis_of, analysis_of_recording, as_json, print_analysis
from mr.config import Mode
from mr.metrics.config import MetricsConfig
from mr.recording.csv_motion import read_csv_motion
from mr.scoring.guideline import load_guideline
from mr.session.offline import rerun
from mr.session.outcome import judge_motion, metrics_config

DEFAULT_GUIDELINE = "aha-2025-adult-bls"


def analyze_csv(path: Path, guideline_name: str, mode: Mode) -> dict[str, Any]:
    """Analyse a CSV of chest motion; without a scale, depth and recoil stay unknown."""
    guideline = load_guideline(guideline_name)
    motion = read_csv_motion(path)
    config = metrics_config(guideline)
    if not motion.calibrated:
        config = MetricsConfig.for_uncalibrated(motion.depth, config.pause_threshold_s)
    outcome = judge_motion(motion.samples, config, guideline, mode, "replay")
    return analysis_of(outcome, path.name, "csv", calibrated=motion.calibrated)


def analyze(
    file: Annotated[Path, typer.Argument(help="A recording (.mcap) or a CSV.")],
    guideline: Annotated[
        str | None,
        typer.Option(help="Profile id or path of a .toml; default: the recording's own."),
    ] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="How compressions and breaths were meant to alternate.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the analysis as JSON.")] = False,
) -> None:
    """Count, measure and score the compressions of FILE.

    A CSV needs a header row: t_s and either depth_mm (positive into the chest,
    from the unloaded zero) or depth_au (unknown scale: depth and recoil are
    then unknown, too); optional force_n, hand_x_mm, hand_y_mm, airway_ml.
    """
    if file.suffix.lower() == ".csv":
        analysis = analyze_csv(file, guideline or DEFAULT_GUIDELINE, mode or Mode.HANDS_ONLY)
    else:
        analysis = analysis_of_recording(rerun(file, guideline_name=guideline, mode=mode))
    if json:
        typer.echo(as_json(analysis), nl=False)
    else:
        console = Console()
        print_analysis(console, analysis)
        if analysis["source"]["why_incomplete"]:
            console.print(f"[yellow]incomplete:[/] {analysis['source']['why_incomplete']}")
