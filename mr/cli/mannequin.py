"""`mrcpr mannequin`: flash, name, check and calibrate sensor mannequins, one or many.

Gives the group of commands and those that say who a mannequin is; leaves its check, its
curves and its live counts to the modules `mannequin_check`, `mannequin_curves` and
`mannequin_watch`.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mr.cli.console import Output
from mr.cli.mannequin_check import test, zero
from mr.cli.mannequin_curves import load_calibration, store_calibration, stored_calibration
from mr.cli.mannequin_port import (
    JsonOption,
    PortOption,
    YesOption,
    answer_of,
    has_a_person,
    opened,
    print_json,
    shown_progress,
)
from mr.cli.mannequin_reset import cause_words
from mr.cli.mannequin_watch import watch
from mr.cli.port_answers import AskedPorts, PortAnswer, firmware_version, stored_blocks
from mr.devices.mannequin.calibration_block import body_name
from mr.devices.mannequin.console import MannequinConsole, check_serial_number
from mr.devices.mannequin.find import find_mannequins, resolve_port
from mr.errors import ConfigError
from mr.wire import UNNAMED, BlockId, name_text

_LOOKS = {
    "mannequin": "[green]✓ mannequin[/]",
    "other protocol": "[yellow]! other protocol[/]",
    "silent": "[dim]– silent[/]",
    "not opened": "[bold red]✗ not opened[/]",
}
INDENT = 2


def list_mannequins(
    port: Annotated[
        list[str] | None,
        typer.Option(metavar="PORT", help="Ask only this port; may be repeated."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Ask every port that may be a mannequin who is there."""
    console = Output()
    paths = [resolve_port(p) for p in port or ()]
    found = find_mannequins()
    if not paths:
        paths = [info.path for info in found if info.likely]
    addresses = {info.path: info.address for info in found}
    with console.status("asking the ports"):
        answers = AskedPorts(paths).answers()
    if json:
        print_json("list", {"ports": [_as_data(a, addresses) for a in answers]})
        return
    if not answers:
        others = ", ".join(info.path for info in found) or "none"
        console.print(
            escape(f"no USB serial bridge is connected; other serial ports: {others}\n")
            + "→ plug a mannequin in, or name a port with --port"
        )
        return
    for answer in answers:
        _print_answer(console, answer, addresses.get(answer.port, answer.port))
    if any(a.serial_number == UNNAMED for a in answers):
        console.print("[cyan]→ give one its name: mrcpr mannequin name SERIAL --port PORT[/]")
    names = Counter(a.serial_number for a in answers if a.serial_number not in {"", UNNAMED})
    for twice in (name for name, count in names.items() if count > 1):
        console.prose(
            f"[yellow]![/] {names[twice]} mannequins are named {escape(twice)}: rig files cannot "
            "tell them apart, so give each a name of its own"
        )


def _as_data(answer: PortAnswer, addresses: dict[str, str]) -> dict[str, Any]:
    return {
        "port": answer.port,
        "address": addresses.get(answer.port, answer.port),
        "answer": answer.kind,
        "why": answer.why,
        "serial_number": answer.serial_number or None,
        "firmware": answer.firmware or None,
        "protocol": answer.protocol,
        "board": answer.board or None,
        "stored": list(answer.stored),
    }


def _print_answer(console: Output, answer: PortAnswer, address: str) -> None:
    """Print a port on a line of its own, which nothing breaks, and what is known below it."""
    said = [_LOOKS[answer.kind]]
    if answer.kind == "mannequin":
        said[0] += f" [bold]{escape(answer.serial_number)}[/]"
        who = f"firmware {answer.firmware}, protocol {answer.protocol}, board {answer.board}"
        said += [escape(who), f"keeps: {', '.join(answer.stored) or 'nothing'}"]
    else:
        said.append(escape(answer.why))
    console.print(escape(answer.port))
    text = Text.from_markup("\n".join(said), overflow="fold")
    text.no_wrap = False  # what an `Output` prints is else cut at the terminal's edge
    console.print(Padding.indent(text, INDENT))
    if address != answer.port:
        console.print(f"{' ' * INDENT}[dim]--port {escape(address)}[/]")


def info(port: PortOption = None, json: JsonOption = False) -> None:
    """Say who a mannequin is, how it is, and what it keeps."""
    console = Output()
    with opened(port, console) as (path, mannequin):
        data = _info_data(path, mannequin)
    if json:
        print_json("info", data)
        return
    table = Table(
        title=f"mannequin {escape(data['serial_number'])}",
        title_justify="left",
        box=None,
        pad_edge=False,
        show_header=False,
    )
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, text in _info_rows(data):
        table.add_row(name, escape(text))
    console.print(table)


