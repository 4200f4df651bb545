"""`mrcpr markers`: the marker plates to print, and where each of them goes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr.cli.console import Output
from mr.cli.deliver import write_file
from mr.cli.places import folder_for_results
from mr.errors import ConfigError


class PaperName(StrEnum):
    """Paper that a printer at hand may have."""

    A4 = "A4"
    LETTER = "letter"


class Format(StrEnum):
    """What is written."""

    PDF = "pdf"
    SVG = "svg"


def markers(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder to write into; made if needed.")
    ],
    paper: Annotated[
        PaperName, typer.Option(metavar="PAPER", help=f"One of {', '.join(PaperName)}.")
    ] = PaperName.A4,
    kind: Annotated[
        Format, typer.Option("--format", metavar="FORMAT", help=f"One of {', '.join(Format)}.")
    ] = Format.PDF,
) -> None:
    """Write the marker plates to print into FOLDER, and where they go.

    Five round plates, each true to scale with its cutting line and a ruler to
    check the print with; markers.toml is the part of the rig file that goes with
    them.
    """
    from calibration.boards.layout import (
        DISC_M,
        FOOT,
        STANDARD,
        TAG_M,
        layout_toml,
        standard_layout,
        write_layout,
    )
    from calibration.boards.sheets import plan_sheets, write_sheets

    console = Output()
    layout = standard_layout()
    ids = [place.id for place in STANDARD]
    sheets = plan_sheets(ids, TAG_M, layout.dictionary, paper.value, DISC_M, FOOT)
    names = [f"markers-{k + 1}.{kind}" for k in range(len(sheets))]
    for name in (*names, f"layout.{kind}", "markers.toml"):
        if (folder / name).exists():
            raise ConfigError(f"{folder / name}: exists already: choose another folder")
    with folder_for_results(folder):
        try:
            write_sheets(sheets, folder, kind.value)
            write_layout(folder, paper.value, kind.value)
        except BaseException as error:
            # Half a set would be in the way of the next try, and half a page be printed.
            for name in (*names, f"layout.{kind}"):
                (folder / name).unlink(missing_ok=True)
            if not isinstance(error, OSError):
                raise
            raise ConfigError(
                f"{folder}: cannot write into this folder ({error.strerror}): choose another place"
            ) from error
        write_file(folder / "markers.toml", layout_toml(layout).encode())
    console.print(
        escape(
            f"{len(ids)} plates of {1e3 * DISC_M:g} mm on {len(sheets)} {paper} pages in {folder}: "
            f"print {names[0]} to {names[-1]} at 100 %, and check the ruler\n"
            f"where they go: {folder / f'layout.{kind}'}\n"
            f"for the rig file, once they are mounted and measured: {folder / 'markers.toml'}"
        )
    )
