"""Where the commands of `mrcpr calibrate` put their reports.

Takes a rig with its records, writes a report beside the rig file, never over another one;
leaves the page itself to `calibration.report`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from calibration.history import STAMP
from calibration.record import Record
from calibration.report import write_report
from mr.cli.console import Output
from mr.clock.host import wall_now_utc
from mr.rig import Rig


def deliver_report(
    rig: Rig,
    records: Sequence[Record],
    path: Path,
    what: str,
    operator: str,
    before: Rig | None = None,
) -> tuple[Path, ...]:
    """Write a report beside the rig file ``rig.toml``: ``rig.calibration_DATE.html`` and ``.pdf``.

    Gives the files that were written; says on standard error why there is no PDF.
    """
    now = wall_now_utc()
    place = path.with_name(f"{path.stem}.{what}_{now.strftime(STAMP)}.html")
    signed = rig.model_copy(
        update={"provenance": rig.provenance.model_copy(update={"operator": operator})}
    )
    with Output(stderr=True).status("writing the report"):
        files = write_report(place, signed if operator else rig, records, before, now=lambda: now)
    if files.pdf is None:
        Output(stderr=True).prose(f"[yellow]![/] no PDF: {escape(files.hint)}")
        return (files.html,)
    return files.html, files.pdf
