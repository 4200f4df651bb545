"""Layouts that are no longer written, so that older recordings can be read.

Takes what a file says of its rows, gives the codec for them; leaves what is written now to
`layouts`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mr.recording.codec import Codec, Field
from mr.recording.layouts import ARRIVAL, CODECS
from mr.recording.pictures import image, png16
from mr.types import Arrival, DepthFrame

OLDER_CODECS = (
    replace(
        CODECS["DepthFrame"],
        fields=(*ARRIVAL, Field("m_per_count", "<f8", "m"), Field("depth_counts_png16", "blob")),
        to_row=lambda s: (
            s.arrival.seq,
            s.arrival.device_ticks,
            s.arrival.arrival_ns,
            s.m_per_count,
            png16(s.depth_counts),
        ),
        from_row=lambda key, r: DepthFrame(
            Arrival(key.stream, *r[:3]), key.camera_id, image(r[4]), r[3]
        ),
    ),
)


def codec_for(name: str, fields: Any) -> Codec | None:
    """Give the codec of a type whose rows have these fields; None when there is none."""
    older = (codec for codec in OLDER_CODECS if codec.type.__name__ == name)
    known = (codec for codec in (CODECS.get(name), *older) if codec is not None)
    return next(filter(None, (codec.for_layout(fields) for codec in known)), None)
