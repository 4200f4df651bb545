"""The wall's cues are the learner's: one word for one thing, on every screen."""

from __future__ import annotations

import re
import tomllib

from tests.conftest import ROOT


def test_the_wall_says_what_the_learner_reads() -> None:
    cues = tomllib.loads((ROOT / "overlays/messages_en.toml").read_text())["cue"]
    page = (ROOT / "mr/review/page/src/wall/cues.ts").read_text()
    table = page.split("CUES", 1)[1].split("};", 1)[0]
    assert dict(re.findall(r'^  (\w+): "([^"]*)",$', table, re.M)) == cues
