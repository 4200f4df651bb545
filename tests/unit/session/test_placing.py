"""Where the headset is, as a session tells it: only where there is one that can be anywhere."""

from __future__ import annotations

import numpy as np
import pytest

from mr.session.headset import HANDS, HEAD
from mr.session.placing import HeadsetPlace
from mr.types import Arrival, DeviceInfo, HandJoints, SourceKind, Stamp, StreamInfo
from tests.truth.headset_sessions import LEARNER, MODEL, NS, ZERO_NS, Session, sweeping

SWEEP_S = 20.0


def info(kind: SourceKind, *streams: str) -> DeviceInfo:
    told = tuple(StreamInfo(name, 30.0, 1e9) for name in streams)
    return DeviceInfo(kind, "", MODEL, "", "", told)


def joints(t_ns: int = NS) -> HandJoints:
    arrival = Arrival(HANDS, 1, t_ns, t_ns)
    return HandJoints(arrival, Stamp(t_ns, 0), "left", np.zeros((26, 3)), np.ones(26, dtype=bool))


def test_without_a_headset_there_is_no_place_until_one_is_heard_of() -> None:
    place = HeadsetPlace(Session(0, []).rig(known=True), [info("live", "mannequin")])
    assert place.placing() is None
    place.step(joints())
    told = place.placing()
    assert told is not None and told.state == "unknown"


@pytest.mark.parametrize(("mannequin", "there"), [("live", True), ("sim", False)])
def test_a_real_headset_has_no_place_in_a_simulated_room(
    mannequin: SourceKind, there: bool
) -> None:
    infos = [info(mannequin, "mannequin"), info("live", HEAD, HANDS)]
    place = HeadsetPlace(Session(0, []).rig(known=True), infos)
    place.step(joints())
    assert (place.placing() is not None) is there


def states_after(away: bool) -> list[str]:
    """Sweep twice in one frame, and let the headset be away in between or not; ten a second."""
    session = Session(3, [sweeping(3, SWEEP_S), sweeping(5, SWEEP_S)])
    place = HeadsetPlace(session.rig(known=True), [info("live", HEAD, HANDS)], LEARNER)
    away_ns = ZERO_NS + round(SWEEP_S * NS)
    states: list[str] = []
    next_ns = 0
    for sample in session.samples():
        at_ns = sample.arrival.arrival_ns  # type: ignore[union-attr]
        if away and at_ns >= away_ns:
            place.away(at_ns)
            away = False
        place.step(sample)
        if at_ns >= max(next_ns, away_ns):
            next_ns = at_ns + NS // 10
            found = place.placing()
            assert found is not None
            states.append(found.state)
    return states


def test_a_headset_that_was_away_is_doubted_until_hands_fit_again() -> None:
    told = states_after(away=True)
    assert told[0] == "lost"
    assert told[-1] == "ok"
    assert states_after(away=False)[0] == "ok", "the control: nothing to doubt"
