"""Words become sound where espeak-ng is installed, and one plain line where it is not."""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from mr.coaching.rules import RULES
from overlays.messages import languages, load_messages
from overlays.sound import SAMPLE_RATE_HZ
from overlays.voice import PROGRAM, Voice

SPOKEN = [rule.key for rule in RULES if rule.aloud != "never"]


def spoken_by(voice: Voice, *sentences: str) -> list[np.ndarray | None]:
    voice.prepare(sentences)
    assert voice.wait(60.0)
    return [voice.samples(sentence) for sentence in sentences]


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(float) ** 2)))


@pytest.mark.parametrize("language", languages())
def test_every_spoken_cue_is_a_short_sound(require, language: str) -> None:
    require.program(PROGRAM, "./system-packages.sh voice")
    said: list[str] = []
    voice, messages = Voice(language, said.append), load_messages(language)
    assert len(SPOKEN) == 9
    made = spoken_by(voice, *(messages(f"cue.{key}") for key in SPOKEN))
    for key, samples in zip(SPOKEN, made, strict=True):
        assert samples is not None and samples.dtype == np.int16
        assert 0.4 < len(samples) / SAMPLE_RATE_HZ < 3.0, key
        assert loudness(samples) > 500, "it is not silence"
    assert said == []


def test_the_two_languages_sound_different(require) -> None:
    require.program(PROGRAM, "./system-packages.sh voice")
    (english,), (spanish,) = (spoken_by(Voice(code), "no") for code in ("en", "es"))
    assert english is not None and spanish is not None
    assert len(english) != len(spanish) or (english != spanish).any()
    (again,) = spoken_by(Voice("en"), "no")
    assert again is not None and (again == english).all()


def test_without_the_program_it_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    said: list[str] = []
    voice = Voice("en", said.append)
    assert spoken_by(voice, "Push deeper", "Push slower") == [None, None]
    assert said == ["no voice: espeak-ng is not installed: ./system-packages.sh voice"]


def test_the_program_is_looked_up_and_asked_before_a_word_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the display's loop nothing is searched, started or waited for."""
    fake, asked = tmp_path / PROGRAM, tmp_path / "asked"
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 22050, 0, "NONE", ""))
        sound.writeframes(b"\1\0" * 2205)
    fake.write_text(f"#!/bin/sh\necho x >> {asked}\ncat {tmp_path}/a.wav\n")
    fake.chmod(0o755)
    looked: list[str] = []
    monkeypatch.setattr(shutil, "which", lambda name: looked.append(name) or str(fake))
    voice = Voice("en")
    voice.prepare(["Push deeper", "Push slower", "Push deeper"])
    assert voice.wait(60.0)
    assert asked.read_text().count("x") == 2
    assert voice.samples("Push slower") is not None
    assert voice.samples("Push deeper") is not None
    assert voice.samples("Never prepared") is None
    assert voice.missed_n == 1
    assert asked.read_text().count("x") == 2, "nobody asks the program again"
    assert looked == [PROGRAM]


def test_who_asks_never_waits_for_a_program_that_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, go_on = tmp_path / PROGRAM, tmp_path / "go on"
    fake.write_text(f"#!/bin/sh\nwhile [ ! -e '{go_on}' ]; do sleep 0.02; done\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(fake))
    said: list[str] = []
    voice = Voice("en", said.append)
    voice.prepare(["Push deeper"])
    assert voice.samples("Push deeper") is None, "it stands still, and nobody waited"
    assert not voice.wait(0.0) and voice.missed_n == 1 and said == []
    go_on.touch()
    assert voice.wait(60.0)
    assert len(said) == 1


def test_after_the_end_nothing_more_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, asked = tmp_path / PROGRAM, tmp_path / "asked"
    fake.write_text(f"#!/bin/sh\necho x >> {asked}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(fake))
    voice = Voice("en", lambda _line: None)
    voice.close()
    assert spoken_by(voice, "Push deeper") == [None]
    assert not asked.exists()


@pytest.mark.parametrize("script", ["exit 1", "echo no sound", "true"])
def test_a_program_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    fake = tmp_path / PROGRAM
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(fake))
    said: list[str] = []
    assert spoken_by(Voice("en", said.append), "Push deeper") == [None]
    assert len(said) == 1 and said[0].startswith("no voice: espeak-ng failed")
    assert subprocess.run([fake], check=False).returncode in (0, 1)
