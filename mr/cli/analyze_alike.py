"""Whether several sessions may be compared: what they differ in, and which one is which.

Takes finished analyses with their names, gives a sentence for each of mode, attempt and
profile that is not the same in all of them. Leaves the numbers to `analyze_table`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
Named = tuple[str, Json]
"""A session's name on this output, and its analysis."""

FEW = 4
"""So many sessions of the commonest kind are still named; of more, their number is told."""
NOT_SAID = "not said"


def not_alike(sessions: Sequence[Named]) -> list[str]:
    """Say what differs, each as ``not alike: mode: 30:2 (b.mcap), hands-only (a.mcap)``."""
    kinds: dict[str, dict[tuple[str, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, analysis in sessions:
        judged = analysis["guideline"]
        crew = f"{judged['mode']}, {judged['rescuers']} rescuers"
        mode = judged["mode"] if judged["rescuers"] == 1 else crew
        kinds["mode"][(mode,)].append(name)
        kinds["attempt"][(analysis["source"]["attempt"] or NOT_SAID,)].append(name)
        kinds["profile"][(judged["id"], judged["sha256"])].append(name)
    return [
        f"not alike: {what}: {_groups(groups)}" for what, groups in kinds.items() if len(groups) > 1
    ]


def _groups(groups: dict[tuple[str, ...], list[str]]) -> str:
    """Name the sessions of each group, the smallest group first."""
    ids = [key[0] for key in groups]
    *rarer, commonest = sorted(groups.items(), key=lambda group: len(group[1]))
    parts = [f"{_kind(key, ids)} ({', '.join(names)})" for key, names in rarer]
    key, names = commonest
    told = ", ".join(names) if len(names) <= FEW else f"the other {len(names)}"
    return ", ".join([*parts, f"{_kind(key, ids)} ({told})"])


def _kind(key: tuple[str, ...], ids: Sequence[str]) -> str:
    """Name a kind; two versions of one profile are told apart by their fingerprints."""
    return key[0] if ids.count(key[0]) == 1 else f"{key[0]}, sha256 {key[1][:12]}…"
