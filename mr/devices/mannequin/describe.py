"""What a mannequin's HELLO tells, as the house's `DeviceInfo`."""

from __future__ import annotations

from mr.devices.mannequin.follow import STREAM
from mr.devices.mannequin.requests import PING_NS
from mr.types import DeviceInfo, SourceKind, StreamInfo
from mr.wire import Hello, ResetCause, name_text

CLOCK_STREAM = "mannequin.clock"


def device_info(hello: Hello, kind: SourceKind, port: str, low_latency: bool | None) -> DeviceInfo:
    """Say who a device is and what it streams; `low_latency` is None without a driver."""
    tick_rate = float(hello.tick_rate_hz)
    streams = (
        StreamInfo(STREAM, float(hello.sample_rate_hz), tick_rate),
        StreamInfo(CLOCK_STREAM, 1e9 / PING_NS, tick_rate),
    )
    details = {
        "port": port,
        "protocol": str(hello.protocol_version),
        "uart_baud": str(hello.uart_baud),
        "sample_latency_ticks": str(hello.sample_latency_ticks),
        "pong_latency_ticks": str(hello.pong_latency_ticks),
        "adc_bits": str(hello.adc_bits),
        "reset_cause": _reset_text(hello.reset_cause),
    }
    if low_latency is not None:
        details["low_latency"] = "on" if low_latency else "not offered by this driver"
    return DeviceInfo(
        kind=kind,
        maker="MR-CPR",
        model=f"sensor mannequin ({name_text(hello.board_name)})",
        serial=name_text(hello.serial_number),
        firmware=f"{hello.firmware_major}.{hello.firmware_minor}.{hello.firmware_patch}",
        streams=streams,
        details=details,
    )


def _reset_text(cause: int) -> str:
    try:
        return ResetCause(cause).name.lower().replace("_", " ")
    except ValueError:
        return f"code {cause}"
