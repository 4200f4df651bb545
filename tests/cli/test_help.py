"""The command line's help reads well at 80 columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mr import DISCLAIMER
from mr.cli.main import COMMANDS, load_command
from tests.cli.conftest import Finished

ARGUMENTS = {"join", "upload", "replay", "analyze", "report", "simulate"}


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Give a function that renders a command's help as 80 columns show it."""

    def render(name: str) -> str:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("NO_COLOR", "1")
        load_command(name).main(["--help"], prog_name=f"mrcpr {name}", standalone_mode=False)
        return capsys.readouterr().out

    return render


def test_the_first_page(mrcpr: Callable[..., Finished], tmp_path: Path) -> None:
    out = mrcpr("--help", cwd=tmp_path).require(0).out
    words = " ".join(out.replace("│", " ").split())
    assert DISCLAIMER in words
    for name, line in COMMANDS.items():
        assert f"{name} {line}" in words
    assert max(map(len, out.splitlines())) <= 80
    assert re.fullmatch(r"mrcpr \d+\.\d+\.\d+\n", mrcpr("--version").require(0).out)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_of_itself_what_the_first_page_says(name: str) -> None:
    assert load_command(name).help.splitlines()[0] == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    for parameter in load_command(name).params:
        if parameter.name != "help":
            assert parameter.help and parameter.help[0].isalnum(), parameter.name
            assert parameter.help.endswith((".", "]")), (parameter.name, parameter.help)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command(page: Callable[..., str], name: str) -> None:
    text = page(name)
    assert f"Usage: mrcpr {name} [OPTIONS]" in text
    assert ("Arguments" in text) == (name in ARGUMENTS)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text  # nothing is cut off
    prose = text.split("╭─")[0]
    paragraphs = [p for p in prose.split("\n\n")[1:] if p.strip()]
    for paragraph in paragraphs:
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        assert paragraph.strip().endswith("."), paragraph
        # No line is broken long before it is full, as a hard break in the source would.
        for line, following in itertools.pairwise(lines):
            assert len(line) + 1 + len(following.split()[0]) > 72, (line, following)
    words = re.findall(r"[a-z]+", prose.lower())
    assert not [a for a, b in itertools.pairwise(words) if a == b]
