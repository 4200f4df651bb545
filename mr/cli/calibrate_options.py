"""What the commands of `mrcpr calibrate` share: their options and how they print JSON."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import typer

RigOption = Annotated[
    Path, typer.Option(metavar="FILE", help="The rig file; made when it is not there yet.")
]
OldRigOption = Annotated[Path, typer.Option(metavar="FILE", help="The rig file.")]
PortOption = Annotated[
    str | None,
    typer.Option(metavar="PORT", help="Of the mannequin: path or USB id; default: found."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the same as JSON.")]
OperatorOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who does it: for the report and the log."),
]
SimulateOption = Annotated[
    bool, typer.Option("--simulate", help="A simulated rig and technician, to try it.")
]
DEFAULT_RIG = Path("rig.toml")


def print_json(kind: str, data: dict[str, Any]) -> None:
    """Print one object, with the name of its schema first."""
    whole = {"schema": f"mrcpr.calibrate-{kind}/1"} | data
    typer.echo(json_format.dumps(whole, indent=2, ensure_ascii=False))
