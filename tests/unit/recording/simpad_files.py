"""SimPad sessions made up for tests, after what public readers take; no real one was seen."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

NAMES = (
    "endTime", "compDepth", "compPeakTime", "compInstantaneousPeriod", "compAbsolutePeakDepth",
    "compLeaningDepth", "compReleaseDepth", "compHandposXiphoid", "compHandposError",
    "compIncompleteRelease", "compMeanRate",
)  # fmt: skip
PERIOD_MS, DOWN_MS = 545, 400


def compression(k: int, **changes: Any) -> str:
    """Write one compression at 110 /min, 52 mm deep, 1.5 mm left; `changes` by param name."""
    start = changes.pop("msecs", k * PERIOD_MS)
    values = (
        dict(
            zip(
                NAMES,
                (start + DOWN_MS, 52, start + 200, 545, 54, 2, 1.5, 0, 0, 0, 110),
                strict=True,
            )
        )
        | changes
    )
    params = "".join(
        f"<param type={quoteattr(name)} value={quoteattr(str(value))}/>"
        for name, value in values.items()
        if value is not None
    )
    return f'<evt type="CprCompEvent" msecs="{start}">{params}</evt>'


def events(inside: Sequence[str]) -> str:
    """Put events below a root element."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n<eventList>{"".join(inside)}</eventList>'


def an_ssx(path: Path, xml: str | bytes, name: str = "CPR/CPREvents.xml", log: str = "") -> Path:
    """Pack a session."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, xml)
        if log:
            archive.writestr("EventLog.xml", log)
    return path


def a_session(path: Path, n: int = 60) -> Path:
    """Pack `n` compressions, a pause of 4 s amid them, a breath in it, and a learner's name."""
    inside = [
        '<evt type="CprSessionInfo" msecs="0"><param type="students" value="Jane Doe"/>'
        '<param type="manikinName" value="Anne"/></evt>'
    ]
    for k in range(n):
        later = 4000 if k >= n // 2 else 0
        inside.append(compression(k, msecs=k * PERIOD_MS + later))
    inside.append(
        '<evt type="CprVentEvent" msecs="17000">'
        '<param type="ventVolume" value="510" units="ml"/></evt>'
    )
    log = '<Log SessionDateTime_UTC="2019-10-21T18:04:28"><Students/></Log>'
    return an_ssx(path, events(inside), log=log)
