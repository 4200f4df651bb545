"""The metronome's beat as something to see: its phase at an instant.

Takes when a click was heard and the clicks' rate, gives the phase; leaves clicking to
`overlays.sound` and drawing to `overlays.cues.pulse`. Pure, so that the scene stays so.
"""

from __future__ import annotations

FASTEST_CPM = 180.0
"""Three a second: nothing may flash faster. Ref: WCAG 2.2, three flashes (2.3.1)."""


def beat_at(t_ns: int, click_ns: int, rate_cpm: float) -> float | None:
    """Tell how far the beat is at `t_ns`, 0 (the click) … 1 (the next).

    Parameters
    ----------
    t_ns : int
        When it is seen, on the host's clock.
    click_ns : int
        When any one click is heard, on the same clock.
    rate_cpm : float
        Clicks a minute.

    Returns
    -------
    float or None
        None where clicks come faster than `FASTEST_CPM`: such a beat is heard only.
    """
    if not 0.0 < rate_cpm <= FASTEST_CPM:
        return None
    return ((t_ns - click_ns) * rate_cpm / 60e9) % 1.0
