"""Draw the likeliest smooth curve through noisy samples and read its extremes.

Takes raw samples of one window, gives the extreme of the curve beneath them, or its
fastest fall, with sigma; `NoiseMemory` says how noisy single samples are. Leaves finding
the strokes to `mr.metrics.turning`.

The extreme sample of a noisy peak is too high by two to three sigmas. A polynomial has no
such fault, but one stiff enough to quiet the noise rounds the peak off, the more the fewer
samples there are. Here the prior says only that the chest's jerk is white, at a level that
goes with the travel; how much is smoothed then follows from the noise and the sampling.

Ref: G. Wahba, J. R. Statist. Soc. B 40 (1978) 364, smoothing splines as posterior means.
Ref: C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning
(2006), 2.7 (a vague quadratic) and 6.3 (integrated white noise).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mr.metrics.basis import EVEN_N, GRID_N, KEPT, Basis, basis_of, colours
from mr.metrics.hat import DIFFERENCES, Hat, hat_of
from mr.types import FloatArray

JERK_PSD = 1.2e7
"""Power density of the jerk for a travel of one (1/s⁵): 3e4 m²/s⁵ at 50 mm."""
MOST_N = 64
"""More samples than this are averaged with their neighbours: the cost stays bounded."""
CALM = 0.1
CALM_N = 0.5
CALM_LEAST = 0.02
"""The prior is wide enough for the tip of a peak; on the whole strokes are calmer, 0.02
(cosines) to 0.15 of it. So much of the variance that it leaves is real. It is measured;
until then it is 0.1, with the weight of half a mode."""
LEAST = 1e-4
STEPS = 24
"""Noises from a ten-thousandth to a third of the unit are told apart, by factors of √2."""
MEMORY = 0.9
"""Each window weighs so much of the next one in the memory of the noise."""
LASTING = 0.98
"""The same for the noise's colour, which is the sensor's and stays."""
ALL_NOISE = 10.0
"""Modes to which noise adds so many times more variance than motion does are all noise."""
SURELY = 4.0
"""Noise has a memory when that is e⁴ times as likely as that it has none."""
TINY = 1e-30
MOST_HIDDEN = 0.02
"""A share of the travel: nothing higher hides between the samples of a peak."""
BOTTOM = 2.5
"""A release is where the curve lies within so many standard errors of its lowest point."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What the curve through one window says."""

    t_s: float
    value: float
    sigma: float
    """One-sigma of `value`: noise, and what may hide between the samples."""
    t_sigma_s: float
    noise: float = 0.0
    """The part of `sigma` that the samples' noise makes; at most one sample's noise."""
    bend: float = 0.0
    """How sharply a peak bends, in the samples' unit per s²; `t_sigma_s` goes with its inverse."""
    bend_sigma: float = 0.0
    """What the samples' noise makes of it."""


