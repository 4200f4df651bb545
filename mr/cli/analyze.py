"""`mrcpr analyze`: the numbers of a recording, or of a CSV from any other system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.deliver import analysis_of, analysis_of_recording, as_json, print_analysis
from mr.cli.options import (
    DEFAULT_GUIDELINE,
    JudgedAsOption,
    JudgedByOption,
    JudgedCrewOption,
    JudgedCriteriaOption,
)
from mr.config import Criteria, Mode, load_criteria
from mr.errors import AnalysisError
from mr.metrics.config import MetricsConfig
from mr.recording.container import MAGIC
from mr.recording.csv_motion import read_csv_motion
from mr.scoring.profiles import load_guideline
from mr.session.offline import rerun
from mr.session.outcome import judge_motion, metrics_config


def analyze_csv(
    path: Path,
    guideline_name: str,
    mode: Mode,
    rescuers: int = 1,
    criteria: Criteria | None = None,
) -> dict[str, Any]:
    """Analyse a CSV of chest motion; without a scale, depth and recoil stay unknown."""
    guideline = load_guideline(guideline_name)
    motion = read_csv_motion(path)
    config = metrics_config(guideline)
    if not motion.calibrated:
        try:
            config = MetricsConfig.for_uncalibrated(motion.depth, config.pause_threshold_s)
        except AnalysisError as error:
            raise AnalysisError(f"{path}: {error}") from error
    outcome = judge_motion(motion.samples, config, guideline, mode, "replay", rescuers)
    return analysis_of(outcome, path.name, "csv", criteria=criteria, calibrated=motion.calibrated)


def is_recording(path: Path) -> bool:
    """Tell a recording from a CSV: by its name, else by how it begins."""
    suffix = path.suffix.lower()
    if suffix in {".mcap", ".csv"} or not path.is_file():
        return suffix != ".csv"
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def analyze(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording (.mcap) or a CSV.")],
    guideline: JudgedByOption = None,
    mode: JudgedAsOption = None,
    rescuers: JudgedCrewOption = None,
    criteria: JudgedCriteriaOption = None,
    deductions: Annotated[
        bool, typer.Option("--deductions", help="Print each deduction, not only the dearest.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the analysis as JSON.")] = False,
) -> None:
    """Count, measure and score the compressions of FILE.

    A CSV needs a header row: t_s and either depth_mm (positive into the chest,
    from the unloaded zero) or depth_au (unknown scale: depth and recoil are
    then unknown, too); optional force_n, hand_x_mm, hand_y_mm, airway_ml.
    """
    asked = load_criteria(criteria) if criteria is not None else None
    if is_recording(file):
        again = rerun(file, guideline_name=guideline, mode=mode, rescuers=rescuers)
        analysis = analysis_of_recording(again, asked)
    else:
        how = (mode or Mode.HANDS_ONLY, rescuers or 1, asked)
        analysis = analyze_csv(file, guideline or DEFAULT_GUIDELINE, *how)
    if json:
        typer.echo(as_json(analysis), nl=False)
    else:
        console = Output()
        print_analysis(console, analysis, deductions=deductions)
        if why := analysis["source"]["why_incomplete"]:
            console.prose(f"[yellow]incomplete:[/] {escape(why)}")
