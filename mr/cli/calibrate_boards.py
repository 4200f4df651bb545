"""`mrcpr calibrate boards` and `kit`: what is printed, and what its print came out as.

Takes a folder and paper, gives pages to print; takes what was measured of them, and what else
the technician has, gives the kit beside the rig file. Leaves drawing to `calibration.boards`.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from calibration.boards.layout import (
    DISC_M,
    FOOT,
    STANDARD,
    TAG_M,
    layout_toml,
    standard_layout,
    write_layout,
)
from calibration.boards.print import default_board, write_board, write_registration
from calibration.boards.registration import RegistrationBoard
from calibration.boards.ruler import print_scale_from_ruler
from calibration.boards.sheets import Paper, plan_sheets, write_sheets
from calibration.kit import Kit, kit_path, load_kit, save_kit
from mr.cli.calibrate_options import (
    DEFAULT_RIG,
    JsonOption,
    OperatorOption,
    RigOption,
    print_json,
)
from mr.cli.console import Output
from mr.cli.deliver import write_file
from mr.cli.places import folder_for_results
from mr.config import parse
from mr.errors import ConfigError
from mr.validity import RECALIBRATE_AFTER_DAYS


class PaperName(StrEnum):
    """Paper that a printer at hand may have."""

    A4 = "A4"
    A3 = "A3"
    LETTER = "letter"


class Format(StrEnum):
    """What is written."""

    PDF = "pdf"
    SVG = "svg"


PaperOption = Annotated[
    PaperName, typer.Option(metavar="PAPER", help=f"One of {', '.join(PaperName)}.")
]


def boards(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder to write into; made if needed.")
    ],
    paper: PaperOption = PaperName.A4,
    kind: Annotated[
        Format, typer.Option("--format", metavar="FORMAT", help=f"One of {', '.join(Format)}.")
    ] = Format.PDF,
) -> None:
    """Write what is to be printed into FOLDER: boards, marker plates, where they go.

    The ChArUco board is for the cameras, the registration board for the chest,
    the five round plates for the mannequin. All are true to scale, with rulers to
    check the print with.
    """
    layout = standard_layout()
    ids = [place.id for place in STANDARD]
    plates_paper: Paper = "letter" if paper is PaperName.LETTER else "A4"
    sheets = plan_sheets(ids, TAG_M, layout.dictionary, plates_paper, DISC_M, FOOT)
    plates = [f"markers-{k + 1}.{kind}" for k in range(len(sheets))]
    pages = [f"charuco-{paper}.{kind}", f"registration-{plates_paper}.{kind}", *plates]
    pages.append(f"layout.{kind}")
    for name in (*pages, "markers.toml"):
        if (folder / name).exists():
            raise ConfigError(f"{folder / name}: exists already: choose another folder")
    with folder_for_results(folder):
        try:
            write_board(default_board(paper.value), folder, paper.value, kind.value)
            write_registration(RegistrationBoard(), folder, plates_paper, kind.value)
            write_sheets(sheets, folder, kind.value)
            write_layout(folder, plates_paper, kind.value)
        except BaseException as error:
            # Half a set would be in the way of the next try, and half a page be printed.
            for name in pages:
                (folder / name).unlink(missing_ok=True)
            if not isinstance(error, OSError):
                raise
            raise ConfigError(
                f"{folder}: cannot write into this folder ({error.strerror}): choose another place"
            ) from error
        write_file(folder / "markers.toml", layout_toml(layout).encode())
    Output().print(
        escape(
            f"the ChArUco board: {folder / pages[0]}\n"
            f"the registration board: {folder / pages[1]}\n"
            f"{len(ids)} plates of {1e3 * DISC_M:g} mm on {len(sheets)} {plates_paper} pages in "
            f"{folder}: print {plates[0]} to {plates[-1]} at 100 %, and check the ruler\n"
            f"where they go: {folder / f'layout.{kind}'}\n"
            f"as planned, for a rig file without a survey: {folder / 'markers.toml'}\n"
            "→ measure both rulers of each print: mrcpr calibrate kit --ruler ACROSS DOWN"
        )
    )


RulerOption = Annotated[
    tuple[float, float] | None,
    typer.Option(metavar="ACROSS DOWN", help="What its rulers of 100 mm measure, mm."),
]


def kit(
    rig: RigOption = DEFAULT_RIG,
    operator: OperatorOption = None,
    paper: Annotated[
        PaperName | None, typer.Option(metavar="PAPER", help="Of the ChArUco board.")
    ] = None,
    ruler: RulerOption = None,
    registration_ruler: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="ACROSS DOWN", help="The same of the registration board."),
    ] = None,
    plates_ruler: Annotated[
        float | None, typer.Option(metavar="MM", help="The same of the marker plates.")
    ] = None,
    step: Annotated[
        float | None, typer.Option(metavar="MM", help="Gauge block that lifts the board.")
    ] = None,
    blocks: Annotated[
        str | None, typer.Option(metavar="MM,MM,…", help="Gauge blocks for the chest.")
    ] = None,
    check_block: Annotated[
        float | None, typer.Option(metavar="MM", help="Gauge block of the daily check.")
    ] = None,
    masses: Annotated[
        str | None, typer.Option(metavar="KG,KG,…", help="Masses for the cells, four or more.")
    ] = None,
    syringe: Annotated[
        float | None, typer.Option(metavar="ML", help="The calibration syringe.")
    ] = None,
    second_syringe: Annotated[
        float | None, typer.Option(metavar="ML", help="Another size, to find a mistyped one.")
    ] = None,
    recalibrate_after: Annotated[
        int | None, typer.Option(metavar="DAYS", help="How long a calibration holds in this lab.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show what the technician has, or put it right: prints, blocks, masses, syringe.

    Kept beside the rig file, as rig.kit.toml for rig.toml.
    """
    path = kit_path(rig)
    known = load_kit(path)
    changes: dict[str, Any] = {
        "operator": operator,
        "step_mm": step,
        "blocks_mm": None if blocks is None else _numbers(blocks, "--blocks"),
        "check_block_mm": check_block,
        "masses_kg": None if masses is None else _numbers(masses, "--masses"),
        "syringe_ml": syringe,
        "second_syringe_ml": second_syringe,
        "recalibrate_after_days": recalibrate_after,
        "registration_print_scale": (
            None if registration_ruler is None else print_scale_from_ruler(*registration_ruler)
        ),
        "plates_print_scale": (
            None if plates_ruler is None else print_scale_from_ruler(plates_ruler, plates_ruler)[0]
        ),
    }
    changes = {key: value for key, value in changes.items() if value is not None}
    board = known.board if paper is None else default_board(paper.value)
    if ruler is not None:
        board = board.model_copy(update={"print_scale": print_scale_from_ruler(*ruler)})
    if board != known.board:
        changes["board"] = board.model_dump()
    if changes:
        known = parse(Kit, known.model_dump() | changes, "this kit")
        save_kit(known, path)
    if json:
        print_json("kit", {"path": str(path), **known.model_dump(mode="json")})
        return
    console = Output()
    console.print(_kit_table(known))
    console.print(escape(f"\nkept in {path}" if changes else f"\n{path}"))


