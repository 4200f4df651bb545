"""`mrcpr mannequin test` and `zero`: is it sound, and where is its unloaded zero?

Takes what the mannequin finds of itself, gives words, cures and the drift of its zero in mm
and N; leaves curves to `mannequin_curves`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import typer
from rich.markup import escape
from rich.table import Table

from mr.cli.console import Output
from mr.cli.mannequin_curves import stored_calibration
from mr.cli.mannequin_port import (
    AnyRigOption,
    JsonOption,
    PortOption,
    YesOption,
    answer_of,
    has_a_person,
    opened,
    print_json,
)
from mr.devices.mannequin.calibration_block import calibration_of
from mr.devices.mannequin.console import MannequinConsole
from mr.rig import Curve, MannequinCalibration, load_rig
from mr.wire import AIRWAY_UNKNOWN, ZERO_AIRWAY_UNKNOWN, Fault, SelfTestResult, ZeroBlock

DRIFT_SIGMAS = 3.0
"""A zero that is off by more than so many of the curve's sigma matters."""
_LOOKS = {
    "ok": "[green]✓ ok[/]",
    "fault": "[bold red]✗ fault[/]",
    "missing": "[yellow]! missing[/]",
    "unknown": "[dim]– unknown[/]",
}
N_CELLS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the mannequin looked at."""

    name: str
    state: Literal["ok", "fault", "missing", "unknown"]
    found: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """What one sensor says unloaded, by its curve; the curve's own zero is 0."""

    name: str
    counts: float | None
    """None where the sensor was silent."""
    value: float | None = None
    sigma: float | None = None
    unit: str = ""

    @property
    def matters(self) -> bool | None:
        """Tell whether it is more than the curve was known to; None without a curve."""
        if self.value is None or self.sigma is None:
            return None
        return abs(self.value) > DRIFT_SIGMAS * self.sigma


def items_of(result: SelfTestResult, adc_bits: int) -> list[Item]:
    """Put a self-test's result into words, with a cure for each fault."""
    failed = Fault(result.failed & sum(Fault))
    top = (1 << adc_bits) - 1
    chest = _item(
        "chest",
        Fault.CHEST in failed,
        f"{result.chest_counts} of {top} counts",
        "its counts are at an end of the converter: look at the potentiometer's three wires "
        "(5 V, A0, GND) and at its rod",
    )
    cells = [
        _item(
            f"force cell {k}",
            Fault(Fault.FORCE0 << k) in failed,
            f"{counts} of {top} counts",
            f"its counts are at an end of the converter: look at the wires of cell {k} and "
            "its amplifier",
        )
        for k, counts in enumerate(result[3:7])
    ]
    silent = result.airway_counts == AIRWAY_UNKNOWN
    airway = _item(
        "airway",
        Fault.AIRWAY in failed,
        "silent" if silent else f"{result.airway_counts} counts",
        "the pressure sensor does not answer: look at its four wires (5 V, GND, SDA, SCL), "
        "its plug and its kind (SDP810-500Pa)",
    )
    return [chest, *cells, airway, _supply(result, failed), _stack(result, failed), *_kept(failed)]


def _item(name: str, failed: bool, found: str, cure: str) -> Item:
    return Item(name, "fault", found, cure) if failed else Item(name, "ok", found)


def _supply(result: SelfTestResult, failed: Fault) -> Item:
    if result.supply_mv == 0:
        return Item("supply", "unknown", "this board does not measure it")
    return _item(
        "supply",
        Fault.SUPPLY in failed,
        f"{result.supply_mv / 1000:.2f} V",
        "it should be 4.6 to 5.25 V (this reading may be 9 % off: believe a voltmeter): use "
        "another USB port, a shorter cable or a powered hub",
    )


def _stack(result: SelfTestResult, failed: Fault) -> Item:
    if result.stack_free_bytes == 0:
        return Item("memory", "unknown", "this board does not measure it")
    return _item(
        "memory",
        Fault.STACK in failed,
        f"{result.stack_free_bytes} bytes were always free",
        "the firmware came close to its memory's end: flash the firmware that came with this "
        "program, and report it",
    )


def _kept(failed: Fault) -> list[Item]:
    """Say what is still to be done; a mannequin without it is sound all the same."""
    named = Item("name", "ok", "kept")
    if Fault.IDENTITY in failed:
        named = Item("name", "missing", "it has none yet", "mrcpr mannequin name SERIAL")
    calibrated = Item("calibration", "ok", "kept")
    if Fault.CALIBRATION in failed:
        cure = "mrcpr mannequin store-calibration --rig rig.toml, or use the rig file alone"
        calibrated = Item("calibration", "missing", "it keeps none", cure)
    return [named, calibrated]


