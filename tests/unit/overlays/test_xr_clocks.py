"""The performance counter's arithmetic; Windows itself was never tried."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from overlays.xr.clocks import (
    COUNTER,
    TIMESPEC,
    CounterClock,
    extension,
    ns_of_ticks,
    ticks_of_ns,
)

FREQUENCIES_HZ = st.sampled_from([10_000_000, 3_579_545, 24_000_000, 1_000_000_000])
TICKS = st.integers(0, 2**62)


def as_cpython_does(ticks: int, frequency_hz: int) -> int:
    """Convert as ``_PyTimeFraction_Mul`` does: whole seconds first, then the rest, cut off."""
    whole, rest = divmod(ticks, frequency_hz)
    return whole * 1_000_000_000 + rest * 1_000_000_000 // frequency_hz


@settings(deadline=None)
@given(TICKS, FREQUENCIES_HZ)
def test_ticks_are_the_host_clock_and_back(ticks: int, frequency_hz: int) -> None:
    ns = ns_of_ticks(ticks, frequency_hz)
    assert ns == as_cpython_does(ticks, frequency_hz)
    assert ticks_of_ns(ns, frequency_hz) == ticks


def test_each_system_has_its_extension() -> None:
    assert extension("win32") == COUNTER
    assert extension("linux") == TIMESPEC


def test_a_runtime_is_asked_in_ticks() -> None:
    """A runtime of ours whose XrTime is the counter in ns, plus 7 s."""
    frequency_hz, ahead_ns = 10_000_000, 7_000_000_000
    big = ctypes.POINTER(ctypes.c_longlong)
    to_counter = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_longlong, big)
    to_time = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, big, big)

    @to_counter
    def counter_of(_: Any, time: int, out: Any) -> int:
        out[0] = (time - ahead_ns) * frequency_hz // 1_000_000_000
        return 0

    @to_time
    def time_of(_: Any, ticks: Any, out: Any) -> int:
        out[0] = ticks[0] * 1_000_000_000 // frequency_hz + ahead_ns
        return 0

    functions = {
        "xrConvertTimeToWin32PerformanceCounterKHR": counter_of,
        "xrConvertWin32PerformanceCounterToTimeKHR": time_of,
    }
    runtime = SimpleNamespace(
        Time=ctypes.c_longlong,
        Result=int,
        check_result=lambda _: SimpleNamespace(is_exception=lambda: False),
        get_instance_proc_addr=lambda _, name: functions[name],
        PFN_xrConvertTimeToWin32PerformanceCounterKHR=to_counter,
        PFN_xrConvertWin32PerformanceCounterToTimeKHR=to_time,
    )
    clock = CounterClock(runtime, None, frequency_hz)
    assert clock.host_ns(ahead_ns + 1_234_567_800) == 1_234_567_800
    assert clock.xr_time(1_234_567_800) == ahead_ns + 1_234_567_800
    assert clock.xr_time(1_234_567_801) == ahead_ns + 1_234_567_900, "the next tick"
