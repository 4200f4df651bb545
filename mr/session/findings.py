"""What fusion finds of its sources, put into the words of their streams' health.

Takes `Finding`s as they stand, tells the health watch what is new and what is over; leaves
finding to `mr.fusion`.
"""

from __future__ import annotations

from mr.fusion.witness import MANNEQUIN, Finding
from mr.session.health import HealthWatch


class FindingsLog:
    """Knows what was told, so that it can be taken back."""

    def __init__(self, health: HealthWatch) -> None:
        self._health = health
        self._told: tuple[Finding, ...] = ()

    def hear(self, findings: tuple[Finding, ...], at_ns: int) -> None:
        """Tell what stands now."""
        if findings == self._told:
            return
        kept = {(f.source, f.topic) for f in findings}
        for old in self._told:
            if (old.source, old.topic) not in kept:
                self._health.settle(_stream(old), old.topic)
        for found in findings:
            self._health.find(_stream(found), found.topic, found.words, at_ns, found.usable)
        self._told = findings


def _stream(finding: Finding) -> str:
    return finding.source if finding.source == MANNEQUIN else f"cam_{finding.source}.depth"
