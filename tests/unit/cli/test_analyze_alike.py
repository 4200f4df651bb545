"""What sessions beside each other differ in is said, with which one is which."""

from __future__ import annotations

from typing import Any

from mr.cli.analyze_alike import not_alike

Json = dict[str, Any]


def a_session(
    mode: str = "hands-only", attempt: str | None = "cold", sha: str = "a", rescuers: int = 1
) -> Json:
    profile = {"id": "our-course", "sha256": sha * 64, "mode": mode, "rescuers": rescuers}
    return {"guideline": profile, "source": {"attempt": attempt}}


def said(*sessions: Json) -> list[str]:
    return not_alike([(f"{chr(ord('a') + k)}.mcap", one) for k, one in enumerate(sessions)])


def test_each_difference_is_said_with_who_has_which() -> None:
    assert said(a_session(), a_session("30:2", "retest"), a_session(attempt=None)) == [
        "not alike: mode: 30:2 (b.mcap), hands-only (a.mcap, c.mcap)",
        "not alike: attempt: cold (a.mcap), retest (b.mcap), not said (c.mcap)",
    ]
    assert said(a_session("30:2"), a_session("30:2", rescuers=2)) == [
        "not alike: mode: 30:2 (a.mcap), 30:2, 2 rescuers (b.mcap)"
    ]


def test_two_versions_of_a_profile_are_told_apart() -> None:
    (words,) = said(a_session(), a_session(sha="b"))
    assert "our-course, sha256 aaaaaaaaaaaa… (a.mcap), our-course, sha256 bbbb" in words


def test_of_many_the_odd_ones_are_named() -> None:
    many = [a_session() for _ in range(9)]
    (words,) = said(*many, a_session(attempt="practice"))
    assert words == "not alike: attempt: practice (j.mcap), cold (the other 9)"


def test_what_is_alike_needs_no_word() -> None:
    assert said() == said(a_session()) == said(a_session(), a_session()) == []
