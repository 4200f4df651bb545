"""`mrcpr calibrate accept`: prove on the bench, with a traceable gauge, that a rig is right.

Takes presses that the gauge and the rig read, or a file of them, gives the agreement, a report
and a line of the service log; leaves the statistics to `calibration.acceptance` and the
protocol to docs/guides/technician/acceptance.md.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape

from calibration.acceptance import (
    LIMIT_MM,
    AcceptanceGuide,
    Pairs,
    Press,
    acceptance_record,
    agreement,
)
from calibration.history import read_base
from calibration.kit import kit_path, load_kit
from calibration.mannequin.station import CHEST
from calibration.service import Entry, Work, log_service
from calibration.workbook import Workbook
from mr.cli.calibrate_capture import capture
from mr.cli.calibrate_devices import Reader, read_station
from mr.cli.calibrate_options import (
    DEFAULT_RIG,
    JsonOption,
    OldRigOption,
    OperatorOption,
    PortOption,
    SimulateOption,
    print_json,
)
from mr.cli.calibrate_report import deliver_report
from mr.cli.calibrate_screen import Screen, screen_for
from mr.cli.calibrate_table import print_record
from mr.cli.console import Output
from mr.cli.sources import MANNEQUIN_HZ, find_port
from mr.clock.host import wall_now_utc
from mr.devices.mannequin.source import MannequinSource
from mr.errors import CalibrationError, ConfigError
from mr.files import write_whole
from mr.rig import MannequinCalibration, Rig, dumps_rig, load_rig
from mr.sim.plant import Bench
from mr.types import FloatArray

COLUMNS = ("level_mm", "gauge_mm", "rig_mm")
GAUGE_SEED, GAUGE_READS_MM = 11, 0.02


def accept(
    gauge: Annotated[str, typer.Option(metavar="NAME", help="The gauge, as it is marked.")],
    certificate: Annotated[
        str, typer.Option(metavar="NUMBER", help="Of the gauge's own calibration.")
    ],
    gauge_sigma_mm: Annotated[
        float,
        typer.Option(metavar="MM", min=0.0001, max=0.05, help="One-sigma that it states."),
    ],
    rig: OldRigOption = DEFAULT_RIG,
    pairs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Presses read elsewhere: {','.join(COLUMNS)}."),
    ] = None,
    limit_mm: Annotated[
        float, typer.Option(metavar="MM", min=0.1, max=10, help="For the limits of agreement.")
    ] = LIMIT_MM,
    port: PortOption = None,
    operator: OperatorOption = None,
    simulate: SimulateOption = False,
    json: JsonOption = False,
) -> None:
    """Prove with a traceable gauge that a rig measures depth as it says.

    48 presses at 12 depths in an order drawn by chance. Ends with 0 when the rig
    has passed, else with 2.
    """
    console = Output(stderr=json)
    loaded = load_rig(rig)
    if simulate and loaded.provenance.kind == "live":
        raise ConfigError(
            f"rig {loaded.name!r} is a real one: simulated presses prove nothing of it; leave out "
            "--simulate, or try it on a rig of `mrcpr simulate`"
        )
    if not simulate and pairs is None and loaded.provenance.kind == "sim":
        raise ConfigError(f"{rig} is a simulated rig: add --simulate, or give --pairs")
    for option, text in (("--gauge", gauge), ("--certificate", certificate)):
        if not text.strip() or not text.isprintable():
            raise ConfigError(f"{option}: say which gauge it was, as it is marked")
    who = operator or load_kit(kit_path(rig)).operator
    if pairs is not None:
        found = read_pairs(pairs)
    else:
        found = _press(loaded, rig, gauge, certificate, port, simulate, screen_for(console))
    named = f"{gauge} (certificate {certificate})"
    subject = loaded.mannequin.serial if loaded.mannequin is not None else loaded.name
    record = acceptance_record(agreement(found), subject, named, gauge_sigma_mm, limit_mm)
    if simulate:
        record = record.model_copy(update={"notes": ("SIMULATED presses.", *record.notes)})
    written = deliver_report(loaded, (record,), rig, "acceptance", who)
    presses = written[0].with_suffix(".csv")
    write_whole(presses, _as_csv(found))
    log_service(
        rig,
        Entry(
            made_utc=wall_now_utc(),
            work=Work.ACCEPTANCE,
            operator=who,
            passed=record.passed,
            text=f"gauge {named}, {len(found.gauge_mm)} presses{', SIMULATED' if simulate else ''}",
            files=tuple(path.name for path in (*written, presses)),
        ),
    )
    if json:
        print_json("accept", {"rig": str(rig), "passed": record.passed, **record.model_dump()})
    else:
        print_record(console, record)
        for path in written:
            console.print(escape(f"report: {path}"))
        console.print(escape(f"presses: {presses}"))
    if not record.passed:
        raise typer.Exit(2)


def read_pairs(path: Path) -> Pairs:
    """Read presses from a CSV file.

    Raises
    ------
    ConfigError
        When it cannot be read, lacks a column, or has something that is no number; the line
        is named.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise ConfigError(
                    f"{path}: no column {', '.join(missing)}: its first line must name "
                    f"{', '.join(COLUMNS)}"
                )
            rows = []
            for row in reader:
                try:
                    rows.append(Press(*(_number(row[c] or "") for c in COLUMNS)))
                except ValueError as error:
                    raise ConfigError(
                        f"{path}, line {reader.line_num}: {error}: give a number in each of "
                        f"{', '.join(COLUMNS)}"
                    ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot read these presses ({error})") from error
    return Pairs.of(rows)


def _as_csv(found: Pairs) -> bytes:
    """Write presses as `read_pairs` reads them: whoever doubts the report reckons again."""
    rows = zip(found.level_mm, found.gauge_mm, found.rig_mm, strict=True)
    lines = [",".join(COLUMNS), *(",".join(f"{value:.4f}" for value in row) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no depth")
    return value


def _press(
    loaded: Rig,
    path: Path,
    gauge: str,
    certificate: str,
    port: str | None,
    simulate: bool,
    screen: Screen,
) -> Pairs:
    """Go through the presses, live or simulated."""
    sha256 = hashlib.sha256(dumps_rig(loaded).encode()).hexdigest()
    guide = AcceptanceGuide(seed=int(sha256[:8], 16))
    parameters = {"gauge": gauge, "certificate": certificate, "rig_sha256": sha256}
    if loaded.mannequin is None:
        raise CalibrationError(
            f"rig {loaded.name!r} has no mannequin: its depth is proved from presses read "
            "elsewhere, with --pairs"
        )
    with ExitStack() as stack:
        page = stack.enter_context(
            Workbook(path).open("accept", loaded.mannequin.serial, Press, parameters)
        )
        stack.enter_context(screen)
        screen.begin("acceptance: the rig against a traceable gauge", f"{gauge}, a press")
        if simulate:
            presses = _simulated(guide, loaded.mannequin)
        else:
            source = MannequinSource(find_port(port, or_without=False), sample_rate_hz=MANNEQUIN_HZ)
            stack.enter_context(source)
            calibration = loaded.require_mannequin(source.info.serial)
            ticks_per_s = source.info.streams[0].ticks_per_s
            reader = Reader([source])
            presses = _asked(
                guide, screen, lambda: _depth_mm(calibration, read_station(reader, ticks_per_s)[1])
            )
        taken = capture(guide, presses, page, screen)
    Workbook(path).file_away(read_base(path).sha256, [("accept", loaded.mannequin.serial)])
    return Pairs.of(taken)


def _asked(
    guide: AcceptanceGuide, screen: Screen, depth_mm: Callable[[], float]
) -> Iterator[Press]:
    """Let a person press and read the gauge."""
    if screen.ask("Leave the chest alone, then Enter.") is None:
        raise CalibrationError("nobody is there to press: run this in a terminal, or use --pairs")
    zero_mm = depth_mm()
    while (level_mm := guide.level_mm) is not None:
        answer = screen.ask(f"{guide.progress.next}, hold, and type what the gauge reads, mm:")
        if answer is None:
            return
        try:
            gauge_mm = float(answer.replace(",", "."))
        except ValueError:
            screen.say(f"{answer!r} is no number: press and type it again")
            continue
        yield Press(level_mm, gauge_mm, depth_mm() - zero_mm)


def _simulated(guide: AcceptanceGuide, calibration: MannequinCalibration) -> Iterator[Press]:
    """Press a simulated mannequin, read by a gauge with its own noise."""
    bench, rng = Bench(GAUGE_SEED), np.random.default_rng(GAUGE_SEED)

    def read_mm(depth_mm: float) -> float:
        counts = [bench.gauge_block_counts(depth_mm) for _ in range(MANNEQUIN_HZ)]
        return 1e3 * float(calibration.chest_depth_m(float(np.mean(counts))))

    zero_mm = read_mm(0.0)
    while (level_mm := guide.level_mm) is not None:
        true_mm = level_mm + float(rng.uniform(-2.0, 2.0))
        gauge_mm = true_mm + GAUGE_READS_MM * float(rng.standard_normal())
        yield Press(level_mm, round(gauge_mm, 2), read_mm(true_mm) - zero_mm)


def _depth_mm(calibration: MannequinCalibration, counts: FloatArray) -> float:
    return 1e3 * float(calibration.chest_depth_m(float(counts[:, CHEST].mean())))
