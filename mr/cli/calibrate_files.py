"""`mrcpr calibrate diff`, `history`, `restore` and `service`: what was, what changed, what is due.

Takes rig files and what lies beside them, gives tables; leaves keeping and comparing to
`calibration.history`, `.difference` and `.service`.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from calibration.difference import Difference, diff_rigs
from calibration.history import find_kept, list_history, read_base
from calibration.history import restore as put_back
from calibration.service import Entry, Work, due_work, log_service, read_service
from mr.cli.calibrate_options import (
    DEFAULT_RIG,
    JsonOption,
    OldRigOption,
    OperatorOption,
    print_json,
)
from mr.cli.console import Output
from mr.clock.host import wall_now_utc
from mr.errors import ConfigError
from mr.files import is_there
from mr.rig import Rig, load_rig


def diff(
    old: Annotated[
        str | None,
        typer.Argument(
            metavar="OLD",
            help="A rig file, or one of `mrcpr calibrate history`; default: the last.",
        ),
    ] = None,
    rig: OldRigOption = DEFAULT_RIG,
    all_: Annotated[bool, typer.Option("--all", help="What is the same, too.")] = False,
    json: JsonOption = False,
) -> None:
    """Say what has changed in a rig since an older calibration.

    Ends with 0 when nothing is beyond its limit, else with 2.
    """
    new = load_rig(rig)
    before, name = _older(rig, old)
    found = diff_rigs(before, new)
    beyond = [d for d in found if d.beyond_limit]
    if json:
        rows = [
            asdict(d)
            | {"changed": d.changed, "beyond_sigma": d.beyond_sigma, "beyond_limit": d.beyond_limit}
            for d in found
        ]
        print_json("diff", {"old": name, "new": str(rig), "differences": rows})
    else:
        _print_differences(Output(), found, name, str(rig), all_)
    if beyond:
        raise typer.Exit(2)


def _older(rig: Path, which: str | None) -> tuple[Rig, str]:
    if which is not None and is_there(Path(which)):
        return load_rig(Path(which)), which
    if which is None:
        kept = next((k for k in list_history(rig) if k.rig is not None), None)
        if kept is None or kept.rig is None:
            raise ConfigError(
                f"{rig} has no history yet: name the older file (mrcpr calibrate diff OLD.toml)"
            )
        return kept.rig, str(kept.path)
    kept = find_kept(rig, which)
    if kept.rig is None:
        raise ConfigError(f"{kept.path}: {kept.why}: choose another")
    return kept.rig, str(kept.path)


def _print_differences(
    console: Output, found: tuple[Difference, ...], old: str, new: str, everything: bool
) -> None:
    shown = [d for d in found if d.changed or everything]
    console.print(escape(f"{new}, compared with {old}"))
    if not shown:
        console.print("[green]✓[/] nothing has changed")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("", "of", "what", "how"):
        table.add_column(heading, overflow="fold")
    for d in shown:
        table.add_row(_mark(d), escape(d.thing), escape(d.what), escape(d.words))
    console.print(table)
    n = sum(d.beyond_limit for d in found)
    console.print()
    if n:
        console.prose(f"[bold red]✗[/] {n} beyond what is tolerated: the old numbers misled")
    else:
        console.print("[green]✓[/] all within what is tolerated")


def _mark(d: Difference) -> str:
    if d.beyond_limit:
        return "[bold red]✗ beyond[/]"
    if not d.changed:
        return "[dim]= same[/]"
    if d.beyond_sigma is False:
        return "[dim]~ chance[/]"
    return "[yellow]! changed[/]"


def history(rig: OldRigOption = DEFAULT_RIG, json: JsonOption = False) -> None:
    """List the older calibrations that are kept beside a rig file."""
    kept = list_history(rig)
    if json:
        rows: list[dict[str, str | None]] = [
            {
                "name": k.path.name,
                "put_away_utc": k.put_away_utc,
                "sha256": k.sha256,
                "made_utc": None if k.rig is None else k.rig.provenance.made_utc,
                "why": k.why,
            }
            for k in kept
        ]
        print_json("history", {"rig": str(rig), "kept": rows})
        return
    console = Output()
    if not kept:
        console.print(escape(f"{rig} has no history yet: it begins with the next calibration"))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("kept as", "put away", "made", "by", ""):
        table.add_column(heading, overflow="fold")
    for k in kept:
        made = "" if k.rig is None else k.rig.provenance.made_utc[:16]
        by = "" if k.rig is None else k.rig.provenance.operator
        word = f"[yellow]! {escape(k.why)}[/]" if k.rig is None else "[green]✓[/]"
        table.add_row(escape(k.path.stem), k.put_away_utc[:16], made, escape(by), word)
    console.print(table)


def restore(
    which: Annotated[str, typer.Argument(metavar="NAME", help="As `history` shows it.")],
    rig: OldRigOption = DEFAULT_RIG,
) -> None:
    """Put an older calibration back; the present one is kept."""
    base = read_base(rig).sha256 if is_there(rig) else None
    kept = put_back(rig, which, base)
    log_service(
        rig,
        Entry(made_utc=wall_now_utc(), work=Work.NOTE, operator="", text=f"restored: {which}"),
    )
    console = Output()
    console.print(escape(f"{rig}: the calibration {which} is back"))
    if kept is not None:
        console.print(escape(f"what was there is kept: {kept}"))


def service(
    rig: OldRigOption = DEFAULT_RIG,
    note: Annotated[
        tuple[Work, str] | None,
        typer.Option(metavar="WORK TEXT", help=f"Note work: {', '.join(Work)}; and what it was."),
    ] = None,
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """Show a rig's service log and what is due, or note work that was done."""
    if not is_there(rig):
        raise ConfigError(f"{rig}: no rig file is here: give the path of one with --rig")
    if note is not None:
        work, text = note
        log_service(
            rig, Entry(made_utc=wall_now_utc(), work=work, operator=operator or "", text=text)
        )
    entries, damaged = read_service(rig)
    due = due_work(entries)
    now = wall_now_utc()
    if json:
        rows = [d.model_dump(mode="json") | {"overdue": d.overdue(now)} for d in due]
        said = [e.model_dump(mode="json") for e in entries]
        print_json("service", {"rig": str(rig), "due": rows, "entries": said, "damaged": damaged})
        return
    console = Output()
    table = Table(box=None, pad_edge=False)
    for heading in ("when", "work", "by", "", "what"):
        table.add_column(heading, overflow="fold")
    words = {True: "[green]✓ passed[/]", False: "[bold red]✗ failed[/]", None: ""}
    for e in entries:
        row = (f"{e.made_utc:%Y-%m-%d %H:%M}", str(e.work), e.operator)
        table.add_row(*map(escape, row), words[e.passed], escape(e.text))
    if entries:
        console.print(table)
        console.print()
    for line in damaged:
        console.print(f"[yellow]![/] {escape(line)}")
    for d in due:
        when = "never done" if d.last_utc is None else f"last {d.last_utc:%Y-%m-%d}"
        if d.undone_utc is not None:
            when += f", undone by a repair or a failure {d.undone_utc:%Y-%m-%d}"
        if d.overdue(now):
            console.print(f"[yellow]! due now[/]  {d.work} ({when})")
        else:
            console.print(f"[green]✓[/] due {d.due_utc:%Y-%m-%d}  {d.work} ({when})")
