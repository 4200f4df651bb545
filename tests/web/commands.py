"""The review's commands as a technician runs them, and rooms to run them in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

LIMIT_S = 120.0


def command_line(words: tuple[str, ...], folder: Path, database: str | None) -> list[str]:
    place = ["--data", str(folder), *(["--database", database] if database else [])]
    begin = [sys.executable, "-m", "mr.cli", "review"]
    return [*begin, *place, *words]


def environment() -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}


def run(
    *words: str, folder: Path, database: str | None = None, code: int = 0, said: str = ""
) -> str:
    """Run `mrcpr review WORDS`; it must end with `code` and say `said`; gives all it said."""
    done = subprocess.run(
        command_line(words, folder, database),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    text = done.stdout + done.stderr
    assert done.returncode == code, text
    assert "Traceback" not in text
    assert said in text, text
    return text


def start(*words: str, folder: Path, database: str | None = None) -> subprocess.Popen[str]:
    """Start `mrcpr review WORDS`, to be killed in the middle."""
    return subprocess.Popen(
        command_line(words, folder, database),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def verified(folder: Path, database: str | None = None, code: int = 0) -> dict[str, Any]:
    """Give what `mrcpr review verify` finds."""
    found: dict[str, Any] = json.loads(
        run("verify", "--json", folder=folder, database=database, code=code)
    )
    return found
