"""A session whose mannequin goes away and comes back, on a stepped clock."""

from __future__ import annotations

from pathlib import Path

from mr.clock.host import SteppedClock
from mr.config import SessionConfig
from mr.devices.mannequin import MannequinSource
from mr.recording.reader import open_recording
from mr.scoring.profiles import load_guideline
from mr.session.sensing import SensingJob, sense
from mr.sim.adc import TableAdc
from mr.sim.mannequin import SimMannequinPort
from mr.types import MannequinFrame, Sample, SessionEvent
from tests.devices.test_mannequin import DeafPort
from tests.unit.recording.conftest import a_rig

TABLE = TableAdc(tuple((k % 1024, (k % 7, 0, 0, 0), 0) for k in range(999)), 200)
UNPLUG_S, PLUG_S, HEARS_S, END_S = 1.0, 1.5, 4.0, 6.0


def events_and_frames(samples: list[Sample]) -> tuple[list[SessionEvent], list[MannequinFrame]]:
    return (
        [s for s in samples if isinstance(s, SessionEvent)],
        [s for s in samples if isinstance(s, MannequinFrame)],
    )


def test_a_port_that_is_back_but_silent_is_not_a_mannequin_that_is_back(tmp_path: Path) -> None:
    """Its bootloader runs for longer than a greeting lasts: one loss, one return."""
    rig = a_rig()
    assert rig.mannequin is not None
    clock = SteppedClock()
    start_ns = clock()
    device = SimMannequinPort(TABLE, clock, rig.mannequin.serial)
    port = DeafPort(device, clock, until_ns=0)
    todo = [
        (UNPLUG_S, device.unplug),
        (PLUG_S, lambda: setattr(port, "until_ns", start_ns + round(HEARS_S * 1e9))),
        (PLUG_S, device.plug),
    ]

    def commands() -> list[str]:
        now_s = (clock() - start_ns) / 1e9
        while todo and now_s >= todo[0][0]:
            todo.pop(0)[1]()
        return ["stop"] if now_s >= END_S else []

    with MannequinSource(port, clock, "sim", timeout_s=1.0) as source:
        job = SensingJob(
            rig=rig,
            config=SessionConfig(),
            guideline=load_guideline("erc-2025-adult-bls"),
            path=tmp_path / "session.mcap",
            now=clock,
            wait=lambda: clock.advance(2_000_000),
            publish=lambda _snapshot: None,
            publish_picture=lambda _picture: None,
            commands=commands,
        )
        sense([source], job)
    events, frames = events_and_frames(list(open_recording(tmp_path / "session.mcap").samples()))
    assert [e.kind for e in events] == ["open", "device_lost", "device_back", "stop"]
    back_s = (events[2].t_ns - start_ns) / 1e9
    assert HEARS_S <= back_s <= HEARS_S + 0.5, "the next request is at most 250 ms away"
    assert not [
        f for f in frames if UNPLUG_S + 0.1 < (f.arrival.arrival_ns - start_ns) / 1e9 < HEARS_S
    ]
    assert (frames[-1].arrival.arrival_ns - start_ns) / 1e9 > END_S - 0.1
