"""What each level of guidance shows: one table.

Takes a snapshot and a density, gives `Shown`; leaves drawing to `overlays.cues` and sound to
whoever plays it. The level is set before a session and never changes in it.

======== ============================ =============================== ======================
level    on the chest                 on the panel                    debrief
======== ============================ =============================== ======================
full     ring, bar, beat, notes       all tiles, all advice           after each cycle
reduced  ring, timer, count, breaths  count or timer, warnings only   after each cycle
sound    nothing                      the clock; advice before and    after each cycle
                                      after
none     nothing                      the clock; advice after         at the end
======== ============================ =============================== ======================

An assessment (`snapshot.guidance` False) shows the clock, and nothing that depends on how
well it goes, at any level. The head line with the kind of source and what is ill is always
there. Ref: levels that fade: CPRDummy (FIELD notes); tested without cues: decision 0025.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mr.types import Phase, Snapshot
from overlays.look import Density

Tile = Literal["depth", "rate", "recoil", "count"]
ALL_TILES: tuple[Tile, ...] = ("depth", "rate", "recoil", "count")
CALM_TILES: tuple[Tile, ...] = ("depth", "recoil", "count")
"""The rate is heard from the metronome, and advice on it comes in words."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be drawn; nothing by default."""

    ring: bool = False
    notes: bool = False
    """Timer, breaths and count beside the ring."""
    values: bool = False
    """The rate beside the ring, too, where the look is dense."""
    bar: bool = False
    beat: bool = False
    tiles: tuple[Tile, ...] = ()
    """None: the clock stands there, large."""
    advice: Literal["all", "warnings", "none"] = "none"
    debrief: Literal["cycles", "end", "never"] = "never"


def shown(snapshot: Snapshot, density: Density = "normal") -> Shown:
    """Tell what may be drawn now."""
    if not snapshot.guidance:
        return Shown()
    running = snapshot.phase not in (Phase.WAITING, Phase.FINISHED)
    if snapshot.level == "none":
        over = snapshot.phase is Phase.FINISHED
        return Shown(advice="all" if over else "none", debrief="end")
    if snapshot.level == "sound":
        return Shown(advice="none" if running else "all", debrief="cycles")
    if snapshot.level == "reduced":
        return Shown(
            ring=True,
            notes=True,
            tiles=("count",),
            advice="warnings" if running else "all",
            debrief="cycles",
        )
    return Shown(
        ring=True,
        notes=True,
        values=True,
        bar=True,
        beat=density != "calm",
        tiles=CALM_TILES if density == "calm" else ALL_TILES,
        advice="all",
        debrief="cycles",
    )
