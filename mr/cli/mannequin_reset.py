"""Why a mannequin started anew, in words.

Takes the cause as HELLO tells it, or as `DeviceInfo.details` names it; leaves noticing a
restart to `mr.devices.mannequin`.
"""

from __future__ import annotations

from mr.wire import ResetCause

_WORDS = {
    ResetCause.UNKNOWN: "unknown",
    ResetCause.POWER_ON: "power on",
    ResetCause.EXTERNAL: "reset button, or the port was opened",
    ResetCause.BROWN_OUT: "brown-out (the supply broke down)",
    ResetCause.WATCHDOG: "watchdog (the firmware hung)",
}


def cause_words(code: int) -> str:
    """Put HELLO's `reset_cause` into words; a later firmware may know causes we do not."""
    try:
        return _WORDS[ResetCause(code)]
    except ValueError:
        return f"code {code}"


def detail_words(detail: str) -> str:
    """Put the detail ``reset_cause`` of a `DeviceInfo` into the same words."""
    try:
        return _WORDS[ResetCause[detail.upper().replace(" ", "_")]]
    except KeyError:
        return detail