def _info_data(path: str, mannequin: MannequinConsole) -> dict[str, Any]:
    hello, status, pings = mannequin.hello, mannequin.status(), mannequin.ping()
    calibration = stored_calibration(mannequin)
    zeros = mannequin.read_zero()
    return {
        "port": path,
        "serial_number": mannequin.serial_number,
        "board": name_text(hello.board_name),
        "firmware": firmware_version(hello),
        "protocol": hello.protocol_version,
        "reset_cause": cause_words(hello.reset_cause),
        "sample_rate_hz": status.sample_rate_hz,
        "sample_rate_min_hz": hello.sample_rate_min_hz,
        "sample_rate_max_hz": hello.sample_rate_max_hz,
        "tick_rate_hz": hello.tick_rate_hz,
        "uart_baud": hello.uart_baud or None,
        "adc_bits": hello.adc_bits,
        "uptime_s": status.uptime_s,
        "supply_v": status.supply_mv / 1000 if status.supply_mv else None,
        "stack_free_bytes": status.stack_free_bytes or None,
        "overruns": status.overruns,
        "crc_errors": status.crc_errors,
        "framing_errors": status.framing_errors,
        "rx_overruns": status.rx_overruns,
        "airway_errors": status.airway_errors,
        "pings": {
            "sent": pings.sent,
            "answered": pings.answered,
            "least_ms": pings.least_ns / 1e6,
            "median_ms": pings.median_ns / 1e6,
            "most_ms": pings.most_ns / 1e6,
        },
        "stored": list(stored_blocks(hello)),
        "calibration": None
        if calibration is None
        else {
            "made_utc": _utc(calibration.made_utc_s),
            "body": body_name(calibration.body),
        },
        "zero": None if zeros is None else zeros._asdict(),
    }


def _info_rows(data: dict[str, Any]) -> list[tuple[str, str]]:
    supply, stack, pings = data["supply_v"], data["stack_free_bytes"], data["pings"]
    calibration, zeros = data["calibration"], data["zero"]
    rate = f"{data['sample_rate_hz']} Hz"
    return [
        ("port", data["port"]),
        ("board", f"{data['board']}, {data['adc_bits']} bits"),
        ("firmware", f"{data['firmware']}, protocol {data['protocol']}"),
        ("last reset", data["reset_cause"]),
        ("running for", f"{data['uptime_s']} s"),
        ("rate", f"{rate} of {data['sample_rate_min_hz']} to {data['sample_rate_max_hz']}"),
        ("supply", "not measured" if supply is None else f"{supply:.2f} V"),
        ("memory left", "not measured" if stack is None else f"{stack} bytes at least"),
        ("samples dropped", str(data["overruns"])),
        (
            "damaged commands",
            f"{data['crc_errors']} CRC, {data['framing_errors']} framing, "
            f"{data['rx_overruns']} bytes lost",
        ),
        ("airway sensor", f"{data['airway_errors']} failed readings"),
        (
            "round trip",
            f"{pings['median_ms']:.1f} ms (at most {pings['most_ms']:.1f}; "
            f"{pings['answered']} of {pings['sent']} pings answered)",
        ),
        (
            "calibration",
            "none kept"
            if calibration is None
            else f"{calibration['body']}, made {calibration['made_utc'][:10]}",
        ),
        (
            "zero",
            "none kept" if zeros is None else f"chest at {zeros['chest_16ths'] / 16:.1f} counts",
        ),
    ]


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def identify(
    seconds: Annotated[
        int, typer.Option(metavar="S", min=0, max=255, help="How long; 0 ends it.")
    ] = 10,
    port: PortOption = None,
) -> None:
    """Let a mannequin's light blink, to see which one it is."""
    console = Output()
    with opened(port, console) as (path, mannequin):
        mannequin.identify(seconds)
        done = f"blinks for {seconds} s" if seconds else "is as ever"
        console.print(escape(f"the light of {mannequin.serial_number} on {path} {done}"))


def name(
    serial: Annotated[
        str, typer.Argument(metavar="SERIAL", help="Its new name: 1 to 16 ASCII characters.")
    ],
    port: PortOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Give a mannequin its serial number.

    Calibrations are made for it. No two mannequins should have the same one, but
    nothing can check that.
    """
    check_serial_number(serial)
    console = Output(stderr=json)
    with opened(port, console) as (path, mannequin):
        old = mannequin.serial_number
        changed = old != serial
        if changed and _may_rename(console, old, serial, mannequin.has(BlockId.CALIBRATION), yes):
            with shown_progress(console, "writing the name") as progress:
                mannequin.rename(serial, progress)
        elif changed:
            console.print("nothing was changed")
            return
    if json:
        data = {"port": path, "serial_number": serial, "before": old, "changed": changed}
        print_json("name", data)
    else:
        done = "is named" if changed else "was already named"
        console.print(escape(f"the mannequin on {path} {done} {serial}"))


def _may_rename(console: Output, old: str, new: str, calibrated: bool, yes: bool) -> bool:
    """Say what the new name breaks, and ask whether it is meant."""
    if old != UNNAMED:
        console.prose(
            f"[yellow]![/] rig files that were calibrated for {escape(old)} will refuse it as "
            f"{escape(new)}"
        )
    if calibrated and old != UNNAMED:
        console.prose("[yellow]![/] the calibration that it keeps goes on under the new name")
    if yes:
        return True
    if not has_a_person():
        raise ConfigError(
            f"mannequin {old} was not named {new}: nobody can be asked here, so add --yes if it "
            "is meant"
        )
    answer = answer_of(console, f"Name it {new}? [y/N]: ") or ""
    return answer.strip().lower() in {"y", "yes"}


mannequin = typer.Typer(
    name="mannequin",
    help="Name, check and calibrate sensor mannequins, and watch their counts.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
mannequin.command("list")(list_mannequins)
mannequin.command("info")(info)
mannequin.command("identify")(identify)
mannequin.command("name")(name)
mannequin.command("test")(test)
mannequin.command("zero")(zero)
mannequin.command("watch")(watch)
mannequin.command("store-calibration")(store_calibration)
mannequin.command("load-calibration")(load_calibration)