def _numbers(text: str, option: str) -> tuple[float, ...]:
    try:
        # With semicolons between numbers, a comma is their decimal point.
        parts = text.split(";") if ";" in text else text.split(",")
        return tuple(float(part.replace(",", ".")) for part in parts)
    except ValueError as error:
        raise ConfigError(
            f"{option} {text!r}: give numbers with commas, such as 5,10,20"
        ) from error


def _kit_table(known: Kit) -> Table:
    board = known.board
    across, down = (100.0 * scale for scale in board.print_scale)
    card = ", ".join(f"{100.0 * scale:g} mm" for scale in known.registration_print_scale)
    second = known.second_syringe_ml
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    rows = {
        "operator": known.operator or "not named yet",
        "ChArUco board": f"{board.columns}x{board.rows} squares of {1e3 * board.square_m:g} mm, "
        f"{board.dictionary}; rulers of 100 mm measure {across:g} mm across, {down:g} mm down",
        "registration board": f"rulers of 100 mm measure {card}",
        "marker plates": f"rulers of 100 mm measure {100.0 * known.plates_print_scale:g} mm",
        "block under the board": f"{known.step_mm:g} mm",
        "blocks for the chest": f"{_list(known.blocks_mm)} mm",
        "block of the daily check": f"{known.check_block_mm:g} mm",
        "masses": f"{_list(known.masses_kg)} kg",
        "calibration holds": f"{known.recalibrate_after_days or RECALIBRATE_AFTER_DAYS} days",
        "syringe": f"{known.syringe_ml:g} mL" + ("" if second is None else f", and {second:g} mL"),
    }
    for name, text in rows.items():
        table.add_row(name, escape(text))
    return table


def _list(values: tuple[float, ...]) -> str:
    return ", ".join(f"{v:g}" for v in values)
