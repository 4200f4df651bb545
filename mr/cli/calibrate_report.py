"""Where the commands of `mrcpr calibrate` put their reports.

Takes a rig with its records, writes a report beside the rig file, never over another one;
leaves the page itself to `calibration.report`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from calibration.record import Record
from mr.rig import Rig


def deliver_report(
    rig: Rig, records: Sequence[Record], path: Path, what: str, operator: str
) -> tuple[Path, ...]:
    """Write a report; gives the files that were written."""
    return ()
