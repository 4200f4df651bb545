"""What a technician sees: a picture in a terminal, lines in a pipe, nothing lost on the way."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from rich.console import Console

from calibration.guide import Progress, Verdict
from mr.cli import calibrate_screen
from mr.cli.calibrate_screen import LineScreen, LiveScreen, picture, screen_for, shaded
from mr.cli.console import Output

WORDS = (
    "tilt the board by some 30 degrees, about 0.7 m away, elsewhere each time, and keep it still"
)


def progress(n: int = 3, share: float = 0.3, *, done: bool = False, words: str = WORDS) -> Progress:
    coverage = np.linspace(0.0, 1.2, 12).reshape(3, 4)
    return Progress(share, done, words, n, "0.21 px rms", coverage, "the picture")


class Paper(Output):
    """A terminal of 80 columns that keeps what was written to it."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        Console.__init__(
            self, file=io.StringIO(), width=80, force_terminal=terminal, highlight=False,
            soft_wrap=True, emoji=False, color_system=None, legacy_windows=False,
            _environ={"TERM": "xterm"},
        )  # fmt: skip

    @property
    def text(self) -> str:
        assert isinstance(self.file, io.StringIO)
        return self.file.getvalue()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the time that the screens go by; no test waits for it."""
    now = [100.0]
    monkeypatch.setattr(calibrate_screen.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Give a function that lets somebody answer; it gives what was asked."""

    def of(*given: str | None) -> list[str]:
        asked: list[str] = []
        left = iter(given)

        def answer(console: Output, question: str) -> str | None:
            asked.append(question)
            console.print(question, markup=False)
            return next(left)

        monkeypatch.setattr(calibrate_screen, "answer_of", answer)
        return asked

    return of


def drawn(title: str, shown: Progress, refused: str) -> list[str]:
    paper = Console(file=io.StringIO(), width=80, color_system=None)
    paper.print(picture(title, shown, refused))
    assert isinstance(paper.file, io.StringIO)
    return paper.file.getvalue().splitlines()


def test_the_picture_keeps_to_80_columns_and_says_all() -> None:
    title = "1 of 10: the camera's lens, side\nat hand: the ChArUco board"
    lines = drawn(
        title, progress(), "blurred (edges 4.1 px wide): hold it still, more light, or so"
    )
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for words in (
        "1 of 10", "at hand: the ChArUco board", " 30 %, 3 taken, 0.21 px rms",
        "covered so far, the picture:", "✗ not taken: blurred", "→ tilt the board", "Ctrl-C stops",
    ):  # fmt: skip
        assert words in text
    assert " ".join(text.split()).count("elsewhere each time, and keep it still") == 1


def test_done_is_told_by_a_sign_and_a_bare_progress_has_no_frame() -> None:
    bare = Progress(0.0, False, "begin", 0)
    assert "┌" not in "\n".join(drawn("x", bare, "")) and "✗" not in "\n".join(drawn("x", bare, ""))
    over = drawn("x", progress(done=True, share=7.0, words="enough"), "")
    assert any(line.startswith("✓ enough") for line in over)
    assert any("100 %" in line for line in over)


def test_shades_tell_shares_by_their_shape() -> None:
    lines = shaded(np.array([[0.0, 0.25, 0.5], [0.75, 1.0, 9.0]]))
    assert lines == ["┌──────┐", "│  ░░▒▒│", "│▓▓████│", "└──────┘"]


def test_lines_come_now_and_then(clock: list[float]) -> None:
    paper = Paper(terminal=False)
    with LineScreen(paper) as screen:
        screen.begin("2 of 3: depth, side", "a [board]")
        screen.show(progress(1), None)
        screen.show(progress(2), Verdict(True))  # too soon
        clock[0] += 2.1
        screen.show(progress(2), Verdict(True))
        clock[0] += 2.1
        screen.show(progress(2), Verdict(True))  # nothing new
        screen.show(progress(2), Verdict(False, "seen before"))
        screen.show(progress(9, 1.0, done=True, words="enough"), None)  # the end is always told
    lines = paper.text.splitlines()
    assert lines[0] == "2 of 3: depth, side (at hand: a [board])"
    assert [line[:14] for line in lines[1:]] == [
        " 30 %  1 taken", " 30 %  2 taken", " 30 %  2 taken", "100 %  9 taken",
    ]  # fmt: skip
    assert "not taken: seen before" in lines[3]


def test_a_refusal_is_read_before_the_next_question(
    clock: list[float], answers: Callable[..., list[str]]
) -> None:
    """A question follows a reading of a second: too soon for a line, too late for a picture."""
    del clock
    for terminal in (False, True):
        paper, asked = Paper(terminal=terminal), answers("", "", None)
        with screen_for(paper) as screen:
            assert isinstance(screen, LiveScreen if terminal else LineScreen)
            screen.begin("chest", "")
            screen.show(progress(0, 0.0), None)
            assert screen.ask("20 mm:") == ""
            screen.show(progress(0, 0.0), Verdict(False, "it drifted by +9.0 counts"))
            assert screen.ask("20 mm again:") == ""
            screen.show(progress(1, 0.1), Verdict(True))
            assert screen.ask("30 mm:") is None
        assert asked == ["20 mm: ", "20 mm again: ", "30 mm: "]
        before, after = paper.text.split("20 mm again:")
        last = before.split("20 mm:")[1].strip().splitlines()
        assert "not taken: it drifted by +9.0 counts" in last[-1 - terminal]
        assert "drifted" not in after and "10 %" in after.split("30 mm:")[0]


def test_the_live_picture_is_drawn_ten_times_a_second_at_most(clock: list[float]) -> None:
    paper = Paper(terminal=True)
    with LiveScreen(paper) as screen:
        screen.begin("lens", "a board")
        screen.show(progress(1), None)
        written = len(paper.text)
        screen.show(progress(2), Verdict(True))
        assert len(paper.text) == written
        clock[0] += 0.2
        screen.show(progress(3), Verdict(False, "blurred"))
        assert "3 taken" in paper.text and "✗ not taken: blurred" in paper.text
        clock[0] += 0.2
        screen.show(progress(4), None)  # nothing new was offered: the refusal stays to be read
        assert paper.text.count("✗ not taken: blurred") == 2
        screen.say("left out: 0003.npz")
        with screen.working("measuring"):
            pass
        screen.pause()
    assert "left out: 0003.npz\n" in paper.text
