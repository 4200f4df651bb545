"""`mrcpr analyze`: the numbers of recordings, and of files from any other system."""

from __future__ import annotations

import json as json_text
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

import mr
from mr.cli.analyze_table import Analyzed, print_table, remarks
from mr.cli.console import Output
from mr.cli.deliver import (
    analysis_of,
    analysis_of_recording,
    as_json,
    print_analysis,
    write_file,
)
from mr.cli.inputs import Input, inputs_of, kind_of
from mr.cli.options import (
    DEFAULT_GUIDELINE,
    JudgedAsOption,
    JudgedByOption,
    JudgedCrewOption,
    JudgedCriteriaOption,
    SmoothedOption,
)
from mr.cli.patience import Patience
from mr.config import Criteria, Mode, load_criteria
from mr.corrections import Corrections, load_corrections
from mr.errors import ConfigError, MrError
from mr.files import is_folder
from mr.recording.csv_depth import Sign, Unit
from mr.recording.csv_motion import BLOCK, read_csv_motion
from mr.recording.harmless import harmless
from mr.recording.simpad import read_simpad
from mr.review.analysis import Provenance
from mr.review.imported import compressions_csv, simpad_json
from mr.scoring.profiles import load_guideline
from mr.session.corrected import rerun_corrected
from mr.session.imported import judge_csv, judge_simpad
from mr.session.smoothed import rerun_for_review

SEVERAL_SCHEMA = "mrcpr.analyses/1"
STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Judging:
    """How files are read and judged; None: as they say themselves."""

    guideline: str | None = None
    mode: Mode | None = None
    unit: Unit | None = None
    sign: Sign | None = None
    rescuers: int | None = None
    criteria: Criteria | None = None
    smoothed: bool = False
    """Of recordings: the others hold one motion, and no look to learn from."""
    corrections: Corrections | None = None
    """Of one recording."""


NOTHING_SAID = Judging()


