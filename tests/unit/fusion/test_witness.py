"""Pairs that disagree, and who is off where a third witness tells."""

from __future__ import annotations

import pytest

from mr.fusion.witness import MANNEQUIN, Finding, Scale, Witness, lag_finding


def told(*rounds: dict[str, float], sigma: float = 0.01) -> tuple[Finding, ...]:
    """Let a witness hear the same scales for three seconds, round after round."""
    witness = Witness()
    found: tuple[Finding, ...] = ()
    for k, ratios in enumerate(rounds):
        known = {key: Scale(ratio, sigma) for key, ratio in ratios.items()}
        for step in range(4):
            found = witness.compare(known, 3.0 * k + step)
    return found


def test_two_that_disagree_are_named_as_a_pair() -> None:
    found = told({"a": 1.07, MANNEQUIN: 1.0})
    assert [f.source for f in found] == ["a", MANNEQUIN]
    assert {f.words for f in found} == {"cam_a measures 7 % deeper than the mannequin: recalibrate"}
    assert told({"a": 1.03, MANNEQUIN: 1.0}) == ()
    assert told({"a": 1.07, MANNEQUIN: 1.0}, sigma=0.02) == (), "nobody knows"


def test_a_third_witness_tells_who_it_is() -> None:
    (found,) = told({"a": 1.07, "b": 1.0, MANNEQUIN: 1.0})
    assert found.source == "a"
    assert "than cam_b and the mannequin" in found.words
    (found,) = told({"a": 1.07, "b": 1.07, MANNEQUIN: 1.0})
    assert found.source == MANNEQUIN
    assert found.words.startswith("the mannequin measures 7 % shallower than cam_a and cam_b")
    pairs = told({"a": 1.06, "b": 1.12, MANNEQUIN: 1.0})
    assert {f.source for f in pairs} == {"a", "b", MANNEQUIN}, "all three disagree"


def test_it_takes_a_while_and_is_taken_back_late() -> None:
    witness = Witness()
    off = {"a": Scale(1.07, 0.01), MANNEQUIN: Scale(1.0, 0.0)}
    less = {"a": Scale(1.03, 0.01), MANNEQUIN: Scale(1.0, 0.0)}
    assert witness.compare(off, 0.0) == ()
    assert witness.compare(off, 2.5) != ()
    assert witness.compare(less, 3.0) != (), "it does not flicker"
    assert witness.compare({**less, "a": Scale(1.01, 0.01)}, 4.0) == ()
    assert witness.compare(less, 5.0) == ()


@pytest.mark.parametrize(("lag_s", "how"), [(0.020, "20 ms later"), (-0.012, "12 ms earlier")])
def test_a_lag_is_told_in_milliseconds(lag_s: float, how: str) -> None:
    found = lag_finding("a", lag_s)
    assert found is not None
    assert how in found.words
    assert found.usable
    assert lag_finding("a", 0.004) is None
