"""What a word on a span does to the events around it: pauses, compressions, shocks, rates."""

from __future__ import annotations

import pytest

from mr.corrections import PauseCorrection
from mr.errors import AnalysisError
from mr.metrics.strokes import FIRST, FIRST_AFTER_LOSS
from mr.session.respanned import Respanned, respanned
from mr.types import Compression, Measured, MetricsEvent, Pause, Unmeasured, Ventilation

T0_NS = 5_000_000_000
LAST_S = 30.0


def ns(t_s: float) -> int:
    return T0_NS + round(t_s * 1e9)


def pressed(*onsets_s: float) -> list[Compression]:
    some, unknown = Measured(50.0, 1.0), Measured.unknown(FIRST)
    first = [k == 0 or t_s - onsets_s[k - 1] > 1.4 for k, t_s in enumerate(onsets_s)]
    return [
        Compression(
            index=k,
            onset_ns=ns(t_s),
            peak_ns=ns(t_s + 0.2),
            release_ns=ns(t_s + 0.4),
            depth_mm=some,
            release_depth_mm=some,
            rate_cpm=unknown if first[k] else Measured(120.0, 1.0),
            duty_cycle=unknown if first[k] else Measured(0.5, 0.1),
            release_velocity_mm_s=some,
            force_peak_n=some,
            hand_offset_mm=(some, some),
        )
        for k, t_s in enumerate(onsets_s)
    ]


def pause(a_s: float, b_s: float, kind: str = "hands_off") -> Pause:
    return Pause(ns(a_s), ns(b_s), kind)  # type: ignore[arg-type]


def corrected(
    events: list[MetricsEvent], *spans: tuple[float, float, str], shocks_s: tuple[float, ...] = ()
) -> Respanned:
    said = [
        PauseCorrection.model_validate(
            {"start_s": a, "end_s": b, "becomes": becomes, "reason": "seen"}
        )
        for a, b, becomes in spans
    ]
    found = Respanned(tuple(events), tuple(ns(t_s) for t_s in shocks_s))
    return respanned(found, said, T0_NS, (0.0, LAST_S), 1.0)


def pauses(found: Respanned) -> list[tuple[float, float, str]]:
    return [
        ((e.start_ns - T0_NS) / 1e9, (e.end_ns - T0_NS) / 1e9, e.kind)
        for e in found.events
        if isinstance(e, Pause)
    ]


def indices(found: Respanned) -> list[int]:
    return [e.index for e in found.events if isinstance(e, Compression)]


def rate_why(found: Respanned, index: int) -> str:
    (one,) = (e for e in found.events if isinstance(e, Compression) and e.index == index)
    return one.rate_cpm.why if one.rate_cpm.value is None else "known"


#  0.5 1.0 1.5   pause 1.9-5.0   5.0 5.5 6.0
ROW = [*pressed(0.5, 1.0, 1.5, 5.0, 5.5, 6.0), pause(1.9, 5.0)]


@pytest.mark.parametrize("span", [(1.9, 5.0), (2.0, 4.0)], ids=["named", "drawn by hand"])
def test_a_pause_gets_another_kind_and_nothing_else_changes(span: tuple[float, float]) -> None:
    found = corrected(ROW, (*span, "ventilation"))
    assert pauses(found) == [(1.9, 5.0, "ventilation")]
    assert indices(found) == [0, 1, 2, 3, 4, 5]
    assert {e for e in found.events if isinstance(e, Compression)} == set(ROW[:-1])


def test_what_was_taken_for_a_compression_in_a_pause_is_none() -> None:
    events = [*pressed(0.5, 1.0, 4.0, 7.0, 7.5), pause(1.4, 4.0), pause(4.4, 7.0, "unknown")]
    found = corrected(events, (2.0, 6.0, "hands_off"))
    assert pauses(found) == [(1.4, 7.0, "hands_off")], "the two are one"
    assert indices(found) == [0, 1, 3, 4], "the others keep their numbers"
    assert rate_why(found, 3) == FIRST and rate_why(found, 4) == "known"


