"""The score's interval holds the score of the truth, whoever made the errors how.

Learners are drawn, measured with errors of the sigma that is claimed, and judged twice: as
they were and as they were measured. The errors share a bias to some part, which nobody is
told. Negative controls: the same interval with half its width, and sigmas claimed at half.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.config import Mode
from mr.scoring.performance import Performance
from mr.scoring.profiles import load_guideline
from mr.scoring.score import score_performance
from mr.types import Compression, Measured

GUIDELINE = load_guideline("aha-2025-adult-bls")
SIGMAS = {"depth": 1.5, "release": 0.8, "rate": 1.5, "hand": 3.0}
N_SESSIONS = 250
PROMISED = 0.95
SLACK = 0.028
"""Two standard errors of a share of 95 % of so many sessions."""


def measured(truth: dict[str, np.ndarray], claimed: float = 1.0) -> Performance:
    compressions = []
    for k, (d, e, r, h) in enumerate(
        zip(truth["depth"], truth["release"], truth["rate"], truth["hand"], strict=True)
    ):
        t_ns = k * 545_000_000
        sigma = {key: claimed * s for key, s in SIGMAS.items()}
        compressions.append(
            Compression(
                k, t_ns, t_ns + 2 * 10**8, t_ns + 4 * 10**8,
                Measured(d, sigma["depth"]), Measured(e, sigma["release"]),
                Measured(r, sigma["rate"]), Measured(0.5), Measured(400.0), Measured(450.0),
                (Measured(h, sigma["hand"]), Measured(0.0, sigma["hand"])),
            )
        )  # fmt: skip
    return Performance(compressions, [], [], Measured(95.0))


def learners(seed: int, shared: float, claimed: float = 1.0):
    """Draw what was done and what was measured; `shared` of the error's variance is one bias."""
    rng = np.random.default_rng(seed)
    for _ in range(N_SESSIONS):
        n = int(rng.integers(20, 120))
        truth = {
            "depth": rng.normal(rng.uniform(42.0, 66.0), rng.uniform(1.0, 4.0), n),
            "release": np.abs(rng.normal(rng.uniform(0.0, 8.0), 1.0, n)),
            "rate": rng.normal(rng.uniform(90.0, 130.0), 4.0, n),
            "hand": np.abs(rng.normal(rng.uniform(0.0, 30.0), 3.0, n)),
        }
        found = {
            key: v + SIGMAS[key] * (np.sqrt(shared) * rng.normal()
                                    + np.sqrt(1.0 - shared) * rng.normal(size=n))
            for key, v in truth.items()
        }  # fmt: skip
        yield measured(truth), measured(found, claimed)


def coverage(shared: float, width: float = 1.0, claimed: float = 1.0, seed: int = 1) -> float:
    inside = 0
    for true, found in learners(seed, shared, claimed):
        want = score_performance(true, GUIDELINE, Mode.HANDS_ONLY).value_pct
        score = score_performance(found, GUIDELINE, Mode.HANDS_ONLY)
        assert score.interval_pct is not None
        assert score.value_pct is not None
        low, high = (score.value_pct + width * (v - score.value_pct) for v in score.interval_pct)
        inside += low - 1e-9 <= want <= high + 1e-9
    return inside / N_SESSIONS


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.8, 1.0])
def test_the_interval_holds_the_true_score(shared: float) -> None:
    assert coverage(shared) >= PROMISED - SLACK


@pytest.mark.parametrize("shared", [0.8, 1.0])
def test_half_the_interval_does_not(shared: float) -> None:
    """Negative control."""
    assert coverage(shared, width=0.5) < PROMISED - 2 * SLACK


def test_sigmas_claimed_too_small_are_found() -> None:
    """Negative control."""
    assert coverage(1.0, claimed=0.5) < PROMISED - 2 * SLACK


def test_the_same_errors_give_the_same_interval() -> None:
    _, found = next(iter(learners(3, 0.5)))
    a, b = (score_performance(found, GUIDELINE, Mode.HANDS_ONLY) for _ in range(2))
    assert a == b
    exact = [replace(c, depth_mm=replace(c.depth_mm, sigma=0.0)) for c in found.compressions]
    narrower = score_performance(replace(found, compressions=exact), GUIDELINE, Mode.HANDS_ONLY)
    assert a.interval_pct is not None
    assert narrower.interval_pct is not None
    assert narrower.interval_pct[0] > a.interval_pct[0]
