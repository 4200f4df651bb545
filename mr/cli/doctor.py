"""`mrcpr doctor`: what is installed, what is connected, what is missing and how to get it."""

from __future__ import annotations

import json as json_format
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mr.cli.bundle import write_bundle
from mr.cli.check import Check, State
from mr.cli.check_devices import (
    check_answer,
    check_mannequins,
    check_udev,
    collect,
    start_children,
)
from mr.cli.check_review import check_review
from mr.cli.check_software import check_software
from mr.cli.places import DATABASE_VARIABLE, default_review_folder
from mr.cli.port_answers import AskedPorts
from mr.devices.mannequin.find import find_mannequins

SCHEMA = "mrcpr.doctor/1"
_LOOKS: dict[State, str] = {
    "ok": "[green]✓ ok[/]",
    "missing": "[bold red]✗ missing[/]",
    "warning": "[yellow]! warning[/]",
    "absent": "[dim]– absent[/]",
}


def probe_all() -> list[Check]:
    """Look at everything, in a few seconds at most; what hangs is said to hang."""
    started_s = time.monotonic()
    ports = find_mannequins()
    asked = AskedPorts([port.path for port in ports if port.likely])
    children = start_children()
    review = check_review(default_review_folder(), os.environ.get(DATABASE_VARIABLE))
    software = [*check_software(), review]
    answers = [check_answer(answer) for answer in asked.answers()]
    plugged = [*check_mannequins(ports), *answers, check_udev()]
    return [*software, *plugged, *collect(children, started_s)]


def render(checks: Sequence[Check], console: Console) -> None:
    """Print the checks as a table, cures under what they mend, and one line of summary."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        text = escape(check.found)
        if check.cure and check.state != "ok":
            text += f"\n[cyan]→ {escape(check.cure)}[/]"
        table.add_row(_LOOKS[check.state], escape(check.name), text)
    console.print(table)
    missing = [c.name for c in checks if c.state == "missing"]
    warnings = [c.name for c in checks if c.state == "warning"]
    if missing:
        console.print(f"\n[bold red]Needed and missing:[/] {escape(', '.join(missing))}")
    elif warnings:
        console.print(f"\nIt runs; look at: {escape(', '.join(warnings))}")
    else:
        console.print("\nAll that is needed is here; what is absent is optional.")


def to_json(checks: Sequence[Check]) -> str:
    """Give the checks as JSON text."""
    data = {"schema": SCHEMA, "checks": [asdict(c) for c in checks]}
    return json_format.dumps(data, indent=2, ensure_ascii=False) + "\n"


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Write a support file (zip) without names of users or computers."),
    ] = None,
) -> None:
    """Say what is installed, connected and missing, and how to get it.

    Ends with 2 when something needed is missing, else with 0.
    """
    checks = probe_all()
    if json:
        typer.echo(to_json(checks), nl=False)
    else:
        render(checks, Console())
    if bundle is not None:
        write_bundle(bundle, checks)
        typer.echo(f"Support file: {bundle}", err=json)
    if any(c.state == "missing" for c in checks):
        raise typer.Exit(2)
