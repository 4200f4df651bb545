"""What the commands of `mrcpr calibrate` share: their options and how they print JSON."""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mr.errors import ConfigError

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
CamerasOption = Annotated[
    int, typer.Option(metavar="N", min=1, max=2, help="Of the simulated rig.")
]
SeedOption = Annotated[int, typer.Option(metavar="N", min=0, help="Of the simulated rig.")]
AnewOption = Annotated[bool, typer.Option("--anew", help="Forget what was taken before.")]
CameraFileOption = Annotated[
    list[str] | None,
    typer.Option(metavar="ID=FILE", help="A recording (.db3, .bag) in a camera's place."),
]
DEFAULT_RIG = Path("rig.toml")


def print_json(kind: str, data: dict[str, Any]) -> None:
    """Print one object, with the name of its schema first."""
    whole = {"schema": f"mrcpr.calibrate-{kind}/1"} | data
    typer.echo(json_format.dumps(whole, indent=2, ensure_ascii=False))


def camera_files(given: Sequence[str]) -> dict[str, Path]:
    """Read ``ID=FILE`` options.

    Raises
    ------
    ConfigError
        When one names no camera.
    """
    files = {}
    for text in given:
        camera_id, mark, path = text.partition("=")
        if not mark or not camera_id or not path:
            raise ConfigError(f"--camera-file {text!r}: give ID=FILE, such as side=board.db3")
        files[camera_id] = Path(path)
    return files
