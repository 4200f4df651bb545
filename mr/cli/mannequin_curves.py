"""`mrcpr mannequin store-calibration` and `load-calibration`: curves that travel with it.

Takes a rig file and a mannequin, writes the curves of the one into the other; leaves how
curves become a block to `mr.devices.mannequin.calibration_block`. A rig file that is
there is never overwritten.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from mr.cli.console import Output
from mr.cli.mannequin_port import (
    JsonOption,
    PortOption,
    RigOption,
    opened,
    print_json,
    shown_progress,
)
from mr.devices.mannequin.calibration_block import CurveLoss, block_of, calibration_of
from mr.devices.mannequin.console import MannequinConsole
from mr.errors import CalibrationError, ConfigError
from mr.files import is_there
from mr.rig import MannequinCalibration, Rig, load_rig, save_rig
from mr.validity import read_date
from mr.wire import UNNAMED, BlockId, CalibrationBlock


def stored_calibration(mannequin: MannequinConsole) -> CalibrationBlock | None:
    """Read the calibration that a mannequin keeps, or None when there is none.

    Raises
    ------
    CalibrationError
        When it was written by a program that arranges it in another way.
    """
    content = mannequin.read_block(BlockId.CALIBRATION)
    try:
        return None if content is None else CalibrationBlock.from_bytes(content)
    except ValueError as error:
        raise CalibrationError(
            f"mannequin {mannequin.serial_number} keeps a calibration that this program cannot "
            f"read ({error}): store it again with `mrcpr mannequin store-calibration`"
        ) from error


def store_calibration(rig: RigOption, port: PortOption = None, json: JsonOption = False) -> None:
    """Write a rig's curves into the mannequin they are of.

    What it kept before stays in force until all is written and read back.
    """
    console = Output(stderr=json)
    given = load_rig(rig)
    made_utc_s = made_seconds(given, rig)
    with opened(port, console) as (path, mannequin):
        calibration = given.require_mannequin(mannequin.serial_number)
        block, losses = block_of(calibration, made_utc_s)
        with shown_progress(console, "writing the calibration") as progress:
            mannequin.write_block(BlockId.CALIBRATION, block.to_bytes(), progress)
    if json:
        curves = [asdict(loss) for loss in losses]
        data = {"port": path, "serial_number": calibration.serial, "rig": str(rig)}
        print_json("store-calibration", data | {"curves": curves})
        return
    if given.provenance.kind == "sim":
        console.print("[yellow]![/] SIMULATED: this rig was never measured")
    console.print(_loss_table(losses))
    console.print(escape(f"\nmannequin {calibration.serial} keeps the calibration of {rig}"))


def _loss_table(losses: tuple[CurveLoss, ...]) -> Table:
    table = Table(
        title="what the curves lose by it", title_justify="left", box=None, pad_edge=False
    )
    table.add_column("curve")
    table.add_column("at worst", justify="right")
    table.add_column("its sigma", justify="right")
    for loss in losses:
        table.add_row(loss.name, f"{loss.worst:.3f} {loss.unit}", f"{loss.sigma:.3f} {loss.unit}")
    return table


def made_seconds(rig: Rig, path: Path) -> int:
    """Tell when a rig was calibrated, in seconds since 1970."""
    text = rig.provenance.made_utc
    made = read_date(text)
    if made is None:
        raise ConfigError(
            f"{path}: provenance.made_utc: {text!r} is no date in ISO 8601 "
            "(2026-11-22T10:00:00+00:00): correct it"
        )
    return round(made.timestamp())


def load_calibration(
    rig: RigOption,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The new rig file; never one there.")],
    port: PortOption = None,
    json: JsonOption = False,
) -> None:
    """Write a new rig file with the curves a mannequin keeps.

    The rest of it is that of --rig, which has perhaps never seen the mannequin.
    """
    if is_there(out):
        raise ConfigError(f"{out}: exists already: choose another file for --out")
    console = Output(stderr=json)
    given = load_rig(rig)
    with opened(port, console) as (path, mannequin):
        serial = mannequin.serial_number
        if serial == UNNAMED:
            raise CalibrationError(
                f"the mannequin on {path} has no name, and a rig names the one it was made for: "
                "give it one with `mrcpr mannequin name SERIAL`"
            )
        block = stored_calibration(mannequin)
    if block is None:
        raise CalibrationError(
            f"mannequin {serial} keeps no calibration: store one with "
            "`mrcpr mannequin store-calibration --rig rig.toml`"
        )
    save_rig(with_calibration(given, calibration_of(block, serial), block), out)
    made = datetime.fromtimestamp(block.made_utc_s, UTC).isoformat(timespec="seconds")
    before = None if given.mannequin is None else given.mannequin.serial
    if json:
        data = {"port": path, "serial_number": serial, "made_utc": made}
        print_json("load-calibration", data | {"before": before, "rig": str(out)})
        return
    console.print(escape(f"{out}: the curves of mannequin {serial}, made {made[:10]}"))
    if before not in {None, serial}:
        console.prose(
            f"[yellow]![/] where it lies, and the cameras' gains and latencies, were measured "
            f"with mannequin {escape(str(before))}: calibrate those again."
        )


def with_calibration(rig: Rig, calibration: MannequinCalibration, block: CalibrationBlock) -> Rig:
    """Put a mannequin's curves into a rig, which says from then on where they are from."""
    residuals = {
        "chest_sigma_m": calibration.chest_depth_m.sigma,
        **{f"cell_{k}_sigma_n": c.sigma for k, c in enumerate(calibration.cell_force_n)},
        "airway_sigma_ml_s": calibration.airway_flow_ml_s.sigma,
    }
    inputs = {"mannequin_block": hashlib.sha256(block.to_bytes()).hexdigest()}
    provenance = rig.provenance.model_copy(
        update={
            "residuals": rig.provenance.residuals | residuals,
            "inputs_sha256": rig.provenance.inputs_sha256 | inputs,
        }
    )
    return rig.model_copy(update={"mannequin": calibration, "provenance": provenance})
