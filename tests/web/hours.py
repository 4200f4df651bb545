"""An hour's session in the catalogue, made of a short one repeated: simulating one takes an hour.

Takes an analysis and its trace, gives both an hour long, and puts them into an archive as a session
of somebody's. What the page shows of it is as much as of a real hour: the same schema, as many
compressions, breaths, pauses and deductions, as many samples.
"""

from __future__ import annotations

import copy
import secrets
from typing import Any

import numpy as np

from mr.clock.host import wall_now_utc
from mr.review.analysis import validate
from mr.review.archive import Archive
from mr.review.intake.analysed import Analysed
from mr.review.intake.catalogue import keep_analysis, let_count, packed
from mr.review.store.sessions import Recorded
from mr.types import FloatArray

HOUR_S = 3600.0
GAP_S = 2.0
TIMES = ("onset_s", "peak_s", "release_s", "start_s", "end_s", "at_s")


def hour_of(analysis: dict[str, Any], trace: tuple[FloatArray, ...]) -> Analysed:
    """Repeat a session until an hour is full."""
    once_s = analysis["summary"]["duration_s"] + GAP_S
    n = int(HOUR_S // once_s) + 1
    every = len(analysis["compressions"])
    long = copy.deepcopy(analysis)

    def again(rows: list[dict[str, Any]], counted: int) -> list[dict[str, Any]]:
        return [_later(row, k, once_s, counted) for k in range(n) for row in rows]

    for name in ("compressions", "ventilations", "pauses", "unmeasured"):
        long[name] = again(analysis[name], every)
    long["score"]["cycles"] = again(analysis["score"]["cycles"], len(analysis["score"]["cycles"]))
    for item, short in zip(long["score"]["items"], analysis["score"]["items"], strict=True):
        item["deductions"] = [d | {"points": d["points"] / n}
                              for d in again(short["deductions"], every)]  # fmt: skip
    long["summary"]["duration_s"] = n * once_s - GAP_S
    for name in ("n_compressions", "n_pauses", "n_ventilations"):
        long["summary"][name] *= n
    validate(long)
    t_s = np.concatenate([trace[0] + k * once_s for k in range(n)])
    return Analysed(long, t_s, np.tile(trace[1], n), np.tile(trace[2], n))


def _later(row: dict[str, Any], k: int, once_s: float, counted: int) -> dict[str, Any]:
    moved = {t: row[t] + k * once_s for t in TIMES if row.get(t) is not None}
    if row.get("index") is not None:
        moved["index"] = row["index"] + k * counted
    return row | moved


def put_hour(archive: Archive, like_id: str, hour: Analysed) -> str:
    """Put an hour beside the session that it was made of; gives its id."""
    with archive.database.writing() as session:
        like = session.get_one(Recorded, like_id)
        named = {c.name: getattr(like, c.name) for c in Recorded.__table__.columns}
        own = {
            "id": secrets.token_hex(8),
            "sha256": secrets.token_hex(32),
            "recording_id": f"rec-{secrets.token_hex(8)}",
            "received_utc": wall_now_utc(),
        }
        row = Recorded(**(named | own | {"analysis_id": None, "state": "waiting"}))
        session.add(row)
        session.flush()
        let_count(row, keep_analysis(session, row, hour, packed(hour), None), hour.analysis)
        return row.id
