"""`mrcpr camera`: list depth cameras, and hang them where they see the chest.

Gives the group of commands; leaves mounting to `camera_mount`.
"""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from mr.cli.camera_mount import mount
from mr.cli.console import Output
from mr.devices.realsense.sdk import list_cameras


def list_connected(
    json: Annotated[bool, typer.Option("--json", help="Print the same as JSON.")] = False,
) -> None:
    """List the connected depth cameras: serial number, name, firmware, USB."""
    listed = list_cameras()
    if json:
        data = {
            "schema": "mrcpr.camera-list/1",
            "cameras": [asdict(c) for c in listed.cameras],
            "why": listed.why,
        }
        typer.echo(json_format.dumps(data, indent=2, ensure_ascii=False))
        return
    console = Output()
    if not listed.cameras:
        console.print(escape(listed.why))
        console.print("→ plug a D435 or D455 into a USB 3 port; mrcpr doctor says more")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("serial", "name", "firmware", "USB", ""):
        table.add_column(heading, no_wrap=True)
    for found in listed.cameras:
        slow = found.usb.startswith("2")
        word = "[yellow]! slow: use a USB 3 port and cable[/]" if slow else "[green]✓[/]"
        texts = (found.serial, found.name, found.firmware, found.usb or "?")
        table.add_row(*map(escape, texts), word)
    console.print(table)


camera = typer.Typer(
    name="camera",
    help="List depth cameras, and hang them where they see the chest.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
camera.command("list")(list_connected)
camera.command("mount")(mount)