@dataclass(frozen=True, slots=True)
class Noise:
    """How single samples scatter, and how calm the motion beneath them is."""

    sigma: float
    """One-sigma of a single sample, in the unit of the samples, > 0. Of noise with a memory:
    of the white noise that would do the same to the curve."""
    calm: float = CALM
    """Share of the prior's variance that strokes really have."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The curve on a grid, and how sure it is for a noise."""

    hat: Hat
    mean: FloatArray
    psd: float
    v: float
    """Variance of the samples, as a share of the travel squared."""
    calm: float

    def left(self, order: int, i: int) -> tuple[float, float]:
        """Give the variance of a difference at grid point `i` by motion and by noise."""
        motion, noise = self.hat.left(order, i)
        return self.psd * motion, self.v * noise

    def left_of_mean(self, a: int, b: int) -> tuple[float, float]:
        """Give the variance of a mean over the grid by motion and by noise."""
        motion, noise = self.hat.left_of_mean(a, b)
        return self.psd * motion, self.v * noise


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The samples of one window, ready to be smoothed for any noise.

    Within, time runs from 0 to 2 over the window and values are shares of the travel; a
    quadratic of any size is free, and the modes are what the prior says of the rest.
    """

    centre_s: float
    half_s: float
    level: float
    travel: float
    together: int
    """So many samples were averaged into each."""
    y: FloatArray
    basis: Basis
    psd: float
    size: FloatArray
    """(n − k,) size of each mode in the samples."""

    @classmethod
    def through(cls, t_s: FloatArray, y: FloatArray, travel: float) -> Curve:
        """Take the samples of one window.

        Parameters
        ----------
        t_s, y
            (N,) instants, increasing, and values, N ≥ 1. Any unit: only the ratio of
            noise and travel matters.
        travel
            Travel of the stroke that the window belongs to, in the unit of `y`, > 0.
        """
        together = -(-len(t_s) // MOST_N)
        if together > 1:
            n = len(t_s) // together
            t_s = t_s[: n * together].reshape(n, together).mean(axis=1)
            y = y[: n * together].reshape(n, together).mean(axis=1)
        centre_s = 0.5 * float(t_s[0] + t_s[-1])
        half_s = max(0.5 * float(t_s[-1] - t_s[0]), 1e-6)
        basis = basis_of((t_s - centre_s) / half_s + 1.0)
        level = float(y.sum()) / len(y)
        values = (y - level) / travel
        return cls(
            centre_s=centre_s,
            half_s=half_s,
            level=level,
            travel=travel,
            together=together,
            y=values,
            basis=basis,
            psd=JERK_PSD * half_s**5,
            size=values @ basis.modes,
        )

    def extreme(self, from_s: float, to_s: float, noise: Noise, *, highest: bool) -> Fit:
        """Give the curve's highest or lowest point between two instants.

        Noise tilts a peak, and the highest point of a tilted peak is too high; that much
        is taken off. A release is a rest of some length: its value is the mean of the
        curve's bottom, because the lowest of many points is too low.

        Parameters
        ----------
        from_s, to_s
            Where to look; what lies outside the samples is left out.
        noise
            Of `NoiseMemory`.
        highest
            True for a peak, False for a release.
        """
        read = self._read(from_s, to_s, noise)
        return self._peak(read, 0, 1.0) if highest else self._bottom(read)

    def fastest_fall(self, from_s: float, to_s: float, noise: Noise) -> Fit:
        """Give the highest speed of falling, as a positive number per second."""
        return self._peak(self._read(from_s, to_s, noise), 1, -1.0)

    def _read(self, from_s: float, to_s: float, noise: Noise) -> Reading:
        v = (noise.sigma / self.travel) ** 2 / self.together
        low, high = (
            min(max((t_s - self.centre_s) / self.half_s, -1.0), 1.0) + 1.0 for t_s in (from_s, to_s)
        )
        hat = hat_of(self.basis, low, high, v / self.psd)
        return Reading(hat, hat.weights @ self.y, self.psd, v, noise.calm)

    def _peak(self, read: Reading, order: int, sign: float) -> Fit:
        """Read the highest point of the curve (order 0) or of its `sign` × slope (1)."""
        grid, mean = read.hat.grid, read.mean
        h = grid.step
        values = sign * (mean[2:-2] if order == 0 else 0.5 * (mean[3:-1] - mean[1:-3]))
        i = int(values.argmax())
        _, slope, bend = (sign * float(d) for d in DIFFERENCES[order : order + 3] @ mean[i : i + 5])
        slope, bend = slope / h, bend / h**2
        motion, noise = read.left(order, i)
        value, var, of_noise = float(values[i]), read.calm * motion + noise, min(noise, read.v)
        u, u_sigma = float(grid.u[i + 2]), 1.0
        if 0 < i < len(values) - 1 and bend < 0:
            move = min(max(-slope / bend, -0.5 * h), 0.5 * h)
            motion, noise = (part / h**2 for part in read.left(order + 1, i))
            u, u_sigma = u + move, min(math.sqrt(motion + noise) / -bend, 1.0)
            value += 0.5 * slope * move - min(noise / (-2.0 * bend), 0.5 * math.sqrt(var))
            # What may hide between the samples is higher there, not lower.
            var += min(read.calm * motion / (-2.0 * bend), MOST_HIDDEN) ** 2
        scale = self.travel / (h * self.half_s) ** order
        of_bend = math.sqrt(read.left(order + 2, i)[1])
        return Fit(
            self.centre_s + (u - 1.0) * self.half_s,
            scale * value + (self.level if order == 0 else 0.0),
            scale * math.sqrt(var),
            u_sigma * self.half_s,
            scale * math.sqrt(of_noise),
            scale * max(-bend, 0.0) / self.half_s**2,
            scale * of_bend / (h * self.half_s) ** 2,
        )

    def _bottom(self, read: Reading) -> Fit:
        """Read the mean of the curve near its lowest point."""
        mean = read.mean
        i = int(mean.argmin())
        of_lowest = read.left_of_mean(i, i + 1)
        limit = float(mean[i]) + BOTTOM * math.sqrt(of_lowest[1])
        above = (mean > limit).nonzero()[0]
        k = int(above.searchsorted(i))
        a = int(above[k - 1]) + 1 if k else 0
        b = int(above[k]) if k < len(above) else GRID_N
        of_mean = read.left_of_mean(a, b)
        # Whether it rests or turns at once is not known: between the two.
        motion, noise = (0.5 * (one + other) for one, other in zip(of_mean, of_lowest, strict=True))
        sigma = self.travel * math.sqrt(read.calm * motion + noise)
        u = read.hat.grid.u
        t_s = self.centre_s + (0.5 * float(u[a] + u[b - 1]) - 1.0) * self.half_s
        value = self.level + self.travel * float(mean[a:b].sum()) / (b - a)
        of_noise = self.travel * math.sqrt(min(noise, read.v))
        return Fit(t_s, value, sigma, 0.5 * self.half_s, of_noise)


class NoiseMemory:
    """The noise of single samples, out of what the curves of the last strokes leave.

    A noise σ leaves residuals of the mean square σ² per degree of freedom only if it is
    the true one: that σ is looked for among steps of √2 of `unit`, from the largest
    down, with what all windows left for each of them. A slow signal leaves next to
    nothing, being followed whole; there the samples' own claim stands.

    Noise whose memory shows in the quick modes counts as the white noise that would do the
    same to slow ones.
    """

    def __init__(self, unit: float) -> None:
        self._steps = np.asarray(LEAST * unit * 2.0 ** (0.5 * np.arange(STEPS)), np.float64)
        self._steps2 = self._steps**2
        self._squares = np.zeros(STEPS)
        self._dof = np.zeros(STEPS)
        self._rough = CALM_N * CALM
        self._smooth = CALM_N
        self._sums = np.zeros(len(KEPT))
        self._logs = np.zeros(len(KEPT))
        self._n = 0.0
        self.noise = Noise(float(self._steps[0]))

    def pool(self, curve: Curve, claimed: float) -> Noise:
        """Take in one window, whose samples claim a one-sigma of `claimed`; give the noise."""
        spread = curve.psd * curve.basis.spread
        squares = curve.size * curve.size
        scale = curve.travel**2 * curve.together
        left = 1.0 / (1.0 + np.multiply.outer(scale / self._steps2, spread))
        left *= left
        self._squares = MEMORY * self._squares + scale * (left @ squares)
        self._dof = MEMORY * self._dof + left.sum(axis=1)
        sigma = self._sigma(claimed)
        sigma = max(sigma, self._coloured(squares, spread, scale, sigma))
        v = sigma**2 / scale
        weight = spread / (spread + v) ** 2
        self._rough = MEMORY * self._rough + float(weight @ (squares - v))
        self._smooth = MEMORY * self._smooth + float(weight @ spread)
        calm = min(max(self._rough / self._smooth, CALM_LEAST), 1.0)
        self.noise = Noise(sigma, calm)
        return self.noise

    def _coloured(
        self, squares: FloatArray, spread: FloatArray, scale: float, sigma: float
    ) -> float:
        """Give the sigma of white noise that would add as much to slow modes; 0: it is white.

        Noise with a memory is stronger in slow modes than in the quick ones that show it.
        What is seen where the motion has no share goes on to where it has more.
        """
        n = len(squares) + 3
        if n < EVEN_N:
            return 0.0
        colour = colours(n)
        # The quick modes come first.
        own = int(spread.searchsorted(sigma**2 / (scale * ALL_NOISE)))
        self._sums = LASTING * self._sums + scale * (colour.inverse[:, :own] @ squares[:own])
        self._logs = LASTING * self._logs + colour.logs[:, own]
        self._n = LASTING * self._n + own
        if self._n < 1.0:
            return 0.0
        likely = -0.5 * (self._n * np.log(self._sums / self._n + TINY) + self._logs)
        j = int(likely.argmax())
        if likely[j] < likely[0] + SURELY:
            return 0.0
        by_mode = float(self._sums[j]) / self._n * colour.shapes[j]
        return math.sqrt(float(by_mode[by_mode > scale * spread].max(initial=0.0)))

    def _sigma(self, claimed: float) -> float:
        """Find the largest step whose residuals are as large as it says."""
        # The claim weighs as much as one sample.
        excess = (claimed**2 + self._squares) / (1.0 + self._dof) - self._steps2
        more = (excess >= 0.0).nonzero()[0]
        j = int(more[-1]) if len(more) else 0
        share = 0.0
        if len(more) and j + 1 < STEPS:
            share = float(excess[j] / (excess[j] - excess[j + 1]))
        return float(self._steps[j] * 2.0 ** (0.5 * share))
