"""A mannequin on a serial port that is not there.

Takes an `AdcSource` (the simulated chest), a host clock and a `LinkModel`; gives an
object that `mr.devices.mannequin` reads and writes like a serial port. The bytes come
from `mr.sim.firmware`. Nothing runs by itself: the device lives through the time since
the last call whenever it is read or written, so a `SteppedClock` moves it too.
"""

from __future__ import annotations

import errno
import os
from collections import deque

from mr.clock.host import NowNs
from mr.sim.adc import AdcSource
from mr.sim.firmware import TICK_RATE_HZ, TICKS_MODULUS, FirmwareCore
from mr.sim.firmware_board import BoardState
from mr.sim.firmware_store import STORAGE_BYTES
from mr.sim.link import Link, LinkModel
from mr.wire import ResetCause

NS_PER_S = 1_000_000_000
PPB = 1_000_000_000


class TickOscillator:
    """The device's crystal: true nanoseconds to ticks and back, in exact integers."""

    def __init__(self, tick_ppm: float) -> None:
        self._ticks_num = TICK_RATE_HZ * (PPB + round(tick_ppm * 1000))
        self._ticks_den = NS_PER_S * PPB

    def ticks(self, elapsed_ns: int) -> int:
        """Count the ticks that have passed after `elapsed_ns`."""
        return elapsed_ns * self._ticks_num // self._ticks_den

    def elapsed_ns(self, ticks: int) -> int:
        """Give the first nanosecond at which `ticks` have passed."""
        return -(-ticks * self._ticks_den // self._ticks_num)


class SimMannequinPort:
    """A simulated mannequin, started at the instant of its making.

    Parameters
    ----------
    adc
        What its converters read, by true seconds since the start.
    now
        The host's clock, in ns.
    serial
        Serial number while no identity is stored, up to 16 ASCII characters.
    tick_ppm
        Error of the crystal; positive runs fast.
    link
        Delays of the cable.
    board_name, start_ticks
        Identity and the first value of the 32-bit tick counter.

    Attributes
    ----------
    storage
        What it keeps without power: through `plug` and `brown_out`, not beyond the object.
    light_is_on
        Its light.
    """

    def __init__(
        self,
        adc: AdcSource,
        now: NowNs,
        serial: str = "SIM-0001",
        tick_ppm: float = 0.0,
        link: LinkModel | None = None,
        board_name: str = "sim",
        start_ticks: int = 0,
    ) -> None:
        self.storage = bytearray(b"\xff" * STORAGE_BYTES)
        self.light_is_on = False
        self._adc = adc
        self._now = now
        self._names = (serial, board_name)
        self._uart_baud = (link or LinkModel()).uart_baud
        self._oscillator = TickOscillator(tick_ppm)
        self._link = Link(link or LinkModel())
        self._to_device: deque[tuple[int, bytes]] = deque()
        self._to_host: deque[tuple[int, bytes]] = deque()
        self._readable = bytearray()
        self._plugged = self._opening = True
        self._core = FirmwareCore(self, *self._names, self._uart_baud)
        self._period_ticks = self._next_sample_ticks = 0
        self._adc_start_ns = now()
        self._power_on(start_ticks, ResetCause.POWER_ON)

    # --- the board, as the firmware's core sees it ---------------------------------

    def now_ticks(self) -> int:
        """Tell the device's clock, modulo 2³²."""
        return self._wire_ticks(self._oscillator.ticks(self._device_ns - self._start_ns))

    def send(self, wire: bytes) -> bool:
        """Hand a frame to the UART."""
        at_ns = self._device_ns if self._opening else self._link.to_host(len(wire), self._device_ns)
        self._to_host.append((at_ns, wire))
        return True

    def set_period(self, period_ticks: int) -> None:
        """Sample every `period_ticks` from now on."""
        self._period_ticks = period_ticks
        elapsed = self._oscillator.ticks(self._device_ns - self._start_ns)
        self._next_sample_ticks = elapsed + period_ticks

    def light(self, on: bool) -> None:
        """Turn the light on or off."""
        self.light_is_on = on

    def state(self) -> BoardState:
        """Tell what only the board knows of itself; here it measures nothing."""
        return BoardState()

    # --- the port, as the host sees it ---------------------------------------------

    @property
    def in_waiting(self) -> int:
        """Number of bytes that have arrived and were not read."""
        self._live_until(self._now())
        return len(self._readable)

    def read(self, size: int = 1) -> bytes:
        """Read what has arrived, at most `size` bytes; never waits."""
        self._live_until(self._now())
        chunk = bytes(self._readable[:size])
        del self._readable[:size]
        return chunk

    def write(self, data: bytes) -> int:
        """Send bytes to the device.

        What a host writes first after plugging in is its handshake, for which a real
        one waits; a stepped clock cannot, so that is delivered and answered at once.
        """
        now_ns = self._now()
        self._live_until(now_ns)
        if self._opening:
            self._core.receive(bytes(data), self.now_ticks())
            self._opening = False
        else:
            self._to_device.append((self._link.to_device(len(data), now_ns), bytes(data)))
        return len(data)

    def close(self) -> None:
        """Forget what was not read; the device lives on."""
        self._readable.clear()
        self._opening = True

    def unplug(self) -> None:
        """Pull the cable: from now on reading and writing fail as on a real port."""
        self._plugged = False

    def plug(self) -> None:
        """Put the cable back: the device starts anew, with its ticks at zero."""
        self._plugged = True
        self._to_device.clear()
        self._to_host.clear()
        self._readable.clear()
        self._power_on(0, ResetCause.POWER_ON)

    def brown_out(self) -> None:
        """Restart the device while the cable stays in."""
        self._live_until(self._now())
        self._power_on(0, ResetCause.BROWN_OUT)
        self._opening = False

    # --- its life --------------------------------------------------------------------

    def _power_on(self, start_ticks: int, cause: ResetCause) -> None:
        self._start_ns = self._device_ns = self._now()
        self._start_ticks = start_ticks
        self._opening = True
        self.light_is_on = False
        self._core = FirmwareCore(self, *self._names, self._uart_baud)
        self._core.start(cause)

    def _wire_ticks(self, elapsed_ticks: int) -> int:
        return (elapsed_ticks + self._start_ticks) % TICKS_MODULUS

    def _live_until(self, until_ns: int) -> None:
        """Live through samples and received bytes up to `until_ns`, in order of time."""
        if not self._plugged:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        while True:
            sample_ns = self._start_ns + self._oscillator.elapsed_ns(self._next_sample_ticks)
            bytes_ns = self._to_device[0][0] if self._to_device else until_ns + 1
            if min(sample_ns, bytes_ns) > until_ns:
                break
            if sample_ns <= bytes_ns:
                self._sample(sample_ns)
            else:
                self._device_ns = bytes_ns
                self._core.receive(self._to_device.popleft()[1], self.now_ticks())
        self._device_ns = max(self._device_ns, until_ns)
        while self._to_host and self._to_host[0][0] <= until_ns:
            self._readable += self._to_host.popleft()[1]

    def _sample(self, at_ns: int) -> None:
        self._device_ns = at_ns
        ticks = self._next_sample_ticks
        self._next_sample_ticks = ticks + self._period_ticks
        t_s = (at_ns - self._adc_start_ns) / NS_PER_S
        self._core.take_sample(self._wire_ticks(ticks), self._adc.counts_at(t_s))
