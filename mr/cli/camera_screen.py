"""How a mount looks in words: a table for a terminal, a line for a pipe, JSON for programs.

Takes `MountReport`s, gives what is printed; leaves the picture to `mr.cli.camera_picture`.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mr.tracking.mount import MountReport
from mr.tracking.mount_facts import PoseSource, Verdict
from mr.types import DeviceInfo
from overlays.messages import ENGLISH

SCHEMA = "mrcpr.camera-mount/1"
LOOKS: dict[Verdict, str] = {
    "good": "[green]✓ good[/]",
    "usable": "[yellow]! usable[/]",
    "bad": "[bold red]✗ bad[/]",
    "unknown": "[dim]– unknown[/]",
}
_HEADS: dict[Verdict, tuple[str, str]] = {
    "good": ("bold green", "✓ GOOD"),
    "usable": ("bold yellow", "! USABLE"),
    "bad": ("bold red", "✗ BAD"),
    "unknown": ("bold", "– NOT KNOWN"),
}
_SOURCES: dict[PoseSource | None, str] = {
    "markers": "the chest's place is from the markers",
    "calibrated": "the chest's place is from the rig file: no markers are seen",
    "picture": "the chest's place is a guess: what is flat in the middle of the picture",
    None: "the chest is not found yet",
}


def headline(report: MountReport) -> str:
    """Say the verdict and what to do first, in one line."""
    _, word = _HEADS[report.verdict]
    if report.verdict == "good" and not report.advice:
        return f"{word}: leave it there"
    if report.verdict == "good":
        return f"{word} so far: {report.advice}"
    return f"{word}: {report.advice}" if report.advice else word


def name_of(info: DeviceInfo) -> str:
    """Name a camera and, unless it is live, what kind its pictures are."""
    kind = "" if info.kind == "live" else f", {ENGLISH(f'kind.{info.kind}')}"
    return f"camera {info.serial or '?'} ({info.model or '?'}{kind})"


def render(report: MountReport, name: str, elapsed_s: float, keys: str = "") -> RenderableType:
    """Lay a report out in 80 columns."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for item in report.items:
        text = escape(item.found)
        if item.advice:
            arrow, style = ("–", "dim") if item.verdict == "unknown" else ("→", "cyan")
            text += f"\n[{style}]{arrow} {escape(item.advice)}[/]"
        table.add_row(LOOKS[item.verdict], escape(item.label), text)
    style, _ = _HEADS[report.verdict]
    lines: list[RenderableType] = [
        Text(f"{name}, {elapsed_s:.0f} s", no_wrap=False, overflow="fold"),
        Text(_SOURCES[report.facts.pose_from], style="dim"),
        Text(),
        table,
        Text(),
        Text(headline(report), style=style, no_wrap=False, overflow="fold"),
    ]
    return Group(*lines, Text(keys, style="dim")) if keys else Group(*lines)


def plain_line(report: MountReport, elapsed_s: float) -> str:
    """Say one instant in one line, for pipes and simple terminals."""
    facts = report.facts
    said = []
    if facts.place is not None:
        said.append(f"{facts.place.distance_m:.2f} m")
        said.append(f"{math.degrees(facts.place.tilt_rad):.0f}° off the normal")
    elif facts.middle_m is not None:
        said.append(f"middle of the picture {facts.middle_m:.2f} m")
    if facts.side is not None:
        said.append(f"side: {facts.side}")
    if facts.unseen_now_share is not None:
        said.append(f"{100 * facts.unseen_now_share:.0f} % of the chest not seen")
    if facts.markers_seen is not None:
        said.append(f"{facts.markers_seen} markers")
    said.append(headline(report))
    return f"{elapsed_s:6.1f} s  {', '.join(said)}"


def as_data(report: MountReport, info: DeviceInfo, elapsed_s: float) -> dict[str, Any]:
    """Give a report as what JSON holds; shares are 0 to 1, null is not known."""
    facts = asdict(report.facts)
    place = facts.pop("place")
    why = facts.pop("why")
    return {
        "schema": SCHEMA,
        "kind": info.kind,
        "serial": info.serial,
        "model": info.model,
        "elapsed_s": round(elapsed_s, 3),
        "verdict": report.verdict,
        "advice": report.advice,
        "facts": (place or {"distance_m": None, "tilt_rad": None, "azimuth_rad": None})
        | {"side": report.facts.side, "learner_side": report.facts.learner_side}
        | facts
        | {"pose_why": why},
        "items": [asdict(item) for item in report.items],
    }
