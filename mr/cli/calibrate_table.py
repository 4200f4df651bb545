"""A record in a terminal: each number with its uncertainty, its limit and a word.

Takes a `Record`, gives a table in 80 columns; leaves the pictures to the report.
"""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from calibration.record import Check, Record
from mr.cli.console import Output


def print_record(console: Output, record: Record) -> None:
    """Print what a procedure found."""
    word = "[green]✓ passed[/]" if record.passed else "[bold red]✗ failed[/]"
    console.print(f"{escape(f'{record.procedure} of {record.subject}')}: {word}")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for check in record.checks:
        table.add_row(mark(check), escape(check.item), value_text(check), check.limits)
    console.print(table)
    for check in record.failures:
        if check.why:
            console.prose(f"  [cyan]→ {escape(check.item)}: {escape(check.why)}[/]")
    for note in record.notes:
        console.prose(f"  [dim]{escape(note)}[/]")


def mark(check: Check) -> str:
    """Give a sign with a word: nothing is told by colour alone."""
    if not check.limited:
        return "[dim]–[/]"
    return "[green]✓[/]" if check.passed else "[bold red]✗[/]"


def value_text(check: Check) -> str:
    """Write a value with its sigma, to the digits that the sigma bears."""
    unit = f" {check.unit}" if check.unit else ""
    if check.sigma is None or not check.sigma > 0:
        text = f"{check.value:.0f}" if not check.unit else f"{check.value:.3g}"
        return f"{text}{unit}"
    digits = min(max(0, 2 - _exponent(check.sigma) - 1), 6)
    return f"{check.value:.{digits}f} ± {check.sigma:.{digits}f}{unit}"


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])
