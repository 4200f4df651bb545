"""A rig past its date is told about at a session's start, and refused by nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mr.cli.run import run
from mr.errors import MrError
from mr.rig import save_rig
from tests.unit.calibration.rigs import a_whole_rig


@pytest.mark.parametrize(("age_days", "told"), [(10, False), (200, True)])
def test_a_session_says_that_its_rig_is_past_its_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], age_days: int, told: bool
) -> None:
    rig = a_whole_rig()
    made = (datetime.now(UTC) - timedelta(days=age_days)).isoformat()
    rig = rig.model_copy(
        update={"provenance": rig.provenance.model_copy(update={"made_utc": made})}
    )
    save_rig(rig, tmp_path / "rig.toml")
    with pytest.raises(MrError, match="nothing to measure with"):  # old or new alike
        run(rig=tmp_path / "rig.toml", mannequin=False, camera=False, out=tmp_path / "out")
    said = capsys.readouterr().out
    words = "! rig 'lab 2, bench A': its calibration was due 20 days ago (180 days after the rig,"
    assert (words in said) is told
    assert ("was due" in said) is told
