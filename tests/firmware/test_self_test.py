"""What the C core finds when it looks at itself, and when it calls a chest still."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mr.sim.adc import Counts, TableAdc
from mr.wire import (
    AIRWAY_UNKNOWN,
    Ack,
    AckCode,
    BlockId,
    CommitBlock,
    Decoder,
    Fault,
    Message,
    MessageType,
    ReadBlock,
    SelfTest,
    SelfTestResult,
    WriteBlock,
    Zero,
    block_crc,
    encode,
    name_bytes,
)

Lockstep = Callable[..., bytes]
WELL: Counts = (512, (8, 1015, 30, 40), -3)
NEW = Fault.IDENTITY | Fault.CALIBRATION
"""What a mannequin lacks that nobody has named and calibrated."""


def rx(at_ticks: int, *commands: Message) -> str:
    return "".join(f"rx {at_ticks} {encode(c).hex()}\n" for c in commands)


def result(
    lockstep: Lockstep, folder: Path, row: Counts, supply_mv: int = 5000, first: str = ""
) -> SelfTestResult:
    TableAdc((row,), 1).write_csv(folder / "counts.csv")
    sent = lockstep(
        first + rx(20_000, SelfTest(7)),
        *("--counts", str(folder / "counts.csv"), "--supply-mv", str(supply_mv)),
    )
    (found,) = (m for m in Decoder().feed(sent) if isinstance(m, SelfTestResult))
    return found


def with_force(k: int, counts: int) -> Counts:
    force = list(WELL[1])
    force[k] = counts
    return WELL[0], (force[0], force[1], force[2], force[3]), WELL[2]


@pytest.mark.parametrize(
    ("row", "supply_mv", "fault"),
    [
        (WELL, 5000, Fault(0)),
        ((7, *WELL[1:]), 5000, Fault.CHEST),
        ((8, *WELL[1:]), 5000, Fault(0)),
        ((1015, *WELL[1:]), 5000, Fault(0)),
        ((1016, *WELL[1:]), 5000, Fault.CHEST),
        *(
            (with_force(k, end), 5000, Fault(2 << k))
            for k in range(4)
            for end in (0, 7, 1016, 1023)
        ),
        ((*WELL[:2], AIRWAY_UNKNOWN), 5000, Fault.AIRWAY),
        (WELL, 3999, Fault.SUPPLY),
        (WELL, 4000, Fault(0)),
        (WELL, 5800, Fault(0)),
        (WELL, 5801, Fault.SUPPLY),
        (WELL, 0, Fault(0)),
    ],
)
def test_each_fault_has_its_bit(
    lockstep: Lockstep, tmp_path: Path, row: Counts, supply_mv: int, fault: Fault
) -> None:
    found = result(lockstep, tmp_path, row, supply_mv)
    assert Fault(found.failed) == fault | NEW
    chest, force, airway = row
    assert found[2:] == (chest, *force, airway, supply_mv, 0)


def test_a_named_and_calibrated_mannequin_is_well(lockstep: Lockstep, tmp_path: Path) -> None:
    name, curves = name_bytes("M-1"), bytes(range(30))
    writes: list[Message] = []
    for block, content in ((BlockId.IDENTITY, name), (BlockId.CALIBRATION, curves)):
        writes += [
            WriteBlock(1, block, 0, len(content), content.ljust(32, b"\0")),
            CommitBlock(2, block, len(content), block_crc(content)),
        ]
    assert result(lockstep, tmp_path, WELL, first=rx(0, *writes[:2])).failed == Fault.CALIBRATION
    assert result(lockstep, tmp_path, WELL, first=rx(0, *writes)).failed == 0


@pytest.mark.parametrize("spread", [0, 8, 9, 300])
def test_a_chest_is_still_within_eight_counts(
    lockstep: Lockstep, tmp_path: Path, spread: int
) -> None:
    rows = tuple((300 + spread * (k % 2), *WELL[1:]) for k in range(1000))
    TableAdc(rows, 200).write_csv(tmp_path / "counts.csv")
    script = rx(0, Zero(3)) + "run 2000000\n" + rx(2_000_000, ReadBlock(4, BlockId.ZERO, 0))
    sent = Decoder().feed(lockstep(script, "--counts", str(tmp_path / "counts.csv")))
    codes = [m for m in sent if isinstance(m, Ack)]
    if spread <= 8:
        assert codes == [Ack(3, MessageType.ZERO, AckCode.DONE, 256)]
    else:
        assert codes == [
            Ack(3, MessageType.ZERO, AckCode.NOT_STILL, 2),
            Ack(4, MessageType.READ_BLOCK, AckCode.EMPTY, 0),
        ]
