"""The command line's own faults: told in one line, whatever cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mr.cli import main


@pytest.mark.parametrize("writable", [True, False])
def test_a_fault_is_one_line_wherever_its_traceback_goes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    writable: bool,
) -> None:
    def app() -> None:
        raise ZeroDivisionError("of \udcff\nlines")

    (tmp_path / "file").touch()
    folder = tmp_path / ("new" if writable else "file")
    monkeypatch.setattr(main, "app", app)
    monkeypatch.setattr(main.platformdirs, "user_log_dir", lambda *_, **__: str(folder))
    assert main._run() == 1
    (line,) = capsys.readouterr().err.splitlines()
    path = folder / "last-fault.txt"
    assert line.startswith("mrcpr: internal fault: ZeroDivisionError: of ? lines (")
    if writable:
        assert line.endswith(f"(please report it with {path})")
        assert "ZeroDivisionError" in path.read_text(encoding="utf-8")
    else:
        assert "cannot be written (File exists): MRCPR_DEBUG=1 shows more" in line
