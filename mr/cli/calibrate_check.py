"""`mrcpr calibrate check`: a minute before a class, to see whether a rig still is what it was.

Takes a rig file and its devices (or a simulated technician), gives pass or fail for each item,
what has drifted since the last check, and a line of the service log; leaves judging to
`calibration.daily`.
"""

from __future__ import annotations

import json as json_format
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

import typer
from rich.markup import escape

from calibration.daily import compare, measure_check
from calibration.daily_guide import CheckGuide
from calibration.kit import kit_path, load_kit
from calibration.record import Record
from calibration.service import Entry, Work, log_service
from calibration.simulated.checking import checking_script, record_check
from mr.cli.calibrate_capture import NotKept, capture
from mr.cli.calibrate_devices import Reader
from mr.cli.calibrate_options import (
    DEFAULT_RIG,
    CamerasOption,
    JsonOption,
    OldRigOption,
    OperatorOption,
    PortOption,
    SeedOption,
    SimulateOption,
    print_json,
)
from mr.cli.calibrate_screen import Screen, screen_for
from mr.cli.calibrate_simulated import simulated_technician
from mr.cli.calibrate_table import print_record
from mr.cli.console import Output
from mr.cli.sources import RigSources
from mr.clock.host import host_now_ns, wall_now_utc
from mr.config import parse
from mr.errors import ConfigError
from mr.files import write_whole
from mr.rig import Rig, load_rig
from mr.session.front import FrontEnd
from mr.types import DeviceInfo, Sample


def check(
    rig: OldRigOption = DEFAULT_RIG,
    port: PortOption = None,
    operator: OperatorOption = None,
    simulate: SimulateOption = False,
    cameras: CamerasOption = 1,
    seed: SeedOption = 1,
    json: JsonOption = False,
) -> None:
    """Check a rig in a minute: three presses onto a gauge block, one look at the plates.

    Ends with 0 when every item has passed, else with 2.
    """
    console = Output(stderr=json)
    loaded, kit = load_rig(rig), load_kit(kit_path(rig))
    if simulate and loaded.provenance.kind == "live":
        raise ConfigError(
            f"{rig} is a real rig: a simulated check says nothing of it; leave out --simulate"
        )
    if not simulate and loaded.provenance.kind == "sim":
        raise ConfigError(f"{rig} is a simulated rig: add --simulate")
    screen = screen_for(console)
    if simulate:
        samples, infos = _simulated(loaded, kit.check_block_mm, cameras, seed, screen)
    else:
        samples, infos = _live(loaded, kit.check_block_mm, port, screen)
    record = measure_check(samples, loaded, infos, kit.check_block_mm).record()
    last = last_check(rig)
    since = () if last is None else compare(record, last)
    keep_check(rig, record)
    log_service(
        rig,
        Entry(
            made_utc=wall_now_utc(),
            work=Work.CHECK,
            operator=operator or kit.operator,
            passed=record.passed,
            text="; ".join(c.item for c in record.failures) + (" SIMULATED" if simulate else ""),
        ),
    )
    if json:
        data = {"rig": str(rig), "passed": record.passed, "since_last": list(since)}
        print_json("check", data | record.model_dump(mode="json"))
    else:
        _print(console, record, last, since)
    if not record.passed:
        raise typer.Exit(2)


def _print(console: Output, record: Record, last: Record | None, since: Sequence[str]) -> None:
    print_record(console, record)
    if last is None:
        console.print("\nno earlier check to compare with")
        return
    console.print(
        "\nsince the last check:" if since else "\nnothing has changed since the last check"
    )
    for words in since:
        console.prose(f"  [yellow]![/] {escape(words)}")


def _simulated(
    rig: Rig, block_mm: float, n_cameras: int, seed: int, screen: Screen
) -> tuple[Sequence[Sample], Sequence[DeviceInfo]]:
    """Let the simulated technician do it; the guide watches, as it does live."""
    technician = simulated_technician(n_cameras, seed)
    with screen, screen.working("the simulated technician presses"):
        done = record_check(
            tuple(technician.rigs.values()),
            rig,
            checking_script(block_mm, seed=seed),
            seed=seed,
            sensors=technician.sensors,
        )
        return _guided(rig, done.infos, block_mm, done.samples, screen), done.infos


def _live(
    rig: Rig, block_mm: float, port: str | None, screen: Screen
) -> tuple[Sequence[Sample], Sequence[DeviceInfo]]:
    with ExitStack() as stack:
        stack.enter_context(screen)
        devices = list(RigSources(rig, port, (), True, True)(host_now_ns))
        for device in devices:
            stack.enter_context(device)
        infos = [device.info for device in devices]
        rig.require_mannequin(infos[0].serial)
        front = FrontEnd(rig, infos)
        reader = Reader(devices)
        made = (one for sample in reader.samples() for one in front.step(sample))
        screen.begin("the daily check", f"the {block_mm:g} mm block")
        return _guided(rig, infos, block_mm, made, screen), infos


def _guided(
    rig: Rig,
    infos: Sequence[DeviceInfo],
    block_mm: float,
    samples: Iterable[Sample],
    screen: Screen,
) -> Sequence[Sample]:
    return capture(CheckGuide(rig, infos, block_mm), samples, NotKept(), screen)


def checks_path(rig: Path) -> Path:
    """Tell where the last check of a rig file is kept."""
    return rig.with_name(f"{rig.stem}.check.json")


def keep_check(rig: Path, record: Record) -> None:
    """Keep a check for the next one to compare with, without its pictures."""
    text = record.model_copy(update={"plots": ()}).model_dump_json(indent=2)
    try:
        write_whole(checks_path(rig), text.encode())
    except OSError as error:
        raise ConfigError(
            f"{checks_path(rig)}: cannot keep this check ({error.strerror}): the next one will "
            "have nothing to compare with"
        ) from error


def last_check(rig: Path) -> Record | None:
    """Give the check before this one; None where there is none that can be read."""
    try:
        data = json_format.loads(checks_path(rig).read_text(encoding="utf-8"))
        return parse(Record, data, str(checks_path(rig)))
    except (OSError, ValueError, ConfigError):
        return None
