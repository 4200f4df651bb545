"""The pages of help."""

from __future__ import annotations

import itertools
import sys
from contextlib import suppress

import pytest
import typer

from mr.cli.main import load_command
from tests.cli.mannequin.boards import (
    Run,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals of Linux")


COMMANDS = (
    "list", "info", "identify", "name", "test", "zero", "watch", "store-calibration",
    "load-calibration",
)  # fmt: skip


def test_the_page_of_the_group(mrcpr: Run) -> None:
    out = mrcpr("mannequin", "--help").require(0).out
    words = " ".join(out.replace("│", " ").split())
    group = load_command("mannequin")
    assert tuple(group.commands) == COMMANDS
    for name, command in group.commands.items():
        assert f"{name} {command.help.splitlines()[0]}" in words
        assert len(command.help.splitlines()[0]) <= 57  # one line of the page
    assert "…" not in out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    with suppress(typer.Exit):
        load_command("mannequin").main(
            [name, "--help"], prog_name="mrcpr mannequin", standalone_mode=False
        )
    text = capsys.readouterr().out
    assert f"Usage: mrcpr mannequin {name} [OPTIONS]" in text
    assert max(map(len, text.splitlines())) <= 80
    for parameter in load_command("mannequin").commands[name].params:
        if parameter.name != "help":
            assert parameter.help and parameter.help.endswith((".", "]")), parameter.name
    prose = text.split("╭─")[0].split("\n\n")
    for paragraph in prose[1:]:
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        for line, following in itertools.pairwise(lines):
            assert len(line) + 1 + len(following.split()[0]) > 72, (line, following)
