"""Opened traces are kept, and only so many of them."""

from __future__ import annotations

import numpy as np

from mr.review.pyramid import build_pyramid
from mr.review.store.sessions import Analysis
from mr.review.web.traces import Traces


def analysis(name: str) -> Analysis:
    t_s = np.arange(400) / 200.0
    return Analysis(id=name, pyramid=build_pyramid(t_s, 30.0 + t_s, np.full(400, 0.1)))


def test_a_trace_is_opened_once_and_the_longest_unused_goes_first() -> None:
    traces, rows = Traces(kept=2), [analysis(name) for name in "abc"]
    first = traces.of(rows[0])
    assert traces.of(rows[0]) is first
    traces.of(rows[1])
    traces.of(rows[0])
    traces.of(rows[2])  # b goes: a was used after it
    assert traces.of(rows[0]) is first
    assert len(traces._open) == 2


def test_every_sample_comes_back_to_a_hundredth() -> None:
    t_s = np.arange(1000) / 200.0
    depth_mm = 25.0 * (1.0 - np.cos(12.0 * t_s))
    row = Analysis(id="x", pyramid=build_pyramid(t_s, depth_mm, np.full(1000, 0.1)))
    found_t_s, found_mm, sigma_mm = Traces().of(row).samples()
    np.testing.assert_allclose(found_t_s, t_s, atol=1e-6)
    np.testing.assert_allclose(found_mm, depth_mm, atol=0.0051)
    np.testing.assert_allclose(sigma_mm, 0.1)
