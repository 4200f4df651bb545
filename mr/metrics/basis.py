"""What a window's instants alone say of the curve through it, whatever the samples are.

Takes the instants of a window's samples, gives the prior of the curve at them and at a
grid between them, split into a free quadratic and into modes; leaves curves for a given
noise to `mr.metrics.hat`. A mannequin's windows repeat: evenly spaced ones are worked out
once for each number of samples.

Within, time runs from 0 to 2 over the window and the jerk's power density is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from mr.types import FloatArray

GRID_N = 81
UNEVEN_SHARE = 0.01
"""Instants this share of a step off an even pace are even: a clock's corrections. A chest
at full speed moves by 0.02 mm in that time at 200 Hz."""
EVEN_N = 8
"""Fewer samples are not worth remembering."""
KEPT = np.array([0.0, 0.3, 0.5, 0.65, 0.75, 0.85, 0.92])
"""Share of its noise that a sample may pass on to the next one."""


def _prior(a: FloatArray, b: FloatArray) -> FloatArray:
    """Covariance of white noise integrated three times, (N,) with (M,) → (N, M)."""
    first, apart = np.minimum.outer(a, b), np.abs(np.subtract.outer(a, b))
    return np.asarray(first**3 * (first**2 / 20 + first * apart / 8 + apart**2 / 12))


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """The prior at the samples, split into what is free and what is not."""

    u: FloatArray
    """(n,) instants, 0 to 2."""
    even: bool
    """An even pace: what follows from it is remembered, too."""
    prior: FloatArray
    """(n, n)."""
    quadratic: FloatArray
    """(k, n): coefficients of the quadratic out of the samples."""
    modes: FloatArray
    """(n, n − k) orthonormal columns, without any quadratic."""
    spread: FloatArray
    """(n − k,) prior variance of each mode's size."""

    @classmethod
    def at(cls, u: FloatArray, *, even: bool) -> Self:
        """Work it out for any instants (n,), increasing from 0 to 2."""
        prior = _prior(u, u)
        k = min(3, len(u))
        q, r = np.linalg.qr(np.vander(u - 1.0, k, increasing=True), mode="complete")
        free = q[:, k:]
        spread, modes = np.linalg.eigh(free.T @ prior @ free)
        return cls(
            u=u,
            even=even,
            prior=prior,
            quadratic=np.linalg.solve(r[:k], q[:, :k].T),
            modes=free @ modes,
            spread=np.maximum(spread, 0.0),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The curve at `GRID_N` instants within a window, and its prior there."""

    u: FloatArray
    step: float
    own: FloatArray
    """(GRID_N, GRID_N) prior."""
    cross: FloatArray
    """(GRID_N, n) prior with the samples."""
    quadratic: FloatArray
    """(GRID_N, n): the free quadratic out of the samples."""
    modal: FloatArray
    """(GRID_N, n − k): the rest out of the modes, each over its variance."""

    @classmethod
    def of(cls, basis: Basis, low: float, high: float) -> Self:
        """Lay it between two instants."""
        u = np.linspace(low, high, GRID_N)
        cross = _prior(u, basis.u)
        k = len(basis.quadratic)
        quadratic = np.vander(u - 1.0, k, increasing=True) @ basis.quadratic
        return cls(
            u=u,
            step=max(float(u[1] - u[0]), 1e-9),
            own=_prior(u, u),
            cross=cross,
            quadratic=quadratic,
            modal=(cross - quadratic @ basis.prior) @ basis.modes,
        )


def basis_of(u: FloatArray) -> Basis:
    """Give the basis of a window's instants (n,), increasing from 0 to 2."""
    n = len(u)
    if n >= EVEN_N:
        even = even_basis(n)
        if np.abs(u - even.u).max() <= UNEVEN_SHARE * 2.0 / (n - 1):
            return even
    return Basis.at(u, even=False)


@lru_cache(maxsize=128)
def even_basis(n: int) -> Basis:
    """Give the basis of a window of `n` even samples."""
    return Basis.at(np.linspace(0.0, 2.0, n), even=True)


@lru_cache(maxsize=128)
def even_grid(n: int, a: int, b: int) -> Grid:
    """Give the grid of such a window from sample `a` to sample `b`."""
    basis = even_basis(n)
    return Grid.of(basis, float(basis.u[a]), float(basis.u[b]))


@dataclass(frozen=True, slots=True, eq=False)
class Colours:
    """How the noise of a window's modes would go with its memory, for each of `KEPT`."""

    shapes: FloatArray
    """(len(KEPT), n − k) variance of each mode's size, for samples of variance one."""
    inverse: FloatArray
    """One over that."""
    logs: FloatArray
    """(len(KEPT), n − k + 1): sums of its logarithms over the first modes, none to all."""


@lru_cache(maxsize=128)
def colours(n: int) -> Colours:
    """Give it for a window of `n` samples, which are taken for even.

    The noise of a sample passes on a share of itself: a slower mode has more of it.
    """
    modes = even_basis(n).modes
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    kept = KEPT[:, None, None] ** apart
    shapes = np.einsum("ij,kil,lj->kj", modes, kept, modes, optimize=True)
    logs = np.concatenate([np.zeros((len(KEPT), 1)), np.cumsum(np.log(shapes), axis=1)], axis=1)
    return Colours(shapes, 1.0 / shapes, logs)
