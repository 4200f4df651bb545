"""The cable between a simulated mannequin and the host: a UART and a USB bridge.

Takes the instants at which bytes are handed over, gives the instants at which they come
out; random, but the same for the same seed. Knows nothing of what the bytes mean.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from mr.wire import BITS_PER_BYTE, NS_PER_BYTE


@dataclass(frozen=True, slots=True)
class LinkModel:
    """How a link delays bytes. All of it is one-way delay, which no ping can see whole."""

    ns_per_byte: int = NS_PER_BYTE
    """Serialisation; bytes queue behind one another."""
    base_ns: int = 150_000
    """The least delay of the bridge and the driver, each way."""
    jitter_ns: int = 250_000
    """Mean of a random delay on top of it, each way: the host wakes and reads at random."""
    bridge_ns: int = 1_000_000
    """A USB bridge hands bytes to the host at multiples of this only; 0: at once."""
    late_share: float = 0.0
    """Share of deliveries to the host that are late by `late_ns` more."""
    late_ns: int = 20_000_000
    seed: int = 0

    @property
    def uart_baud(self) -> int:
        """What HELLO says of this link; 0 when bytes take no time."""
        return BITS_PER_BYTE * 1_000_000_000 // self.ns_per_byte if self.ns_per_byte else 0

    @staticmethod
    def perfect() -> LinkModel:
        """Give a link without any delay, for lockstep tests."""
        return LinkModel(ns_per_byte=0, base_ns=0, jitter_ns=0, bridge_ns=0)


class Link:
    """One link in use: keeps the order of bytes and the state of its random numbers."""

    def __init__(self, model: LinkModel) -> None:
        self._model = model
        self._random = random.Random(model.seed)
        self._bridge_phase_ns = self._random.randrange(model.bridge_ns) if model.bridge_ns else 0
        self._wire_free_ns = 0
        self._wake_ns = 0
        self._last_to_device_ns = 0

    def _jitter_ns(self) -> int:
        mean_ns = self._model.jitter_ns
        return round(self._random.expovariate(1.0 / mean_ns)) if mean_ns else 0

    def to_host(self, n_bytes: int, sent_ns: int) -> int:
        """Tell when the host can read `n_bytes` that the UART was given at `sent_ns`.

        Waiting until the host wakes has no memory, so it need not be drawn anew for
        what comes before that: all of it is read together.
        """
        model = self._model
        self._wire_free_ns = max(self._wire_free_ns, sent_ns) + n_bytes * model.ns_per_byte
        at_ns = self._wire_free_ns
        if model.bridge_ns:
            at_ns += (self._bridge_phase_ns - at_ns) % model.bridge_ns
        at_ns += model.base_ns
        if model.late_share and self._random.random() < model.late_share:
            at_ns += model.late_ns
        if at_ns > self._wake_ns:
            self._wake_ns = at_ns + self._jitter_ns()
        return self._wake_ns

    def to_device(self, n_bytes: int, sent_ns: int) -> int:
        """Tell when `n_bytes` written by the host at `sent_ns` have reached the device."""
        at_ns = sent_ns + n_bytes * self._model.ns_per_byte + self._model.base_ns
        at_ns += self._jitter_ns()
        self._last_to_device_ns = max(self._last_to_device_ns, at_ns)
        return self._last_to_device_ns