def test_a_pause_where_none_was_found_ends_at_the_neighbours() -> None:
    found = corrected(pressed(*[0.5 * k for k in range(12)]), (2.0, 3.9, "hands_resting"))
    assert indices(found) == [0, 1, 2, 3, 8, 9, 10, 11]
    assert pauses(found) == [(1.9, 4.0, "hands_resting")]


def test_the_last_pause_ends_with_the_motion() -> None:
    found = corrected(ROW, (5.9, 20.0, "hands_off"))
    assert pauses(found)[-1] == (5.9, LAST_S, "hands_off")


def test_a_pause_does_not_reach_over_what_was_not_measured() -> None:
    events = [*pressed(0.5, 1.0, 9.0), pause(1.4, 4.0), Unmeasured(ns(4.0), ns(6.0)), pause(6, 9)]
    found = corrected(events, (1.4, 3.0, "ventilation"))
    assert pauses(found) == [(1.4, 4.0, "ventilation"), (6.0, 9.0, "hands_off")]
    found = corrected(events, (1.4, 9.0, "ventilation"))
    assert pauses(found) == [(1.4, 4.0, "ventilation"), (6.0, 9.0, "ventilation")]


def test_no_pause_where_none_can_be() -> None:
    with pytest.raises(AnalysisError, match=r"less than 1 s apart"):
        corrected(pressed(0.5, 1.0, 1.5, 2.0), (1.0, 1.3, "hands_off"))
    with pytest.raises(AnalysisError, match="no pause"):
        corrected(pressed(5.0, 5.5), (1.0, 3.0, "hands_off"))  # before the first one
    with pytest.raises(AnalysisError, match="corrected already"):
        corrected(ROW, (2.0, 3.0, "ventilation"), (3.0, 4.0, "hands_off"))
    with pytest.raises(AnalysisError, match="outside of the recording"):
        corrected(ROW, (31.0, 33.0, "excused"))


def test_an_excused_span_is_not_measured() -> None:
    breath = Ventilation(ns(2.5), ns(3.5), Measured(500.0), 1.0)
    events = [*ROW, breath]
    found = corrected(events, (3.0, 5.45, "excused"), shocks_s=(2.0, 4.0))
    assert indices(found) == [0, 1, 2, 4, 5], "what reaches into it is not judged"
    assert pauses(found) == [(1.9, 3.0, "hands_off")], "a pause ends where measuring does"
    assert [e for e in found.events if isinstance(e, Unmeasured)] == [Unmeasured(ns(3.0), ns(5.45))]
    assert not any(isinstance(e, Ventilation) for e in found.events)
    assert found.shocks_ns == (ns(2.0),)
    assert rate_why(found, 4) == FIRST_AFTER_LOSS and rate_why(found, 5) == "known"


def test_a_pause_excused_in_its_middle_keeps_what_is_long_enough() -> None:
    assert pauses(corrected(ROW, (2.95, 4.5, "excused"))) == [(1.9, 2.95, "hands_off")]
    assert pauses(corrected(ROW, (1.0, 6.5, "excused"))) == []


def test_what_was_not_measured_is_not_counted_twice() -> None:
    events = [*pressed(0.5, 1.0, 9.0), Unmeasured(ns(4.0), ns(6.0)), Unmeasured(ns(7.0), ns(7.5))]
    found = corrected(events, (3.0, 7.2, "excused"))
    assert [e for e in found.events if isinstance(e, Unmeasured)] == [Unmeasured(ns(3), ns(7.5))]


def test_a_pause_cut_by_an_excused_span_can_still_be_named() -> None:
    found = corrected(ROW, (3.0, 4.0, "excused"), (2.0, 2.5, "ventilation"))
    assert pauses(found) == [(1.9, 3.0, "ventilation"), (4.0, 5.0, "hands_off")]


def test_nothing_said_changes_nothing() -> None:
    assert corrected(ROW).events == tuple(ROW)
