"""A motion with white jerk, filtered forwards and smoothed backwards: its velocity.

Takes an unbroken stretch of samples, gives the velocity at each; the model is that of
`mr.fusion.kalman`, which runs live.

Ref: Rauch, Tung and Striebel, 1965.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from mr.fusion.kalman import JERK_PSD, START_ACCELERATION_SIGMA, START_VELOCITY_SIGMA
from mr.types import ChestSample, FloatArray


def velocities(samples: Sequence[ChestSample]) -> list[float]:
    """Give the smoothed velocity (m/s) at each sample of a stretch without gaps."""
    x = np.array([samples[0].depth_m, 0.0, 0.0])
    p = np.diag(np.array([samples[0].sigma_m, START_VELOCITY_SIGMA, START_ACCELERATION_SIGMA]) ** 2)
    filtered, predicted, steps = [(x, p)], [(x, p)], [np.eye(3)]
    for before, now in itertools.pairwise(samples):
        f, q = _model((now.stamp.t_ns - before.stamp.t_ns) * 1e-9)
        x, p = f @ x, f @ p @ f.T + q
        predicted.append((x, p))
        steps.append(f)
        gain = p[:, 0] / (p[0, 0] + now.sigma_m**2)
        x, p = x + gain * (now.depth_m - x[0]), p - np.outer(gain, p[0])
        filtered.append((x, p))
    speeds = [float(x[1])]
    for k in range(len(samples) - 2, -1, -1):
        here, cov = filtered[k]
        ahead, ahead_cov = predicted[k + 1]
        back = np.linalg.solve(ahead_cov, steps[k + 1] @ cov).T
        x = here + back @ (x - ahead)
        speeds.append(float(x[1]))
    return speeds[::-1]


def _model(dt_s: float) -> tuple[FloatArray, FloatArray]:
    """Give transition and noise (3, 3) of depth, velocity and acceleration over `dt_s`."""
    h = 0.5 * dt_s * dt_s
    f = np.array([[1.0, dt_s, h], [0.0, 1.0, dt_s], [0.0, 0.0, 1.0]])
    q = dt_s * JERK_PSD
    return f, np.array(
        [
            [q * h * h / 5.0, q * dt_s * h / 4.0, q * h / 3.0],
            [q * dt_s * h / 4.0, q * dt_s * dt_s / 3.0, q * dt_s / 2.0],
            [q * h / 3.0, q * dt_s / 2.0, q],
        ]
    )
