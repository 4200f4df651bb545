"""XrTime and the host's clock: one converter a system.

Takes an open instance, gives both ways between XrTime and `mr.clock.host.host_now_ns`.
That clock is Python's performance counter: CLOCK_MONOTONIC on Linux, and on Windows the
performance counter's ticks since the machine started, in nanoseconds, cut off (CPython,
``py_get_win_perf_counter``). OpenXR converts to both, each by an extension of its own.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Protocol

NS_IN_S = 1_000_000_000
TIMESPEC = "XR_KHR_convert_timespec_time"
COUNTER = "XR_KHR_win32_convert_performance_counter_time"


class XrClock(Protocol):
    """Converts one instance's times."""

    def host_ns(self, time: Any) -> int:
        """Convert an XrTime to the host's clock, ns."""
        ...

    def xr_time(self, host_ns: int) -> int:
        """Convert the host's clock, ns, to an XrTime."""
        ...


def extension(platform: str = sys.platform) -> str:
    """Name the extension that converts times on this system."""
    return COUNTER if platform == "win32" else TIMESPEC


def clock_of(xr: Any, instance: Any, platform: str = sys.platform) -> XrClock:
    """Give this system's converter; its extension must be enabled."""
    if platform == "win32":
        return CounterClock(xr, instance, counter_frequency_hz())
    return TimespecClock(xr, instance)


class TimespecClock:
    """By CLOCK_MONOTONIC, on Linux."""

    def __init__(self, xr: Any, instance: Any) -> None:
        self._xr, self._instance = xr, instance

    def host_ns(self, time: Any) -> int:
        """Convert an XrTime to the host's clock, ns."""
        spec = self._xr.convert_time_to_timespec_time_khr(self._instance, time)
        return int(spec.tv_sec) * NS_IN_S + int(spec.tv_nsec)

    def xr_time(self, host_ns: int) -> int:
        """Convert the host's clock, ns, to an XrTime."""
        spec = self._xr.timespec(host_ns // NS_IN_S, host_ns % NS_IN_S)
        return int(self._xr.convert_timespec_time_to_time_khr(self._instance, spec).value)


class CounterClock:
    """By the performance counter, on Windows; never tried there.

    The functions are called by their pointers: pyopenxr 1.1.6501's own wrapper of the
    first one gives ``cast`` three arguments and cannot work.
    """

    def __init__(self, xr: Any, instance: Any, frequency_hz: int) -> None:
        self._xr, self._instance, self._frequency_hz = xr, instance, frequency_hz
        self._to_counter = self._function("xrConvertTimeToWin32PerformanceCounterKHR")
        self._to_time = self._function("xrConvertWin32PerformanceCounterToTimeKHR")

    def host_ns(self, time: Any) -> int:
        """Convert an XrTime to the host's clock, ns."""
        ticks = ctypes.c_longlong()
        self._check(self._to_counter(self._instance, time, ctypes.byref(ticks)))
        return ns_of_ticks(ticks.value, self._frequency_hz)

    def xr_time(self, host_ns: int) -> int:
        """Convert the host's clock, ns, to an XrTime."""
        ticks = ctypes.c_longlong(ticks_of_ns(host_ns, self._frequency_hz))
        time = self._xr.Time()
        self._check(self._to_time(self._instance, ctypes.byref(ticks), ctypes.byref(time)))
        return int(time.value)

    def _function(self, name: str) -> Any:
        found = self._xr.get_instance_proc_addr(self._instance, name)
        return ctypes.cast(found, getattr(self._xr, f"PFN_{name}"))

    def _check(self, result: int) -> None:
        checked = self._xr.check_result(self._xr.Result(result))
        if checked.is_exception():
            raise checked


def ns_of_ticks(ticks: int, frequency_hz: int) -> int:
    """Convert the counter's ticks to ns, cut off as Python's own clock does."""
    return ticks * NS_IN_S // frequency_hz


def ticks_of_ns(host_ns: int, frequency_hz: int) -> int:
    """Give the first tick at or after an instant; undoes `ns_of_ticks` up to 1 GHz."""
    return -(-host_ns * frequency_hz // NS_IN_S)


def counter_frequency_hz() -> int:
    """Ask Windows how many ticks the performance counter has in a second."""
    frequency = ctypes.c_longlong()
    library: Any = ctypes
    library.windll.kernel32.QueryPerformanceFrequency(ctypes.byref(frequency))
    return frequency.value