def analyze_csv(
    path: Path,
    guideline_name: str,
    mode: Mode,
    judging: Judging = NOTHING_SAID,
    name: str | None = None,
    patience: Patience | None = None,
) -> dict[str, Any]:
    """Analyse a CSV of chest motion; without a scale, depth and recoil stay unknown."""
    guideline = load_guideline(guideline_name)
    motion = read_csv_motion(path, judging.unit, judging.sign)
    blocks = motion.blocks()
    if patience is not None:
        blocks = patience.watch(blocks, -(-len(motion.t_s) // BLOCK))
    outcome = judge_csv(motion, guideline, mode, blocks, judging.rescuers or 1)
    return analysis_of(
        outcome,
        name or path.name,
        "csv",
        Provenance(assumptions=motion.assumptions),
        criteria=judging.criteria,
        calibrated=motion.calibrated,
    )


def analyze_simpad(
    path: Path, guideline_name: str, mode: Mode, judging: Judging, name: str
) -> dict[str, Any]:
    """Analyse a SimPad session; what its file does not hold stays unknown."""
    session = read_simpad(path)
    outcome = judge_simpad(session, load_guideline(guideline_name), mode, judging.rescuers or 1)
    return analysis_of(
        outcome,
        name,
        "ssx",
        Provenance(made_utc=session.made_utc, assumptions=session.assumptions),
        criteria=judging.criteria,
        simpad=simpad_json(session),
    )


def analyze_file(file: Input, judging: Judging, patience: Patience) -> dict[str, Any]:
    """Analyse one file of any kind."""
    kind = kind_of(file.path)
    if kind == "recording" and judging.corrections is not None:
        again, corrected = rerun_corrected(
            file.path,
            judging.corrections,
            judging.guideline,
            judging.mode,
            judging.rescuers,
            smoothed=judging.smoothed,
        )
        return analysis_of_recording(again, file.name, judging.criteria, corrected=corrected)
    if kind == "recording":
        again, late = rerun_for_review(
            file.path,
            judging.guideline,
            judging.mode,
            judging.rescuers,
            smoothed=judging.smoothed,
        )
        return analysis_of_recording(again, file.name, judging.criteria, late)
    guideline = judging.guideline or DEFAULT_GUIDELINE
    mode = judging.mode or Mode.HANDS_ONLY
    if kind == "ssx":
        return analyze_simpad(file.path, guideline, mode, judging, file.name)
    return analyze_csv(file.path, guideline, mode, judging, file.name, patience)


def analyze(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            readable=False,  # one that cannot be read does not stop the others
            help="Recordings (.mcap), CSVs, SimPad sessions (.ssx), or folders of them; -: a CSV "
            "from standard input.",
        ),
    ],
    guideline: JudgedByOption = None,
    mode: JudgedAsOption = None,
    rescuers: JudgedCrewOption = None,
    criteria: JudgedCriteriaOption = None,
    deductions: Annotated[
        bool, typer.Option("--deductions", help="Print each deduction, not only the dearest.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the analysis as JSON.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="OUT", help="Write every compression as a row of OUT (-: stdout)."
        ),
    ] = None,
    unit: Annotated[
        Unit | None,
        typer.Option(metavar="UNIT", help="The unit of a CSV's depth: mm, cm, m, au (unknown)."),
    ] = None,
    sign: Annotated[
        Sign | None,
        typer.Option(
            metavar="SIGN", help="A CSV's depth grows into the chest (in) or out of it (out)."
        ),
    ] = None,
    smoothed: SmoothedOption = False,
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What an instructor corrected in one recording, a .json."
        ),
    ] = None,
) -> None:
    """Count, measure and score the compressions of each FILE.

    A CSV needs a header row: t_s and either depth_mm (positive into the chest,
    from the unloaded zero) or depth_au (unknown scale: depth and recoil are
    then unknown, too); optional force_n, hand_x_mm, hand_y_mm, airway_ml.
    Other names, units and signs are understood where they can be told without
    doubt, and what was assumed is said.
    """
    to_stdout = csv is not None and str(csv) == STDOUT
    if to_stdout and json:
        raise ConfigError("--json and --csv -: both go to stdout: give --csv a file's path")
    inputs = inputs_of(files)
    _keep_inputs(inputs, csv)
    if (unit or sign) and not any(kind_of(file.path) == "csv" for file in inputs):
        raise ConfigError("--unit and --sign say how a CSV is read, and no file is one: leave them")
    if smoothed and not any(kind_of(file.path) == "recording" for file in inputs):
        raise ConfigError(
            "--smoothed needs what a recording's sensors saw later, and no file is a "
            "recording (.mcap); CSVs and SimPad files hold finished numbers: leave it out"
        )
    only = [kind_of(file.path) for file in inputs] == ["recording"]
    if corrections is not None and not only:
        raise ConfigError("--corrections are of one recording (.mcap): give that file alone")
    mended = load_corrections(corrections) if corrections is not None else None
    asked = load_criteria(criteria) if criteria is not None else None
    judging = Judging(guideline, mode, unit, sign, rescuers, asked, smoothed, mended)
    several = len(files) > 1 or is_folder(files[0])
    with Patience() as patience:
        analyzed = []
        for k, file in enumerate(inputs):
            patience.say(f"{file.name} ({k + 1} of {len(inputs)})" if several else file.name)
            analyzed.append(_tried(file, judging, patience, several=several))
    analyses = [one.analysis for one in analyzed if one.analysis is not None]
    if csv is not None and not to_stdout and analyses:
        write_file(csv, compressions_csv(analyses).encode(), "--csv")
    if to_stdout:
        typer.echo(compressions_csv(analyses), nl=False)
    elif json:
        typer.echo(_as_one(analyzed) if several else as_json(analyses[0]), nl=False)
    elif several:
        print_table(Output(), analyzed)
    else:
        _print_one(analyses[0], deductions=deductions)
    if any(one.error for one in analyzed):
        _complain(analyzed)
        raise typer.Exit(2)


def _tried(file: Input, judging: Judging, patience: Patience, *, several: bool) -> Analyzed:
    """Analyse a file; one bad file among several does not stop the others."""
    try:
        return Analyzed(file.name, analyze_file(file, judging, patience))
    except MrError as error:
        if not several:
            raise
        return Analyzed(file.name, None, harmless(" ".join(str(error).splitlines())))


def _keep_inputs(inputs: Sequence[Input], csv: Path | None) -> None:
    read = {os.path.realpath(file.path) for file in inputs}
    if csv is not None and os.path.realpath(csv) in read:
        raise ConfigError(f"{csv}: --csv would overwrite a file that is read: choose another place")


def _as_one(analyzed: Sequence[Analyzed]) -> str:
    """Put several analyses into one JSON object."""
    several = {
        "schema": SEVERAL_SCHEMA,
        "software": f"mrcpr {mr.__version__}",
        "analyses": [one.analysis for one in analyzed if one.analysis is not None],
        "errors": [{"name": one.name, "error": one.error} for one in analyzed if one.error],
    }
    return json_text.dumps(several, indent=2, allow_nan=False) + "\n"


def _print_one(analysis: dict[str, Any], *, deductions: bool) -> None:
    console = Output()
    print_analysis(console, analysis, deductions=deductions)
    for remark in remarks(analysis):
        word, _, rest = remark.partition(": ")
        console.prose(f"[yellow]{escape(word)}:[/] {escape(rest)}")


def _complain(analyzed: Sequence[Analyzed]) -> None:
    console = Output(stderr=True)
    for one in analyzed:
        if one.error:
            console.print("[bold red]mrcpr:[/] ", end="")
            console.print(one.error, markup=False)