def test(port: PortOption = None, json: JsonOption = False) -> None:
    """Let a mannequin look at itself, and say what to mend.

    Ends with 2 when there is a fault, else with 0. A missing name or calibration
    is no fault.
    """
    console = Output()
    with opened(port, console) as (path, mannequin):
        items = items_of(mannequin.self_test(), mannequin.hello.adc_bits)
        serial = mannequin.serial_number
    faults = [item.name for item in items if item.state == "fault"]
    if json:
        data = {"port": path, "serial_number": serial, "ok": not faults}
        print_json("test", data | {"items": [asdict(item) for item in items]})
    else:
        console.print(_test_table(serial, items))
        if faults:
            console.print(f"\n[bold red]Faults:[/] {escape(', '.join(faults))}")
        else:
            console.print("\nNo faults.")
    if faults:
        raise typer.Exit(2)


def _test_table(serial: str, items: list[Item]) -> Table:
    table = Table(
        title=f"mannequin {escape(serial)}",
        title_justify="left",
        box=None,
        pad_edge=False,
        show_header=False,
    )
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for item in items:
        text = escape(item.found)
        if item.cure:
            text += f"\n[cyan]→ {escape(item.cure)}[/]"
        table.add_row(_LOOKS[item.state], escape(item.name), text)
    return table


def zero(
    rig: AnyRigOption = None,
    port: PortOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Let a mannequin take and keep its unloaded zero.

    Says by how much the zero has moved since the calibration of --rig, or since
    the one that the mannequin keeps.
    """
    console = Output(stderr=json)
    given = None if rig is None else load_rig(rig)
    with opened(port, console) as (path, mannequin):
        serial = mannequin.serial_number
        calibration = None if given is None else given.require_mannequin(serial)
        _ask_for_rest(console, yes)
        with console.status("averaging: leave the chest alone"):
            zeros = mannequin.zero()
        calibration, source = _curves(calibration, mannequin)
    drifts = drifts_of(zeros, calibration)
    if json:
        data = {"port": path, "serial_number": serial, "samples": zeros.samples}
        sensors = [asdict(d) | {"matters": d.matters} for d in drifts]
        print_json("zero", data | {"compared_with": source, "sensors": sensors})
        return
    console.print(_zero_table(serial, drifts))
    console.print()
    if source is None:
        console.prose("No drift is shown: give --rig, or store a calibration in the mannequin.")
    elif moved := [d.name for d in drifts if d.matters]:
        console.prose(
            f"[yellow]! {escape(', '.join(moved))}: the zero has moved away from the calibration "
            f"({source}).[/] Is the mannequin unloaded and level? Then calibrate it again."
        )
    else:
        console.prose(f"The zero is where the calibration ({source}) has it.")


def _ask_for_rest(console: Output, yes: bool) -> None:
    console.prose("Take all hands off the chest and the airway, and leave them alone.")
    if not yes and has_a_person():
        answer_of(console, "Enter when it rests: ")


def _curves(
    calibration: MannequinCalibration | None, mannequin: MannequinConsole
) -> tuple[MannequinCalibration | None, str | None]:
    """Give the curves to compare with, and where they are from."""
    if calibration is not None:
        return calibration, "rig file"
    block = stored_calibration(mannequin)
    if block is None:
        return None, None
    return calibration_of(block, mannequin.serial_number), "kept in the mannequin"


def drifts_of(zeros: ZeroBlock, calibration: MannequinCalibration | None) -> list[Drift]:
    """Turn zeros in counts into what the curves say of the unloaded mannequin."""
    counts: list[float | None] = [sixteenths / 16 for sixteenths in zeros[1:]]
    if zeros.airway_16ths == ZERO_AIRWAY_UNKNOWN:
        counts[-1] = None
    names = ["chest", *(f"force cell {k}" for k in range(N_CELLS)), "airway"]
    if calibration is None:
        return [Drift(name, at) for name, at in zip(names, counts, strict=True)]
    curves: list[tuple[Curve, float, str]] = [
        (calibration.chest_depth_m, 1e3, "mm"),
        *((curve, 1.0, "N") for curve in calibration.cell_force_n),
        (calibration.airway_flow_ml_s, 1.0, "mL/s"),
    ]
    return [
        Drift(
            name,
            at,
            None if at is None else float(curve(at)) * shown,
            curve.sigma * shown,
            unit,
        )
        for name, at, (curve, shown, unit) in zip(names, counts, curves, strict=True)
    ]


def _zero_table(serial: str, drifts: list[Drift]) -> Table:
    table = Table(
        title=f"zero of mannequin {escape(serial)}",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    table.add_column("sensor")
    table.add_column("counts", justify="right")
    if drifts[0].value is not None:
        for heading in ("by its curve", "sigma"):
            table.add_column(heading, justify="right")
        table.add_column("")
    for d in drifts:
        row = [d.name, "silent" if d.counts is None else f"{d.counts:.1f}"]
        if d.value is not None and d.sigma is not None:
            word = "[yellow]! matters[/]" if d.matters else "[green]✓ does not matter[/]"
            row += [f"{round(d.value, 2) + 0.0:+.2f} {d.unit}", f"{d.sigma:.2f} {d.unit}", word]
        table.add_row(*row)
    return table
